"""What keeps somebody from going on, at the top of the page, each with a way to its field."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from wizard.gui.theme import SPACE
from wizard.gui.widgets.card import Notice
from wizard.gui.widgets.text import label
from wizard.problem import Problem


class Summary(Notice):
    """Lists problems, and warnings that may be accepted.

    `wanted` is emitted with the field's path of an entry, `accepted` with the code of a warning.
    """

    wanted = Signal(str)
    accepted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._list = QWidget()
        self._column = QVBoxLayout(self._list)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE // 2)
        self.body.addWidget(self._list)
        self.first: QPushButton | None = None

    def show_problems(self, found: Sequence[Problem]) -> None:
        """Show these; with none the summary disappears."""
        while item := self._column.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        self.first = None
        if not found:
            self.tell("info", "")
            return
        wrong = sum(p.severity == "problem" for p in found)
        if wrong:
            one = self.tr("One thing to mend before you can go on")
            more = self.tr("{count} things to mend before you can go on").format(count=wrong)
            self.tell("err", one if wrong == 1 else more)
        else:
            self.tell("warn", self.tr("Please read this before you go on"))
        for problem in found:
            self._column.addWidget(self._entry(problem))

    def _entry(self, problem: Problem) -> QWidget:
        entry = QWidget()
        column = QVBoxLayout(entry)
        column.setContentsMargins(0, 0, 0, SPACE // 2)
        column.setSpacing(SPACE // 4)
        column.addWidget(label(problem.message))
        if problem.cure:
            column.addWidget(label(problem.cure, "hint"))
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        go = QPushButton(self.tr("Show me"))
        go.setProperty("role", "link")
        go.setAccessibleName(self.tr("Show me: {text}").format(text=problem.message))
        go.clicked.connect(lambda: self.wanted.emit(problem.field))
        row.addWidget(go)
        self.first = self.first or go
        if problem.severity == "warning":
            accept = QPushButton(self.tr("I know this and want it so"))
            accept.setProperty("role", "link")
            accept.setAccessibleName(
                self.tr("I know this and want it so: {text}").format(text=problem.message)
            )
            accept.clicked.connect(lambda: self.accepted.emit(problem.code))
            row.addWidget(accept)
        row.addStretch(1)
        column.addLayout(row)
        return entry
