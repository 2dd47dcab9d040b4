"""The files that will be changed, one at a time, each as a diff."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QSizePolicy, QVBoxLayout, QWidget

from wizard.gui.theme import SPACE
from wizard.gui.widgets.diff_view import DiffView
from wizard.gui.widgets.text import label
from wizard.review import FileChange


class FileDiffs(QWidget):
    """A choice of files, and the difference of the chosen one."""

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2 * SPACE, 0, 0)
        column.setSpacing(SPACE)
        self.message = label("", "hint")
        caption = label(self.tr("&File on the server"), "label")
        self.box = QComboBox()
        self.box.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.box.setAccessibleName(self.tr("File on the server"))
        self.box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.box.setSizeAdjustPolicy(policy)
        self.box.setMinimumContentsLength(12)
        caption.setBuddy(self.box)
        self.view = DiffView()
        self._parts = (caption, self.box, self.view)
        column.addWidget(self.message)
        for part in self._parts:
            column.addWidget(part)
        column.addStretch(1)
        column.setStretchFactor(self.view, 10)
        self.box.currentIndexChanged.connect(self._show)
        self._files: tuple[FileChange, ...] = ()
        self.show_files((), "")

    def show_files(self, files: Sequence[FileChange], otherwise: str) -> None:
        """Show these files; when there are none, say `otherwise`."""
        states = {
            "new": self.tr("{path} (new)"),
            "changed": self.tr("{path} (changed)"),
            "removed": self.tr("{path} (removed)"),
        }
        self._files = tuple(files)
        self.box.blockSignals(True)
        self.box.clear()
        for file in self._files:
            self.box.addItem(states[file.state].format(path=file.path), file.path)
        self.box.blockSignals(False)
        self.message.setText("" if files else otherwise)
        self.message.setVisible(not files)
        for part in self._parts:
            part.setVisible(bool(files))
        self._show()

    def choose(self, path: str) -> bool:
        """Show the file at a path; False when it is not among them."""
        index = self.box.findData(path)
        if index >= 0:
            self.box.setCurrentIndex(index)
        return index >= 0

    def _show(self) -> None:
        index = self.box.currentIndex()
        if 0 <= index < len(self._files):
            self.view.show_diff(self._files[index].diff)
