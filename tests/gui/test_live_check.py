"""The live check in the window: proof, the first broken link, and the way to its cure."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.gui.conftest import Answers
from tests.gui.visiting import enter, idle, set_up, systemctl
from wizard.check import CHECKS
from wizard.gui.pages.live_check import GROUPS, LiveCheckPage
from wizard.gui.shell import Shell
from wizard.handover.words import MESSAGES
from wizard.site.flow import Step, Walk


def live_check(shell: Shell) -> LiveCheckPage:
    assert isinstance(shell.page, LiveCheckPage)
    return shell.page


@pytest.fixture
def checked(qtbot: QtBot, practice: Shell) -> Shell:
    """The page after its first run on a server that was set up."""
    set_up(qtbot, practice)
    enter(practice, Step.LIVE_CHECK)
    idle(qtbot, practice)
    return practice


def step(shell: Shell) -> Step:
    return shell.desk.flow.step


def states(page: LiveCheckPage) -> dict[str, str]:
    found = {}
    for group, codes in GROUPS.items():
        for code in codes:
            row = page.rows[group].row(code)
            assert row is not None
            found[code] = row.state
    return found


def test_every_check_has_its_place_in_the_order_of_the_chain() -> None:
    shown = [code for codes in GROUPS.values() for code in codes]
    assert shown == [check.code for check in CHECKS]


def test_without_a_connection_it_leads_there(practice: Shell) -> None:
    enter(practice, Step.LIVE_CHECK)
    page = live_check(practice)
    assert page.verdict.text.startswith("There is no connection")
    assert not page.again.isVisible()
    assert not page.phone.isVisible()
    page.mend.click()
    assert step(practice) is Step.CONNECT


def test_it_runs_when_it_is_entered_and_shows_what_was_proved_and_no_more(
    qtbot: QtBot, checked: Shell
) -> None:
    page, report = live_check(checked), checked.desk.report
    assert report is not None
    assert states(page) == {r.code: r.state for r in report.results}
    assert report.first_broken is None
    count = {s: sum(r.state == s for r in report.results) for s in ("passed", "skipped")}
    assert f"{count['passed']} passed" in page.counts.text()
    assert f"{count['skipped']} left out" in page.counts.text()
    assert "All that was tried works." in page.verdict.text
    checked.next_button.click()
    assert step(checked) is Step.READINESS
    number = page._run
    checked.back()
    assert page._run == number  # nothing has changed since


def test_rows_come_while_it_runs(qtbot: QtBot, checked: Shell) -> None:
    page = live_check(checked)
    seen: list[str] = []
    checked.desk.checked.connect(lambda _, result: seen.append(result.code))
    page.again.click()
    assert set(states(page).values()) == {"waiting"}
    assert page.again.text() == "&Stop"
    assert not checked.next_button.isEnabled()
    idle(qtbot, checked)
    assert sorted(seen) == sorted(states(page))


def test_the_first_broken_link_is_named_and_leads_to_its_page(
    qtbot: QtBot, checked: Shell, answers: Answers
) -> None:
    page = live_check(checked)
    systemctl(checked, "stop")
    page.again.click()
    idle(qtbot, checked)
    report = checked.desk.report
    assert report is not None
    broken = report.first_broken
    assert broken is not None
    assert broken.name in page.verdict.text
    assert broken.cure in page.verdict.text
    for result in report.results:
        button = page._go[result.code]
        assert button.isVisible() == (result.state in ("failed", "warning"))
        if result.because:
            assert states(page)[result.code] == "skipped"
    answers.answers = [0]
    checked.next_button.click()
    assert checked.page is page
    assert "Something is broken." in answers.asked[-1]
    answers.answers = [1]
    checked.next_button.click()
    assert step(checked) is Step.READINESS
    checked.back()
    page.mend.click()
    assert step(checked) is Step.DNS_DHCP


def test_whoever_only_checks_is_led_to_the_page_all_the_same(qtbot: QtBot, checked: Shell) -> None:
    checked.desk.flow = replace(checked.desk.flow, walk=Walk.CHECK)
    systemctl(checked, "stop")
    page = live_check(checked)
    page.check()
    idle(qtbot, checked)
    page.mend.click()
    assert checked.desk.flow.walk is Walk.SETUP
    assert step(checked) is Step.DNS_DHCP


def test_a_stopped_check_proves_nothing(
    qtbot: QtBot, checked: Shell, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = live_check(checked)
    noted: list[str] = []
    monkeypatch.setattr(checked.desk, "note", noted.append)
    page.again.click()
    page.again.click()
    idle(qtbot, checked)
    assert checked.desk.report is not None
    assert checked.desk.report.cancelled
    assert "stopped" in page.verdict.text
    assert noted == []
    answers.answers = [0]
    checked.next_button.click()
    assert "Nothing is proved yet." in answers.asked[-1]
    page.again.click()
    idle(qtbot, checked)
    assert noted == ["checked"]


def test_a_check_that_was_left_does_not_come_back(qtbot: QtBot, checked: Shell) -> None:
    page, before = live_check(checked), checked.desk.report
    page.again.click()
    checked.go(Step.DOMAIN)
    idle(qtbot, checked)
    qtbot.wait(50)
    assert checked.desk.report is before
    checked.desk.learn(report=None)
    enter(checked, Step.LIVE_CHECK)
    idle(qtbot, checked)
    assert checked.desk.report is not None


def test_an_error_is_said_and_can_be_tried_again(qtbot: QtBot, checked: Shell) -> None:
    page = live_check(checked)
    visit = checked.desk.visit
    assert visit is not None
    visit.close()
    page.again.click()
    idle(qtbot, checked)
    assert checked._framed().error.text
    assert checked.desk.report is None
    assert "passed" not in page.counts.text()


def test_the_panel_for_the_phone(checked: Shell) -> None:
    panel = live_check(checked).phone
    assert panel.address.value.text() == "https://cht.practice-clinic.org"
    panel.address.button.click()
    assert QGuiApplication.clipboard().text() == "https://cht.practice-clinic.org"
    assert not panel.open.pixmap().isNull()
    assert not panel.wifi.isVisible()
    assert "Practice CHT" in panel._no_code.text()
    checked.desk.secrets.wifi_passphrase = "seven brave cranes"
    live_check(checked).show_known()
    assert panel.wifi.isVisible()
    assert not panel._no_code.isVisible()
    panel.messages.button.click()
    shown = [part.text() for part in panel.messages.findChildren(QLabel)]
    for message in MESSAGES:
        assert f"“{message.shown}”" in shown
        assert message.cure in shown


def test_what_was_proved_of_one_server_is_not_said_of_another(checked: Shell) -> None:
    checked.desk.change("server", host="192.168.7.7")
    assert checked.desk.report is None
    assert live_check(checked).verdict.text.startswith("There is no connection")
    assert not live_check(checked).phone.isVisible()
