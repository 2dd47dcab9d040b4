"""Everybody who was seen during one watch, in the order of their coming; kept in memory only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from wizard.agent import wire
from wizard.arrivals.judge import judge
from wizard.arrivals.model import Device, Expected, Row
from wizard.arrivals.words import COUNTS
from wizard.problem import tr

MOST = 600
"""Devices that are kept; the longest unseen goes first."""


@dataclass(frozen=True)
class Count:
    """How many devices there are, and how they stand."""

    passed: int = 0
    running: int = 0
    failed: int = 0  # and doubtful

    @property
    def devices(self) -> int:
        """All of them."""
        return self.passed + self.running + self.failed

    @property
    def sentence(self) -> str:
        """The count in words; "" for nobody."""
        if not self.devices:
            return ""
        first = tr(COUNTS["device" if self.devices == 1 else "devices"])
        parts = [first.format(count=self.devices)]
        for name in ("passed", "running", "failed"):
            if number := getattr(self, name):
                parts.append(tr(COUNTS[name]).format(count=number))
        return " · ".join(parts)


class Arrivals:
    """Takes sightings and gives rows; `expected` is what phones should do here."""

    def __init__(self, expected: Expected) -> None:
        self.expected = expected
        self._devices: dict[str, Device] = {}

    def hear(self, events: Iterable[wire.Watched]) -> None:
        """Take what a watch tells."""
        for event in events:
            if event.kind == "begun":
                self.expected = replace(self.expected, wifi=event.wifi)
            for sighting in event.seen:
                known = self._devices.get(sighting.mac)
                now = known.follow(sighting) if known is not None else Device.new(sighting)
                self._devices[sighting.mac] = now
        while len(self._devices) > MOST:
            gone = min(self._devices.values(), key=lambda device: device.last)
            del self._devices[gone.mac]

    def rows(self, now: float) -> tuple[Row, ...]:
        """Return how all stand, the first who came first."""
        return tuple(judge(device, now, self.expected) for device in self._devices.values())

    def __len__(self) -> int:
        return len(self._devices)


def count(rows: Iterable[Row]) -> Count:
    """Count rows by how they stand."""
    states = [row.state for row in rows]
    return Count(
        states.count("passed"),
        states.count("running"),
        states.count("failed") + states.count("warning"),
    )
