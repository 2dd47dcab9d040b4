"""The practice clinic's SSH server: a real one on loopback, whose only command is the agent.

Every address of the pretended server has a port of its own. While the server does not have an
address its port refuses, and connections made before fall silent, as on a real network.
"""

from __future__ import annotations

import contextlib
import io
import ipaddress
import logging
import re
import select
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

import paramiko
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from wizard.agent import build
from wizard.detour import DetourError
from wizard.practice.door import TICK, Door, Porter
from wizard.remote.launch import FAILED, agent_path
from wizard.remote.login import end

LOG = "wizard.practice.ssh"
MOST = 64  # addresses that may be asked for
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


class Ports(Mapping[str, int]):
    """Which port of 127.0.0.1 stands for which address of the server.

    An address that nobody asked for before gets a port at that moment: who practises may choose
    any. Not everything is an address: a name raises KeyError. When the clinic is closed, asking
    raises DetourError "closed", so that nobody looks for its server any longer.
    """

    def __init__(self, make: Callable[[str], Door]) -> None:
        self._make = make
        self._doors: dict[str, Door] = {}
        self._guard = threading.Lock()
        self.closed = False

    def __getitem__(self, address: str) -> int:
        if self.closed:
            raise DetourError("closed")
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise KeyError(address) from None
        with self._guard:
            if address not in self._doors:
                if len(self._doors) >= MOST:
                    raise KeyError(address)
                self._doors[address] = self._make(address)
            return self._doors[address].port

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._doors))

    def __len__(self) -> int:
        return len(self._doors)


class SshServer:
    """Listens at every address that the server `has`, asked anew all the time.

    `laptop` is the address that every client is said to come from. Use `close`.
    """

    def __init__(
        self,
        porter: Porter,
        addresses: Iterable[str],
        has: Callable[[str], bool],
        key: paramiko.PKey,
        account: Account,
        agent: Agent,
        laptop: str,
    ) -> None:
        self.key = key
        self.account = account
        self.agent = agent
        self.laptop = laptop
        self.started = 0  # agents, so far
        self.on_said: Callable[[str, bytes], None] = lambda _address, _data: None  # for mishaps
        self.porter = porter
        self._has = has
        self._guard = threading.Lock()
        self._transports: list[paramiko.Transport] = []
        self.ports = Ports(self._door)
        for address in addresses:
            self.ports[address]

    def drop(self) -> None:
        """End every connection, as a server does that restarts."""
        with self._guard:
            transports, self._transports = self._transports, []
        for transport in transports:
            end(transport)

    def close(self) -> None:
        """End every connection for good."""
        self.ports.closed = True
        self.drop()

    # ----------------------------------------------------------------------- doors

    def _door(self, address: str) -> Door:
        door = Door()
        self.porter.keep(
            door, lambda: self._has(address), lambda outside: self._welcome(address, outside)
        )
        return door

    def _welcome(self, address: str, outside: socket.socket) -> None:
        inside, served = socket.socketpair()
        with inside:
            transport = paramiko.Transport(served)
            transport.set_log_channel(LOG)
            transport.add_server_key(self.key)
            connection = f"{self.laptop} {outside.getpeername()[1]} {address} 22"
            with self._guard:
                self._transports = [t for t in self._transports if t.is_alive()] + [transport]
            try:
                transport.start_server(event=threading.Event(), server=_Login(self, connection))
                self._relay(address, outside, inside)
            finally:
                end(transport)

    def _relay(self, address: str, outside: socket.socket, inside: socket.socket) -> None:
        """Carry bytes while the server has the address.

        While it has not, nothing comes through, not even an end, as on a real network.
        """
        other = {outside: inside, inside: outside}
        while not self.porter.closing.is_set():
            if not self._has(address):
                self.porter.closing.wait(TICK)
                continue
            ready = select.select(list(other), [], [], 0.1)[0]
            for sock in ready if self._has(address) else ():
                data = sock.recv(1 << 16)
                if not data:
                    return
                other[sock].sendall(data)
                if sock is inside:
                    self.on_said(address, data)


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
        self._server.porter.start("agent", lambda: self._serve(channel, text))
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
