"""A place where files are dropped, or chosen with a button."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from wizard.gui.theme import SPACE, restyle
from wizard.gui.widgets.picture import Picture
from wizard.gui.widgets.text import label


class DropArea(QFrame):
    """Takes files and folders of this computer. `dropped` carries a list of Path.

    The button does the same for the keyboard: `wanted` asks for a file dialog. More buttons go
    into `row`.
    """

    dropped = Signal(list)
    wanted = Signal()

    def __init__(self, icon: str, text: str, hint: str, button: str) -> None:
        super().__init__()
        self.setProperty("role", "drop")
        self.setAcceptDrops(True)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        outer.setSpacing(2 * SPACE)
        outer.addWidget(Picture(icon, "accent", em=2.4), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(SPACE)
        self.text = label(text, "label")
        self.hint = label(hint, "hint")
        column.addWidget(self.text)
        column.addWidget(self.hint)
        self.row = QHBoxLayout()
        self.row.setSpacing(SPACE)
        self.button = QPushButton(button)
        self.button.setAutoDefault(False)
        self.button.setAccessibleDescription(hint)
        self.button.clicked.connect(self.wanted)
        self.row.addWidget(self.button)
        self.row.addStretch(1)
        column.addLayout(self.row)
        outer.addLayout(column, 1)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Show that this is the place."""
        if _paths(event.mimeData()):
            event.acceptProposedAction()
            restyle(self, state="over")

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Show that nothing would be dropped here any more."""
        restyle(self, state="")

    def dropEvent(self, event: QDropEvent) -> None:
        """Take what was dropped."""
        restyle(self, state="")
        found = _paths(event.mimeData())
        if found:
            event.acceptProposedAction()
            self.dropped.emit(found)


def _paths(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
