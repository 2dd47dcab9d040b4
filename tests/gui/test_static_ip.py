"""The page of the fixed address: proposals, who else has it, and the way on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from tests.gui import audit
from wizard.agent import wire
from wizard.gui.pages.static_ip import StaticIpPage
from wizard.gui.shell import Shell
from wizard.practice.clinic import PASSWORD
from wizard.practice.segment import Neighbour
from wizard.site import propose
from wizard.site.flow import Step, Walk
from wizard.site.model import Site, StaticIp

PRINTER = Neighbour("printer", "02:00:00:00:00:50", "10.20.0.1")


def connect(shell: Shell, qtbot: QtBot, neighbours: Iterable[Neighbour] = ()) -> None:
    """Log in to the practice clinic, as the page Connect does."""
    desk = shell.desk
    clinic = desk.clinic
    assert clinic is not None
    clinic.segment._neighbours = lambda: neighbours
    desk.secrets.password = PASSWORD
    visit = desk.new_visit()

    def work() -> wire.Facts:
        visit.connect(desk.credentials(), clinic.fingerprint)
        return visit.facts()

    errors: list[object] = []
    desk.run(work, lambda facts: desk.learn(facts=facts), errors.append, "connecting")
    qtbot.waitUntil(lambda: desk.connected or bool(errors), timeout=20000)
    assert not errors


def open_page(shell: Shell) -> StaticIpPage:
    shell.go(Step.STATIC_IP)
    page = shell.page
    assert isinstance(page, StaticIpPage)
    return page


@pytest.fixture
def page(shell: Shell, qtbot: QtBot) -> StaticIpPage:
    """The page of a new site, without a server."""
    qtbot.waitUntil(shell.isActiveWindow)
    shell.desk.begin(Site(name="Clinic A"), Walk.SETUP)
    shell.begin()
    return open_page(shell)


@pytest.fixture
def idle(practice: Shell, qtbot: QtBot) -> Iterator[Shell]:
    yield practice
    qtbot.waitUntil(lambda: practice.desk.runner.idle, timeout=20000)
    qtbot.wait(10)  # what was put on the page just now is shown in the next round


def settled(shell: Shell, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: shell.desk.runner.idle, timeout=20000)
    qtbot.wait(10)  # what was put on the page just now is shown in the next round


# ------------------------------------------------------------------- without a server


def test_without_a_server_everything_is_typed(shell: Shell, page: StaticIpPage) -> None:
    assert page.typed.isVisible()
    assert not page.chosen.isVisible()
    assert not page.probe.isVisible()
    QTest.keyClicks(page.typed.editor, "enp3s0")
    page.use.click()
    assert shell.desk.site.static_ip == StaticIp("enp3s0", propose.CALM)
    shell.next_button.click()
    assert shell.page is not page


def test_the_first_thing_in_the_way_gets_the_keyboard(shell: Shell, page: StaticIpPage) -> None:
    shell.next_button.click()
    assert shell.page is page
    assert page.typed.editor.hasFocus()
    assert "missing" in page.typed.message.text()
    assert "missing" in page.address.message.text()


def test_a_folded_input_with_a_problem_is_unfolded(shell: Shell, page: StaticIpPage) -> None:
    shell.desk.change("static_ip", interface="eth0", address="10.20.0.1/24", gateway="10.9.9.9")
    assert not page.gateway.isVisible()
    shell.next_button.click()
    assert page.gateway.isVisible()
    assert page.gateway.editor.hasFocus()
    assert "10.20.0.0/24" in page.gateway.message.text()


def test_a_proposed_ipv6_address_is_taken_with_one_click(shell: Shell, page: StaticIpPage) -> None:
    page.fold.unfold()
    offered = page.use6.text()
    page.use6.click()
    assert shell.desk.site.static_ip.address6 in offered
    assert shell.desk.site.static_ip.address6.startswith("fd")
    assert not page.use6.isVisible()


# ---------------------------------------------------------------------- with a server


def test_the_servers_interfaces_are_offered(idle: Shell, qtbot: QtBot) -> None:
    idle.desk.change("static_ip", interface="", address="")
    connect(idle, qtbot)
    page = open_page(idle)
    assert page.chosen.isVisible()
    assert not page.typed.isVisible()
    card = page.cards.card("eth0")
    assert "connected" in card.accessibleName()
    assert "192.168.50.23/24" in card.accessibleDescription()
    assert "192.168.50.23/24" in page.offer.text
    page.use.click()
    assert idle.desk.site.static_ip == StaticIp("eth0", "192.168.50.23/24")
    assert page.cards.value == "eth0"
    settled(idle, qtbot)
    row = page.probe.rows.row("who")
    assert row is not None
    assert "already" in row.accessibleName()


def test_a_free_address_is_told_and_next_waits_for_the_answer(idle: Shell, qtbot: QtBot) -> None:
    connect(idle, qtbot)
    page = open_page(idle)
    idle.next_button.click()
    assert idle.page is page
    assert not idle.next_button.isEnabled()
    qtbot.waitUntil(lambda: idle.page is not page, timeout=20000)
    row = page.probe.rows.row("who")
    assert row is not None
    assert row.state == "good"
    reach = page.probe.rows.row("reach")
    assert reach is not None
    assert reach.state == "good"


def test_nobody_goes_on_with_an_address_that_somebody_else_has(idle: Shell, qtbot: QtBot) -> None:
    connect(idle, qtbot, [PRINTER])
    page = open_page(idle)
    idle.next_button.click()
    settled(idle, qtbot)
    assert idle.page is page
    row = page.probe.rows.row("who")
    assert row is not None
    assert row.state == "problem"
    assert PRINTER.mac in row.accessibleName()
    reach = page.probe.rows.row("reach")
    assert reach is None or not reach.isVisible()  # that device would be reached
    assert PRINTER.mac in page.address.message.text()
    assert page.address.editor.hasFocus()
    assert "192.168.50.23/24" in page.offer.text  # another one is proposed
    page.use.click()
    settled(idle, qtbot)
    idle.next_button.click()
    qtbot.waitUntil(lambda: idle.page is not page, timeout=20000)


def test_a_changed_address_is_asked_about_when_it_was_left(idle: Shell, qtbot: QtBot) -> None:
    connect(idle, qtbot, [Neighbour("tablet", "02:00:00:00:00:51", "10.20.0.9")])
    page = open_page(idle)
    settled(idle, qtbot)
    editor = page.address.editor
    assert isinstance(editor, QLineEdit)
    editor.setFocus()
    editor.clear()
    QTest.keyClicks(editor, "10.20.0.9/24")
    assert not page.probe.taken()
    assert idle.next_button.isEnabled()
    page.fold.button.setFocus()
    assert idle.next_button.isEnabled()  # the question is asked beside the work
    settled(idle, qtbot)
    assert [p.code for p in page.probe.taken()] == ["address-taken"]


def test_going_away_while_it_asks_does_no_harm(idle: Shell, qtbot: QtBot) -> None:
    connect(idle, qtbot)
    page = open_page(idle)
    idle.next_button.click()
    idle.desk.go(Step.DOMAIN)
    settled(idle, qtbot)
    assert idle.next_button.isEnabled()
    assert idle.desk.flow.step is Step.DOMAIN
    row = page.probe.rows.row("who")
    assert row is not None
    assert row.state != "running"


def test_a_lost_server_is_not_asked(idle: Shell, qtbot: QtBot) -> None:
    connect(idle, qtbot)
    page = open_page(idle)
    settled(idle, qtbot)
    idle.desk.disconnect_server()
    assert not page.probe.isVisible()
    assert page.typed.isVisible()
    assert page.typed.value == "eth0"


def test_the_full_page_can_be_used_by_everybody(idle: Shell, qtbot: QtBot) -> None:
    connect(idle, qtbot, [PRINTER])
    page = open_page(idle)
    page.fold.unfold()
    idle.next_button.click()
    settled(idle, qtbot)
    idle.resize(910, 510)
    qtbot.waitUntil(lambda: not audit.clipped(idle) and not audit.too_wide(idle))
    assert audit.nameless(idle) == []
    assert audit.same_keys(idle) == []
    assert audit.out_of_order(idle, page) == []
