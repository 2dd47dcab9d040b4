"""A live SSH session: opened, used for single commands, closed."""

from __future__ import annotations

import contextlib
import re
import shlex
import socket
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple

import paramiko

from wizard.remote.dial import dial
from wizard.remote.hosts import (
    Accept,
    Changed,
    FirstContact,
    HostKey,
    KnownHosts,
    Unknown,
    check_fingerprint,
    place,
)
from wizard.remote.login import Credentials, Greeting, Timeouts
from wizard.remote.words import Lost, RemoteError

_CHUNK = 1 << 16
_KEEPALIVE = 15  # seconds


class Ran(NamedTuple):
    """A finished command: its exit code and both of its streams, whole."""

    code: int
    out: bytes
    err: bytes


class Session:
    """An open, logged-in SSH connection whose host key was accepted.

    `server_address` is the address really reached, with its scope when it is link-local;
    `laptop_address` is this end's. Use `Session.open`.
    """

    def __init__(self, greeting: Greeting, user: str, host: str, port: int) -> None:
        self._greeting = greeting
        self.transport = greeting.transport
        self.user = user
        self.host = host
        self.port = port
        self.server_address = greeting.address
        self.laptop_address = _named(greeting.own_address)
        self.banner = greeting.banner

    @classmethod
    def open(
        cls,
        host: str,
        port: int,
        credentials: Credentials,
        known_hosts: KnownHosts,
        *,
        accept: Accept = None,
        server_id: str | None = None,
        timeouts: Timeouts = Timeouts(),  # noqa: B008  # frozen
        through: tuple[str, int] | None = None,
    ) -> Session:
        """Connect, judge the host key, log in.

        `accept` decides about a server that was never seen: a question, a fingerprint, or None
        (raises FirstContact). Nothing overrides a changed key. `through` is where the address
        really answers, for the practice clinic. Raises RemoteError.
        """
        wanted = check_fingerprint(accept) if isinstance(accept, str) else None
        sock = dial(host, port, timeouts.connect, through)
        address = host if through else _named(sock.getpeername())
        where = place(address, port)
        try:
            kinds = known_hosts.kinds(where, server_id)
        except RemoteError:
            sock.close()
            raise
        greeting = Greeting(sock, address, port, timeouts, kinds)
        try:
            _judge(greeting.key, where, known_hosts, server_id, accept, wanted)
            greeting.log_in(credentials)
            greeting.transport.set_keepalive(_KEEPALIVE)
        except BaseException:
            greeting.close()
            raise
        return cls(greeting, credentials.user, host, port)

    @property
    def key(self) -> HostKey:
        """The server's host key."""
        return self._greeting.key

    @property
    def fingerprint(self) -> str:
        """The host key's fingerprint, as ssh-keygen prints it."""
        return self.key.fingerprint

    @property
    def alive(self) -> bool:
        """True while the connection stands, as far as this side knows."""
        return bool(self.transport.is_active())

    @property
    def log(self) -> str:
        """The last lines of the SSH library's log, for diagnosis."""
        return str(self._greeting.log)

    def channel(self, command: str) -> paramiko.Channel:
        """Start a command on a channel of its own. Raises Lost or command-refused."""
        seconds = self._greeting.timeouts.channel
        try:
            channel = self.transport.open_session(timeout=seconds)
            channel.settimeout(seconds)
            channel.exec_command(command)
            channel.settimeout(None)
        except (paramiko.SSHException, EOFError, OSError) as error:
            # A server that is busy, or has just lost its cable, is silent; it refuses nothing.
            if isinstance(error, TimeoutError) or str(error).startswith("Timeout"):
                raise Lost("agent-silent", str(error), seconds=seconds) from None
            if self.alive:
                raise RemoteError("command-refused", str(error), user=self.user) from None
            raise Lost("lost", self.log or str(error)) from None
        return channel

    def run(
        self,
        argv: list[str],
        input: bytes = b"",  # noqa: A002  # as subprocess.run calls it
        timeout: float = 30.0,
    ) -> Ran:
        """Run one command in the C locale and return everything it said.

        Both streams are read at the same time, however long they are. Raises command-timeout
        after `timeout` seconds, command-killed when it ended without an exit code, Lost.
        """
        channel = self.channel(shlex.join(["env", "LC_ALL=C", *argv]))
        deadline = time.monotonic() + timeout
        out, err = bytearray(), bytearray()
        workers = [
            _worker(lambda: _drain(channel.recv, out)),
            _worker(lambda: _drain(channel.recv_stderr, err)),
            _worker(lambda: _feed(channel, input)),
        ]
        try:
            done = channel.status_event.wait(timeout)
            for worker in workers[:2]:
                worker.join(max(deadline - time.monotonic(), 0.0))
                done = done and not worker.is_alive()
            if not done:
                raise RemoteError("command-timeout", command=argv[0], seconds=timeout)
            if channel.exit_status == -1:
                if not self.alive:
                    raise Lost("lost", self.log)
                detail = err.decode("utf-8", "replace")[-2000:]
                raise RemoteError("command-killed", detail, command=argv[0])
            return Ran(channel.exit_status, bytes(out), bytes(err))
        finally:
            channel.close()
            for worker in workers:
                worker.join(2.0)

    def close(self) -> None:
        """End the session and its threads."""
        self._greeting.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _judge(
    key: HostKey,
    where: str,
    known_hosts: KnownHosts,
    server_id: str | None,
    accept: Accept,
    wanted: str | None,
) -> None:
    """Accept a host key and remember it, or raise."""
    verdict = known_hosts.verdict(key, where, server_id)
    shown = {"address": where, "key_type": key.name, "fingerprint": key.fingerprint}
    if isinstance(verdict, Changed):
        raise RemoteError("host-key-changed", file=str(verdict.path), lines=verdict.lines, **shown)
    if wanted is not None and wanted != key.fingerprint:
        raise RemoteError("host-key-differs", key_file=key.file, **shown)
    if isinstance(verdict, Unknown) and wanted is None:
        question = FirstContact(key, where)
        if not callable(accept) or not accept(question):
            raise question
    known_hosts.remember(key, where, server_id)


def _named(address: tuple[object, ...]) -> str:
    """Return a socket address as text, with the scope when it is link-local."""
    host = re.sub(r"%.*", "", str(address[0]))
    if len(address) < 4 or not address[3] or not host.lower().startswith("fe80:"):
        return host
    scope = int(str(address[3]))
    if sys.platform == "win32":
        return f"{host}%{scope}"
    with contextlib.suppress(OSError):
        return f"{host}%{socket.if_indextoname(scope)}"
    return f"{host}%{scope}"


def _worker(what: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=what, name="ssh-stream", daemon=True)
    thread.start()
    return thread


def _drain(read: Callable[[int], bytes], into: bytearray) -> None:
    with contextlib.suppress(OSError, EOFError):
        while data := read(_CHUNK):
            into += data


def _feed(channel: paramiko.Channel, data: bytes) -> None:
    with contextlib.suppress(OSError, EOFError):
        channel.sendall(data)
        channel.shutdown_write()
