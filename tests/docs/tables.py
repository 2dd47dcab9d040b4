"""Fills the parts of other pages that the program says too: commands, phones, old roots.

`python -m tests.docs.tables` prints what is stale as a diff and ends with 1 if anything is; with
`--write` it writes the pages.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from functools import cache, partial

from cryptography import x509

from tests.docs import blocks
from tests.docs.troubleshooting import PAGE, cell, table
from wizard.certificate.roots import Roots
from wizard.certificate.stores import UPDATED, VERSIONS, android, key_of
from wizard.cli import parser
from wizard.handover.words import MESSAGES, PHONE, WHITE_PAGE

DOCS = PAGE.parent
STEPS = ("update", "date", "wifi_name", "stay", "mobile", "private_dns", "address")
"""As on the handover sheet, whose messages count by them."""

ROOTS = {  # common name of a root, or its unit where that tells more -> whose it is
    "DigiCert Global Root G2": "DigiCert, RapidSSL",
    "GlobalSign Root CA - R3": "GlobalSign",
    "Go Daddy Root Certificate Authority - G2": "Go Daddy",
    "Actalis Authentication Root CA": "Actalis",
    "Certum Trusted Network CA": "Certum",
    "USERTrust RSA Certification Authority": "Sectigo",
    "ISRG Root X1": "Let's Encrypt",
    "SSL.com Root Certification Authority RSA": "SSL.com",
    "GTS Root R1": "Google Trust Services",
    "GlobalSign Root CA - R6": "GlobalSign, AlphaSSL",
    "DigiCert TLS RSA4096 Root G5": "DigiCert",
    "GlobalSign Root R46": "GlobalSign",
    "Sectigo Public Server Authentication Root R46": "Sectigo",
    "SSL.com TLS RSA Root CA 2022": "SSL.com",
}


@cache
def _commands() -> dict[str, argparse.ArgumentParser]:
    (found,) = (a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(found.choices)


def _options(one: argparse.ArgumentParser) -> dict[str, str]:
    return {_name(a): cell(a.help or "") for a in one._actions if a.dest != "help"}


def _name(action: argparse.Action) -> str:
    value = action.metavar or (" or ".join(map(str, action.choices)) if action.choices else "")
    if action.nargs != 0 and not value:
        value = action.dest.upper()
    return " ".join(filter(None, (*action.option_strings[-1:], str(value or ""))))


def _rows(options: dict[str, str]) -> str:
    return table(("Option", "Meaning"), ((f"`{name}`", told) for name, told in options.items()))


def _shared(groups: tuple[str, ...]) -> dict[str, str]:
    """Options that all of these commands have, with the same words."""
    first, *rest = (_options(_commands()[name]) for name in groups)
    return {n: h for n, h in first.items() if all(each.get(n) == h for each in rest)}


def commands() -> str:
    """Return every command with the sentence of its `--help`."""
    rows = ((f"[`{n}`](#{n})", one.description or "") for n, one in _commands().items())
    return table(("Command", "What it does"), rows)


def shared(kind: str) -> str:
    """Return the options that all commands have ("all"), or all that log in ("site")."""
    everybody = _shared(tuple(_commands()))
    visits = _shared(tuple(n for n, one in _commands().items() if "--site FILE" in _options(one)))
    return _rows(everybody if kind == "all" else _without(visits, everybody))


def _without(options: dict[str, str], others: dict[str, str]) -> dict[str, str]:
    return {name: told for name, told in options.items() if name not in others}


def own() -> str:
    """Return a section for each command: its sentence, and the options that are its own."""
    visits = tuple(n for n, one in _commands().items() if "--site FILE" in _options(one))
    known = _shared(tuple(_commands())) | _shared(visits)
    parts = []
    for name, one in _commands().items():
        options = _options(one)
        rest = _without(options, known if name in visits else _shared(tuple(_commands())))
        parts.append(f"### {name}\n\n{one.description}\n" + (f"\n{_rows(rest)}" if rest else ""))
    return "\n".join(parts)


def phone_steps() -> str:
    """Return how to set up a phone, as the sheet and the window have it."""
    steps = (PHONE[key] for key in STEPS)
    return "".join(f"{i}. **{s.title}.** {cell(s.text)}\n" for i, s in enumerate(steps, 1))


def phone_messages() -> str:
    """Return what a phone may show."""
    rows = [(f"“{m.shown}”", m.cure) for m in MESSAGES]
    return table(("The phone says", "What to do"), [*rows, (WHITE_PAGE.shown, WHITE_PAGE.cure)])


def old_roots() -> str:
    """Return since which version phones know a root, by the program's own lists."""
    rows = ((name, who, _since(name)) for name, who in ROOTS.items())
    return table(("Root", "Authority", "Phones know it from Android"), rows)


def _since(name: str) -> str:
    keys = {key_of(root) for root in Roots.bundled().public if name in _names(root)}
    if len(keys) != 1:
        raise LookupError(f"{len(keys)} roots are called {name}")
    version = next((v for v in VERSIONS if keys <= android()[v]), "")
    if version in ("", UPDATED):
        return f"{UPDATED} on, where the list was renewed since"
    return f"{version}.1" if version == "7.1" else version


def _names(root: x509.Certificate) -> Iterator[str]:
    for oid in (x509.NameOID.COMMON_NAME, x509.NameOID.ORGANIZATIONAL_UNIT_NAME):
        for found in root.subject.get_attributes_for_oid(oid):
            yield str(found.value)


def documents() -> str:
    """Return how much the documents tell: pages, and codes with what they mean."""
    text = PAGE.read_text("utf-8")
    told = re.findall(r"^(?:\| |- )`[a-z0-9_.:-]+`|\(`[a-z_-]+`\) \|", text, re.MULTILINE)
    pages = sum(1 for _ in DOCS.glob("*.md"))
    rows = (
        ("pages of documents", str(pages)),
        ("codes and outcomes with their entry in troubleshooting", str(len(told))),
    )
    return table(("what", "figure"), rows)


PAGES: dict[str, blocks.Blocks] = {
    "figures.md": {"documents": documents},
    "command-line.md": {
        "commands": commands,
        "options-all": partial(shared, "all"),
        "options-site": partial(shared, "site"),
        "options-own": own,
    },
    "phones.md": {"phone-steps": phone_steps, "phone-messages": phone_messages},
    "certificates.md": {"old-roots": old_roots},
}


def main(arguments: list[str]) -> int:
    """Look at all pages, or write them."""
    return max(blocks.run(DOCS / name, each, arguments) for name, each in PAGES.items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
