"""This laptop's network interfaces, and whether they reach a given subnet.

netifaces is used here and nowhere else.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import netifaces

from wizard.laptop import windows
from wizard.laptop.words import HOW, WORDS, LaptopError
from wizard.problem import say

_SYS = Path("/sys/class/net")


@dataclass(frozen=True)
class LaptopInterface:
    """One interface of this laptop."""

    name: str  # as people see it: eth0, Wi-Fi
    index: int
    scope_id: str  # what follows the percent sign: a number on Windows, the name on Linux
    mac: str
    addresses4: tuple[tuple[str, int], ...]  # (address, prefix length)
    addresses6: tuple[tuple[str, int], ...]  # (address without scope, prefix length)
    up: bool


@dataclass(frozen=True)
class Reach:
    """Whether this laptop has an address in a subnet, by which interface, else what to do.

    `code` is "ok" or one of wizard.laptop.words; then `message` and `cure` are its sentences.
    """

    code: str
    interface: str = ""
    address: str = ""
    message: str = ""
    cure: str = ""

    @property
    def ok(self) -> bool:
        """True when the laptop is in the subnet."""
        return self.code == "ok"


def interfaces() -> tuple[LaptopInterface, ...]:
    """Return the laptop's interfaces without loopback, in the system's order."""
    adapters = {a.guid.lower(): a for a in windows.adapters()}
    result = []
    for raw in netifaces.interfaces():
        try:
            data = netifaces.ifaddresses(raw)
        except (ValueError, OSError):
            continue  # gone since it was listed
        adapter = adapters.get(raw.lower())
        name = adapter.name if adapter else raw
        index = adapter.index if adapter else _index(raw)
        four = _addresses(data.get(netifaces.AF_INET, []), 4)
        six = _addresses(data.get(netifaces.AF_INET6, []), 6)
        if any(ipaddress.ip_address(a).is_loopback for a, _ in (*four, *six)) or raw == "lo":
            continue
        result.append(
            LaptopInterface(
                name=name,
                index=index,
                scope_id=str(index) if sys.platform == "win32" else raw,
                mac=_mac(data),
                addresses4=four,
                addresses6=six,
                up=adapter.up if adapter else _up(raw),
            )
        )
    return tuple(result)


def reaches(
    wanted: str,
    present: Iterable[LaptopInterface] | None = None,
    prefer: str = "",
    platform: str = sys.platform,
) -> Reach:
    """Say whether this laptop has an address in the subnet of `wanted` ("10.20.0.1/24").

    `prefer` is the interface that carries the session now; advice is given for that one.
    Raises LaptopError not-an-address.
    """
    try:
        target = ipaddress.ip_interface(wanted)
    except ValueError:
        raise LaptopError("not-an-address", given=wanted) from None
    everything = tuple(interfaces() if present is None else present)
    up = sorted((i for i in everything if i.up), key=lambda i: i.name != prefer)
    for one in up:
        for address, _prefix in (*one.addresses4, *one.addresses6):
            here = ipaddress.ip_address(address)
            if here == target.ip:
                return _not("own-address", address=address)
            # The laptop's own prefix may be wrong or /32; being in the server's subnet counts.
            if here.version == target.version and here in target.network:
                return Reach("ok", one.name, address)
    if not up:
        return _not("no-link")
    one = up[0]
    example = _example(target)
    renew, add = HOW["win32" if platform == "win32" else "linux"]
    fill = {
        "name": one.name,
        "example": example,
        "host": example.split("/")[0],
        "mask": str(target.netmask),
    }
    addresses = one.addresses4 if target.version == 4 else one.addresses6
    usable = [a for a, _ in addresses if not ipaddress.ip_address(a).is_link_local]
    return _not(
        "other-subnet" if usable else "no-address",
        network=str(target.network),
        present=", ".join(usable),
        example=example,
        renew=renew.format(**fill),
        add=add.format(**fill),
    )


def _not(code: str, **arguments: str) -> Reach:
    message, cure = say(WORDS, code, arguments)
    return Reach(code, message=message, cure=cure)


def _example(target: ipaddress.IPv4Interface | ipaddress.IPv6Interface) -> str:
    """Return an address near the end of the subnet that is not the server's own."""
    network = target.network
    first = int(network.network_address)
    last = first + network.num_addresses - 1
    if network.prefixlen < network.max_prefixlen - 1:  # not RFC 3021
        first, last = first + 1, last - 1
    if last - first > 8:
        last -= 3
    for value in range(last, first - 1, -1):
        if value != int(target.ip):
            return f"{ipaddress.ip_address(value)}/{network.prefixlen}"
    return str(target)


def _addresses(rows: list[dict[str, str]], family: int) -> tuple[tuple[str, int], ...]:
    found = []
    for row in rows:
        address = row.get("addr", "").partition("%")[0]
        mask = row.get("netmask", "")
        with contextlib.suppress(ValueError):
            ipaddress.ip_address(address)
            found.append((address, _prefix(mask, family)))
    return tuple(found)


def _prefix(mask: str, family: int) -> int:
    """Read a mask in any of the forms netifaces has: 255.255.255.0, ffff::/64, ffff:ffff::."""
    longest = 32 if family == 4 else 128
    if "/" in mask:
        return int(mask.rpartition("/")[2])
    return bin(int(ipaddress.ip_address(mask))).count("1") if mask else longest


def _mac(data: dict[int, list[dict[str, str]]]) -> str:
    for row in data.get(netifaces.AF_LINK, []):
        text = row.get("addr", "").lower().replace("-", ":")
        if re.fullmatch(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", text):
            return text
    return ""


def _index(name: str) -> int:
    try:
        return socket.if_nametoindex(name)
    except OSError:
        return 0


def _up(name: str) -> bool:
    """True when an interface can carry something; "unknown" is what tunnels always say."""
    try:
        return (_SYS / name / "operstate").read_text().strip() in ("up", "unknown")
    except OSError:
        return True
