"""Who will accept a certificate: the CHT app on each version of Android, and the browsers.

The CHT app trusts what the phone was made with; Chrome, Firefox and Safari bring lists of their
own, of which Mozilla's stands for all: whoever is in it is in the others too, as a rule.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from wizard.certificate import look, stores
from wizard.certificate.bundle import Bundle
from wizard.certificate.findings import Finding
from wizard.certificate.paths import Way, ways
from wizard.certificate.roots import Roots
from wizard.certificate.rules.case import best_guess
from wizard.certificate.wording import CLIENTS, VERDICTS
from wizard.problem import tr

ACCEPTED, CONDITION, UNSURE, REFUSED = "accepted", "condition", "unsure", "refused"


@dataclass(frozen=True)
class Client:
    """The verdict of one client.

    `state`: "accepted"; "condition" (after something was done on each device); "unsure" (some of
    these phones will, nobody can tell which); "refused". `until`: when an accepted one ends, in
    UTC. `why`: the code of a finding, or of `wording.VERDICTS`.
    """

    code: str
    state: str
    why: str
    reason: str
    until: datetime | None = None
    detail: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        """What it is called: "CHT app on Android 7.1"."""
        return name(self.code)

    @property
    def version(self) -> str:
        """The Android version of the CHT app; "" for browsers."""
        return self.code.removeprefix("app-") if self.code.startswith("app-") else ""

    @property
    def accepted(self) -> bool:
        """Whether it will connect, at least where the condition is met."""
        return self.state in (ACCEPTED, CONDITION)

    def plain(self) -> dict[str, Any]:
        """Return the JSON form; `until` is ISO 8601 in UTC, or None."""
        return {
            "code": self.code,
            "name": self.name,
            "accepted": self.accepted,
            "state": self.state,
            "until": None if self.until is None else self.until.isoformat(),
            "reason": self.reason,
        }


APPS = tuple(f"app-{version}" for version in stores.VERSIONS)
BROWSERS = ("chrome-android", "chrome", "firefox", "safari")
CODES = (*APPS, *BROWSERS)

_CHROMIUM = frozenset({*APPS, "chrome-android", "chrome"})  # WebView is Chromium, too
_ALL = frozenset(CODES)
# Android asked the list that a user may add to only until version 6 (developer.android.com,
# NetworkSecurityConfig: apps that target 24 and newer trust the system's list alone).
_BY_HAND = frozenset({"app-5.0", "app-6.0", *BROWSERS})

NAMES = (
    "domain-invalid",
    "name-missing",
    "name-is-address",
    "name-wildcard-depth",
    "name-wildcard-apex",
    "name-wildcard-public",
    "name-mismatch",
)
"""Findings that tell why it is not for the domain."""

_REFUSING: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        (
            "unreadable",
            "key-mismatch",
            *NAMES,
            "expired",
            "expired-by-one-clock",
            "not-yet-valid",
            "not-yet-valid-by-one-clock",
            "key-small",
            "rsa-demanded",
            "eku-no-server",
            "weak-signature",
            "unknown-critical",
            "lifetime-too-long",
        ),
        _ALL,
    ),
    "key-kind": _ALL,
    "key-usage": _CHROMIUM,
    # Chromium takes the certificate of an authority as that of a site; Android is not known to.
    "leaf-is-ca": _ALL - {"chrome-android", "chrome"},
    "must-staple": frozenset({"firefox"}),
    "no-sct": frozenset(BROWSERS),
    "few-sct": frozenset(BROWSERS),
    "eku-absent": frozenset({"safari"}),  # support.apple.com/103769
}
"""Finding -> the clients that refuse a certificate for it. How keys are used and what Chromium
takes was measured with Chromium; the rest is what the makers publish."""

NO_WAY = (
    "self-signed",
    "private-ca",
    "untrusted",
    "chain-incomplete",
    "chain-certificate-expired",
    "chain-certificate-weak",
    "chain-refused",
)
"""Findings that tell why there is no way to a root."""


def name(code: str) -> str:
    """What a client is called."""
    if code in CLIENTS:
        return tr(CLIENTS[code])
    version = code.removeprefix("app-")
    return tr(CLIENTS["app-updated" if version == stores.UPDATED else "app"]).format(
        version=version
    )


def clients(
    bundle: Bundle,
    domain: str,
    findings: Sequence[Finding],
    *,
    now: datetime,
    server_now: datetime | None = None,
    roots: Roots | None = None,
    chosen: bool = False,
) -> tuple[Client, ...]:
    """The verdict of every client, in the order of `CODES`.

    `findings` are what `judge` said about the same bundle; the other arguments are as there. Each
    client looks for its own way from the certificate over what is served to a root it knows.
    """
    roots = Roots.bundled() if roots is None else roots
    at = best_guess(now, server_now, chosen=chosen)
    found = ways(bundle, domain, at, roots)
    return tuple(_verdict(code, bundle, findings, found, at, roots) for code in CODES)


def _verdict(
    code: str,
    bundle: Bundle,
    findings: Sequence[Finding],
    found: Sequence[Way],
    at: datetime,
    roots: Roots,
) -> Client:
    for finding in findings:
        if code in _refusing(finding):
            return Client(code, REFUSED, finding.code, finding.message, detail=finding.detail)
    known = roots.known_by(code.removeprefix("app-")) if code in APPS else roots.public_keys
    if best := _longest(code, found, known, at):
        return _accepts(code, ACCEPTED, "known", *best)
    if code == f"app-{stores.UPDATED}" and (best := _longest(code, found, roots.public_keys, at)):
        return _accepts(code, UNSURE, "updated", *best)
    if best := _longest(code, found, roots.extra_keys, at):
        return _vouched(code, look.title(best[0].root.subject), best[1])
    codes = {each.code: each for each in findings}
    issuer = look.or_else(lambda: look.title((bundle.leaf, *bundle.chain)[-1].issuer), "?")
    if "browsers-only" in codes:
        return _vouched(code, issuer, _served_end(bundle, at))
    if "self-signed" in codes or "private-ca" in codes:
        why = "by-hand" if code in _BY_HAND else "own-list"
        return Client(code, REFUSED, why, tr(VERDICTS[why]).format(root=issuer))
    for each in findings:
        if each.code in NO_WAY:
            return Client(code, REFUSED, each.code, each.message, detail=each.detail)
    top = look.title(found[0].root.subject) if found else issuer
    return Client(code, REFUSED, "unknown", tr(VERDICTS["unknown"]).format(root=top))


def _refusing(finding: Finding) -> frozenset[str]:
    if finding.code == "key-kind" and finding.arguments.get("key") == "EC P-521":
        return _CHROMIUM
    return _REFUSING.get(finding.code, frozenset())


def _longest(
    code: str, found: Sequence[Way], known: frozenset[str], at: datetime
) -> tuple[Way, datetime] | None:
    """The way that this client can go for the longest time, and until when."""
    possible = [(way, _end(code, way)) for way in found if way.key in known]
    alive = [(way, end) for way, end in possible if end >= at]
    return max(alive, key=lambda each: each[1], default=None)


def _end(code: str, way: Way) -> datetime:
    fixed = code in APPS and code != f"app-{stores.UPDATED}"
    last = None if fixed else stores.trust_end(way.key)
    return way.end if last is None else min(way.end, last)


def _accepts(code: str, state: str, why: str, way: Way, until: datetime) -> Client:
    path = " <- ".join(look.title(each.subject) for each in way.certificates[1:])
    reason = tr(VERDICTS[why]).format(root=look.title(way.root.subject))
    ends = until if state == ACCEPTED else None
    return Client(code, state, why, reason, ends, f"path: {path}")


def _vouched(code: str, root: str, until: datetime) -> Client:
    """The verdict about an authority that nobody but the user knows."""
    if code in _BY_HAND:
        reason = tr(VERDICTS["installed"]).format(root=root)
        return Client(code, CONDITION, "installed", reason, until)
    return Client(code, REFUSED, "own-list", tr(VERDICTS["own-list"]).format(root=root))


def _served_end(bundle: Bundle, at: datetime) -> datetime:
    served = (bundle.leaf, *bundle.chain)
    return look.or_else(lambda: min(each.not_valid_after_utc for each in served), at)


def groups(verdicts: Sequence[Client]) -> Iterator[tuple[Client, ...]]:
    """Clients that say the same, together; the order stays.

    Those that accept it until the same day are together, whichever root each of them knows.
    """
    said: dict[tuple[str, str, datetime | None], list[Client]] = {}
    for each in verdicts:
        reason = "" if each.state == ACCEPTED else each.reason
        said.setdefault((each.state, reason, each.until), []).append(each)
    yield from map(tuple, said.values())


def common_reason(group: Sequence[Client]) -> str:
    """The reason that all of a group give; "" where they differ."""
    return group[0].reason if len({each.reason for each in group}) == 1 else ""


def together(group: Sequence[Client]) -> str:
    """Several clients in few words: "CHT app on Android 7.1 to 13; Firefox"."""
    texts = []
    run: list[str] = []
    for code in (*APPS, ""):
        if any(each.code == code for each in group):
            run.append(code)
            continue
        if len(run) > 1:
            last = run[-1].removeprefix("app-")
            key = "app-from" if last == stores.UPDATED else "app-range"
            first = run[0].removeprefix("app-")
            texts.append(tr(CLIENTS[key]).format(first=first, last=last))
        elif run:
            texts.append(name(run[0]))
        run = []
    texts += [each.name for each in group if not each.version]
    return "; ".join(texts)
