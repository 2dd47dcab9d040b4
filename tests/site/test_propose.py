"""Proposals: what is proposed has nothing wrong with it, whatever the server has."""

from __future__ import annotations

import dataclasses
from ipaddress import IPv4Address, IPv4Interface, ip_interface, ip_network
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.site import examples
from wizard.agent import names, wire
from wizard.site import model, propose, static_ip
from wizard.site.problems import problems


def address(text: str, **changes: Any) -> wire.Address:
    ip, _, prefix = text.partition("/")
    plain = wire.Address(ip, int(prefix), 6 if ":" in ip else 4, "global", dynamic=True)
    return dataclasses.replace(plain, **changes)


def over(name: str) -> wire.Connection:
    return wire.Connection("192.168.1.9", 50000, "192.168.1.20", 22, name)


def server(*interfaces: wire.Interface, **changes: Any) -> wire.Facts:
    return examples.facts(interfaces=interfaces, **changes)


ETH0 = examples.interface("eth0", "192.168.1.20/24")
ETH1 = examples.interface("eth1", "10.1.0.5/24", mac="52:54:00:00:00:02")
WLAN = examples.interface("wlan0", kind="wifi")
DOCKER0 = examples.interface("docker0", "172.17.0.1/16", kind="bridge", manager="")


# ------------------------------------------------------------------------ interfaces


def test_what_exists_only_inside_the_server_is_not_offered() -> None:
    veth = examples.interface("veth1", kind="virtual", master="docker0")
    facts = server(ETH0, DOCKER0, veth, WLAN)
    assert [i.name for i in propose.choices(facts)] == ["eth0", "wlan0"]
    assert [i.name for i in propose.inner(facts)] == ["docker0", "veth1"]


def test_the_interface_of_our_session_is_proposed() -> None:
    found = propose.interface(server(ETH0, ETH1, connection=over("eth1")))
    assert found is not None
    assert found.name == "eth1"


def test_of_a_bridge_the_bridge_is_proposed_and_not_its_port() -> None:
    port = dataclasses.replace(ETH0, addresses=(), master="br0")
    bridge = examples.interface("br0", "192.168.1.20/24", kind="bridge")
    found = propose.interface(server(port, bridge, connection=over("eth0")))
    assert found is not None
    assert found.name == "br0"


def test_of_our_own_bridge_it_is_the_cable_that_is_offered() -> None:
    """People chose the cable, and go on with it; the address is the bridge's."""
    cable = examples.interface("eth0", master=names.BRIDGE)
    radio = examples.interface("wlan0", kind="wifi", master=names.BRIDGE)
    bridge = examples.interface(names.BRIDGE, "10.20.0.1/24", kind="bridge")
    facts = server(bridge, cable, radio, connection=over(names.BRIDGE))
    assert propose.choices(facts) == (cable,)
    assert propose.interface(facts) == cable
    assert propose.address(facts, "eth0") == "10.20.0.1/24"
    assert propose.kept(facts, "eth0", "10.20.0.1/24")
    site = examples.site(static_ip=model.StaticIp("eth0", "10.20.0.1/24"))
    assert not [p for p in static_ip.check(site, facts) if p.severity == "problem"]
    # a bridge without its cable is what is left to choose
    assert propose.choices(server(bridge)) == (bridge,)


@pytest.mark.parametrize(
    ("interfaces", "expected"),
    [
        ((ETH0, WLAN), "eth0"),
        ((dataclasses.replace(ETH0, carrier=False), ETH1), "eth1"),
        ((ETH0, ETH1), None),
        ((WLAN,), None),
        ((), None),
    ],
)
def test_without_a_session_only_a_single_cable_is_proposed(
    interfaces: tuple[wire.Interface, ...], expected: str | None
) -> None:
    found = propose.interface(server(*interfaces))
    assert (found.name if found else None) == expected


# ------------------------------------------------------------------------- addresses


def test_the_present_address_is_kept() -> None:
    assert propose.address(server(ETH0, DOCKER0), "eth0") == "192.168.1.20/24"
    assert propose.kept(server(ETH0), "eth0", "192.168.1.20/24")
    assert not propose.kept(server(ETH0), "eth0", "192.168.1.20/16")
    assert not propose.kept(None, "eth0", "192.168.1.20/24")


@pytest.mark.parametrize(
    ("present", "docker"),
    [
        ("41.90.64.7/24", ()),  # public
        ("169.254.3.4/16", ()),  # gave it to itself
        ("100.64.1.2/24", ()),  # the provider's own network
        ("10.0.0.5/8", ()),  # too large to be meant so
        ("172.17.0.9/24", ("172.17.0.0/16",)),  # Docker's
    ],
)
def test_an_address_that_is_not_fit_to_be_kept_is_replaced_by_a_calm_one(
    present: str, docker: tuple[str, ...]
) -> None:
    facts = server(examples.interface("eth0", present), docker__networks=docker)
    assert propose.address(facts, "eth0") == "10.20.0.1/24"


def test_a_calm_address_stays_clear_of_what_the_server_uses() -> None:
    bare = examples.interface("eth0")
    facts = server(bare, examples.interface("eth1", "10.20.0.7/22"))
    assert propose.address(facts, "eth0") == "10.20.4.1/24"
    assert propose.address(server(bare, docker__networks=("10.0.0.0/8",)), "eth0").startswith(
        "192.168."
    )


def test_an_address_that_somebody_else_has_is_not_proposed() -> None:
    found = propose.address(server(ETH0), "eth0", avoid=("192.168.1.20/24", "10.20.0.1/24"))
    assert found == "10.20.1.1/24"


def test_without_a_server_a_calm_address_is_proposed() -> None:
    assert propose.address(None, "") == propose.CALM
    assert propose.fixed(model.Site(), None).address == propose.CALM


def test_a_gateway_is_kept_only_where_it_fits() -> None:
    site = examples.site(static_ip__gateway="192.168.1.1")
    assert propose.fixed(site, server(ETH0)).gateway == "192.168.1.1"
    site = examples.site(static_ip__gateway="10.20.0.254")
    assert propose.fixed(site, server(ETH0)).gateway == ""


def test_the_chosen_interface_stays_chosen() -> None:
    site = examples.site(static_ip__interface="eth1")
    facts = server(ETH0, ETH1, connection=over("eth0"))
    assert propose.fixed(site, facts) == model.StaticIp("eth1", "10.1.0.5/24")
    site = examples.site(static_ip__interface="eth9")
    assert propose.fixed(site, facts) == model.StaticIp("eth0", "192.168.1.20/24")


def test_ipv6_is_the_same_each_time_and_another_one_for_another_server() -> None:
    first = propose.address6("server-a")
    assert first == propose.address6("server-a") != propose.address6("server-b")
    network = ip_interface(first).network
    assert network.subnet_of(ip_network("fd00::/8"))  # type: ignore[arg-type]
    assert network.prefixlen == 64


def test_no_ipv6_is_proposed_where_it_is_off_and_none_that_is_taken() -> None:
    off = dataclasses.replace(ETH0, ipv6=False)
    assert propose.address6("a", server(off), "eth0") == ""
    taken = propose.address6("a")
    other = dataclasses.replace(ETH1, addresses=(address(taken),))
    assert propose.address6("a", server(ETH0, other), "eth0") not in ("", taken)


# ----------------------------------------------------------------------------- range


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("10.20.0.1/24", ("10.20.0.100", "10.20.0.199")),
        ("10.20.0.254/24", ("10.20.0.100", "10.20.0.199")),
        ("10.20.0.150/24", ("10.20.0.50", "10.20.0.149")),
        ("10.20.0.100/24", ("10.20.0.150", "10.20.0.249")),
        ("10.20.0.1/22", ("10.20.0.100", "10.20.3.199")),
        ("10.20.4.1/16", ("10.20.4.100", "10.20.7.199")),
        ("10.20.0.1/26", ("10.20.0.5", "10.20.0.62")),
        ("10.20.0.1/28", ("10.20.0.2", "10.20.0.14")),
        ("10.20.0.1/30", ("10.20.0.2", "10.20.0.2")),
        ("nonsense", None),
        ("10.20.0.1/31", None),
    ],
)
def test_the_range_follows_from_the_address(own: str, expected: tuple[str, str] | None) -> None:
    assert propose.dhcp_range(examples.site(static_ip__address=own)) == expected


def test_a_full_network_has_no_range() -> None:
    site = examples.site(static_ip__address="10.20.0.1/30", static_ip__gateway="10.20.0.2")
    assert propose.dhcp_range(site) is None


# ---------------------------------------------- nothing proposed has a problem, ever

HOSTS = st.integers(0, 2**32 - 1).map(lambda n: str(IPv4Address(n)))
NETWORKS = st.one_of(
    st.tuples(HOSTS, st.integers(0, 32)),
    st.tuples(
        st.sampled_from(["10.20.0.0", "10.0.0.0", "192.168.0.0", "172.17.0.0", "10.20.3.128"]),
        st.integers(8, 30),
    ),
).map(lambda pair: f"{pair[0]}/{pair[1]}")


@st.composite
def servers(draw: st.DrawFn) -> wire.Facts:
    """Any server: addresses anywhere, bridges, radios, Docker networks."""
    names = draw(
        st.lists(st.sampled_from(["eth0", "eth1", "wlan0", "br0", "docker0"]), unique=True)
    )
    interfaces = []
    for name in names:
        kind = {"wlan0": "wifi", "br0": "bridge", "docker0": "bridge"}.get(name, "ethernet")
        interfaces.append(
            examples.interface(
                name,
                *draw(st.lists(NETWORKS, max_size=2)),
                kind=kind,
                carrier=draw(st.booleans()),
                ipv6=draw(st.booleans()),
                master="br0" if name == "eth1" and draw(st.booleans()) else "",
                manager=draw(st.sampled_from(["netplan", ""])),
            )
        )
    return examples.facts(
        interfaces=tuple(interfaces),
        docker__networks=tuple(draw(st.lists(NETWORKS, max_size=3))),
        connection=draw(st.one_of(st.none(), st.sampled_from(["eth0", "eth1", "gone"]).map(over))),
    )


@settings(max_examples=150, deadline=None)
@given(facts=servers(), gateway=st.one_of(st.just(""), HOSTS), chosen=st.sampled_from(["", "eth0"]))
def test_a_proposed_address_has_no_problem(facts: wire.Facts, gateway: str, chosen: str) -> None:
    site = examples.site(static_ip=model.StaticIp(chosen, gateway=gateway))
    proposal = propose.fixed(site, facts)
    if not proposal.interface or not proposal.address:
        return
    site = dataclasses.replace(site, static_ip=proposal)
    site = dataclasses.replace(
        site,
        static_ip=dataclasses.replace(
            proposal, address6=propose.address6("seed", facts, proposal.interface)
        ),
    )
    wrong = [
        p
        for p in problems(site, facts)
        if p.field.startswith("static_ip")
        and (p.severity == "problem" or (p.severity == "warning" and "interface" not in p.field))
    ]
    assert not wrong


@settings(max_examples=200, deadline=None)
@given(
    own=st.tuples(st.integers(0, 2**16 - 1), st.integers(16, 30)),
    gateway=st.integers(0, 2**16 - 1),
    kept=st.lists(st.integers(0, 2**16 - 1), max_size=8, unique=True),
    named=st.lists(st.integers(0, 255), max_size=2, unique=True),
)
def test_a_proposed_range_has_no_problem(
    own: tuple[int, int], gateway: int, kept: list[int], named: list[int]
) -> None:
    base = int(IPv4Address("10.20.0.0"))
    interface = IPv4Interface(f"{IPv4Address(base + own[0])}/{own[1]}")
    net = interface.network
    inside = [a for a in (IPv4Address(base + n) for n in kept) if a in net]
    site = examples.site(
        static_ip=model.StaticIp("eth0", str(interface), str(IPv4Address(base + gateway))),
        dns_dhcp__reservations=tuple(
            model.Reservation(f"52:54:00:00:01:{n:02x}", str(a)) for n, a in enumerate(inside)
        ),
        dns_dhcp__names=tuple(
            model.Name(f"n{n}.example.org", str(IPv4Address(base + n))) for n in named
        ),
    )
    found = propose.dhcp_range(site)
    if found is None:
        return
    first, last = found
    site = dataclasses.replace(
        site, dns_dhcp=dataclasses.replace(site.dns_dhcp, first=first, last=last)
    )
    ranges = [p.code for p in problems(site) if p.code.startswith("range_")]
    ranges += [p.code for p in problems(site) if p.code == "name_in_range"]
    assert set(ranges) <= {"range_small"}
    for reservation in site.dns_dhcp.reservations:
        assert not IPv4Address(first) <= IPv4Address(reservation.address) <= IPv4Address(last)
