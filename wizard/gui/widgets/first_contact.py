"""The question that nobody but a person can answer: is this really the server?"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from wizard.gui.announce import announce
from wizard.gui.theme import SPACE
from wizard.gui.widgets.card import Card, Notice
from wizard.gui.widgets.copyable import Copyable
from wizard.gui.widgets.text import label, selectable
from wizard.remote.hosts import FirstContact

GROUP = 10  # characters of a fingerprint that stay together when a line is too narrow


class FirstContactCard(Card):
    """Shows a fingerprint and how to compare it. `same` and `different` are the two answers."""

    same = Signal()
    different = Signal()

    def __init__(self) -> None:
        super().__init__(self.tr("Compare before you go on"))
        self._why = label()
        self._here = label("", "label")
        self._shown = _fingerprint()
        self._how = label()
        self._command = Copyable(self.tr("Command for the server's own screen"), "label")
        self._there = label(self.tr("What the practice server's own screen shows"), "label")
        self._expected = _fingerprint()
        self._first = Notice()
        parts: tuple[QWidget, ...] = (self._why, self._here, self._shown, self._how, self._command)
        for part in (*parts, self._there, self._expected, self._first):
            self.body.addWidget(part)
        self.body.addSpacing(SPACE)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        self.different_button = QPushButton(self.tr("It is &different"))
        self.same_button = QPushButton(self.tr("It is the &same"))
        for button, answer in (
            (self.different_button, self.different),
            (self.same_button, self.same),
        ):
            button.setAutoDefault(False)
            button.clicked.connect(answer)
            row.addWidget(button)
        row.addStretch(1)
        self.body.addLayout(row)

    def ask(self, contact: FirstContact, expected: str = "") -> None:
        """Ask about a server; `expected` is what the screen of a practice server shows."""
        self._first.tell("info", "")
        self._why.setText(
            self.tr(
                "This laptop has never met the server at {address}. Every server has a "
                "fingerprint that no other computer can imitate."
            ).format(address=contact.address)
        )
        self._here.setText(self.tr("What this server shows ({kind})").format(kind=contact.key_type))
        _show(self._shown, contact.fingerprint)
        self._how.setText(
            self.tr(
                "Go to the server's own screen and keyboard, log in there, and type the line "
                "below. It prints the server's fingerprint. Both must be the same."
            )
        )
        self._command.show_value(f"ssh-keygen -lf {contact.key.file}")
        self._how.setVisible(not expected)
        self._command.setVisible(not expected)
        _show(self._expected, expected)
        for part in (self._there, self._expected):
            part.setVisible(bool(expected))

    def insist(self) -> None:
        """Say that an answer is wanted."""
        text = self.tr("Answer this first: are the two fingerprints the same?")
        self._first.tell("warn", text)
        announce(self, text, urgent=True)
        self.take_focus()

    def take_focus(self) -> None:
        """Bring the keyboard to what has to be read."""
        self._shown.setFocus()


def _fingerprint() -> QLabel:
    made = selectable(label("", "heading"))
    made.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    made.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    return made


def _show(made: QLabel, text: str) -> None:
    # Characters without width let a line break; spaces would make it look different.
    made.setText("\u200b".join(text[i : i + GROUP] for i in range(0, len(text), GROUP)))
    made.setAccessibleName(text)
