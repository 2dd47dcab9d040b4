"""A throw-away certificate authority: certificates with every fault on demand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

NOW = datetime(2026, 12, 15, 12, tzinfo=UTC)
BEGIN = datetime(2026, 12, 1, tzinfo=UTC)
DOMAIN = "cht.clinic-a.example.org"

# A certificate policy that only public authorities write: domain validated.
PUBLIC_POLICY = x509.CertificatePolicies(
    [x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.1"), None)]
)


def _timestamps(logs: int) -> x509.UnrecognizedExtension:
    """Signed certificate timestamps (RFC 6962 3.3) of so many logs; the signatures are none."""
    listed = b""
    for log in range(logs):
        stamp = b"\0" + bytes([log + 1]) * 32 + (1_796_000_000_000).to_bytes(8)
        stamp += b"\0\0" + b"\4\3\0\4none"
        listed += len(stamp).to_bytes(2) + stamp
    value = len(listed).to_bytes(2) + listed
    # A long one has its length in a byte of its own (DER).
    head = b"\x04" + (b"\x81" if len(value) > 127 else b"") + bytes([len(value)])
    return x509.UnrecognizedExtension(
        x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"), head + value
    )


@cache
def key(kind: str = "rsa", which: object = 0) -> Any:
    """A key of a kind, made once per run; `which` tells several of one kind apart."""
    match kind:
        case "rsa":
            return rsa.generate_private_key(65537, 2048)
        case "rsa1024":
            return rsa.generate_private_key(65537, 1024)
        case "p256":
            return ec.generate_private_key(ec.SECP256R1())
        case "p384":
            return ec.generate_private_key(ec.SECP384R1())
        case "p521":
            return ec.generate_private_key(ec.SECP521R1())
        case "k256":
            return ec.generate_private_key(ec.SECP256K1())
        case "ed25519":
            return ed25519.Ed25519PrivateKey.generate()
        case "ed448":
            return ed448.Ed448PrivateKey.generate()
        case "dsa":
            return dsa.generate_private_key(2048)
    raise KeyError(kind)


def name(common: str | None, organisation: str | None = None) -> x509.Name:
    parts = [(NameOID.ORGANIZATION_NAME, organisation), (NameOID.COMMON_NAME, common)]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value is not None])


@dataclass(frozen=True)
class Authority:
    """A certificate that signs, with its key."""

    certificate: x509.Certificate
    key: Any

    def intermediate(self, common: str = "Test CA 1", **options: Any) -> "Authority":
        mine = options.pop("key", None) or key("p256", common)
        options.setdefault("organisation", "Test Authority")
        return Authority(
            sign(mine, self, common=common, ca=True, names=(), eku=None, **options), mine
        )

    def leaf(self, **options: Any) -> x509.Certificate:
        return sign(options.pop("key", None) or key(), self, **options)


def root(
    common: str = "Test Root", organisation: str = "Test Authority", **options: Any
) -> Authority:
    mine = options.pop("key", None) or key("p256", common)
    options = {"begin": datetime(2020, 1, 1, tzinfo=UTC), "days": 7300, **options}
    return Authority(
        sign(
            mine,
            None,
            common=common,
            organisation=organisation,
            ca=True,
            names=(),
            eku=None,
            **options,
        ),
        mine,
    )


def sign(
    mine: Any,
    issuer: Authority | None,
    *,
    common: str | None = None,
    organisation: str | None = None,
    names: Sequence[str] = (DOMAIN,),
    begin: datetime = BEGIN,
    days: float = 90,
    ca: bool = False,
    eku: Sequence[x509.ObjectIdentifier] | None = (ExtendedKeyUsageOID.SERVER_AUTH,),
    digital_signature: bool = True,
    key_usage: bool = True,
    aki: bool = True,
    staple: bool = False,
    sct: int = 3,
    policies: x509.CertificatePolicies | None = None,
    issuer_url: str | None = None,
    unknown_critical: bool = False,
    sha1: bool = False,
    swap: Sequence[tuple[x509.ExtensionType, bool]] = (),
    drop: Sequence[type[x509.ExtensionType]] = (),
) -> x509.Certificate:
    """Sign a certificate; `issuer` None signs with its own key.

    `swap`: extensions (with: critical or not) in place of the usual ones; `drop`: kinds left out.
    """
    subject = name(common, organisation)
    signing = mine if issuer is None else issuer.key
    # Authorities of the tests begin before every leaf, unless a test says otherwise.
    if ca and issuer is not None and begin is BEGIN:
        begin, days = datetime(2024, 1, 1, tzinfo=UTC), 3650
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .public_key(mine.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=days))
    )
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=ca, path_length=None), True),
        (x509.SubjectKeyIdentifier.from_public_key(mine.public_key()), False),
    ]
    if names:
        extensions.append((x509.SubjectAlternativeName(list(map(_san, names))), common is None))
    if key_usage:
        extensions.append((usage(digital_signature and not ca, ca), True))
    if aki:
        public = signing.public_key()
        extensions.append((x509.AuthorityKeyIdentifier.from_issuer_public_key(public), False))
    if eku is not None:
        extensions.append((x509.ExtendedKeyUsage(eku), False))
    if staple:
        extensions.append((x509.TLSFeature([x509.TLSFeatureType.status_request]), False))
    if sct and not ca:
        extensions.append((_timestamps(sct), False))
    if policies is not None:
        extensions.append((policies, False))
    if issuer_url is not None:
        extensions.append((_aia(issuer_url), False))
    if unknown_critical:
        oid = x509.ObjectIdentifier("1.3.6.1.4.1.99999.1")
        extensions.append((x509.UnrecognizedExtension(oid, b"\x05\x00"), True))
    swapped = {value.oid for value, _ in swap} | {kind.oid for kind in drop}
    kept = [each for each in extensions if each[0].oid not in swapped]
    for value, critical in (*kept, *swap):
        builder = builder.add_extension(value, critical)
    none = isinstance(signing, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    signed = builder.sign(signing, None if none else hashes.SHA256())
    return _with_sha1(signed, signing) if sha1 else signed


def _with_sha1(signed: x509.Certificate, signing: rsa.RSAPrivateKey) -> x509.Certificate:
    """The same certificate with an RSA SHA-1 signature, which the library no longer makes."""
    new, old = (bytes.fromhex("2a864886f70d0101" + end) for end in ("05", "0b"))
    tbs = signed.tbs_certificate_bytes.replace(old, new)
    fresh = signing.sign(tbs, padding.PKCS1v15(), hashes.SHA1())
    whole = signed.public_bytes(Encoding.DER).replace(old, new)
    return x509.load_der_x509_certificate(whole[: -len(fresh)] + fresh)


def _san(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def usage(digital_signature: bool, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=not ca,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _aia(url: str) -> x509.AuthorityInformationAccess:
    access = x509.AccessDescription(
        AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(url)
    )
    return x509.AuthorityInformationAccess([access])


ROOT = root()
INTERMEDIATE = ROOT.intermediate()
