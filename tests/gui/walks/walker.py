"""Somebody who walks through the window: clicks, types and reads, and knows nothing else of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
)

from wizard.gui.driver import Astray, Driver
from wizard.gui.shell import Shell
from wizard.gui.widgets.choice import ChoiceCard
from wizard.practice.clinic import ADDRESS, DOMAIN, PASSWORD, USER
from wizard.site.flow import Step, Walk

T = TypeVar("T")
D = TypeVar("D", bound=QDialog)

SLOW = 200.0  # seconds that a change or a live check may take on a busy computer
STEPS = {
    Step.CONNECT: "Connect",
    Step.STATIC_IP: "Fixed address",
    Step.DOMAIN: "Domain name",
    Step.CERTIFICATE: "Certificate",
    Step.DNS_DHCP: "DNS and DHCP",
    Step.ACCESS_POINT: "Wi-Fi",
    Step.REVIEW: "Review",
    Step.APPLY: "Apply",
    Step.LIVE_CHECK: "Live check",
    Step.READINESS: "Readiness",
    Step.DONE: "Done",
}


class Walker(Driver):
    """A person at the window. What it reads is what is shown, what it does the window hears."""

    def wait(self, what: str, ready: Callable[[], T | None], seconds: float = 0) -> T:
        """As a driver, and tells what can be read when it was in vain."""
        try:
            return super().wait(what, ready, seconds)
        except Astray as error:
            raise Astray(f"{error}; to be read: {list(self.texts())}") from None

    # ----------------------------------------------------------------------- reading

    def texts(self) -> Iterator[str]:
        """Everything that can be read in the window now."""
        for label in self.shell.findChildren(QLabel):
            if label.isVisible():
                yield label.text().replace("\u200b", "")
        for button in self.shell.findChildren(QAbstractButton):
            if button.isVisible():
                yield _plain(button.text())
        for edit in self.shell.findChildren(QLineEdit):
            if edit.isVisible():
                yield edit.displayText()

    def sees(self, text: str) -> bool:
        """Whether a text can be read now."""
        return any(text in each for each in self.texts())

    def reads(self, text: str, seconds: float = 0) -> str:
        """Wait until a text can be read, and return all of the sentence it stands in."""

        def there() -> str:
            return next((each for each in self.texts() if text in each), "")

        return self.wait(repr(text), there, seconds)

    def steps(self) -> dict[str, str]:
        """How each step of the list stands: {"Connect": "done", ...}."""
        rows = self.shell.steps
        said = [rows.item(i).data(Qt.ItemDataRole.AccessibleTextRole) for i in range(rows.count())]
        return dict(text.split(", ", 1) for text in said)

    @property
    def keyboard(self) -> str:
        """What has the keyboard, by the name that a screen reader says."""
        focus = QApplication.focusWidget()
        assert focus is not None
        return focus.accessibleName() or _plain(str(focus.property("text") or ""))

    def value(self, name: str) -> str:
        """What is in an input."""
        return self.find(QLineEdit, name).text()

    def cards(self) -> list[ChoiceCard]:
        """The cards that can be chosen from now."""
        return [card for card in self.shell.findChildren(ChoiceCard) if card.isVisible()]

    # ------------------------------------------------------------------------ acting

    def jump(self, step: Step) -> None:
        """Click a step in the list."""
        rows = self.shell.steps
        names = list(self.steps())
        spot = rows.visualItemRect(rows.item(names.index(STEPS[step]))).center()
        QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=spot)

    def choose_card(self, name: str) -> None:
        """Choose one of the cards of a page; the name may be only its beginning."""
        card = self.find(ChoiceCard, name)
        if not card.isChecked():
            self.click(name)

    def answer(self, text: str) -> str:
        """Press a button, or what begins so, of the question that is open; returns the question."""
        box = self.wait("a question", lambda: next(iter(_open(self.shell, QMessageBox)), None))
        asked = f"{box.text()} {box.informativeText()}"
        buttons = box.findChildren(QPushButton)
        button = next(b for b in buttons if _plain(b.text()).startswith(text))
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self.wait("the question to close", lambda: not _open(self.shell, QMessageBox))
        self.shell.activateWindow()  # as a desktop does
        return asked

    def pick(self, *paths: Path) -> None:
        """Paste names into the file dialog that is open, and accept it."""
        box = self.wait("a file dialog", lambda: next(iter(_open(self.shell, QFileDialog)), None))
        edit = box.findChild(QLineEdit, "fileNameEdit")
        assert edit is not None
        QApplication.clipboard().setText(" ".join(f'"{path}"' for path in paths))
        QTest.keySequence(edit, "Ctrl+A")
        QTest.keySequence(edit, "Ctrl+V")
        accept = next(b for b in box.findChildren(QPushButton) if _plain(b.text()) != "Cancel")
        QTest.mouseClick(accept, Qt.MouseButton.LeftButton)
        self.wait("the file dialog to close", lambda: not _open(self.shell, QFileDialog))
        self.shell.activateWindow()

    def drop(self, place: str, paths: Sequence[Path]) -> None:
        """Drop files where a text says that they can be dropped."""
        area = self.find(QLabel, place).parentWidget()
        assert area is not None
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
        keys = Qt.KeyboardModifier.NoModifier
        entering = QDragEnterEvent(QPoint(5, 5), copy, data, left, keys)
        QApplication.sendEvent(area, entering)
        if not entering.isAccepted():
            raise Astray(f"{place!r} takes no files")
        QApplication.sendEvent(area, QDropEvent(QPointF(5, 5), copy, data, left, keys))

    def close(self) -> None:
        """Close the window as its close button does."""
        self.shell.close()

    # ------------------------------------------------------------------ whole stretches

    def practise(self, what: str) -> None:
        """Open the practice clinic from the first page."""
        self.click("Practise")
        cards = self.wait(what, lambda: list(self.named(QPushButton, what)))
        QTest.mouseClick(cards[-1], Qt.MouseButton.LeftButton)
        self.at(Step.CONNECT)

    def log_in(self, password: str = PASSWORD) -> None:
        """Type who logs in, where that is asked, and connect."""
        for name, text in (("Server address", ""), ("User", USER), ("Password", password)):
            for edit in self.named(QLineEdit, name):
                if text and edit.text() != text:
                    self.type(name, text)
                    break
        self.next()
        self.idle()

    def meet(self, *, known: bool = False) -> None:
        """Connect; a server that was never seen is accepted."""
        self.log_in()
        if not known:
            self.click("It is the same")
        self.reads("The server answers")
        self.idle()

    def fill_in(self) -> None:
        """From Connect, with a server, to Review."""
        self.next()
        self.at(Step.STATIC_IP)
        self.choose_card("eth0")
        self.type("Address of the server", ADDRESS)
        self.next()
        self.at(Step.DOMAIN)
        self.type("Domain name", DOMAIN)
        self.next()
        self.at(Step.CERTIFICATE)
        self.try_certificate("All is well")
        self.next()
        self.at(Step.DNS_DHCP)
        self.next()
        self.at(Step.ACCESS_POINT)
        self.next()
        self.at(Step.REVIEW)

    def try_certificate(self, what: str) -> None:
        """Take one of the ready-made certificates of the practice clinic."""
        self.choose("Certificates to practise with", what)
        self.click("Take this certificate")
        self.idle()

    def apply(self) -> str:
        """Say yes in Review; returns what was asked."""
        self.at(Step.REVIEW)
        self.next()
        renews = self.shell.desk.flow.walk is Walk.RENEW  # then the button said it all
        asked = "" if renews else self.answer("Change practice now")
        self.wait("the page Apply", lambda: self.shell.page and self.shell.page.step is Step.APPLY)
        return asked


def _open(shell: Shell, kind: type[D]) -> list[D]:
    return [box for box in shell.findChildren(kind) if box.isVisible()]


def _plain(text: str) -> str:
    return text.replace("&", "")
