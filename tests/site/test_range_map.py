"""The picture of the addresses: every address has exactly one use."""

from __future__ import annotations

import itertools
from ipaddress import IPv4Address, ip_network

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.site import examples
from wizard.site import model
from wizard.site.addresses import lan
from wizard.site.range_map import Part, Use, counts, parts


def shown(found: tuple[Part, ...]) -> list[tuple[str, str, str]]:
    return [(p.use.value, str(p.first), str(p.last)) for p in found]


def test_a_usual_clinic() -> None:
    site = examples.site(
        static_ip__gateway="10.20.0.254",
        dns_dhcp__reservations=(
            model.Reservation("52:54:00:00:00:09", "10.20.0.50"),
            model.Reservation("52:54:00:00:00:0a", "10.20.0.120"),
        ),
    )
    found = parts(site)
    assert shown(found) == [
        ("server", "10.20.0.1", "10.20.0.1"),
        ("free", "10.20.0.2", "10.20.0.49"),
        ("reserved", "10.20.0.50", "10.20.0.50"),
        ("free", "10.20.0.51", "10.20.0.99"),
        ("range", "10.20.0.100", "10.20.0.119"),
        ("reserved", "10.20.0.120", "10.20.0.120"),
        ("range", "10.20.0.121", "10.20.0.199"),
        ("free", "10.20.0.200", "10.20.0.253"),
        ("gateway", "10.20.0.254", "10.20.0.254"),
    ]
    assert counts(found) == {
        Use.SERVER: 1,
        Use.GATEWAY: 1,
        Use.RESERVED: 2,
        Use.RANGE: 99,
        Use.FREE: 151,
    }


def test_nothing_is_handed_out_when_it_is_switched_off() -> None:
    found = parts(examples.site(dns_dhcp__enabled=False))
    assert Use.RANGE not in counts(found)


def test_a_range_that_makes_no_sense_is_not_shown() -> None:
    assert Use.RANGE not in counts(parts(examples.site(dns_dhcp__first="10.20.0.250")))
    assert Use.RANGE not in counts(parts(examples.site(dns_dhcp__last="")))
    assert parts(examples.site(static_ip__address="10.20.0.1")) == ()


@settings(max_examples=200, deadline=None)
@given(
    prefix=st.integers(16, 30),
    own=st.integers(0, 2**16 - 1),
    ends=st.tuples(st.integers(-300, 2**16 + 300), st.integers(-300, 2**16 + 300)),
    gateway=st.integers(-10, 2**16 + 10),
    kept=st.lists(st.integers(-10, 2**16 + 10), max_size=5),
)
def test_the_parts_cover_the_network_without_gap(
    prefix: int, own: int, ends: tuple[int, int], gateway: int, kept: list[int]
) -> None:
    base = int(IPv4Address("10.20.0.0"))

    def text(number: int) -> str:
        return str(IPv4Address(base + number))

    site = examples.site(
        static_ip=model.StaticIp("eth0", f"{text(own)}/{prefix}", text(gateway)),
        dns_dhcp__first=text(ends[0]),
        dns_dhcp__last=text(ends[1]),
        dns_dhcp__reservations=tuple(model.Reservation("", text(k)) for k in kept),
    )
    found = parts(site)
    there = lan(site)
    assert there is not None
    network = ip_network(str(there.network))
    assert sum(p.count for p in found) == network.num_addresses - 2
    assert found[0].first == network.network_address + 1
    assert found[-1].last == network.broadcast_address - 1
    for one, other in itertools.pairwise(found):
        assert one.last + 1 == other.first
        assert one.use is not other.use
