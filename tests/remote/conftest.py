from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from tests.remote.machine import Machine, free_port
from wizard.remote.hosts import KnownHosts


class Server:
    """A machine with a running SSH server on loopback."""

    def __init__(self, machine: Machine, port: int, fingerprint: str) -> None:
        self.machine = machine
        self.port = port
        self.fingerprint = fingerprint


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One SSH server with the users of most tests."""
    machine = Machine()
    try:
        fingerprint = machine.host_key()
        machine.user("nurse")
        machine.user("free")
        machine.allow("free", "free ALL=(ALL) NOPASSWD: ALL")
        machine.user("asked")
        machine.allow("asked", "asked ALL=(ALL) ALL")
        machine.user("narrow")
        machine.allow("narrow", "narrow ALL=(ALL) /usr/bin/true")
        machine.user("terminal")
        machine.allow("terminal", "Defaults:terminal requiretty\nterminal ALL=(ALL) NOPASSWD: ALL")
        port = free_port()
        machine.sshd(port, "MaxStartups 100", "MaxSessions 50")
        yield Server(machine, port, fingerprint)
    finally:
        machine.close()


@pytest.fixture
def known(tmp_path: Path) -> KnownHosts:
    return KnownHosts(tmp_path / "data" / "known-servers.jsonl")


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    for thread in threading.enumerate():
        if isinstance(thread, paramiko.Transport) or thread.name.startswith(("agent-", "ssh-")):
            thread.join(3)
            assert not thread.is_alive(), f"left behind: {thread}"
