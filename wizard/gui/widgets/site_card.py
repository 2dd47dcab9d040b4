"""One remembered site: how its last visit ended, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QDate, QLocale, Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton

from wizard.certificate.planner import State as Due
from wizard.certificate.planner import VisitPlan
from wizard.gui.theme import SPACE
from wizard.gui.widgets.card import Card
from wizard.gui.widgets.picture import Picture
from wizard.gui.widgets.text import label
from wizard.handover import visits
from wizard.sites import Entry

SOON = 30  # days: then a certificate of which only the end is known is worth a warning
ICONS = {  # how a visit ended -> icon and token
    "saved": ("edit", "muted"),
    "confirmed": ("ok", "ok"),
    "rolled-back": ("undo", "warn"),
    "checked": ("ok", "ok"),
    "broken": ("err", "err"),
}


class SiteCard(Card):
    """Name, domain, last result, and days until the certificate ends; then the buttons."""

    def __init__(self, entry: Entry, now: datetime) -> None:
        super().__init__()
        self.entry = entry
        self.called = entry.name or entry.domain or entry.id
        self.body.setSpacing(SPACE)
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE)
        grid.setVerticalSpacing(SPACE // 4)
        grid.addWidget(label(self.called, "label"), 0, 0)
        domain = label(entry.domain, "hint")
        domain.setAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignTop)
        grid.addWidget(domain, 1, 0)
        for row, (icon, token, text) in enumerate(self._told(now)):
            grid.addWidget(Picture(icon, token, em=1.1), row, 1, Qt.AlignmentFlag.AlignTop)
            tone = token if token in ("warn", "err") else ""
            grid.addWidget(label(text, tone), row, 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(2, 1)
        self.body.addLayout(grid)
        if entry.broken:
            self.body.addWidget(label(entry.broken, "hint"))
        self._actions = QHBoxLayout()
        self._actions.setSpacing(SPACE)
        self.body.addLayout(self._actions)

    def offer(self, text: str, act: Callable[[], None], *, role: str = "") -> QPushButton:
        """Add a button. Roles: primary, link (these stand at the far end)."""
        made = QPushButton(text)
        made.setAutoDefault(False)
        made.setAccessibleName(
            self.tr("{act}: {site}").format(act=text.replace("&", ""), site=self.called)
        )
        if role == "primary":
            made.setProperty("primary", True)
        elif role == "link":
            made.setProperty("role", "link")
        made.clicked.connect(act)
        self._actions.addWidget(made)
        return made

    def part(self) -> None:
        """What is offered from now on stands at the far end."""
        self._actions.addStretch(1)

    def _told(self, now: datetime) -> list[tuple[str, str, str]]:
        entry, last = self.entry, self.entry.last
        if entry.broken:
            return [("err", "err", self.tr("Its file cannot be read"))]
        if last is None:
            return [("edit", "muted", self.tr("Not set up yet"))]
        date = last.when.astimezone().date()
        day = QLocale().toString(
            QDate(date.year, date.month, date.day), QLocale.FormatType.ShortFormat
        )
        words = {
            "saved": self.tr("Not set up yet"),
            "confirmed": self.tr("Set up"),
            "rolled-back": self.tr("Put back as it was"),
            "checked": self.tr("Everything worked"),
            "broken": self.tr("Something was broken"),
        }
        icon, token = ICONS.get(last.state, ("circle", "muted"))
        said = words.get(last.state, "")
        told = [(icon, token, f"{said}, {day}" if said else day)]
        plan, days = entry.plan(now), last.days_left(now)
        if plan is not None and not plan.knows_day:
            return [*told, ("clock", "warn", visits.headline(plan))]
        if plan is not None and plan.state is Due.ENDED:
            return [*told, ("err", "err", visits.headline(plan))]
        if days is not None:
            told.append(self._certificate(days, plan))
        if plan is not None:
            token = "warn" if plan.urgent else "muted"
            told.append(("calendar", token, visits.headline(plan)))
        return told

    def _certificate(self, days: int, plan: VisitPlan | None) -> tuple[str, str, str]:
        if days < 0:
            return ("err", "err", self.tr("The certificate has ended"))
        if days == 0:
            return ("warn", "warn", self.tr("The certificate ends today"))
        near = plan.urgent if plan is not None else days < SOON
        text = self.tr("The certificate ends in {days} days").format(days=days)
        if days == 1:
            text = self.tr("The certificate ends tomorrow")
        return ("warn", "warn", text) if near else ("certificate", "muted", text)
