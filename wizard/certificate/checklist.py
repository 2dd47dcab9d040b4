"""What is right and what is wrong with a certificate, as one list; and which phones take it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from wizard.certificate import domains, look
from wizard.certificate.bundle import Bundle, shown_names
from wizard.certificate.findings import Finding, Severity, acceptable
from wizard.certificate.problems import CertificateError
from wizard.problem import Problem, tr

FIELD = "certificate.files"


@dataclass(frozen=True)
class Item:
    """One line of a checklist. `state` is good, problem, warning, note or unknown.

    `code` is a finding's, or the aspect that is right; `detail` is for support.
    """

    code: str
    state: str
    message: str
    cure: str = ""
    detail: str = ""


ASPECTS: dict[str, frozenset[str]] = {
    "key": frozenset({"key-missing", "key-mismatch"}),
    "name": frozenset(
        {
            "domain-invalid",
            "name-missing",
            "name-is-address",
            "name-wildcard-depth",
            "name-wildcard-apex",
            "name-mismatch",
        }
    ),
    "dates": frozenset(
        {
            "no-clock",
            "expired",
            "expired-by-one-clock",
            "not-yet-valid",
            "not-yet-valid-by-one-clock",
            "expires-soon",
        }
    ),
    "chain": frozenset(
        {
            "self-signed",
            "private-ca",
            "untrusted",
            "chain-incomplete",
            "chain-certificate-expired",
            "chain-certificate-weak",
            "chain-refused",
        }
    ),
    "authority": frozenset(
        {
            "self-signed",
            "private-ca",
            "untrusted",
            "chain-incomplete",
            "chain-certificate-expired",
            "chain-certificate-weak",
            "chain-refused",
            "extra-root-only",
            "practice-root",
        }
    ),
    "use": frozenset(
        {
            "key-kind",
            "key-small",
            "rsa-demanded",
            "rsa-advised",
            "leaf-is-ca",
            "eku-no-server",
            "eku-absent",
            "key-usage",
            "weak-signature",
            "must-staple",
            "lifetime-too-long",
        }
    ),
}
"""What is looked at, in the order of reading -> the findings that speak against it."""

GOOD: dict[str, str] = {
    "key": "The key belongs to the certificate.",
    "name": "It is for your domain, {domain}.",
    "dates": "It is valid from {begin} to {end}. Days left: {days}.",
    "chain": "The chain is complete: everything between it and its authority is here.",
    "authority": "It comes from a public authority that phones know: {issuer}.",
    "use": "Its key ({key}) and its permitted uses are right for a server.",
}

PHONES: dict[str, tuple[str, str, str]] = {  # state, what is so, what to do
    "none": (
        "problem",
        "No phone will accept it as it is.",
        "What has to be mended stands in the list of what was checked.",
    ),
    "own-app": (
        "warning",
        "Only phones with an app that was built for this authority will accept it.",
        "The CHT app from the store, and Chrome, will not.",
    ),
    "newer-7.1.1": ("good", "Phones with Android 7.1.1 or newer will accept it.", ""),
    "older-7.1.1": (
        "note",
        "Phones with Android older than 7.1.1 will not: they do not know Let's Encrypt.",
        "Update such phones, or use a certificate of another authority.",
    ),
    "newer-14": ("good", "Phones with Android 14 or newer will accept it.", ""),
    "older-14": (
        "warning",
        "Phones with Android older than 14 will not: they do not know ISRG Root X2.",
        "Use the full chain that leads to ISRG Root X1, or a certificate with an RSA key.",
    ),
    "newer": ("good", "Phones with an up-to-date Android will accept it.", ""),
    "older": (
        "unknown",
        "Older phones may not know this authority.",
        "Try one of your oldest phones before you give them out.",
    ),
    "chrome": (
        "warning",
        "An up-to-date Chrome may refuse it, on phones and on computers.",
        "Ask the certificate authority for a certificate with Certificate Transparency (SCT).",
    ),
}


def checklist(
    bundle: Bundle, findings: Sequence[Finding], domain: str, at: datetime
) -> tuple[Item, ...]:
    """What was looked at, the worst first: every finding, and what no finding speaks against.

    Where a part of the certificate could not be read, nothing is called right.
    """
    wrong = [_item(each) for each in findings]
    codes = {each.code for each in findings}
    right = [] if "unreadable" in codes else list(_right(bundle, codes, domain, at))
    notes = [item for item in wrong if item.state == "note"]
    return (*(item for item in wrong if item.state != "note"), *right, *notes)


def phones(findings: Sequence[Finding]) -> tuple[Item, ...]:
    """Which phones will accept the certificate, as far as the findings tell."""
    codes = {each.code for each in findings}
    if not acceptable(findings):
        return (_phones("none"),)
    if "extra-root-only" in codes:
        return (_phones("own-app"),)
    if "android-before-7.1.1" in codes:
        told = (_phones("newer-7.1.1"), _phones("older-7.1.1"))
    elif "android-before-14" in codes:
        told = (_phones("newer-14"), _phones("older-14"))
    else:
        told = (_phones("newer"), _phones("older"))
    return (*told, _phones("chrome")) if "no-sct" in codes else told


def in_the_way(
    findings: Sequence[Finding], error: CertificateError | None = None
) -> tuple[Problem, ...]:
    """What forbids to send the certificate to the server, as problems of the site."""
    if error is not None:
        return (Problem(error.code, FIELD, error.message, error.cure),)
    return tuple(
        Problem(each.code, FIELD, each.message, each.cure, arguments=each.arguments)
        for each in findings
        if each.severity is Severity.PROBLEM
    )


def own_name(bundle: Bundle) -> str:
    """A domain that the certificate was made for; "" when it names none.

    For "*.example.org" it is "cht.example.org". The old way of naming a site (the common name)
    counts when there is no other.
    """
    nothing: tuple[str, ...] = ()
    names = look.or_else(lambda: look.names(bundle.leaf), nothing)
    common = look.or_else(lambda: look.common_name(bundle.leaf.subject), None)
    for name in (*sorted(names, key=lambda each: each.startswith("*.")), common or ""):
        plain = f"cht.{name[2:]}" if name.startswith("*.") else name
        try:
            normal = domains.normal(plain)
        except domains.BadDomain:
            continue
        if not domains.is_address(normal):
            return normal
    return ""


def _item(finding: Finding) -> Item:
    return Item(finding.code, finding.severity.value, finding.message, finding.cure, finding.detail)


def _phones(code: str) -> Item:
    state, message, cure = PHONES[code]
    return Item(code, state, tr(message), tr(cure))


def _right(bundle: Bundle, codes: set[str], domain: str, at: datetime) -> Iterator[Item]:
    leaf = bundle.leaf
    top = (leaf, *bundle.chain)[-1]
    words = {
        "domain": domain,
        "begin": f"{leaf.not_valid_before_utc:%Y-%m-%d}",
        "end": f"{leaf.not_valid_after_utc:%Y-%m-%d}",
        "days": str(look.days_left(leaf, at)),
        "issuer": look.title(top.issuer),
        "key": look.key_kind(leaf),
    }
    for aspect, against in ASPECTS.items():
        if codes & against:
            continue
        if aspect == "name" and not domain:
            message = tr("It is for {names}.").format(names=shown_names(leaf))
        else:
            message = tr(GOOD[aspect]).format(**words)
        yield Item(aspect, "good", message)
