"""The passphrase of a Wi-Fi network. It is judged here, and never kept in a site."""

from __future__ import annotations


def flaw(text: str) -> str:
    """Return what keeps a text from being a passphrase: characters, short, long, or "".

    IEEE 802.11 (annex J.4 of 802.11-2020): 8 to 63 characters, each with a code from 32 to 126.
    """
    if any(not 32 <= ord(c) <= 126 for c in text):
        return "characters"
    if len(text) < 8:
        return "short"
    return "long" if len(text) > 63 else ""
