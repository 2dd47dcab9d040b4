"""A value to be read from afar, typed elsewhere, or copied."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from wizard.gui import icons
from wizard.gui.announce import announce
from wizard.gui.theme import SPACE, theme
from wizard.gui.widgets.text import label, selectable

SAID = 2000  # milliseconds for which the button says "Copied"


class Copyable(QWidget):
    """An address, name or figure in large type, left to right in every language, and Copy."""

    def __init__(self, about: str, role: str = "figure") -> None:
        super().__init__()
        self._about = about
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        self.value = selectable(label("", role))
        self.value.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.button = QPushButton(self.tr("Copy"))
        self.button.setAutoDefault(False)
        self.button.clicked.connect(self._copy)
        self._back = QTimer(self, singleShot=True, interval=SAID)
        self._back.timeout.connect(self._draw)
        row.addWidget(self.value, 1)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        theme().changed.connect(self._draw)
        self._draw()

    def show_value(self, value: str) -> None:
        """Show another value."""
        self.value.setText(value)
        self.value.setAccessibleName(f"{self._about}: {value}")
        self._draw()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.value.text())
        self.button.setText(self.tr("Copied"))
        self.button.setIcon(icons.icon("ok", "ok"))
        announce(self, self.tr("Copied"))
        self._back.start()

    def _draw(self) -> None:
        self.button.setText(self.tr("Copy"))
        self.button.setIcon(icons.icon("copy", "muted"))
        self.button.setAccessibleName(self.tr("Copy: {what}").format(what=self._about))
