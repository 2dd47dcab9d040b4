"""Who else serves on the LAN: what an access point does that is still a router.

Three questions, asked side by side: a Router Solicitation (RFC 4861), an ARP request for every
address of the range that phones get (RFC 5227's form, so nobody's tables change), and one DNS
question to each device that answered or is known. Nothing is changed; at most 1024 addresses and
32 devices are asked.
"""

from __future__ import annotations

import os
import re
import select
import socket
import struct
import threading
import time
from typing import Any, Callable, Dict, List, Set, Tuple

from . import names
from .host import Host
from .probe import (
    BROADCAST,
    ETH_ARP,
    ETH_IPV4,
    ProbeError,
    checksum,
    colons,
    converse,
    hearing,
    mac_of,
)

ETH_IPV6 = 0x86DD
MOST_ADDRESSES = 1024
MOST_DEVICES = 32
ALL_ROUTERS = bytes.fromhex("ff020000000000000000000000000002")
DNS_PORT = 53


def company(
    host: Host, interface: str, first: str, last: str, seconds: float = 4.0
) -> Dict[str, Any]:
    """Return wire.Company. `first` and `last`: the range for phones, or "". Raises ProbeError."""
    interface = hearing(host, interface)
    mac_of(host, interface)
    found: Dict[str, Any] = {"routers": [], "dns": [], "strangers": [], "leased": []}
    problems: List[ProbeError] = []

    def ask(name: str, look: Callable[[], Any]) -> None:
        try:
            found[name] = look()
        except ProbeError as error:
            problems.append(error)

    threads = [
        threading.Thread(
            target=ask,
            args=("routers", lambda: find_routers(host, interface, seconds)),
            daemon=True,
        ),
        threading.Thread(
            target=ask,
            args=("range", lambda: find_range(host, interface, first, last, seconds)),
            daemon=True,
        ),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 5.0)
    if problems:
        raise problems[0]
    there = found.pop("range", [])
    leased = leases(host)
    for one in there:
        found["leased" if one["mac"] in leased else "strangers"].append(one)
    devices = {one["address"]: one["mac"] for one in neighbours(host, interface)}
    devices.update({one["address"]: one["mac"] for one in there})
    found["dns"] = [
        {"address": address, "mac": devices[address]}
        for address in answering_dns(host, sorted(devices)[:MOST_DEVICES])
    ]
    return found


# -------------------------------------------------------------------------- routers


def find_routers(host: Host, interface: str, seconds: float) -> List[Dict[str, Any]]:
    """Return wire.Advertiser of every router that answers a solicitation; not of ourselves."""
    own = mac_of(host, interface)
    routers: Dict[str, Dict[str, Any]] = {}

    def look(frame: bytes) -> bool:
        one = advertisement(frame)
        if one is not None and one["mac"] != colons(own):
            routers.setdefault(one["mac"], one)
        return False

    converse(host, interface, ETH_IPV6, lambda: solicitation(own), 3, seconds / 4.0, seconds, look)
    return [routers[mac] for mac in sorted(routers)]


def solicitation(mac: bytes) -> bytes:
    """Return a Router Solicitation from our link-local address (RFC 4861, section 4.1)."""
    # RFC 4291 appendix A: the interface identifier from the MAC
    source = bytes.fromhex("fe80000000000000") + bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe"
    source += mac[3:]
    body = struct.pack("!BBHI", 133, 0, 0, 0) + b"\x01\x01" + mac
    pseudo = source + ALL_ROUTERS + struct.pack("!II", len(body), 58)
    body = body[:2] + struct.pack("!H", checksum(pseudo + body)) + body[4:]
    ip = struct.pack("!IHBB", 6 << 28, len(body), 58, 255) + source + ALL_ROUTERS
    return b"\x33\x33\x00\x00\x00\x02" + mac + struct.pack("!H", ETH_IPV6) + ip + body


def advertisement(frame: bytes) -> Any:
    """Return wire.Advertiser of a frame, or None when it is no Router Advertisement."""
    if len(frame) < 70 or frame[12:14] != b"\x86\xdd" or frame[20] != 58 or frame[54] != 134:
        return None
    prefixes: List[str] = []
    dns: List[str] = []
    at = 70
    while at + 2 <= len(frame) and frame[at + 1]:
        kind, size = frame[at], frame[at + 1] * 8
        data = frame[at : at + size]
        if kind == 3 and len(data) >= 32:
            prefix = socket.inet_ntop(socket.AF_INET6, data[16:32])
            prefixes.append("%s/%d" % (prefix, data[2]))
        if kind == 25:
            for i in range(8, len(data) - 15, 16):
                dns.append(socket.inet_ntop(socket.AF_INET6, data[i : i + 16]))
        at += size
    return {
        "mac": colons(frame[6:12]),
        "address": socket.inet_ntop(socket.AF_INET6, frame[22:38]),
        "prefixes": prefixes,
        "dns": dns,
        "lifetime": struct.unpack("!H", frame[60:62])[0],
    }


# ------------------------------------------------------------------ the phones' range


def find_range(
    host: Host, interface: str, first: str, last: str, seconds: float
) -> List[Dict[str, Any]]:
    """Return wire.Neighbour of everything that answers ARP between two addresses."""
    wanted = addresses(first, last)
    if not wanted:
        return []
    own = mac_of(host, interface)
    found: Dict[str, str] = {}
    inside = set(wanted)
    waiting = iter(wanted * 2)

    def question() -> bytes:
        target = next(waiting)
        body = struct.pack("!HHBBH", 1, ETH_IPV4, 6, 4, 1)
        return BROADCAST + own + struct.pack("!H", ETH_ARP) + body + own + bytes(4 + 6) + target

    def look(frame: bytes) -> bool:
        if len(frame) >= 42 and frame[12:20] == b"\x08\x06\x00\x01\x08\x00\x06\x04":
            sender, address = frame[22:28], frame[28:32]
            if address in inside and sender != own:
                found.setdefault(socket.inet_ntoa(address), colons(sender))
        return False

    times = len(wanted) * 2
    converse(host, interface, ETH_ARP, question, times, 0.7 * seconds / times, seconds, look)
    return [{"address": a, "mac": found[a]} for a in sorted(found, key=socket.inet_aton)]


def addresses(first: str, last: str) -> List[bytes]:
    """Return the addresses of a range in network order; none when it is no range or too large."""
    try:
        begin = struct.unpack("!I", socket.inet_aton(first))[0]
        end = struct.unpack("!I", socket.inet_aton(last))[0]
    except OSError:
        return []
    if not 0 <= end - begin < MOST_ADDRESSES:
        return []
    return [struct.pack("!I", n) for n in range(begin, end + 1)]


def leases(host: Host) -> Set[str]:
    """Return the MACs that got an address from us, or have one reserved (dnsmasq's own files)."""
    macs = set()
    for line in (host.read(names.LEASES + "/dnsmasq.leases") or "").splitlines():
        words = line.split()  # 1763800000 52:54:00:12:34:56 10.20.0.100 name client-id
        if len(words) >= 4:
            macs.add(words[1].lower())
    conf = host.read(names.DNSMASQ_CONF) or ""
    for line in re.findall(r"(?m)^dhcp-host=(\S+)$", conf):
        macs.add(line.split(",")[0].lower())
    return macs


# ------------------------------------------------------------------------------ DNS


def neighbours(host: Host, interface: str) -> List[Dict[str, Any]]:
    """Return wire.Neighbour of the IPv4 devices that the kernel knows on an interface."""
    found = []
    argv = ["ip", "-4", "neighbour", "show", "dev", interface]
    for line in host.run(argv, timeout=10.0).out.splitlines():
        words = line.split()  # 10.20.0.7 lladdr 52:54:00:12:34:57 REACHABLE
        if "lladdr" in words[:-1] and "FAILED" not in words:
            found.append({"address": words[0], "mac": words[words.index("lladdr") + 1].lower()})
    return found


def answering_dns(host: Host, devices: List[str], seconds: float = 1.5) -> List[str]:
    """Return which of some devices answer a DNS question, with whatever answer."""
    number = os.urandom(2)
    # example. is reserved (RFC 2606): nobody is asked for anything that exists
    question = (
        number + struct.pack("!HHHHH", 0x0100, 1, 0, 0, 0) + b"\x07example\x00\x00\x01\x00\x01"
    )
    places: Dict[Tuple[str, int], str] = {host.neighbour(d, DNS_PORT): d for d in devices}
    answered: Set[str] = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.setblocking(False)
        for place in places:
            try:
                asking.sendto(question, place)
            except OSError:
                continue
        deadline = time.monotonic() + (seconds if places else 0.0)
        while len(answered) < len(places):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([asking], [], [], left)[0]:
                break
            try:
                data, sender = asking.recvfrom(2048)
            except OSError:  # a port that is closed says so
                continue
            if sender in places and data[:2] == number and len(data) > 3 and data[2] & 0x80:
                answered.add(places[sender])
    return [d for d in devices if d in answered]
