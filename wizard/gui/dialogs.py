"""Every question and file dialog goes through here, so that tests can answer them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget


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
