"""The page that asks for the domain."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from wizard.gui.pages.domain import DomainPage
from wizard.gui.shell import Shell
from wizard.site.flow import Step, Walk
from wizard.site.model import Site


def test_a_wrong_name_is_explained_where_it_stands(qtbot: QtBot, shell: Shell) -> None:
    shell.desk.begin(Site(name="Clinic A"), Walk.SETUP)
    shell.desk.flow = shell.desk.flow.go(Step.DOMAIN)
    shell.begin()
    page = shell.page
    assert isinstance(page, DomainPage)
    qtbot.keyClicks(page.domain.editor, "bad_name.example.org")
    assert shell.desk.site.domain == "bad_name.example.org"
    shell.next_button.click()
    assert shell.page is page
    assert "underscore" in page.domain.message.text()
    assert "underscore" in page.domain.editor.accessibleDescription()
    assert page.domain.editor.hasFocus()
