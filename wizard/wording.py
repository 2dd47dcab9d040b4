"""Sentences of a visit, and of every refusal the agent can answer with."""

from __future__ import annotations

from typing import ClassVar

from wizard.problem import UserError, Words

AGENT: dict[str, tuple[str, str]] = {}

VISIT: dict[str, tuple[str, str]] = {
    "no-host": (
        "It is not known where the server is.",
        "Write its address into the site file (server.host), or let `find` look for it.",
    ),
    "not-connected": ("There is no connection to the server.", "Connect first."),
    "lost": (
        "The server answers neither at {new} nor at {old}.",
        "Look whether it is switched on and its cable is in. It puts the old address back by "
        "itself three minutes after the change, and at every start. Then run the same command "
        "again.",
    ),
}

PHASES = {
    "connect": "Connecting to {text}",
    "facts": "Looking at the server",
    "lifeline": "A second connection that the change of address does not cut is open",
    "apply": "Changing the server",
    "prove": "Logging in at the new address {text} while the old one is still there",
    "confirm": "Looking for the server at its new address {text}",
    "return": "Waiting for the server to come back at {text}",
    "rollback": "Putting everything back",
    "check": "Checking from this laptop",
}

STATES = {
    "done": "",
    "failed": " — failed",
    "undone": " — put back",
    "undo-failed": " — could not be put back",
    "skipped": " — nothing to do",
}

TOPICS = {
    "static_ip": "Fixed address",
    "domain": "Domain name",
    "dns_dhcp": "DNS and DHCP",
    "certificate": "Certificate",
    "firewall": "Firewall",
    "packages": "Packages",
    "access_point": "Wi-Fi access point",
    "clock": "Clock",
}


class VisitError(UserError):
    """Something went wrong with the visit itself, or the agent refused."""

    words: ClassVar[Words] = {**VISIT, **AGENT}
