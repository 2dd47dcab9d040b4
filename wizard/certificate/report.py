"""Bundle and findings as plain data for `--json`, files and the window."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography import x509

from wizard.certificate import look
from wizard.certificate.bundle import Bundle
from wizard.certificate.clients import Client
from wizard.certificate.findings import Finding, acceptable
from wizard.certificate.roots import ChainRefused, Roots, verify_strictly


def describe(
    bundle: Bundle,
    findings: Sequence[Finding],
    domain: str,
    at: datetime,
    *,
    verdicts: Sequence[Client] = (),
    roots: Roots | None = None,
) -> dict[str, Any]:
    """All that is known, ready for `json.dumps`; never the key.

    `trusted`: the chain leads to one of the roots, for this name and moment, by the strict rules
    for public authorities (RFC 5280, CA/Browser Forum); `acceptable` is the whole verdict.
    Moments are ISO 8601 in UTC; what cannot be read is None.
    """
    return {
        "domain": domain,
        "at": look.utc(at).isoformat(),
        "acceptable": acceptable(findings),
        "trusted": trusted(bundle, domain, at, Roots.bundled() if roots is None else roots),
        "clients": [each.plain() for each in verdicts],
        "findings": [each.plain() for each in findings],
        "leaf": describe_certificate(bundle.leaf, at),
        "chain": [describe_certificate(each, at) for each in bundle.chain],
    }


def trusted(bundle: Bundle, domain: str, at: datetime, roots: Roots) -> bool:
    """Whether the chain leads to one of the roots, for this name and moment."""
    try:
        verify_strictly(bundle.leaf, bundle.chain, domain, at, roots)
    except ChainRefused:
        return False
    return True


def describe_certificate(certificate: x509.Certificate, at: datetime) -> dict[str, Any]:
    """One certificate as plain data; the serial number in hexadecimal digits."""
    return {
        "subject": look.or_else(lambda: certificate.subject.rfc4514_string(), None),
        "names": look.or_else(lambda: list(look.names(certificate)), None),
        "issuer": look.or_else(lambda: certificate.issuer.rfc4514_string(), None),
        "serial": look.or_else(lambda: f"{certificate.serial_number:x}", None),
        "not_before": look.or_else(lambda: certificate.not_valid_before_utc.isoformat(), None),
        "not_after": look.or_else(lambda: certificate.not_valid_after_utc.isoformat(), None),
        "key": look.key_kind(certificate),
        "sha256": look.sha256(certificate),
        "days_left": look.or_else(lambda: look.days_left(certificate, at), None),
    }
