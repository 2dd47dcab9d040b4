"""The page that changes the server, on the practice clinic: every way it can end."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.gui import audit
from tests.gui.conftest import Answers
from tests.gui.visits import connect, idle, review
from tests.practice.laptop import at_command, standing
from wizard.agent import names, transaction
from wizard.gui.app import window
from wizard.gui.pages import apply
from wizard.gui.pages.apply import ApplyPage
from wizard.gui.pages.review import ReviewPage
from wizard.gui.shell import Shell
from wizard.practice.clinic import NEW, OLD, PASSWORD, SITE, Clinic
from wizard.practice.server import PACE
from wizard.site.flow import State, Step, Walk
from wizard.visit import Progress

LONG = 90_000  # milliseconds


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "WAIT", 10)  # the least that the agent accepts


def begin(shell: Shell, qtbot: QtBot, answers: Answers) -> ApplyPage:
    """Say yes in the review."""
    if not isinstance(shell.page, ReviewPage):
        review(shell, qtbot)
    answers.answers.append(1)
    shell.next_button.click()
    page = shell.page
    assert isinstance(page, ApplyPage)
    assert page.running
    return page


def over(page: ApplyPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not page.running, timeout=LONG)


def states(page: ApplyPage) -> list[str]:
    rows = [page.rows.row(str(index)) for index in range(len(page.rows))]
    return [row.state for row in rows if row is not None]


def test_the_server_is_set_up(practice: Shell, qtbot: QtBot, answers: Answers) -> None:
    clinic = connect(practice)
    heard: list[Progress] = []
    practice.desk.progress.connect(heard.append)
    page = begin(practice, qtbot, answers)
    plan = page._plan
    assert plan is not None
    assert states(page) == ["waiting"] * len(plan.changes)
    assert page.stop_button.hasFocus()
    assert not page.may_leave()
    assert not practice.home_button.isEnabled()
    assert practice.steps.locked
    qtbot.waitUntil(lambda: page.countdown.isVisible(), timeout=LONG)
    assert page.countdown.left > 0
    over(page, qtbot)
    assert page.title() == "The server is set up"
    assert practice.next_button.hasFocus()
    assert states(page) == ["done"] * len(plan.changes)
    assert "is set up, and this laptop has reached it" in page.end.text
    assert clinic.server.addresses() == {NEW}
    desk = practice.desk
    assert desk.outcome is not None
    assert desk.outcome.state == "confirmed"
    assert desk.applied is plan
    assert desk.plan is None
    assert not page.countdown.isVisible()
    assert not practice.back_button.isEnabled()
    assert practice.next_button.text() == "Check &now"
    assert desk.state(Step.APPLY) is State.DONE
    assert {p.kind for p in heard} >= {"phase", "step", "countdown"}
    for change in plan.changes:
        assert plan.sentence(change) in page.log.text
    practice.next_button.click()
    assert desk.flow.step is Step.LIVE_CHECK
    idle(practice, qtbot)


def test_settings_can_be_changed_after_it(practice: Shell, qtbot: QtBot, answers: Answers) -> None:
    connect(practice)
    page = begin(practice, qtbot, answers)
    over(page, qtbot)
    page.settings_button.click()
    idle(practice, qtbot)
    assert isinstance(practice.page, ReviewPage)
    assert practice.desk.plan is not None
    assert practice.desk.plan.empty
    dns = replace(practice.desk.site.dns_dhcp, last="10.20.0.150")
    practice.desk.decide(replace(practice.desk.site, dns_dhcp=dns))
    idle(practice, qtbot)
    assert practice.desk.plan is not None
    assert not practice.desk.plan.empty
    second = begin(practice, qtbot, answers)
    over(second, qtbot)
    assert practice.desk.outcome is not None
    assert practice.desk.outcome.state == "confirmed"


def test_a_failing_step_puts_everything_back_and_may_be_tried_again(
    practice: Shell, qtbot: QtBot, answers: Answers
) -> None:
    clinic = connect(practice)
    before = standing(clinic)
    with clinic.server.remember() as memory:
        memory["broken"] = [names.DNSMASQ_UNIT]
    page = begin(practice, qtbot, answers)
    over(page, qtbot)
    assert "everything was put back" in page.end.text
    assert "A service did not start." in page.end.text
    assert set(states(page)) <= {"undone", "failed", "skipped"}
    assert "failed" in states(page)
    assert standing(clinic) == before
    assert practice.next_button.text() == "Back to &Review"
    assert page.owner_button.isVisible()
    assert page.owner_button.text() == "Go to DNS and DHCP"
    with clinic.server.remember() as memory:
        memory["broken"] = []
    page.again_button.click()
    qtbot.waitUntil(lambda: page.running, timeout=LONG)
    over(page, qtbot)
    assert page._end == "confirmed"
    assert set(states(page)) == {"done"}
    assert clinic.server.addresses() == {NEW}


def test_back_to_review_after_a_failure_looks_again(
    practice: Shell, qtbot: QtBot, answers: Answers
) -> None:
    clinic = connect(practice)
    with clinic.server.remember() as memory:
        memory["broken"] = [names.DNSMASQ_UNIT]
    page = begin(practice, qtbot, answers)
    over(page, qtbot)
    practice.next_button.click()
    assert isinstance(practice.page, ReviewPage)
    idle(practice, qtbot)
    assert practice.desk.plan is not None
    assert not practice.desk.plan.empty
    practice.desk.go(Step.DOMAIN)
    assert practice.desk.agreed is None


def test_stop_after_this_step(practice: Shell, qtbot: QtBot, answers: Answers) -> None:
    clinic = connect(practice)
    before = standing(clinic)
    reached, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        reached.set()
        assert go_on.wait(60)

    with at_command(clinic, "apt-get", hold):
        page = begin(practice, qtbot, answers)
        qtbot.waitUntil(reached.is_set, timeout=LONG)
        page.stop_button.click()
        assert not page.stop_button.isEnabled()
        qtbot.wait(300)  # the word has to reach the server
        go_on.set()
        over(page, qtbot)
    assert "Stopped as you asked" in page.end.text
    assert practice.desk.outcome is not None
    assert practice.desk.outcome.state == "stopped"
    assert standing(clinic) == before


def test_the_cable_comes_out_and_the_server_comes_back(
    practice: Shell, qtbot: QtBot, answers: Answers
) -> None:
    clinic = connect(practice, scenario="cable")
    page = begin(practice, qtbot, answers)
    qtbot.waitUntil(lambda: page.more_button.isVisible(), timeout=LONG)
    page.more_button.click()
    assert not page.more_button.isEnabled()
    over(page, qtbot)
    assert "No laptop reached the server at its new address in time." in page.end.text
    # The laptop heard no more from the last steps, but the server tells which were begun.
    assert states(page)[-2:] in (["undone", "skipped"], ["undone", "undone"])
    assert set(states(page)[:-1]) == {"undone"}
    assert clinic.server.addresses() == {OLD}
    assert page.owner_button.text() == "Go to Fixed address"
    assert page._owner is Step.STATIC_IP


def test_a_refusal_changes_nothing(practice: Shell, qtbot: QtBot, answers: Answers) -> None:
    clinic = connect(practice)
    review(practice, qtbot)
    with clinic.server.remember() as memory:
        memory["internet"] = False
    page = begin(practice, qtbot, answers)
    over(page, qtbot)
    assert page.title() == "The server was not changed"
    assert "Nothing was changed." in page.end.text
    assert "it has no Internet" in page.end.text
    assert set(states(page)) <= {"skipped", "failed", "undone"}


def test_a_renewal_needs_no_countdown(practice: Shell, qtbot: QtBot, answers: Answers) -> None:
    practice.desk.flow = replace(practice.desk.flow, walk=Walk.RENEW)
    clinic = connect(practice)
    page = begin(practice, qtbot, answers)
    assert "goes on alone" in page.about_closing()
    over(page, qtbot)
    assert page.title() == "The certificate is renewed"
    assert "new certificate is on the server" in page.end.text
    assert not page.more_button.isVisible()
    assert clinic.server.addresses() == {OLD}


def test_the_log_is_shown_copied_and_saved_without_secrets(
    practice: Shell, qtbot: QtBot, answers: Answers, tmp_path: Path
) -> None:
    clinic = connect(practice)
    practice.desk.secrets.password = PASSWORD
    page = begin(practice, qtbot, answers)
    page.hear(Progress("log", "x", f"somebody said {PASSWORD} aloud"))
    assert PASSWORD not in page.log.text
    assert "somebody said (hidden) aloud" in page.log.text
    assert not page.log.isVisible()
    QTest.keyClick(practice, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert page.log.isVisible()
    over(page, qtbot)
    key = clinic.certificates["good"][1].read_text().splitlines()[1]
    assert key not in page.log.text
    answers.files.append([tmp_path / "log.txt"])
    page.log.saving.emit()
    assert (tmp_path / "log.txt").read_text() == page.log.text + "\n"
    page.log.copy()
    practice.resize(910, 510)
    qtbot.waitUntil(lambda: audit.clipped(practice) == [])
    for ask in (audit.nameless, audit.unreachable, audit.same_keys, audit.too_wide):
        assert ask(practice) == []
    assert audit.out_of_order(practice, page) == []


def test_nothing_begins_without_a_yes(practice: Shell, qtbot: QtBot) -> None:
    clinic = connect(practice)
    review(practice, qtbot)
    practice.desk.go(Step.APPLY)
    page = practice.page
    assert isinstance(page, ApplyPage)
    assert not page.running
    assert page.title() == "Nothing is under way"
    assert clinic.server.addresses() == {OLD}
    practice.next_button.click()
    assert isinstance(practice.page, ReviewPage)
    idle(practice, qtbot)


# ------------------------------------------------------------- the window is closed meanwhile


class Standing(Clinic):
    """A clinic whose server stays on when the window is closed."""

    def close(self) -> None:
        pass

    def switch_off(self) -> None:
        super().close()


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Standing]:
    pace = copy.copy(PACE)
    pace.prove = 2.0  # how long it waits for the laptop's word while both addresses are there
    clinic = Standing(tmp_path / "clinic", timings=pace)
    yield clinic
    clinic.switch_off()


@pytest.mark.parametrize("moment", ["step", "confirm"])
def test_the_window_is_closed_in_the_middle_and_the_server_comes_back(
    outside: Standing, qtbot: QtBot, tmp_path: Path, moment: str
) -> None:
    answers = Answers()
    shell = window(tmp_path / "data", answers)
    qtbot.addWidget(shell)
    shell.show()
    shell.desk.begin_practice(outside, SITE)
    shell.begin()
    # With the cable out nothing can be confirmed before the window is closed.
    connect(shell, scenario="cable" if moment == "confirm" else "plain")
    before = standing(outside)
    page = begin(shell, qtbot, answers)
    reached: list[Progress] = []

    def hear(progress: Progress) -> None:
        if moment in (progress.kind, progress.code):
            reached.append(progress)

    shell.desk.progress.connect(hear)
    qtbot.waitUntil(lambda: bool(reached), timeout=LONG)

    answers.answers.append(0)
    shell.close()
    assert shell.isVisible()  # "Wait" is the safe answer
    assert "the server puts everything back by itself" in answers.asked[-1]
    stop = page._stop

    answers.answers.append(1)
    shell.close()
    qtbot.waitUntil(lambda: not shell.isVisible(), timeout=10_000)
    begun = time.monotonic()
    shell.desk.close()
    assert time.monotonic() - begun < 15
    assert not stop.is_set()  # the server was not asked to stop: it finds out by itself
    assert not [t for t in threading.enumerate() if t.name.startswith(("visit", "watch"))]

    current = transaction.Transaction(outside.server)
    end = time.monotonic() + 60
    while current.exists() or current.worked_on():
        assert time.monotonic() < end, transaction.pending(outside.server)
        time.sleep(0.05)
    assert outside.server.addresses() == {OLD}
    assert standing(outside) == before
