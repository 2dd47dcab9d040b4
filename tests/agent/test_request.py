"""A request for a certificate: its key is made on the server and stays there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from tests.agent import sandbox
from wizard.agent import facts, names, serve, wire
from wizard.agent.host import Done, Host
from wizard.agent.request import pending, request
from wizard.agent.transaction import Refused, Transaction
from wizard.practice.host import PracticeHost
from wizard.practice.server import Server

DOMAIN = "cht.example.org"


class WithOpenssl(PracticeHost):
    """A pretended server whose openssl is the real one."""

    def run(self, argv: list[str], *arguments: Any, **more: Any) -> Done:
        if argv[0] == "openssl":
            return Host.run(self, argv, *arguments, **more)
        return super().run(argv, *arguments, **more)


KINDS = [
    PracticeHost,
    pytest.param(
        WithOpenssl, marks=pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
    ),
]


@pytest.fixture(params=KINDS)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> PracticeHost:
    made: PracticeHost = request.param(tmp_path / "root", timings=sandbox.FAST)
    return made


def key_of(host: PracticeHost) -> bytes:
    return Path(host.path(names.REQUEST + "/key.pem")).read_bytes()


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_key_and_request_belong_together(host: PracticeHost, kind: str) -> None:
    made = request(host, kind, [DOMAIN, "www.example.org", "*.example.org"], False)
    assert wire.decode(wire.KeyRequest, made).key_kind == kind
    csr = x509.load_pem_x509_csr(made["csr"].encode())
    assert csr.is_signature_valid
    assert [a.value for a in csr.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == [DOMAIN]
    san = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert san.get_values_for_type(x509.DNSName) == [DOMAIN, "www.example.org", "*.example.org"]
    key = load_pem_private_key(key_of(host), None)
    if kind == "rsa":
        assert isinstance(key, rsa.RSAPrivateKey)
        assert key.key_size == 2048
    else:
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        assert isinstance(key.curve, ec.SECP256R1)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digest = Hash(SHA256())
    digest.update(public)
    assert made["spki_sha256"] == digest.finalize().hex()
    assert csr.public_key() == key.public_key()
    for path, mode in (("", 0o700), ("/key.pem", 0o600), ("/request.csr", 0o600)):
        assert os.stat(host.path(names.REQUEST + path)).st_mode & 0o777 == mode
    assert "PRIVATE" not in str(made)
    assert not [name for name in host.list(names.STATE) if name.startswith("new-")]


def test_a_long_name_is_no_common_name(host: PracticeHost) -> None:
    long = "a" * 60 + ".example.org"
    csr = x509.load_pem_x509_csr(request(host, "ec", [long], False)["csr"].encode())
    assert not list(csr.subject)
    san = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert san.get_values_for_type(x509.DNSName) == [long]


def test_one_waits_at_a_time(host: PracticeHost) -> None:
    first = request(host, "ec", [DOMAIN], False)
    old = key_of(host)
    with pytest.raises(Refused) as caught:
        request(host, "ec", [DOMAIN], False)
    assert caught.value.code == "request-waits"
    assert caught.value.arguments["names"] == DOMAIN
    assert key_of(host) == old
    second = request(host, "ec", [DOMAIN], True)
    assert second["spki_sha256"] != first["spki_sha256"]
    assert key_of(host) != old
    found = pending(host)
    assert found is not None
    assert found["csr"] == second["csr"]


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("dsa", [DOMAIN]),
        ("rsa", []),
        ("rsa", DOMAIN),
        ("rsa", ["a.example.org,DNS:evil.example.org"]),
        ("rsa", ["a.example.org/O=x"]),
        ("rsa", ["localhost"]),
        ("rsa", [7]),
        ("rsa", [DOMAIN] * 21),
    ],
)
def test_what_is_no_name_is_refused(host: PracticeHost, kind: str, wanted: Any) -> None:
    with pytest.raises(Refused) as caught:
        request(host, kind, wanted, False)
    assert caught.value.code == "bad-request"
    assert not host.exists(names.REQUEST)


def test_not_while_a_change_is_unfinished(host: PracticeHost) -> None:
    Transaction(host, sandbox.FAST).create(sandbox.order([sandbox.file("/etc/motd", "x")]))
    with pytest.raises(Refused) as caught:
        request(host, "ec", [DOMAIN], False)
    assert caught.value.code == "busy"


def test_without_any_openssl_it_is_said(tmp_path: Path) -> None:
    host = PracticeHost(tmp_path / "root", timings=sandbox.FAST)
    host.has_openssl = False
    with pytest.raises(Refused) as caught:
        request(host, "rsa", [DOMAIN], False)
    assert caught.value.code == "no-openssl"


def test_an_openssl_that_fails_tells_its_words_and_no_key(tmp_path: Path) -> None:
    class Broken(PracticeHost):
        def run(self, argv: list[str], *arguments: Any, **more: Any) -> Done:
            done = super().run(argv, *arguments, **more)
            return done._replace(out="", err="unknown option -addext " + done.out[:2000])

    host = Broken(tmp_path / "root", timings=sandbox.FAST)
    with pytest.raises(Refused) as caught:
        request(host, "ec", [DOMAIN], False)
    assert caught.value.code == "request-failed"
    assert "unknown option -addext (hidden)" in caught.value.detail
    assert "PRIVATE" not in caught.value.detail


def test_facts_and_status_know_it(host: PracticeHost) -> None:
    made = request(host, "ec", [DOMAIN], False)
    told = facts.facts(host, "")
    assert told["request"] == made
    assert wire.decode(wire.Facts, told).request == wire.decode(wire.KeyRequest, made)
    status = serve.Serve(host, "", None, None)._status({})  # type: ignore[arg-type]
    assert status["request"] == made


def test_the_container_makes_it_where_the_host_cannot(tmp_path: Path) -> None:
    from wizard.practice.clinic import Clinic

    with Clinic(tmp_path / "clinic") as clinic:
        assert isinstance(clinic.server, Server)
        clinic.server.has_openssl = False
        made = request(clinic.server, "ec", [DOMAIN], False)
        assert x509.load_pem_x509_csr(made["csr"].encode()).is_signature_valid
        key = clinic.server.read_bytes(names.REQUEST + "/key.pem") or b""
        assert load_pem_private_key(key, None).public_key() is not None
