"""One secure connection as an onlooker sees it: begun, refused, finished, used.

A phone that does not trust a certificate says so before it finishes the handshake: by a plain
alert up to TLS 1.2 (RFC 5246, 7.2), and in TLS 1.3 (RFC 8446, section 6) by one that is
encrypted, which is told from the message Finished by its length.
"""

from __future__ import annotations

import struct
from typing import List, Tuple

from .frames import printable

CHANGE_CIPHER, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
CLIENT_HELLO = 1
ALERT_SEALED = 19  # two bytes of alert, one of type, sixteen of seal (RFC 8446, 5.2)
FINISHED_SEALED = (53, 69)  # 4 + 32 or 48 + 1 + 16: Finished by SHA-256 or SHA-384 (RFC 8446, B.4)
CLOSE_NOTIFY, USER_CANCELED = 0, 90
LONGEST_HELLO = 8192

Said = Tuple[str, str]


class Handshake:
    """Follows what the client of one connection sends."""

    def __init__(self) -> None:
        self.over = False  # nothing that comes now changes what is known
        self._begun = False
        self._sealed = False  # it changed to encryption
        self._finished = False
        self._part = b""  # of a ClientHello whose rest is on its way

    def hear(self, data: bytes) -> List[Said]:
        """Take what a packet carries; return (what, name or alert) of what is new.

        "hello" with the name that is asked for, "refused" with the number of the alert ("" when it
        is encrypted), "finished", "unused" (closed before anything was asked), "opened". Of a
        connection that began before somebody looked, an end says nothing.
        """
        if self._part:
            data, self._part = self._part + data, b""
        said: List[Said] = []
        while len(data) >= 5 and CHANGE_CIPHER <= data[0] <= DATA and data[1] == 3:
            kind = data[0]
            (size,) = struct.unpack("!H", data[3:5])
            body, rest = data[5 : 5 + size], data[5 + size :]
            if kind == HANDSHAKE and body[:1] == b"\x01" and not self._finished:
                if len(body) < size:
                    if not self._begun and len(data) < LONGEST_HELLO:
                        self._part = data
                    return said
                if self._hello(body):
                    if not self._begun:
                        said.append(("hello", server_name(body)))
                    self._begun = True
                    data = rest
                    continue
            said += self._record(kind, size, body)
            data = rest
        return said

    @staticmethod
    def _hello(body: bytes) -> bool:
        """Tell a ClientHello from an encrypted message: its length fits the record's."""
        return int.from_bytes(body[1:4], "big") + 4 == len(body)

    def _record(self, kind: int, size: int, body: bytes) -> List[Said]:
        if self.over:
            return []
        if kind == CHANGE_CIPHER:
            self._sealed = True
            return []
        if kind == ALERT:
            return self._alert(size, body)
        if kind == HANDSHAKE:
            if self._sealed and not self._finished:  # Finished, up to TLS 1.2
                self._finished = True
                return [("finished", "")]
            return []
        if self._begun and not self._finished:
            if size == ALERT_SEALED:
                self.over = True
                return [("refused", "")]
            if size in FINISHED_SEALED:
                self._finished = True
                return [("finished", "")]
        self.over = True
        return [("opened", "")] if size != ALERT_SEALED else self._unused()

    def _alert(self, size: int, body: bytes) -> List[Said]:
        plain = size == 2 and len(body) == 2 and not self._sealed
        if plain and body[1] in (CLOSE_NOTIFY, USER_CANCELED):
            return []
        if self._finished or plain:
            self.over = True
            return [("refused", str(body[1]))] if plain else self._unused()
        return []

    def _unused(self) -> List[Said]:
        return [("unused", "")] if self._begun else []


def server_name(body: bytes) -> str:
    """Return the name in a ClientHello (RFC 6066, section 3); "" when there is none."""
    try:
        at = 38  # type, length, version, random
        at += 1 + body[at]
        at += 2 + struct.unpack("!H", body[at : at + 2])[0]
        at += 1 + body[at]
        end = at + 2 + struct.unpack("!H", body[at : at + 2])[0]
        at += 2
        while at + 4 <= end:
            kind, size = struct.unpack("!HH", body[at : at + 4])
            if kind == 0:
                (length,) = struct.unpack("!H", body[at + 7 : at + 9])
                return printable(body[at + 9 : at + 9 + length].lower(), 253)
            at += 4 + size
    except (struct.error, IndexError):
        pass
    return ""


def alert_of(data: bytes) -> str:
    """Return the number of the alert with which a server refuses a handshake, or ""."""
    if len(data) >= 7 and data[0] == ALERT and data[3:5] == b"\0\2" and data[5] == 2:
        return str(data[6])
    return ""
