"""The servers that a search has found, each once, the likeliest first."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from wizard.remote.discover import Found


def each_once(found: Iterable[Found]) -> tuple[Found, ...]:
    """Return one address of each server: of several the IPv4 one, which lasts longest.

    A server is told by its fingerprint; what has none may still be starting, and comes last.
    """
    best: dict[str, Found] = {}
    for one in sorted(found, key=_rank):
        best.setdefault(one.fingerprint or one.address, one)
    return tuple(sorted(best.values(), key=_rank))


def system(banner: str) -> str:
    """Return what a server's greeting tells of its system: "Debian", "Ubuntu", ... or ""."""
    for name in ("Debian", "Ubuntu", "Raspbian"):
        if name in banner:
            return name
    return ""


def _rank(one: Found) -> tuple[bool, bool, tuple[int, int | str]]:
    bare = one.address.partition("%")[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return (not one.fingerprint, True, (0, one.address))
    return (not one.fingerprint, address.version == 6, (address.version, int(address)))
