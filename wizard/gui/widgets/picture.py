"""An icon that follows the theme and sits beside words: it says nothing by itself."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import QLabel, QWidget

from wizard.gui import icons
from wizard.gui.theme import theme


class Picture(QLabel):
    """One icon in the colour of a token, as tall as `em` lines of text."""

    def __init__(
        self, name: str, role: str = "text", em: float = 1.6, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name, self._role, self._em = name, role, em
        theme().changed.connect(self._draw)
        self._draw()

    def show_icon(self, name: str, role: str = "text") -> None:
        """Show another icon."""
        self._name, self._role = name, role
        self._draw()

    def _draw(self) -> None:
        size = max(16, round(self.fontMetrics().height() * self._em))
        self.setPixmap(icons.pixmap(self._name, self._role, size, self.devicePixelRatioF()))
        self.setFixedSize(QSize(size, size))

    def changeEvent(self, event: QEvent) -> None:
        """Grow with the font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._draw()
