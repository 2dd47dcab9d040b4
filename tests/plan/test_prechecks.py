"""What is told right after the login, from the facts of the golden cases."""

from __future__ import annotations

import json
import string
from typing import Any

import pytest

from tests.plan import golden
from wizard.agent import wire
from wizard.plan.prechecks import Precheck, in_the_way, prechecks, size
from wizard.plan.words import PRECHECKS, WORDS
from wizard.site.flow import Walk

NOW = golden.NOW.timestamp()
FOREIGN = {"port": 67, "protocol": "udp", "address": "0.0.0.0", "pid": 9}
PENDING = {
    "id": "1",
    "state": "applied",
    "who": "Ann on laptop",
    "since": NOW - 60,
    "alive": False,
    "seconds_left": 120.0,
}

# base, what is different, code, state, keeps one from going on, words that must be there
TOLD: tuple[tuple[str, dict[str, Any], str, str, bool, str], ...] = (
    ("debian12-ifupdown", {}, "carrier", "passed", False, "192.168.1.50"),
    ("debian12-ifupdown", {}, "release", "passed", False, "Debian GNU/Linux 12"),
    ("debian12-ifupdown", {}, "manager", "passed", False, "ifupdown"),
    ("debian12-networkd", {}, "manager", "passed", False, "systemd-networkd"),
    ("debian13-networkmanager", {}, "manager", "passed", False, "NetworkManager"),
    ("ubuntu2404-netplan", {}, "manager", "passed", False, "netplan (systemd-networkd)"),
    ("ubuntu2404-desktop", {}, "manager", "passed", False, "netplan (NetworkManager)"),
    ("debian12-ifupdown", {}, "disk", "passed", False, "60 GB"),
    ("debian12-ifupdown", {}, "clock", "passed", False, "agrees"),
    ("debian12-ifupdown", {}, "cht", "passed", False, "4.21.1 runs on it (cht-nginx-1)"),
    ("debian12-ifupdown", {}, "packages", "passed", False, "all programs"),
    ("ubuntu2404-netplan", {}, "packages-fetched", "note", False, "dnsmasq-base"),
    ("ubuntu2404-netplan", {}, "ports", "passed", False, "No other program"),
    ("debian12-ifupdown", {"interfaces.enp1s0.kind": "wifi"}, "carrier-wifi", "warning", False, ""),
    ("debian12-ifupdown", {"connection": None}, "carrier-unknown", "note", False, "cht"),
    ("debian12-ifupdown", {"system.init": "runit"}, "systemd-missing", "failed", True, "runit"),
    ("debian12-ifupdown", {"system.version_id": "10"}, "release-old", "warning", False, ""),
    ("debian12-ifupdown", {"system.version_id": ""}, "release", "passed", False, ""),
    ("debian12-ifupdown", {"system.id": "arch"}, "release-unknown", "warning", False, ""),
    (
        "debian12-ifupdown",
        {"system.architecture": "armhf"},
        "architecture-unknown",
        "warning",
        False,
        "armhf",
    ),
    ("debian12-ifupdown", {"disks.0.free": 49_000_000}, "disk-full", "failed", True, "49 MB"),
    ("debian12-ifupdown", {"disks.0.free": 300_000_000}, "disk-low", "warning", False, "300 MB"),
    ("debian12-ifupdown", {"disks.0.read_only": True}, "disk-read-only", "failed", True, "/"),
    ("debian12-ifupdown", {"disks": []}, "unread", "warning", False, "disk"),
    ("debian12-ifupdown", {"clock.now": 60.0}, "server-clock-wrong", "warning", False, "1970"),
    ("debian12-ifupdown", {"clock.now": NOW + 7200}, "clocks-differ", "warning", False, "12:00"),
    ("debian12-ifupdown", {"packages.lock": "apt"}, "packages-locked", "warning", False, "apt"),
    (
        "ubuntu2404-netplan",
        {"packages.lock": "unattended-upgr"},
        "packages-locked",
        "warning",
        False,
        "look again",
    ),
    (
        "ubuntu2404-netplan",
        {"packages.reachable": False},
        "packages-missing",
        "warning",
        False,
        "no way to the Internet",
    ),
    (
        "debian12-ifupdown",
        {"listeners+": {**FOREIGN, "process": "dhcpd", "unit": "isc-dhcp-server.service"}},
        "port-held",
        "warning",
        False,
        "dhcpd (isc-dhcp-server.service)",
    ),
    (
        "debian12-ifupdown",
        {"listeners+": {**FOREIGN, "address": "127.0.0.1", "process": "dhcpd", "unit": ""}},
        "ports",
        "passed",
        False,
        "",
    ),
    (
        "debian12-ifupdown",
        {"web.0.running": False, "web.0.status": "Exited (1)"},
        "cht-stopped",
        "warning",
        False,
        "Exited (1)",
    ),
    ("debian12-ifupdown", {"web.0.version": ""}, "cht", "passed", False, "The CHT runs on it"),
    ("debian12-ifupdown", {"web.0.kind": "files"}, "web", "note", False, "another web server"),
    (
        "debian12-ifupdown",
        {"web": [], "docker.running": False},
        "web-none",
        "warning",
        False,
        "Docker is not running.",
    ),
    ("debian12-ifupdown", {"web": [], "kubernetes": "k3s"}, "kubernetes", "warning", False, "k3s"),
    ("debian12-ifupdown", {"pending": PENDING}, "pending-left", "failed", True, "in 2 min"),
    (
        "debian12-ifupdown",
        {"pending": {**PENDING, "seconds_left": None}},
        "pending-left",
        "failed",
        True,
        "at its next start",
    ),
    (
        "debian12-ifupdown",
        {"pending": {**PENDING, "alive": True, "state": "armed"}},
        "pending-busy",
        "failed",
        True,
        "Ann on laptop",
    ),
    (
        "debian12-ifupdown",
        {"problems": ["docker: permission denied"]},
        "unread",
        "warning",
        False,
        "docker",
    ),
)


def facts_of(base: str, changes: dict[str, Any]) -> wire.Facts:
    plain = json.loads((golden.HERE / "bases" / f"{base}.json").read_text("utf-8"))
    for path, value in changes.items():
        if path.endswith("+"):
            plain[path[:-1]].append(value)
        elif "." in path:
            golden.change(plain, path, value)
        else:
            plain[path] = value
    return wire.decode(wire.Facts, plain)


def told(found: tuple[Precheck, ...], code: str) -> Precheck:
    return next(p for p in found if p.code == code)


@pytest.mark.parametrize(("base", "changes", "code", "state", "stops", "words"), TOLD)
def test_it_is_told(
    base: str, changes: dict[str, Any], code: str, state: str, stops: bool, words: str
) -> None:
    found = prechecks(facts_of(base, changes), now=NOW)
    one = told(found, code)
    assert one.state == state
    assert (one in in_the_way(found)) == stops
    assert words in f"{one.message} {one.cure}"
    assert one.cure or state in ("passed", "note")


@pytest.mark.parametrize("case", [n for n in golden.names() if n.startswith("manager-")])
def test_planning_and_prechecks_refuse_the_same_managers(case: str) -> None:
    loaded = golden.load(case)
    refusals = {p.code: p.message for p in loaded.plan().problems if p.code.startswith("manager-")}
    stops = in_the_way(prechecks(loaded.facts, now=NOW))
    assert {p.code: p.message for p in stops} == refusals
    assert refusals


def test_a_good_server_has_nothing_in_the_way() -> None:
    for name in golden.names():
        case = golden.load(name)
        stops = {p.code for p in in_the_way(prechecks(case.facts, now=NOW))}
        assert stops <= {p.code for p in case.plan().problems}, name


def test_a_renewal_asks_less_and_a_check_stops_at_nothing() -> None:
    broken = {"network.reason": "several", "disks.0.free": 1, "pending": PENDING}
    facts = facts_of("debian12-ifupdown", broken)
    stops = {
        walk: {p.code for p in in_the_way(prechecks(facts, now=NOW, walk=walk))} for walk in Walk
    }
    assert stops[Walk.SETUP] == {"manager-several", "disk-full", "pending-left"}
    assert stops[Walk.RENEW] == {"disk-full", "pending-left"}
    assert stops[Walk.CHECK] == set()
    assert told(prechecks(facts, now=NOW, walk=Walk.CHECK), "disk-full").state == "warning"


def test_what_is_needed_is_told_apart_from_advice() -> None:
    facts = facts_of("debian12-ifupdown", {})
    needed = {p.code for p in prechecks(facts, now=NOW) if p.mandatory}
    assert needed == {"login", "sudo", "pending", "systemd", "disk", "manager"}
    assert not any(p.mandatory for p in prechecks(facts, now=NOW, walk=Walk.CHECK))


def test_every_sentence_is_told_somewhere() -> None:
    """And none of them needs more than it is given."""
    seen = {code for _, _, code, *_ in TOLD} | {
        p.code for base, changes, *_ in TOLD for p in prechecks(facts_of(base, changes), now=NOW)
    }
    assert set(PRECHECKS) <= seen
    assert seen - set(PRECHECKS) <= set(WORDS)


@pytest.mark.parametrize("code", PRECHECKS)
def test_sentences_are_whole(code: str) -> None:
    message, cure = PRECHECKS[code]
    assert message.rstrip("}").endswith(".")
    assert "!" not in message + cure
    assert all(name for _, name, _, _ in string.Formatter().parse(message) if name is not None)


@pytest.mark.parametrize(
    ("amount", "said"), [(60_000_000_000, "60 GB"), (1_000_000_000, "1 GB"), (49_400_000, "49 MB")]
)
def test_sizes_are_said_as_people_say_them(amount: int, said: str) -> None:
    assert size(amount) == said
