"""The practice clinic's phones: what they send is real, and so are the answers on loopback.

They ask the practice server's DNS and open its web server over TLS. What they sent there is put
into frames for whoever watches the practice network, as a phone's radio would carry it. Only
their leases are pretended, from the pushed settings of dnsmasq.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import dns.message

from wizard.agent.probe import COOKIE
from wizard.practice.door import LOOPBACK

PAUSE = 0.7  # seconds between two steps of a phone
SEGMENT = 1400  # bytes of TCP in one frame
ALL = b"\xff" * 6
HTTPS, DNS = 443, 53
SYN, PUSH = 0x02, 0x18


@dataclass(frozen=True)
class Phone:
    """One phone. `trouble`: "", "mistyped", "provider" (Private DNS), "old" (trusts nobody new)."""

    mac: str
    name: str
    android: int
    trouble: str = ""


# The beginnings of the MACs belong to the makers (IEEE registry); that of the first is made up.
PHONES = (
    Phone("da:a1:19:20:31:01", "Pixel-6a", 14),
    Phone("00:12:47:20:31:02", "Galaxy-A12", 12, "mistyped"),
    Phone("04:d3:20:20:31:03", "TECNO-SPARK-8", 11, "provider"),
    Phone("00:b8:b6:20:31:04", "", 6, "old"),
)
PROVIDER = "dns.google"


@dataclass(frozen=True)
class Settings:
    """What phones need of the pushed dnsmasq.conf."""

    domain: str
    server: str
    first: int

    @classmethod
    def read(cls, path: Path) -> Settings | None:
        """Read them; None where no addresses are given."""
        try:
            text = path.read_text(encoding="utf-8")
        except OSError:
            return None
        name = re.search(r"^host-record=([^,\n]+)", text, re.MULTILINE)
        server = re.search(r"^dhcp-option=option:dns-server,(\S+)$", text, re.MULTILINE)
        first = re.search(r"^dhcp-range=([0-9.]+),", text, re.MULTILINE)
        if not (name and server and first):
            return None
        return cls(name[1], server[1], int(ipaddress.IPv4Address(first[1])))


@dataclass(frozen=True)
class Home:
    """Where the phones live.

    `settings` are those in force, None while DNS and DHCP do not run; `mac` is the server's;
    `cast` sends a frame to whoever watches, False when nobody does; `leased` notes a line of
    dnsmasq's leases, `joined` who joins the Wi-Fi.
    """

    settings: Callable[[], Settings | None]
    mac: str
    cast: Callable[[bytes], bool]
    leased: Callable[[str], None]
    joined: Callable[[str], object]
    dns_port: int
    https_port: int
    root: Path


def arrive(lan: Home, closing: threading.Event, pause: float = PAUSE) -> None:
    """Let all phones come, one after the other, while somebody watches."""
    for number, phone in enumerate(PHONES):
        if closing.wait(pause):
            return
        for _ in _steps(lan, phone, number):
            if closing.wait(pause):
                return


def _steps(lan: Home, phone: Phone, number: int) -> Iterator[None]:
    mac = bytes.fromhex(phone.mac.replace(":", ""))
    lan.joined(phone.mac)
    yield
    settings = lan.settings()
    xid = struct.pack("!I", 0x70720000 + number)
    if not lan.cast(_dhcp_frame(phone, mac, xid, 1, b"")) or settings is None:
        return
    address = ipaddress.IPv4Address(settings.first + number)
    server = bytes.fromhex(lan.mac.replace(":", ""))
    asked = b"\x32\x04" + address.packed + b"\x36\x04" + socket.inet_aton(settings.server)
    lan.cast(_dhcp_frame(phone, mac, xid, 3, asked))
    lan.leased(f"{2**31 - 1} {phone.mac} {address} {phone.name or '*'} *\n")
    lan.cast(_ack_frame(mac, server, xid, address.packed, socket.inet_aton(settings.server)))
    yield
    here = _Wire(lan, mac, server, address.packed, socket.inet_aton(settings.server))
    here.ask("connectivitycheck.gstatic.com")
    if phone.trouble == "provider":
        for _ in range(3):
            yield
            here.ask(PROVIDER)
        return
    yield
    if phone.trouble == "mistyped":
        here.ask(_mistyped(settings.domain))
        return
    here.ask(settings.domain)
    yield
    here.open(settings.domain, None if phone.trouble == "old" else lan.root)


def _mistyped(domain: str) -> str:
    """Leave a letter out, as thumbs do."""
    return domain[:-5] + domain[-4:]


class _Wire:
    """What one phone sends, in frames."""

    def __init__(self, lan: Home, mac: bytes, server: bytes, own: bytes, there: bytes) -> None:
        self._lan, self._mac, self._server, self._own, self._there = lan, mac, server, own, there
        self._port = 40000

    def ask(self, name: str) -> None:
        """Ask the practice server for a name, and wait for the answer."""
        question = dns.message.make_query(name, "A").to_wire()
        udp = struct.pack("!HHHH", 40053, DNS, 8 + len(question), 0) + question
        self._send(17, udp)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(1.0)
            with contextlib.suppress(OSError):
                asking.sendto(question, (LOOPBACK, self._lan.dns_port))
                asking.recv(4096)

    def open(self, name: str, root: Path | None) -> None:
        """Open the CHT over TLS; without a root the phone trusts nobody."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if root is not None:
            context.load_verify_locations(root)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname=name)
        self._port += 1
        self._tcp(SYN, b"")
        with contextlib.suppress(OSError), self._reach() as real:
            try:
                self._until(tls.do_handshake, real, incoming, outgoing)
                request = f"GET /setup/poll HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"
                tls.write(request.encode())
                self._until(lambda: tls.read(1 << 16), real, incoming, outgoing)
            except ssl.SSLError:
                self._flush(real, outgoing)

    def _reach(self) -> socket.socket:
        return socket.create_connection((LOOPBACK, self._lan.https_port), 5.0)

    def _until(
        self,
        act: Callable[[], object],
        real: socket.socket,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
    ) -> None:
        while True:
            try:
                act()
                self._flush(real, outgoing)
            except ssl.SSLWantReadError:
                self._flush(real, outgoing)
                data = real.recv(1 << 16)
                if not data:
                    return
                incoming.write(data)
            else:
                return

    def _flush(self, real: socket.socket, outgoing: ssl.MemoryBIO) -> None:
        data = outgoing.read()
        if data:
            for at in range(0, len(data), SEGMENT):
                self._tcp(PUSH, data[at : at + SEGMENT])
            real.sendall(data)

    def _tcp(self, flags: int, data: bytes) -> None:
        head = struct.pack("!HHIIBBHHH", self._port, HTTPS, 1, 1, 0x50, flags, 65535, 0, 0)
        self._send(6, head + data)

    def _send(self, protocol: int, packet: bytes) -> None:
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(packet), 0, 0, 64, protocol, 0)
        frame = self._server + self._mac + b"\x08\x00" + ip + self._own + self._there + packet
        self._lan.cast(frame)


def _dhcp_frame(phone: Phone, mac: bytes, xid: bytes, kind: int, more: bytes) -> bytes:
    """Return what a phone broadcasts (RFC 2131)."""
    vendor = f"android-dhcp-{phone.android}".encode()
    about = bytes([60, len(vendor)]) + vendor
    if phone.name:
        about += bytes([12, len(phone.name)]) + phone.name.encode()
    bootp = b"\x01\x01\x06\x00" + xid + bytes(20) + mac + bytes(10 + 192) + COOKIE
    bootp += bytes([53, 1, kind]) + more + about + b"\xff"
    return _broadcast(mac, (68, 67), bytes(4), bootp)


def _ack_frame(mac: bytes, server: bytes, xid: bytes, given: bytes, own: bytes) -> bytes:
    bootp = b"\x02\x01\x06\x00" + xid + bytes(8) + given + own + bytes(4) + mac
    bootp += bytes(10 + 192) + COOKIE + b"\x35\x01\x05\x36\x04" + own + b"\xff"
    return _broadcast(server, (67, 68), own, bootp)


def _broadcast(mac: bytes, ports: tuple[int, int], source: bytes, data: bytes) -> bytes:
    udp = struct.pack("!HHHH", *ports, 8 + len(data), 0) + data
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + source + ALL[:4]
    return ALL + mac + b"\x08\x00" + ip + udp
