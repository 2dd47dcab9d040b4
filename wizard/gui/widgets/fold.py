"""A part of a page that is folded away until somebody wants it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from wizard.gui import icons
from wizard.gui.theme import SPACE, theme


class Fold(QWidget):
    """A title that opens and closes what is under it; add to `body`, and to `head` what stays
    visible beside the title.

    Space or Enter on the title does the same as a click. `toggled` carries whether it is open.
    """

    toggled = Signal(bool)

    def __init__(self, title: str, *, opened: bool = False) -> None:
        super().__init__()
        self._title = title
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        self.button = QPushButton()
        self.button.setProperty("role", "link")
        self.button.setAutoDefault(False)
        self.button.setCheckable(True)
        self.button.setCursor(Qt.CursorShape.PointingHandCursor)
        self.head = QHBoxLayout()
        self.head.setSpacing(SPACE)
        self.head.addWidget(self.button)
        self.head.addStretch(1)
        column.addLayout(self.head)
        self._inside = QWidget()
        self.body = QVBoxLayout(self._inside)
        self.body.setContentsMargins(3 * SPACE, 0, 0, SPACE)
        self.body.setSpacing(SPACE)
        column.addWidget(self._inside)
        self.button.setChecked(opened)
        self.button.toggled.connect(self._turn)
        theme().changed.connect(self._draw)
        self._draw()

    @property
    def opened(self) -> bool:
        """Whether the body is shown."""
        return self.button.isChecked()

    def unfold(self, opened: bool = True) -> None:
        """Open it, or close it."""
        self.button.setChecked(opened)

    def set_title(self, title: str) -> None:
        """Give it another title."""
        self._title = title
        self._draw()

    def _turn(self, opened: bool) -> None:
        self._draw()
        self.toggled.emit(opened)

    def _draw(self) -> None:
        opened = self.opened
        self._inside.setVisible(opened)
        self.button.setText(self._title)
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        arrow = "unfold" if opened else "back" if rtl else "next"
        self.button.setIcon(icons.icon(arrow, "accent"))
        said = self.tr("{title}, unfolded") if opened else self.tr("{title}, folded")
        self.button.setAccessibleName(said.format(title=self._title.replace("&", "")))

    def changeEvent(self, event: QEvent) -> None:
        """Turn the arrow with the direction of reading."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self._draw()


def reveal(widget: QWidget) -> None:
    """Open every fold around a widget, so that it can be seen and get the keyboard."""
    around = widget.parentWidget()
    while around is not None:
        if isinstance(around, Fold):
            around.unfold()
        around = around.parentWidget()
