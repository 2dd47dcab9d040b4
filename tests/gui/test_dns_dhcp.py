"""The page of DNS and DHCP: the range, other DHCP servers, kept addresses."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox
from pytestqt.qtbot import QtBot

from tests.gui import audit
from tests.gui.test_static_ip import connect, settled
from wizard.gui.pages.dns_dhcp import OTHER, DnsDhcpPage
from wizard.gui.shell import Shell
from wizard.practice.segment import Neighbour
from wizard.site.flow import Step, Walk
from wizard.site.model import DnsDhcp, Name, Reservation, Site, StaticIp

ROUTER = Neighbour("router", "02:00:00:00:00:01", "192.168.50.1", "192.168.50.77")
DEVICE = "48:2c:a0:12:34:56"
SITE = Site(
    name="Clinic A",
    domain="cht.clinic-a.org",
    static_ip=StaticIp("eth0", "10.20.0.1/24"),
)


def open_page(shell: Shell) -> DnsDhcpPage:
    shell.go(Step.DNS_DHCP)
    page = shell.page
    assert isinstance(page, DnsDhcpPage)
    return page


@pytest.fixture
def page(shell: Shell, qtbot: QtBot) -> DnsDhcpPage:
    """The page of a site with an address, without a server."""
    qtbot.waitUntil(shell.isActiveWindow)
    shell.desk.begin(SITE, Walk.SETUP)
    shell.begin()
    return open_page(shell)


def test_the_range_is_proposed_from_the_address(shell: Shell, page: DnsDhcpPage) -> None:
    assert (page.first.value, page.last.value) == ("10.20.0.100", "10.20.0.199")
    assert "100" in page.room.text()
    assert page.bar.isVisible()
    assert not page.offer.isVisible()
    shell.next_button.click()
    assert shell.page is not page


def test_another_range_is_proposed_when_the_address_has_changed(
    shell: Shell, page: DnsDhcpPage
) -> None:
    shell.desk.change("static_ip", address="10.30.0.1/24")
    assert "10.30.0.100" in page.offer.text
    shell.next_button.click()
    assert shell.page is page
    assert "outside" in page.first.message.text()
    page.use.click()
    assert shell.desk.site.dns_dhcp.first == "10.30.0.100"
    shell.next_button.click()
    assert shell.page is not page


def test_without_an_address_nothing_is_invented(shell: Shell) -> None:
    shell.desk.begin(Site(name="Clinic A"), Walk.SETUP)
    shell.begin()
    page = open_page(shell)
    assert page.first.value == ""
    assert "fixed address" in page.offer.text
    assert not page.bar.isVisible()


def test_when_another_device_does_it_the_page_says_what_must_be_set_there(
    shell: Shell, page: DnsDhcpPage
) -> None:
    QTest.mouseClick(page.who.card(OTHER), Qt.MouseButton.LeftButton)
    assert not shell.desk.site.dns_dhcp.enabled
    assert not page.range.isVisible()
    assert any("cht.clinic-a.org" in s and "10.20.0.1" in s for s in page.todo.sentences)
    shell.next_button.click()
    assert shell.page is page  # a warning, which can be accepted
    shell.desk.accept("dns_dhcp_off")
    shell.next_button.click()
    assert shell.page is not page


def test_a_lease_time_of_the_file_stays(shell: Shell) -> None:
    own = DnsDhcp(first="10.20.0.100", last="10.20.0.199", lease="45m")
    shell.desk.begin(Site(name="A", static_ip=SITE.static_ip, dns_dhcp=own), Walk.SETUP)
    shell.begin()
    page = open_page(shell)
    assert page.lease.value == "45m"
    page.leases.setCurrentIndex(page.leases.findData("7d"))
    page.leases.activated.emit(page.leases.currentIndex())
    assert shell.desk.site.dns_dhcp.lease == "7d"


# ----------------------------------------------------------------------- kept addresses


def test_kept_addresses_are_typed_into_a_table(shell: Shell, page: DnsDhcpPage) -> None:
    page.kept_fold.unfold()
    page.table.add_button.click()
    page.table.model.put(0, "mac", DEVICE.upper().replace(":", "-"))
    page.table.model.put(0, "address", "10.20.0.50")
    page.table.model.put(0, "name", "printer")
    assert shell.desk.site.dns_dhcp.reservations == (Reservation(DEVICE, "10.20.0.50", "printer"),)
    assert "1" in page.kept_fold.button.text()
    assert "10.20.0.50" in page.bar.accessibleName()


def test_a_list_can_be_pasted_and_taken_away_again(shell: Shell, page: DnsDhcpPage) -> None:
    page.kept_fold.unfold()
    QGuiApplication.clipboard().setText(
        f"printer\t10.20.0.50\t{DEVICE}\nscales\t10.20.0.51\t48-2C-A0-12-34-57\n"
    )
    page.table.paste_button.click()
    assert [r.name for r in shell.desk.site.dns_dhcp.reservations] == ["printer", "scales"]
    page.table.table.setFocus()
    page.table.table.selectRow(0)
    QTest.keyClick(page.table.table, Qt.Key.Key_Delete)
    assert [r.name for r in shell.desk.site.dns_dhcp.reservations] == ["scales"]


def test_a_wrong_cell_is_marked_and_explained(shell: Shell, page: DnsDhcpPage) -> None:
    page.table.model.insert((Reservation(DEVICE, "10.20.0.50"), Reservation("xx", "10.20.0.1")))
    shell.next_button.click()
    assert shell.page is page
    assert page.table.isVisible()  # it was folded away
    model = page.table.model
    wrong = model.index(1, 1)
    assert "server" in model.data(wrong, Qt.ItemDataRole.ToolTipRole)
    assert "server" in model.data(wrong, Qt.ItemDataRole.AccessibleTextRole)
    assert model.data(wrong, Qt.ItemDataRole.DecorationRole) is not None
    assert model.data(model.index(0, 0), Qt.ItemDataRole.ToolTipRole) is None
    assert "xx" in page.kept.message.text()


# -------------------------------------------------------------------------- folded away


def test_names_and_servers_are_typed_without_losing_the_cursor(
    shell: Shell, page: DnsDhcpPage
) -> None:
    page.more.unfold()
    QTest.keyClicks(page.names.editor, "printer.clinic.org  10.20.0.50")
    QTest.keyClicks(page.upstream.editor, "10.20.0.253, 10.20.0.252")
    assert shell.desk.site.dns_dhcp.names == (Name("printer.clinic.org", "10.20.0.50"),)
    assert shell.desk.site.dns_dhcp.upstream == ("10.20.0.253", "10.20.0.252")
    assert page.names.value == "printer.clinic.org  10.20.0.50"
    assert page.upstream.value == "10.20.0.253, 10.20.0.252"


def test_boxes_are_answers_too(shell: Shell, page: DnsDhcpPage) -> None:
    page.more.unfold()
    for field in (page.six, page.clock, page.set_clock):
        assert isinstance(field.editor, QCheckBox)
        field.editor.click()
    assert shell.desk.site.dns_dhcp.router_advertisements
    assert shell.desk.site.dns_dhcp.ntp
    assert shell.desk.site.clock.from_laptop
    shell.next_button.click()
    assert "IPv6" in page.six.message.text()


# ------------------------------------------------------------------------- the time


def test_the_clock_can_be_set_where_another_device_hands_out_addresses(
    shell: Shell, page: DnsDhcpPage
) -> None:
    assert not page.clocks.isVisible()  # no server yet
    QTest.mouseClick(page.who.card(OTHER), Qt.MouseButton.LeftButton)
    assert page.set_clock.isVisible()
    assert not page.clock.isVisible()


def test_both_clocks_are_shown_and_go_on(practice: Shell, qtbot: QtBot) -> None:
    clinic = practice.desk.clinic
    assert clinic is not None
    connect(practice, qtbot)
    page = open_page(practice)
    settled(practice, qtbot)
    assert "agrees" in page.clocks.text()
    clinic.server.set_clock(clinic.server.now() - 3 * 86400)
    connect(practice, qtbot)
    settled(practice, qtbot)
    assert "differ by 3 days" in page.clocks.text()
    # Facts that were read ten minutes ago do not make the server's clock slow.
    visit, facts = practice.desk.visit, practice.desk.facts
    assert visit is not None
    assert facts is not None
    visit._facts_at -= 600
    aged = visit.as_of_now(facts)
    assert aged.clock.now - facts.clock.now == pytest.approx(600, abs=60)
    assert aged.clock.now - aged.clock.monotonic == pytest.approx(
        facts.clock.now - facts.clock.monotonic
    )


# ------------------------------------------------------------------- other DHCP servers


def test_another_dhcp_server_is_shown_and_has_to_be_accepted(practice: Shell, qtbot: QtBot) -> None:
    connect(practice, qtbot, [ROUTER])
    page = open_page(practice)
    settled(practice, qtbot)
    row = page.others.rows.row("dhcp0")
    assert row is not None
    for words in (ROUTER.address, ROUTER.mac, "Switch its DHCP off"):
        assert words in row.accessibleName()
    practice.next_button.click()
    assert practice.page is page
    practice.desk.accept("other-dhcp")
    practice.next_button.click()
    assert practice.page is not page


def test_it_is_asked_once_and_again_on_demand(practice: Shell, qtbot: QtBot) -> None:
    there = [ROUTER]
    connect(practice, qtbot, there)
    page = open_page(practice)
    settled(practice, qtbot)
    assert page.others.found()
    there.clear()
    practice.go(Step.DOMAIN)
    open_page(practice)
    assert practice.desk.runner.idle
    assert page.others.found()
    page.others.again.click()
    settled(practice, qtbot)
    assert not page.others.found()
    row = page.others.rows.row("dhcp")
    assert row is not None
    assert row.state == "good"
    practice.next_button.click()
    assert practice.page is not page


def test_a_dhcp_server_is_no_fault_when_it_shall_be_there(practice: Shell, qtbot: QtBot) -> None:
    practice.desk.change("dns_dhcp", enabled=False)
    connect(practice, qtbot, [ROUTER])
    page = open_page(practice)
    settled(practice, qtbot)
    row = page.others.rows.row("dhcp0")
    assert row is not None
    assert row.state == "note"
    assert [p.code for p in page.blockers()] == ["dns_dhcp_off"]


def test_going_away_while_it_asks_does_no_harm(practice: Shell, qtbot: QtBot) -> None:
    connect(practice, qtbot, [ROUTER])
    page = open_page(practice)
    practice.go(Step.DOMAIN)
    settled(practice, qtbot)
    assert not page.others.found()
    open_page(practice)  # asked in vain: asked again
    settled(practice, qtbot)
    assert page.others.found()


def test_the_full_page_can_be_used_by_everybody(practice: Shell, qtbot: QtBot) -> None:
    connect(practice, qtbot, [ROUTER])
    practice.desk.change(
        "dns_dhcp", reservations=(Reservation("xx", "10.20.0.9"), Reservation(DEVICE, "10.20.0.3"))
    )
    page = open_page(practice)
    settled(practice, qtbot)
    page.kept_fold.unfold()
    page.more.unfold()
    practice.next_button.click()
    practice.resize(910, 510)
    qtbot.waitUntil(lambda: not audit.clipped(practice) and not audit.too_wide(practice))
    assert audit.nameless(practice) == []
    assert audit.same_keys(practice) == []
    assert audit.out_of_order(practice, page) == []
