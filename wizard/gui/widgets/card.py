"""Surfaces: a card for things that belong together, a notice for something to be known."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from wizard.gui.theme import SPACE, restyle
from wizard.gui.widgets.picture import Picture
from wizard.gui.widgets.text import label, selectable

TONES = {"info": "info", "ok": "ok", "warn": "warn", "err": "err", "": "info"}


class Card(QFrame):
    """A surface with an optional heading; add to `body`."""

    def __init__(self, heading: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        self.body.setSpacing(SPACE)
        self.heading = label(heading, "heading", self)
        if heading:
            self.body.addWidget(self.heading)


class Notice(QFrame):
    """A coloured box with an icon, a sentence, and what to do; hidden while it has no text.

    Tones: info, ok, warn, err. Buttons and other parts go into `body`.
    """

    def __init__(self, tone: str = "info", text: str = "", cure: str = "") -> None:
        super().__init__()
        self.setProperty("role", "notice")
        row = QHBoxLayout(self)
        row.setContentsMargins(int(1.5 * SPACE), SPACE, int(1.5 * SPACE), SPACE)
        row.setSpacing(int(1.5 * SPACE))
        self._icon = Picture("info", em=1.4)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        self.body = QVBoxLayout()
        self.body.setSpacing(SPACE // 2)
        row.addLayout(self.body, 1)
        self._text = selectable(label("", "label"))
        self._cure = selectable(label())
        self.body.addWidget(self._text)
        self.body.addWidget(self._cure)
        self.tell(tone, text, cure)

    def tell(self, tone: str, text: str, cure: str = "") -> None:
        """Say something else; with no text the notice disappears."""
        self._icon.show_icon(TONES[tone], {"info": "accent"}.get(tone, tone) or "accent")
        self._text.setText(text)
        self._cure.setText(cure)
        self._cure.setVisible(bool(cure))
        restyle(self, tone=tone)
        self.setAccessibleName(f"{text} {cure}".strip())
        if text and self.parentWidget() is None:
            # Shown now it would open as a window of its own: it appears with what it is put into.
            self.setAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide, False)
        else:
            self.setVisible(bool(text))

    @property
    def text(self) -> str:
        """What is said, with its cure."""
        return f"{self._text.text()} {self._cure.text()}".strip()
