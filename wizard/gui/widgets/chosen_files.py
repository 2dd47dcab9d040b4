"""Files that were chosen, each with a way to leave it out again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from wizard.gui import icons
from wizard.gui.theme import SPACE
from wizard.gui.widgets.picture import Picture
from wizard.gui.widgets.text import label


class ChosenFiles(QWidget):
    """Shows names; the folder is in the tool tip. `left_out` carries a Path."""

    left_out = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE // 2)
        self._shown: tuple[Path, ...] = ()
        self.hide()

    def show_files(self, paths: Sequence[Path]) -> None:
        """Show these instead of what is there."""
        if tuple(paths) == self._shown:
            return
        self._shown = tuple(paths)
        while item := self._column.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        for path in paths:
            self._column.addWidget(self._line(path))
        self.setVisible(bool(paths))

    def _line(self, path: Path) -> QWidget:
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        row.addWidget(Picture("certificate", "muted", em=1.2), 0)
        name = label(path.name)
        name.setToolTip(str(path))
        name.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        row.addWidget(name, 1)
        leave = QPushButton(self.tr("Leave out"))
        leave.setProperty("role", "link")
        leave.setAutoDefault(False)
        leave.setIcon(icons.icon("remove", "accent"))
        leave.setAccessibleName(self.tr("Leave out {name}").format(name=path.name))
        leave.clicked.connect(lambda: self.left_out.emit(path))
        row.addWidget(leave)
        return made
