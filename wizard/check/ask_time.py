"""Asks the server for the time, as devices on the LAN do (SNTP, RFC 4330 and RFC 5905)."""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass

from wizard.check.base import Look

PORT = 123
EPOCH = 2208988800  # seconds from 1900, where NTP begins, to 1970
ERA = 1 << 32  # seconds; NTP's first era ends in February 2036
TRIES = 3  # one lost datagram on a bad Wi-Fi is no broken service
CLIENT, SERVER, VERSION = 3, 4, 4
UNSYNCHRONISED = 3  # leap indicator


class NoTime(Exception):
    """The server said nothing, or nothing that answers the question."""


@dataclass(frozen=True)
class Told:
    """An answer: `offset` is the server's clock minus this laptop's, in seconds."""

    stratum: int  # 0: it refuses, 1 to 15: how far it is from a real source, 16: it has none
    leap: int
    offset: float
    trip: float  # seconds there and back

    @property
    def usable(self) -> bool:
        """True when a client may go by it (RFC 4330, 5.)."""
        return 1 <= self.stratum <= 15 and self.leap != UNSYNCHRONISED


def ask(look: Look) -> Told:
    """Ask once, or again when nothing comes back. Raises NoTime."""
    place = look.target.where(PORT)
    error: Exception = TimeoutError()
    for left in range(TRIES, 0, -1):
        try:
            return _ask(look, place, look.left() / left)
        except (OSError, NoTime) as caught:
            error = caught
            if isinstance(caught, ConnectionRefusedError):
                break
    raise NoTime(f"{place[0]} port {place[1]}: {type(error).__name__}: {error}") from error


def _ask(look: Look, place: tuple[str, int], seconds: float) -> Told:
    family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
    # A random mark instead of the time: it comes back and proves that this is our answer.
    mark = os.urandom(8)
    question = struct.pack("!B39x8s", VERSION << 3 | CLIENT, mark)
    with socket.socket(family, socket.SOCK_DGRAM) as way:
        way.settimeout(seconds)
        way.connect(place)  # answers of others are left out, and a refusal is told
        sent = look.now()
        way.send(question)
        answer = way.recv(1024)
        came = look.now()
    if len(answer) < 48 or answer[0] & 7 != SERVER or answer[24:32] != mark:
        raise NoTime("not an answer to what was asked")
    received, replied = (_moment(answer[at : at + 8], sent) for at in (32, 40))
    return Told(
        stratum=answer[1],
        leap=answer[0] >> 6,
        offset=((received - sent) + (replied - came)) / 2,
        trip=(came - sent) - (replied - received),
    )


def _moment(stamp: bytes, near: float) -> float:
    """Return an NTP timestamp as seconds since 1970, in the era that lies nearest."""
    whole, part = struct.unpack("!II", stamp)
    moment = whole - EPOCH + part / ERA
    return float(moment + ERA * round((near - moment) / ERA))
