"""A password is kept only when the box was ticked, and only where the system has a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from tests.gui import audit
from tests.gui.conftest import Answers
from tests.gui.visiting import idle
from wizard.gui.pages.connect import ConnectPage
from wizard.gui.shell import Shell
from wizard.laptop.passwords import PasswordStore
from wizard.practice.clinic import OLD, PASSWORD, SITE, USER, Clinic
from wizard.site.flow import Walk
from wizard.site.model import Login, Site


class Backend:
    """What a desktop keeps, as `keyring` gives it."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, name: str) -> str | None:
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, password: str) -> None:
        self.kept[service, name] = password

    def delete_password(self, service: str, name: str) -> None:
        del self.kept[service, name]


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Backend:
    made = Backend()
    monkeypatch.setattr("wizard.gui.kept_password.password_store", lambda: PasswordStore(made))
    return made


@pytest.fixture
def connect(qtbot: QtBot, shell: Shell, tmp_path: Path) -> Iterator[Callable[[], ConnectPage]]:
    """Open a saved site on the page Connect; its server is the practice clinic's."""
    clinic = Clinic(tmp_path / "clinic")
    site = Site(name="Clinic A", server=Login(host=OLD, user=USER))
    key = shell.desk.store.save(site)

    def made() -> ConnectPage:
        shell.desk._detour = clinic.detour
        shell.desk.begin(site, Walk.CHECK, key=key)
        shell.begin()
        idle(qtbot, shell)
        assert isinstance(shell.page, ConnectPage)
        return shell.page

    yield made
    shell.desk.put_away()
    clinic.close()


def log_in(qtbot: QtBot, shell: Shell, page: ConnectPage) -> None:
    shell.next_button.click()
    idle(qtbot, shell)
    if page.contact.isVisible():
        page.contact.same_button.click()
        idle(qtbot, shell)
    assert shell.desk.connected


def test_it_is_kept_and_recalled(
    qtbot: QtBot, shell: Shell, backend: Backend, connect: Callable[[], ConnectPage]
) -> None:
    page = connect()
    box = page.login.remember
    assert box.isVisible()
    assert not box.isChecked()
    assert not audit.same_keys(shell)
    assert not audit.out_of_order(shell, page)
    QTest.keyClicks(page.login.password.editor, PASSWORD)
    box.click()
    assert backend.kept == {}
    log_in(qtbot, shell, page)
    assert list(backend.kept.values()) == [PASSWORD]
    ((service, name),) = backend.kept
    assert (service, name) == ("cht-offline-setup", shell.desk.key)
    page = connect()
    assert page.login.password.value == PASSWORD
    assert page.login.remember.isChecked()
    assert shell.next_button.hasFocus()
    log_in(qtbot, shell, page)
    page = connect()
    page.login.remember.click()
    log_in(qtbot, shell, page)
    assert backend.kept == {}


def test_a_password_that_is_wrong_is_not_kept(
    qtbot: QtBot, shell: Shell, backend: Backend, connect: Callable[[], ConnectPage]
) -> None:
    page = connect()
    QTest.keyClicks(page.login.password.editor, "something else")
    page.login.remember.click()
    shell.next_button.click()
    idle(qtbot, shell)
    page.contact.same_button.click()
    idle(qtbot, shell)
    assert not shell.desk.connected
    assert backend.kept == {}


def test_it_goes_with_its_site(
    qtbot: QtBot, shell: Shell, backend: Backend, answers: Answers
) -> None:
    key = shell.desk.store.save(Site(name="Clinic A", server=Login(host=OLD, user=USER)))
    backend.set_password("cht-offline-setup", key, PASSWORD)
    shell.go_home()
    answers.answers = [1]
    (button,) = [b for b in shell.findChildren(QPushButton) if "Remove" in b.text()]
    button.click()
    idle(qtbot, shell)
    assert backend.kept == {}


def test_without_a_store_nothing_is_offered(
    shell: Shell, connect: Callable[[], ConnectPage]
) -> None:
    assert not connect().login.remember.isVisible()


def test_the_practice_clinics_is_never_kept(
    qtbot: QtBot, shell: Shell, backend: Backend, tmp_path: Path
) -> None:
    shell.desk.begin_practice(Clinic(tmp_path / "clinic"), SITE)
    shell.begin()
    idle(qtbot, shell)
    assert isinstance(shell.page, ConnectPage)
    assert not shell.page.login.remember.isVisible()
    shell.desk.put_away()
