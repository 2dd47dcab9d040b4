"""One consideration of readiness: folded to a line, or with all that is to be said and asked."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtWidgets import QPlainTextEdit

from wizard.gui.theme import SPACE
from wizard.gui.widgets.card import Card
from wizard.gui.widgets.field import Field
from wizard.gui.widgets.fold import Fold
from wizard.gui.widgets.picture import Picture
from wizard.gui.widgets.rows import Rows
from wizard.gui.widgets.text import label
from wizard.problem import tr
from wizard.readiness import Item, Topic

OWN = ("open", "answered")
"""Codes of items that tell what the input shows anyway."""

LINES = 4


class TopicCard(Card):
    """A topic: title and state in one line; under it why it matters, the question, the findings."""

    def __init__(self, topic: Topic) -> None:
        super().__init__()
        self.topic = topic
        self.body.setContentsMargins(SPACE, SPACE, 2 * SPACE, SPACE)
        self.fold = Fold(tr(topic.title))
        self._marks = Picture("circle", "muted", em=1.1)
        self._state = label("", "hint")
        self._state.setWordWrap(False)
        self.fold.head.addWidget(self._marks)
        self.fold.head.addWidget(self._state)
        self.body.addWidget(self.fold)
        inside = self.fold.body
        inside.setSpacing(int(1.5 * SPACE))
        inside.addWidget(label(tr(topic.why), "hint"))
        self.answer = QPlainTextEdit()
        self.answer.setTabChangesFocus(True)
        self.answer.setFixedHeight(self.fontMetrics().lineSpacing() * LINES + 2 * SPACE)
        example = self.tr("For example: {example}").format(example=tr(topic.example))
        self.field = Field(f"readiness.{topic.code}", tr(topic.question), self.answer, example)
        inside.addWidget(self.field)
        self._told = label(self.tr("What the server tells"), "label")
        inside.addWidget(self._told)
        self.rows = Rows()
        inside.addWidget(self.rows)

    @property
    def answered(self) -> bool:
        """Whether somebody wrote something down."""
        return bool(self.field.value)

    def _mark(self) -> str:
        return "ok" if self.answered else "circle"

    def show_items(self, items: Iterable[Item]) -> None:
        """Show what was found about this topic."""
        told = [item for item in items if item.code not in OWN]
        self.rows.clear()
        for number, item in enumerate(told):
            self.rows.tell(f"{number}", item.state, item.sentence, "", item.cure)
        self._told.setVisible(bool(told))
        self.rows.setVisible(bool(told))
        doubts = sum(item.state == "attention" for item in told)
        parts = [self.tr("answered") if self.answered else self.tr("not answered")]
        if doubts:
            parts.append(self.tr("{count} to look at").format(count=doubts))
        # An answer is not a proof: it is never green.
        self._marks.show_icon(*("warn", "warn") if doubts else (self._mark(), "muted"))
        self._state.setText(" · ".join(parts))
        self.fold.button.setAccessibleDescription(self._state.text())
