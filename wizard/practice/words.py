"""What can be practised, in words: the scenarios and the certificates that lie ready."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """Something that may be different at a site.

    `remedy` names what its staff would do about it, "" where nothing has to be done.
    """

    name: str
    story: str
    remedy: str = ""


SCENARIOS: Mapping[str, Scenario] = {
    "plain": Scenario(
        "All is well",
        "A server that was just installed, alone in its network.",
    ),
    "second-dhcp": Scenario(
        "A second device hands out addresses",
        "The Internet router is still plugged in, and hands out addresses too. Some phones will "
        "ask it instead of the server.",
        "Switch off DHCP in the router",
    ),
    "taken-address": Scenario(
        "The address is taken",
        "A printer already has the address 10.20.0.1.",
        "Give the printer another address",
    ),
    "cable": Scenario(
        "The cable comes out",
        "While the server changes its address, the cable is pulled out. The server waits for a "
        "word from this laptop, goes back to its old address by itself, and then the cable is "
        "put in again. This happens once.",
    ),
}

CERTIFICATES: Mapping[str, str] = {
    "good": "All is well.",
    "newer": "For a renewal: made later, and lasts longer.",
    "ending-soon": "Ends in nine days.",
    "expired": "Ended a month ago.",
    "wrong-name": "Was made for another name.",
    "missing-intermediate": "Without the certificate between it and its root.",
    "wrong-key": "With the key of another certificate.",
    "with-password": "One file, locked with a password. The password is: practice.",
}
"""kind -> what is special about it, and what the check should find."""
