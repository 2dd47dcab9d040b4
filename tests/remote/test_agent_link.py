"""The agent started as root: sudo in all its moods, the delivery, and the conversation."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.remote.conftest import Server
from tests.remote.machine import AGENT, PASSWORD, Machine, free_port, package
from wizard.remote.agent import AgentError, AgentLink, Package
from wizard.remote.hosts import KnownHosts
from wizard.remote.launch import agent_path
from wizard.remote.login import Credentials
from wizard.remote.session import Session
from wizard.remote.words import Lost, RemoteError

OURS = package()


def fresh() -> Package:
    """An agent that no server has yet."""
    return package(AGENT + f"\n# {time.monotonic_ns()}")


def login(server: Server, folder: Path, user: str, password: str = PASSWORD) -> Session:
    known = KnownHosts(folder / "known")
    who = Credentials(user, password)
    return Session.open("127.0.0.1", server.port, who, known, accept=server.fingerprint)


@pytest.fixture
def link(server: Server, tmp_path: Path) -> Iterator[AgentLink]:
    session = login(server, tmp_path, "free")
    with session, AgentLink.start(session, package=OURS, timeout=20) as link:
        yield link


# ------------------------------------------------------------------------ becoming root


@pytest.mark.parametrize(
    ("user", "sudo_password", "code"),
    [
        ("free", None, ""),
        ("free", "not needed", ""),
        ("asked", PASSWORD, ""),
        ("asked", None, "sudo-password-needed"),
        ("asked", "Baobab-1", "sudo-password-wrong"),
        ("asked", "", "sudo-password-wrong"),
        ("nurse", PASSWORD, "sudo-not-allowed"),  # not in sudoers
        ("narrow", PASSWORD, "sudo-not-allowed"),  # may run something else
        ("terminal", None, "sudo-tty"),
    ],
)
def test_sudo(
    server: Server, tmp_path: Path, user: str, sudo_password: str | None, code: str
) -> None:
    with login(server, tmp_path, user) as session:
        said = outcome(session, sudo_password)
        if isinstance(said, AgentLink):
            assert code == ""
            assert said.hello["uid"] == 0
            assert said.call("echo", {"text": "Ündo"}) == {"text": "Ündo"}
            said.close()
        else:
            assert said.code == code
            if sudo_password:
                assert sudo_password not in repr(said.plain())
        # The session is still good.
        assert session.run(["true"]).code == 0


def outcome(session: Session, sudo_password: str | None) -> AgentLink | RemoteError:
    try:
        return AgentLink.start(session, sudo_password, package=OURS, timeout=20)
    except RemoteError as error:
        return error


def variant(machine: Machine, known: KnownHosts, user: str, sudo_password: str | None) -> str:
    """Start the agent on a machine with something wrong; return the code of what was said."""
    port, fingerprint = free_port(), machine.host_key()
    machine.sshd(port)
    who = Credentials(user, PASSWORD)
    with Session.open("127.0.0.1", port, who, known, accept=fingerprint) as session:
        said = outcome(session, sudo_password)
        if isinstance(said, AgentLink):
            said.close()
            return "started"
    assert said.message
    assert said.cure
    assert "{" not in said.message + said.cure
    return said.code


OLD_PYTHON = """#!/bin/sh
exec /usr/bin/python3.11 -I -c 'import sys; sys.version_info = (3, 5, 3)
code = sys.argv.pop(1); exec(code)' "$5" "$6"
"""


@pytest.mark.parametrize(
    ("code", "spoil"),
    [
        ("sudo-missing", ["rm", "/usr/bin/sudo"]),
        ("python-missing", ["rm", "/usr/bin/python3"]),
        ("sudo-expired", ["chage", "-E", "0", "free"]),
        ("read-only", ["mount", "-t", "tmpfs", "-o", "ro", "full", "/usr/local/lib"]),
        ("disk-full", ["mount", "-t", "tmpfs", "-o", "size=4k,nr_inodes=2", "x", "/usr/local/lib"]),
        ("sudo-failed", ["chmod", "u-s", "/usr/bin/sudo"]),
        ("started", ["true"]),
    ],
)
def test_servers_with_something_wrong(known: KnownHosts, code: str, spoil: list[str]) -> None:
    machine = Machine()
    try:
        machine.user("free")
        machine.allow("free", "free ALL=(ALL) NOPASSWD: ALL")
        if code == "sudo-expired":
            # The account runs out after the login: sudo asks PAM again.
            assert late_expiry(machine, known, spoil) == code
            return
        machine.run(*spoil)
        assert variant(machine, known, "free", None) == code
    finally:
        machine.close()


def late_expiry(machine: Machine, known: KnownHosts, spoil: list[str]) -> str:
    port, fingerprint = free_port(), machine.host_key()
    machine.sshd(port)
    who = Credentials("free", PASSWORD)
    with Session.open("127.0.0.1", port, who, known, accept=fingerprint) as session:
        machine.run(*spoil)
        with pytest.raises(RemoteError) as caught:
            AgentLink.start(session, package=OURS, timeout=20)
    return caught.value.code


def test_an_old_python(known: KnownHosts) -> None:
    machine = Machine()
    try:
        machine.user("root2")
        machine.allow("root2", "root2 ALL=(ALL) NOPASSWD: ALL")
        machine.run("rm", "/usr/bin/python3")
        machine.write("/usr/bin/python3", OLD_PYTHON, "755")
        assert variant(machine, known, "root2", None) == "python-old"
    finally:
        machine.close()


def test_an_expired_password(known: KnownHosts) -> None:
    """sshd lets such a user in, and then wants a new password from a terminal."""
    machine = Machine()
    try:
        machine.user("late")
        machine.run("chage", "-d", "0", "late")
        assert variant(machine, known, "late", None) == "password-expired"
    finally:
        machine.close()


@pytest.mark.parametrize("shell", ["/usr/sbin/nologin", "/bin/false"])
def test_a_user_without_a_shell(known: KnownHosts, shell: str) -> None:
    machine = Machine()
    try:
        machine.user("service", shell=shell)
        assert variant(machine, known, "service", None) == "agent-start"
    finally:
        machine.close()


def test_root_needs_no_sudo(known: KnownHosts, tmp_path: Path) -> None:
    from tests.remote.test_login import make_key

    machine = Machine()
    try:
        machine.run("rm", "/usr/bin/sudo")
        path = make_key(tmp_path, "ed25519")
        machine.authorize("root", path.with_name(path.name + ".pub").read_text())
        port, fingerprint = free_port(), machine.host_key()
        machine.sshd(port)
        who = Credentials("root", key_path=path)
        session = Session.open("127.0.0.1", port, who, known, accept=fingerprint)
        with session, AgentLink.start(session, package=OURS, timeout=20) as link:
            assert link.hello["uid"] == 0
    finally:
        machine.close()


def test_a_talkative_shell_is_no_obstacle(known: KnownHosts) -> None:
    machine = Machine()
    try:
        machine.user("chatty")
        machine.allow("chatty", "Defaults lecture=always\nchatty ALL=(ALL) ALL")
        noise = 'echo "{\\"hello\\": 1}"; echo CHT-AGENT; echo "[sudo] password:" >&2\n'
        machine.run("sh", "-c", "cat > /home/chatty/.bashrc", data=noise * 50)
        assert variant(machine, known, "chatty", PASSWORD) == "started"
    finally:
        machine.close()


def test_no_secret_in_any_command_line(server: Server, tmp_path: Path) -> None:
    """All command lines and surroundings of all processes are watched while sudo works."""
    secret = "Sesame-" + "q7w8e9"
    server.machine.run("chpasswd", data=f"asked:{secret}\n")
    seen: set[bytes] = set()
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            for folder in Path("/proc").iterdir():
                if folder.name.isdigit():
                    with contextlib.suppress(OSError):
                        seen.add((folder / "cmdline").read_bytes())
                    with contextlib.suppress(OSError):
                        seen.add((folder / "environ").read_bytes())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        session = login(server, tmp_path, "asked", secret)
        with session, AgentLink.start(session, secret, package=fresh(), timeout=20) as link:
            assert link.round_trips == 3  # start, password, delivery
            link.call("echo", {"secret": secret})
            assert secret not in link.stderr
    finally:
        stop.set()
        thread.join(10)
        server.machine.run("chpasswd", data=f"asked:{PASSWORD}\n")
    sudo = [line for line in seen if b"sudo\0-S\0-p\0" in line]
    assert sudo, "sudo was never seen: the watcher is blind"
    assert not [line for line in seen if secret.encode() in line]


# ---------------------------------------------------------------------------- delivery


def test_it_is_delivered_once(server: Server, tmp_path: Path) -> None:
    ours = fresh()
    path = agent_path(ours.digest)
    with login(server, tmp_path, "free") as session:
        with AgentLink.start(session, package=ours, timeout=20) as link:
            assert link.round_trips == 2
            argv = link.hello["argv"]
        assert argv[:2] == ["serve", "--connection"]
        assert re.fullmatch(rf"127\.0\.0\.1 \d+ 127\.0\.0\.1 {server.port}", argv[2])
        said = server.machine.run("stat", "-c", "%a %U %n", path, str(Path(path).parent))
        assert said.splitlines() == [f"755 root {path}", f"755 root {Path(path).parent}"]

        def never() -> bytes:
            raise AssertionError("asked for again")

        with AgentLink.start(
            session, package=Package(ours.digest, never, ours.bootstrap), timeout=20
        ) as link:
            assert link.round_trips == 1
            link.call("echo", {})
            assert link.round_trips == 2


def test_a_damaged_delivery_is_refused(server: Server, tmp_path: Path) -> None:
    good = fresh()
    bad = Package(good.digest, lambda: good.data()[:-1] + b"?", good.bootstrap)
    with login(server, tmp_path, "free") as session:
        with pytest.raises(RemoteError) as caught:
            AgentLink.start(session, package=bad, timeout=20)
        assert caught.value.code == "agent-damaged"
        folder = str(Path(agent_path(good.digest)).parent)
        server.machine.run("mkdir", "-p", folder)  # nothing was delivered here yet, perhaps
        assert good.digest[:12] not in server.machine.run("ls", folder)
        AgentLink.start(session, package=good, timeout=20).close()


def test_an_agent_that_falls_over(server: Server, tmp_path: Path) -> None:
    with login(server, tmp_path, "free") as session:
        with pytest.raises(RemoteError) as caught:
            AgentLink.start(session, package=package("raise SystemExit('no luck')"), timeout=20)
        assert caught.value.code == "agent-start"
        assert "no luck" in caught.value.detail


def test_an_agent_that_never_greets(server: Server, tmp_path: Path) -> None:
    with login(server, tmp_path, "free") as session:
        with pytest.raises(Lost) as caught:
            AgentLink.start(
                session,
                package=package("import sys\ndef main(argv): sys.stdin.read()"),
                timeout=2,
            )
        assert caught.value.code == "agent-silent"


# ------------------------------------------------------------------------ conversation


def test_the_real_agent(server: Server, tmp_path: Path) -> None:
    with login(server, tmp_path, "asked") as session:
        for trips in (3, 2):  # with the password, with and without the delivery
            with AgentLink.start(session, PASSWORD, timeout=30) as link:
                assert link.hello["uid"] == 0
                assert link.round_trips == trips
                assert isinstance(link.call("status"), dict)
                with pytest.raises(AgentError):
                    link.call("no-such-verb")


def test_events_come_before_the_result(link: AgentLink) -> None:
    events: list[Mapping[str, Any]] = []
    here: list[threading.Thread] = []

    def on_event(event: Mapping[str, Any]) -> None:
        events.append(event)
        here.append(threading.current_thread())

    assert link.call("count", {"to": 500}, on_event) == {"done": True}
    assert [e["index"] for e in events] == list(range(500))
    assert set(here) == {threading.current_thread()}


def test_an_error_keeps_its_code_and_arguments(link: AgentLink) -> None:
    with pytest.raises(AgentError) as caught:
        link.call("refuse")
    assert caught.value.code == "locked"
    assert caught.value.arguments == {"who": "Asha"}
    assert caught.value.detail == "d"
    assert link.call("echo", {"a": 1}) == {"a": 1}


def test_stop_is_said_while_a_verb_runs(link: AgentLink) -> None:
    link.control("stop")  # nothing runs: nothing is sent

    def on_event(_: Mapping[str, Any]) -> None:
        thread = threading.Thread(target=link.control, args=("stop",))
        thread.start()
        thread.join()

    assert link.call("until-stopped", None, on_event) == {"control": "stop", "id": 1}


def test_ten_million_bytes_of_complaints_and_an_answer(link: AgentLink) -> None:
    link.call("complain", {"size": 10_000_000}, timeout=60)
    assert len(link.stderr) <= 64 * 1024
    text = link.call("big", {"size": 10_000_000}, timeout=60)["text"]
    assert text == "y" * 10_000_000


def test_a_mute_agent(link: AgentLink) -> None:
    with pytest.raises(Lost) as caught:
        link.call("mute", timeout=0.3)
    assert caught.value.code == "agent-silent"
    with pytest.raises(Lost):
        link.call("echo", {})
    assert link.session.alive


def test_an_agent_that_dies(link: AgentLink) -> None:
    with pytest.raises(Lost) as caught:
        link.call("die")
    assert caught.value.code == "lost"
    assert "out of luck" in caught.value.detail
    with pytest.raises(Lost):
        link.call("echo", {})


def test_two_threads_take_turns(link: AgentLink) -> None:
    wrong: list[object] = []
    start = link.round_trips  # two where the agent had to be brought

    def work(name: str) -> None:
        for n in range(50):
            if link.call("echo", {"who": name, "n": n}) != {"who": name, "n": n}:
                wrong.append((name, n))

    threads = [threading.Thread(target=work, args=(f"t{k}",)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong
    assert link.round_trips == start + 200
