"""What is right and what is wrong with a certificate, as one list; and who takes it, as rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from wizard.certificate import domains, look
from wizard.certificate.bundle import Bundle, shown_names
from wizard.certificate.clients import (
    ACCEPTED,
    CONDITION,
    NAMES,
    NO_WAY,
    REFUSED,
    UNSURE,
    Client,
    common_reason,
    groups,
    together,
)
from wizard.certificate.findings import Finding, Severity
from wizard.certificate.problems import CertificateError
from wizard.certificate.wording import PHONES
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
    "name": frozenset(NAMES),
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
    "chain": frozenset({*NO_WAY, "browsers-only"}),
    "authority": frozenset({*NO_WAY, "browsers-only", "extra-root-only", "practice-root"}),
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
            "unknown-critical",
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

_STATES = {REFUSED: "problem", CONDITION: "warning", UNSURE: "unknown", ACCEPTED: "good"}
"""State of a client -> state of its row, the worst first."""


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


def phones(verdicts: Sequence[Client]) -> tuple[Item, ...]:
    """Who will accept the certificate: one row for all that say the same, the worst first.

    The code of a row is that of its first client, or "none".
    """
    rows = list(groups(verdicts))
    if len(rows) == 1 and rows[0][0].state == REFUSED:
        return (Item("none", "problem", tr(PHONES["nobody"]), rows[0][0].reason),)
    order = list(_STATES)
    rows.sort(key=lambda row: order.index(row[0].state))
    return tuple(map(_row, rows))


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


def _row(clients: Sequence[Client]) -> Item:
    first = clients[0]
    date = "" if first.until is None else f"{first.until:%Y-%m-%d}"
    message = tr(PHONES[first.state]).format(who=together(clients), date=date)
    details = dict.fromkeys(each.detail for each in clients if each.detail)
    reason = common_reason(clients)
    return Item(first.code, _STATES[first.state], message, reason, "\n".join(details))


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
