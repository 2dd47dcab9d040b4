"""Commands over a session: whole output, exit codes, limits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.remote.conftest import Server
from tests.remote.machine import PASSWORD, Machine, cable, free_port, inside, link_local
from wizard.remote.hosts import KnownHosts
from wizard.remote.login import Credentials, Timeouts
from wizard.remote.session import Session
from wizard.remote.words import Lost, RemoteError

TEN = 10_000_000
BOTH = (
    "import os,threading\n"
    "def w(f,b):\n"
    "  for _ in range(1000): os.write(f,b*10000)\n"
    "t=threading.Thread(target=w,args=(1,b'o'));t.start();w(2,b'e');t.join()"
)


@pytest.fixture
def session(server: Server, tmp_path: Path) -> Iterator[Session]:
    known = KnownHosts(tmp_path / "known")
    who = Credentials("nurse", PASSWORD)
    with Session.open("127.0.0.1", server.port, who, known, accept=server.fingerprint) as one:
        yield one


def test_much_on_both_streams_at_once(session: Session) -> None:
    code, out, err = session.run(["python3", "-c", BOTH], timeout=120)
    assert (code, len(out), len(err)) == (0, TEN, TEN)
    assert set(out) == {ord("o")}
    assert set(err) == {ord("e")}


def test_much_in_and_out(session: Session) -> None:
    data = bytes(range(256)) * 20000
    assert session.run(["cat"], data, timeout=60) == (0, data, b"")


def test_input_that_nobody_reads(session: Session) -> None:
    assert session.run(["true"], b"x" * TEN).code == 0


def test_arguments_arrive_as_they_are(session: Session) -> None:
    nasty = ["", " ", "a b", "'", '"', "$HOME", "`id`", "\\", "*", "ü", "a\nb", "-n", ";", "!"]
    code, out, _ = session.run(["printf", "<%s>", *nasty])
    assert code == 0
    assert out.decode() == "".join(f"<{n}>" for n in nasty)


def test_the_exit_code_is_read(session: Session) -> None:
    assert session.run(["sh", "-c", "exit 7"]).code == 7
    assert session.run(["no-such-command"]).code == 127


def test_the_locale_is_c(session: Session) -> None:
    assert session.run(["sh", "-c", "echo $LC_ALL"]).out == b"C\n"


def test_ended_by_a_signal(session: Session) -> None:
    with pytest.raises(RemoteError) as caught:
        session.run(["sh", "-c", "echo why >&2; kill -9 $$"])
    assert caught.value.code == "command-killed"
    assert caught.value.detail == "why\n"
    assert session.run(["true"]).code == 0


def test_a_command_that_takes_too_long(session: Session) -> None:
    begun = time.monotonic()
    with pytest.raises(RemoteError) as caught:
        session.run(["sleep", "60"], timeout=0.5)
    assert caught.value.code == "command-timeout"
    assert time.monotonic() - begun < 5
    assert session.run(["true"]).code == 0


def test_a_server_that_goes_away(known: KnownHosts) -> None:
    machine = Machine()
    try:
        machine.user("nurse")
        port, fingerprint = free_port(), machine.host_key()
        machine.sshd(port)
        who = Credentials("nurse", PASSWORD)
        with Session.open("127.0.0.1", port, who, known, accept=fingerprint) as session:
            script = "kill -9 $(ps -o ppid= -p $PPID) $PPID"
            with pytest.raises(Lost) as caught:
                session.run(["sh", "-c", script])
            assert caught.value.code == "lost"
            with pytest.raises(Lost):
                session.run(["true"])
            assert not session.alive
    finally:
        machine.close()


def test_login_over_a_bare_cable(known: KnownHosts) -> None:
    """Link-local with its scope: no address was given to anybody."""
    laptop, server = Machine(net=True), Machine(net=True)
    try:
        cable(laptop, "lan0", server, "eth0")
        address = link_local(server, "eth0")
        server.user("nurse")
        fingerprint = server.host_key()
        server.sshd(22, listen=("::",))
        who = Credentials("nurse", PASSWORD)
        with inside(laptop):
            link_local(laptop, "lan0")
            target = f"{address}%lan0"
            with Session.open(target, 22, who, known, accept=fingerprint) as session:
                assert session.server_address == target
                assert session.laptop_address.endswith("%lan0")
                said = session.run(["sh", "-c", "echo $SSH_CONNECTION"]).out.decode().split()
                assert said[2].split("%")[0] == address
            assert known.records()[0].address == address
    finally:
        laptop.close()
        server.close()


def test_a_server_that_stands_still_is_silent_and_refuses_nothing(
    server: Server, tmp_path: Path
) -> None:
    known, who = KnownHosts(tmp_path / "known"), Credentials("nurse", PASSWORD)
    with Session.open(
        "127.0.0.1",
        server.port,
        who,
        known,
        accept=server.fingerprint,
        timeouts=Timeouts(channel=1.0),
    ) as one:
        one.channel("kill -STOP $PPID; sleep 3; kill -CONT $PPID")
        time.sleep(0.5)
        with pytest.raises(Lost) as silent:
            one.channel("true")
    assert silent.value.code == "agent-silent"
