"""The review: everything that will be changed, in words and as files, before anything is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QTabWidget, QVBoxLayout, QWidget

from wizard import review
from wizard.agent import wire
from wizard.certificate import Bundle, CertificateError
from wizard.certificate.checklist import in_the_way
from wizard.gui.page import Page
from wizard.gui.printing import pdf
from wizard.gui.runner import Job
from wizard.gui.theme import SPACE
from wizard.gui.widgets.card import Card, Notice
from wizard.gui.widgets.file_diffs import FileDiffs
from wizard.gui.widgets.review_section import ReviewSection
from wizard.gui.widgets.rows import Rows
from wizard.gui.widgets.tab_order import follow_layout
from wizard.plan import Plan, plan
from wizard.problem import Problem, UserError, say
from wizard.remote.words import RemoteError
from wizard.site.flow import Step, Walk
from wizard.site.model import Site
from wizard.site.problems import unaccepted
from wizard.site.toml import resolve, save
from wizard.site.words import SiteError
from wizard.visit import NOBODY, Visit, who
from wizard.wording import VISIT


@dataclass(frozen=True)
class Planned:
    """What one look at the server led to."""

    facts: wire.Facts
    bundle: Bundle | None
    error: CertificateError | None
    plan: Plan
    survey: tuple[Problem, ...]


class ReviewPage(Page):
    """Looks at the server anew when it is entered, and plans; the confirmation is asked here."""

    step = Step.REVIEW

    def build(self) -> None:
        """Fill the page."""
        self._job: Job[Planned] | None = None
        self._survey: tuple[Problem, ...] | None = None  # None: the LAN was not asked yet
        self._shown: object = None
        self.away = Notice()
        self.connect_button = _button(self.tr("&Connect"), lambda: self.shell.go(Step.CONNECT))
        row = QHBoxLayout()
        row.addWidget(self.connect_button)
        row.addStretch(1)
        self.away.body.addLayout(row)
        self.verdict = Notice()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.tabs.tabBar().setAccessibleName(self.tr("Show it in words, or as files"))
        words = QWidget()
        self._words = QVBoxLayout(words)
        self._words.setContentsMargins(0, 2 * SPACE, 0, 0)
        self._words.setSpacing(int(1.5 * SPACE))
        self.files = FileDiffs()
        self.tabs.addTab(words, self.tr("In &words"))
        self.tabs.addTab(self.files, self.tr("&Files"))
        for part in (self.away, self.verdict, self.tabs):
            self.body.addWidget(part)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(_button(self.tr("&Save the site as..."), self._save_as))
        row.addWidget(_button(self.tr("Save as &PDF..."), self._save_pdf))
        row.addStretch(1)
        self.body.addLayout(row)

    # ------------------------------------------------------------------- for the shell

    def title(self) -> str:
        """One sentence in the user's words."""
        if self.desk.plan is None:
            return self.tr("What was decided")
        return self.tr("What will be changed on the server")

    def lead(self) -> str:
        """Why it matters."""
        return self.tr("Nothing has been changed so far. Read it, then apply.")

    def next_text(self) -> str:
        """Say what Next does."""
        the_plan = self.desk.plan
        if the_plan is not None and the_plan.empty:
            return self.tr("Check &now")
        if the_plan is not None and self._at_once(the_plan):
            return self.tr("Appl&y to {name}").format(name=self._where()[0])
        return self.tr("Appl&y...") if the_plan is not None else self.tr("&Next")

    def next_about(self) -> str:
        """Say it for people who listen."""
        the_plan = self.desk.plan
        if the_plan is None or the_plan.empty:
            return ""
        if self._at_once(the_plan):
            text = self.tr("Installs the certificate on {name} at {address} now")
            name, address = self._where()
            return text.format(name=name, address=address)
        return self.tr("Asks once more, and then changes the server")

    def first_field(self) -> QWidget | None:
        """What gets the keyboard."""
        return self.tabs.tabBar() if self.desk.connected else self.connect_button

    def reveal(self, path: str) -> bool:
        """Show the difference of a file that a problem is about."""
        if not self.files.choose(path):
            return False
        self.tabs.setCurrentWidget(self.files)
        self.files.view.setFocus()
        return True

    def blockers(self) -> tuple[Problem, ...]:
        """As the command line has it: a certificate's warnings are told, all others accepted."""
        if not self.desk.connected:
            message, cure = say(VISIT, "not-connected", {})
            return (Problem("not-connected", "server.host", message, cure),)
        the_plan = self.desk.plan
        if the_plan is None:
            return ()
        found = (
            *in_the_way(self.desk.findings, self.desk.certificate_error),
            *unaccepted((*the_plan.problems, *self.desk.survey), self.desk.site.accept),
        )
        return tuple({(p.code, p.field): p for p in found}.values())

    def leave(self, go_on: Callable[[], None]) -> None:
        """Plan if that failed before; go to the check if there is nothing to do; else ask."""
        the_plan = self.desk.plan
        if the_plan is None:
            self.look()
        elif the_plan.empty:
            self.desk.agree(Step.REVIEW)
            self.desk.agree(Step.APPLY)
            self.desk.go(Step.LIVE_CHECK)
        elif self._at_once(the_plan):
            self.desk.agreed = the_plan
            go_on()
        else:
            self._ask(the_plan, go_on)

    def _at_once(self, the_plan: Plan) -> bool:
        """Whether the button's own word is enough: a renewal keeps the way to the server."""
        return self._renew and not the_plan.confirm

    def _where(self) -> tuple[str, str]:
        """Name and address of the server."""
        facts = self.desk.facts
        name = facts.system.hostname if facts is not None else self.desk.site.name
        reached = facts.connection if facts is not None else None
        return name, reached.server if reached is not None else self.desk.site.server.host

    def _ask(self, the_plan: Plan, go_on: Callable[[], None]) -> None:
        name, address = self._where()

        def answered(answer: int) -> None:
            if answer == 1 and self.desk.plan is the_plan:
                self.desk.agreed = the_plan
                go_on()

        self.shell.dialogs.ask(
            self,
            self.tr("Change {name} at {address} now?").format(name=name, address=address),
            review.interrupted(the_plan),
            (self.tr("Not yet"), self.tr("Change {name} now").format(name=name)),
            answered,
        )

    # ------------------------------------------------------------------------ looking

    def entered(self) -> None:
        """Look at the server anew, if there is a connection."""
        self._survey = None
        if self.desk.connected:
            self.look()
        self._show()

    def left(self) -> None:
        """A plan that comes later is not wanted."""
        if self._job is not None:
            self._job.drop()
            self._job = None

    def look(self) -> None:
        """Read the facts, make the plan, ask the network who else is there."""
        visit = self.desk.visit
        if visit is None or self._job is not None:
            return
        bundle, secret = self.desk.bundle, self.desk.secrets.certificate_passphrase
        renew, wifi = self._renew, self.desk.secrets.wifi_passphrase
        self.shell.clear_error()
        self._job = self.desk.run(
            lambda: _look(visit, bundle, secret or None, renew, wifi),
            self._planned,
            self._failed,
            self.tr("Looking at the server"),
        )

    @property
    def _renew(self) -> bool:
        return self.desk.flow.walk is Walk.RENEW

    def _planned(self, found: Planned) -> None:
        self._job = None
        self._survey = found.survey
        self.desk.learn(
            facts=found.facts,
            bundle=found.bundle,
            certificate_error=found.error,
            plan=found.plan,
            survey=found.survey,
        )
        self.shell.show_blockers()

    def _failed(self, error: UserError) -> None:
        self._job = None
        if isinstance(error, RemoteError) and error.code in NOBODY:
            self.desk.disconnect_server()
        self.shell.show_error(error)
        self._show()

    def _plan_again(self) -> None:
        """Plan with the facts at hand: only an answer changed, or a warning was accepted."""
        facts, survey = self.desk.facts, self._survey
        if facts is None or survey is None or self.desk.plan is not None or self._job is not None:
            return
        if self.desk.visit is not None:
            facts = self.desk.visit.as_of_now(facts)
        now = datetime.now(UTC)
        made = plan(
            self.desk.site,
            facts,
            self.desk.bundle,
            now=now,
            renew=self._renew,
            who=who(),
            passphrase=self.desk.secrets.wifi_passphrase,
        )
        self.desk.learn(plan=made, survey=survey)

    # ------------------------------------------------------------------------ showing

    def show_site(self, _site: Site) -> None:
        """Show the answers, planned anew."""
        if self.isVisible():
            self._plan_again()
        self._show()

    def show_known(self) -> None:
        """Show the plan."""
        self._show()
        self.ready.emit()

    def _show(self) -> None:
        the_plan = self.desk.plan
        seen = (self.desk.site, the_plan, self.desk.bundle, self.desk.survey, self.desk.connected)
        if seen == self._shown:
            return
        self._shown = seen
        if self.desk.connected:
            self.away.tell("info", "")
        else:
            self.away.tell(
                "info",
                self.tr("This laptop is not connected to the server."),
                self.tr("What has to be changed can be said when it is. Here is what you decided."),
            )
        self._show_verdict(the_plan)
        none = self.tr("No file will be changed.")
        later = self.tr("The files can be shown when the server is connected.")
        changed = review.files(the_plan) if the_plan is not None else ()
        self.files.show_files(changed, later if the_plan is None else none)
        self._show_words(the_plan)

    def _show_verdict(self, the_plan: Plan | None) -> None:
        if the_plan is None:
            self.verdict.tell("info", "")
        elif the_plan.empty:
            self.verdict.tell("ok", self.tr("Nothing has to be changed."), the_plan.no_op)
        elif the_plan.interruptions:
            head = self.tr("What will not work for a moment")
            self.verdict.tell("warn", head, review.interrupted(the_plan))
        else:
            self.verdict.tell("info", self.tr("Nothing will be interrupted."))

    def _show_words(self, the_plan: Plan | None) -> None:
        while item := self._words.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        for part in self._sections():
            card = ReviewSection(part, editable=part.step in self.desk.flow.steps)
            card.wanted.connect(self.shell.go)
            self._words.addWidget(card)
        notes = [p for p in the_plan.problems if p.severity == "note"] if the_plan else []
        if notes:
            more, rows = Card(self.tr("Good to know")), Rows()
            for note in notes:
                rows.tell(f"{note.code} {note.field}", "note", note.message, "", note.cure)
            more.body.addWidget(rows)
            self._words.addWidget(more)
        self._words.addStretch(1)
        follow_layout(self)

    def _sections(self) -> tuple[review.Section, ...]:
        desk = self.desk
        return review.sections(desk.site, desk.plan, desk.bundle, renew=self._renew)

    # ------------------------------------------------------------------------ saving

    def _save_as(self) -> None:
        site = resolve(self.desk.site, self.desk.folder)

        def write(path: Path) -> None:
            try:
                save(site, path)
            except SiteError as error:
                self.shell.show_error(error)

        self._to_file(self.tr("Save the site"), "site.toml", self.tr("Site files (*.toml)"), write)

    def _save_pdf(self) -> None:
        html = review.sheet(self.desk.site, self._sections(), self.desk.plan)
        name = self.desk.site.name or self.desk.site.domain
        data = pdf(html, {}, title=self.tr("Review: {site}").format(site=name))

        def write(path: Path) -> None:
            try:
                path.write_bytes(data)
            except OSError as error:
                reason = error.strerror or type(error).__name__
                self.shell.show_error(SiteError("site_not_saved", path=str(path), reason=reason))

        self._to_file(self.tr("Save the review"), "review.pdf", self.tr("PDF (*.pdf)"), write)

    def _to_file(self, title: str, name: str, pattern: str, write: Callable[[Path], None]) -> None:
        self.shell.dialogs.save_file(self, title, name, pattern, write)


def _look(
    visit: Visit, bundle: Bundle | None, passphrase: str | None, renew: bool, wifi: str
) -> Planned:
    visit.stay_connected()
    facts = visit.facts()
    error = None
    if bundle is None:
        try:
            bundle = visit.bundle(passphrase)
        except CertificateError as caught:
            error = caught
    made = visit.plan(facts, bundle, renew=renew, passphrase=wifi)
    survey = () if made.empty else visit.survey(made)
    return Planned(facts, bundle, error, made, survey)


def _button(text: str, act: Callable[[], object]) -> QPushButton:
    made = QPushButton(text)
    made.setAutoDefault(False)
    made.clicked.connect(lambda: act())
    return made
