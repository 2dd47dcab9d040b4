"""What happened, line by line, to be read, copied and saved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from wizard.gui.theme import SPACE

MOST = 5000  # lines


class LogView(QWidget):
    """Lines with the time of day. `blot` hides secrets before a line is shown.

    `saving` asks for a place to write `text` to.
    """

    saving = Signal()

    def __init__(self, blot: Callable[[str], str]) -> None:
        super().__init__()
        self._blot = blot
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        self._view = QPlainTextEdit()
        self._view.setReadOnly(True)
        self._view.setTabChangesFocus(True)
        self._view.setMaximumBlockCount(MOST)
        self._view.setAccessibleName(self.tr("Log"))
        self._view.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self._view.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._view.setMinimumHeight(self.fontMetrics().height() * 10)
        column.addWidget(self._view)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        copy = QPushButton(self.tr("Copy"))
        copy.setAccessibleName(self.tr("Copy the log"))
        copy.clicked.connect(self.copy)
        save = QPushButton(self.tr("Save..."))
        save.setAccessibleName(self.tr("Save the log"))
        save.clicked.connect(self.saving)
        for button in (copy, save):
            button.setAutoDefault(False)
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)

    @property
    def text(self) -> str:
        """Everything that is shown."""
        return self._view.toPlainText()

    def add(self, text: str) -> None:
        """Add a line; what was scrolled to stays in sight."""
        for line in self._blot(text).splitlines():
            self._view.appendPlainText(f"{datetime.now():%H:%M:%S}  {line}")

    def clear(self) -> None:
        """Forget everything."""
        self._view.clear()

    def copy(self) -> None:
        """Put everything into the clipboard."""
        QGuiApplication.clipboard().setText(self.text)
