"""The difference of a file, to be read: signs first, colours besides."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontDatabase, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit

from wizard.gui.theme import theme

MARKS = {"+": ("ok", "ok_soft"), "-": ("err", "err_soft"), "@": ("muted", "window")}
"""First sign of a line -> tokens of its text and its ground."""


class DiffView(QPlainTextEdit):
    """Shows one unified diff; read only, monospace, always from left to right."""

    def __init__(self) -> None:
        super().__init__()
        self._diff = ""
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.setAccessibleName(self.tr("Difference"))
        theme().changed.connect(self._draw)
        self._draw()

    def show_diff(self, diff: str) -> None:
        """Show another diff, from its beginning."""
        self._diff = diff
        self._draw()

    def _draw(self) -> None:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(self.font().pointSizeF())
        self.document().setDefaultFont(font)
        self.setMinimumHeight(self.fontMetrics().height() * 14)
        lines = self._diff.splitlines()
        self.setPlainText("\n".join(lines))
        here = theme()
        if here.plain:
            return
        cursor = QTextCursor(self.document())
        for line in lines:
            mark = MARKS.get("" if line.startswith(("+++", "---")) else line[:1])
            if mark is not None:
                ground, text = QTextBlockFormat(), QTextCharFormat()
                ground.setBackground(QColor(getattr(here.tokens, mark[1])))
                text.setForeground(QColor(getattr(here.tokens, mark[0])))
                cursor.select(QTextCursor.SelectionType.LineUnderCursor)
                cursor.mergeBlockFormat(ground)
                cursor.mergeCharFormat(text)
                cursor.clearSelection()
            cursor.movePosition(QTextCursor.MoveOperation.NextBlock)
