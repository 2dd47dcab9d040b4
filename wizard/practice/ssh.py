"""The practice clinic's SSH server: a real one on loopback, whose only command is the agent.

Every address of the pretended server has a port of its own. While the server does not have an
address its port refuses, and connections made before fall silent, as on a real network.
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
import select
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import IO, Any

import paramiko
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from wizard.agent import build
from wizard.remote.launch import FAILED, agent_path

LOG = "wizard.practice.ssh"
TICK = 0.02  # seconds between two looks at the server's addresses
_PROMPT = re.compile(r"\[cht-[0-9a-f]{16}\]")

Agent = Callable[[str, IO[bytes], IO[bytes]], int]
"""(what SSH_CONNECTION would be, standard input, standard output) -> exit code."""


@dataclass(frozen=True)
class Account:
    """Who may log in. With `sudo` the agent is started only after that password."""

    user: str
    password: str = field(repr=False)
    keys: tuple[paramiko.PKey, ...] = ()
    sudo: str = field(default="", repr=False)


def new_key() -> paramiko.Ed25519Key:
    """Make an Ed25519 key."""
    return paramiko.Ed25519Key(file_obj=io.StringIO(new_key_text()))


def new_key_text() -> str:
    """Make an Ed25519 key, as the text of a key file."""
    private = Ed25519PrivateKey.generate()
    return private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()


class Door:
    """One address of the server: a port of 127.0.0.1 that takes connections while it is open."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.open = False
        self._socket = _bound(0)
        self.port = int(self._socket.getsockname()[1])

    def set(self, wanted: bool) -> None:
        """Open or shut the door. A port that nobody listens on stays ours all the same."""
        if wanted and not self.open:
            self._socket.listen(16)
        elif self.open and not wanted:
            self._socket.close()
            self._socket = _bound(self.port)
        self.open = wanted

    def fileno(self) -> int:
        """Let `select` wait for a connection."""
        return self._socket.fileno()

    def accept(self) -> socket.socket:
        """Take a connection."""
        return self._socket.accept()[0]

    def close(self) -> None:
        """Give the port back."""
        self.open = False
        self._socket.close()


def _bound(port: int) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    return sock


class SshServer:
    """Listens for `addresses` as far as `present` says that the server has them.

    `laptop` is the address that every client is said to come from. Use `close`.
    """

    def __init__(
        self,
        addresses: Iterable[str],
        present: Callable[[], Iterable[str]],
        key: paramiko.PKey,
        account: Account,
        agent: Agent,
        laptop: str,
    ) -> None:
        self.key = key
        self.account = account
        self.agent = agent
        self.laptop = laptop
        self.plugged = True
        self.started = 0  # agents, so far
        self.on_said: Callable[[str, bytes], None] = lambda _address, _data: None  # for mishaps
        self._present = present
        self._doors = [Door(address) for address in addresses]
        self._closing = threading.Event()
        self._transports: list[paramiko.Transport] = []
        self._threads: list[threading.Thread] = []
        self._adjust()
        self._start("practice-ssh", self._listen)

    @property
    def ports(self) -> dict[str, int]:
        """Which port of 127.0.0.1 stands for which address."""
        return {door.address: door.port for door in self._doors}

    def close(self) -> None:
        """End every connection and stop listening."""
        self._closing.set()
        for transport in list(self._transports):
            transport.close()
        for thread in list(self._threads):
            thread.join(5.0)
        for door in self._doors:
            door.close()

    def drop(self) -> None:
        """End every connection, as a server does that restarts."""
        for transport in list(self._transports):
            transport.close()

    def start_thread(self, name: str, work: Callable[[], None]) -> None:
        """Start a thread that `close` waits for."""
        self._start(name, work)

    def _start(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._threads = [t for t in self._threads if t.is_alive()] + [thread]
        thread.start()

    # ----------------------------------------------------------------------- doors

    def _adjust(self) -> None:
        present = set(self._present()) if self.plugged else set()
        for door in self._doors:
            door.set(door.address in present)

    def _listen(self) -> None:
        while not self._closing.is_set():
            self._adjust()
            listening = [door for door in self._doors if door.open]
            if not listening:
                self._closing.wait(TICK)
                continue
            for door in select.select(listening, [], [], TICK)[0]:
                with contextlib.suppress(OSError):
                    self._welcome(door, door.accept())

    def _welcome(self, door: Door, outside: socket.socket) -> None:
        inside, served = socket.socketpair()
        port = int(outside.getpeername()[1])
        transport = paramiko.Transport(served)
        transport.set_log_channel(LOG)
        transport.add_server_key(self.key)
        self._transports = [t for t in self._transports if t.is_alive()] + [transport]
        connection = f"{self.laptop} {port} {door.address} 22"
        self._start("practice-relay", lambda: self._relay(door, outside, inside))
        transport.start_server(event=threading.Event(), server=_Login(self, connection))

    def _relay(self, door: Door, outside: socket.socket, inside: socket.socket) -> None:
        """Carry bytes while the door is open; through a shut one nothing comes, not even an end."""
        other = {outside: inside, inside: outside}
        with outside, inside, contextlib.suppress(OSError):
            while not self._closing.is_set():
                if not door.open or not self.plugged:
                    self._closing.wait(TICK)
                    continue
                ready = select.select(list(other), [], [], 0.1)[0]
                for sock in ready if door.open and self.plugged else ():
                    data = sock.recv(1 << 16)
                    if not data:
                        return
                    other[sock].sendall(data)
                    if sock is inside:
                        self.on_said(door.address, data)


class _Stream(io.RawIOBase):
    """A channel as a file, for the agent's standard input and output."""

    def __init__(self, channel: paramiko.Channel) -> None:
        super().__init__()
        self._channel = channel

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        data = self._channel.recv(len(into))
        into[: len(data)] = data
        return len(data)

    def write(self, data: Any) -> int:
        self._channel.sendall(bytes(data))
        return len(data)


class _Login(paramiko.ServerInterface):
    """One connection."""

    def __init__(self, server: SshServer, connection: str) -> None:
        self._server = server
        self._connection = connection

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - paramiko calls it so
        return "publickey,password"

    def check_auth_password(self, username: str, password: str) -> int:
        account = self._server.account
        right = (username, password) == (account.user, account.password)
        return paramiko.common.AUTH_SUCCESSFUL if right else paramiko.common.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        account = self._server.account
        right = username == account.user and key in account.keys
        return paramiko.common.AUTH_SUCCESSFUL if right else paramiko.common.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002
        if kind == "session":
            return paramiko.common.OPEN_SUCCEEDED
        return paramiko.common.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        text = command.decode("utf-8", "replace")
        if f"{agent_path(build.digest())} serve --connection" not in text:
            return False
        self._server.start_thread("practice-agent", lambda: self._serve(channel, text))
        return True

    def _serve(self, channel: paramiko.Channel, command: str) -> None:
        """Become the agent, after sudo's question where there is one."""
        code = 1
        with contextlib.suppress(OSError, EOFError):
            incoming = io.BufferedReader(_Stream(channel))
            outgoing = io.BufferedWriter(_Stream(channel))
            if self._may_become_root(channel, incoming, command):
                self._server.started += 1
                code = self._server.agent(self._connection, incoming, outgoing)
            channel.send_exit_status(code)
        with contextlib.suppress(OSError, EOFError):
            channel.close()

    def _may_become_root(
        self, channel: paramiko.Channel, incoming: IO[bytes], command: str
    ) -> bool:
        """Ask as `sudo -S -p PROMPT` does: on standard error, three times."""
        wanted, prompt = self._server.account.sudo, _PROMPT.search(command)
        if not wanted:
            return True
        if prompt is None:
            channel.sendall(f"{FAILED} sudo-missing\n".encode())
            return False
        for _ in range(3):
            channel.sendall_stderr(prompt.group().encode())
            given = incoming.readline()
            if given.rstrip(b"\n") == wanted.encode():
                return True
            if not given:
                break
            channel.sendall_stderr(b"Sorry, try again.\n")
        return False


# A client that only looks whether the port is open is no event; without a handler Python would
# print what paramiko says about it.
logging.getLogger(LOG).addHandler(logging.NullHandler())
logging.getLogger(LOG).propagate = False
