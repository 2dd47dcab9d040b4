"""What the certificate says it may be used for, and how it was made."""

from collections.abc import Iterator
from datetime import timedelta
from math import ceil

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from wizard.certificate import look
from wizard.certificate.bundle import shown_names
from wizard.certificate.limits import limit_on
from wizard.certificate.roots import SERVING
from wizard.certificate.rules.case import Case, Remark

# Test services whose private key is published for everyone.
_PUBLISHED = {"*.local-ip.medicmobile.org", "*.my.local-ip.co"}


def not_authority(case: Case) -> Iterator[Remark]:
    """The leaf is no authority; for a self-signed one "self-signed" says it better."""
    if look.is_ca(case.leaf) and not look.self_signed(case.leaf):
        yield Remark("leaf-is-ca", {"domain": case.domain}, "basicConstraints: CA")


def extended_key_usage(case: Case) -> Iterator[Remark]:
    """serverAuth (RFC 5280 4.2.1.12), without which Chromium says ERR_CERT_INVALID."""
    usages = look.extension(case.leaf, x509.ExtendedKeyUsage)
    if usages is None:
        yield Remark("eku-absent", {}, "extendedKeyUsage: absent")
    elif not SERVING & set(usages):
        uses = ", ".join(_USES.get(each.dotted_string, each.dotted_string) for each in usages)
        detail = f"extendedKeyUsage: {', '.join(each.dotted_string for each in usages)}"
        yield Remark("eku-no-server", {"uses": uses, "domain": case.domain}, detail)


_USES = {
    ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string: "client",
    ExtendedKeyUsageOID.CODE_SIGNING.dotted_string: "signing of programs",
    ExtendedKeyUsageOID.EMAIL_PROTECTION.dotted_string: "e-mail",
}


def key_usage(case: Case) -> Iterator[Remark]:
    """digitalSignature, or Chromium says ERR_SSL_KEY_USAGE_INCOMPATIBLE."""
    usage = look.extension(case.leaf, x509.KeyUsage)
    if usage is not None and not usage.digital_signature:
        yield Remark("key-usage", {}, "keyUsage: digitalSignature is not set")


def signature(case: Case) -> Iterator[Remark]:
    """Not SHA-1, not MD5."""
    weak = look.weak_hash(case.leaf)
    if weak is not None and not look.self_signed(case.leaf):
        oid = case.leaf.signature_algorithm_oid.dotted_string
        yield Remark("weak-signature", {"hash": weak}, f"signatureAlgorithm: {oid}")


def critical(case: Case) -> Iterator[Remark]:
    """No extension that must be understood and is not (RFC 5280 4.2); Chromium: CERT_INVALID."""
    unknown = [
        each.oid.dotted_string
        for each in case.leaf.extensions
        if each.critical and isinstance(each.value, x509.UnrecognizedExtension)
    ]
    if unknown:
        yield Remark("unknown-critical", {}, f"critical extension: {', '.join(unknown)}")


def must_staple(case: Case) -> Iterator[Remark]:
    """The status_request feature (RFC 7633): CHT's nginx does not staple, and offline none can."""
    feature = look.extension(case.leaf, x509.TLSFeature)
    if feature is not None and x509.TLSFeatureType.status_request in feature:
        yield Remark("must-staple", {}, "TLS feature: status_request")


def lifetime(case: Case) -> Iterator[Remark]:
    """Not longer than public authorities may give; browsers enforce it under public roots."""
    begin, end = case.leaf.not_valid_before_utc, case.leaf.not_valid_after_utc
    limit = limit_on(begin.date())
    # The last second counts as well, so a life is one second longer than the difference; a
    # certificate that is over by that second alone is let pass.
    if limit is None or end - begin <= timedelta(days=limit.days):
        return
    days = ceil((end - begin) / timedelta(days=1))
    words = {"days": str(days), "limit": str(limit.days)}
    detail = f"notBefore {begin:%Y-%m-%d %H:%M}, notAfter {end:%Y-%m-%d %H:%M} UTC"
    yield Remark("lifetime-too-long" if case.public else "lifetime-unusual", words, detail)


def transparency(case: Case) -> Iterator[Remark]:
    """Under a public root browsers want signed certificate timestamps (RFC 6962).

    Two, or three for a life of more than 180 days, from different logs (Chrome CT policy); that
    the logs belong to two operators cannot be seen in the certificate.
    """
    if not case.public:
        return
    carried = look.extension(case.leaf, x509.PrecertificateSignedCertificateTimestamps) or ()
    logs = {each.log_id for each in carried}
    life = case.leaf.not_valid_after_utc - case.leaf.not_valid_before_utc
    wanted = 2 if life <= timedelta(days=180) else 3
    detail = f"timestamps of {len(logs)} logs, wanted: {wanted}"
    if not logs:
        yield Remark("no-sct", {}, detail)
    elif len(logs) < wanted:
        yield Remark("few-sct", {"count": str(len(logs)), "wanted": str(wanted)}, detail)


def public_key(case: Case) -> Iterator[Remark]:
    """The certificates of the test services: fine for a demonstration, no secret at all."""
    if _PUBLISHED & {name.lower() for name in look.names(case.leaf)}:
        yield Remark(
            "public-key-wildcard",
            {"names": shown_names(case.leaf)},
            f"subjectAltName: {', '.join(look.names(case.leaf))}",
        )
