"""The page of the Wi-Fi: what to switch off, the name, and a password that is never kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from tests.gui import audit
from tests.gui.visits import connect
from tests.openwrt.test_plan import HERE as RECORDED
from tests.openwrt.test_setup import Device
from tests.remote.machine import PASSWORD, Machine
from wizard.gui.pages.access_point import AccessPointPage
from wizard.gui.shell import Shell
from wizard.openwrt.model import Plan, Router
from wizard.openwrt.setup import Setup
from wizard.openwrt.uci import parse
from wizard.remote.hosts import Accept, KnownHosts
from wizard.site.flow import Step, Walk
from wizard.site.model import AccessPoint, DnsDhcp, Site, StaticIp

SITE = Site(
    name="Clinic A",
    static_ip=StaticIp("eth0", "10.20.0.1/24"),
    dns_dhcp=DnsDhcp(first="10.20.0.100", last="10.20.0.199"),
)


@pytest.fixture
def page(shell: Shell, qtbot: QtBot) -> AccessPointPage:
    """The page of a site without Wi-Fi yet."""
    qtbot.waitUntil(shell.isActiveWindow)
    shell.desk.begin(SITE, Walk.SETUP)
    shell.begin()
    shell.go(Step.ACCESS_POINT)
    page = shell.page
    assert isinstance(page, AccessPointPage)
    return page


def choose(page: AccessPointPage, kind: str) -> None:
    QTest.mouseClick(page.kinds.card(kind), Qt.MouseButton.LeftButton)


def test_without_wifi_nothing_is_asked(shell: Shell, page: AccessPointPage) -> None:
    assert page.kinds.value == "none"
    assert not page.advice.isVisible()
    assert not page.details.isVisible()
    shell.next_button.click()
    assert shell.page is not page


def test_an_access_point_of_our_own_gets_a_list_of_what_to_set(
    shell: Shell, page: AccessPointPage
) -> None:
    choose(page, "own")
    assert shell.desk.site.access_point.kind == "own"
    told = " ".join(page.steps.sentences)
    for words in ("DHCP", "DNS relay", "NAT", "LAN socket", "client isolation", "10.20.0.254"):
        assert words in told
    assert not page.country.isVisible()
    QTest.keyClicks(page.ssid.editor, "Kibera Clinic")
    assert "13 of 32" in page.ssid.message.text()
    shell.next_button.click()
    assert shell.page is not page
    assert shell.desk.site.access_point.ssid == "Kibera Clinic"


def test_arrow_keys_choose(shell: Shell, page: AccessPointPage) -> None:
    page.kinds.setFocus()
    assert page.kinds.card("none").hasFocus()
    QTest.keyClick(page.kinds.card("none"), Qt.Key.Key_Up)
    assert page.kinds.card("own").hasFocus()
    QTest.keyClick(page.kinds.card("own"), Qt.Key.Key_Space)
    assert shell.desk.site.access_point.kind == "own"


def test_without_a_server_the_radio_is_only_written_down(
    shell: Shell, page: AccessPointPage
) -> None:
    choose(page, "server")
    assert "when you connect" in page.notes.text
    shell.next_button.click()
    assert shell.page is page
    for field in (page.radio, page.country):
        assert "missing" in field.message.text()
    QTest.keyClicks(page.radio.editor, "wlan0")
    page.ssid.show_value("")
    QTest.keyClicks(page.ssid.editor, "Clinic")
    QTest.keyClicks(page.country.editor, "ke")
    page.channels.setCurrentIndex(page.channels.findData(6))
    page.channels.activated.emit(page.channels.currentIndex())
    assert shell.desk.site.access_point == AccessPoint("server", "wlan0", "Clinic", "KE", 6)
    assert shell.desk.site.static_ip.interface == "wlan0"
    shell.next_button.click()
    assert shell.page is not page


@pytest.fixture
def met(practice: Shell) -> AccessPointPage:
    """The page of the practice clinic, connected; its server has a radio."""
    connect(practice)
    practice.go(Step.ACCESS_POINT)
    page = practice.page
    assert isinstance(page, AccessPointPage)
    return page


def test_the_servers_own_radio_is_asked_before_anybody_goes_on(
    practice: Shell, met: AccessPointPage, qtbot: QtBot
) -> None:
    desk = practice.desk
    choose(met, "server")
    assert desk.site.access_point.interface == "wlan0"
    assert desk.site.static_ip.interface == "wlan0"
    assert "can be an access point with WPA2 and WPA3" in met.notes.text
    assert met.channels.findData(149) >= 0  # nothing is known before the country is
    QTest.keyClicks(met.country.editor, "ke")
    practice.next_button.click()
    assert practice.page is met
    assert "no password yet" in met.password.message.text()
    met.propose.click()
    assert len(desk.secrets.wifi_passphrase.split()) == 5
    practice.next_button.click()
    qtbot.waitUntil(lambda: practice.page is not met, timeout=20000)
    assert desk.facts is not None
    assert desk.facts.scan is not None
    assert desk.facts.scan.in_force == "KE"
    practice.go(Step.ACCESS_POINT)
    assert met.channels.findData(149) < 0
    assert met.channels.findData(36) >= 0
    assert "1, 6, 11, 36" in met.notes.text


def test_a_country_is_found_by_its_name(shell: Shell, page: AccessPointPage) -> None:
    choose(page, "server")
    assert shell.desk.site.access_point.country == ""
    QTest.keyClicks(page.country.editor, "tanz")
    assert shell.desk.site.access_point.country == "TZ"
    assert page.countries.currentText() == "Tanzania (TZ)"
    page.countries.offer("00")  # of a site file
    page.country.show_value("00")
    assert page.country.value == "00"


def test_where_the_wifi_leads_is_chosen(practice: Shell, met: AccessPointPage) -> None:
    """To the server only, or joined with the cable, whose address then moves."""
    desk = practice.desk
    choose(met, "own")
    assert not met.layout_field.isVisible()
    choose(met, "server")
    assert met.layout_cards.value == "alone"
    assert desk.site.static_ip.interface == "wlan0"
    QTest.mouseClick(met.layout_cards.card("joined"), Qt.MouseButton.LeftButton)
    assert desk.site.access_point.bridge
    assert desk.site.static_ip.interface == "eth0"
    assert "joined by a bridge" in met.notes.text
    assert "goes back" in met.notes.text
    QTest.mouseClick(met.layout_cards.card("alone"), Qt.MouseButton.LeftButton)
    assert desk.site.static_ip.interface == "wlan0"


def test_away_from_the_radio_the_address_goes_back_to_the_cable(
    practice: Shell, met: AccessPointPage
) -> None:
    choose(met, "server")
    assert practice.desk.site.static_ip.interface == "wlan0"
    practice.go(Step.STATIC_IP)  # looking there changes nothing
    assert practice.page is not None
    practice.page.take()
    assert practice.desk.site.static_ip.interface == "wlan0"
    practice.go(Step.ACCESS_POINT)
    choose(met, "own")
    assert practice.desk.site.static_ip.interface == "eth0"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("x" * 33, "33 bytes"),
        ("ä" * 17, "34 bytes"),
        ("Clinic ", "space"),
    ],
)
def test_a_name_that_phones_would_not_show_is_told(
    shell: Shell, page: AccessPointPage, typed: str, words: str
) -> None:
    choose(page, "own")
    editor = page.ssid.editor
    assert isinstance(editor, QLineEdit)
    editor.insert(typed)
    editor.textEdited.emit(typed)
    assert shell.desk.site.access_point.ssid == typed
    shell.next_button.click()
    assert shell.page is page
    assert words in page.ssid.message.text()


@pytest.mark.parametrize(
    ("typed", "words"),
    [("short", "fewer than 8"), ("x" * 64, "more than 63"), ("naïve-password", "character")],
)
def test_a_password_that_no_phone_would_take_is_told(
    shell: Shell, page: AccessPointPage, typed: str, words: str
) -> None:
    choose(page, "own")
    page.secret.setText(typed)
    page.secret.textEdited.emit(typed)
    shell.next_button.click()
    assert shell.page is page
    assert words in page.password.message.text()
    assert page.secret.hasFocus()
    assert typed not in page.password.message.text()
    assert not page.show_code.isVisible()
    page.secret.clear()
    page.secret.textEdited.emit("")
    shell.next_button.click()
    assert shell.page is not page


def test_the_password_is_kept_with_the_secrets_only(shell: Shell, page: AccessPointPage) -> None:
    choose(page, "own")
    QTest.keyClicks(page.ssid.editor, "Clinic")
    QTest.keyClicks(page.secret, "karibu sana")
    assert shell.desk.secrets.wifi_passphrase == "karibu sana"
    shell.desk.save()
    assert shell.desk.key
    text = shell.desk.store.path(shell.desk.key).read_text(encoding="utf-8")
    assert "Clinic" in text
    assert "karibu" not in text
    assert "karibu" not in repr(shell.desk.secrets) + repr(shell.desk.site)


def test_the_code_is_shown_on_demand_and_follows_what_is_typed(
    shell: Shell, page: AccessPointPage
) -> None:
    choose(page, "own")
    QTest.keyClicks(page.secret, "karibu sana")
    assert not page.show_code.isVisible()  # there is no name yet
    QTest.keyClicks(page.ssid.editor, "Clinic")
    assert page.show_code.isVisible()
    assert not page.code.isVisible()
    page.show_code.click()
    assert page.code.isVisible()
    assert "Clinic" in page.code.accessibleName()
    before = page.code.pixmap().toImage()
    QTest.keyClicks(page.secret, "1")
    assert page.code.pixmap().toImage() != before
    shell.back_button.click()
    shell.go(Step.ACCESS_POINT)
    assert not page.code.isVisible()
    assert page.secret.text() == "karibu sana1"
    assert page.secret.echoMode() is QLineEdit.EchoMode.Password


@pytest.mark.parametrize("kind", ["own", "server"])
@pytest.mark.parametrize("size", [(910, 510), (720, 480)])
def test_the_full_page_can_be_used_by_everybody(
    shell: Shell, page: AccessPointPage, qtbot: QtBot, kind: str, size: tuple[int, int]
) -> None:
    choose(page, kind)
    QTest.keyClicks(page.ssid.editor, "Clinic")
    QTest.keyClicks(page.secret, "karibu sana")
    page.show_code.click()
    page.more.unfold()
    page.touch()
    shell.resize(*size)
    qtbot.waitUntil(lambda: not audit.clipped(shell) and not audit.too_wide(shell))
    assert audit.nameless(shell) == []
    assert audit.same_keys(shell) == []
    assert audit.out_of_order(shell, page) == []


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    machine = Machine()
    try:
        yield Device(machine, "22.03", KnownHosts(tmp_path / "known.jsonl"))
    finally:
        machine.close()


def test_an_openwrt_device_is_looked_at_and_set_up(
    page: AccessPointPage,
    shell: Shell,
    qtbot: QtBot,
    device: Device,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is missing is said, its fingerprint shown, then what would change; then it is done."""

    def meet(host: str, password: str, accept: Accept, port: int = 22) -> Setup:
        assert password == PASSWORD
        return Setup(device.open(host, accept), device.open, 30)

    monkeypatch.setattr(Setup, "connect", meet)
    choose(page, "own")
    panel = page.openwrt
    panel.unfold()
    panel.look_button.click()
    assert "has no name yet" in panel.note.text
    QTest.keyClicks(page.ssid.editor, "Clinic")
    QTest.keyClicks(page.secret, "karibu sana")
    QTest.keyClicks(panel.country.editor, "ke")
    panel.secret.setText(PASSWORD)
    panel.look_button.click()
    qtbot.waitUntil(lambda: device.fingerprint in panel.note.text, timeout=20000)
    panel.same_button.click()
    qtbot.waitUntil(panel.change_button.isVisible, timeout=20000)
    told = " ".join(panel.steps.sentences)
    for words in ("DHCP server", "10.20.0.2", "one switch", "“Clinic”", "WPA2 and WPA3"):
        assert words in told
    assert audit.nameless(shell) == []
    assert audit.same_keys(shell) == []
    QTest.keyClicks(panel.address.editor, "10.20.0.1")
    assert not panel.change_button.isVisible(), "what was found is for another address"
    panel.look_button.click()
    assert "is taken" in panel.address.message.text()
    assert panel.address.editor.hasFocus()
    QTest.keyClicks(panel.address.editor, "50")
    assert "is taken" not in panel.address.message.text()
    panel.country.editor.setFocus()
    assert "in the range for phones" in panel.address.message.text(), "said when it is left"
    assert isinstance(panel.address.editor, QLineEdit)
    panel.address.editor.clear()
    panel.look_button.click()
    qtbot.waitUntil(panel.change_button.isVisible, timeout=20000)
    panel.change_button.click()
    qtbot.waitUntil(lambda: "is set up" in panel.note.text, timeout=30000)
    assert "10.20.0.2" in device.machine.run("cat", "/etc/config/network")
    assert "karibu" not in panel.note.text + told
    assert audit.nameless(shell) == []
    assert audit.out_of_order(shell, page) == []


def test_a_second_openwrt_device_gets_another_address(
    page: AccessPointPage, shell: Shell, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two new devices, then the first one again, which stays where it is; then another site."""
    devices = {"192.168.1.1": "192.168.1.1"}  # where it is asked for -> what its settings say

    class Visit(Setup):
        def __init__(self, host: str) -> None:
            self.host = host

        def look(self) -> Router:
            text = (RECORDED / "22.03").read_text().replace("192.168.1.1", devices[self.host])
            return Router("OpenWrt", "", parse(text), (), sae=True)

        def change(self, plan: Plan, cancel: threading.Event | None = None) -> None:
            devices[plan.address] = plan.address

        def close(self) -> None:
            pass

    def meet(host: str, password: str, accept: Accept, port: int = 22) -> Setup:
        return Visit(host)

    def look(host: str) -> str:
        panel.host.show_value(host)
        panel.look_button.click()
        qtbot.waitUntil(panel.change_button.isVisible, timeout=20000)
        return " ".join(panel.steps.sentences)

    def change() -> str:
        panel.change_button.click()
        qtbot.waitUntil(lambda: "is set up" in panel.note.text, timeout=20000)
        return panel.note.text

    monkeypatch.setattr(Setup, "connect", meet)
    choose(page, "own")
    panel = page.openwrt
    panel.unfold()
    QTest.keyClicks(page.ssid.editor, "Clinic")
    QTest.keyClicks(page.secret, "karibu sana")
    QTest.keyClicks(panel.country.editor, "ke")
    assert "10.20.0.2," in look("")
    assert "10.20.0.2." in change()
    assert "10.20.0.3," in look("192.168.1.1")
    assert "10.20.0.3." in change()
    assert "10.20.0.2," in look("10.20.0.2"), "the first one keeps its address"
    assert "10.20.0.2." in change()
    assert "10.20.0.4," in look("")
    shell.desk.begin(SITE, Walk.SETUP)
    assert shell.desk.access_points == ()
