"""When to come again, what coming limits change, and the question how often somebody comes."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout

from wizard.certificate.planner import State, VisitPlan
from wizard.gui.theme import SPACE, restyle
from wizard.gui.widgets.card import Card
from wizard.gui.widgets.field import Field
from wizard.gui.widgets.picture import Picture
from wizard.gui.widgets.points import Points
from wizard.gui.widgets.text import label, selectable
from wizard.handover import Handover, visits
from wizard.handover.visit_words import QUESTION
from wizard.handover.words import say
from wizard.problem import tr


class NextVisit(Card):
    """Shows the plan of a snapshot; `answered` carries the days between visits (0: not said)."""

    answered = Signal(int)

    def __init__(self) -> None:
        super().__init__(self.tr("The next visit"))
        self.body.setSpacing(int(1.5 * SPACE))
        row = QHBoxLayout()
        row.setSpacing(int(1.5 * SPACE))
        self._icon = Picture("calendar", "accent")
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(SPACE)
        self.headline = selectable(label("", "label"))
        self.advice = Points()
        self.phones = label("", "hint")
        column.addWidget(self.headline)
        column.addWidget(self.advice)
        column.addWidget(self.phones)
        row.addLayout(column, 1)
        self.body.addLayout(row)
        self.every = Field("visit_every", tr(QUESTION), QComboBox())
        self.every.edited.connect(self._answer)
        self.body.addWidget(self.every)
        self._coming = label(self.tr("What will change"), "label")
        self.changes = Points()
        self.body.addWidget(self._coming)
        self.body.addWidget(self.changes)

    def show_handover(self, handover: Handover) -> None:
        """Show the plan of this snapshot, and the answer of its site."""
        self._offer(handover.site.visit_every)
        plan, certificate, zone = handover.visits, handover.certificate, handover.when.tzinfo
        self._show_tone(plan)
        if plan is None or certificate is None:
            self.headline.setText(say("certificate_none"))
            said: tuple[str, ...] = ()
            coming: tuple[str, ...] = ()
            phones = ""
        else:
            self.headline.setText(visits.headline(plan, zone))
            said, coming = visits.advice(plan, zone), visits.changes(plan)
            phones = visits.phones(certificate.clocks, zone)
        self.advice.tell(said)
        self.advice.setVisible(bool(said))
        self.changes.tell(coming)
        self.changes.setVisible(bool(coming))
        self._coming.setVisible(bool(coming))
        self.phones.setText(phones)
        self.phones.setVisible(bool(phones))

    def _show_tone(self, plan: VisitPlan | None) -> None:
        tone = ""
        if plan is not None:
            late = plan.urgent or not plan.knows_day
            tone = "err" if plan.state is State.ENDED else "warn" if late else ""
        self._icon.show_icon(tone or "calendar", tone or "accent")
        restyle(self.headline, role=tone or "label")

    def _offer(self, days: int) -> None:
        editor = self.every.editor
        assert isinstance(editor, QComboBox)
        known = self._answers()
        known.setdefault(days, self.tr("Every {days} days").format(days=days))
        if [editor.itemData(index) for index in range(editor.count())] != sorted(known):
            editor.clear()
            for each in sorted(known):
                editor.addItem(known[each], each)
        self.every.show_value(days)

    def _answers(self) -> dict[int, str]:
        return {
            0: self.tr("Not said"),
            7: self.tr("Every week"),
            14: self.tr("Every two weeks"),
            30: self.tr("Every month"),
            60: self.tr("Every two months"),
            90: self.tr("Every three months"),
            180: self.tr("Twice a year"),
            365: self.tr("Once a year"),
        }

    def _answer(self) -> None:
        self.answered.emit(int(self.every.value))
