"""What the server hands out: a range, leases, kept addresses, names (dnsmasq(8))."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface

from wizard.problem import Problem
from wizard.site import names
from wizard.site.addresses import Address, ends, interface6, ip, ipv4, lan
from wizard.site.model import DnsDhcp, Name, Reservation, Site
from wizard.site.words import finding

FIELD = "dns_dhcp"
FEW = 10  # addresses; below that a handful of visitors locks out the staff

_MINUTE, _DAY = 60, 86400
_UNITS = {"": 1, "s": 1, "m": _MINUTE, "h": 3600, "d": _DAY, "w": 7 * _DAY}
_LEASE = re.compile(r"([0-9]{1,9})([smhdw]?)")
_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")
# As Windows (hyphens), Cisco (dots) and labels on devices (nothing) write it.
_OTHER_MAC = re.compile(
    r"[0-9A-Fa-f]{12}|[0-9A-Fa-f]{2}([- ])([0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}"
    r"|[0-9A-Fa-f]{4}([.-])[0-9A-Fa-f]{4}\3[0-9A-Fa-f]{4}"
)


def check(site: Site) -> Iterator[Problem]:
    """Yield what is wrong with DNS and DHCP; nothing but a warning when they are off."""
    if not site.dns_dhcp.enabled:
        yield finding("dns_dhcp_off", f"{FIELD}.enabled")
        if site.dns_dhcp.router_advertisements:
            yield finding("ra_off_with_dns_dhcp", f"{FIELD}.router_advertisements")
        return
    own = lan(site)
    yield from _range(site, own)
    yield from _lease(site.dns_dhcp.lease)
    yield from _reservations(site, own)
    yield from _names(site, own)
    yield from _upstream(site, own)
    if site.dns_dhcp.router_advertisements and not site.static_ip.address6:
        yield finding("ra_without_address6", f"{FIELD}.router_advertisements")


def lease_seconds(text: str) -> int | None:
    """Return how long a lease lasts, in seconds, or None for what is not a lease time.

    A number alone counts seconds, as in dnsmasq(8) --dhcp-range. More than 2**31 - 1 seconds
    do not fit into the protocol's field as dnsmasq fills it.
    """
    match = _LEASE.fullmatch(text)
    if match is None:
        return None
    seconds = int(match[1]) * _UNITS[match[2]]
    return seconds if seconds < 2**31 else None


def range_of(dns_dhcp: DnsDhcp) -> tuple[IPv4Address, IPv4Address] | None:
    """Return first and last address of the range, or None while they make no sense."""
    first, last = ipv4(dns_dhcp.first), ipv4(dns_dhcp.last)
    return (first, last) if first and last and first <= last else None


def _range(site: Site, own: IPv4Interface | None) -> Iterator[Problem]:
    typed = {"first": site.dns_dhcp.first, "last": site.dns_dhcp.last}
    ok = True
    for key, text in typed.items():
        if not text.strip():
            ok = False
            yield finding("range_missing", f"{FIELD}.{key}")
        elif (address := ipv4(text)) is None:
            ok = False
            yield finding("range_invalid", f"{FIELD}.{key}", value=text)
        elif own is not None and (code := _misplaced(address, own)):
            ok = False
            yield _placed(f"range_{code}", f"{FIELD}.{key}", text, own)
    if not ok:
        return
    both = range_of(site.dns_dhcp)
    if both is None:
        yield finding("range_reversed", f"{FIELD}.first", **typed)
        return
    first, last = both
    if own is not None and first <= own.ip <= last:
        yield finding("range_holds_server", f"{FIELD}.first", value=str(own.ip))
    gateway = ipv4(site.static_ip.gateway)
    if gateway is not None and first <= gateway <= last:
        yield finding("range_holds_gateway", f"{FIELD}.first", value=str(gateway))
    count = int(last) - int(first) + 1
    if count < FEW:
        yield finding("range_small", f"{FIELD}.last", count=count)


def _misplaced(address: IPv4Address, own: IPv4Interface) -> str:
    if address not in own.network:
        return "outside"
    low, high = ends(own.network)
    return "" if low <= address <= high else "not_host"


def _placed(code: str, path: str, value: str, own: IPv4Interface) -> Problem:
    low, high = ends(own.network)
    return finding(code, path, value=value, network=str(own.network), low=str(low), high=str(high))


def _lease(text: str) -> Iterator[Problem]:
    path = f"{FIELD}.lease"
    seconds = lease_seconds(text)
    if seconds is None:
        yield finding("lease_invalid", path, value=text)
    elif seconds < 2 * _MINUTE:
        yield finding("lease_too_short", path, value=text)
    elif seconds < 10 * _MINUTE:
        yield finding("lease_short", path, value=text)
    elif seconds > 30 * _DAY:
        yield finding("lease_long", path, value=text)


def _reservations(site: Site, own: IPv4Interface | None) -> Iterator[Problem]:
    """An address may be kept inside or outside the range, both is fine with dnsmasq."""
    seen: dict[tuple[str, object], int] = {}
    for index, kept in enumerate(site.dns_dhcp.reservations):
        path = f"{FIELD}.reservations[{index}]"
        address = ipv4(kept.address)
        yield from _mac(kept.mac, f"{path}.mac")
        yield from _kept_address(kept, address, f"{path}.address", site, own)
        if kept.name and not names.is_label(kept.name):
            yield finding("reservation_name_invalid", f"{path}.name", value=kept.name)
        parts = {"mac": _same_mac(kept.mac), "address": address, "name": kept.name.lower()}
        for key, value in parts.items():
            if not value:
                continue
            other = seen.setdefault((key, value), index)
            if other != index:
                text = getattr(kept, key)
                code = f"reservation_{key}_repeated"
                yield finding(code, f"{path}.{key}", value=text, other=other + 1)


def _same_mac(text: str) -> str:
    return re.sub(r"[^0-9a-f]", "", text.lower())


def _mac(text: str, path: str) -> Iterator[Problem]:
    if _OTHER_MAC.fullmatch(text):
        plain = _same_mac(text)
        canonical = ":".join(plain[i : i + 2] for i in range(0, 12, 2))
        yield finding("reservation_mac_form", path, value=text, canonical=canonical)
    elif not _MAC.fullmatch(text) or not _same_mac(text).strip("0"):
        yield finding("reservation_mac_invalid", path, value=text)
    elif int(text[:2], 16) & 1:  # IEEE 802: lowest bit of the first byte = group
        yield finding("reservation_mac_group", path, value=text)
    elif int(text[:2], 16) & 2:  # next bit = locally administered
        yield finding("reservation_mac_private", path, value=text)


def _kept_address(
    kept: Reservation,
    address: IPv4Address | None,
    path: str,
    site: Site,
    own: IPv4Interface | None,
) -> Iterator[Problem]:
    if address is None:
        yield finding("reservation_address_invalid", path, value=kept.address)
    elif own is not None and (code := _misplaced(address, own)):
        yield _placed(f"reservation_{code}", path, kept.address, own)
    elif own is not None and address == own.ip:
        yield finding("reservation_is_server", path, value=kept.address)
    elif address == ipv4(site.static_ip.gateway):
        yield finding("reservation_is_gateway", path, value=kept.address)


def _names(site: Site, own: IPv4Interface | None) -> Iterator[Problem]:
    kept = [(r.name.lower(), ipv4(r.address)) for r in site.dns_dhcp.reservations if r.name]
    seen: list[tuple[str, Address | None]] = [*kept]
    for index, extra in enumerate(site.dns_dhcp.names):
        path = f"{FIELD}.names[{index}]"
        name, address = extra.name.lower(), ip(extra.address)
        yield from _name(extra.name, f"{path}.name", site)
        yield from _name_address(extra, address, f"{path}.address", site, own)
        others = [a for n, a in seen if n == name and a is not None]
        if name and address is not None and address in others:
            yield finding("name_repeated", f"{path}.name", value=extra.name)
        elif name and address is not None and any(a.version == address.version for a in others):
            yield finding("name_several_addresses", f"{path}.name", value=extra.name)
        seen.append((name, address))


def _name(name: str, path: str, site: Site) -> Iterator[Problem]:
    if not name.strip():
        yield finding("name_missing", path)
        return
    flaw = names.flaw(name)
    if flaw is not None:
        code, arguments = flaw
        yield finding(f"name_{code}", path, value=name, **arguments)
    elif name.lower() == site.domain.lower():
        yield finding("name_is_domain", path, value=name)


def _name_address(
    extra: Name, address: Address | None, path: str, site: Site, own: IPv4Interface | None
) -> Iterator[Problem]:
    if address is None:
        yield finding("name_address_invalid", path, value=extra.address)
    elif not _is_device(address):
        yield finding("name_address_unusable", path, value=extra.address)
    elif own is not None and address.version == 4:
        if address not in own.network and not site.static_ip.gateway:
            yield finding(
                "name_outside",
                path,
                value=extra.name,
                address=extra.address,
                network=str(own.network),
            )
        both = range_of(site.dns_dhcp)
        kept = {ipv4(r.address) for r in site.dns_dhcp.reservations}
        if both is not None and both[0] <= address <= both[1] and address not in kept | {own.ip}:
            yield finding("name_in_range", path, value=extra.name, address=extra.address)


def _is_device(address: Address) -> bool:
    special = address.is_multicast or address.is_unspecified or address.is_loopback
    return not (special or address.is_link_local or address == ipv4("255.255.255.255"))


def _upstream(site: Site, own: IPv4Interface | None) -> Iterator[Problem]:
    own6 = interface6(site.static_ip.address6)
    mine = {i.ip for i in (own, own6) if i is not None}
    seen: set[Address] = set()
    for index, text in enumerate(site.dns_dhcp.upstream):
        path = f"{FIELD}.upstream[{index}]"
        address = ip(text)
        if address is not None and (address in mine or address.is_loopback):
            yield finding("upstream_is_server", path, value=text)
        elif address is None or not _is_device(address):
            yield finding("upstream_invalid", path, value=text)
        elif address in seen:
            yield finding("upstream_repeated", path, value=text)
        elif (
            own is not None
            and address.version == 4
            and address not in own.network
            and not site.static_ip.gateway
        ):
            yield finding("upstream_unreachable", path, value=text)
        if address is not None:
            seen.add(address)
