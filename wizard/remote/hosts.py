"""Our own list of the servers we know, by their host keys.

One JSON object per line, only ever appended to: a line that cannot be read never hides the
others, and nothing that somebody else wrote is rewritten (a whole-file rewrite and a single
unreadable line each once made another tool treat every host as new).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wizard.remote.words import RemoteError

FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?")


@dataclass(frozen=True)
class HostKey:
    """A server's public host key."""

    kind: str  # ssh-ed25519, ecdsa-sha2-nistp256, ssh-rsa, ...
    blob: bytes  # as sent over the wire (RFC 4253, section 6.6)

    @property
    def fingerprint(self) -> str:
        """The fingerprint as ssh-keygen prints it."""
        digest = base64.b64encode(hashlib.sha256(self.blob).digest()).decode()
        return "SHA256:" + digest.rstrip("=")

    @property
    def name(self) -> str:
        """The kind as ssh-keygen prints it: ED25519, ECDSA, RSA."""
        if self.kind.startswith("ecdsa"):
            return "ECDSA"
        return self.kind.removeprefix("ssh-").upper()

    @property
    def file(self) -> str:
        """Where an OpenSSH server keeps this key."""
        return f"/etc/ssh/ssh_host_{self.name.lower()}_key.pub"


@dataclass(frozen=True)
class Record:
    """One line of the list: a key, seen at an address, of a server when it is known which."""

    server_id: str
    key: HostKey
    address: str
    first_seen: float  # seconds since 1970, the laptop's clock
    line: int = 0


@dataclass(frozen=True)
class Known:
    """This key belongs to the server, or at least to one we know."""

    record: Record


@dataclass(frozen=True)
class Unknown:
    """Nothing is known that this key could be compared with."""


@dataclass(frozen=True)
class Changed:
    """Another key was remembered here: stop."""

    records: tuple[Record, ...]
    path: Path

    @property
    def lines(self) -> str:
        """The lines to delete when the server was really replaced: "3, 7"."""
        return ", ".join(str(r.line) for r in self.records)


Verdict = Known | Unknown | Changed


class FirstContact(RemoteError):
    """A server that was never seen; somebody has to compare its fingerprint.

    `fingerprint`, `key_type` and `address` are what there is to compare.
    """

    def __init__(self, key: HostKey, address: str) -> None:
        self.key = key
        self.fingerprint = key.fingerprint
        self.key_type = key.name
        self.address = address
        super().__init__(
            "host-key-unknown",
            address=address,
            key_type=key.name,
            fingerprint=key.fingerprint,
            key_file=key.file,
        )


Accept = Callable[[FirstContact], bool] | str | None
"""Who accepts a first contact: a question to the user, a fingerprint given before, or nobody."""


class KnownHosts:
    """The servers we know, in the file at `path` (made when the first one is remembered)."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    def records(self) -> tuple[Record, ...]:
        """Return what can be read of the list; raises host-key-store when the file cannot be."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise RemoteError("host-key-store", str(error), file=str(self.path)) from error
        found = (_parse(line, number) for number, line in enumerate(data.split(b"\n"), 1))
        return tuple(r for r in found if r is not None)

    def kinds(self, address: str, server_id: str | None = None) -> tuple[str, ...]:
        """Return the kinds of key remembered for a server, to ask it for the same kind again."""
        rows = self._of(place(address), server_id, self.records())
        return tuple(dict.fromkeys(r.key.kind for r in rows))

    def verdict(self, key: HostKey, address: str, server_id: str | None = None) -> Verdict:
        """Judge a key that a server at `address` showed.

        A server is known by its id when there is one, so that two clinics whose servers both
        have 192.168.1.10 are not mistaken for each other, and a server keeps its key when its
        address changes. Without an id the address decides; an address never seen may show any
        key that is known.
        """
        rows = self.records()
        ours = self._of(place(address), server_id, rows)
        match = [r for r in (ours or rows) if r.key == key]
        if match:
            return Known(match[0])
        return Changed(tuple(ours), self.path) if ours else Unknown()

    def remember(self, key: HostKey, address: str, server_id: str | None = None) -> None:
        """Append a key, unless this very line is there already; on disk when this returns."""
        where, who = place(address), server_id or ""
        for row in self.records():
            if row.key == key and row.address == where and row.server_id == who:
                return
        line = json.dumps(
            {
                "server": who,
                "type": key.kind,
                "fingerprint": key.fingerprint,
                "key": base64.b64encode(key.blob).decode(),
                "address": where,
                "first_seen": round(time.time(), 3),
            }
        )
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._append(line.encode() + b"\n")
        except OSError as error:
            raise RemoteError("host-key-store", str(error), file=str(self.path)) from error

    def _append(self, line: bytes) -> None:
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(handle).st_size
            if size:
                # A line torn by a power cut must not swallow this one.
                os.lseek(handle, size - 1, os.SEEK_SET)
                if os.read(handle, 1) != b"\n":
                    line = b"\n" + line
            os.write(handle, line)
            os.fsync(handle)
        finally:
            os.close(handle)

    @staticmethod
    def _of(where: str, server_id: str | None, rows: tuple[Record, ...]) -> list[Record]:
        if not server_id:
            return [r for r in rows if r.address == where]
        # A first contact is remembered before the server's id is known; until its key has an
        # owner such a line speaks for its address.
        owned = {r.key for r in rows if r.server_id}
        return [
            r
            for r in rows
            if r.server_id == server_id
            or (not r.server_id and r.address == where and r.key not in owned)
        ]


def place(address: str, port: int = 22) -> str:
    """Return how an address is written in the list: no scope, the port only when it is not 22.

    The scope of a link-local address names an interface of this laptop and says nothing about
    the server.
    """
    bare = re.sub(r"%[^\]]*", "", address)
    try:
        bare = str(ipaddress.ip_address(bare))
    except ValueError:
        bare = bare.lower()
    return bare if port == 22 else f"[{bare}]:{port}"


def check_fingerprint(given: str) -> str:
    """Return a fingerprint as we write it; raises host-key-option when it is not one."""
    text = given.strip()
    if not FINGERPRINT.fullmatch(text):
        raise RemoteError("host-key-option", given=given)
    return text.rstrip("=")


def _parse(line: bytes, number: int) -> Record | None:
    try:
        data = json.loads(line)
        key = HostKey(str(data["type"]), base64.b64decode(data["key"], validate=True))
        return Record(
            server_id=str(data["server"]),
            key=key,
            address=str(data["address"]),
            first_seen=float(data["first_seen"]),
            line=number,
        )
    except (ValueError, KeyError, TypeError, binascii.Error):
        return None
