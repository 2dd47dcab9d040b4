"""The first page: what do you want to do, and for which site."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from wizard.gui.announce import announce
from wizard.gui.desk import Desk
from wizard.gui.kept_password import forget_password
from wizard.gui.runner import Job
from wizard.gui.settings import APPEARANCES
from wizard.gui.theme import SPACE, theme
from wizard.gui.widgets.card import Card, Notice
from wizard.gui.widgets.scroll import ScrollArea
from wizard.gui.widgets.site_card import SiteCard
from wizard.gui.widgets.task_card import TaskCard
from wizard.gui.widgets.text import label, line
from wizard.practice.clinic import Clinic
from wizard.practice.earlier import set_up
from wizard.practice.words import SCENARIOS
from wizard.problem import UserError, tr
from wizard.site.flow import Walk
from wizard.site.model import Site
from wizard.site.tasks import TASKS
from wizard.site.words import SiteError
from wizard.sites import Entry, by_urgency

if TYPE_CHECKING:
    from wizard.gui.shell import Shell

RENEWAL = "renewal"
ROOM = 30  # milliseconds until the page has laid itself out anew
ICONS = {
    "plain": "static_ip",
    "second-dhcp": "dns_dhcp",
    "taken-address": "print",
    "cable": "undo",
    RENEWAL: "certificate",
}


class StartPage(QWidget):
    """Four things to do, and the sites that this laptop remembers."""

    def __init__(self, desk: Desk, shell: Shell) -> None:
        super().__init__()
        self.setObjectName("page")
        self.desk, self.shell = desk, shell
        self._cards: list[SiteCard] = []
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._area = ScrollArea()
        outer.addWidget(self._area)
        self._inside = QWidget()
        self._inside.setObjectName("page")
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(4 * SPACE, 3 * SPACE, 4 * SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        head = QVBoxLayout()
        head.setSpacing(SPACE // 2)
        head.addWidget(label(self.tr("What do you want to do?"), "title"))
        self.lead = label("", "lead")
        head.addWidget(self.lead)
        column.addLayout(head)
        self.notice = Notice()
        column.addWidget(self.notice)
        column.addLayout(self._tasks())
        column.addWidget(self._scenarios())
        column.addLayout(self._sites())
        column.addStretch(1)
        column.addWidget(line())
        column.addLayout(self._appearance())
        self._area.setWidget(self._inside)
        self.setFocusProxy(self.setup)
        self.show_sites()

    # -------------------------------------------------------------------- building

    def _tasks(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(int(1.5 * SPACE))
        self.setup = TaskCard(
            "server",
            self.tr("&Set up a server"),
            tr(TASKS["setup"]),
        )
        self.renew = TaskCard(
            "certificate",
            self.tr("&Renew the certificate"),
            tr(TASKS["renew"]),
        )
        self.check = TaskCard(
            "live_check",
            self.tr("&Check a site"),
            tr(TASKS["check"]),
        )
        self.practise = TaskCard(
            "practice",
            self.tr("&Practise"),
            tr(TASKS["practise"]),
        )
        self.setup.clicked.connect(self.set_up)
        self.renew.clicked.connect(partial(self.choose, Walk.RENEW))
        self.check.clicked.connect(partial(self.choose, Walk.CHECK))
        self.practise.clicked.connect(self._offer_practice)
        for index, card in enumerate((self.setup, self.renew, self.check, self.practise)):
            grid.addWidget(card, index // 2, index % 2)
        for column in (0, 1):
            grid.setColumnStretch(column, 1)
        return grid

    def _scenarios(self) -> QWidget:
        self.scenarios = Card(self.tr("What do you want to practise?"))
        self.practices: dict[str, TaskCard] = {}
        offered = {code: (tr(s.name), tr(s.story)) for code, s in SCENARIOS.items()}
        offered[RENEWAL] = (
            self.tr("Renew the certificate"),
            self.tr("The server was set up some time ago, and its certificate ends in a few days."),
        )
        for code, (name, story) in offered.items():
            card = TaskCard(ICONS.get(code, "practice"), name, story, em=1.4)
            card.clicked.connect(partial(self.practise_with, code))
            self.practices[code] = card
            self.scenarios.body.addWidget(card)
        self.scenarios.hide()
        return self.scenarios

    def _sites(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(SPACE)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        self.heading = label("", "heading")
        row.addWidget(self.heading, 1)
        self.every = self._link(self.tr("Show &everything again"), self.show_sites)
        self.bring = self._link(self.tr("&Bring in a site file"), self._bring_in)
        row.addWidget(self.every)
        row.addWidget(self.bring)
        column.addLayout(row)
        self.none = label(
            self.tr("None on this laptop yet. What you set up is listed here."), "hint"
        )
        column.addWidget(self.none)
        self._list = QVBoxLayout()
        self._list.setSpacing(SPACE)
        column.addLayout(self._list)
        return column

    def _link(self, text: str, act: Callable[[], object]) -> QPushButton:
        made = QPushButton(text)
        made.setProperty("role", "link")
        made.setAutoDefault(False)
        made.clicked.connect(lambda: act())
        return made

    def _appearance(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        caption = label(self.tr("Appeara&nce"), "hint")
        caption.setWordWrap(False)
        self.appearance = QComboBox()
        self.appearance.setAccessibleName(self.tr("Appearance"))
        caption.setBuddy(self.appearance)
        names = {
            "system": self.tr("As the system"),
            "light": self.tr("Light"),
            "dark": self.tr("Dark"),
        }
        for choice in APPEARANCES:
            self.appearance.addItem(names[choice], choice)
        self.appearance.setCurrentIndex(APPEARANCES.index(self.desk.settings.appearance))
        self.appearance.activated.connect(self._choose_appearance)
        row.addWidget(caption)
        row.addWidget(self.appearance)
        row.addStretch(1)
        return row

    def _choose_appearance(self, index: int) -> None:
        self.desk.choose_appearance(APPEARANCES[index])
        theme().choose(APPEARANCES[index])

    # --------------------------------------------------------------- the sites' list

    def show_sites(self, only: Walk | None = None) -> None:
        """List the sites that are remembered; `only`: to choose one of them for a walk."""
        for card in self._cards:
            self._list.removeWidget(card)
            card.hide()
            card.deleteLater()
        now = datetime.now(UTC)
        entries = by_urgency(self.desk.store.entries(), now)
        if only is not None:
            entries = tuple(e for e in entries if not e.broken)
        self._cards = [self._card(entry, now, only) for entry in entries]
        for card in self._cards:
            self._list.addWidget(card)
            card.show()  # now, so that it can take the keyboard
        stops = [b for card in self._cards for b in card.findChildren(QPushButton)]
        for one, other in pairwise([self.bring, *stops, self.appearance]):
            QWidget.setTabOrder(one, other)
        self.lead.setText(
            ""
            if entries
            else self.tr("New here? Practise first: it takes a few minutes and needs no server.")
        )
        self.lead.setVisible(not entries)
        self.every.setVisible(only is not None)
        self.heading.setText(
            self.tr("Your sites")
            if only is None
            else self.tr("Choose the site whose certificate you want to renew")
            if only is Walk.RENEW
            else self.tr("Choose the site that you want to check")
        )
        self.none.setVisible(not entries)

    def _card(self, entry: Entry, now: datetime, only: Walk | None) -> SiteCard:
        card = SiteCard(entry, now)
        walks = {
            Walk.SETUP: self.tr("Open"),
            Walk.RENEW: self.tr("Renew"),
            Walk.CHECK: self.tr("Check"),
        }
        for walk, text in walks.items():
            if not entry.broken and only in (None, walk):
                role = "primary" if only is not None else ""
                card.offer(text, partial(self._open, entry, walk), role=role)
        card.part()
        if only is None:
            if not entry.broken:
                card.offer(self.tr("Export"), partial(self._take_out, entry), role="link")
            card.offer(self.tr("Remove"), partial(self._remove, card), role="link")
        return card

    # ------------------------------------------------------------------ what is done

    def set_up(self) -> None:
        """Begin a new site."""
        self.desk.begin(Site(), Walk.SETUP)
        self.shell.begin()

    def choose(self, walk: Walk) -> None:
        """Begin with the only site that there is, or ask which, or say that there is none."""
        entries = [e for e in self.desk.store.entries() if not e.broken]
        self.notice.tell("info", "")
        if len(entries) == 1:
            self._open(entries[0], walk)
        elif entries:
            self.scenarios.hide()
            self.show_sites(walk)
            self._cards[0].findChildren(QPushButton)[0].setFocus()
            self._area.ensureWidgetVisible(self._cards[0])
            announce(self, self.heading.text())
        else:
            self._say(
                "info",
                self.tr("This laptop does not know any site yet."),
                self.tr(
                    "Set up a server first. If another laptop did that, export the site there "
                    "and bring its file in here."
                ),
            )

    def _open(self, entry: Entry, walk: Walk) -> None:
        try:
            site = self.desk.store.load(entry.id)
        except SiteError as error:
            self._fail(error)
            return
        self.desk.begin(site, walk, key=entry.id)
        self.shell.begin()

    def _bring_in(self) -> None:
        def taken(path: Path) -> None:
            self.desk.run(
                lambda: self.desk.store.bring_in(path),
                self._brought,
                self._fail,
                self.tr("Reading the site file"),
            )

        pattern = self.tr("Site files (*.toml);;All files (*)")
        self.shell.dialogs.open_file(self, self.tr("Bring in a site file"), pattern, taken)

    def _brought(self, key: str) -> None:
        if not self._here:
            return
        self.show_sites()
        name = next((c.called for c in self._cards if c.entry.id == key), key)
        self._say("ok", self.tr("{site} was brought in.").format(site=name))

    def _take_out(self, entry: Entry) -> None:
        def chosen(path: Path) -> None:
            self.desk.run(
                lambda: self.desk.store.take_out(entry.id, path),
                lambda _: self._taken_out(path),
                self._fail,
                self.tr("Writing the site file"),
            )

        self.shell.dialogs.save_file(
            self,
            self.tr("Export the site"),
            f"{entry.id}.toml",
            self.tr("Site files (*.toml)"),
            chosen,
        )

    def _taken_out(self, path: Path) -> None:
        self._say(
            "ok",
            self.tr("The site was written to {path}.").format(path=path),
            self.tr("It holds no passwords and no keys. The certificate's files are apart."),
        )

    def _remove(self, card: SiteCard) -> None:
        def answered(answer: int) -> None:
            if answer == 1:
                self.desk.store.remove(card.entry.id)
                forget_password(self.desk, card.entry.id)
                self.show_sites()
                self.setup.setFocus()
                self._say("ok", self.tr("{site} was removed.").format(site=card.called))

        self.shell.dialogs.ask(
            self,
            self.tr("Remove {site} from this laptop?").format(site=card.called),
            self.tr(
                "What was filled in for it is gone then. Its server stays as it is. To keep a "
                "copy, export it first."
            ),
            (self.tr("Keep it"), self.tr("Remove")),
            answered,
        )

    # ---------------------------------------------------------------------- practice

    def _offer_practice(self) -> None:
        shown = not self.scenarios.isVisibleTo(self)
        self.scenarios.setVisible(shown)
        if shown:
            self.practices["plain"].setFocus()
            bring = partial(self._area.ensureWidgetVisible, self.scenarios)
            QTimer.singleShot(ROOM, self.scenarios, bring)

    def practise_with(self, scenario: str) -> None:
        """Open a practice clinic, and begin there."""
        renewal = scenario == RENEWAL
        site = Site(name=self.tr("Practice clinic"))
        jobs: list[Job[tuple[Clinic, Site]]] = []

        def work() -> tuple[Clinic, Site]:
            clinic = Clinic(scenario="plain" if renewal else scenario)
            try:
                begun = set_up(clinic) if renewal else site
            except BaseException:
                clinic.close()
                raise
            if jobs and jobs[0].cancel.is_set():
                clinic.close()
            return clinic, begun

        self._inside.setEnabled(False)
        jobs.append(
            self.desk.run(
                work,
                partial(self._practise, Walk.RENEW if renewal else Walk.SETUP),
                self._fail,
                self.tr("Preparing the practice clinic"),
            )
        )

    def _practise(self, walk: Walk, made: tuple[Clinic, Site]) -> None:
        clinic, site = made
        if not self._here:
            clinic.close()
            return
        self.desk.begin_practice(clinic, site, walk)
        self._inside.setEnabled(True)
        self.shell.begin()

    # ------------------------------------------------------------------------ saying

    @property
    def _here(self) -> bool:
        return self.shell.stack.currentWidget() is self

    def _fail(self, error: UserError) -> None:
        self._say("err", error.message, error.cure)

    def _say(self, tone: str, text: str, cure: str = "") -> None:
        if not self._here:
            return
        self._inside.setEnabled(True)
        self.notice.tell(tone, text, cure)
        self._area.verticalScrollBar().setValue(0)
        announce(self, self.notice.text, urgent=tone == "err")
