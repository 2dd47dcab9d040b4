"""An input for secrets: dots, and an eye (or F2) to look at them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QLineEdit, QWidget

from wizard.gui import icons
from wizard.gui.theme import theme


class PasswordEdit(QLineEdit):
    """Shows dots until the eye is pressed; a picture of the window never shows what is inside."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setInputMethodHints(
            Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoAutoUppercase
        )
        self._eye = QAction(self, checkable=True)
        self._eye.setShortcut(QKeySequence(Qt.Key.Key_F2))
        self._eye.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._eye.toggled.connect(self._look)
        self.addAction(self._eye, QLineEdit.ActionPosition.TrailingPosition)
        theme().changed.connect(self._draw)
        self._draw()

    def hide_text(self) -> None:
        """Show dots again."""
        self._eye.setChecked(False)

    def _look(self, shown: bool) -> None:
        mode = QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password
        self.setEchoMode(mode)
        self._draw()

    def _draw(self) -> None:
        shown = self._eye.isChecked()
        self._eye.setIcon(icons.icon("eye_off" if shown else "eye", "muted"))
        self._eye.setText(self.tr("Hide (F2)") if shown else self.tr("Show (F2)"))
        self._eye.setToolTip(self._eye.text())
