"""Servers found without knowing an address, and the lifeline, in networks of their own."""

from __future__ import annotations

import contextlib
import selectors
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.remote.machine import PASSWORD, Machine, cable, free_port, inside, link_local
from wizard.agent import wire
from wizard.remote import discover as room
from wizard.remote.discover import Found, discover
from wizard.remote.hosts import KnownHosts
from wizard.remote.lifeline import Lifeline, NoLifeline, refuge
from wizard.remote.lifeline import link_local as server_link_local
from wizard.remote.login import Credentials
from wizard.remote.session import Session

NURSE = Credentials("nurse", PASSWORD)


@dataclass(frozen=True)
class FakeLink:
    """What wizard.laptop tells of an interface."""

    name: str
    index: int
    scope_id: str
    addresses4: tuple[tuple[str, int], ...] = ()
    addresses6: tuple[tuple[str, int], ...] = ()
    up: bool = True


@dataclass
class Clinic:
    """A laptop with two cables: one to a LAN with IPv4, one straight to a server without."""

    laptop: Machine
    lan: Machine
    bare: Machine
    fingerprints: dict[str, str]
    links: tuple[FakeLink, ...]
    addresses: dict[str, str]


@pytest.fixture(scope="module")
def clinic() -> Iterator[Clinic]:
    machines = [Machine(net=True) for _ in range(3)]
    laptop, lan, bare = machines
    try:
        cable(laptop, "lan0", lan, "eth0")
        cable(laptop, "usb0", bare, "eth0")
        laptop.run("ip", "addr", "add", "192.168.7.20/24", "dev", "lan0")
        lan.run("ip", "addr", "add", "192.168.7.1/24", "dev", "eth0")
        keys = {}
        addresses = {}
        for name, machine in (("lan", lan), ("bare", bare)):
            machine.user("nurse")
            addresses[name] = link_local(machine, "eth0")
            keys[name] = machine.host_key()
            machine.sshd(22, listen=("0.0.0.0", "::"))
        # An SSH server on the laptop itself is not news.
        laptop.host_key()
        laptop.sshd(22, listen=("0.0.0.0", "::"))
        links = (
            FakeLink(
                "lan0", 2, "lan0", (("192.168.7.20", 24),), ((link_local(laptop, "lan0"), 64),)
            ),
            FakeLink("usb0", 3, "usb0", (), ((link_local(laptop, "usb0"), 64),)),
        )
        yield Clinic(laptop, lan, bare, keys, links, addresses)
    finally:
        for machine in machines:
            machine.close()


def test_every_server_is_found_by_every_way(clinic: Clinic) -> None:
    told: list[Found] = []
    with inside(clinic.laptop):
        begun = time.monotonic()
        found = discover(clinic.links, seconds=10, on_found=told.append)
        took = time.monotonic() - begun
    assert took < 12
    assert {(f.address, f.interface, f.fingerprint) for f in found} == {
        (f"{clinic.addresses['lan']}%lan0", "lan0", clinic.fingerprints["lan"]),
        (f"{clinic.addresses['bare']}%usb0", "usb0", clinic.fingerprints["bare"]),
        ("192.168.7.1", "lan0", clinic.fingerprints["lan"]),
    }
    assert found[-1].address == "192.168.7.1"  # link-local first
    for one in found:
        assert one.banner.startswith("SSH-2.0-OpenSSH")
        assert len(one.mac) == 17
    assert {f.address for f in told} == {f.address for f in found}
    macs = {f.address: f.mac for f in found}
    assert macs["192.168.7.1"] == macs[f"{clinic.addresses['lan']}%lan0"]


def test_what_was_found_can_be_opened(clinic: Clinic, known: KnownHosts) -> None:
    with inside(clinic.laptop):
        (one,) = discover(clinic.links[1:], seconds=10)
        with Session.open(one.address, 22, NURSE, known, accept=one.fingerprint) as session:
            assert session.run(["id", "-un"]).out == b"nurse\n"


def test_it_can_be_cancelled(clinic: Clinic) -> None:
    stop = threading.Event()
    stop.set()
    with inside(clinic.laptop):
        begun = time.monotonic()
        assert discover(clinic.links, cancelled=stop.is_set) == ()
        assert time.monotonic() - begun < 2


def test_a_silent_network_costs_little_time(clinic: Clinic) -> None:
    """Two dead subnets of the largest size that is still looked through."""
    present = ("10.77.0.1", "10.78.0.1")
    for address in present:
        clinic.laptop.run("ip", "addr", "add", f"{address}/22", "dev", "lan0")
    links = (FakeLink("lan0", 2, "lan0", tuple((a, 22) for a in present)),)
    try:
        with inside(clinic.laptop):
            begun = time.monotonic()
            assert discover(links, seconds=6) == ()
            assert time.monotonic() - begun < 8
    finally:
        for address in present:
            clinic.laptop.run("ip", "addr", "del", f"{address}/22", "dev", "lan0")


def test_large_and_foreign_networks_are_left_alone() -> None:
    link = FakeLink("eth0", 2, "eth0", (("10.0.0.5", 8), ("10.1.0.5", 21), ("10.2.0.1", 32)))
    assert room._candidates([link], {"10.0.0.5"}) == {}
    small = FakeLink("eth0", 2, "eth0", (("10.0.0.5", 30),))
    assert list(room._candidates([small], {"10.0.0.5"})) == ["10.0.0.6"]


NETSH = """
Schnittstelle 12: Ethernet

Internetadresse                               Physikal. Adresse  Typ
--------------------------------------------  -----------------  -----------
fe80::216:3eff:fe11:2233                      00-16-3e-11-22-33  Erreichbar
fe80::1                                       00-00-00-00-00-00  Nicht erreichbar
ff02::1                                       33-33-00-00-00-01  Permanent
"""
NEIGH = """
fe80::216:3eff:fe11:2233 lladdr 00:16:3e:11:22:33 STALE
fe80::9 FAILED
fd00::1 lladdr 00:16:3e:11:22:34 router REACHABLE
fe80::7 INCOMPLETE
"""


@pytest.mark.parametrize("text", [NETSH, NEIGH])
def test_neighbour_tables_of_both_systems(text: str) -> None:
    assert room.neighbours(text) == {"fe80::216:3eff:fe11:2233": "00:16:3e:11:22:33"}


def test_the_commands_of_both_systems() -> None:
    link = FakeLink("Ethernet 2", 12, "12")
    assert room.ping_command("12", "win32")[-1] == "ff02::1%12"
    assert room.neighbour_command(link, "win32")[-1] == "interface=12"
    assert room.ping_command("eth0", "linux")[-1] == "ff02::1%eth0"


# ---------------------------------------------------------------------------- lifeline


def interface(name: str, *addresses: str, master: str = "", up: bool = True) -> wire.Interface:
    return wire.Interface(
        name=name,
        mac="02:00:00:00:00:01",
        kind="ethernet",
        up=up,
        carrier=True,
        driver="",
        master=master,
        mtu=1500,
        addresses=tuple(
            wire.Address(a, 64, 6, "link" if a.startswith("fe80") else "global", False)
            for a in addresses
        ),
        ipv6=True,
        manager="",
        profile="",
    )


def test_the_lifeline_survives_the_change_of_address(clinic: Clinic, known: KnownHosts) -> None:
    server = [interface("eth0", "fd00::1", clinic.addresses["lan"])]
    with inside(clinic.laptop):
        fingerprint = clinic.fingerprints["lan"]
        session = Session.open("192.168.7.1", 22, NURSE, known, accept=fingerprint)
        line = Lifeline.open(session, server, "eth0", clinic.links, NURSE, known)
        assert isinstance(line, Lifeline), line
        assert line.interface == "lan0"
        assert line.address == f"{clinic.addresses['lan']}%lan0"
        try:
            clinic.lan.run("ip", "addr", "del", "192.168.7.1/24", "dev", "eth0")
            assert line.session.run(["echo", "here"], timeout=10).out == b"here\n"
        finally:
            clinic.lan.run("ip", "addr", "add", "192.168.7.1/24", "dev", "eth0")
            line.close()
            session.close()


def test_a_server_with_another_address_than_before_is_found_again(
    clinic: Clinic, known: KnownHosts
) -> None:
    """As after a power cut, when its router has forgotten which address it gave."""
    server = [interface("eth0", "fd00::1", clinic.addresses["lan"])]
    with inside(clinic.laptop):
        accept = clinic.fingerprints["lan"]
        label = "clinic.example.org"
        way = ("192.168.7.1", 22, NURSE, known)
        with contextlib.closing(Session.open(*way, accept=accept, server_id=label)) as session:
            there = refuge(server, "eth0", clinic.links, session.laptop_address)
        assert there == f"{clinic.addresses['lan']}%lan0"
        clinic.lan.run("ip", "addr", "del", "192.168.7.1/24", "dev", "eth0")
        try:  # known by its key, so that nobody is asked
            Session.open(there, 22, NURSE, known, server_id=label).close()
        finally:
            clinic.lan.run("ip", "addr", "add", "192.168.7.1/24", "dev", "eth0")
    assert refuge(server, "eth0", clinic.links, "127.0.0.1") == "", "the practice clinic's"
    assert refuge(server, "", clinic.links, session.laptop_address) == ""


@pytest.mark.parametrize("case", ["none", "wrong-address", "another-server", "no-link"])
def test_why_there_is_no_lifeline(clinic: Clinic, known: KnownHosts, case: str) -> None:
    own, other = clinic.addresses["lan"], clinic.addresses["bare"]
    server, links, reason = {
        "none": ([interface("eth0", "fd00::1")], clinic.links, "server-has-none"),
        "wrong-address": ([interface("eth0", "fe80::dead")], clinic.links, "no-answer"),
        "another-server": ([interface("eth0", other)], clinic.links, "other-server"),
        "no-link": (
            [interface("eth0", own)],
            (FakeLink("lan0", 2, "lan0", (("192.168.7.20", 24),)),),
            "laptop-has-none",
        ),
    }[case]
    with inside(clinic.laptop):
        session = Session.open("192.168.7.1", 22, NURSE, known, accept=clinic.fingerprints["lan"])
        begun = time.monotonic()
        line = Lifeline.open(session, server, "eth0", links, NURSE, known, seconds=4)
        took = time.monotonic() - begun
        session.close()
    assert isinstance(line, NoLifeline)
    assert line.reason == reason
    assert took < 6


def test_bridges_and_their_ports_are_tried_too() -> None:
    interfaces = (
        interface("eth0", "fe80::1", master="br0"),
        interface("br0", "fe80::b"),
        interface("eth1", "fe80::2"),
        interface("wlan0", "fe80::3", master="br0", up=False),
    )
    assert server_link_local(interfaces, "eth0") == ("fe80::1", "fe80::b")
    assert server_link_local(interfaces, "br0") == ("fe80::b", "fe80::1")
    assert server_link_local(interfaces, "nonesuch") == ()


def test_silence_on_the_port_is_not_a_server(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as quiet:
        port = quiet.getsockname()[1]
        begun = time.monotonic()
        one = room.greet("127.0.0.1", port, "lo", "", 1.0)
        assert one == Found("127.0.0.1", "lo", "", "")
        assert time.monotonic() - begun < 4
    assert room.greet("127.0.0.1", free_port(), "lo", "", 1.0) is None


class Demanding(selectors.SelectSelector):
    """As on Windows, where there is no waiting for nothing."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if not self.get_map():
            raise OSError(10022, "An invalid argument was supplied")
        return super().select(timeout)


def test_a_network_that_refuses_every_attempt_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "DefaultSelector", Demanding)
    link = FakeLink("eth0", 2, "2")
    # No TCP goes there.
    nobody: dict[str, room.Link] = dict.fromkeys(("255.255.255.255", "224.0.0.1"), link)
    found = room._open_ports(nobody, 22, time.monotonic() + 2, lambda: False)
    assert list(found) == []
