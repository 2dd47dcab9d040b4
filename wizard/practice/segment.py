"""The pretended Ethernet of the practice clinic: who else is on it, and what they answer.

The agent sends the frames that it would send on a real network; they travel as UDP on loopback.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from wizard.agent.probe import COOKIE

_ARP = b"\x08\x06"
_IPV4 = b"\x08\x00"
_DISCOVER, _OFFER = 1, 2
_SERVER_PORT, _CLIENT_PORT = 67, 68


@dataclass(frozen=True)
class Neighbour:
    """A device on the segment; with `offers` it hands out that address and itself as router."""

    name: str
    mac: str
    address: str
    offers: str = ""

    def answer(self, frame: bytes) -> bytes | None:
        """Answer an Ethernet frame, or stay silent."""
        if frame[12:14] == _ARP:
            return self._is_at(frame)
        if frame[12:14] == _IPV4 and self.offers:
            return self._offer(frame)
        return None

    @property
    def _mac(self) -> bytes:
        return bytes.fromhex(self.mac.replace(":", ""))

    def _is_at(self, frame: bytes) -> bytes | None:
        """Answer an ARP request for the own address (RFC 826)."""
        own = socket.inet_aton(self.address)
        if len(frame) < 42 or frame[20:22] != b"\x00\x01" or frame[38:42] != own:
            return None
        asking = frame[22:28]
        head = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 2)
        return asking + self._mac + _ARP + head + self._mac + own + asking + frame[28:32]

    def _offer(self, frame: bytes) -> bytes | None:
        """Answer a DHCPDISCOVER (RFC 2131 section 4.3.1)."""
        at = 14 + (frame[14] & 15) * 4
        bootp = frame[at + 8 :]
        ports = struct.pack("!HH", _CLIENT_PORT, _SERVER_PORT)
        if frame[at : at + 4] != ports or len(bootp) < 243 or bootp[236:240] != COOKIE:
            return None
        if bootp[240:243] != bytes([53, 1, _DISCOVER]):  # a client puts its kind first
            return None
        own = socket.inet_aton(self.address)
        reply = struct.pack("!BBBB", 2, 1, 6, 0) + bootp[4:8] + bytes(2) + bootp[10:12] + bytes(4)
        reply += socket.inet_aton(self.offers) + own + bytes(4) + bootp[28:44] + bytes(64 + 128)
        reply += COOKIE + bytes([53, 1, _OFFER, 54, 4]) + own
        reply += bytes([51, 4]) + struct.pack("!I", 86400)
        reply += bytes([1, 4, 255, 255, 255, 0, 3, 4]) + own + bytes([6, 4]) + own + b"\xff"
        udp = struct.pack("!HHHH", _SERVER_PORT, _CLIENT_PORT, 8 + len(reply), 0)  # no checksum
        to = b"\xff" * 4
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 28 + len(reply), 0, 0, 64, 17, 0) + own + to
        return b"\xff" * 6 + self._mac + _IPV4 + ip + udp + reply


class Speaker:
    """Says the same to everybody who listens. Use `close`."""

    def __init__(self) -> None:
        self._socket = _udp()
        self._ends: list[socket.socket] = []

    def listen(self) -> socket.socket:
        """Return an end on which one `recv` is one thing that was said; close it to leave."""
        end = _udp()
        end.connect(self._socket.getsockname())
        self._ends.append(end)
        return end

    def say(self, data: bytes) -> bool:
        """Let everybody hear it; False when nobody listens."""
        self._ends = [end for end in self._ends if end.fileno() >= 0]
        for end in self._ends:
            with contextlib.suppress(OSError):  # it was closed just now
                self._socket.sendto(data, end.getsockname())
        return bool(self._ends)

    def close(self) -> None:
        """Say nothing more."""
        self._socket.close()


class Segment:
    """Carries frames between the pretended server's interface and `neighbours`. Use `close`.

    What phones send is said by `mirror`, to whoever watches.
    """

    def __init__(self, neighbours: Callable[[], Iterable[Neighbour]]) -> None:
        self._neighbours = neighbours
        self._socket = _udp()
        self._closing = False
        self.mirror = Speaker()
        self._thread = threading.Thread(target=self._carry, name="practice-segment", daemon=True)
        self._thread.start()

    def plug_in(self) -> socket.socket:
        """Return the server's end: one `send` or `recv` is one frame."""
        end = _udp()
        end.connect(self._socket.getsockname())
        return end

    def close(self) -> None:
        """Take the network down."""
        self._closing = True
        with _udp() as waking:
            waking.sendto(b"", self._socket.getsockname())
        self._thread.join(5.0)
        self._socket.close()
        self.mirror.close()

    def _carry(self) -> None:
        while not self._closing:
            # On Windows a socket whose partner has gone says so at the next turn.
            with contextlib.suppress(ConnectionError):
                frame, asking = self._socket.recvfrom(1 << 16)
                if len(frame) < 34:
                    continue
                for neighbour in self._neighbours():
                    answer = neighbour.answer(frame)
                    if answer is not None:
                        self._socket.sendto(answer, asking)


def _udp() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    return sock
