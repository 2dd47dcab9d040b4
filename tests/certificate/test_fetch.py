"""What a chain lacks, fetched from real web servers on loopback that behave well and badly."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from wizard.certificate import (
    Bundle,
    CertificateError,
    Roots,
    fetch_missing,
    judge,
    read,
    source_of_missing,
)
from wizard.certificate import fetch as fetching
from wizard.certificate.fetch import LIMIT, REDIRECTS, STEPS, Dial, keep

from .authority import NOW, PUBLIC_POLICY, ROOT, Authority, key, root

ROOTS = Roots((ROOT.certificate,))
HOST = "pki.example.org"
Answer = Callable[[BaseHTTPRequestHandler], None]


class Web:
    """A web server that answers for every host name; `asked` are the addresses it was asked for."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.asked.append(f"{self.headers['Host']}{self.path}")
                web.answers[self.path](self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))

    def dial(self, host: str, port: int, seconds: float) -> socket.socket:
        """The seam: every name leads to loopback, as a resolver of the test's own would."""
        assert port == 80
        if host.startswith("nowhere"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return socket.create_connection(("127.0.0.1", self.server.server_port), seconds)


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()
    made.thread.start()
    yield made
    made.server.shutdown()
    made.thread.join()
    made.server.server_close()


def body(raw: bytes, status: int = 200) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(raw)))
        request.end_headers()
        request.wfile.write(raw)

    return answer


def moved(where: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", where)
        request.end_headers()

    return answer


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def ladder(depth: int) -> tuple[Bundle, list[Authority]]:
    """A leaf alone, and its authorities, the lowest first; each names the next one's address."""
    above = ROOT
    found: list[Authority] = []
    for level in range(depth):
        url = f"http://{HOST}/{level - 1}" if level else None
        above = above.intermediate(f"Step {level}", issuer_url=url)
        found.insert(0, above)
    leaf = above.leaf(
        key=key("p256"), issuer_url=f"http://{HOST}/{depth - 1}", policies=PUBLIC_POLICY
    )
    return Bundle(leaf, (), key("p256")), found


ONE, (ISSUER,) = ladder(1)


def refused(web: Web, code: str, bundle: Bundle = ONE, dial: Dial | None = None) -> str:
    with pytest.raises(CertificateError) as raised:
        fetch_missing(bundle, ROOTS, dial=dial or web.dial)
    assert raised.value.code == code
    assert raised.value.cure
    return f"{raised.value.message} {raised.value.detail}"


@pytest.mark.parametrize(
    "raw",
    [
        der(ISSUER.certificate),
        ISSUER.certificate.public_bytes(Encoding.PEM),
        pkcs7.serialize_certificates([ROOT.certificate, ISSUER.certificate], Encoding.DER),
        pkcs7.serialize_certificates([ISSUER.certificate], Encoding.PEM),
    ],
    ids=["DER", "PEM", "PKCS#7 with the root", "PKCS#7 PEM"],
)
def test_every_form_that_authorities_publish(web: Web, raw: bytes) -> None:
    web.answers["/0"] = body(raw)
    assert source_of_missing(ONE, ROOTS) == HOST
    whole = fetch_missing(ONE, ROOTS, dial=web.dial)
    assert whole.chain == (ISSUER.certificate,)
    assert [(each.certificate, each.source) for each in whole.filled] == [
        (ISSUER.certificate, HOST)
    ]
    assert web.asked == [f"{HOST}/0"]
    assert source_of_missing(whole, ROOTS) == ""
    told = judge(whole, "cht.clinic-a.example.org", now=NOW, roots=ROOTS)
    assert [f.message for f in told if f.code == "chain-fetched"] == [
        'The certificate of "Step 0" was missing. It was fetched from pki.example.org.'
    ]
    assert "chain-incomplete" not in [f.code for f in told]


def test_step_by_step_up_to_a_root(web: Web) -> None:
    bundle, authorities = ladder(STEPS)
    for level, each in enumerate(reversed(authorities)):
        web.answers[f"/{level}"] = body(der(each.certificate))
    whole = fetch_missing(bundle, ROOTS, dial=web.dial)
    assert whole.chain == tuple(each.certificate for each in authorities)
    assert len(web.asked) == STEPS


def test_no_more_steps_than_a_public_chain_can_have(web: Web) -> None:
    bundle, authorities = ladder(STEPS + 2)
    for level, each in enumerate(reversed(authorities)):
        web.answers[f"/{level}"] = body(der(each.certificate))
    fetch_missing(bundle, ROOTS, dial=web.dial)
    assert len(web.asked) == STEPS


def test_a_whole_chain_asks_nobody(web: Web) -> None:
    whole = Bundle(ONE.leaf, (ISSUER.certificate,), ONE.key)
    assert fetch_missing(whole, ROOTS, dial=web.dial) is whole
    assert web.asked == []


def test_redirects_are_followed_and_bounded(web: Web) -> None:
    web.answers["/0"] = moved("/a")
    web.answers["/a"] = moved("http://mirror.example.org/b")
    web.answers["/b"] = body(der(ISSUER.certificate))
    assert fetch_missing(ONE, ROOTS, dial=web.dial).filled[0].source == HOST
    assert web.asked[-1] == "mirror.example.org/b"
    web.asked.clear()
    web.answers["/0"] = moved("/0")
    assert "too many redirects" in refused(web, "fetch-failed")
    assert len(web.asked) == REDIRECTS + 1


@pytest.mark.parametrize("where", ["https://a.example/", "file:///etc/passwd", "ldap://a/"])
def test_redirects_lead_to_http_only(web: Web, where: str) -> None:
    web.answers["/0"] = moved(where)
    assert "no http address" in refused(web, "fetch-failed")


@pytest.mark.parametrize(
    "url", [None, "ldap://a/cn=x", "https://a/x", "http://", "http://a b/", "http://a:99999/"]
)
def test_only_plain_http_addresses_are_asked(web: Web, url: str | None) -> None:
    leaf = ISSUER.leaf(issuer_url=url)
    assert source_of_missing(Bundle(leaf), ROOTS) == ""
    refused(web, "fetch-nowhere", Bundle(leaf))
    assert web.asked == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (body(b"gone", 404), "fetch-failed"),
        (body(b"", 200), "fetch-failed"),
        (body(b"\0" * (LIMIT + 1)), "fetch-failed"),
        (body(b"<html>Please log in to this Wi-Fi</html>"), "fetch-useless"),
        (body(der(root("Stranger").certificate)), "fetch-useless"),
        (body(der(ROOT.certificate)), "fetch-useless"),
        (body(der(ONE.leaf)), "fetch-useless"),
        (body(der(ISSUER.certificate)[:200]), "fetch-useless"),
    ],
    ids=["404", "empty", "too large", "web page", "stranger", "root", "no CA", "cut off"],
)
def test_what_is_not_the_missing_part(web: Web, answer: Answer, code: str) -> None:
    web.answers["/0"] = answer
    assert HOST in refused(web, code)


def test_without_internet(web: Web) -> None:
    bundle = Bundle(ISSUER.leaf(issuer_url="http://nowhere.example.org/x"))
    assert "nowhere.example.org" in refused(web, "fetch-failed", bundle)


def test_a_host_that_drips_is_left_in_time(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "SECONDS", 0.5)
    stop = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        try:
            request.wfile.write(b"HTTP/1.0 200 OK\r\n")
            while not stop.wait(0.05):
                request.wfile.write(b"X")
        except OSError:
            pass  # hung up on, as it should be

    web.answers["/0"] = drip
    begun = time.monotonic()
    refused(web, "fetch-failed")
    stop.set()
    assert time.monotonic() - begun < 5


def test_what_was_fetched_is_kept_for_the_next_visit(web: Web, tmp_path: Path) -> None:
    web.answers["/0"] = body(der(ISSUER.certificate))
    whole = fetch_missing(ONE, ROOTS, dial=web.dial)
    (kept,) = keep(whole, tmp_path / "intermediates")
    assert re.fullmatch(r"Step-0-[0-9a-f]{8}\.pem", kept.name)
    mine = tmp_path / "cert.pem"
    mine.write_text(ONE.chain_pem() + ONE.key_pem())
    again = read([mine, kept])
    assert again == whole
    assert again.filled == ()
