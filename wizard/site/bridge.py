"""The bridge that this program makes, and the cable that is its port: one LAN for people."""

from __future__ import annotations

from wizard.agent import names, wire


def lan(facts: wire.Facts, name: str) -> wire.Interface | None:
    """Return the interface that has the LAN's address: the one of that name, or our bridge.

    People go on naming the cable, also after it has become a port.
    """
    found = facts.interface(name)
    if found is not None and found.master == names.BRIDGE:
        return facts.interface(names.BRIDGE) or found
    return found


def cable(facts: wire.Facts) -> wire.Interface | None:
    """Return the cable that is a port of our bridge, if there is one."""
    ports = (i for i in facts.interfaces if i.master == names.BRIDGE)
    return next((i for i in ports if i.kind != "wifi"), None)
