"""Hands for the window: clicks and types by what a control is called, as a screen reader has it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QWidget,
)

from wizard.gui.shell import Shell
from wizard.site.flow import Step

W = TypeVar("W", bound=QWidget)
T = TypeVar("T")
PAUSES = (10, 100)  # milliseconds between two looks, at first and later
Editor = QLineEdit | QPlainTextEdit | QComboBox | QSpinBox


def breathe(milliseconds: int) -> None:
    """Let the window work for a while.

    Not QTest.qWait: it keeps the interpreter's lock, and every other thread stands still.
    """
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


class Astray(Exception):
    """The window did not do what was expected; the text says what was waited for."""


class Driver:
    """Walks a window that is shown. `patience` is how many seconds one thing may take."""

    def __init__(self, shell: Shell, patience: float = 60.0) -> None:
        self.shell = shell
        self.patience = patience

    # ------------------------------------------------------------------ looking

    def named(self, kind: type[W], name: str) -> Iterator[W]:
        """Yield the visible controls of a kind whose accessible name is, or begins with, this."""
        for widget in self.shell.findChildren(kind):
            if widget.isVisible() and _name(widget).startswith(name):
                yield widget

    def find(self, kind: type[W], name: str) -> W:
        """Return a visible control, an exact name before a longer one; waits for it."""

        def look() -> W | None:
            found = sorted(self.named(kind, name), key=lambda w: len(_name(w)))
            return found[0] if found else None

        return self.wait(f"{kind.__name__} {name!r}", look)

    def sees(self, text: str) -> bool:
        """Whether a text can be seen anywhere in the window."""
        return any(
            text in str(widget.property("text") or "") or text in widget.accessibleName()
            for widget in self.shell.findChildren(QWidget)
            if widget.isVisible()
        )

    def wait(self, what: str, ready: Callable[[], T | None], seconds: float = 0) -> T:
        """Let the window work until `ready` gives something true. Raises Astray."""
        end = time.monotonic() + (seconds or self.patience)
        pause = PAUSES[0]
        while True:
            found = ready()
            if found:
                return found
            if time.monotonic() > end:
                raise Astray(f"waited in vain for {what}")
            breathe(pause)
            pause = min(2 * pause, PAUSES[1])

    def idle(self, seconds: float = 0) -> None:
        """Wait until nothing is being done any more."""
        self.wait("the end of the work", lambda: self.shell.desk.runner.idle, seconds)

    def at(self, step: Step, seconds: float = 0) -> None:
        """Wait until the page of a step is shown and nothing is being done."""

        def there() -> bool:
            return self.shell.page is not None and self.shell.page.step is step

        self.wait(f"the page {step}", there, seconds)
        self.idle(seconds)

    # ------------------------------------------------------------------- acting

    def click(self, name: str) -> None:
        """Press a button, when it can be pressed."""
        button = self.find(QAbstractButton, name)
        # A page that was just made may not have laid itself out: a click would go past the button.
        self.wait(
            f"{name!r} to be enabled",
            lambda: button.isEnabled() and not button.size().isEmpty(),
        )
        button.setFocus()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def type(self, name: str, text: str) -> None:
        """Replace what is in an input."""
        editor = self.find(QWidget, name)
        candidates = [w for kind in Editor.__args__ for w in self.named(kind, name)]
        editor = min(candidates, key=lambda w: len(_name(w))) if candidates else editor
        editor.setFocus()
        QTest.keySequence(editor, "Ctrl+A")
        QTest.keyClick(editor, Qt.Key.Key_Delete)
        QTest.keyClicks(editor, text)

    def choose(self, name: str, text: str) -> None:
        """Choose an entry of a list that unfolds."""
        box = self.find(QComboBox, name)
        index = next((i for i in range(box.count()) if box.itemText(i).startswith(text)), -1)
        if index < 0:
            raise Astray(f"{name!r} has no entry {text!r}")
        box.setFocus()
        box.setCurrentIndex(index)
        box.activated.emit(index)

    def next(self) -> None:
        """Press Next, whatever it is called here."""
        self.idle()
        QTest.mouseClick(self.shell.next_button, Qt.MouseButton.LeftButton)

    def picture(self, path: Path) -> None:
        """Save what the window looks like, once two looks at it are alike or a second is over."""
        path.parent.mkdir(parents=True, exist_ok=True)
        before = None
        for _ in range(20):
            breathe(50)
            now = self.shell.grab().toImage()
            if now == before:
                break
            before = now
        now.save(str(path))


def _name(widget: QWidget) -> str:
    # On Linux Qt gives the chosen entry as the name of a box, and its label as a relation.
    interface = QAccessible.queryAccessibleInterface(widget)
    name = widget.accessibleName()
    if not name and interface is not None:
        name = interface.text(QAccessible.Text.Name)
    return name.replace("&", "")
