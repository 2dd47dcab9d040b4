"""Reading addresses strictly, and the blocks that a clinic's server must not use."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface

from wizard.site.model import Site

Address = IPv4Address | IPv6Address
Network = IPv4Network | ipaddress.IPv6Network

PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))  # RFC 1918
CGNAT = IPv4Network("100.64.0.0/10")  # RFC 6598
ULA = ipaddress.IPv6Network("fc00::/7")  # RFC 4193; only the half fd00::/8 is in use
GLOBAL = ipaddress.IPv6Network("2000::/3")

# IANA special-purpose registries (RFC 6890); the first match counts.
_SPECIAL4 = tuple(
    (IPv4Network(block), kind)
    for block, kind in (
        ("0.0.0.0/8", "unspecified"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link_local"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("198.18.0.0/15", "reserved"),  # benchmarks, RFC 2544
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_SPECIAL6 = tuple(
    (ipaddress.IPv6Network(block), kind)
    for block, kind in (
        ("fe80::/10", "link_local"),
        ("ff00::/8", "multicast"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "reserved"),  # documentation, RFC 3849
        ("3fff::/20", "reserved"),  # documentation, RFC 9637
        ("2002::/16", "reserved"),  # 6to4
    )
)


def ipv4(text: str) -> IPv4Address | None:
    """Return the IPv4 address that the text is, in its one usual writing, or None."""
    try:
        return IPv4Address(text)
    except ValueError:
        return None


def ipv6(text: str) -> IPv6Address | None:
    """Return the IPv6 address that the text is, in any writing but without a zone, or None."""
    try:
        return None if "%" in text else IPv6Address(text)
    except ValueError:
        return None


def ip(text: str) -> Address | None:
    """Return the address of either family, or None."""
    return ipv4(text) or ipv6(text)


def prefix(text: str, longest: int) -> int | None:
    """Return a prefix length from 0 to `longest` without leading zeros, or None."""
    if len(text) > 3 or not (text.isascii() and text.isdigit()) or str(int(text)) != text:
        return None
    return int(text) if int(text) <= longest else None


def interface4(text: str) -> IPv4Interface | None:
    """Return the address with prefix ("10.20.0.1/24"), or None."""
    address, _, length = text.partition("/")
    if ipv4(address) is None or prefix(length, 32) is None:
        return None
    return IPv4Interface(text)


def interface6(text: str) -> IPv6Interface | None:
    """Return the address with prefix ("fd00:20::1/64"), or None."""
    address, _, length = text.partition("/")
    if ipv6(address) is None or prefix(length, 128) is None:
        return None
    return IPv6Interface(text)


def network(text: str) -> Network | None:
    """Return the network of either family, host bits allowed, or None."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def special4(address: IPv4Address) -> str:
    """Return what keeps an address from being a server's: unspecified, loopback, ..., or ""."""
    for block, kind in _SPECIAL4:
        if address in block:
            return kind
    return "" if within(address, (*PRIVATE, CGNAT)) else "public"


def special6(address: IPv6Address) -> str:
    """Return link_local, multicast, reserved or global; "" for a unique local address."""
    for block, kind in _SPECIAL6:
        if address in block:
            return kind
    if address in ULA:
        return ""
    return "global" if address in GLOBAL else "reserved"


def within(address: IPv4Address, blocks: Iterable[IPv4Network]) -> bool:
    """Whether one of the blocks holds the address."""
    return any(address in block for block in blocks)


def usable(net: IPv4Network) -> bool:
    """Whether the network has room for a server and somebody else."""
    return net.prefixlen <= 30


def ends(net: IPv4Network) -> tuple[IPv4Address, IPv4Address]:
    """Return the lowest and the highest address that a device can have; needs `usable`."""
    return net.network_address + 1, net.broadcast_address - 1


def lan(site: Site) -> IPv4Interface | None:
    """Return the server's address and network, or None while they make no sense."""
    own = interface4(site.static_ip.address)
    return own if own is not None and usable(own.network) else None
