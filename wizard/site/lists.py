"""Lists as people type or paste them: kept addresses, extra names, DNS servers."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wizard.site.addresses import ip
from wizard.site.model import Name, Reservation

_MAC = re.compile(
    r"(?:[0-9a-f]{2}([:. -]?)(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|(?:[0-9a-f]{4}[.-]){2}[0-9a-f]{4})",
    re.IGNORECASE,
)


def mac(text: str) -> str:
    """Return a hardware address in lower case with colons; any other text as it is."""
    if not _MAC.fullmatch(text.strip()):
        return text
    plain = re.sub(r"[^0-9a-f]", "", text.lower())
    return ":".join(plain[i : i + 2] for i in range(0, 12, 2))


def reservations(text: str) -> tuple[Reservation, ...]:
    """Read lines with hardware address, address and name in any order, as copied from a table.

    Columns are split by tabs, semicolons, commas or blanks. A line without a hardware address
    and without an address is a heading and is left out.
    """
    found = []
    for line in text.splitlines():
        cells = [c for c in (c.strip().strip('"') for c in re.split(r"[\t;,]", line)) if c]
        if len(cells) == 1:
            cells = line.split()
        device = next((c for c in cells if _MAC.fullmatch(c)), "")
        address = next((c for c in cells if ip(c) is not None), "")
        name = next((c for c in cells if c not in (device, address)), "")
        if device or address:
            found.append(Reservation(mac(device), address, name))
    return tuple(found)


def names(text: str) -> tuple[Name, ...]:
    """Read lines with a name and an address."""
    found = []
    for line in text.splitlines():
        name, _, address = line.strip().partition(" ")
        if name:
            found.append(Name(name, address.strip()))
    return tuple(found)


def name_lines(found: Iterable[Name]) -> str:
    """Return the lines that `names` reads."""
    return "\n".join(f"{n.name} {n.address}".strip() for n in found)


def servers(text: str) -> tuple[str, ...]:
    """Read addresses that are split by commas or blanks."""
    return tuple(re.findall(r"[^\s,;]+", text))
