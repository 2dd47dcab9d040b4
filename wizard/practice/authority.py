"""A throw-away certificate authority for the practice clinic; nobody else trusts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAYS = 90


@dataclass(frozen=True)
class Issued:
    """A certificate with its chain and key, as PEM."""

    chain: bytes
    key: bytes


@dataclass(frozen=True)
class Material:
    """All certificates of a practice clinic: by kind, what its web server begins with, the root."""

    root_pem: bytes
    first: Issued
    kinds: Mapping[str, Issued]


def material(domain: str, now: datetime) -> Material:
    """Make one certificate of each kind that staff meet, good and bad ones."""
    authority = Authority(now)
    good = authority.issue(domain)
    newer = authority.issue(domain, days=DAYS + 30)
    kinds = {
        "good": good,
        "newer": newer,
        "expired": authority.issue(domain, start=timedelta(days=-120)),
        "other-name": authority.issue(f"other.{domain}"),
        "no-intermediate": authority.issue(domain, with_intermediate=False),
        "wrong-key": Issued(good.chain, newer.key),
    }
    return Material(authority.root_pem, self_signed(domain, now), kinds)


class Authority:
    """A root and an intermediate that issue server certificates for a domain."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._root_key = _key()
        self._root = _sign(
            "Practice Root", self._root_key, "Practice Root", self._root_key, now, ca=True
        )
        self._key = _key()
        self._intermediate = _sign(
            "Practice Intermediate", self._key, "Practice Root", self._root_key, now, ca=True
        )

    @property
    def root_pem(self) -> bytes:
        """The root, to be trusted while practising."""
        return self._root.public_bytes(serialization.Encoding.PEM)

    def issue(
        self,
        domain: str,
        *,
        start: timedelta = timedelta(days=-1),
        days: int = DAYS,
        with_intermediate: bool = True,
    ) -> Issued:
        """Issue a certificate for a domain that is valid from now + start for so many days."""
        key = _key()
        leaf = _sign(
            domain, key, "Practice Intermediate", self._key, self.now + start, days=days, ca=False
        )
        chain = leaf.public_bytes(serialization.Encoding.PEM)
        if with_intermediate:
            chain += self._intermediate.public_bytes(serialization.Encoding.PEM)
        return Issued(chain, _pem(key))


def write(folder: Path, name: str, issued: Issued) -> tuple[Path, Path]:
    """Write chain and key files; returns their paths."""
    chain, key = folder / f"{name}.pem", folder / f"{name}.key"
    chain.write_bytes(issued.chain)
    key.write_bytes(issued.key)
    key.chmod(0o600)
    return chain, key


def self_signed(domain: str, now: datetime) -> Issued:
    """Make what a web server has before anybody gave it a certificate."""
    key = _key()
    leaf = _sign(domain, key, domain, key, now - timedelta(days=30), ca=False)
    return Issued(leaf.public_bytes(serialization.Encoding.PEM), _pem(key))


def _pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _sign(
    subject: str,
    key: rsa.RSAPrivateKey,
    issuer: str,
    issuer_key: rsa.RSAPrivateKey,
    start: datetime,
    *,
    days: int = 3650,
    ca: bool,
) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not ca,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - timedelta(days=30) if ca else start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    if not ca:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(subject)]), critical=False
        ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
