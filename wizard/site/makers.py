"""Who made a network device, as far as its hardware address tells."""

from __future__ import annotations

import functools

from wizard.resource import resource
from wizard.site.lists import mac


def maker(text: str) -> str:
    """Return the maker of a device by its hardware address, or "" when it is not known.

    The table is a selection, see the head of `resources/makers.txt`. An address that a phone or
    a virtual machine made up (IEEE 802: second lowest bit of the first byte) has no maker.
    """
    return _makers().get(mac(text).replace(":", "")[:6], "")


def made_up(text: str) -> bool:
    """Whether a hardware address was made up by software and names no maker."""
    first = mac(text)[:2]
    try:
        return bool(int(first, 16) & 2)
    except ValueError:
        return False


@functools.cache
def _makers() -> dict[str, str]:
    found: dict[str, str] = {}
    for part in _text().split("\n\n")[1:]:
        name, _, prefixes = part.partition(":\n")
        found |= dict.fromkeys(prefixes.split(), name)
    return found


def _text() -> str:
    return resource("makers.txt").read_text("utf-8")
