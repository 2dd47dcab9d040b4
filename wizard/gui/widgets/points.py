"""A list of sentences, with numbers or with points before them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from wizard.gui.theme import SPACE
from wizard.gui.widgets.text import label


class Points(QWidget):
    """Sentences one under the other; long ones wrap beside their number, not under it."""

    def __init__(self, *, numbered: bool = False) -> None:
        super().__init__()
        self._numbered = numbered
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACE)
        self._grid.setVerticalSpacing(SPACE // 2)
        self._grid.setColumnStretch(1, 1)
        self.sentences: tuple[str, ...] = ()

    def tell(self, sentences: Sequence[str]) -> None:
        """Show these sentences."""
        if self.sentences == tuple(sentences):
            return
        self.sentences = tuple(sentences)
        while item := self._grid.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        for row, sentence in enumerate(sentences):
            mark = label(f"{row + 1}." if self._numbered else "•", "hint")
            mark.setWordWrap(False)
            self._grid.addWidget(mark, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(label(sentence), row, 1, Qt.AlignmentFlag.AlignTop)
