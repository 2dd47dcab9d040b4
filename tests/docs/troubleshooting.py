"""Fills the tables of docs/troubleshooting.md from the program's own tables of sentences.

`python -m tests.docs.troubleshooting` prints what is stale as a diff and ends with 1 if anything
is; with `--write` it writes the page. Headings and introductions are written by hand.
"""

from __future__ import annotations

import string
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.docs import blocks
from wizard import wording
from wizard.arrivals import words as arrivals
from wizard.certificate import wording as certificate
from wizard.certificate.findings import Finding
from wizard.check import CHECKS
from wizard.check import words as check
from wizard.detour import DetourError
from wizard.handover import words as handover
from wizard.laptop import words as laptop
from wizard.openwrt import words as openwrt
from wizard.plan import words as plan
from wizard.problem import Words
from wizard.readiness import words as readiness
from wizard.remote import words as remote
from wizard.selftest import words as selftest
from wizard.site import words as site

PAGE = Path(__file__).parents[2] / "docs" / "troubleshooting.md"
SEE_DO = ("Code", "What you see", "What to do")


def cell(template: str) -> str:
    """Return a `str.format` template as the text of a table's cell: {host} becomes ‹host›."""
    parts = []
    for text, field, _, _ in string.Formatter().parse(template):
        parts.append(text + (f"‹{field}›" if field else ""))
    joined = "".join(parts)
    for sign, instead in (("|", r"\|"), ("<", "&lt;"), ("*", r"\*")):
        joined = joined.replace(sign, instead)
    return joined


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    names = tuple(head)
    lines = [names, ("---",) * len(names), *(tuple(row) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def words(codes: Words) -> str:
    """Return a table of messages and cures."""
    rows = ((f"`{code}`", cell(see), cell(do)) for code, (see, do) in codes.items())
    return table(SEE_DO, rows)


def _findings() -> str:
    rows = (
        (f"`{code}`", Finding(code).severity.value, cell(see), cell(do))
        for code, (see, do) in certificate.FINDINGS.items()
    )
    return table(("Code", "Kind", "What you see", "What to do"), rows)


def _how() -> str:
    return table(
        ("System of the laptop", "‹renew›", "‹add›"),
        ((f"`{name}`", cell(renew), cell(add)) for name, (renew, add) in laptop.HOW.items()),
    )


def _prechecks() -> str:
    broken = {code: pair for code, pair in plan.PRECHECKS.items() if pair[1]}
    fine = {code: see for code, (see, do) in plan.PRECHECKS.items() if not do}
    return f"{words(broken)}\n{_fine(fine)}"


def _arrivals() -> str:
    broken = {code: pair for code, pair in arrivals.WORDS.items() if pair[1]}
    fine = {code: see for code, (see, do) in arrivals.WORDS.items() if not do}
    return f"{words(broken)}\n{_fine(fine)}"


def _fine(said: Mapping[str, str]) -> str:
    lines = (f"- `{code}`: {cell(message)}\n" for code, message in said.items())
    return "Nothing to mend:\n\n" + "".join(lines)


def _one_check(code: str) -> str:
    """Return what one check can say: what wants mending as a table, the rest as a list."""
    sentences = check.SENTENCES[code]
    broken = {k: s for k, s in sentences.items() if s.cure}
    fine = {k: s for k, s in sentences.items() if not s.cure}
    parts = []
    if broken:
        rows = ((f"`{k}`", cell(s.message), cell(s.cause), cell(s.cure)) for k, s in broken.items())
        parts.append(table(("Outcome", "What you see", "Cause", "What to do"), rows))
    if fine:
        parts.append(_fine({k: s.message for k, s in fine.items()}))
    return "\n".join(parts)


def _checks() -> str:
    titles = {"*": "Any check", **check.NAMES}
    parts = []
    for code in ("*", *(each.code for each in CHECKS)):
        mark = "" if code == "*" else f" (`{code}`)"
        parts.append(f"### {titles[code]}{mark}\n\n{_one_check(code)}")
    return "\n".join(parts)


BLOCKS: blocks.Blocks = {
    "site-errors": lambda: words(site.ERRORS),
    "site-problems": lambda: words(site.PROBLEMS),
    "site-warnings": lambda: words(site.WARNINGS),
    "site-notes": lambda: words(site.NOTES),
    "remote": lambda: words(remote.WORDS),
    "laptop": lambda: words(laptop.WORDS),
    "laptop-how": _how,
    "certificate-files": lambda: words(certificate.ERRORS),
    "certificate-findings": _findings,
    "prechecks": _prechecks,
    "plan": lambda: words(plan.WORDS),
    "survey": lambda: words(wording.SURVEY),
    "visit": lambda: words({**wording.VISIT, **wording.AGENT}),
    "steps": lambda: words(wording.STEPS),
    "practice": lambda: words(DetourError.words),
    "checks": _checks,
    "arrivals": _arrivals,
    "openwrt": lambda: words(openwrt.WORDS),
    "readiness": lambda: words(readiness.WORDS),
    "files": lambda: words(handover.FILES),
    "self-test": lambda: words(selftest.FAILED),
}


if __name__ == "__main__":
    sys.exit(blocks.run(PAGE, BLOCKS, sys.argv[1:]))
