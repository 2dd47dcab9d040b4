"""The list of known servers, and what a host key may and may not do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.remote.machine import PASSWORD, Machine, free_port
from wizard.remote.hosts import (
    Changed,
    FirstContact,
    HostKey,
    Known,
    KnownHosts,
    Unknown,
    check_fingerprint,
    place,
)
from wizard.remote.login import Credentials
from wizard.remote.session import Session
from wizard.remote.words import RemoteError

A = HostKey("ssh-ed25519", b"key of server A")
B = HostKey("ssh-ed25519", b"key of server B")
A_RSA = HostKey("ssh-rsa", b"another key of server A")


@pytest.mark.parametrize(
    ("remembered", "key", "address", "server_id", "verdict"),
    [
        ([], A, "10.0.0.1", None, Unknown),
        ([(A, "10.0.0.1", None)], A, "10.0.0.1", None, Known),
        ([(A, "10.0.0.1", None)], A, "10.20.0.1", None, Known),  # moved
        ([(A, "10.0.0.1", None)], B, "10.0.0.1", None, Changed),
        ([(A, "10.0.0.1", None)], B, "10.0.0.2", None, Unknown),
        ([(A, "10.0.0.1", None)], A_RSA, "10.0.0.1", None, Changed),  # another kind of key
        ([(A, "10.0.0.1", None), (B, "10.0.0.2", None)], B, "10.0.0.1", None, Changed),  # swapped
        ([(A, "10.0.0.1", "site-a")], A, "10.20.0.1", "site-a", Known),
        ([(A, "10.0.0.1", "site-a")], B, "10.20.0.1", "site-a", Changed),
        # Two clinics, the same private address.
        ([(A, "10.0.0.1", "site-a")], B, "10.0.0.1", "site-b", Unknown),
        ([(A, "10.0.0.1", None), (A, "10.0.0.1", "site-a")], B, "10.0.0.1", "site-b", Unknown),
        ([(A, "10.0.0.1", "site-a"), (B, "10.0.0.1", "site-b")], A, "10.0.0.1", None, Known),
        # Known before its id was.
        ([(A, "10.0.0.1", None)], A, "10.0.0.1", "site-a", Known),
        ([(A, "10.0.0.1", None)], B, "10.0.0.1", "site-a", Changed),
        # The site got a new name; the server is the same.
        ([(A, "10.0.0.1", "old-name")], A, "10.0.0.1", "new-name", Known),
        # Scope and spelling of an address do not matter.
        ([(A, "fe80::1%eth0", None)], B, "fe80:0::1%12", None, Changed),
        ([(A, "[fe80::1%eth0]:2222", None)], B, "fe80::1%eth0", None, Unknown),
    ],
)
def test_verdicts(
    known: KnownHosts,
    remembered: list[tuple[HostKey, str, str | None]],
    key: HostKey,
    address: str,
    server_id: str | None,
    verdict: type,
) -> None:
    for row in remembered:
        known.remember(*row)
    assert type(known.verdict(key, address, server_id)) is verdict


def test_deleting_the_named_lines_makes_the_server_new(known: KnownHosts) -> None:
    for row in ((B, "10.0.0.9", None), (A, "10.0.0.1", None), (A, "10.0.0.1", "site-a")):
        known.remember(*row)
    verdict = known.verdict(B, "10.0.0.1", "site-a")
    assert isinstance(verdict, Changed)
    assert verdict.lines == "3"
    doomed = {int(n) for n in verdict.lines.split(", ")}
    lines = known.path.read_text().splitlines()
    known.path.write_text(
        "".join(x + "\n" for n, x in enumerate(lines, 1) if n not in doomed), encoding="ascii"
    )
    # The other line of the same key now speaks for itself, and is named in its turn.
    verdict = known.verdict(B, "10.0.0.1", "site-a")
    assert isinstance(verdict, Changed)
    assert verdict.lines == "2"


def test_a_broken_line_hides_nothing_and_is_kept(known: KnownHosts) -> None:
    known.remember(A, "10.0.0.1")
    for rubbish in (b"\xff\xfe rubbish\n", b"{}\n", b"[1]\n", b'{"server": 1}\n', b'"torn'):
        with known.path.open("ab") as stream:
            stream.write(rubbish)
        known.remember(B, "10.0.0.2", rubbish.hex())
    assert isinstance(known.verdict(A, "10.0.0.1"), Known)
    assert isinstance(known.verdict(A, "10.0.0.2"), Changed)
    data = known.path.read_bytes()
    assert b"\xff\xfe rubbish\n" in data
    assert b'"torn\n' in data
    assert len(known.records()) == 6


def test_the_same_thing_is_remembered_once_and_privately(known: KnownHosts) -> None:
    for _ in range(3):
        known.remember(A, "10.0.0.1", "site-a")
    assert known.path.stat().st_mode & 0o777 == 0o600
    (row,) = known.path.read_text().splitlines()
    assert json.loads(row)["fingerprint"] == A.fingerprint


def test_many_writers_lose_nothing(known: KnownHosts) -> None:
    keys = [HostKey("ssh-ed25519", bytes([n]) * 32) for n in range(40)]
    threads = [
        threading.Thread(target=known.remember, args=(k, f"10.0.1.{n}")) for n, k in enumerate(keys)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {r.key for r in known.records()} == set(keys)


@pytest.mark.parametrize("spoil", ["folder", "parent"])
def test_a_list_that_cannot_be_used(tmp_path: Path, spoil: str) -> None:
    path = tmp_path / "list"
    if spoil == "folder":
        path.mkdir()
    else:
        path.write_text("a file")
        path = path / "list"
    with pytest.raises(RemoteError) as caught:
        KnownHosts(path).remember(A, "10.0.0.1")
    assert caught.value.code == "host-key-store"


def test_fingerprints_are_checked() -> None:
    assert check_fingerprint(f" {A.fingerprint}= ") == A.fingerprint
    for wrong in ("", "SHA256:", "MD5:00:11", A.fingerprint[:-3], "yes"):
        with pytest.raises(RemoteError) as caught:
            check_fingerprint(wrong)
        assert caught.value.code == "host-key-option"


def test_places() -> None:
    assert place("fe80::1%eth0", 22) == "fe80::1"
    assert place("FE80::0:1%7", 2222) == "[fe80::1]:2222"
    assert place("Server.Local") == "server.local"


# ------------------------------------------------------------------- with real servers


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    machine = Machine()
    try:
        machine.user("nurse")
        yield machine
    finally:
        machine.close()


NURSE = Credentials("nurse", PASSWORD)


def test_first_contact_asks_and_a_changed_key_stops(machine: Machine, known: KnownHosts) -> None:
    port = free_port()
    old = machine.host_key()
    sshd = machine.sshd(port)
    with pytest.raises(FirstContact) as asked:
        Session.open("127.0.0.1", port, NURSE, known)
    assert (asked.value.fingerprint, asked.value.key_type) == (old, "ED25519")
    assert asked.value.address == f"[127.0.0.1]:{port}"
    assert asked.value.code == "host-key-unknown"
    assert old in asked.value.message
    assert "ssh_host_ed25519_key.pub" in asked.value.cure
    assert not known.path.exists()

    seen: list[str] = []

    def no(question: FirstContact) -> bool:
        seen.append(question.fingerprint)
        return False

    with pytest.raises(FirstContact):
        Session.open("127.0.0.1", port, NURSE, known, accept=no)
    assert seen == [old]
    with pytest.raises(RemoteError) as caught:
        Session.open("127.0.0.1", port, NURSE, known, accept=A.fingerprint)
    assert caught.value.code == "host-key-differs"
    assert not known.path.exists()

    Session.open("127.0.0.1", port, NURSE, known, accept=lambda _: True).close()
    Session.open("127.0.0.1", port, NURSE, known).close()
    # The same key at another address is the same server.
    Session.open("::1", port, NURSE, known).close()
    assert {r.address for r in known.records()} == {f"[127.0.0.1]:{port}", f"[::1]:{port}"}

    machine.stop(sshd)
    new = machine.host_key()
    sshd = machine.sshd(port)
    for accept in (None, new, lambda _: True):
        with pytest.raises(RemoteError) as caught:
            Session.open("127.0.0.1", port, NURSE, known, accept=accept)
        assert caught.value.code == "host-key-changed"
        assert new in caught.value.message
        assert str(known.path) in caught.value.cure
        assert "line 1;" in caught.value.cure
    log = machine.run("cat", f"{machine.folder}/sshd.log")
    assert log.count("Accepted password") == 3  # nothing was sent to the changed one
    assert "Failed password" not in log
    machine.stop(sshd)


def test_the_remembered_kind_of_key_is_asked_for(machine: Machine, known: KnownHosts) -> None:
    """A server that got an Ed25519 key beside the RSA key we know is not taken for another."""
    port = free_port()
    rsa = machine.host_key("rsa")
    sshd = machine.sshd(port, kinds=("rsa",))
    Session.open("127.0.0.1", port, NURSE, known, accept=rsa).close()
    machine.stop(sshd)
    machine.host_key("ed25519")
    sshd = machine.sshd(port, kinds=("rsa", "ed25519"))
    with Session.open("127.0.0.1", port, NURSE, known) as session:
        assert session.fingerprint == rsa
    machine.stop(sshd)
