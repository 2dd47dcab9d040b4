"""Judges a bundle for a domain: an ordered list of findings in words a nurse can act on."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from wizard.certificate import look
from wizard.certificate.bundle import Bundle
from wizard.certificate.roots import ChainRefused, Roots, verify_chain
from wizard.certificate.rules import RULES
from wizard.certificate.rules.case import CHOICES as CHOICES
from wizard.certificate.rules.case import Case, Remark
from wizard.certificate.wording import WORDS
from wizard.problem import say


class Severity(StrEnum):
    """problem: phones will fail. warning: some may, or soon. note: good to know."""

    PROBLEM = "problem"
    WARNING = "warning"
    NOTE = "note"


WARNINGS = frozenset(
    {
        "laptop-clock-behind",
        "server-clock-behind",
        "clocks-differ",
        "expires-soon",
        "extra-root-only",
        "browsers-only",
        "android-before-14",
        "android-versions",
        "no-sct",
        "few-sct",
        "rsa-advised",
        "eku-absent",
        "must-staple",
        "public-key-wildcard",
    }
)
NOTES = frozenset(
    {
        "key-on-server",
        "practice-root",
        "chain-filled",
        "chain-fetched",
        "chain-reordered",
        "root-irregular",
        "android-before-7.1.1",
        "lifetime-unusual",
    }
)


@dataclass(frozen=True)
class Finding:
    """One remark about a bundle; `detail` is for support, the sentences are for the user."""

    code: str
    arguments: Mapping[str, str] = field(default_factory=dict, hash=False)
    detail: str = ""

    @property
    def severity(self) -> Severity:
        """How bad it is; a property of the code."""
        if self.code in WARNINGS:
            return Severity.WARNING
        return Severity.NOTE if self.code in NOTES else Severity.PROBLEM

    @property
    def message(self) -> str:
        """What is wrong, in a sentence."""
        return say(WORDS, self.code, self.arguments)[0]

    @property
    def cure(self) -> str:
        """What to do about it."""
        return say(WORDS, self.code, self.arguments)[1]

    def plain(self) -> dict[str, str]:
        """Return the JSON form that every command prints."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "detail": self.detail,
            "cure": self.cure,
        }

    def __str__(self) -> str:
        return f"{self.severity}: {self.message}"


def judge(
    bundle: Bundle,
    domain: str,
    *,
    now: datetime,
    server_now: datetime | None = None,
    cht_version: str | None = None,
    roots: Roots | None = None,
    chosen: bool = False,
    accept: Collection[str] = (),
) -> tuple[Finding, ...]:
    """All findings, problems first, otherwise in the order in which they should be read.

    `now` is the clock of the laptop, `server_now` that of the server (naive means UTC); `chosen`
    says that `now` is a moment somebody asks about, however long ago. `roots` are the bundled
    public ones if not given. `accept`: codes that the staff accepted; of problems only
    "private-ca" and "self-signed", which then become "browsers-only". Raises nothing for a strange
    certificate.
    """
    case = Case(
        bundle=bundle,
        domain=domain,
        now=look.utc(now),
        server_now=None if server_now is None else look.utc(server_now),
        cht_version=cht_version,
        roots=Roots.bundled() if roots is None else roots,
        chosen=chosen,
        accept=frozenset(accept),
    )
    found = [Finding(each.code, each.arguments, each.detail) for each in _remarks(case)]
    codes = {each.code for each in found}
    if acceptable(found) and "browsers-only" not in codes and (refusal := _refusal(case)):
        found.append(Finding("chain-refused", detail=refusal))
    rank = list(Severity)
    return tuple(sorted(found, key=lambda each: rank.index(each.severity)))


def acceptable(findings: Iterable[Finding]) -> bool:
    """Whether there is no problem, so that the certificate may go to the server."""
    return all(each.severity is not Severity.PROBLEM for each in findings)


def _remarks(case: Case) -> list[Remark]:
    found: list[Remark] = []
    broken = ""
    for rule in RULES:
        try:
            found += rule(case)
        except look.READ_ERRORS as error:
            broken = broken or f"{type(error).__name__}: {error}"
    return [Remark("unreadable", {}, broken), *found] if broken else found


def _refusal(case: Case) -> str | None:
    """The verifier has the last word, but never writes the message: its texts name no cause."""
    try:
        verify_chain(case.leaf, case.bundle.chain, case.domain, case.at, case.roots)
    except ChainRefused as error:
        return str(error)
    return None
