"""How other devices on the LAN are named: so that somebody finds them by the label below."""

from __future__ import annotations

from wizard.site.makers import maker


def named(address: str, mac: str) -> str:
    """Return "10.20.0.7 (MAC 50:c7:bf:20:31:0a, TP-Link)"; without a maker that is not known."""
    known = maker(mac)
    return f"{address} (MAC {mac}, {known})" if known else f"{address} (MAC {mac})"
