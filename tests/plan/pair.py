"""A certificate, its issuer's and a key that are the same at every run."""

from __future__ import annotations

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from wizard.certificate.bundle import Bundle

DOMAIN = "clinic.example.org"
BEFORE = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)


def bundle(serial: int = 1, key: bool = True) -> Bundle:
    """Return a bundle for DOMAIN; other serial numbers are renewals.

    Ed25519 signs the same bytes the same way each time, so the fingerprints can stand in files.
    """
    root, issuer = (ed25519.Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
    private = ec.derive_private_key(0x5EED, ec.SECP256R1())
    intermediate = _builder("Test intermediate", "Test root", issuer.public_key(), 100)
    leaf = _builder(DOMAIN, "Test intermediate", private.public_key(), serial).add_extension(
        x509.SubjectAlternativeName([x509.DNSName(DOMAIN)]), critical=False
    )
    chain = (intermediate.sign(root, None),)
    return Bundle(leaf.sign(issuer, None), chain, private if key else None)


def sha256_of_chain(pem: str) -> tuple[str, ...]:
    """Return the fingerprints of a PEM chain in order."""
    found = x509.load_pem_x509_certificates(pem.encode())
    return tuple(each.fingerprint(hashes.SHA256()).hex() for each in found)


def _builder(
    subject: str,
    issuer: str,
    key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey,
    serial: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key)
        .serial_number(serial)
        .not_valid_before(BEFORE)
        .not_valid_after(BEFORE + datetime.timedelta(days=90))
    )
