"""What one file holds, whatever its format: certificates, keys, and things that are neither."""

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_pem_private_key,
    pkcs7,
    pkcs12,
)

from wizard.certificate import archive, legacy, look, pem
from wizard.certificate.problems import CertificateError

_Load = Callable[[bytes, bytes | None], PrivateKeyTypes]

_KEY_LABELS = {
    "PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "RSA PRIVATE KEY",
    "EC PRIVATE KEY",
    "DSA PRIVATE KEY",
}
# What the library says where no passphrase would do.
_NOT_THE_PASSPHRASE = ("Unknown key encryption algorithm", "DEK-Info")
_KEY_STORE = b"\xfe\xed\xfe\xed"  # Java's own form, JKS
_BINARY_LABELS = {
    # `certutil -encode` writes CERTIFICATE around whatever it is given.
    "CERTIFICATE",
    "X509 CERTIFICATE",
    # OpenSSL's own: a certificate with remarks behind it.
    "TRUSTED CERTIFICATE",
    "PKCS7",
    "CMS",
    "PKCS12",
}


# What is left of certbot's links where they became text files: ../../archive/NAME/fullchain1.pem
_LINK = re.compile(r"(\.\./)+archive/[^/\n]+/[a-z]+[0-9]+\.pem\s*\Z")


@dataclass
class Contents:
    """The harvest of one file; `oddities` are codes of errors for what was of no use in it."""

    file: str
    certificates: list[x509.Certificate] = field(default_factory=list)
    keys: list[PrivateKeyTypes] = field(default_factory=list, repr=False)
    oddities: list[str] = field(default_factory=list)
    ordered: bool = True
    """Whether the order of the certificates means something (not in PKCS#7 and PKCS#12)."""
    inside: bool = False
    """Whether this lay in a folder or a zip file, and was not chosen by itself."""
    error: CertificateError | None = None
    """Why this member of a folder or a zip file could not be read."""


def harvest(raw: bytes, file: str, passphrase: str | None) -> Contents:
    """Take out all that is of use; raises CertificateError for cut off, damaged, or locked."""
    found = Contents(file)
    if archive.is_other_archive(raw):
        found.oddities.append("archive-other")
        return found
    if raw.startswith(_KEY_STORE):
        found.oddities.append("java-key-store")
        return found
    if _is_binary(raw):
        if not _binary(raw, found, passphrase):
            found.oddities.append("not-certificate")
        return found
    text = pem.text_of(raw)
    try:
        blocks = pem.blocks(text)
    except pem.CutOff as error:
        raise CertificateError("cut-off", file=file) from error
    except pem.Damaged as error:
        raise CertificateError("damaged", file=file) from error
    for block in blocks:
        _block(block, found, passphrase)
    if not blocks:
        found.oddities.append(_kind_of_text(text))
    return found


def _is_binary(raw: bytes) -> bool:
    """Whether this is DER or BER, not text that begins with "0"."""
    if raw[0] != 0x30 or len(raw) < 2:
        return False
    # In text the second byte is below 0x80; in DER and BER it is a long length or "indefinite".
    # Keys of elliptic curves are short enough for one byte: an integer, their version, follows.
    return raw[1] >= 0x80 or (raw[2:3] == b"\x02" and len(raw) >= 2 + raw[1])


def _block(block: pem.Block, found: Contents, passphrase: str | None) -> None:
    if block.label in _KEY_LABELS:
        if not _whole_vector(block):
            raise CertificateError("damaged", file=found.file)
        found.keys.append(
            _key(block.pem(), block.der, load_pem_private_key, found.file, passphrase)
        )
    elif block.label in _BINARY_LABELS:
        if not _binary(block.der, found, passphrase):
            raise CertificateError("damaged", file=found.file)
    elif block.label.endswith("CERTIFICATE REQUEST"):
        found.oddities.append("csr")
    elif "SSH" in block.label:
        found.oddities.append("ssh-key")
    else:
        # Public keys, DH parameters, revocation lists: of no use, and no harm.
        found.oddities.append("not-certificate")


def _whole_vector(block: pem.Block) -> bool:
    """Whether an old encrypted key has all of its initialization vector (RFC 1421 4.6.1.3).

    The library does not look, and panics in Rust, past every `except Exception`.
    """
    for name, value in block.headers:
        cipher, _, vector = value.partition(",")
        if name == "DEK-Info" and len(vector.strip()) < (32 if "AES" in cipher.upper() else 16):
            return False
    return True


def _binary(der: bytes, found: Contents, passphrase: str | None) -> bool:
    """Take DER of any kind; False when it is of no kind that we know."""
    length = _length(der)
    if length is not None:
        if length > len(der):
            raise CertificateError("cut-off", file=found.file)
        der = der[:length]
    if _is_pkcs12(der):
        _take_pkcs12(der, found, passphrase)
        return True
    try:
        found.certificates.append(x509.load_der_x509_certificate(der))
        return True
    except look.READ_ERRORS:
        pass
    if _is_key(der):
        found.keys.append(_key(der, der, load_der_private_key, found.file, passphrase))
        return True
    try:
        x509.load_der_x509_csr(der)
        found.oddities.append("csr")
        return True
    except look.READ_ERRORS:
        pass
    try:
        with _ber_allowed():
            found.certificates += pkcs7.load_der_pkcs7_certificates(der)
        found.ordered = False
        return True
    except look.READ_ERRORS:
        return False


@contextmanager
def _ber_allowed() -> Iterator[None]:
    """The library warns where it falls back to BER; that is what some programs export."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*falling back to parsing as BER", UserWarning)
        yield


def _length(der: bytes) -> int | None:
    """The length in bytes that a DER sequence claims for itself, None if BER leaves it open."""
    if len(der) < 2 or der[0] != 0x30 or der[1] == 0x80:
        return None
    if der[1] < 0x80:
        return 2 + der[1]
    octets = der[1] & 0x7F
    return 2 + octets + int.from_bytes(der[2 : 2 + octets])


def _inside(der: bytes) -> bytes:
    """The first bytes inside the outer sequence, enough to tell the formats apart."""
    head = 2 + (der[1] & 0x7F if len(der) > 1 and der[1] > 0x80 else 0)
    return der[head : head + 16]


def _is_pkcs12(der: bytes) -> bool:
    return _inside(der).startswith(b"\x02\x01\x03")  # PFX version 3, RFC 7292 section 4


def _is_key(der: bytes) -> bool:
    # An unencrypted key begins with its version, 0 or 1 (RFC 5958, 8017, 5915); an encrypted
    # one with the identifier of a password scheme (RFC 8018) of PKCS#5 or PKCS#12.
    inside = _inside(der)
    if inside.startswith((b"\x02\x01\x00", b"\x02\x01\x01")):
        return True
    return b"\x2a\x86\x48\x86\xf7\x0d\x01\x05" in inside or (
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c" in inside
    )


def _key(raw: bytes, der: bytes, load: _Load, file: str, passphrase: str | None) -> PrivateKeyTypes:
    # Asked without the passphrase first: `cryptography` refuses one that is not needed.
    try:
        return load(raw, None)
    except TypeError:
        pass
    except UnsupportedAlgorithm as error:
        raise CertificateError("key-unreadable", file=file) from error
    except ValueError as error:
        raise CertificateError("damaged", file=file) from error
    if not passphrase:
        raise CertificateError("passphrase-needed", file=file)
    if legacy.closed(der):
        raise CertificateError("lock-too-old", file=file)
    try:
        return load(raw, passphrase.encode())
    except UnsupportedAlgorithm as error:
        raise CertificateError("key-unreadable", file=file) from error
    except (ValueError, TypeError) as error:
        if str(error).startswith(_NOT_THE_PASSPHRASE):
            code = "damaged" if "DEK-Info" in str(error) else "key-unreadable"
            raise CertificateError(code, file=file) from error
        # A wrong passphrase may also give rubbish that looks like a damaged key.
        raise CertificateError("passphrase-wrong", file=file) from error


def _take_pkcs12(der: bytes, found: Contents, passphrase: str | None) -> None:
    for attempt in _attempts(passphrase):
        try:
            with _ber_allowed():
                bag = pkcs12.load_pkcs12(der, attempt)
        except look.READ_ERRORS:
            continue  # "Invalid password or PKCS12 data": the library cannot tell them apart
        found.ordered = False
        if bag.key is not None:
            found.keys.append(bag.key)
        if bag.cert is not None:
            found.certificates.append(bag.cert.certificate)
        found.certificates += [each.certificate for each in bag.additional_certs]
        return
    if legacy.closed(der):
        raise CertificateError("lock-too-old", file=found.file)
    raise CertificateError(
        "passphrase-wrong" if passphrase else "passphrase-needed", file=found.file
    )


def _attempts(passphrase: str | None) -> Iterator[bytes | None]:
    if passphrase:
        yield passphrase.encode()
    yield None
    yield b""  # "no password" and "the empty password" are two things in PKCS#12


def _kind_of_text(text: str) -> str:
    start = text.lstrip("\ufeff \t\r\n")[:200].lower()
    if start.startswith("putty-user-key-file"):
        return "putty-key"
    if start.startswith(("ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-")):
        return "ssh-key"
    if _LINK.match(start):
        return "link-broken"
    if start.startswith(("<!doctype", "<html", "<head", "<?xml", "<body")):
        return "html"
    return "not-certificate"
