"""A labelled input, with an example under it and a place for what is wrong with it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from wizard.gui.theme import SPACE, restyle
from wizard.gui.widgets.picture import Picture
from wizard.gui.widgets.text import label
from wizard.problem import Problem

TONE = {"problem": "err", "warning": "warn", "note": ""}


class Field(QWidget):
    """One input of a page; `path` is its place in the site file ("static_ip.address").

    `edited` is emitted for every change by the user, `left` when the input was left. A problem
    is shown in the place of the hint, so that the page does not jump, and is the input's
    accessible description while it is there.
    """

    edited = Signal()
    left = Signal()

    def __init__(
        self, path: str, caption: str, editor: QWidget, hint: str = "", *, technical: bool = False
    ) -> None:
        super().__init__()
        self.path, self.editor, self.hint = path, editor, hint
        self.touched = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        self.caption = label(caption, "label")
        self.caption.setBuddy(editor)
        if not isinstance(editor, QCheckBox):
            column.addWidget(self.caption)
        column.addWidget(editor)
        row = QHBoxLayout()
        row.setSpacing(SPACE // 2)
        self._icon = Picture("err", "err", em=1.1)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        self.message = label(hint, "hint")
        row.addWidget(self.message, 1)
        column.addLayout(row)
        plain = caption.replace("&", "")
        editor.setAccessibleName(plain)
        if technical:  # addresses and names keep their order in right-to-left languages
            editor.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        editor.installEventFilter(self)
        self._listen(editor)
        self.show_problem(None)

    def _listen(self, editor: QWidget) -> None:
        if isinstance(editor, QLineEdit):
            editor.textChanged.connect(self.edited)  # by dictation too
        elif isinstance(editor, QPlainTextEdit):
            editor.textChanged.connect(self.edited)
        elif isinstance(editor, QComboBox):
            editor.activated.connect(self.edited)
            if editor.isEditable():
                editor.editTextChanged.connect(self.edited)
        elif isinstance(editor, QSpinBox):
            editor.valueChanged.connect(self.edited)
        elif isinstance(editor, QCheckBox):
            editor.clicked.connect(self.edited)

    @property
    def value(self) -> str:
        """The text in the input, without the blanks around it."""
        editor = self.editor
        if isinstance(editor, QLineEdit):
            return editor.text().strip()
        if isinstance(editor, QPlainTextEdit):
            return editor.toPlainText().strip()
        if isinstance(editor, QComboBox):
            data = None if editor.isEditable() else editor.currentData()
            return str(data) if data is not None else editor.currentText().strip()
        if isinstance(editor, QSpinBox):
            return str(editor.value())
        return ""

    @property
    def checked(self) -> bool:
        """Whether the box is ticked."""
        return isinstance(self.editor, QCheckBox) and self.editor.isChecked()

    def show_value(self, value: str | int | bool) -> None:
        """Show an answer, without telling anybody that it was edited."""
        editor = self.editor
        editor.blockSignals(True)
        try:
            if isinstance(editor, QLineEdit):
                if editor.text().strip() != value:  # the cursor stays where it is
                    editor.setText(str(value))
            elif isinstance(editor, QPlainTextEdit):
                if editor.toPlainText().strip() != value:
                    editor.setPlainText(str(value))
            elif isinstance(editor, QCheckBox):
                editor.setChecked(bool(value))
            elif isinstance(editor, QSpinBox):
                editor.setValue(int(value))
            elif isinstance(editor, QComboBox):
                index = editor.findData(value)
                if index >= 0:
                    editor.setCurrentIndex(index)
                elif editor.isEditable() and editor.currentText().strip() != value:
                    editor.setEditText(str(value))
        finally:
            editor.blockSignals(False)

    def show_problem(self, problem: Problem | None) -> None:
        """Show what is wrong with the answer, or the hint again."""
        tone = TONE[problem.severity] if problem is not None else ""
        text = f"{problem.message} {problem.cure}".strip() if problem is not None else self.hint
        self._icon.setVisible(bool(tone))
        if tone:
            self._icon.show_icon(tone, tone)
        self.message.setText(text)
        self.message.setVisible(bool(text))
        restyle(self.message, role=tone or "hint")
        restyle(self.editor, state=tone)
        self.editor.setAccessibleDescription(text)

    def set_hint(self, hint: str) -> None:
        """Show another hint, unless a problem is shown."""
        shown = self.message.text() == self.hint
        self.hint = hint
        if shown:
            self.show_problem(None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice that the input was left."""
        if event.type() == QEvent.Type.FocusOut:
            self.touched = True
            self.left.emit()
        return super().eventFilter(watched, event)


def line_edit(placeholder: str = "") -> QLineEdit:
    """Return a one-line input. The placeholder is an example, never the only explanation."""
    made = QLineEdit()
    made.setPlaceholderText(placeholder)
    made.setMinimumWidth(0)
    return made
