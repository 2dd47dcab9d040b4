"""The roots that count as known, and the strict verifier that has the last word."""

import ipaddress
import os
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Self

import certifi
from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from wizard.certificate import domains, files, look
from wizard.certificate.contents import harvest
from wizard.certificate.problems import CertificateError


class ChainRefused(Exception):
    """The verifier does not accept the chain; the text is for support, not for the user."""


@dataclass(frozen=True, repr=False)
class Roots:
    """Trusted roots: `public` ones, as phones have them, and `extra` ones the user vouches for.

    `practice`: the extra ones stand for a public authority in a practice clinic.
    """

    public: tuple[x509.Certificate, ...]
    extra: tuple[x509.Certificate, ...] = ()
    practice: bool = False
    _by_subject: dict[x509.Name, list[x509.Certificate]] = field(
        init=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        for root in (*self.public, *self.extra):
            self._by_subject.setdefault(root.subject, []).append(root)

    @classmethod
    def bundled(cls) -> Self:
        """Mozilla's list as packed by certifi; needs no Internet."""
        return cls(public=_certifi())

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
        return Roots(self.public, (*self.extra, *added), practice or self.practice)

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
    try:
        name = domains.normal(domain)
        subject: x509.DNSName | x509.IPAddress = (
            x509.IPAddress(ipaddress.ip_address(name))
            if domains.is_address(name)
            else x509.DNSName(name)
        )
        builder = PolicyBuilder().time(look.utc(at))
    except ValueError as error:
        raise ChainRefused(str(error)) from error
    attempts = [(roots.public, builder)]
    if roots.extra:
        relaxed = builder.extension_policies(ca_policy=_RELAXED_CA, ee_policy=_RELAXED_LEAF)
        attempts.insert(0, (roots.extra, relaxed))
    reason: Exception = ValueError("no roots")
    for trusted, policy in attempts:
        if not trusted:
            continue
        try:
            verifier = policy.store(Store(list(trusted))).build_server_verifier(subject)
            return tuple(verifier.verify(leaf, list(intermediates)))
        except (VerificationError, *look.READ_ERRORS) as error:
            reason = error
    raise ChainRefused(str(reason)) from reason


def _may_sign(_policy: Policy, _ca: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("key usage forbids signing certificates")


_RELAXED_LEAF = ExtensionPolicy.webpki_defaults_ee().may_be_present(
    x509.AuthorityKeyIdentifier, Criticality.AGNOSTIC, None
)
_RELAXED_CA = (
    ExtensionPolicy.webpki_defaults_ca()
    .may_be_present(x509.AuthorityKeyIdentifier, Criticality.AGNOSTIC, None)
    .may_be_present(x509.SubjectKeyIdentifier, Criticality.AGNOSTIC, None)
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _may_sign)
)
