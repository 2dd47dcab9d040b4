"""Recorded settings of several releases, and what has to change for a plain access point."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

import pytest

from wizard.openwrt.model import Router, Wanted
from wizard.openwrt.plan import free_address, judge_address, plan
from wizard.openwrt.uci import parse, quoted
from wizard.openwrt.words import OpenWrtError

HERE = Path(__file__).parent / "recorded"
RELEASES = sorted(path.name for path in HERE.iterdir())
WORD = "it's seven brave cranes"
WANTED = Wanted(IPv4Interface("10.20.0.2/24"), "Zahanati Ö", WORD, "KE", 6)
OWN = IPv4Interface("10.20.0.1/24")


def router(release: str, **changes: object) -> Router:
    settings = parse((HERE / release).read_text())
    made = Router("OpenWrt " + release, "", settings, ("dnsmasq", "odhcpd", "firewall"), sae=True)
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("release", RELEASES)
def test_every_release_becomes_a_plain_access_point(release: str) -> None:
    made = plan(router(release), WANTED)
    batch = made.batch
    assert "set network.lan.ipaddr='10.20.0.2'" in batch
    assert "set network.lan.netmask='255.255.255.0'" in batch
    assert "set dhcp.lan.ignore='1'" in batch
    assert "set dhcp.lan.ra='disabled'" in batch
    assert "set dhcp.lan.dhcpv6='disabled'" in batch
    assert set(made.stop) == {"dnsmasq", "odhcpd", "firewall"}
    assert re.search(r"wireless\.\w+\.country='KE'", batch)
    assert re.search(r"wireless\.\w+\.channel='6'", batch)
    assert re.search(r"wireless\.\w+\.encryption='sae-mixed'", batch)
    assert re.search(r"wireless\.\w+\.ieee80211w='1'", batch)
    assert f".key={quoted(WORD)}" in batch
    assert "ssid='Zahanati Ö'" in batch
    assert WORD not in repr(made) + repr(WANTED)
    assert made.address == "10.20.0.2"


def test_before_21_the_sockets_are_named_in_the_interface() -> None:
    batch = plan(router("19.07"), WANTED).batch
    assert "set network.lan.ifname='eth0.1 eth0.2'" in batch
    assert "delete network.wan\n" in batch
    assert "delete network.wan6\n" in batch
    assert "set wireless.radio0.disabled='0'" in batch


def test_later_the_wan_socket_joins_the_bridge() -> None:
    batch = plan(router("22.03"), WANTED).batch
    assert "add_list network.@device[0].ports='wan'" in batch
    assert "delete network.wan\n" in batch
    assert "delete network.lan.ip6assign" in batch
    assert "radio1" in batch
    assert "wireless.radio0.channel" not in batch, "5 GHz is left alone"


def test_a_second_wifi_is_switched_off() -> None:
    made = plan(router("24.10"), WANTED)
    assert "set wireless.default_radio0.disabled='1'" in made.batch
    assert any("other Wi-Fi" in step.sentence for step in made.steps)
    assert "delete network.lan.ipaddr\n" in made.batch  # a list with the length in it


def test_a_device_with_one_socket_gets_a_bridge() -> None:
    batch = plan(router("23.05-one-socket"), WANTED).batch
    assert "set network.cht_bridge=device" in batch
    assert "add_list network.cht_bridge.ports='eth0'" in batch
    assert "set network.lan.device='br-lan'" in batch


def test_without_wpa3_it_is_wpa2() -> None:
    batch = plan(router("22.03", sae=False), WANTED).batch
    assert "encryption='psk2+ccmp'" in batch
    with pytest.raises(OpenWrtError) as refused:
        plan(router("22.03", sae=False), replace(WANTED, security="wpa3"))
    assert refused.value.code == "wpa3-unable"


MORE = {
    "vlans": "package network\nconfig bridge-vlan\n\toption device 'br-lan'\n\toption vlan '1'\n",
    "uplink-wifi": "package wireless\nconfig wifi-iface 'up'\n\toption mode 'sta'\n",
}


@pytest.mark.parametrize("code", MORE)
def test_what_somebody_has_set_up_on_purpose_is_left(code: str) -> None:
    text = (HERE / "22.03").read_text() + MORE[code]
    with pytest.raises(OpenWrtError) as refused:
        plan(router("22.03", settings=parse(text)), WANTED)
    assert refused.value.code == code


@pytest.mark.parametrize("flag", ["pending", "unsaved"])
def test_nobody_is_disturbed(flag: str) -> None:
    with pytest.raises(OpenWrtError):
        plan(router("22.03", **{flag: True}), WANTED)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("package network\n", "no-lan"),
        ("package network\nconfig interface 'lan'\n\toption device 'br-lan'\n", "no-radio"),
    ],
)
def test_what_is_missing_is_told(text: str, code: str) -> None:
    with pytest.raises(OpenWrtError) as refused:
        plan(Router("", "", parse(text)), WANTED)
    assert refused.value.code == code


@pytest.mark.parametrize("text", ["config x\n", "package n\nnonsense\n", "package n\nconfig 'x\n"])
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text)


PHONES = IPv4Address("10.20.0.100"), IPv4Address("10.20.0.199")
USED = {IPv4Address("10.20.0.2"), IPv4Address("10.20.0.254")}


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("10.20.0.150", "address-in-range"),
        ("10.20.0.1", "address-taken"),
        ("10.20.0.2", "address-taken"),
        ("192.168.1.2", "address-outside"),
        ("10.20.0.0", "address-outside"),
        ("10.20.0.255", "address-outside"),
        ("10.20.0.4", ""),
    ],
)
def test_its_address_disturbs_nobody(address: str, code: str) -> None:
    given = (IPv4Address(address), OWN, PHONES, USED)
    if not code:
        judge_address(*given)
        return
    with pytest.raises(OpenWrtError) as refused:
        judge_address(*given)
    assert refused.value.code == code
    assert "10.20.0.3" in refused.value.cure


@pytest.mark.parametrize(
    ("own", "first", "last", "free"),
    [
        ("10.20.0.1/24", "10.20.0.100", "10.20.0.199", "10.20.0.2"),
        ("10.20.0.1/24", "10.20.0.2", "10.20.0.199", "10.20.0.254"),
        ("10.20.0.1/24", "10.20.0.2", "10.20.0.254", ""),
        ("10.20.0.254/24", "10.20.0.2", "10.20.0.253", "10.20.0.1"),
        ("10.0.0.1/8", "10.0.0.2", "10.255.255.250", "10.255.255.254"),
        ("10.0.0.1/8", "10.0.0.2", "10.255.255.254", ""),
    ],
)
def test_a_free_address_is_proposed(own: str, first: str, last: str, free: str) -> None:
    given = IPv4Interface(own), (IPv4Address(first), IPv4Address(last))
    if free:
        assert str(free_address(*given)) == free
        return
    with pytest.raises(OpenWrtError) as refused:
        free_address(*given)
    assert refused.value.code == "no-room"


def test_a_used_address_is_not_proposed() -> None:
    assert str(free_address(OWN, PHONES, USED)) == "10.20.0.3"
    wide = IPv4Address("10.20.0.2"), IPv4Address("10.20.0.199")
    assert str(free_address(OWN, wide, USED)) == "10.20.0.253"


def test_without_a_range_the_next_address_is_proposed() -> None:
    assert str(free_address(OWN, None)) == "10.20.0.2"
