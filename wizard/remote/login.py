"""The SSH greeting and login over a connected socket, each failure told apart."""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import paramiko

from wizard.remote import keys
from wizard.remote.hosts import HostKey
from wizard.remote.words import RemoteError

LOG = "wizard.remote.ssh"  # paramiko's own log, warnings and the server's last words included
_OLD = ["ssh-rsa", "ssh-dss"]  # SHA-1 signatures; paramiko 4 would still take the first
_AGENT_KEYS = 5  # servers end a login after six tries (MaxAuthTries)


@dataclass(frozen=True)
class Timeouts:
    """Seconds that each step may take."""

    connect: float = 8.0
    greeting: float = 15.0  # from the server's first line to its host key
    login: float = 20.0  # one attempt; PAM delays a refusal by two seconds and more
    channel: float = 15.0


@dataclass(frozen=True)
class Credentials:
    """Who logs in and how: any of password, key file and SSH agent; the sudo password apart."""

    user: str
    password: str | None = field(default=None, repr=False)
    key_path: str | Path | None = None
    passphrase: str | None = field(default=None, repr=False)
    use_agent: bool = False
    sudo_password: str | None = field(default=None, repr=False)


class Witness(socket.socket):
    """A connected socket that remembers how the conversation began."""

    first = b""

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Read from the socket."""
        data = super().recv(size, flags)
        if len(self.first) < 256:
            self.first += data[:256]
        return data


class LastWords(logging.Handler):
    """Keeps the last lines that paramiko logs about one transport."""

    def __init__(self, transport: paramiko.Transport) -> None:
        super().__init__(logging.INFO)
        self._transport = transport
        self.lines: deque[str] = deque(maxlen=30)
        logger = logging.getLogger(LOG)
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.INFO)
        logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line if it comes from this transport's thread."""
        if record.thread == self._transport.ident:
            self.lines.append(record.getMessage())

    def close(self) -> None:
        """Stop listening."""
        logging.getLogger(LOG).removeHandler(self)
        super().close()

    def __contains__(self, text: str) -> bool:
        return any(text.lower() in line.lower() for line in self.lines)

    def __str__(self) -> str:
        return "\n".join(line for line in self.lines if not line.startswith("  File "))


class Greeting:
    """An SSH transport that knows the server's host key and has not logged in yet.

    Raises RemoteError: not-ssh, server-silent, server-closed, ssh-old, ssh-slow.
    """

    def __init__(
        self,
        sock: socket.socket,
        address: str,
        port: int,
        timeouts: Timeouts,
        kinds: tuple[str, ...] = (),
    ) -> None:
        self.address = address
        self.timeouts = timeouts
        self.own_address = sock.getsockname()
        self._witness = Witness(fileno=sock.detach())
        self.transport = paramiko.Transport(
            self._witness,
            disabled_algorithms={"keys": _OLD, "pubkeys": _OLD},
        )
        self.transport.set_log_channel(LOG)
        self.log = LastWords(self.transport)
        self.transport.banner_timeout = timeouts.greeting
        self.transport.handshake_timeout = timeouts.greeting
        self.transport.auth_timeout = timeouts.login
        self.transport.channel_timeout = timeouts.channel
        _prefer(self.transport, kinds)
        try:
            self._greet(port)
        except BaseException:
            self.close()
            raise

    @property
    def banner(self) -> str:
        """The server's first line: SSH-2.0-OpenSSH_9.2p1 ..."""
        return str(self.transport.remote_version).strip()

    def close(self) -> None:
        """End the transport and its thread."""
        # Wakes the thread from its read, which would else take up to a tenth of a second.
        with contextlib.suppress(OSError):
            self._witness.shutdown(socket.SHUT_RDWR)
        end(self.transport)
        self.log.close()
        if self.transport.is_alive():
            self.transport.join(2.0)

    def _greet(self, port: int) -> None:
        seconds = self.timeouts.greeting
        where = {"address": self.address, "port": port}
        try:
            self.transport.start_client(timeout=seconds)
            key = self.transport.get_remote_server_key()
        except paramiko.ssh_exception.IncompatiblePeer as error:
            raise RemoteError("ssh-old", str(error), address=self.address) from None
        except (paramiko.SSHException, EOFError, OSError) as error:
            first = self._witness.first
            if first.startswith(b"SSH-"):
                raise RemoteError(
                    "ssh-slow", str(error), address=self.address, seconds=seconds
                ) from None
            if first:
                raise RemoteError("not-ssh", repr(first[:60]), **where) from None
            cut = isinstance(error.__context__, (EOFError, ConnectionError))
            code = "server-closed" if cut or isinstance(error, EOFError) else "server-silent"
            raise RemoteError(code, str(error), **where) from None
        self.key = HostKey(key.get_name(), key.asbytes())

    def log_in(self, who: Credentials) -> None:
        """Prove who we are: the key file first, then the SSH agent, then the password.

        Raises RemoteError; nothing is tried twice.
        """
        if not who.user:
            raise RemoteError("user-missing")
        _Login(self, who).run()


class _Login:
    """One login: what was tried, and what the server said to it."""

    def __init__(self, greeting: Greeting, who: Credentials) -> None:
        self.greeting = greeting
        self.transport = greeting.transport
        self.who = who
        self.refused: list[str] = []
        self.off: list[str] = []
        self.allowed: set[str] | None = None

    def run(self) -> None:
        wanted: set[str] = set()
        with contextlib.ExitStack() as stack:
            for kind, prove in self._ways(stack):
                if self.allowed is not None and not self._takes(kind):
                    self.off.append(kind)
                    continue
                rest = self._try(kind, prove)
                if rest is None:
                    continue
                if not rest:
                    return
                wanted = self.allowed = set(rest)
        raise self._failure(wanted)

    def _ways(self, stack: contextlib.ExitStack) -> Iterator[tuple[str, Callable[[], list[str]]]]:
        who, transport = self.who, self.transport
        if who.key_path:
            key = keys.load(who.key_path, who.passphrase)
            yield "key", lambda: transport.auth_publickey(who.user, key)
        if who.use_agent:
            agent = paramiko.Agent()
            stack.callback(agent.close)
            held = agent.get_keys()[:_AGENT_KEYS]
            if not held and not who.key_path and who.password is None:
                raise RemoteError("agent-empty")
            for each in held:
                yield "key", lambda each=each: transport.auth_publickey(who.user, each)  # type: ignore[misc]
        if who.password is not None:
            secret = who.password
            yield "password", lambda: transport.auth_password(who.user, secret)
        if not who.key_path and not who.use_agent and who.password is None:
            raise RemoteError("nothing-to-show", user=who.user)

    def _takes(self, kind: str) -> bool:
        names = {"publickey"} if kind == "key" else {"password", "keyboard-interactive"}
        return bool(names & (self.allowed or set()))

    def _try(self, kind: str, prove: Callable[[], list[str]]) -> list[str] | None:
        """Return None when refused, else the proofs that are still wanted."""
        begun = time.monotonic()
        try:
            return prove()
        except paramiko.BadAuthenticationType as error:
            self.off.append(kind)
            self.allowed = set(error.allowed_types)
        except (paramiko.SSHException, EOFError, OSError) as error:
            # The transport's thread may still be reading the server's last words.
            self.transport.join(0.05)
            if not self.transport.is_active():
                raise self._cut(str(error)) from None
            limit = self.greeting.timeouts.login
            if time.monotonic() - begun >= limit:
                raise RemoteError("login-timeout", str(error), seconds=limit) from None
            self.refused.append(kind)
        return None

    def _cut(self, detail: str) -> RemoteError:
        log = self.greeting.log
        detail = str(log) or detail
        if "too many authentication" in log:
            return RemoteError("too-many-attempts", detail)
        if "expired" in log or "account is locked" in log:
            return RemoteError("account-expired", detail, user=self.who.user)
        return RemoteError("login-cut", detail)

    def _failure(self, wanted: set[str]) -> RemoteError:
        user = self.who.user
        if wanted:
            return RemoteError("second-step", wanted=", ".join(sorted(wanted)))
        if "password" in self.refused:
            return RemoteError("password-wrong", user=user)
        if "key" in self.refused:
            return RemoteError("key-refused", user=user)
        if "password" in self.off:
            return RemoteError("password-off", user=user)
        if "key" in self.off:
            return RemoteError("key-off")
        return RemoteError("agent-empty")


def end(transport: paramiko.Transport) -> None:
    """Close a transport, in the middle of its greeting too.

    paramiko's clock for the greeting would else go on, and hold the program back when it ends.
    """
    transport.close()
    transport.packetizer.complete_handshake()


def _prefer(transport: paramiko.Transport, kinds: tuple[str, ...]) -> None:
    """Ask first for the kind of host key that is remembered, or another would look changed."""
    options = transport.get_security_options()
    offered = list(options.key_types)
    known = [
        name
        for name in offered
        if name in kinds or (name.startswith("rsa-sha2-") and "ssh-rsa" in kinds)
    ]
    options.key_types = tuple(known + [name for name in offered if name not in known])
