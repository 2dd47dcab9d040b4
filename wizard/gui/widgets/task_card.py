"""A large button that says what somebody may want to do."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from wizard.gui.theme import SPACE
from wizard.gui.widgets.picture import Picture
from wizard.gui.widgets.text import label


class TaskCard(QPushButton):
    """Icon, title and one sentence; as tall as its text needs."""

    def __init__(self, icon: str, title: str, text: str, *, em: float = 2.0) -> None:
        super().__init__()
        self.setProperty("role", "choice")
        self.setAutoDefault(False)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * SPACE, int(1.5 * SPACE), 2 * SPACE, int(1.5 * SPACE))
        row.setSpacing(2 * SPACE)
        row.addWidget(Picture(icon, "accent", em=em), 0, Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout()
        column.setSpacing(SPACE // 4)
        column.addStretch(1)
        caption = label(title, "label")
        caption.setBuddy(self)  # its underlined letter presses the button
        column.addWidget(caption)
        column.addWidget(label(text, "hint"))
        column.addStretch(1)
        row.addLayout(column, 1)
        for part in self.findChildren(QWidget):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(title.replace("&", ""))
        self.setAccessibleDescription(text)

    def hasHeightForWidth(self) -> bool:
        """The text wraps."""
        return True

    def heightForWidth(self, width: int) -> int:
        """As tall as what is inside."""
        inside = self.layout()
        return inside.totalHeightForWidth(width) if inside is not None else 0

    def sizeHint(self) -> QSize:
        """As large as what is inside."""
        inside = self.layout()
        return inside.totalSizeHint() if inside is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        """As small as what is inside."""
        inside = self.layout()
        return inside.totalMinimumSize() if inside is not None else super().minimumSizeHint()

    def event(self, event: QEvent) -> bool:
        """Ask for another height when what is inside has changed."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().event(event)
