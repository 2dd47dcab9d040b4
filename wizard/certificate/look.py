"""Questions to one certificate or key, safe against the strange ones."""

import ipaddress
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

T = TypeVar("T")
E = TypeVar("E", bound=x509.ExtensionType)

# `cryptography` parses lazily: a certificate that loaded may still raise any of these from any
# attribute (Go's IgnoreCNWithSANs vector does).
READ_ERRORS = (
    LookupError,  # an unknown TLS feature
    ValueError,
    TypeError,
    NotImplementedError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


def or_else(ask: Callable[[], T], default: T) -> T:
    """The answer, or `default` where the certificate cannot be read."""
    try:
        return ask()
    except READ_ERRORS:
        return default


def extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    """The value of an extension or None; raises one of READ_ERRORS."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def names(certificate: x509.Certificate) -> tuple[str, ...]:
    """What the certificate is valid for: DNS names and addresses of the SAN (RFC 6125).

    The common name is not among them: no phone looks at it any more. Raises READ_ERRORS.
    """
    san = extension(certificate, x509.SubjectAlternativeName)
    if san is None:
        return ()
    found = [str(name) for name in san.get_values_for_type(x509.DNSName)]
    return (*found, *map(str, addresses(certificate)))


def addresses(
    certificate: x509.Certificate,
) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, ...]:
    """The IP addresses of the SAN; raises READ_ERRORS."""
    san = extension(certificate, x509.SubjectAlternativeName)
    values = [] if san is None else san.get_values_for_type(x509.IPAddress)
    return tuple(
        value
        for value in values
        if isinstance(value, ipaddress.IPv4Address | ipaddress.IPv6Address)
    )


def common_name(name: x509.Name) -> str | None:
    """The first common name of a subject or issuer."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else None


def organisations(name: x509.Name) -> tuple[str, ...]:
    """The organisations of a subject or issuer."""
    return tuple(str(p.value) for p in name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME))


def title(name: x509.Name) -> str:
    """A short name to show: common name, else organisation, else the whole name."""
    return common_name(name) or next(iter(organisations(name)), "") or name.rfc4514_string() or "?"


def sha256(certificate: x509.Certificate) -> str:
    """The fingerprint in lower-case hexadecimal digits."""
    return certificate.fingerprint(SHA256()).hex()


def days_left(certificate: x509.Certificate, now: datetime) -> int:
    """Whole days until the certificate ends; negative once it has ended. Raises READ_ERRORS."""
    return (certificate.not_valid_after_utc - utc(now)).days


def utc(moment: datetime) -> datetime:
    """The moment with a time zone; a naive one is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def alive(certificate: x509.Certificate, at: datetime) -> bool:
    """Whether the moment lies within the dates of the certificate. Raises READ_ERRORS."""
    return certificate.not_valid_before_utc <= utc(at) <= certificate.not_valid_after_utc


def is_ca(certificate: x509.Certificate) -> bool:
    """Whether basicConstraints says CA; raises READ_ERRORS."""
    basic = extension(certificate, x509.BasicConstraints)
    return basic is not None and basic.ca


def issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Whether `issuer` signed `certificate`: the names agree and the signature holds."""
    try:
        if weak_hash(certificate) is not None:
            return certificate.issuer == issuer.subject and _weakly_signed(issuer, certificate)
        certificate.verify_directly_issued_by(issuer)
    except (*READ_ERRORS, InvalidSignature):
        return False
    return True


def _weakly_signed(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Whether a SHA-1 or MD5 signature holds, which the library no longer checks by itself.

    Needed to know an old root as self-signed and a weak chain as a chain; nothing is trusted
    for it.
    """
    key, digest = issuer.public_key(), certificate.signature_hash_algorithm
    signed = certificate.signature, certificate.tbs_certificate_bytes
    if digest is not None and isinstance(key, rsa.RSAPublicKey):
        key.verify(*signed, padding.PKCS1v15(), digest)
        return True
    if digest is not None and isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(*signed, ec.ECDSA(digest))
        return True
    return False


def self_signed(certificate: x509.Certificate) -> bool:
    """Signed with its own key; a cross-signed root is not, though it is called a root."""
    return issued(certificate, certificate)


def issuer_addresses(certificate: x509.Certificate) -> tuple[str, ...]:
    """Where the issuer's certificate can be fetched (RFC 5280 4.2.2.1). Raises READ_ERRORS."""
    return tuple(
        each.access_location.value
        for each in extension(certificate, x509.AuthorityInformationAccess) or ()
        if each.access_method == AuthorityInformationAccessOID.CA_ISSUERS
        and isinstance(each.access_location, x509.UniformResourceIdentifier)
    )


def weak_hash(certificate: x509.Certificate) -> str | None:
    """The name of the signature's hash when phones refuse it (SHA-1, MD5), else None."""
    used = or_else(lambda: certificate.signature_hash_algorithm, None)
    return used.name.upper() if used is not None and used.name in ("sha1", "md5") else None


def public_bytes(key: x509.Certificate | PrivateKeyTypes) -> bytes | None:
    """The public key as SubjectPublicKeyInfo, to compare; None when it cannot be read."""
    return or_else(
        lambda: key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        None,
    )


def key_kind(certificate: x509.Certificate) -> str:
    """The key in words, such as "RSA 2048" or "EC P-256"."""
    try:
        key = certificate.public_key()
    except READ_ERRORS:
        return certificate.public_key_algorithm_oid.dotted_string
    match key:
        case rsa.RSAPublicKey():
            return f"RSA {key.key_size}"
        case ec.EllipticCurvePublicKey():
            return f"EC {_CURVES.get(key.curve.name, key.curve.name)}"
        case ed25519.Ed25519PublicKey():
            return "Ed25519"
        case ed448.Ed448PublicKey():
            return "Ed448"
        case dsa.DSAPublicKey():
            return f"DSA {key.key_size}"
    return type(key).__name__.removesuffix("PublicKey")


_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
