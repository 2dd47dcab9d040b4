"""Roots, bundled and added, and the verifier behind them."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from wizard.certificate import CertificateError, ChainRefused, Roots, look, verify_chain

from .authority import BEGIN, DOMAIN, INTERMEDIATE, NOW, ROOT, root

LEAF = INTERMEDIATE.leaf()
MIDDLE = (INTERMEDIATE.certificate,)
KNOWN = Roots((ROOT.certificate,))
CLINIC = root("Clinic Root", "Clinic A")


def test_the_bundled_roots_are_the_public_ones() -> None:
    roots = Roots.bundled()
    assert len(roots.public) > 100
    assert roots.extra == ()
    assert {"Internet Security Research Group", "DigiCert Inc"} <= roots.organisations()
    assert repr(roots) == f"Roots(public={len(roots.public)}, extra=0)"


def test_every_bundled_root_is_known_as_self_signed() -> None:
    # Some are signed with SHA-1, which the library no longer checks by itself.
    assert [each for each in Roots.bundled().public if not look.self_signed(each)] == []


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_roots_are_added_from_files(encoding: Encoding, tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_bytes(CLINIC.certificate.public_bytes(encoding))
    roots = KNOWN.with_extra([tmp_path / "ca.crt"])
    assert roots == Roots(KNOWN.public, (CLINIC.certificate,))
    assert roots.issuers_of(CLINIC.leaf()) == (CLINIC.certificate,)
    assert roots.issuers_of(LEAF) == ()
    assert KNOWN.extra == ()


def test_a_file_without_roots_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_bytes(b"<html>")
    with pytest.raises(CertificateError) as raised:
        KNOWN.with_extra([tmp_path / "ca.crt"])
    assert (raised.value.code, raised.value.arguments) == ("html", {"file": "ca.crt"})


def test_the_path_that_is_found() -> None:
    assert verify_chain(LEAF, MIDDLE, f"{DOMAIN}.", NOW, KNOWN) == (
        LEAF,
        INTERMEDIATE.certificate,
        ROOT.certificate,
    )


def test_an_address() -> None:
    leaf = INTERMEDIATE.leaf(names=("10.0.0.5",))
    assert verify_chain(leaf, MIDDLE, "10.0.0.5", NOW, KNOWN)[0] == leaf
    with pytest.raises(ChainRefused):
        verify_chain(leaf, MIDDLE, "10.0.0.6", NOW, KNOWN)


def test_extra_roots_count_beside_the_public_ones() -> None:
    both = Roots(KNOWN.public, (CLINIC.certificate,))
    assert verify_chain(LEAF, MIDDLE, DOMAIN, NOW, both)[-1] == ROOT.certificate
    assert verify_chain(CLINIC.leaf(), (), DOMAIN, NOW, both)[-1] == CLINIC.certificate


@pytest.mark.parametrize(
    ("domain", "days", "chain", "roots"),
    [
        ("b.example.org", 14, MIDDLE, KNOWN),
        ("my_server.example.org", 14, MIDDLE, KNOWN),
        (DOMAIN, -1, MIDDLE, KNOWN),
        (DOMAIN, 91, MIDDLE, KNOWN),
        (DOMAIN, 14, (), KNOWN),
        (DOMAIN, 14, MIDDLE, Roots((CLINIC.certificate,))),
        (DOMAIN, 14, MIDDLE, Roots(())),
    ],
    ids=["name", "no name", "too early", "too late", "no chain", "other root", "no roots"],
)
def test_what_is_refused(domain: str, days: int, chain: tuple[()], roots: Roots) -> None:
    with pytest.raises(ChainRefused, match=r"\w"):
        verify_chain(LEAF, chain, domain, BEGIN + timedelta(days=days), roots)


def test_an_extra_root_that_may_not_sign_is_refused() -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    from .authority import Authority, key, name, usage

    mine = key("p256", "no signing")
    certificate = (
        x509.CertificateBuilder(
            issuer_name=name("Weak"),
            subject_name=name("Weak"),
            public_key=mine.public_key(),
            serial_number=7,
            not_valid_before=BEGIN,
            not_valid_after=BEGIN + timedelta(days=900),
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .add_extension(usage(True, False), True)
        .sign(mine, SHA256())
    )
    leaf = Authority(certificate, mine).leaf()
    with pytest.raises(ChainRefused):
        verify_chain(leaf, (), DOMAIN, NOW, Roots((), (certificate,)))
