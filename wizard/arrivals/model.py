"""A device that was seen on the LAN, and the row that is shown of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from wizard.agent import wire
from wizard.arrivals.words import STEPS, STRANGER, TITLES
from wizard.problem import tr
from wizard.site.makers import made_up, maker

OWN_ADDRESS = ("given", "leased")


@dataclass(frozen=True)
class Expected:
    """What phones should do here: the CHT's name, and what of them the server hears.

    `wifi`: joins of its own Wi-Fi; `serves`: it gives addresses and names. Where another device
    does, phones ask that one, which the server does not hear.
    """

    domain: str
    wifi: bool = False
    serves: bool = True


@dataclass(frozen=True)
class Device:
    """What was seen of a device: of each kind of sighting when it came last and what it said.

    Times are seconds since the watch began.
    """

    mac: str
    first: float
    last: float
    name: str = ""
    vendor: str = ""
    address: str = ""
    through: float = -1.0  # seconds from `first` until it first opened the CHT
    seen: Mapping[str, float] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def new(cls, sighting: wire.Sighting) -> Device:
        """Return a device that is seen for the first time."""
        return cls(sighting.mac, sighting.at, sighting.at).follow(sighting)

    def follow(self, sighting: wire.Sighting) -> Device:
        """Return the device after one more sighting."""
        what = sighting.what
        named = what in ("asked", "given", "leased", "present")
        through = sighting.at - self.first if what == "opened" else -1.0
        return replace(
            self,
            last=max(self.last, sighting.at),
            name=(sighting.name or self.name) if named else self.name,
            vendor=(sighting.detail or self.vendor) if what == "asked" else self.vendor,
            # An IPv6 address beside it is no news to anybody
            address=self.address if ":" in sighting.address else sighting.address or self.address,
            through=self.through if self.through >= 0 else through,
            seen={**self.seen, what: sighting.at},
            said={**self.said, what: sighting.name or sighting.detail},
        )

    def at(self, *kinds: str) -> float:
        """Return when one of some kinds came last; -1 for never."""
        return max((self.seen.get(kind, -1.0) for kind in kinds), default=-1.0)

    def latest(self, *kinds: str) -> str:
        """Return which of some kinds came last, "" when none came; of equals the later one."""
        there = [kind for kind in kinds if kind in self.seen]
        return max(there, key=lambda k: (self.seen[k], kinds.index(k)), default="")

    @property
    def title(self) -> str:
        """What to call it."""
        if self.name:
            return self.name
        if found := re.fullmatch(r"android-dhcp-(\d+)", self.vendor):
            return tr(TITLES["android"]).format(version=found[1])
        return tr(TITLES["device"])

    @property
    def maker(self) -> str:
        """Who made it, as far as its hardware address tells; phones hide that on purpose."""
        return tr(STRANGER) if made_up(self.mac) else maker(self.mac)


@dataclass(frozen=True)
class Row:
    """How things stand with one device. `state`: passed, running, warning or failed.

    `steps` are those of words.STEPS that it has done; `seconds`: how long it took to get through,
    or since when it stands where it is.
    """

    mac: str
    title: str
    maker: str
    address: str
    state: str
    code: str
    message: str
    cure: str
    steps: tuple[str, ...]
    seconds: float

    @property
    def about(self) -> str:
        """Address, maker and hardware address, as far as they are known."""
        return " · ".join(filter(None, (self.address, self.maker, self.mac)))

    @property
    def trail(self) -> str:
        """What it has done so far, in words."""
        return ", ".join(tr(STEPS[step]) for step in self.steps)

    def plain(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "mac": self.mac,
            "name": self.title,
            "maker": self.maker,
            "address": self.address,
            "state": self.state,
            "code": self.code,
            "message": self.message,
            "cure": self.cure,
            "steps": list(self.steps),
            "seconds": round(self.seconds, 1),
        }
