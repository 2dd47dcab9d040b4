"""What being offline means for this server: asked of the staff, probed where possible."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import ClassVar

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from wizard.agent import wire
from wizard.check import Report
from wizard.gui import handover
from wizard.gui.page import Page
from wizard.gui.restart_test import Tested, restart_test
from wizard.gui.runner import Job
from wizard.gui.theme import SPACE
from wizard.gui.widgets.card import Notice
from wizard.gui.widgets.restart import RestartCard
from wizard.gui.widgets.text import label
from wizard.gui.widgets.topic import TopicCard
from wizard.problem import UserError
from wizard.readiness import TOPICS
from wizard.site.flow import Step
from wizard.site.model import Readiness, Site
from wizard.visit import Progress


class ReadinessPage(Page):
    """One card for each topic, one of them open; and the restart test."""

    step: ClassVar[Step] = Step.READINESS

    def build(self) -> None:
        """Fill the page."""
        self._probe: Job[wire.Readiness] | None = None
        self._test: Job[Tested] | None = None
        self._stop = threading.Event()
        self.notice = Notice()
        self.connect_button = QPushButton(self.tr("&Connect"))
        self.connect_button.setAutoDefault(False)
        self.connect_button.clicked.connect(lambda: self.shell.go(Step.CONNECT))
        row = QHBoxLayout()
        row.addWidget(self.connect_button)
        row.addStretch(1)
        self.notice.body.addLayout(row)
        self.body.addWidget(self.notice)
        self.progress = label("", "label")
        self.body.addWidget(self.progress)
        self.cards: dict[str, TopicCard] = {}
        topics = QVBoxLayout()
        topics.setSpacing(SPACE)
        for topic in TOPICS:
            card = self.cards[topic.code] = TopicCard(topic)
            self.add(card.field)
            card.fold.toggled.connect(self._one_at_a_time(card))
            card.fold.button.clicked.connect(partial(self.shell.bring, card))
            topics.addWidget(card)
        self.body.addLayout(topics)
        self.restart = RestartCard()
        self.restart.button.clicked.connect(self._press_restart)
        self.body.addWidget(self.restart)
        self.desk.progress.connect(self._progress)

    def _one_at_a_time(self, opened: TopicCard) -> Callable[[bool], None]:
        def turn(on: bool) -> None:
            if on:
                for card in self.cards.values():
                    if card is not opened:
                        card.fold.unfold(False)

        return turn

    # ------------------------------------------------------------------- the page

    def title(self) -> str:
        """One sentence in the user's words."""
        return self.tr("What if something goes wrong here?")

    def lead(self) -> str:
        """Why it matters."""
        return self.tr(
            "Without Internet nobody can help from afar. Write down how you would manage; what is "
            "still open can wait."
        )

    def entered(self) -> None:
        """Ask the server, once in a visit; open the first topic without an answer."""
        if not any(card.fold.opened for card in self.cards.values()):
            first = next((c for c in self.cards.values() if not c.answered), None)
            if first is not None:
                first.fold.unfold()
        if self.desk.connected and self.desk.readiness is None and self._probe is None:
            self._ask()
        self._show()

    def left(self) -> None:
        """Do not wait for the server any more."""
        self._stop.set()
        if self._probe is not None:
            self._probe.drop()
            self._probe = None

    def may_leave(self) -> bool:
        """Not while the server restarts."""
        return self._test is None

    def about_closing(self) -> str:
        """What happens if the window is closed while the server restarts."""
        return self.tr("The server restarts in any case. Nobody then waits for it to come back.")

    def first_field(self) -> QWidget | None:
        """The answer of the topic that is open."""
        return next((c.answer for c in self.cards.values() if c.fold.opened), None)

    def reveal(self, path: str) -> bool:
        """Open the topic that a problem is about."""
        card = self.cards.get(path.removeprefix("readiness."))
        if card is not None:
            card.fold.unfold()
        return False

    def show_site(self, site: Site) -> None:
        """Show the answers."""
        answers = dict(site.readiness.answers)
        for code, card in self.cards.items():
            card.field.show_value(answers.get(code, ""))
        self._show()

    def read(self, site: Site) -> Site:
        """Return the site with the answers; those to unknown questions stay."""
        typed = tuple((code, c.field.value) for code, c in self.cards.items() if c.field.value)
        kept = tuple(pair for pair in site.readiness.answers if pair[0] not in self.cards)
        return replace(site, readiness=Readiness((*typed, *kept)))

    def show_known(self) -> None:
        """Show what the server told."""
        self._show()

    # ------------------------------------------------------------------ the server

    def _ask(self) -> None:
        visit = self.desk.visit
        if visit is None:
            return
        self._probe = self.desk.run(
            visit.readiness, self._told, self._failed, self.tr("Asking the server")
        )

    def _told(self, found: wire.Readiness) -> None:
        self._probe = None
        self.desk.learn(readiness=found)

    def _failed(self, error: UserError) -> None:
        self._probe = None
        self.shell.show_error(error)
        self._show()

    def _show(self) -> None:
        items = handover.judged(self.desk)
        for code, card in self.cards.items():
            card.show_items([item for item in items if item.topic == code])
        answered = sum(card.answered for card in self.cards.values())
        text = self.tr("{count} of {all} answered")
        self.progress.setText(text.format(count=answered, all=len(self.cards)))
        connected = self.desk.connected
        if connected or self.desk.readiness is not None:
            self.notice.tell("info", "")
        else:
            self.notice.tell(
                "info",
                self.tr("The server was not asked."),
                self.tr("You can answer now. Connect to see what the server itself can tell."),
            )
        self.connect_button.setVisible(not connected)
        self.restart.button.setVisible(connected or self._test is not None)
        self.restart.button.setText(
            self.tr("&Stop waiting") if self._test is not None else self.tr("&Restart test…")
        )
        if self._test is None:
            self.restart.end(self.desk.restarted, self.desk.report)

    # ------------------------------------------------------------- the restart test

    def _press_restart(self) -> None:
        if self._test is not None:
            self._stop.set()
            return

        def then(answer: int) -> None:
            if answer == 1:
                self._restart()

        self.shell.dialogs.ask(
            self,
            self.tr("Restart the server now?"),
            self.tr(
                "Phones cannot reach the CHT until it is back: mostly two to ten minutes. If "
                "somebody is working with it, wait for a quiet hour. Stay close to the server, in "
                "case it has to be switched on by hand."
            ),
            (self.tr("Not now"), self.tr("Restart the server")),
            then,
        )

    def _restart(self) -> None:
        visit, bundle, stop = self.desk.visit, self.desk.bundle, threading.Event()
        if visit is None or self._test is not None:
            return
        self._stop = stop
        self.shell.clear_error()
        self.desk.learn(restarted=None)
        self.restart.begin()

        def still_broken(report: Report) -> None:
            self.desk.runner.post(self.restart.still, report)

        def work() -> Tested:
            return restart_test(visit, bundle, stop, still_broken)

        self._test = self.desk.run(work, self._tested, self._not_tested, self.tr("Restart test"))
        self._show()
        self.ready.emit()

    def _progress(self, progress: Progress) -> None:
        if self._test is not None:
            self.restart.progress(progress)

    def _tested(self, tested: Tested) -> None:
        self._test = None
        self.desk.learn(restarted=tested.restarted, report=tested.report, facts=tested.facts)
        self.ready.emit()

    def _not_tested(self, error: UserError) -> None:
        self._test = None
        self.restart.end(None, None)
        self.shell.show_error(error)
        self._show()
        self.ready.emit()
