"""The laptop's own side: addresses, leases, offers, resolver - as values."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.check.clinic import ADDRESS, DOMAIN, HEALTH
from wizard.agent.wire import DhcpOffer
from wizard.certificate.roots import Roots
from wizard.check import CHECKS, Lease, LocalAddress, Result, Surroundings, Target, run

TARGET = Target(DOMAIN, ADDRESS, address6="fd00:20::1")
BY_CODE = {each.code: each for each in CHECKS}


def ask(code: str, around: dict[str, Any], target: Target = TARGET) -> Result:
    surroundings = replace(Surroundings(roots=Roots(public=())), **around)
    return run([BY_CODE[code]], target, surroundings).results[0]


def outcome(result: Result) -> str:
    assert result.message
    assert result.cure or result.state in ("passed", "skipped")
    return f"{result.state}:{result.variant}"


def at(*addresses: str, up: bool = True, interface: str = "lan0") -> dict[str, Any]:
    return {"interfaces": tuple(LocalAddress(interface, a, 24, up) for a in addresses)}


LOOPBACK = LocalAddress("lo", "127.0.0.1", 8)

LINK: dict[str, tuple[dict[str, Any], str]] = {
    "in-the-subnet": (at("10.20.0.57"), "passed:ok"),
    "one-of-several": (at("192.168.1.4", "10.20.0.57"), "passed:ok"),
    "elsewhere": (at("192.168.1.4"), "warning:elsewhere"),
    "nothing": ({"interfaces": ()}, "failed:no-link"),
    "loopback-only": ({"interfaces": (LOOPBACK,)}, "failed:no-link"),
    "down": (at("10.20.0.57", up=False), "failed:no-link"),
    "up-without-address": (at(""), "failed:no-address"),
    "self-given-only": (at("169.254.7.7"), "failed:no-address"),
    "ipv6-only": (at("fe80::1%lan0", "fd00:20::57"), "failed:no-address"),
    "the-servers-own": (at(ADDRESS), "failed:same-address"),
    "not-known": ({"interfaces": None}, "skipped:unknown"),
}


@pytest.mark.parametrize("name", LINK)
def test_link(name: str) -> None:
    around, expected = LINK[name]
    assert outcome(ask("link", around)) == expected


def test_only_the_named_interface_counts() -> None:
    around = at("10.20.0.57", interface="wlan0")
    assert outcome(ask("link", around, replace(TARGET, interface="eth0"))) == "failed:no-link"
    assert outcome(ask("link", around, replace(TARGET, interface="wlan0"))) == "passed:ok"


def test_the_message_tells_both_networks() -> None:
    message = ask("link", at("192.168.1.4")).message
    assert "192.168.1.4" in message
    assert "10.20.0.0/24" in message


def lease(**changes: Any) -> dict[str, Any]:
    good = Lease("10.20.0.57", ADDRESS, (ADDRESS,), (ADDRESS,))
    return {"lease": replace(good, **changes)}


LEASE = {
    "ours": (lease(), "passed:ok"),
    "server-unknown": (lease(server=""), "passed:ok"),
    "with-ipv6-dns": (lease(dns=(ADDRESS, "fd00:20::1", "fe80::1%lan0")), "passed:ok"),
    "typed-in": (lease(dynamic=False), "warning:static"),
    "from-a-router": (lease(server="10.20.0.254"), "failed:other-server"),
    "public-dns-beside": (lease(dns=(ADDRESS, "8.8.8.8")), "failed:other-dns"),
    "router-is-dns": (lease(dns=("10.20.0.254",)), "failed:other-dns"),
    "no-dns": (lease(dns=()), "failed:no-dns"),
    "not-known": ({"lease": None}, "skipped:unknown"),
}


@pytest.mark.parametrize("name", LEASE)
def test_lease(name: str) -> None:
    around, expected = LEASE[name]
    assert outcome(ask("lease", around)) == expected


def test_no_lease_is_expected_where_another_device_hands_them_out() -> None:
    away = replace(TARGET, dns_dhcp=False)
    assert outcome(ask("lease", lease(server="10.20.0.254"), away)) == "skipped:not-ours"


def offer(server: str, **changes: Any) -> DhcpOffer:
    good = DhcpOffer(server, "02:00:00:00:00:01", "10.20.0.99", "255.255.255.0", (server,), ())
    return replace(good, **changes)


OURS = offer(ADDRESS, ours=True)
ROUTER = offer("192.168.1.1", mac="a4:2b:b0:00:00:07")
DHCP: dict[str, tuple[dict[str, Any], str, bool]] = {
    "nobody-else": ({"offers": (OURS,)}, "passed:ok", True),
    "own-not-heard": ({"offers": (), "health": HEALTH}, "passed:ok", True),
    "a-router": ({"offers": (OURS, ROUTER)}, "failed:second", True),
    "own-service-silent": (
        {"offers": (), "health": replace(HEALTH, dhcp_listening=False)},
        "failed:silent",
        True,
    ),
    "not-known": ({"offers": None}, "skipped:unknown", True),
    "the-router-is-meant-to": ({"offers": (ROUTER,)}, "passed:router", False),
    "but-there-are-two": ({"offers": (ROUTER, offer("192.168.1.2"))}, "failed:several", False),
    "or-none": ({"offers": ()}, "warning:nobody", False),
}


@pytest.mark.parametrize("name", DHCP)
def test_dhcp(name: str) -> None:
    around, expected, ours = DHCP[name]
    assert outcome(ask("dhcp", around, replace(TARGET, dns_dhcp=ours))) == expected


def test_the_second_server_is_named_with_its_mac() -> None:
    message = ask("dhcp", {"offers": (OURS, ROUTER, ROUTER)}).message
    assert message.count("192.168.1.1 (MAC a4:2b:b0:00:00:07, TP-Link)") == 1


def finds(*addresses: str) -> dict[str, Any]:
    return {"lookup": lambda _: addresses}


def unknown(_: str) -> tuple[str, ...]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


SYSTEM = {
    "ours": (finds(ADDRESS), "passed:ok"),
    "both-families": (finds(ADDRESS, "fd00:20::1"), "passed:ok"),
    "ipv6-only": (finds("fd00:20::1"), "failed:wrong"),
    "public-address": (finds("203.0.113.9"), "failed:wrong"),
    "both-worlds": (finds(ADDRESS, "203.0.113.9"), "failed:too-many"),
    "other-dns": ({"lookup": unknown, "resolvers": ("1.1.1.1",)}, "failed:other-dns"),
    "vpn": ({"lookup": unknown, "resolvers": ("127.0.0.53",)}, "failed:not-found"),
    "right-dns": ({"lookup": unknown, "resolvers": (ADDRESS,)}, "failed:not-found"),
}


@pytest.mark.parametrize("name", SYSTEM)
def test_the_laptops_own_resolver(name: str, tmp_path: Path) -> None:
    around, expected = SYSTEM[name]
    assert outcome(ask("dns_system", {"hosts": tmp_path / "none", **around})) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"203.0.113.9 box {DOMAIN.upper()} # test", "failed:hosts-file"),
        (f"# 203.0.113.9 {DOMAIN}", "failed:wrong"),
        (f"203.0.113.9 x{DOMAIN}", "failed:wrong"),
    ],
)
def test_a_name_in_the_hosts_file_is_the_cause(tmp_path: Path, text: str, expected: str) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{text}\n")
    result = ask("dns_system", {**finds("203.0.113.9"), "hosts": hosts})
    assert outcome(result) == expected
    if expected == "failed:hosts-file":
        assert str(hosts) in result.cure
