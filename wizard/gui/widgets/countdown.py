"""A calm figure that counts down: until when something happens by itself."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QWidget

from wizard.gui.theme import SPACE
from wizard.gui.widgets.text import label


class Countdown(QWidget):
    """Shows minutes and seconds, renewed each second; hidden while nothing is counted."""

    def __init__(self, text: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * SPACE)
        self.figure = label("", "figure")
        self.figure.setWordWrap(False)
        self.text = label(text, "hint")
        row.addWidget(self.figure)
        row.addWidget(self.text, 1)
        self._end = 0.0
        self._timer = QTimer(self, interval=1000)
        self._timer.timeout.connect(self._draw)
        self.hide()

    @property
    def left(self) -> int:
        """Whole seconds that are left; 0 when it is over or stopped."""
        return max(0, math.ceil(self._end - time.monotonic()))

    def start(self, seconds: float) -> None:
        """Count down from here."""
        self._end = time.monotonic() + seconds
        self._timer.start()
        self._draw()
        self.show()

    def stop(self) -> None:
        """Count no more."""
        self._end = 0.0
        self._timer.stop()
        self.hide()

    def _draw(self) -> None:
        minutes, seconds = divmod(self.left, 60)
        self.figure.setText(f"{minutes}:{seconds:02d}")
        self.setAccessibleName(f"{self.figure.text()} {self.text.text()}")
