"""The passphrase of a Wi-Fi network. It is judged here, and never kept in a site."""

from __future__ import annotations

import secrets
from functools import cache

from wizard.resource import resource

WORDS = 5  # of a list of more than 300: 41 bits, behind 4096 rounds of PBKDF2


def propose() -> str:
    """Return a new passphrase of short words that can be read out and typed on a phone."""
    return " ".join(secrets.choice(_words()) for _ in range(WORDS))


@cache
def _words() -> tuple[str, ...]:
    return tuple(resource("passphrase-words.txt").read_text("ascii").split())


def flaw(text: str) -> str:
    """Return what keeps a text from being a passphrase: characters, short, long, or "".

    IEEE 802.11 (annex J.4 of 802.11-2020): 8 to 63 characters, each with a code from 32 to 126.
    """
    if any(not 32 <= ord(c) <= 126 for c in text):
        return "characters"
    if len(text) < 8:
        return "short"
    return "long" if len(text) > 63 else ""
