"""Proposals for a site: which interface, which address, which range; pure, from facts and site."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address

from wizard.agent import names, wire
from wizard.site import bridge, static_ip
from wizard.site.addresses import ends, interface4, ipv4, lan
from wizard.site.model import Site, StaticIp

CALM = "10.20.0.1/24"
"""What is proposed where nothing is known: rarely used by routers, Docker and VPNs."""

_ROOM = 100  # addresses handed out; enough for a clinic, and the rest stays for fixed devices
_LOW, _HIGH = 100, 199  # of a network with 256 addresses


# ---------------------------------------------------------------------- interfaces


def choices(facts: wire.Facts) -> tuple[wire.Interface, ...]:
    """Return the interfaces that a cable or radio leads to, without the parts of a bridge.

    Of the bridge that this program makes it is the cable that is offered, as it was before.
    """
    cable = bridge.cable(facts)
    return tuple(
        i
        for i in facts.interfaces
        if static_ip.outer(i)
        and (i == cable or not i.master)
        and (i.name != names.BRIDGE or cable is None)
    )


def inner(facts: wire.Facts) -> tuple[wire.Interface, ...]:
    """Return the interfaces that exist only inside the server, or as a part of another one."""
    offered = choices(facts)
    return tuple(i for i in facts.interfaces if i not in offered and i.kind != "loopback")


def interface(facts: wire.Facts) -> wire.Interface | None:
    """Return the interface that carries our SSH session, else the only cable with link."""
    offered = {i.name: i for i in choices(facts)}
    carrier = facts.connection.interface if facts.connection is not None else ""
    part, cable = facts.interface(carrier), bridge.cable(facts)
    ours = cable.name if cable is not None and carrier == names.BRIDGE else ""
    for name in (carrier, part.master if part is not None else "", ours):
        if name in offered:
            return offered[name]
    cables = [i for i in offered.values() if i.carrier and i.kind != "wifi"]
    return cables[0] if len(cables) == 1 else None


# ----------------------------------------------------------------------- addresses


def address(facts: wire.Facts | None, name: str, avoid: Collection[str] = ()) -> str:
    """Return an address with prefix for the interface of that name.

    Its present one, if the server may keep it; else the first of a calm private network that
    clashes with nothing on the server. "" when everything is taken. Without facts a calm one.
    `avoid` are addresses, with prefix, that somebody else was found to have.
    """
    if facts is None:
        return CALM
    present = bridge.lan(facts, name)
    own = [f"{a.address}/{a.prefix}" for a in (present.addresses if present is not None else ())]
    wanted = (text for text in (*own, *_calm()) if text not in avoid)
    return next((text for text in wanted if _fits(facts, name, text)), "")


def kept(facts: wire.Facts | None, name: str, text: str) -> bool:
    """Whether this is an address that the interface has already."""
    present = bridge.lan(facts, name) if facts is not None else None
    wanted = interface4(text)
    here = present.addresses if present is not None else ()
    return wanted is not None and any(interface4(f"{a.address}/{a.prefix}") == wanted for a in here)


def _calm() -> Iterator[str]:
    """Private networks of 256 addresses; those that routers and Docker like come last."""
    yield from (f"10.20.{x}.1/24" for x in range(256))
    yield from (f"192.168.{x}.1/24" for x in range(60, 250))
    yield from (f"172.{x}.77.1/24" for x in range(31, 15, -1))


def _fits(facts: wire.Facts, name: str, text: str) -> bool:
    site = Site(static_ip=StaticIp(name, text))
    found = static_ip.check(site, facts)
    return not any(p.field == static_ip.ADDRESS and p.code != "address_same_network" for p in found)


def address6(seed: str, facts: wire.Facts | None = None, name: str = "") -> str:
    """Return a unique local address with prefix for the server: "fdxx:xxxx:xxxx::1/64".

    The 40 bits of the global ID (RFC 4193 section 3.2) come from a hash of `seed`, so that the
    same server is always proposed the same network. "" when IPv6 is off on the interface.
    """
    for attempt in range(16):
        digest = hashlib.sha256(f"{seed}\n{attempt}".encode("utf-8", "replace")).digest()
        text = f"{IPv6Address(bytes((0xFD, *digest[:5], *bytes(9), 1)))}/64"
        site = Site(static_ip=StaticIp(name, CALM, address6=text))
        found = static_ip.check(site, facts)
        if not any(p.field == static_ip.ADDRESS6 for p in found):
            return text
    return ""


def fixed(site: Site, facts: wire.Facts | None, avoid: Collection[str] = ()) -> StaticIp:
    """Return the site's fixed address as it is proposed.

    The interface that was chosen stays while the server has it; the gateway stays where it fits.
    """
    name = site.static_ip.interface
    if facts is not None and name not in [i.name for i in choices(facts)]:
        found = interface(facts)
        name = found.name if found is not None else ""
    text = address(facts, name, avoid) if name or facts is None else ""
    proposal = replace(site.static_ip, interface=name, address=text)
    wrong = static_ip.check(Site(static_ip=proposal), facts)
    if any(p.field == static_ip.GATEWAY and p.severity == "problem" for p in wrong):
        proposal = replace(proposal, gateway="")
    return proposal


# --------------------------------------------------------------------------- range


def dhcp_range(site: Site) -> tuple[str, str] | None:
    """Return first and last address to hand out, or None while there is no network or no room.

    For a network with 256 addresses .100 to .199; larger ones get more, up to about 900, smaller
    ones nearly all they have. Never in it: the server, the gateway, kept and named addresses.
    """
    own = lan(site)
    if own is None:
        return None
    block = own.network
    if block.prefixlen < 22:
        block = IPv4Network((own.ip, 22), strict=False)
    taken = _taken(site, own)
    low, high = ends(block)
    first, last = block.network_address + _LOW, block.broadcast_address - (255 - _HIGH)
    if block.prefixlen <= 24 and not any(first <= a <= last for a in taken):
        return str(first), str(last)
    # Some low addresses stay free for printers and the like.
    start = low + min(9, block.num_addresses // 16)
    runs = _runs(start, high, taken) or _runs(low, high, taken)
    if not runs:
        return None
    first, last = max(runs, key=lambda run: int(run[1]) - int(run[0]))
    if block.prefixlen < 24:
        return str(first), str(last)
    offset = int(first) - int(block.network_address)
    round_start = block.network_address + -(-offset // 50) * 50
    if int(last) - int(round_start) + 1 >= _ROOM:
        first = round_start
    return str(first), str(min(last, first + _ROOM - 1))


def _taken(site: Site, own: IPv4Interface) -> set[IPv4Address]:
    texts = (
        site.static_ip.gateway,
        *(r.address for r in site.dns_dhcp.reservations),
        *(n.address for n in site.dns_dhcp.names),
        *site.dns_dhcp.upstream,
    )
    return {own.ip, *(a for a in map(ipv4, texts) if a is not None)}


def _runs(
    low: IPv4Address, high: IPv4Address, taken: set[IPv4Address]
) -> list[tuple[IPv4Address, IPv4Address]]:
    """Return the stretches between `low` and `high` that hold nothing taken."""
    edges: Sequence[IPv4Address] = sorted(a for a in taken if low <= a <= high)
    starts = [low, *(a + 1 for a in edges)]
    stops = [*(a - 1 for a in edges), high]
    return [(a, b) for a, b in zip(starts, stops, strict=True) if a <= b]
