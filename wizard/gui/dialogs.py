"""Every question and file dialog goes through here, so that tests can answer them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from wizard.gui.theme import SPACE
from wizard.gui.widgets.text import label, selectable


class Dialogs:
    """Opens dialogs without a loop of their own; the answer comes to a callback."""

    def ask(
        self,
        parent: QWidget,
        text: str,
        more: str,
        answers: Sequence[str],
        then: Callable[[int], None],
    ) -> None:
        """Ask a question; `then` gets the index of the answer, -1 when it was closed.

        The first answer is the safe one: it has the focus, and Esc means it.
        """
        box = QMessageBox(parent)
        box.setWindowTitle(parent.window().windowTitle())
        box.setText(text)
        box.setInformativeText(more)
        role = QMessageBox.ButtonRole
        buttons = [
            box.addButton(answer, role.RejectRole if i == 0 else role.AcceptRole)
            for i, answer in enumerate(answers)
        ]
        box.setDefaultButton(buttons[0])
        box.setEscapeButton(buttons[0])

        def over() -> None:
            pressed = box.clickedButton()
            then(buttons.index(pressed) if pressed in buttons else -1)
            box.deleteLater()

        box.finished.connect(over)
        box.open()

    def tell(
        self,
        parent: QWidget,
        text: str,
        more: str,
        actions: Mapping[str, Callable[[], None]],
        close: str,
        over: Callable[[], None],
    ) -> None:
        """Say something beside the work: the window stays usable, and so does this after an action.

        `close` is the text of the button that ends it; `over` is called then.
        """
        box = QDialog(parent)
        box.setWindowTitle(parent.window().windowTitle())
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(box)
        column.setContentsMargins(3 * SPACE, 3 * SPACE, 3 * SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        column.addWidget(label(text, "heading"))
        column.addWidget(selectable(label(more)), 1)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addStretch(1)
        for name, action in actions.items():
            button = QPushButton(name)
            button.setAutoDefault(False)
            button.clicked.connect(action)
            row.addWidget(button)
        last = QPushButton(close)
        last.setDefault(True)
        last.clicked.connect(box.close)
        row.addWidget(last)
        column.addLayout(row)
        box.setMinimumWidth(box.fontMetrics().averageCharWidth() * 60)
        box.finished.connect(over)
        box.show()
        last.setFocus()

    def open_files(
        self, parent: QWidget, title: str, pattern: str, then: Callable[[list[Path]], None]
    ) -> None:
        """Let somebody choose files; `then` is called only when some were chosen."""
        self._files(parent, title, pattern, then, QFileDialog.FileMode.ExistingFiles)

    def open_file(
        self, parent: QWidget, title: str, pattern: str, then: Callable[[Path], None]
    ) -> None:
        """Let somebody choose one file."""
        mode = QFileDialog.FileMode.ExistingFile
        self._files(parent, title, pattern, lambda paths: then(paths[0]), mode)

    def open_folder(self, parent: QWidget, title: str, then: Callable[[Path], None]) -> None:
        """Let somebody choose one folder."""
        mode = QFileDialog.FileMode.Directory
        self._files(parent, title, "", lambda paths: then(paths[0]), mode)

    def save_file(
        self,
        parent: QWidget,
        title: str,
        name: str,
        pattern: str,
        then: Callable[[Path], None],
    ) -> None:
        """Let somebody choose where to write a file; the dialog asks before overwriting."""
        dialog = QFileDialog(parent, title)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(pattern)
        dialog.setDefaultSuffix(Path(name).suffix.lstrip("."))
        dialog.selectFile(name)
        dialog.fileSelected.connect(lambda path: then(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _files(
        self,
        parent: QWidget,
        title: str,
        pattern: str,
        then: Callable[[list[Path]], None],
        mode: QFileDialog.FileMode,
    ) -> None:
        dialog = QFileDialog(parent, title)
        dialog.setFileMode(mode)
        dialog.setNameFilter(pattern)
        dialog.filesSelected.connect(lambda paths: then([Path(p) for p in paths]))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
