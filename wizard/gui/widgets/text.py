"""Labels by role, and small layout helpers."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget


def label(text: str = "", role: str = "", parent: QWidget | None = None) -> QLabel:
    """Return a label that wraps. Roles: title, lead, heading, label, hint, ok, warn, err, figure.

    Plain text unless the caller says otherwise: what comes from outside is never taken for HTML.
    """
    made = QLabel(text, parent)
    made.setWordWrap(True)
    made.setTextFormat(Qt.TextFormat.PlainText)
    policy = made.sizePolicy()
    policy.setHorizontalPolicy(QSizePolicy.Policy.Preferred)
    policy.setHeightForWidth(True)
    made.setSizePolicy(policy)
    if role:
        made.setProperty("role", role)
    return made


def selectable(made: QLabel) -> QLabel:
    """Let a label's text be selected and copied, by mouse and by keyboard."""
    flags = Qt.TextInteractionFlag
    made.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
    return made


def line(vertical: bool = False) -> QFrame:
    """Return a hairline between two areas."""
    made = QFrame()
    made.setProperty("role", "line")
    if vertical:
        made.setFixedWidth(1)
    else:
        made.setFixedHeight(1)
    return made
