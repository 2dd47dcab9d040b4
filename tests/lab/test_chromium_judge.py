"""Chromium judges whole served chains, and our verdict for Chrome has to be the same each time.

No machine and no bridge: servers and browser share one namespace, which leads nowhere.
"""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.lab.browser import Browser
from tests.lab.chains import TRUSTED, Served, cases
from tests.lab.network import Host, Lan
from wizard.certificate import Bundle, Client, Roots, clients, judge

POLICY = {
    "domain-invalid": "no public authority signs a name with an underscore",
    "no-sct": "Certificate Transparency is asked of public roots only",
    "few-sct": "Certificate Transparency is asked of public roots only",
    "lifetime-too-long": "the longest life is prescribed to public roots only",
    "key-small": "no public authority signs it, and servers with OpenSSL's defaults do not load it",
}
"""Where a root that was added by hand is judged more mildly than the public one that it stands
for: our reason -> why Chromium does not mind here."""

pytestmark = pytest.mark.timeout(300)


class Servers:
    """One TLS server for each case, on a port of its own; whatever is asked, it answers "ok"."""

    def __init__(self, wanted: list[Served], folder: Path) -> None:
        self.sockets: list[socket.socket] = []
        self.ports: dict[str, int] = {}
        for number, case in enumerate(wanted):
            context = _context(case, folder / f"{number}.pem")
            listening = socket.create_server(("127.0.0.1", 0), backlog=16)
            self.sockets.append(listening)
            self.ports[case.label] = listening.getsockname()[1]
            threading.Thread(target=_serve, args=(listening, context), daemon=True).start()

    def close(self) -> None:
        for each in self.sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def _context(case: Served, path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # what is weak must reach the browser
    key = case.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    whole = (each.public_bytes(Encoding.PEM) for each in (case.leaf, *case.chain))
    path.write_bytes(key + b"".join(whole))
    context.load_cert_chain(path)
    return context


def _serve(listening: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            plain, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=(plain, context), daemon=True).start()


def _answer(plain: socket.socket, context: ssl.SSLContext) -> None:
    plain.settimeout(20)
    with plain, suppress(OSError), context.wrap_socket(plain, server_side=True) as secure:
        secure.recv(4096)
        secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")


@pytest.fixture(scope="module")
def wanted() -> list[Served]:
    return cases()


@pytest.fixture(scope="module")
def judge_host(lan: Lan) -> Iterator[Host]:
    host = lan.host("judge")
    yield host
    host.close()


@pytest.fixture(scope="module")
def said(wanted: list[Served], judge_host: Host) -> Iterator[dict[str, str]]:
    """What Chromium says about each case: "" or its own error code."""
    folder = Path(tempfile.mkdtemp(dir=judge_host.folder))
    servers = judge_host.call(Servers, wanted, folder)
    try:
        yield _ask(judge_host, wanted, servers.ports, folder)
    finally:
        servers.close()
        shutil.rmtree(folder)


def _ask(host: Host, wanted: list[Served], ports: dict[str, int], folder: Path) -> dict[str, str]:
    """One page with an image from every server; the network log tells how each of them went."""
    browser = Browser(host)
    for number, authority in enumerate(TRUSTED):
        browser.trust(authority.certificate.public_bytes(Encoding.PEM), f"judge {number}")
    urls = {case.label: f"https://{case.domain}:{ports[case.label]}/" for case in wanted}
    page = folder / "page.html"
    page.write_text("".join(f'<img src="{url}">' for url in urls.values()))
    errors = browser.errors(f"file://{page}", urls.values(), resolve="MAP * 127.0.0.1")
    return {label: errors[url] for label, url in urls.items()}


def verdict(case: Served) -> Client:
    """Ours, as if the roots were public."""
    bundle = Bundle(case.leaf, case.chain, case.key)
    roots = Roots(tuple(authority.certificate for authority in TRUSTED))
    now = datetime.now(UTC)
    findings = judge(bundle, case.domain, now=now, cht_version="5.0.0", roots=roots)
    found = clients(bundle, case.domain, findings, now=now, roots=roots)
    return next(each for each in found if each.code == "chrome")


def test_there_are_enough_cases_and_both_ends(said: dict[str, str]) -> None:
    assert len(said) >= 60
    refused = sum(map(bool, said.values()))
    assert 25 <= refused <= len(said) - 25
    assert len(set(said.values())) >= 6, "the causes are told apart"


def test_our_verdict_is_chromiums(wanted: list[Served], said: dict[str, str]) -> None:
    different = {}
    named = set()
    for case in wanted:
        ours, theirs = verdict(case), said[case.label]
        if ours.accepted is not (theirs == ""):
            if ours.why in POLICY and not theirs:
                named.add(ours.why)
                continue
            different[case.label] = (ours.state, ours.why, theirs)
    print(json.dumps(said, indent=1))
    assert different == {}
    assert named == set(POLICY), "a difference that is named is there"
