"""The help beside the work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest

from wizard.gui import help as help_room
from wizard.gui.help import Help
from wizard.gui.shell import Shell
from wizard.resource import resource
from wizard.site.flow import Step, Walk
from wizard.site.model import Site


@pytest.mark.parametrize("topic", help_room.TOPICS)
def test_each_page_has_a_section_with_its_words_explained(topic: str) -> None:
    text = help_room.text(topic)
    assert text.startswith("# ")
    assert len(text) > 800
    assert "**Words:**" in text


def test_every_link_leads_to_a_section() -> None:
    for topic in help_room.TOPICS:
        for link in re.findall(r"\]\(([^)]+)\)", help_room.text(topic)):
            assert link.removesuffix(".md") in help_room.TOPICS


def test_f1_opens_the_section_of_the_page(shell: Shell) -> None:
    shell.desk.begin(Site(name="A"), Walk.SETUP)
    shell.desk.go(Step.DOMAIN)
    shell.begin()
    QTest.keyClick(shell, Qt.Key.Key_F1)
    (window,) = shell.findChildren(Help)
    assert window.isVisible()
    assert not window.isModal()
    assert window.topic == "domain"
    assert "The name of the server" in window.browser.toPlainText()


def test_another_section_can_be_chosen(shell: Shell) -> None:
    (window,) = shell.findChildren(Help)
    window.show_topic("start")
    window.choice.setFocus()
    QTest.keyClick(window.choice, Qt.Key.Key_Down)
    window.choice.activated.emit(window.choice.currentIndex())
    assert window.topic == "connect"
    window._follow(QUrl("certificate.md"))
    assert window.browser.toPlainText().startswith("The certificate")
    window._follow(QUrl("https://example.org/elsewhere"))
    assert window.topic == "certificate"


def test_the_whole_guide_opens_at_the_section(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (window,) = shell.findChildren(Help)
    monkeypatch.setattr(help_room, "resource", lambda *parts: _moved(tmp_path, *parts))
    window.show_topic("domain")
    assert not window.guide.isVisible()
    page = tmp_path / "site" / "help" / "domain.html"
    page.parent.mkdir(parents=True)
    page.write_text("", "utf-8")
    window.show_topic("domain")
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    window.guide.click()
    assert [Path(url.toLocalFile()) for url in opened] == [page]
    window.show_topic("connect")
    assert not window.guide.isVisible()


def _moved(folder: Path, *parts: str) -> Path:
    return folder.joinpath(*parts) if parts[0] == "site" else resource(*parts)
