"""The window for tests: offscreen, with a folder of its own, and dialogs that answer."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from wizard.gui.app import application, window
from wizard.gui.dialogs import Dialogs
from wizard.gui.shell import Shell
from wizard.gui.theme import theme
from wizard.practice.clinic import SITE, Clinic

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # whatever this machine has


class Answers(Dialogs):
    """Dialogs that are answered before they open; what was asked is kept in `asked`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: list[int] = []
        self.files: list[list[Path]] = []
        self.actions: dict[str, Callable[[], None]] = {}

    def ask(
        self,
        parent: QWidget,
        text: str,
        more: str,
        answers: Sequence[str],
        then: Callable[[int], None],
    ) -> None:
        self.asked.append(f"{text} {more}")
        then(self.answers.pop(0))

    def tell(
        self,
        parent: QWidget,
        text: str,
        more: str,
        actions: Mapping[str, Callable[[], None]],
        close: str,
        over: Callable[[], None],
    ) -> None:
        self.asked.append(f"{text} {more}")
        self.actions = dict(actions)

    def open_files(
        self, parent: QWidget, title: str, pattern: str, then: Callable[[list[Path]], None]
    ) -> None:
        self.asked.append(title)
        then(self.files.pop(0))

    def open_folder(self, parent: QWidget, title: str, then: Callable[[Path], None]) -> None:
        self.asked.append(title)
        then(self.files.pop(0)[0])

    def open_file(
        self, parent: QWidget, title: str, pattern: str, then: Callable[[Path], None]
    ) -> None:
        self.asked.append(title)
        then(self.files.pop(0)[0])

    def save_file(
        self, parent: QWidget, title: str, name: str, pattern: str, then: Callable[[Path], None]
    ) -> None:
        self.asked.append(title)
        then(self.files.pop(0)[0])


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """The one application, with a font that every machine has."""
    app = application()
    font = app.font()
    font.setFamily("DejaVu Sans")
    font.setPointSizeF(10)
    app.setFont(font)
    return app


@pytest.fixture(autouse=True)
def _leftovers(qapp: QApplication) -> Iterator[None]:
    """A test that leaves a thread running has failed; the look is put back."""
    before = set(threading.enumerate())
    yield
    # A window that waits to be deleted would be styled again by every test that follows
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    theme().choose("system")
    gc.collect()  # the window leaves garbage to its own thread, and no event loop runs now
    new = set(threading.enumerate()) - before
    for thread in new:
        thread.join(3.0)  # one that was told to end may take a moment
    left = [t.name for t in new if t.is_alive()]
    assert not left, f"threads left running: {left}"


@pytest.fixture(autouse=True)
def _nobody_near(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test looks for servers on the network of the machine that it runs on."""
    monkeypatch.setattr("wizard.gui.search.discover", lambda *_, **__: ())


@pytest.fixture(autouse=True)
def _no_store_of_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test asks the desktop of the machine that it runs on for passwords."""
    monkeypatch.setattr("wizard.gui.kept_password.password_store", lambda: None)


@pytest.fixture
def answers() -> Answers:
    """The dialogs of the window under test."""
    return Answers()


@pytest.fixture
def shell(qtbot: QtBot, tmp_path: Path, answers: Answers) -> Iterator[Shell]:
    """The window on its start page."""
    made = window(tmp_path / "data", answers)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.desk.close()


@pytest.fixture
def practice(shell: Shell, tmp_path: Path) -> Iterator[Shell]:
    """The window with the practice clinic on the desk, at the first step of setting up."""
    clinic = Clinic(tmp_path / "clinic")
    shell.desk.begin_practice(clinic, SITE)
    shell.begin()
    yield shell
    shell.desk.put_away()
