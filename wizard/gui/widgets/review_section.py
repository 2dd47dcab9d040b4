"""One topic of the review: what was decided, what will be changed, and a way to change it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton

from wizard.gui.theme import SPACE
from wizard.gui.widgets.card import Card
from wizard.gui.widgets.picture import Picture
from wizard.gui.widgets.text import label, selectable
from wizard.review import Section


class ReviewSection(Card):
    """Shows a section; `wanted` carries the Step to edit. `editable` offers the way there."""

    wanted = Signal(object)

    def __init__(self, section: Section, *, editable: bool) -> None:
        super().__init__()
        head = QHBoxLayout()
        head.setSpacing(SPACE)
        head.addWidget(label(section.title, "heading"), 1)
        if section.step is not None and editable:
            edit = QPushButton(self.tr("Edit"))
            edit.setProperty("role", "link")
            edit.setAutoDefault(False)
            edit.setAccessibleName(self.tr("Edit: {topic}").format(topic=section.title))
            edit.clicked.connect(lambda: self.wanted.emit(section.step))
            head.addWidget(edit, 0, Qt.AlignmentFlag.AlignTop)
        self.body.addLayout(head)
        for sentence in section.decided:
            self.body.addWidget(selectable(label(sentence)))
        if section.changes is None:
            return
        if not section.changes:
            self._line("ok", "ok", self.tr("Nothing to change here."))
        for sentence in section.changes:
            self._line("next", "accent", sentence)

    def _line(self, icon: str, token: str, text: str) -> None:
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(Picture(icon, token, em=1.1), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(selectable(label(text)), 1)
        self.body.addLayout(row)
