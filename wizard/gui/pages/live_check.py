"""The proof from this laptop: what a phone would do, link by link, and what to mend first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from PySide6.QtWidgets import QHBoxLayout, QPushButton

from wizard.agent import wire
from wizard.certificate import Bundle
from wizard.check import Report, Result
from wizard.check.words import NAMES
from wizard.gui import handover
from wizard.gui.announce import announce
from wizard.gui.page import Page
from wizard.gui.runner import Job
from wizard.gui.theme import SPACE
from wizard.gui.widgets.arrivals import ArrivalsPanel
from wizard.gui.widgets.card import Card, Notice
from wizard.gui.widgets.phone import PhonePanel
from wizard.gui.widgets.rows import Rows
from wizard.gui.widgets.text import label
from wizard.problem import UserError, tr
from wizard.site.flow import DECISIONS, Step, Walk, page_of

GROUPS: dict[str, tuple[str, ...]] = {
    "way": ("link", "server", "ssh", "wifi"),
    "names": (
        "lease",
        "dhcp",
        "router",
        "dns_second",
        "range",
        "joined",
        "dns_udp",
        "dns_tcp",
        "dns_aaaa",
        "dns_other_types",
        "dns_negative",
        "dns_ptr",
        "dns_system",
    ),
    "secure": ("tcp_443", "tls_handshake", "tls_same", "tls", "http_redirect"),
    "cht": ("setup_poll", "monitoring"),
    "server": ("time_service", "clock", "boot", "containers", "confirmed"),
}
"""The checks as they are shown: in the order of wizard.check.CHECKS, under five headings."""


@dataclass(frozen=True)
class Checked:
    """What a run found, with the facts and the certificate that it was judged by."""

    report: Report
    facts: wire.Facts
    bundle: Bundle | None


class LiveCheckPage(Page):
    """Runs the live check when it is entered, and names the first broken link."""

    step: ClassVar[Step] = Step.LIVE_CHECK

    def build(self) -> None:
        """Fill the page."""
        self._job: Job[Checked] | None = None
        self._cancel = threading.Event()
        self._run = 0
        self._here = False
        self._of: object = None  # the outcome that the report is about
        self.verdict = Notice()
        self.mend = QPushButton()
        self.mend.setAutoDefault(False)
        self.mend.clicked.connect(self._mend)
        row = QHBoxLayout()
        row.addWidget(self.mend)
        row.addStretch(1)
        self.verdict.body.addLayout(row)
        self.body.addWidget(self.verdict)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        self.counts = label("", "hint")
        self.again = QPushButton()
        self.again.setAutoDefault(False)
        self.again.clicked.connect(self._press_again)
        row.addWidget(self.counts, 1)
        row.addWidget(self.again)
        self.body.addLayout(row)
        self.arrivals = ArrivalsPanel(self.desk)
        self.body.addWidget(self.arrivals)
        self.rows: dict[str, Rows] = {}
        self._go: dict[str, QPushButton] = {}
        self._cards: list[Card] = []
        headings = self._headings()
        for group, codes in GROUPS.items():
            card = Card(headings[group])
            rows = self.rows[group] = Rows()
            for code in codes:
                self._wait_for(rows, code)
            card.body.addWidget(rows)
            self._cards.append(card)
            self.body.addWidget(card)
        self.phone = PhonePanel()
        self.body.addWidget(self.phone)
        self.desk.checked.connect(self._show_result)
        self.show_known()

    def _headings(self) -> dict[str, str]:
        return {
            "way": self.tr("The way to the server"),
            "names": self.tr("Names and addresses"),
            "secure": self.tr("The secure connection"),
            "cht": self.tr("The CHT"),
            "server": self.tr("What the server tells about itself"),
        }

    def _wait_for(self, rows: Rows, code: str) -> None:
        row = rows.tell(code, "waiting", tr(NAMES[code]))
        button = self._go.get(code)
        if button is None:
            button = self._go[code] = QPushButton()
            button.setAutoDefault(False)
            button.clicked.connect(self._mend)
            row.more.addWidget(button)
            row.more.addStretch(1)
        button.hide()

    # ------------------------------------------------------------------- the page

    def title(self) -> str:
        """One sentence in the user's words."""
        return self.tr("Will a phone reach the CHT?")

    def lead(self) -> str:
        """Why it matters."""
        return self.tr("This laptop now does what a phone does. Nothing is changed.")

    def entered(self) -> None:
        """Check, unless what was checked is still what there is."""
        fresh = self.desk.report is not None and self._of is self.desk.outcome
        if self.desk.connected and not fresh and self._job is None:
            self.check()
        self._here = True
        self.show_known()

    def left(self) -> None:
        """Stop checking, and stop watching."""
        self._here = False
        self.arrivals.leave()
        if self._job is not None:
            self._cancel.set()
            self._job.drop()
            self._job = None
            self.show_known()

    def leave(self, go_on: Callable[[], None]) -> None:
        """Say so when something is broken, or was not checked."""
        report = self.desk.report
        if report is None or report.cancelled:
            text = self.tr("Nothing is proved yet.")
            more = self.tr("The live check has not run to its end.")
            answer = self.tr("Go on without a check")
        elif (broken := report.first_broken) is not None:
            text = self.tr("Something is broken.")
            more = self.tr("Phones may not reach the CHT: {name}. {message}").format(
                name=broken.name, message=broken.message
            )
            answer = self.tr("Go on although something is broken")
        else:
            go_on()
            return

        def then(pressed: int) -> None:
            if pressed == 1:
                go_on()

        self.shell.dialogs.ask(self, text, more, (self.tr("Stay here"), answer), then)

    # -------------------------------------------------------------------- checking

    def check(self) -> None:
        """Run all checks and show each as it ends."""
        visit, bundle = self.desk.visit, self.desk.bundle
        if visit is None:
            return
        self.shell.clear_error()
        self._run += 1
        number, cancel = self._run, threading.Event()
        self._cancel, self._of = cancel, self.desk.outcome
        passphrase = self.desk.secrets.certificate_passphrase or None
        for group, codes in GROUPS.items():
            for code in codes:
                self._wait_for(self.rows[group], code)

        def work() -> Checked:
            facts = visit.facts()
            known = bundle
            if known is None:
                try:  # a site that is only checked: its files may still be where they were
                    known = visit.bundle(passphrase)
                except UserError:
                    known = None

            def tell(result: Result) -> None:
                self.desk.runner.post(self.desk.checked.emit, number, result)

            return Checked(visit.check(facts, known, tell, cancel), facts, known)

        self._job = self.desk.run(work, self._done, self._failed, self.tr("Checking"))
        self.show_known()

    def _done(self, found: Checked) -> None:
        self._job = None
        report = found.report
        self.desk.learn(report=report, facts=found.facts, bundle=found.bundle)
        if not report.cancelled:
            self.desk.note("broken" if report.first_broken is not None else "checked")
        announce(self, self.verdict.text, urgent=report.first_broken is not None)
        self.again.setFocus()

    def _failed(self, error: UserError) -> None:
        self._job = None
        self.desk.learn(report=None)
        self.shell.show_error(error)

    def _press_again(self) -> None:
        if self._job is not None:
            self._cancel.set()
        else:
            self.check()

    # --------------------------------------------------------------------- showing

    def show_known(self) -> None:
        """Show verdict and counts, and the last report when there is one."""
        report = self.desk.report
        running = self._job is not None
        if report is not None and not running:
            for result in report.results:
                self._show_row(result)
        for card in self._cards:
            card.setVisible(running or report is not None)
        self._tell_verdict(report, running)
        done = report is not None and not running
        self.counts.setText(self._counts(report) if done and report is not None else "")
        self.again.setVisible(running or self.desk.connected)
        self.again.setText(
            self.tr("&Stop")
            if running
            else self.tr("&Check now")
            if report is None
            else self.tr("&Check again")
        )
        self._watch(running)
        self.phone.setVisible(done and bool(self.desk.site.domain))
        if done and self.desk.site.domain:
            self.phone.show_handover(
                handover.snapshot(self.desk), self.desk.secrets.wifi_passphrase
            )

    def _watch(self, running: bool) -> None:
        """Watch phones arrive while nothing else is asked: a small server is spared."""
        known = self.desk.connected and bool(self.desk.site.domain)
        self.arrivals.setVisible(known and not running)
        if known and not running and self._here:
            self.arrivals.begin()
        else:
            self.arrivals.end()

    def _tell_verdict(self, report: Report | None, running: bool) -> None:
        broken = report.first_broken if report is not None and not running else None
        self.mend.hide()
        if running:
            self.verdict.tell("info", self.tr("Checking. This takes up to a minute."))
        elif report is None and not self.desk.connected:
            self.verdict.tell(
                "info",
                self.tr("There is no connection to the server."),
                self.tr("Connect first, then come back here."),
            )
            self._lead_to(self.mend, Step.CONNECT, "")
        elif report is None:
            self.verdict.tell("info", self.tr("Nothing was checked yet."))
        elif broken is not None:
            text = self.tr("The first broken link is “{name}”.").format(name=broken.name)
            self.verdict.tell("err", text, f"{broken.message} {broken.cure}".strip())
            self._offer(self.mend, broken)
        elif report.cancelled:
            self.verdict.tell(
                "warn",
                self.tr("The check was stopped before its end."),
                self.tr("What was not tried is not proved."),
            )
        elif doubtful := [r for r in report.results if r.state == "warning"]:
            first = doubtful[0]
            one = self.tr("All that was tried works. Look at “{name}”.").format(name=first.name)
            more = self.tr("All that was tried works. {count} things are to be looked at.")
            self.verdict.tell(
                "warn",
                one if len(doubtful) == 1 else more.format(count=len(doubtful)),
                f"{first.message} {first.cure}".strip() if len(doubtful) == 1 else "",
            )
        else:
            self.verdict.tell("ok", self.tr("All that was tried works. Now take a phone."))

    def _counts(self, report: Report) -> str:
        count = {
            s: sum(r.state == s for r in report.results)
            for s in ("passed", "warning", "failed", "skipped")
        }
        parts = [
            (count["passed"], self.tr("{count} passed")),
            (count["warning"], self.tr("{count} to look at")),
            (count["failed"], self.tr("{count} failed")),
            (count["skipped"], self.tr("{count} left out")),
        ]
        said = [text.format(count=number) for number, text in parts if number]
        time = self.tr("{seconds} s").format(seconds=max(1, round(report.seconds)))
        return " · ".join((*said, time))

    def _show_result(self, number: int, result: Result) -> None:
        if number == self._run and self._job is not None:
            self._show_row(result)

    def _show_row(self, result: Result) -> None:
        rows = next((self.rows[g] for g, codes in GROUPS.items() if result.code in codes), None)
        if rows is None:
            return
        text = f"{result.message} {result.cause}".strip()
        cure = "" if result.because else result.cure  # it stands at the link that is broken
        rows.tell(result.code, result.state, result.name, text, cure, result.seconds)
        button = self._go[result.code]
        button.hide()
        if result.state in ("failed", "warning"):
            self._offer(button, result)

    def _offer(self, button: QPushButton, result: Result) -> None:
        """Offer the way to the page that owns the cure; this laptop's clock is set elsewhere."""
        step = page_of(result.page)
        if step in DECISIONS and (result.code, result.variant) != ("clock", "laptop"):
            self._lead_to(button, step, result.name)

    def _lead_to(self, button: QPushButton, step: Step, about: str) -> None:
        text = self.tr("Go to {page}").format(page=self.shell.steps.name(step))
        button.setText(text)
        button.setAccessibleName(f"{text}: {about}" if about else text)
        button.setProperty("step", step.value)
        button.show()

    def _mend(self) -> None:
        button = self.sender()
        assert isinstance(button, QPushButton)
        step = Step(button.property("step"))
        if step in self.desk.flow.steps:
            self.shell.go(step)
        else:  # a walk that only checks has no pages to mend on
            self.desk.take_walk(Walk.SETUP, step)
