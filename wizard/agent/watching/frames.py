"""Frames taken apart: Ethernet, ARP, IP, UDP, TCP, and of DHCP and DNS what `watch` tells."""

from __future__ import annotations

import socket
import struct
from typing import Dict, List, NamedTuple, Optional

from ..probe import COOKIE, colons, dhcp_options

ARP, UDP, TCP = "arp", "udp", "tcp"
NAME = 63  # bytes of a name that a device gives itself


class Frame(NamedTuple):
    """One frame; ports and flags are 0 where there are none. Addresses are text."""

    mac: str  # the sender's
    kind: str
    source: str
    target: str
    source_port: int = 0
    target_port: int = 0
    flags: int = 0
    data: bytes = b""


class Dhcp(NamedTuple):
    """What a DHCP message says (RFC 2131, RFC 2132); "" where it says nothing."""

    kind: int  # option 53: 1 DISCOVER, 2 OFFER, 3 REQUEST, 5 ACK, 6 NAK
    answer: bool
    mac: str  # of the device that it is about
    given: str  # yiaddr
    server: str  # option 54
    name: str  # option 12
    vendor: str  # option 60


def parse(frame: bytes) -> Optional[Frame]:
    """Return what a frame carries; None when it is none of what `watch` looks at, or torn."""
    try:
        return _parse(frame)
    except (struct.error, IndexError, OSError, ValueError):
        return None


def _parse(frame: bytes) -> Optional[Frame]:
    mac = colons(frame[6:12])
    (kind,) = struct.unpack("!H", frame[12:14])
    if kind == 0x0806:
        if frame[14:20] != b"\x00\x01\x08\x00\x06\x04":
            return None
        source, target = (socket.inet_ntoa(frame[at : at + 4]) for at in (28, 38))
        return Frame(mac, ARP, source, target)
    if kind == 0x0800:
        at = 14 + (frame[14] & 15) * 4
        # the frame may be padded, and what comes after the packet is not its own
        (size,) = struct.unpack("!H", frame[16:18])
        end = 14 + size if size else len(frame)  # 0: put together by the network card
        protocol = frame[23]
        source, target = (socket.inet_ntoa(frame[i : i + 4]) for i in (26, 30))
    elif kind == 0x86DD:
        at, protocol = 54, frame[20]
        (size,) = struct.unpack("!H", frame[18:20])
        end = 54 + size if size else len(frame)
        source, target = (socket.inet_ntop(socket.AF_INET6, frame[i : i + 16]) for i in (22, 38))
    else:
        return None
    ports = struct.unpack("!HH", frame[at : at + 4])
    if protocol == 17:
        return Frame(mac, UDP, source, target, ports[0], ports[1], 0, frame[at + 8 : end])
    if protocol == 6:
        data = at + (frame[at + 12] >> 4) * 4
        flags = frame[at + 13]
        return Frame(mac, TCP, source, target, ports[0], ports[1], flags, frame[data:end])
    return None


def dhcp(data: bytes) -> Optional[Dhcp]:
    """Return a DHCP message, or None when it is none."""
    if len(data) < 240 or data[236:240] != COOKIE or data[0] not in (1, 2) or data[2] != 6:
        return None
    said: Dict[int, bytes] = dhcp_options(data[240:])
    kind = said.get(53, b"")
    if len(kind) != 1:
        return None
    server = said.get(54, b"")
    return Dhcp(
        kind[0],
        data[0] == 2,
        colons(data[28:34]),
        socket.inet_ntoa(data[16:20]),
        socket.inet_ntoa(server) if len(server) == 4 else "",
        printable(said.get(12, b"")),
        printable(said.get(60, b"")),
    )


def question(data: bytes) -> str:
    """Return the name that a DNS message asks for, in lower case; "" when it asks for none."""
    if len(data) < 17 or data[2] & 0x80 or data[4:6] == b"\0\0":
        return ""
    labels: List[str] = []
    at = 12
    while at < len(data) and data[at]:
        size = data[at]
        if size > 63 or at + 1 + size > len(data):  # a question holds no pointer (RFC 1035, 4.1.4)
            return ""
        labels.append(data[at + 1 : at + 1 + size].decode("ascii", "replace"))
        at += 1 + size
    return printable(".".join(labels).lower().encode(), 253)


def host_header(data: bytes) -> str:
    """Return the name that an HTTP request asks for (RFC 9112, section 3.2), or ""."""
    for line in data.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"host":
            return printable(value.strip().lower(), 253)
    return ""


def printable(data: bytes, most: int = NAME) -> str:
    """Return what a device says, as text that is safe to show."""
    text = data[:most].decode("utf-8", "replace").strip("\0 ")
    return "".join(c for c in text if c.isprintable())
