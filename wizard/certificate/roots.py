"""The roots that count as known, and the strict verifier that has the last word."""

import ipaddress
import os
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Self

import certifi
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from wizard.certificate import domains, files, look, stores
from wizard.certificate.contents import harvest
from wizard.certificate.problems import CertificateError
from wizard.certificate.stores import Stores


class ChainRefused(Exception):
    """The verifier does not accept the chain; the text is for support, not for the user."""


@dataclass(frozen=True, repr=False)
class Roots:
    """Trusted roots: `public` ones, as phones have them, and `extra` ones the user vouches for.

    `practice`: the extra ones stand for a public authority in a practice clinic.
    `android`: what each Android version knows; None means that every phone knows all public ones.
    """

    public: tuple[x509.Certificate, ...]
    extra: tuple[x509.Certificate, ...] = ()
    practice: bool = False
    android: Stores | None = field(default=None, hash=False)
    _by_subject: dict[x509.Name, list[x509.Certificate]] = field(
        init=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        for root in (*self.public, *self.extra):
            self._by_subject.setdefault(root.subject, []).append(root)

    @classmethod
    def bundled(cls) -> Self:
        """Mozilla's list as packed by certifi; needs no Internet."""
        return cls(public=_certifi(), android=stores.android())

    def with_extra(
        self, paths: Iterable[str | os.PathLike[str]], *, practice: bool = False
    ) -> "Roots":
        """These roots and those in the files (PEM or DER). Raises CertificateError."""
        added: list[x509.Certificate] = []
        for path in paths:
            name = Path(path).name or str(path)
            found = harvest(files.contents(path), name, None)
            if not found.certificates:
                raise CertificateError((found.oddities or ["not-certificate"])[0], file=name)
            for root in found.certificates:
                try:
                    hash(root.subject)
                except look.READ_ERRORS as error:
                    raise CertificateError("damaged", file=name) from error
            added += found.certificates
        return replace(self, extra=(*self.extra, *added), practice=practice or self.practice)

    @cached_property
    def keys(self) -> frozenset[str]:
        """Name and key of every public root and every extra one, as `stores.key_of` has them."""
        return self.public_keys | self.extra_keys

    @cached_property
    def public_keys(self) -> frozenset[str]:
        """Those that browsers know; in a practice clinic also its own."""
        known = (*self.public, *self.extra) if self.practice else self.public
        return frozenset(key for each in known if (key := stores.key_of(each)))

    @cached_property
    def extra_keys(self) -> frozenset[str]:
        """Those that the user vouches for, and nobody else."""
        vouched = frozenset(key for each in self.extra if (key := stores.key_of(each)))
        return vouched - self.public_keys

    @cached_property
    def phone_keys(self) -> frozenset[str]:
        """Those that any Android version knows."""
        return frozenset().union(*(self.known_by(version) for version in stores.VERSIONS))

    def known_by(self, version: str) -> frozenset[str]:
        """Those that the phones of an Android version know."""
        if self.android is None:
            return self.public_keys
        practice = self.public_keys - self._really_public if self.practice else frozenset[str]()
        return self.android[version] | practice

    @cached_property
    def _really_public(self) -> frozenset[str]:
        return frozenset(key for each in self.public if (key := stores.key_of(each)))

    def issuers_of(self, certificate: x509.Certificate) -> tuple[x509.Certificate, ...]:
        """The roots that signed this certificate directly. Raises READ_ERRORS of `look`."""
        candidates = self._by_subject.get(certificate.issuer, [])
        return tuple(root for root in candidates if look.issued(root, certificate))

    def organisations(self) -> frozenset[str]:
        """Who runs these roots."""
        return frozenset(
            name for subject in self._by_subject for name in look.organisations(subject)
        )

    def __repr__(self) -> str:
        return f"Roots(public={len(self.public)}, extra={len(self.extra)})"


@cache
def _certifi() -> tuple[x509.Certificate, ...]:
    with warnings.catch_warnings():
        # One old root has the serial number 0, which is no longer allowed.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        return tuple(x509.load_pem_x509_certificates(certifi.contents().encode()))


def verify_chain(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    domain: str,
    at: datetime,
    roots: Roots,
) -> tuple[x509.Certificate, ...]:
    """The path from the leaf to a root, leaf first, as `cryptography` finds it (RFC 5280).

    Public roots are held to the rules of the web; extra roots may come from
    `openssl req -x509`, which omits what those rules demand. Raises ChainRefused.
    """
    reason = ChainRefused("no roots")
    for trusted, relaxed in ((roots.extra, True), (roots.public, False)):
        try:
            return _verify(leaf, intermediates, trusted, domain, at, relaxed=relaxed)
        except ChainRefused as error:
            reason = error if trusted else reason
    raise reason


def verify_strictly(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    domain: str,
    at: datetime,
    roots: Roots,
) -> tuple[x509.Certificate, ...]:
    """The path to any of the roots, all of them held to the rules of the web; or ChainRefused."""
    path = _verify(leaf, intermediates, (*roots.public, *roots.extra), domain, at)
    if path[-1] in roots.extra and (odd := irregular(path[-1])):
        raise ChainRefused(odd)
    return path


def irregular(root: x509.Certificate) -> str:
    """What a root has that no public one may have, for support; "" where it is regular.

    CA/Browser Forum BR 7.1.2.1.3 (authorityKeyIdentifier) and 6.1.6 (modulus). No verifier looks
    at it; a root that somebody adds by hand often has it.
    """
    try:
        aki = look.extension(root, x509.AuthorityKeyIdentifier)
    except look.READ_ERRORS as error:
        return f"authorityKeyIdentifier of the root: {error}"
    if aki is not None and aki.key_identifier is None:
        return "authorityKeyIdentifier of the root has no keyIdentifier"
    if aki is not None and (aki.authority_cert_issuer or aki.authority_cert_serial_number):
        return "authorityKeyIdentifier of the root names issuer or serial number"
    key = look.or_else(root.public_key, None)
    if isinstance(key, rsa.RSAPublicKey) and key.key_size % 8:
        return f"RSA modulus of the root has {key.key_size} bits, not a multiple of 8"
    return ""


def verify_path(certificates: Sequence[x509.Certificate], domain: str, at: datetime) -> None:
    """Verify exactly this path, leaf first and root last, as tolerantly as clients do.

    Raises ChainRefused.
    """
    leaf, *rest = certificates
    anchor = rest.pop() if rest else leaf
    _verify(leaf, rest, (anchor,), domain, at, relaxed=True)


def _verify(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    trusted: Sequence[x509.Certificate],
    domain: str,
    at: datetime,
    *,
    relaxed: bool = False,
) -> tuple[x509.Certificate, ...]:
    if not trusted:
        raise ChainRefused("no roots")
    try:
        name = domains.normal(domain)
        subject: x509.DNSName | x509.IPAddress = (
            x509.IPAddress(ipaddress.ip_address(name))
            if domains.is_address(name)
            else x509.DNSName(name)
        )
        builder = PolicyBuilder().time(look.utc(at)).store(Store(list(trusted)))
        if relaxed:
            builder = builder.extension_policies(ca_policy=_RELAXED_CA, ee_policy=_RELAXED_LEAF)
        verifier = builder.build_server_verifier(subject)
        return tuple(verifier.verify(leaf, list(intermediates)))
    except (VerificationError, *look.READ_ERRORS) as error:
        raise ChainRefused(str(error)) from error


def _may_sign(_policy: Policy, _ca: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("key usage forbids signing certificates")


def _may_serve(
    _policy: Policy, _leaf: x509.Certificate, usages: x509.ExtendedKeyUsage | None
) -> None:
    if usages is not None and not SERVING & set(usages):
        raise ValueError("extended key usage forbids serving")


SERVING = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
"""One of these must stand in the extended key usage, if there is one (RFC 5280 4.2.1.12)."""

_RELAXED_LEAF = (
    ExtensionPolicy.webpki_defaults_ee()
    .may_be_present(x509.AuthorityKeyIdentifier, Criticality.AGNOSTIC, None)
    # `openssl req -x509` makes the certificate of an authority; Chromium serves with it.
    .may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, None)
    .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _may_serve)
)
_RELAXED_CA = (
    ExtensionPolicy.webpki_defaults_ca()
    .may_be_present(x509.AuthorityKeyIdentifier, Criticality.AGNOSTIC, None)
    .may_be_present(x509.SubjectKeyIdentifier, Criticality.AGNOSTIC, None)
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _may_sign)
)
