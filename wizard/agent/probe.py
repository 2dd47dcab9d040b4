"""Who else is on the LAN: an ARP probe for one address and a DHCPDISCOVER, as raw frames.

Raw frames (AF_PACKET) work before the interface has an address and past a local firewall. A
frame sent so leaves by the interface and is not handed to this machine's own IP stack, so our
own DHCP server on the same interface never sees the question and does not answer it.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import time
from typing import Any, Callable, Dict, List, Optional, Set, Tuple

from .host import Host

ETH_ARP = 0x0806
ETH_IPV4 = 0x0800
BROADCAST = b"\xff" * 6
COOKIE = b"\x63\x82\x53\x63"  # RFC 2131, section 3

# RFC 5227 section 1.1 asks for PROBE_NUM = 3 probes; they are spread over the window instead of
# 1 to 2 seconds apart, because a person waits for the answer.
ARP_PROBES = 3
# dnsmasq and others ping an address for up to 3 s before they offer it, so the questions go out
# early in the window; a lost one is repeated.
DISCOVERS = 3


class ProbeError(Exception):
    """The probe could not be made.

    Codes: probe-no-interface, probe-link-down, probe-denied (not root), probe-bad-address.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__("%s: %s" % (code, detail))
        self.code = code
        self.detail = detail


def find_address(host: Host, interface: str, address: str, seconds: float = 3) -> Dict[str, Any]:
    """Ask by ARP who uses an IPv4 address; return {"mac": MAC or ""} (RFC 5227, section 2.1).

    Also counts another machine that is probing for the same address right now. Ends with the
    first answer, else after `seconds`. Raises ProbeError.
    """
    try:
        target = socket.inet_aton(address)
        if address.count(".") != 3:
            raise OSError
    except OSError:
        raise ProbeError("probe-bad-address", address) from None
    interface = hearing(host, interface)
    own = mac_of(host, interface)
    probe = (
        BROADCAST + own + struct.pack("!HHHBBH", ETH_ARP, 1, ETH_IPV4, 6, 4, 1)
        + own + bytes(4) + bytes(6) + target
    )  # fmt: skip
    holder: List[bytes] = []

    def look(frame: bytes) -> bool:
        if len(frame) < 42 or frame[12:20] != b"\x08\x06\x00\x01\x08\x00\x06\x04":
            return False
        sender, sender_ip, target_ip = frame[22:28], frame[28:32], frame[38:42]
        probing = sender_ip == bytes(4) and target_ip == target and frame[20:22] == b"\0\1"
        if sender != own and (sender_ip == target or probing):
            holder.append(sender)
        return bool(holder)

    converse(host, interface, ETH_ARP, lambda: probe, ARP_PROBES, seconds / 4.0, seconds, look)
    return {"mac": colons(holder[0]) if holder else ""}


def find_dhcp(host: Host, interface: str, seconds: float = 4) -> List[Dict[str, Any]]:
    """Broadcast DHCPDISCOVER and return every offer within `seconds` (wire.DhcpOffer as dicts).

    No lease is taken: nothing is requested (RFC 2131, section 3.1). `ours` is true for an offer
    that came from one of this machine's own addresses or MACs (a server in another namespace or
    behind a bridge of ours); our server on the same interface does not see the question, see the
    module's docstring. Raises ProbeError.
    """
    interface = hearing(host, interface)
    own = mac_of(host, interface)
    own_macs, own_addresses = _ourselves(host)
    xid = os.urandom(4)
    begun = time.monotonic()
    offers: Dict[Tuple[str, str], Dict[str, Any]] = {}

    def question() -> bytes:
        return _discover(own, xid, int(time.monotonic() - begun))

    def look(frame: bytes) -> bool:
        offer = _offer(frame, xid)
        if offer is not None:
            offer["ours"] = offer["mac"] in own_macs or offer["server"] in own_addresses
            offers.setdefault((offer["server"], offer["mac"]), offer)
        return False

    pause = min(0.5, seconds / 4.0)
    converse(host, interface, ETH_IPV4, question, DISCOVERS, pause, seconds, look)
    return [offers[key] for key in sorted(offers)]


# ------------------------------------------------------------------------- frames


def converse(
    host: Host,
    interface: str,
    kind: int,
    question: Callable[[], bytes],
    times: int,
    pause: float,
    seconds: float,
    look: Callable[[bytes], bool],
) -> None:
    """Send a question a few times and show every frame that comes to `look` until it is true."""
    try:
        wire = host.wire(interface, kind)
    except PermissionError:
        raise ProbeError("probe-denied", interface) from None
    except OSError as error:
        raise ProbeError("probe-link-down", "%s: %s" % (interface, error)) from None
    try:
        end = time.monotonic() + seconds
        due = time.monotonic()
        sent = 0
        while True:
            now = time.monotonic()
            if sent < times and now >= due:
                wire.send(question())
                sent += 1
                due = now + pause
            until = min(end, due) if sent < times else end
            if now >= end:
                return
            ready, _, _ = select.select([wire], [], [], max(0.0, until - now))
            if ready and look(wire.recv(1 << 16)):
                return
    except OSError as error:
        raise ProbeError("probe-link-down", "%s: %s" % (interface, error)) from None
    finally:
        wire.close()


def hearing(host: Host, interface: str) -> str:
    """Return the bridge of a port, else the interface: what comes in is the bridge's to hear."""
    folder = "/sys/class/net/%s/" % interface
    if "/" in interface or not host.exists(folder + "brport"):
        return interface
    return host.link_target(folder + "master").rpartition("/")[2] or interface


def mac_of(host: Host, interface: str) -> bytes:
    """Return an interface's MAC. Raises ProbeError."""
    text = host.read("/sys/class/net/%s/address" % interface)
    if not interface or "/" in interface or text is None:
        raise ProbeError("probe-no-interface", interface)
    try:
        mac = bytes.fromhex(text.strip().replace(":", ""))
    except ValueError:
        mac = b""
    if len(mac) != 6 or mac == bytes(6):
        raise ProbeError("probe-no-interface", interface)
    return mac


def _ourselves(host: Host) -> Tuple[Set[str], Set[str]]:
    macs = set()
    for name in host.list("/sys/class/net"):
        macs.add((host.read("/sys/class/net/%s/address" % name) or "").strip().lower())
    addresses = set()
    for line in host.run(["ip", "-4", "-o", "addr"], timeout=5).out.splitlines():
        words = line.split()  # 2: eth0    inet 10.20.0.1/24 ...
        if len(words) > 3:
            addresses.add(words[3].split("/")[0])
    return macs - {"", "00:00:00:00:00:00"}, addresses


def colons(mac: bytes) -> str:
    """Return a MAC as people write it."""
    return ":".join("%02x" % b for b in mac)


def checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _discover(mac: bytes, xid: bytes, elapsed: int) -> bytes:
    """Return a whole Ethernet frame with DHCPDISCOVER, answers asked for by broadcast."""
    bootp = struct.pack("!BBBB4sHH", 1, 1, 6, 0, xid, elapsed, 0x8000)
    bootp += bytes(16) + mac + bytes(10) + bytes(64 + 128) + COOKIE
    bootp += b"\x35\x01\x01"  # 53: DISCOVER
    bootp += b"\x3d\x07\x01" + mac  # 61: client identifier
    bootp += b"\x39\x02\x05\xc0"  # 57: up to 1472 bytes
    bootp += b"\x37\x05\x01\x03\x06\x0f\x36"  # 55: mask, router, DNS, domain, server
    bootp += b"\xff"
    bootp = bootp.ljust(300, b"\0")  # some servers drop what is shorter than BOOTP
    length = 8 + len(bootp)
    ends = bytes(4) + BROADCAST[:4]
    udp = struct.pack("!HHHH", 68, 67, length, 0)
    check = checksum(ends + struct.pack("!BBH", 0, 17, length) + udp + bootp) or 0xFFFF
    udp = struct.pack("!HHHH", 68, 67, length, check)
    ip = struct.pack("!BBHHHBBH", 0x45, 0x10, 20 + length, 0, 0, 64, 17, 0) + ends
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return BROADCAST + mac + struct.pack("!H", ETH_IPV4) + ip + udp + bootp


def _offer(frame: bytes, xid: bytes) -> Optional[Dict[str, Any]]:
    """Return what a frame offers, or None when it is not a DHCPOFFER to our question.

    Checksums are not looked at: on virtual links they are filled in later or never.
    """
    if len(frame) < 34 or frame[14] >> 4 != 4 or frame[23] != 17:
        return None
    at = 14 + (frame[14] & 15) * 4
    bootp = frame[at + 8 :]
    if frame[at + 2 : at + 4] != b"\0\x44" or len(bootp) < 240 or bootp[0] != 2:
        return None
    if bootp[4:8] != xid or bootp[236:240] != COOKIE:
        return None
    options = dhcp_options(bootp[240:])
    # RFC 2132 section 9.3: the file (1) and server name (2) fields may carry options as well
    overload = options.get(52, b"\0")[:1]
    if overload in (b"\1", b"\3"):
        options.update(dhcp_options(bootp[108:236]))
    if overload in (b"\2", b"\3"):
        options.update(dhcp_options(bootp[44:108]))
    if options.get(53) != b"\2":
        return None
    return {
        "server": (_addresses(options.get(54, b"")) or [""])[0],
        "mac": colons(frame[6:12]),
        "offered": socket.inet_ntoa(bootp[16:20]),
        "mask": (_addresses(options.get(1, b"")) or [""])[0],
        "router": _addresses(options.get(3, b"")),
        "dns": _addresses(options.get(6, b"")),
        "domain": options.get(15, b"").rstrip(b"\0").decode("ascii", "replace"),
        "ours": False,
    }


def dhcp_options(data: bytes) -> Dict[int, bytes]:
    """Split an option field; parts of one option are joined (RFC 3396)."""
    options: Dict[int, bytes] = {}
    at = 0
    while at < len(data) and data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        if at + 1 >= len(data):
            break
        code, size = data[at], data[at + 1]
        options[code] = options.get(code, b"") + data[at + 2 : at + 2 + size]
        at += 2 + size
    return options


def _addresses(data: bytes) -> List[str]:
    return [socket.inet_ntoa(data[i : i + 4]) for i in range(0, len(data) // 4 * 4, 4)]
