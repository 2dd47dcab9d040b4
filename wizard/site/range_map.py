"""Who has which addresses of the site's network, as the parts of one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface

from wizard.site.addresses import ends, ipv4, lan
from wizard.site.dns_dhcp import range_of
from wizard.site.model import Site


class Use(StrEnum):
    """What addresses are for."""

    SERVER = "server"
    GATEWAY = "gateway"
    RESERVED = "reserved"
    RANGE = "range"
    FREE = "free"


@dataclass(frozen=True)
class Part:
    """Addresses from `first` to `last`, both included, that are for the same use."""

    use: Use
    first: IPv4Address
    last: IPv4Address

    @property
    def count(self) -> int:
        """How many addresses these are."""
        return int(self.last) - int(self.first) + 1


def parts(site: Site) -> tuple[Part, ...]:
    """Return the addresses that devices can have, in order and without a gap.

    Empty while the server's address makes no sense. An address that has two uses counts for the
    stronger one: server, gateway, reserved, range. A range that reaches out of the network is
    cut; `wizard.site.problems` tells of it.
    """
    own = lan(site)
    return tuple(_merged(_parts(site, own))) if own is not None else ()


def counts(found: tuple[Part, ...]) -> Mapping[Use, int]:
    """Return how many addresses each use has; uses without any are left out."""
    return {use: count for use in Use if (count := sum(p.count for p in found if p.use is use)) > 0}


def _parts(site: Site, own: IPv4Interface) -> Iterator[Part]:
    low, high = ends(own.network)
    single = {ipv4(r.address): Use.RESERVED for r in site.dns_dhcp.reservations}
    single[ipv4(site.static_ip.gateway)] = Use.GATEWAY
    single[own.ip] = Use.SERVER
    both = range_of(site.dns_dhcp) if site.dns_dhcp.enabled else None
    first, last = both or (high, low)
    # Every address at which the use may change.
    marks = {low, first, last + 1 if both else low}
    for address in single:
        if address is not None and low <= address <= high:
            marks |= {address, address + 1}
    cuts = sorted(a for a in marks if low <= a <= high)
    for start, stop in zip(cuts, [*cuts[1:], high + 1], strict=True):
        use = single.get(start) or (Use.RANGE if both and first <= start <= last else Use.FREE)
        yield Part(use, start, stop - 1)


def _merged(found: Iterator[Part]) -> Iterator[Part]:
    before: Part | None = None
    for part in found:
        if before is not None and before.use is part.use:
            before = Part(part.use, before.first, part.last)
            continue
        if before is not None:
            yield before
        before = part
    if before is not None:
        yield before
