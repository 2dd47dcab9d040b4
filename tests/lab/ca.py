"""A throw-away CA that looks like a public one, and every certificate a clinic may bring along,
good or spoilt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

DOMAIN = "clinic-a.example.org"


def _pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(
        certificate.public_bytes(serialization.Encoding.PEM) for certificate in certificates
    )


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True)
class Pair:
    """What lands in cert.pem and key.pem."""

    leaf: x509.Certificate
    certificates: bytes
    key: bytes

    @property
    def fingerprint(self) -> str:
        return self.leaf.fingerprint(hashes.SHA256()).hex()

    def write(self, folder: Path) -> tuple[Path, Path]:
        """As certbot names them; (certificates, key)."""
        chain, key = folder / "fullchain.pem", folder / "privkey.pem"
        chain.write_bytes(self.certificates)
        key.write_bytes(self.key)
        key.chmod(0o600)
        return chain, key


class Ca:
    """Root and intermediate; made anew for each run, so nothing secret is ever kept."""

    def __init__(self, domain: str = DOMAIN) -> None:
        self.domain = domain
        self.now = datetime.now(UTC).replace(microsecond=0)
        self._root_key = _new_key()
        self._intermediate_key = _new_key()
        self.root = self._authority("Lab Root X1", self._root_key, None)
        self.intermediate = self._authority(
            "Lab Intermediate R1", self._intermediate_key, self.root
        )

    @property
    def root_pem(self) -> bytes:
        return _pem(self.root)

    @property
    def intermediate_pem(self) -> bytes:
        return _pem(self.intermediate)

    def issue(
        self,
        *names: str,
        start: datetime | None = None,
        days: float = 90,
        with_intermediate: bool = True,
        foreign_key: bool = False,
    ) -> Pair:
        """A leaf for `names` (the domain itself if none), as a public CA would issue it today."""
        key = _new_key()
        start = start or self.now - timedelta(hours=1)
        leaf = self._leaf(names or (self.domain,), key.public_key(), start, days)
        key_pem = (_new_key() if foreign_key else key).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        chain = (leaf, self.intermediate) if with_intermediate else (leaf,)
        return Pair(leaf, _pem(*chain), key_pem)

    def answer(self, csr: bytes) -> Pair:
        """What comes back for a request; its key stays where the request was made."""
        request = x509.load_pem_x509_csr(csr)
        assert request.is_signature_valid
        san = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        public = request.public_key()
        assert isinstance(public, rsa.RSAPublicKey)
        names = tuple(san.get_values_for_type(x509.DNSName))
        leaf = self._leaf(names, public, self.now - timedelta(hours=1), 90)
        return Pair(leaf, _pem(leaf, self.intermediate), b"")

    def _leaf(
        self, subject: tuple[str, ...], public: rsa.RSAPublicKey, start: datetime, days: float
    ) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject[0])]))
            .issuer_name(self.intermediate.subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=days))
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name) for name in subject]),
                critical=False,
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(leaf=True), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage(
                    [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
                ),
                critical=False,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(
                    self._intermediate_key.public_key()
                ),
                critical=False,
            )
            .add_extension(
                x509.AuthorityInformationAccess(
                    [
                        x509.AccessDescription(
                            AuthorityInformationAccessOID.CA_ISSUERS,
                            x509.UniformResourceIdentifier("http://r1.lab-ca.example.org/"),
                        )
                    ]
                ),
                critical=False,
            )
            .sign(self._intermediate_key, hashes.SHA256())
        )

    @cached_property
    def good(self) -> Pair:
        return self.issue()

    @cached_property
    def renewed(self) -> Pair:
        """The second visit's: same domain, new key."""
        return self.issue()

    @cached_property
    def expired(self) -> Pair:
        return self.issue(start=self.now - timedelta(days=100))

    @cached_property
    def not_yet(self) -> Pair:
        return self.issue(start=self.now + timedelta(days=30))

    @cached_property
    def wrong_name(self) -> Pair:
        return self.issue("other." + self.domain.partition(".")[2])

    @cached_property
    def missing_intermediate(self) -> Pair:
        return self.issue(with_intermediate=False)

    @cached_property
    def wrong_key(self) -> Pair:
        return self.issue(foreign_key=True)

    def _authority(
        self, name: str, key: rsa.RSAPrivateKey, issuer: x509.Certificate | None
    ) -> x509.Certificate:
        organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Lab CA")
        subject = x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signer = self._root_key
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - timedelta(days=365))
            .not_valid_after(self.now + timedelta(days=3650))
            .add_extension(
                x509.BasicConstraints(ca=True, path_length=0 if issuer else None), critical=True
            )
            .add_extension(_usage(leaf=False), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
                critical=False,
            )
            .sign(signer, hashes.SHA256())
        )


def _usage(leaf: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=leaf,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not leaf,
        crl_sign=not leaf,
        encipher_only=False,
        decipher_only=False,
    )
