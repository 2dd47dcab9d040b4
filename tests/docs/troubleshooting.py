"""Fills the tables of docs/troubleshooting.md from the program's own tables of sentences.

`python -m tests.docs.troubleshooting` prints what is stale as a diff and ends with 1 if anything
is; with `--write` it writes the page. Headings and introductions of the page are written by hand;
between `<!-- begin NAME -->` and `<!-- end NAME -->` stands what is made here.
"""

from __future__ import annotations

import difflib
import re
import string
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from wizard import wording
from wizard.certificate import wording as certificate
from wizard.certificate.findings import Finding
from wizard.check import CHECKS
from wizard.check import words as check
from wizard.detour import DetourError
from wizard.laptop import words as laptop
from wizard.plan import words as plan
from wizard.problem import Words
from wizard.readiness import words as readiness
from wizard.remote import words as remote
from wizard.site import words as site

PAGE = Path(__file__).parents[2] / "docs" / "troubleshooting.md"
BLOCK = re.compile(
    r"(?P<begin><!-- begin (?P<name>[a-z-]+) -->\n).*?(?P<end><!-- end (?P=name) -->)", re.DOTALL
)
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
        said = (f"- `{k}`: {cell(s.message)}\n" for k, s in fine.items())
        parts.append("Nothing to mend:\n\n" + "".join(said))
    return "\n".join(parts)


def _checks() -> str:
    titles = {"*": "Any check", **check.NAMES}
    parts = []
    for code in ("*", *(each.code for each in CHECKS)):
        mark = "" if code == "*" else f" (`{code}`)"
        parts.append(f"### {titles[code]}{mark}\n\n{_one_check(code)}")
    return "\n".join(parts)


BLOCKS: Mapping[str, Callable[[], str]] = {
    "site-errors": lambda: words(site.ERRORS),
    "site-problems": lambda: words(site.PROBLEMS),
    "site-warnings": lambda: words(site.WARNINGS),
    "site-notes": lambda: words(site.NOTES),
    "remote": lambda: words(remote.WORDS),
    "laptop": lambda: words(laptop.WORDS),
    "laptop-how": _how,
    "certificate-files": lambda: words(certificate.ERRORS),
    "certificate-findings": _findings,
    "plan": lambda: words(plan.WORDS),
    "survey": lambda: words(wording.SURVEY),
    "visit": lambda: words({**wording.VISIT, **wording.AGENT}),
    "steps": lambda: words(wording.STEPS),
    "practice": lambda: words(DetourError.words),
    "checks": _checks,
    "readiness": lambda: words(readiness.WORDS),
}


def filled(page: str) -> str:
    """Return the page with every block made anew. Raises KeyError for a block of no known name."""

    def block(found: re.Match[str]) -> str:
        return f"{found['begin']}\n{BLOCKS[found['name']]()}\n{found['end']}"

    return BLOCK.sub(block, page)


def stale(page: str) -> str:
    """Return the difference between a page and what it should be; "" when it is current."""
    lines = difflib.unified_diff(
        page.splitlines(), filled(page).splitlines(), "kept", "new", lineterm=""
    )
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Print what is stale, or write it."""
    page = PAGE.read_text("utf-8")
    if "--write" in arguments:
        PAGE.write_text(filled(page), "utf-8")
        return 0
    if difference := stale(page):
        print(difference)
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
