"""What Windows knows of its network adapters: GetAdaptersAddresses (iphlpapi).

The structure is IP_ADAPTER_ADDRESSES_LH of iptypes.h in the Windows SDK. Every field up to the
last one used is written out with fixed-width types, so that its layout can be checked anywhere.
"""

from __future__ import annotations

import ctypes
import ipaddress
import sys
from collections.abc import Iterator
from ctypes import (
    POINTER,
    Structure,
    Union,
    c_char_p,
    c_int32,
    c_ubyte,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
    c_wchar_p,
)
from dataclasses import dataclass
from typing import Any

_INCLUDE_GATEWAYS = 0x80
_SKIP = 0x2 | 0x4  # anycast and multicast addresses
_UNSPECIFIED, _INET, _INET6 = 0, 2, 23
_OVERFLOW, _DHCP, _UP = 111, 0x4, 1


@dataclass(frozen=True)
class Adapter:
    """One network adapter."""

    guid: str  # "{...}", what netifaces calls it
    name: str  # what people call it: Wi-Fi, Ethernet 2
    index: int  # the scope of its link-local addresses
    up: bool
    dhcp: bool
    dhcp_server: str
    dns: tuple[str, ...]
    gateways: tuple[str, ...]
    addresses: tuple[tuple[str, int], ...]  # (address, prefix length), both families
    suffix: str


class SocketAddress(Structure):
    """SOCKET_ADDRESS of ws2def.h."""

    _fields_ = [("sockaddr", POINTER(c_ubyte)), ("length", c_int32)]


class Node(Structure):
    """What the lists of gateways and DNS servers have in common."""


Node._fields_ = [
    ("length", c_uint32),
    ("reserved", c_uint32),
    ("next", POINTER(Node)),
    ("address", SocketAddress),
]


class Unicast(Structure):
    """IP_ADAPTER_UNICAST_ADDRESS_LH."""


Unicast._fields_ = [
    ("length", c_uint32),
    ("flags", c_uint32),
    ("next", POINTER(Unicast)),
    ("address", SocketAddress),
    ("prefix_origin", c_int32),
    ("suffix_origin", c_int32),
    ("dad_state", c_int32),
    ("valid", c_uint32),
    ("preferred", c_uint32),
    ("lease", c_uint32),
    ("prefix", c_uint8),
]


class _Head(Structure):
    _fields_ = [("length", c_uint32), ("index", c_uint32)]


class _Aligned(Union):
    _anonymous_ = ("head",)
    _fields_ = [("alignment", c_uint64), ("head", _Head)]


class AdapterAddresses(Structure):
    """IP_ADAPTER_ADDRESSES_LH, up to Dhcpv4Server."""

    _anonymous_ = ("start",)


AdapterAddresses._fields_ = [
    ("start", _Aligned),
    ("next", POINTER(AdapterAddresses)),
    ("guid", c_char_p),
    ("unicast", POINTER(Unicast)),
    ("anycast", c_void_p),
    ("multicast", c_void_p),
    ("dns", POINTER(Node)),
    ("suffix", c_wchar_p),
    ("description", c_wchar_p),
    ("name", c_wchar_p),
    ("mac", c_ubyte * 8),
    ("mac_length", c_uint32),
    ("flags", c_uint32),
    ("mtu", c_uint32),
    ("kind", c_uint32),
    ("status", c_int32),
    ("index6", c_uint32),
    ("zones", c_uint32 * 16),
    ("prefixes", c_void_p),
    ("transmit_speed", c_uint64),
    ("receive_speed", c_uint64),
    ("wins", c_void_p),
    ("gateways", POINTER(Node)),
    ("metric4", c_uint32),
    ("metric6", c_uint32),
    ("luid", c_uint64),
    ("dhcp_server", SocketAddress),
]


def adapters() -> tuple[Adapter, ...]:
    """Return the adapters; none when this is not Windows or it will not say."""
    if sys.platform != "win32":
        return ()
    ask = ctypes.WinDLL("iphlpapi").GetAdaptersAddresses
    ask.argtypes = [c_uint32, c_uint32, c_void_p, c_void_p, POINTER(c_uint32)]
    ask.restype = c_uint32
    size = c_uint32(16384)  # the documentation's advice; two calls are then seldom needed
    for _ in range(4):
        # 8-byte words, since the structures are aligned to them.
        buffer = (c_uint64 * ((size.value + 7) // 8))()
        code = ask(
            _UNSPECIFIED, _INCLUDE_GATEWAYS | _SKIP, None, ctypes.byref(buffer), ctypes.byref(size)
        )
        if code == 0:
            first = ctypes.cast(buffer, POINTER(AdapterAddresses))
            return tuple(read(first))
        if code != _OVERFLOW:
            break
    return ()


def read(first: Any) -> Iterator[Adapter]:
    """Yield the adapters of a linked list of AdapterAddresses."""
    for row in _chain(first):
        yield Adapter(
            guid=(row.guid or b"").decode("ascii", "replace"),
            name=row.name or "",
            index=int(row.index6 or row.index),
            up=row.status == _UP,
            dhcp=bool(row.flags & _DHCP),
            dhcp_server=_address(row.dhcp_server),
            dns=_all(row.dns),
            gateways=_all(row.gateways),
            addresses=tuple(
                (text, int(u.prefix)) for u in _chain(row.unicast) if (text := _address(u.address))
            ),
            suffix=row.suffix or "",
        )


def _chain(pointer: Any) -> Iterator[Any]:
    while pointer:
        yield pointer.contents
        pointer = pointer.contents.next


def _all(pointer: Any) -> tuple[str, ...]:
    return tuple(text for node in _chain(pointer) if (text := _address(node.address)))


def _address(where: SocketAddress) -> str:
    """Return the address in a SOCKET_ADDRESS as text, "" when there is none."""
    length = int(where.length)
    if not where.sockaddr or length < 16:
        return ""
    data = bytes(where.sockaddr[:length])
    family = int.from_bytes(data[:2], "little")  # Windows is little-endian on all its machines
    if family == _INET:
        return str(ipaddress.ip_address(data[4:8]))
    if family == _INET6 and length >= 28:
        return str(ipaddress.ip_address(data[8:24]))
    return ""
