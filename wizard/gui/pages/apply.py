"""The change itself: step by step, with the way back in sight, and how it ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from wizard.agent import wire
from wizard.gui.announce import announce
from wizard.gui.page import Page
from wizard.gui.runner import Job
from wizard.gui.theme import SPACE
from wizard.gui.widgets.card import Card, Notice
from wizard.gui.widgets.countdown import Countdown
from wizard.gui.widgets.fold import Fold
from wizard.gui.widgets.log_view import LogView
from wizard.gui.widgets.rows import Rows, word
from wizard.gui.widgets.text import label
from wizard.outcome import told
from wizard.plan import Plan
from wizard.practice.clinic import WAIT
from wizard.problem import UserError, tr
from wizard.site.flow import Step, Walk
from wizard.site.words import SiteError
from wizard.visit import NOBODY, Progress
from wizard.wording import PHASES

STATES = {
    "begun": "running",
    "done": "done",
    "skipped": "skipped",
    "failed": "failed",
    "undone": "undone",
    "undo-failed": "failed",
}
"""Of a step of the agent -> of a row."""

LONG_STEP = 600  # seconds; more than any wait for a laptop
QUIET_PHASES = ("lifeline", "no-lifeline")  # for the log: they are no news for a nurse
LOST = (*NOBODY, "lost", "closed", "not-connected")


class ApplyPage(Page):
    """Starts by itself when somebody has said yes in Review (`desk.agreed`)."""

    step = Step.APPLY

    def build(self) -> None:
        """Fill the page."""
        self._job: Job[wire.Outcome] | None = None
        self._plan: Plan | None = None
        self._stop = threading.Event()
        self._end = ""  # how it ended: "", confirmed, failed, lost
        self._owner: Step | None = None
        self.end = Notice()
        self.again_button = _button(self.tr("&Try again"), self.try_again)
        self.owner_button = _button("", self._to_owner)
        self.settings_button = _button(self.tr("Change &settings"), self._to_review)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        for button in (self.again_button, self.owner_button, self.settings_button):
            row.addWidget(button)
        row.addStretch(1)
        self.end.body.addLayout(row)
        self.advice = Notice("warn")
        self._build_status()
        self.steps_card, self.rows = Card(self.tr("Steps")), Rows()
        self.steps_card.body.addWidget(self.rows)
        self.log_fold = Fold(self.tr("&Log (Ctrl+L)"))
        self.log = LogView(lambda text: self.desk.secrets.blot(text))
        self.log.saving.connect(self._save_log)
        self.log_fold.body.addWidget(self.log)
        for part in (self.end, self.status, self.advice, self.steps_card, self.log_fold):
            self.body.addWidget(part)
        keys = QShortcut(QKeySequence("Ctrl+L"), self)
        keys.activated.connect(lambda: self.log_fold.unfold(not self.log_fold.opened))
        self.desk.progress.connect(self.hear)
        self._show()

    def _build_status(self) -> None:
        self.status = Card()
        self.phase = label("", "heading")
        self.at = label()
        self.countdown = Countdown(
            self.tr(
                "until the server goes back to its old address by itself, if this laptop does "
                "not reach it. You need not do anything."
            )
        )
        self.stop_button = _button(self.tr("&Stop after this step"), self.stop)
        self.more_button = _button(self.tr("I need &more time"), self.more_time)
        self.stop_button.setAccessibleDescription(
            self.tr("Everything that was changed until then is put back")
        )
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self.stop_button)
        row.addWidget(self.more_button)
        row.addStretch(1)
        self.status.body.addWidget(self.phase)
        self.status.body.addWidget(self.at)
        self.status.body.addWidget(self.countdown)
        self.status.body.addLayout(row)

    # ------------------------------------------------------------------- for the shell

    @property
    def running(self) -> bool:
        """Whether the server is being changed."""
        return self._job is not None

    def title(self) -> str:
        """One sentence in the user's words."""
        renew = self._plan is not None and self._plan.renew
        if self.running:
            return self.tr("The server is being changed")
        return {
            "": self.tr("Nothing is under way"),
            "confirmed": self.tr("The certificate is renewed")
            if renew
            else self.tr("The server is set up"),
            "failed": self.tr("The server was not changed"),
            "left": self.tr("The server needs a look"),
            "lost": self.tr("The server was not found again"),
        }[self._end]

    def lead(self) -> str:
        """Why it matters."""
        if self.running:
            return self.tr("Leave this laptop on, and the cables where they are.")
        if not self._end:
            return self.tr("Changes begin in Review.")
        return ""

    def next_text(self) -> str:
        """Say what Next does."""
        if self.running:
            return self.tr("&Next")
        return {
            "confirmed": self.tr("Check &now"),
            "lost": self.tr("&Connect again"),
        }.get(self._end, self.tr("Back to &Review"))

    def leave(self, go_on: Callable[[], None]) -> None:
        """Go on to the check, or to where the mistake can be mended."""
        if self._end == "confirmed":
            go_on()
        else:
            self.desk.go(Step.CONNECT if self._end == "lost" else Step.REVIEW)

    def blockers(self) -> tuple[()]:
        """Nothing keeps one here: the ways on are the page's own."""
        return ()

    def may_leave(self) -> bool:
        """Not while the server is being changed."""
        return not self.running

    def may_go_back(self) -> bool:
        """Not after it was changed: "Change settings" begins anew instead."""
        return self._end != "confirmed"

    def about_closing(self) -> str:
        """Without a change of the address the server needs no laptop to come to an end."""
        if self._plan is None or self._plan.confirm:
            return super().about_closing()
        return self.tr(
            "If you close now, the server goes on alone: it finishes, or puts everything back if "
            "a step fails. Nothing is half done, but you do not see how it ends."
        )

    def first_field(self) -> QWidget | None:
        """What gets the keyboard."""
        return self.stop_button if self.running else None

    # ----------------------------------------------------------------------- beginning

    def entered(self) -> None:
        """Begin, if somebody has just agreed to a plan."""
        the_plan, self.desk.agreed = self.desk.agreed, None
        if the_plan is not None:
            self.begin(the_plan)
        self._show()

    def begin(self, the_plan: Plan) -> None:
        """Carry a plan out."""
        visit = self.desk.visit
        if visit is None or self.running:
            return
        self._plan, self._end, self._owner = the_plan, "", None
        self._stop = threading.Event()
        self.at.setText("")
        self.end.tell("info", "")
        self.advice.tell("warn", "")
        self.log.clear()
        self.rows.clear()
        for index, change in enumerate(the_plan.changes):
            self.rows.tell(str(index), "waiting", the_plan.sentence(change))
        self.phase.setText(tr(PHASES["apply"]))
        self.stop_button.setText(self.tr("&Stop after this step"))
        self.stop_button.setEnabled(True)
        self._may_wait(False)
        stop = self._stop
        wait = WAIT if self.desk.practice else None
        self._job = self.desk.run(
            lambda: visit.apply(the_plan, cancel=stop, seconds=wait),
            self._over,
            self._failed,
            self.tr("Changing the server"),
        )
        self._show()
        self.stop_button.setFocus()

    def left(self) -> None:
        """The window closes in the middle: the server comes to an end by itself."""
        self.countdown.stop()
        if self._job is not None:
            self._job.drop()
            self._job = None

    # -------------------------------------------------------------------------- hearing

    def hear(self, progress: Progress) -> None:
        """Show what the visit tells while it changes the server."""
        if not self.running:
            return
        if progress.kind == "phase":
            self._hear_phase(progress)
        elif progress.kind == "step":
            self._hear_step(progress)
        elif progress.kind == "countdown":
            if progress.seconds > LONG_STEP and progress.code != "more-time":
                self.countdown.stop()  # the timer is only a safeguard for a step that takes long
            else:
                self.countdown.start(progress.seconds)
            if progress.code == "more-time":
                self.advice.tell("ok", self.tr("The server waits longer for this laptop."))
                self.log.add(self.advice.text)
                self._may_wait(True)
        elif progress.kind == "advice":
            self.advice.tell("warn", progress.text)
            self.log.add(progress.text)
            announce(self, progress.text, urgent=True)
            if progress.code == "not-asked":
                self._may_wait(True)
        elif progress.text:
            self.log.add(progress.text)

    def _hear_phase(self, progress: Progress) -> None:
        sentence = tr(PHASES.get(progress.code, progress.code)).format(text=progress.text)
        self.log.add(sentence)
        if progress.code in QUIET_PHASES:
            return
        self.phase.setText(sentence)
        announce(self, sentence)
        if progress.code == "confirm" and self._plan is not None and self._plan.confirm:
            self._may_wait(True)

    def _hear_step(self, progress: Progress) -> None:
        state = STATES.get(progress.state, "running")
        text = ""
        if progress.state == "undo-failed":
            text = self.tr("It could not be put back.")
        there = self.rows.row(str(progress.index))
        if state == "undone" and there is not None and there.state == "failed":
            state, text = "failed", self.tr("What it had done was put back.")
        row = self.rows.tell(str(progress.index), state, progress.text, text, "", progress.seconds)
        self.log.add(f"{progress.text} {word(state)}")
        said = self.tr("Step {number} of {all}: {text}").format(
            number=progress.index + 1, all=len(self.rows), text=progress.text
        )
        if progress.state == "begun":
            self.at.setText(said)
        else:
            announce(row, f"{said} {word(state)}", urgent=state == "failed")

    # -------------------------------------------------------------------------- asking

    def stop(self) -> None:
        """Stop after the running step; what was changed until then is put back."""
        self._stop.set()
        self.stop_button.setEnabled(False)
        self.stop_button.setText(self.tr("Stopping after this step"))
        self.log.add(self.tr("You asked to stop."))

    def more_time(self) -> None:
        """Let the server be asked to wait longer; the answer comes as progress."""
        if self.desk.visit is not None and self.running:
            self.desk.visit.more_time()
            self.more_button.setEnabled(False)
            self.more_button.setText(self.tr("Asking the server"))

    def _may_wait(self, shown: bool) -> None:
        self.more_button.setVisible(shown)
        self.more_button.setEnabled(True)
        self.more_button.setText(self.tr("I need &more time"))

    # --------------------------------------------------------------------------- ending

    def _over(self, outcome: wire.Outcome) -> None:
        self._job = None
        the_plan = self._plan
        if the_plan is None:
            return
        ending = told(the_plan, outcome)
        good = outcome.state == "confirmed"
        self._end = "confirmed" if good else "left" if outcome.left else "failed"
        self._owner = ending.owner
        begun = len(self.rows) if good else len(outcome.undone) + len(outcome.left)
        self._settle_rows("done" if good else "undone", begun, outcome.index)
        self.end.tell(ending.tone, ending.headline, f"{ending.why} {self._detail(outcome)}".strip())
        self.log.add(f"{ending.headline} {outcome.failed} {outcome.detail}".strip())
        known: dict[str, object] = {"outcome": outcome, "plan": None, "survey": ()}
        known["report"] = None  # it tells of the server before this change
        if good:
            known["applied"] = the_plan
            self.desk.agree(Step.APPLY)
        self.desk.learn(**known)
        self.desk.note(outcome.state)
        self._show()
        self.shell.show_top()
        announce(self, self.end.text, urgent=not good)

    def _detail(self, outcome: wire.Outcome) -> str:
        """The server's own words, where the sentences point to them."""
        detail = outcome.detail.strip()
        return self.tr("The server says: {detail}").format(detail=detail) if detail else ""

    def _failed(self, error: UserError) -> None:
        self._job = None
        lost = error.code in LOST
        self._end = "lost" if lost else "failed"
        self._settle_rows("unknown" if lost else "undone", len(self.rows) if lost else 0)
        message = error.message
        if not lost:
            message = self.tr("Nothing was changed. {reason}").format(reason=error.message)
        self.end.tell("err", message, error.cure)
        self.log.add(f"{error.message} {error.detail}".strip())
        self.desk.learn(plan=None, survey=())
        if lost:
            self.desk.note("broken")
            self.desk.disconnect_server()
        self._show()
        self.shell.show_top()
        announce(self, self.end.text, urgent=True)

    def _settle_rows(self, state: str, begun: int, failed: int = -1) -> None:
        """Say how each row stands in the end; of the last steps the news may not have arrived.

        `begun` is how many steps were begun, `state` how those stand now, `failed` the index of
        the one that failed (-1 = none).
        """
        for index in range(len(self.rows)):
            row = self.rows.row(str(index))
            if row is not None and index == failed and row.state != "failed":
                row.tell("failed")
            if row is None or row.state in ("failed", "skipped", "undone", state):
                continue
            row.tell(state if index < begun or row.state != "waiting" else "skipped")

    def _show(self) -> None:
        running = self.running
        self.status.setVisible(running)
        self.steps_card.setVisible(len(self.rows) > 0)
        self.log_fold.setVisible(self._plan is not None)
        if not running:
            self.countdown.stop()
            self.advice.tell("warn", "")
        self.again_button.setVisible(self._end in ("failed", "left"))
        self.settings_button.setVisible(self._end == "confirmed")
        owner = self._owner
        self.owner_button.setVisible(owner is not None and owner in self.desk.flow.steps)
        if owner is not None:
            name = self.shell.steps.name(owner)
            self.owner_button.setText(self.tr("Go to {step}").format(step=name))
        self.ready.emit()

    # --------------------------------------------------------------------------- ways on

    def try_again(self) -> None:
        """Look at the server again; the same plan is carried out, another one is reviewed."""
        visit, before = self.desk.visit, self._plan
        if visit is None or before is None or self.running or not self.desk.runner.idle:
            self._to_review()
            return
        bundle, renew = self.desk.bundle, self.desk.flow.walk is Walk.RENEW
        wifi = self.desk.secrets.wifi_passphrase

        def work() -> tuple[wire.Facts, Plan]:
            visit.stay_connected()
            facts = visit.facts()
            return facts, visit.plan(facts, bundle, renew=renew, passphrase=wifi)

        def done(found: tuple[wire.Facts, Plan]) -> None:
            facts, the_plan = found
            self.desk.learn(facts=facts)
            if self.shell.page is not self:
                return
            if the_plan.does_the_same(before) and not the_plan.forbidden:
                self.begin(the_plan)
            else:
                self._to_review()

        self.desk.run(work, done, self._failed, self.tr("Looking at the server"))

    def _to_review(self) -> None:
        self.shell.go(Step.REVIEW)

    def _to_owner(self) -> None:
        if self._owner is not None:
            self.shell.go(self._owner)

    def _save_log(self) -> None:
        text = self.log.text

        def write(path: Path) -> None:
            try:
                path.write_text(text + "\n", encoding="utf-8")
            except OSError as error:
                reason = error.strerror or type(error).__name__
                self.shell.show_error(SiteError("site_not_saved", path=str(path), reason=reason))

        title, pattern = self.tr("Save the log"), self.tr("Text (*.txt)")
        self.shell.dialogs.save_file(self, title, "apply.txt", pattern, write)


def _button(text: str, act: Callable[[], None]) -> QPushButton:
    made = QPushButton(text)
    made.setAutoDefault(False)
    made.clicked.connect(lambda: act())
    return made
