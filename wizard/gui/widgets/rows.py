"""Rows that tell how things stand: an icon, a word for it, a sentence, the time it took."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from wizard.gui.theme import SPACE, restyle
from wizard.gui.widgets.picture import Picture
from wizard.gui.widgets.text import label, selectable

MARKS: dict[str, tuple[str, str]] = {  # state -> icon, token
    "waiting": ("circle", "muted"),
    "running": ("again", "accent"),
    "passed": ("ok", "ok"),
    "done": ("ok", "ok"),
    "good": ("ok", "ok"),
    "warning": ("warn", "warn"),
    "attention": ("warn", "warn"),
    "failed": ("err", "err"),
    "problem": ("err", "err"),
    "undone": ("undo", "warn"),
    "skipped": ("skip", "muted"),
    "unknown": ("help", "muted"),
    "asked": ("help", "muted"),
    "note": ("info", "muted"),
}
TONES = {"warn": "warn", "err": "err", "ok": "ok"}


def word(state: str) -> str:
    """Return the word for a state: nothing is told by colour or shape alone."""
    say = QCoreApplication.translate
    return {
        "waiting": say("Rows", "waiting"),
        "running": say("Rows", "running"),
        "passed": say("Rows", "passed"),
        "done": say("Rows", "done"),
        "good": say("Rows", "good"),
        "warning": say("Rows", "look at it"),
        "attention": say("Rows", "look at it"),
        "failed": say("Rows", "failed"),
        "problem": say("Rows", "problem"),
        "undone": say("Rows", "put back"),
        "skipped": say("Rows", "left out"),
        "unknown": say("Rows", "not known"),
        "asked": say("Rows", "your answer"),
        "note": say("Rows", "note"),
    }[state]


class Row(QWidget):
    """One line: icon, state in a word, title, and under it what to say about it.

    Parts of a page's own (buttons) go into `more`.
    """

    def __init__(self, state: str, title: str, text: str = "", cure: str = "") -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, SPACE // 2, 0, SPACE // 2)
        grid.setHorizontalSpacing(SPACE)
        grid.setVerticalSpacing(SPACE // 4)
        top = Qt.AlignmentFlag.AlignTop
        self._icon = Picture("circle", em=1.2)
        self._word = label("", "hint")
        self._word.setWordWrap(False)
        self._word.setMinimumWidth(self.fontMetrics().averageCharWidth() * 11)
        self._title = selectable(label(title))
        self._time = label("", "hint")
        self._time.setWordWrap(False)
        self._text = selectable(label("", "hint"))
        self._cure = selectable(label())
        self.more = QHBoxLayout()
        self.more.setSpacing(SPACE)
        grid.addWidget(self._icon, 0, 0, top)
        grid.addWidget(self._word, 0, 1, top)
        grid.addWidget(self._title, 0, 2, top)
        grid.addWidget(self._time, 0, 3, top)
        grid.addWidget(self._text, 1, 2, 1, 2)
        grid.addWidget(self._cure, 2, 2, 1, 2)
        grid.addLayout(self.more, 3, 2, 1, 2)
        grid.setColumnStretch(2, 1)
        self.tell(state, title, text, cure)

    def tell(
        self, state: str, title: str = "", text: str = "", cure: str = "", seconds: float = 0.0
    ) -> None:
        """Say how it stands now; an empty title keeps the one that is there."""
        self.state = state
        icon, token = MARKS[state]
        self._icon.show_icon(icon, token)
        self._word.setText(word(state))
        restyle(self._word, role=TONES.get(token, "hint"))
        if title:
            self._title.setText(title)
        for part, words in ((self._text, text), (self._cure, cure)):
            part.setText(words)
            part.setVisible(bool(words))
        self._time.setText(f"{seconds:.1f} s" if seconds >= 0.1 else "")
        self.setAccessibleName(f"{self._title.text()}: {word(state)}. {text} {cure}".strip())


class Rows(QWidget):
    """Rows by a key, in the order in which they came."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._rows: dict[str, Row] = {}

    def tell(
        self,
        key: str,
        state: str,
        title: str = "",
        text: str = "",
        cure: str = "",
        seconds: float = 0.0,
    ) -> Row:
        """Add a row, or say how the row of that key stands now."""
        row = self._rows.get(key)
        if row is None:
            row = Row(state, title, text, cure)
            self._rows[key] = row
            self._column.addWidget(row)
        row.tell(state, title, text, cure, seconds)
        return row

    def row(self, key: str) -> Row | None:
        """Return the row of a key."""
        return self._rows.get(key)

    def forget(self, key: str) -> None:
        """Take a row away."""
        row = self._rows.pop(key)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()

    def clear(self) -> None:
        """Take all rows away."""
        for key in list(self._rows):
            self.forget(key)

    def __len__(self) -> int:
        return len(self._rows)
