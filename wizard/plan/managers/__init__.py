"""Which network manager gets the new address; one module for each.

Every module has `render(draft, target)`: the files to write, in order; none when they are as they
should be; None when the manager's present settings forbid it (the draft then says why).
"""

from __future__ import annotations

from collections.abc import Callable

from wizard.agent import wire
from wizard.plan.draft import Draft
from wizard.plan.managers import ifupdown, netplan, networkd, networkmanager
from wizard.plan.target import Target

Render = Callable[[Draft, Target], tuple[wire.WriteFile, ...] | None]

MANAGERS: dict[str, Render] = {
    "netplan": netplan.render,
    "networkmanager": networkmanager.render,
    "networkd": networkd.render,
    "ifupdown": ifupdown.render,
}


def choose(draft: Draft, interface: wire.Interface) -> str:
    """Return the manager that decides about an interface, or "" with a problem noted."""
    network = draft.facts.network
    found = ", ".join(network.found) or "nothing"
    where = "static_ip.interface"
    if network.reason == "several":
        draft.problem("manager-several", where, found=found)
    elif network.reason == "unsupported":
        draft.problem("manager-unsupported", where, found=found)
    elif network.reason == "none":
        draft.problem("manager-none", where)
    else:
        # On a desktop NetworkManager may run beside an interface that ifupdown holds: the
        # interface's own manager counts.
        manager = interface.manager or network.manager
        if manager in MANAGERS:
            return manager
        draft.problem("manager-unsupported", where, found=manager or found)
    return ""
