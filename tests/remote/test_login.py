"""Who gets in and who does not: passwords, keys, and servers that are not what they should be."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.remote.conftest import Server
from tests.remote.machine import PASSWORD, Machine, free_port
from wizard.remote import keys
from wizard.remote.hosts import KnownHosts
from wizard.remote.login import Credentials, Timeouts
from wizard.remote.session import Session
from wizard.remote.words import RemoteError

QUICK = Timeouts(connect=2, greeting=1.5, login=5, channel=5)
PASSPHRASE = "mangrove"


def enter(server: Server, known: KnownHosts, who: Credentials, **more: object) -> Session:
    return Session.open(
        "127.0.0.1",
        server.port,
        who,
        known,
        accept=server.fingerprint,
        **more,  # type: ignore[arg-type]
    )


def make_key(folder: Path, kind: str, passphrase: str = "", pem: bool = False) -> Path:
    path = folder / f"id_{kind}_{bool(passphrase)}_{pem}"
    name, _, bits = kind.partition("-")
    argv = ["ssh-keygen", "-q", "-t", name, "-N", passphrase, "-f", str(path), "-C", "test"]
    subprocess.run(
        [*argv, *(["-b", bits] if bits else []), *(["-m", "PEM"] if pem else [])],
        check=True,
        timeout=60,
    )
    return path


def test_a_password_opens(server: Server, known: KnownHosts) -> None:
    with enter(server, known, Credentials("nurse", PASSWORD)) as session:
        assert session.run(["id", "-un"]).out == b"nurse\n"
        assert session.server_address == "127.0.0.1"
        assert session.fingerprint == server.fingerprint
        assert session.banner.startswith("SSH-2.0-OpenSSH")


def test_a_wrong_password_is_called_wrong(server: Server, known: KnownHosts) -> None:
    with pytest.raises(RemoteError) as caught:
        enter(server, known, Credentials("nurse", "not it"))
    assert caught.value.code == "password-wrong"
    assert "not it" not in repr(caught.value.plain())


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE])
@pytest.mark.parametrize(
    ("kind", "pem"),
    [
        ("ed25519", False),
        ("rsa-2048", False),
        ("rsa-2048", True),
        ("ecdsa-256", False),
        ("ecdsa-384", False),
        ("ecdsa-521", False),
        ("ecdsa-256", True),
    ],
)
def test_a_key_opens(
    server: Server, known: KnownHosts, tmp_path: Path, kind: str, pem: bool, passphrase: str
) -> None:
    path = make_key(tmp_path, kind, passphrase, pem)
    server.machine.authorize("nurse", path.with_name(path.name + ".pub").read_text())
    who = Credentials("nurse", key_path=path, passphrase=passphrase or None)
    with enter(server, known, who) as session:
        assert session.run(["true"]).code == 0
    if passphrase:
        with pytest.raises(RemoteError) as caught:
            keys.load(path, "wrong")
        assert caught.value.code == "key-passphrase-wrong"
        for nothing in (None, ""):
            with pytest.raises(RemoteError) as caught:
                keys.load(path, nothing)
            assert caught.value.code == "key-passphrase-needed"


def test_a_passphrase_too_many_does_no_harm(tmp_path: Path) -> None:
    assert keys.load(make_key(tmp_path, "ed25519"), "unneeded").get_name() == "ssh-ed25519"


def test_a_refused_key_and_then_the_password(
    server: Server, known: KnownHosts, tmp_path: Path
) -> None:
    path = make_key(tmp_path, "ed25519")
    with pytest.raises(RemoteError) as caught:
        enter(server, known, Credentials("free", key_path=path))
    assert caught.value.code == "key-refused"
    with enter(server, known, Credentials("free", PASSWORD, path)) as session:
        assert session.run(["true"]).code == 0


def test_a_key_from_the_ssh_agent(
    server: Server, known: KnownHosts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = tmp_path / "agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(where)], stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 10
        while not where.exists():
            assert time.monotonic() < until
        monkeypatch.setenv("SSH_AUTH_SOCK", str(where))
        who = Credentials("asked", use_agent=True)
        with pytest.raises(RemoteError) as caught:
            enter(server, known, who)
        assert caught.value.code == "agent-empty"
        path = make_key(tmp_path, "rsa-2048")
        subprocess.run(["ssh-add", "-q", str(path)], check=True, timeout=20)
        server.machine.authorize("asked", path.with_name(path.name + ".pub").read_text())
        with enter(server, known, who) as session:
            assert session.run(["true"]).code == 0
    finally:
        agent.terminate()
        agent.wait(10)


def bad_files(folder: Path) -> dict[str, tuple[Path, str]]:
    key = make_key(folder, "ed25519")
    text = key.read_text()
    (folder / "a.ppk").write_text("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n")
    (folder / "bom.ppk").write_bytes(b"\xef\xbb\xbfPuTTY-User-Key-File-2: ssh-rsa\r\n")
    (folder / "cut").write_text(text[:120] + "\n-----END OPENSSH PRIVATE KEY-----\n")
    (folder / "empty").write_text("")
    (folder / "noise").write_bytes(os.urandom(5000))
    (folder / "cert.pem").write_text("-----BEGIN CERTIFICATE-----\nMIIB\n")
    with (folder / "huge").open("wb") as stream:
        stream.truncate(1 << 30)
    return {
        "PuTTY": (folder / "a.ppk", "key-ppk"),
        "PuTTY with BOM": (folder / "bom.ppk", "key-ppk"),
        "public": (key.with_name(key.name + ".pub"), "key-public"),
        "folder": (folder, "key-directory"),
        "missing": (folder / "none", "key-missing"),
        "cut": (folder / "cut", "key-damaged"),
        "empty": (folder / "empty", "key-unknown"),
        "noise": (folder / "noise", "key-unknown"),
        "certificate": (folder / "cert.pem", "key-unknown"),
        "1 GB": (folder / "huge", "key-unknown"),
        "NUL in the name": (Path("a\0b"), "key-unreadable"),
    }


def test_files_that_are_no_private_key(tmp_path: Path) -> None:
    for name, (path, code) in bad_files(tmp_path).items():
        with pytest.raises(RemoteError) as caught:
            keys.load(path)
        assert (name, caught.value.code) == (name, code)
        assert caught.value.message
        assert caught.value.cure


def test_a_key_file_without_permission(tmp_path: Path) -> None:
    path = make_key(tmp_path, "ed25519")
    tmp_path.chmod(0o755)
    pid = os.fork()
    if pid == 0:  # root reads everything: become somebody else
        code = 1
        try:
            os.setgid(65534)
            os.setuid(65534)
            try:
                keys.load(path)
            except RemoteError as error:
                code = 0 if error.code in ("key-permission",) else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_key_of_an_unsupported_curve(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed448

    path = tmp_path / "ed448"
    path.write_bytes(
        ed448.Ed448PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    with pytest.raises(RemoteError) as caught:
        keys.load(path)
    assert caught.value.code == "key-kind"
    assert "Ed448" in caught.value.message


def test_a_pkcs8_key_is_taken(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    for secret in (b"", b"pass"):
        path = tmp_path / f"p8{len(secret)}"
        path.write_bytes(
            ec.generate_private_key(ec.SECP256R1()).private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(secret)
                if secret
                else serialization.NoEncryption(),
            )
        )
        assert keys.load(path, secret.decode()).get_name() == "ecdsa-sha2-nistp256"


def test_nothing_to_log_in_with(server: Server, known: KnownHosts) -> None:
    for who, code in (
        (Credentials("nurse"), "nothing-to-show"),
        (Credentials("", PASSWORD), "user-missing"),
    ):
        with pytest.raises(RemoteError) as caught:
            enter(server, known, who)
        assert caught.value.code == code


def test_secrets_are_not_in_the_repr() -> None:
    text = repr(Credentials("u", "pw-1", "/k", "phrase-2", False, "sudo-3"))
    assert "u" in text
    assert not [s for s in ("pw-1", "phrase-2", "sudo-3") if s in text]


@pytest.fixture(scope="module")
def strict() -> Iterator[Machine]:
    """A machine whose SSH server allows less than usual."""
    machine = Machine()
    try:
        machine.user("nurse")
        machine.user("retired")
        machine.run("chage", "-E", "0", "retired")
        yield machine
    finally:
        machine.close()


NO_PASSWORD = "PasswordAuthentication no"
BOTH = "AuthenticationMethods publickey,password"
OLD = "KexAlgorithms diffie-hellman-group1-sha1"


@pytest.mark.parametrize(
    ("code", "options", "user", "password", "key"),
    [
        (
            "password-off",
            (NO_PASSWORD, "KbdInteractiveAuthentication no"),
            "nurse",
            PASSWORD,
            False,
        ),
        ("in", (NO_PASSWORD, "KbdInteractiveAuthentication yes"), "nurse", PASSWORD, False),
        ("key-off", ("PubkeyAuthentication no",), "nurse", None, True),
        ("in", ("PubkeyAuthentication no",), "nurse", PASSWORD, True),
        ("second-step", (BOTH,), "nurse", None, True),
        ("in", (BOTH,), "nurse", PASSWORD, True),
        ("too-many-attempts", ("MaxAuthTries 1",), "nurse", "wrong", False),
        ("account-expired", (), "retired", PASSWORD, False),
        ("ssh-old", (OLD,), "nurse", PASSWORD, False),
    ],
)
def test_servers_that_allow_less_than_usual(
    strict: Machine,
    known: KnownHosts,
    tmp_path: Path,
    code: str,
    options: tuple[str, ...],
    user: str,
    password: str | None,
    key: bool,
) -> None:
    path = make_key(tmp_path, "ed25519") if key else None
    if path:
        strict.authorize("nurse", path.with_name(path.name + ".pub").read_text())
    fingerprint, port = strict.host_key(), free_port()
    sshd = strict.sshd(port, *options)
    who = Credentials(user, password, path)
    try:
        with Session.open("127.0.0.1", port, who, known, accept=fingerprint) as session:
            got = "in" if session.run(["true"]).code == 0 else "useless"
    except RemoteError as error:
        got = error.code
    finally:
        strict.stop(sshd)
    assert got == code


def answer(listener: socket.socket, data: bytes, hold: bool) -> None:
    """Accept one connection, say something, and hang up or hold on until the other side goes."""
    conn, _ = listener.accept()
    with conn:
        conn.sendall(data)
        conn.settimeout(20)
        while hold:
            try:
                if not conn.recv(1000):
                    return
            except OSError:
                return


@pytest.mark.parametrize(
    ("data", "hold", "code"),
    [
        (b"", True, "server-silent"),
        (b"", False, "server-closed"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", False, "not-ssh"),
        (b"220 mail.example ESMTP\r\n", True, "not-ssh"),
        (b"\x16\x03\x01\x00\xff" * 40, True, "not-ssh"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", True, "ssh-slow"),
        (b"SSH-1.5-old\r\n", True, "ssh-old"),
    ],
)
def test_what_is_no_ssh_server(known: KnownHosts, data: bytes, hold: bool, code: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener, data, hold))
        thread.start()
        begun = time.monotonic()
        with pytest.raises(RemoteError) as caught:
            Session.open(
                "127.0.0.1",
                listener.getsockname()[1],
                Credentials("nurse", "x"),
                known,
                timeouts=QUICK,
            )
        took = time.monotonic() - begun
        thread.join(10)
    assert caught.value.code == code
    assert took < 6


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("no-such-name.invalid", "name-unknown"),
        ("fe80::1", "scope-missing"),
        ("fe80::1%nonesuch", "scope-unknown"),
        ("bad..name", "name-unknown"),
        ("x" * 300, "name-unknown"),
    ],
)
def test_hosts_that_lead_nowhere(known: KnownHosts, host: str, code: str) -> None:
    with pytest.raises(RemoteError) as caught:
        Session.open(host, 22, Credentials("nurse", "x"), known, timeouts=QUICK)
    assert caught.value.code == code


def test_a_refused_port(known: KnownHosts) -> None:
    with pytest.raises(RemoteError) as caught:
        Session.open("127.0.0.1", free_port(), Credentials("nurse", "x"), known, timeouts=QUICK)
    assert caught.value.code == "refused"


def test_a_machine_that_is_off(known: KnownHosts) -> None:
    """In a network of its own: nobody has the address, and another has no route at all."""
    from tests.remote.machine import cable, inside

    laptop = Machine(net=True)
    other = Machine(net=True)
    try:
        cable(laptop, "lan0", other, "lan0")
        laptop.run("ip", "addr", "add", "10.20.0.2/24", "dev", "lan0")
        other.run("ip", "addr", "add", "10.20.0.1/24", "dev", "lan0")
        # Drops what arrives without a word: a firewall in the way.
        other.run("ip", "route", "add", "blackhole", "10.20.0.2/32")
        other.run("ip", "rule", "add", "pref", "0", "from", "all", "lookup", "main")
        who = Credentials("nurse", "x")
        with inside(laptop):
            for address, codes in (
                ("192.0.2.77", {"no-route"}),
                ("10.20.0.77", {"no-route", "connect-timeout"}),  # ARP may take three seconds
                ("10.20.0.1", {"connect-timeout"}),
            ):
                with pytest.raises(RemoteError) as caught:
                    Session.open(address, 22, who, known, timeouts=QUICK)
                assert caught.value.code in codes, address
    finally:
        laptop.close()
        other.close()
