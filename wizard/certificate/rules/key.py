"""The private key: there, fitting, and of a kind that phones and CHT's nginx can use."""

import re
from collections.abc import Iterator
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from wizard.certificate import look
from wizard.certificate.bundle import shown_names
from wizard.certificate.rules.case import Case, Remark

# nginx of CHT before this offers cipher suites for RSA only.
_FIRST_WITH_EC = (4, 3, 0)
_CIPHERS = "before 4.3.0 the ssl_ciphers of CHT's nginx are for RSA only"
_VERSION = re.compile(r"v?(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?(?!\d)", re.ASCII)


def belongs(case: Case) -> Iterator[Remark]:
    """There is a key, here or on the server, and it is the certificate's."""
    if case.bundle.key is None and case.bundle.key_place:
        hashed = _fingerprint(look.public_bytes(case.leaf))
        yield Remark("key-on-server", detail=f"SubjectPublicKeyInfo, sha256: {hashed}")
        return
    if case.bundle.key is None:
        yield Remark("key-missing")
        return
    public = look.public_bytes(case.bundle.key)
    if public is None or public != look.public_bytes(case.leaf):
        told = (_fingerprint(public), _fingerprint(look.public_bytes(case.leaf)))
        detail = "SubjectPublicKeyInfo, sha256: key {}, certificate {}".format(*told)
        yield Remark("key-mismatch", {"names": shown_names(case.leaf)}, detail)


def _fingerprint(public: bytes | None) -> str:
    return "unreadable" if public is None else sha256(public).hexdigest()


def kind(case: Case) -> Iterator[Remark]:
    """RSA of at least 2048 bits, P-256 or P-384: Chromium refuses all else from a server."""
    words = {"key": look.key_kind(case.leaf)}
    detail = f"subjectPublicKeyInfo: {words['key']}; Chromium takes RSA, P-256 and P-384"
    key = look.or_else(case.leaf.public_key, None)
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < 2048:
            yield Remark("key-small", words, f"subjectPublicKeyInfo: {words['key']}")
    elif not (
        isinstance(key, ec.EllipticCurvePublicKey)
        and isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1)
    ):
        yield Remark("key-kind", words, detail)


def understood_by_cht(case: Case) -> Iterator[Remark]:
    """CHT before 4.3.0 needs RSA."""
    if isinstance(look.or_else(case.leaf.public_key, None), rsa.RSAPublicKey):
        return
    words = {"key": look.key_kind(case.leaf)}
    version = version_of(case.cht_version)
    if version is None:
        yield Remark("rsa-advised", words, _CIPHERS)
    elif version < _FIRST_WITH_EC:
        yield Remark("rsa-demanded", {**words, "version": str(case.cht_version)}, _CIPHERS)


def needs_rsa(version: str | None) -> bool:
    """Whether a CHT is known to be too old for EC keys."""
    known = version_of(version)
    return known is not None and known < _FIRST_WITH_EC


def version_of(text: str | None) -> tuple[int, int, int] | None:
    """ "4.2.1", "5.0" or "4.10.0-beta.2" as numbers to compare; None for anything else."""
    found = _VERSION.match((text or "").strip())
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None
