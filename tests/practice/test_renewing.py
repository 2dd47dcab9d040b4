"""Renewals, whatever comes in between: the new pair is served or the old one, by handshake."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import load_pem_x509_certificates

from tests.practice.laptop import Laptop
from wizard.agent import names, transaction, wire
from wizard.agent.changes import certificate as changes
from wizard.agent.docker import Docker
from wizard.agent.look.web import served
from wizard.certificate import Roots
from wizard.plan import Plan
from wizard.practice import engine
from wizard.practice.cht import CHAIN, KEY, WEB
from wizard.practice.clinic import DOMAIN, PASSWORD, USER, Clinic
from wizard.practice.engine import Container, Ran
from wizard.practice.host import PowerCut
from wizard.remote.login import Credentials
from wizard.site.toml import load, save
from wizard.visit import Visit


def leaf(path: Path) -> str:
    """The fingerprint of the first certificate of a file."""
    return load_pem_x509_certificates(path.read_bytes())[0].fingerprint(hashes.SHA256()).hex()


def now_served(clinic: Clinic) -> str:
    """The fingerprint that a handshake with the web server ends with."""
    return served(clinic.server, 443, DOMAIN)


@pytest.fixture
def ready(clinic: Clinic, laptop: Laptop) -> Laptop:
    """A clinic that serves "good" already, and a laptop that brings "newer"."""
    assert laptop.run("renew", "--yes", "--no-check").plain["state"] == "confirmed"
    assert now_served(clinic) == leaf(clinic.certificates["good"][0])
    laptop.site = clinic.write_site("newer")
    return laptop


def same_pair(clinic: Clinic, kind: str) -> bool:
    """Whether both files are there, and nothing else in their folder."""
    chain, key = clinic.certificates[kind]
    server = clinic.server
    there = server.list(str(Path(CHAIN).parent))
    return (server.read(CHAIN), server.read(KEY), there) == (
        chain.read_text(),
        key.read_text(),
        ["cert.pem", "key.pem"],
    )


@contextmanager
def when_run(clinic: Clinic, first: str, act: Callable[[], Ran | None]) -> Iterator[None]:
    """Let something happen instead of, or before, the first container command that begins so."""
    played = clinic.server.cht.engine
    real, waiting = played.execute, [act]

    def execute(container: Container, argv: Sequence[str]) -> Ran:
        if " ".join(argv).startswith(first) and waiting:
            ran = waiting.pop()()
            if ran is not None:
                return ran
        return real(container, argv)

    played.execute = execute  # type: ignore[method-assign]
    try:
        yield
        assert not waiting, f"{first} was never run"
    finally:
        del played.execute


# ---------------------------------------------------------------------------- safe push


def test_a_good_one(clinic: Clinic, ready: Laptop) -> None:
    said = ready.run("renew", "--yes", "--no-check")
    assert (said.code, said.plain["state"]) == (0, "confirmed"), said.text
    assert now_served(clinic) == leaf(clinic.certificates["newer"][0])
    assert same_pair(clinic, "newer")


@pytest.mark.parametrize("kind", ["wrong-key", "missing-intermediate", "expired", "wrong-name"])
def test_a_bad_one_is_not_even_pushed(clinic: Clinic, ready: Laptop, kind: str) -> None:
    ready.site = clinic.write_site(kind)
    said = ready.run("renew", "--yes", "--no-check")
    assert said.code == 1
    assert "Nothing was changed" in said.text or said.error == "key-mismatch"
    assert now_served(clinic) == leaf(clinic.certificates["good"][0])
    assert same_pair(clinic, "good")


def push(clinic: Clinic, spoil: Callable[[Plan], Plan] = lambda plan: plan) -> tuple[str, str]:
    """Renew as the program does, past the judgement of the laptop; returns (state, failed)."""
    roots = Roots.bundled().with_extra([clinic.folder / "root.pem"])
    site = load(clinic.site)
    with Visit(site, clinic.folder, clinic.folder / "data", roots=roots, detour=clinic.detour) as v:
        v.connect(Credentials(USER, password=PASSWORD), accept=clinic.fingerprint)
        made = v.plan(v.facts(), v.bundle(), renew=True)
        outcome = v.apply(spoil(made))
    return outcome.state, outcome.failed


def test_a_wrong_key_that_got_past_the_laptop(clinic: Clinic, ready: Laptop) -> None:
    other = clinic.certificates["good"][1].read_text()

    def spoil(made: Plan) -> Plan:
        change = made.changes[0]
        assert isinstance(change, wire.InstallCertificate)
        return replace(made, changes=(replace(change, key=other),))

    assert push(clinic, spoil) == ("nothing", "certificate-unfit")
    assert now_served(clinic) == leaf(clinic.certificates["good"][0])
    assert same_pair(clinic, "good")


def test_nginx_refuses_it(clinic: Clinic, ready: Laptop) -> None:
    refusal = (1, "nginx: [emerg] unknown directive\n")
    with when_run(clinic, "nginx -t", lambda: refusal):
        assert push(clinic) == ("rolled-back", "certificate-refused")
    assert now_served(clinic) == leaf(clinic.certificates["good"][0])
    assert same_pair(clinic, "good")


def test_another_one_is_served_afterwards(clinic: Clinic, ready: Laptop) -> None:
    """A reload that does nothing: something else answers on the port."""
    with when_run(clinic, "nginx -s reload", lambda: (0, "")):
        assert push(clinic) == ("rolled-back", "certificate-not-served")
    assert now_served(clinic) == leaf(clinic.certificates["good"][0])
    assert same_pair(clinic, "good")


@pytest.mark.parametrize("gone", [KEY, CHAIN])
def test_nginx_in_a_crash_loop_because_half_of_the_pair_is_gone(
    clinic: Clinic, ready: Laptop, gone: str
) -> None:
    Path(clinic.server.path(gone)).unlink()
    played = clinic.server.cht.engine
    web = played.find(WEB)
    assert web is not None
    played.stop(web)
    played.start(web)
    assert web.restarting
    assert now_served(clinic) == ""
    said = ready.run("renew", "--yes", "--no-check")
    assert said.plain["state"] == "confirmed", said.text
    assert now_served(clinic) == leaf(clinic.certificates["newer"][0])
    assert same_pair(clinic, "newer")


def test_nginx_in_a_crash_loop_that_runs_just_now(clinic: Clinic, ready: Laptop) -> None:
    """Docker says "running" between two crashes; no command could be run in it to its end."""
    web = clinic.server.cht.engine.find(WEB)
    assert web is not None
    web.restarts, web.began = 4, time.time() - 2
    real = web.run

    def killed(argv: Sequence[str]) -> Ran | None:
        return (137, "") if argv[0] == "sh" else real(argv)

    web.run = killed
    assert push(clinic) == ("confirmed", "")
    assert now_served(clinic) == leaf(clinic.certificates["newer"][0])
    assert same_pair(clinic, "newer")


@pytest.mark.parametrize(("room", "part"), [(0, b""), (1, b""), (1, b"-----BEGIN half of it")])
def test_the_volume_is_full(
    clinic: Clinic, ready: Laptop, room: int, part: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Docker began `room` of the two files, and had space for a part of it."""
    real = engine._Handler._put

    def full(self: engine._Handler, container: Container, path: str, body: bytes) -> None:
        folder = Path(clinic.server.path(str(Path(CHAIN).parent)))
        for name in (".cert.pem.cht-new", ".key.pem.cht-new")[:room]:
            (folder / name).write_bytes(part)
        self._refuse(500, f"write {path}: no space left on device")

    assert real is not full
    monkeypatch.setattr(engine._Handler, "_put", full)
    assert push(clinic) == ("rolled-back", "certificate-failed")
    assert now_served(clinic) == leaf(clinic.certificates["good"][0])
    assert same_pair(clinic, "good")


@pytest.mark.parametrize("moment", ["sh -c", "nginx -t", "nginx -s reload"])
def test_the_connection_is_lost_on_the_way(clinic: Clinic, ready: Laptop, moment: str) -> None:
    """The server comes to an end alone, and the laptop learns which."""

    def cut() -> None:
        clinic.unplug()
        threading.Timer(1.0, clinic.plug).start()

    with when_run(clinic, moment, cut):
        assert push(clinic) == ("confirmed", "")
    assert now_served(clinic) == leaf(clinic.certificates["newer"][0])
    assert same_pair(clinic, "newer")


@pytest.mark.parametrize("moment", ["sh -c", "nginx -t", "nginx -s reload"])
def test_the_power_fails_on_the_way(
    clinic: Clinic, ready: Laptop, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before its next start is over the old pair is in place again, and served."""
    off = threading.Event()
    real = changes._execute

    def execute(docker: Docker, container: str, argv: list[str], code: str) -> None:
        if " ".join(argv).startswith(moment) and not off.is_set():
            off.set()
            clinic.server._cut = True  # nothing moves on this server any more
            raise PowerCut
        real(docker, container, argv, code)

    monkeypatch.setattr(changes, "_execute", execute)
    ended: list[tuple[str, str]] = []
    laptop = threading.Thread(target=lambda: ended.append(push(clinic)))
    laptop.start()
    assert off.wait(30)
    clinic.server.join()
    clinic.server._cut = False
    clinic.server.reboot()
    laptop.join(60)
    assert ended == [("rolled-back", "restart")]
    assert transaction.pending(clinic.server) is None
    assert now_served(clinic) == leaf(clinic.certificates["good"][0])
    assert same_pair(clinic, "good")


# ------------------------------------------------------------------- the previous one


def test_the_previous_one_is_put_back_and_forth(clinic: Clinic, ready: Laptop) -> None:
    good, newer = (leaf(clinic.certificates[kind][0]) for kind in ("good", "newer"))
    ready.run("renew", "--yes", "--no-check")
    for wanted in (good, newer):
        said = ready.run("renew", "--previous", "--yes", "--no-check")
        assert (said.code, said.plain["state"]) == (0, "confirmed"), said.text
        assert now_served(clinic) == wanted
        assert "key-on-server" in [f["code"] for f in said.plain["findings"]]
        assert said.plain["plan"]["changes"][0]["source"].startswith("kept:")


def test_there_is_no_previous_one(clinic: Clinic, laptop: Laptop) -> None:
    said = laptop.run("renew", "--previous", "--yes")
    assert (said.code, said.error) == (1, "no-previous")


# ------------------------------------------------------------------------- a request


def ask(laptop: Laptop, *more: str) -> tuple[int, str, Path]:
    out = laptop.clinic.folder / "clinic.csr"
    said = laptop.run("request", "--out", str(out), *more)
    return said.code, said.error or said.plain.get("state", ""), out


def test_a_request_and_its_answer(clinic: Clinic, laptop: Laptop) -> None:
    code, state, out = ask(laptop, "--name", "www.practice-clinic.org")
    assert (code, state) == (0, "requested")
    site = load(laptop.site)
    assert site.request.names == (DOMAIN, "www.practice-clinic.org")
    assert len(site.request.day) == len("2026-11-22")
    assert now_served(clinic) not in ("", leaf(clinic.certificates["good"][0]))

    chain = clinic.answer(out.read_text())  # somebody carried it away and came back
    relative = chain[0].relative_to(clinic.folder).as_posix()
    text = laptop.site.read_text()
    assert "files = [" in text
    save(replace(site, certificate=replace(site.certificate, files=(relative,))), laptop.site)
    said = laptop.run("renew", "--yes", "--no-check")
    assert (said.code, said.plain["state"]) == (0, "confirmed"), said.text
    codes = {f["code"]: f["severity"] for f in said.plain["findings"]}
    assert codes["key-on-server"] == "note"
    assert "key-missing" not in codes
    assert said.plain["plan"]["changes"][0]["source"] == "request"
    assert now_served(clinic) == leaf(chain[0])
    assert not clinic.server.exists(names.REQUEST)
    assert laptop.run("renew", "--yes").plain["state"] == "nothing"


def test_the_key_is_in_no_file_of_the_laptop(clinic: Clinic, laptop: Laptop) -> None:
    ask(laptop)
    key = (clinic.server.read(names.REQUEST + "/key.pem") or "").splitlines()
    assert len(key) > 20
    pretended = Path(clinic.server.root)
    files = [
        path
        for path in clinic.folder.rglob("*")
        if path.is_file() and pretended not in path.parents
    ]
    assert clinic.folder / "clinic.csr" in files
    for path in files:
        data = path.read_bytes()
        assert not [line for line in key[1:-1] if line.encode() in data], path


def test_a_request_that_waits_is_saved_again_and_replaced_only_on_demand(
    clinic: Clinic, laptop: Laptop
) -> None:
    first = ask(laptop, "--key-kind", "ec")[2].read_text()
    assert ask(laptop, "--key-kind", "ec")[:2] == (1, "")  # the file is there already
    assert ask(laptop, "--key-kind", "ec", "--yes")[2].read_text() == first
    assert ask(laptop, "--yes")[:2] == (1, "request-waits")
    assert ask(laptop, "--yes", "--new")[:2] == (0, "requested")
    assert (clinic.folder / "clinic.csr").read_text() != first


def test_a_certificate_without_key_and_without_request(clinic: Clinic, laptop: Laptop) -> None:
    chain = clinic.certificates["good"][0]
    alone = clinic.folder / "alone"
    alone.mkdir()
    (alone / "fullchain.pem").write_bytes(chain.read_bytes())
    site = load(laptop.site)
    files = ("alone/fullchain.pem",)
    save(replace(site, certificate=replace(site.certificate, files=files)), laptop.site)
    said = laptop.run("renew", "--yes", "--no-check")
    assert said.code == 1
    assert "key-missing" in [f["code"] for f in said.plain["findings"]]


def test_a_site_file_with_comments_is_left_as_it_is(clinic: Clinic, laptop: Laptop) -> None:
    text = "# ours, do not touch\n" + laptop.site.read_text()
    laptop.site.write_text(text)
    assert ask(laptop)[0] == 0
    assert laptop.site.read_text() == text


def test_an_old_cht_needs_rsa(clinic: Clinic, laptop: Laptop) -> None:
    web = clinic.server.cht.engine.find(WEB)
    assert web is not None
    web.image = web.image.rpartition(":")[0] + ":4.2.1"
    assert ask(laptop, "--key-kind", "ec")[:2] == (1, "rsa-needed")
    assert ask(laptop)[0] == 0
