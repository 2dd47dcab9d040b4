"""Bundle and findings as plain data for `--json`, files and the window."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography import x509

from wizard.certificate import look
from wizard.certificate.bundle import Bundle
from wizard.certificate.findings import Finding, acceptable

# Findings that mean: no way to a known root. Name, dates and use are other matters.
_UNTRUSTED = {
    "unreadable",
    "self-signed",
    "private-ca",
    "untrusted",
    "chain-incomplete",
    "chain-certificate-expired",
    "chain-certificate-weak",
    "weak-signature",
    "chain-refused",
}


def describe(
    bundle: Bundle, findings: Sequence[Finding], domain: str, at: datetime
) -> dict[str, Any]:
    """All that is known, ready for `json.dumps`; never the key.

    `trusted` speaks of the chain only; `acceptable` is the whole verdict. Moments are ISO 8601
    in UTC; what cannot be read is None.
    """
    return {
        "domain": domain,
        "at": look.utc(at).isoformat(),
        "acceptable": acceptable(findings),
        "trusted": not any(each.code in _UNTRUSTED for each in findings),
        "findings": [each.plain() for each in findings],
        "leaf": describe_certificate(bundle.leaf, at),
        "chain": [describe_certificate(each, at) for each in bundle.chain],
    }


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
