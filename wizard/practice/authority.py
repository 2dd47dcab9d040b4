"""A throw-away certificate authority for the practice clinic; nobody else trusts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAYS = 90
SOON = 9  # days that the one which ends soon has left
PASSPHRASE = "practice"  # noqa: S105 - of a key that nobody needs

Files = Mapping[str, bytes]
"""File name -> content, as an authority or certbot would hand them over."""


@dataclass(frozen=True)
class Issued:
    """A certificate with its chain and key, as PEM."""

    chain: bytes
    key: bytes

    @property
    def files(self) -> Files:
        """The two files that certbot makes."""
        return {"fullchain.pem": self.chain, "privkey.pem": self.key}


@dataclass(frozen=True)
class Material:
    """What a practice clinic has: who signs, what its web server begins with, files by kind."""

    authority: Authority
    first: Issued
    kinds: Mapping[str, Files]


def material(domain: str, now: datetime) -> Material:
    """Make one certificate of each kind that staff meet, good and bad ones."""
    authority = Authority(now)
    good = authority.issue(domain)
    newer = authority.issue(domain, days=DAYS + 30)
    alone = authority.issue(domain, with_intermediate=False)
    kinds: dict[str, Files] = {
        "good": good.files,
        "newer": newer.files,
        "ending-soon": authority.issue(domain, start=timedelta(days=SOON - DAYS)).files,
        "expired": authority.issue(domain, start=timedelta(days=-120)).files,
        "wrong-name": authority.issue(f"other.{domain}").files,
        "missing-intermediate": {"cert.pem": alone.chain, "privkey.pem": alone.key},
        "wrong-key": Issued(good.chain, newer.key).files,
        "with-password": {"certificate.p12": authority.locked(good)},
    }
    return Material(authority, self_signed(domain, now), kinds)


class Authority:
    """A root and an intermediate that issue server certificates for a domain."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._root_key = _key()
        self._root = _sign(
            ["Practice Root"],
            self._root_key.public_key(),
            "Practice Root",
            self._root_key,
            now,
            ca=True,
        )
        self._key = _key()
        self._intermediate = _sign(
            ["Practice Intermediate"],
            self._key.public_key(),
            "Practice Root",
            self._root_key,
            now,
            ca=True,
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
            [domain],
            key.public_key(),
            "Practice Intermediate",
            self._key,
            self.now + start,
            days=days,
            ca=False,
        )
        chain = leaf.public_bytes(serialization.Encoding.PEM)
        if with_intermediate:
            chain += self._intermediate.public_bytes(serialization.Encoding.PEM)
        return Issued(chain, _pem(key))

    def answer(self, csr: bytes, days: int = DAYS) -> bytes:
        """Sign a request as a real authority would; returns the certificate with its chain, PEM.

        Raises ValueError for what is no request, or was not signed with its own key.
        """
        request = x509.load_pem_x509_csr(csr)
        if not request.is_signature_valid:
            raise ValueError("the request is not signed with its key")
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        wanted = names.get_values_for_type(x509.DNSName)
        public = request.public_key()
        assert isinstance(public, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
        start = self.now - timedelta(days=1)
        leaf = _sign(wanted, public, "Practice Intermediate", self._key, start, days=days, ca=False)
        return b"".join(
            each.public_bytes(serialization.Encoding.PEM) for each in (leaf, self._intermediate)
        )

    def locked(self, issued: Issued) -> bytes:
        """Return certificate, chain and key as one PKCS#12 file, locked with PASSPHRASE."""
        leaf, *others = x509.load_pem_x509_certificates(issued.chain)
        key = serialization.load_pem_private_key(issued.key, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        lock = serialization.BestAvailableEncryption(PASSPHRASE.encode())
        return pkcs12.serialize_key_and_certificates(b"practice", key, leaf, others, lock)


def write(folder: Path, files: Files) -> tuple[Path, ...]:
    """Write files into a folder, which is made; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = tuple(folder / name for name in files)
    for path in paths:
        path.write_bytes(files[path.name])
        path.chmod(0o600)
    return paths


def self_signed(domain: str, now: datetime) -> Issued:
    """Make what a web server has before anybody gave it a certificate."""
    key = _key()
    public = key.public_key()
    leaf = _sign([domain], public, domain, key, now - timedelta(days=30), ca=False)
    return Issued(leaf.public_bytes(serialization.Encoding.PEM), _pem(key))


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _sign(
    names: Sequence[str],
    public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
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
        .subject_name(_name(names[0]))
        .issuer_name(_name(issuer))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - timedelta(days=30) if ca else start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    if issuer != names[0] and not ca:
        # As public authorities write it (CA/Browser Forum BR 7.1.6.1): it is judged like theirs.
        validated = x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.1"), None)
        builder = builder.add_extension(x509.CertificatePolicies([validated]), critical=False)
    if not ca:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([*map(x509.DNSName, names)]), critical=False
        ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
