"""Readiness in the window: what is asked, what the server tells, and the restart test."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.gui import audit
from tests.gui.conftest import Answers
from tests.gui.visiting import LONG, enter, idle, set_up, systemctl
from wizard.check import Report
from wizard.gui import handover
from wizard.gui.pages.readiness import ReadinessPage
from wizard.gui.restart_test import restart_test
from wizard.gui.shell import Shell
from wizard.readiness import TOPICS
from wizard.site.flow import Step, Walk
from wizard.site.model import Readiness, Site


def readiness(shell: Shell) -> ReadinessPage:
    assert isinstance(shell.page, ReadinessPage)
    return shell.page


@pytest.fixture
def alone(shell: Shell) -> Shell:
    """The page without a server."""
    site = Site(name="A", readiness=Readiness((("old_topic", "kept"), ("power", "Solar."))))
    shell.desk.begin(site, Walk.SETUP)
    shell.desk.go(Step.READINESS)
    shell.begin()
    return shell


@pytest.fixture
def asked(qtbot: QtBot, practice: Shell) -> Shell:
    """The page after it asked a server that was set up."""
    set_up(qtbot, practice)
    enter(practice, Step.READINESS)
    idle(qtbot, practice)
    return practice


def open_topics(page: ReadinessPage) -> list[str]:
    return [code for code, card in page.cards.items() if card.fold.opened]


def test_without_a_server_the_questions_are_asked_all_the_same(qtbot: QtBot, alone: Shell) -> None:
    page = readiness(alone)
    assert page.notice.isVisible()
    assert not page.restart.button.isVisible()
    assert page.progress.text() == "1 of 11 answered"
    assert open_topics(page) == ["hardware"]
    assert page.cards["hardware"].answer.hasFocus()
    QTest.keyClicks(page.cards["hardware"].answer, "In the pharmacy. ")
    assert page.progress.text() == "2 of 11 answered"
    assert alone.desk.site.readiness.answers == (
        ("hardware", "In the pharmacy."),
        ("power", "Solar."),
        ("old_topic", "kept"),
    )
    page.cards["power"].answer.setPlainText("")
    assert dict(alone.desk.site.readiness.answers).keys() == {"hardware", "old_topic"}


def test_one_topic_is_open_at_a_time(alone: Shell) -> None:
    page = readiness(alone)
    page.cards["backups"].fold.button.click()
    assert open_topics(page) == ["backups"]
    page.cards["scale"].fold.button.click()
    assert open_topics(page) == ["scale"]
    page.cards["scale"].fold.button.click()
    assert open_topics(page) == []


def test_a_problem_of_an_answer_opens_its_topic(alone: Shell) -> None:
    alone.focus_field("readiness.privacy")
    page = readiness(alone)
    assert open_topics(page) == ["privacy"]
    assert page.cards["privacy"].answer.hasFocus()


def test_the_server_is_asked_on_entering_and_what_it_told_stands_with_its_topic(
    asked: Shell,
) -> None:
    page = readiness(asked)
    assert asked.desk.readiness is not None
    assert not page.notice.isVisible()
    items = handover.judged(asked.desk)
    for topic in TOPICS:
        told = [i for i in items if i.topic == topic.code and i.code not in ("open", "answered")]
        card = page.cards[topic.code]
        assert len(card.rows) == len(told)
        for number, item in enumerate(told):
            row = card.rows.row(str(number))
            assert row is not None
            assert row.state == item.state
        doubts = sum(i.state == "attention" for i in told)
        assert (f"{doubts} to look at" in card._state.text()) == (doubts > 0)


def test_the_handover_tells_answers_doubts_and_what_is_still_open(asked: Shell) -> None:
    asked.desk.change("readiness", answers=(("privacy", "PIN on all phones."),))
    found = list(handover.considerations(asked.desk))
    assert list(dict.fromkeys(i.topic for i in found)) == [topic.code for topic in TOPICS]
    by_topic = {code: [i for i in found if i.topic == code] for code in ("privacy", "alerting")}
    assert [(i.state, i.answer) for i in by_topic["privacy"]] == [("good", "PIN on all phones.")]
    assert [i.state for i in by_topic["alerting"]] == ["asked"]
    memory = next(i for i in found if "memory" in i.sentence)
    assert (memory.topic, memory.title, memory.state) == ("hardware", "Hardware", "attention")
    assert memory.cure


def test_nothing_is_told_where_nobody_looked(shell: Shell) -> None:
    shell.desk.begin(Site(name="A"), Walk.RENEW)
    assert not list(handover.considerations(shell.desk))


def test_a_restart_is_not_begun_without_a_yes(asked: Shell, answers: Answers) -> None:
    page = readiness(asked)
    answers.answers = [0]
    page.restart.button.click()
    assert "Restart the server now?" in answers.asked[-1]
    assert asked.desk.runner.idle
    assert asked.desk.restarted is None


def test_a_restart_proves_that_everything_comes_back(
    qtbot: QtBot, asked: Shell, answers: Answers
) -> None:
    page = readiness(asked)
    answers.answers = [1]
    page.restart.button.click()
    assert not page.may_leave()
    assert page.restart.button.text() == "&Stop waiting"
    assert page.restart.rows.isVisible()
    idle(qtbot, asked)
    assert asked.desk.restarted is not None
    assert asked.desk.restarted.before != asked.desk.restarted.after
    assert "everything came back" in page.restart.notice.text
    assert page.may_leave()
    told = [i for i in handover.considerations(asked.desk) if "restarted for a test" in i.sentence]
    assert [(i.topic, i.state) for i in told] == [("power", "good")]
    enter(asked, Step.DOMAIN)
    enter(asked, Step.READINESS)
    assert "everything came back" in page.restart.notice.text


def test_what_does_not_come_back_is_named(qtbot: QtBot, asked: Shell, answers: Answers) -> None:
    page = readiness(asked)
    systemctl(asked, "disable")
    answers.answers = [1]
    page.restart.button.click()
    told = "Not everything is back yet"
    qtbot.waitUntil(lambda: any(told in t for t in audit.texts(page)), timeout=LONG)
    page.restart.button.click()
    idle(qtbot, asked)
    report = asked.desk.report
    assert report is not None
    assert report.first_broken is not None
    assert report.first_broken.name in page.restart.notice.text
    assert not handover.restart_proved(asked.desk)


def test_the_check_is_repeated_while_things_come_back(qtbot: QtBot, asked: Shell) -> None:
    visit, bundle = asked.desk.visit, asked.desk.bundle
    assert visit is not None
    systemctl(asked, "disable")
    looked: list[Report] = []

    def still(report: Report) -> None:
        looked.append(report)
        if len(looked) == 2:
            systemctl(asked, "start")
            systemctl(asked, "enable")

    tested = restart_test(visit, bundle, threading.Event(), still, again=0.1)
    assert len(looked) == 2
    assert tested.report.first_broken is None
    systemctl(asked, "disable")
    tested = restart_test(visit, bundle, threading.Event(), looked.append, patience=0.0)
    assert tested.report.first_broken is not None
    assert len(looked) == 2


def test_a_lost_server_is_an_error_not_a_result(
    qtbot: QtBot, asked: Shell, answers: Answers
) -> None:
    page = readiness(asked)
    visit = asked.desk.visit
    assert visit is not None
    visit.close()
    answers.answers = [1]
    page.restart.button.click()
    idle(qtbot, asked)
    assert asked._framed().error.text
    assert asked.desk.restarted is None
    assert not page.restart.notice.isVisible()
    assert page.may_leave()


def test_closing_while_it_restarts_asks_first(qtbot: QtBot, asked: Shell, answers: Answers) -> None:
    page = readiness(asked)
    answers.answers = [1]
    page.restart.button.click()
    answers.answers = [0]
    asked.close()
    assert asked.isVisible()
    assert "restarts in any case" in answers.asked[-1]
    idle(qtbot, asked)


def test_an_answer_changes_nothing_on_the_server(asked: Shell) -> None:
    site = replace(asked.desk.site, readiness=Readiness((("scale", "25 users."),)))
    asked.desk.decide(site)
    assert asked.desk.connected
    assert asked.desk.readiness is not None
