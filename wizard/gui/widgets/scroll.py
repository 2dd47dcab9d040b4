"""A page that scrolls, and that a screen reader may look into at any time."""

from __future__ import annotations

import sys

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QScrollArea


class ScrollArea(QScrollArea):
    """Without a frame; the keyboard goes to what is inside.

    Over D-Bus a screen reader asks for the third child of what had three a moment ago. Qt (up to
    6.11, QAccessibleAbstractScrollArea::child) does not look whether there still is one, and the
    whole program ends when a scroll bar has gone meanwhile, be it with all of its page. So while
    somebody listens the bars stay, and a page that is hidden is not known any more.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def showEvent(self, event: QShowEvent) -> None:
        """Look whether somebody listens."""
        super().showEvent(event)
        self._keep_bars()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Look again: a bar has come or gone."""
        super().resizeEvent(event)
        self._keep_bars()

    def hideEvent(self, event: QHideEvent) -> None:
        """Whoever asks by the old number is told that nobody is there."""
        super().hideEvent(event)
        if _heard():
            told = QAccessible.queryAccessibleInterface(self)
            if told is not None:
                QAccessible.deleteAccessibleInterface(QAccessible.uniqueId(told))

    def _keep_bars(self) -> None:
        if _heard():
            policy = Qt.ScrollBarPolicy.ScrollBarAlwaysOn
            self.setVerticalScrollBarPolicy(policy)
            self.setHorizontalScrollBarPolicy(policy)


def _heard() -> bool:
    return sys.platform.startswith("linux") and QAccessible.isActive()
