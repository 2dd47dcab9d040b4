"""How the server's clock is measured, and how it goes on while somebody reads a review."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from wizard.agent import wire
from wizard.timing import gone_on, measured, passed

CLOCK = wire.Clock(1000.0, False, True, (), 50.0)
SERVER = 7000.0  # seconds by which the server's clock is ahead of this laptop's monotonic one


class Line:
    """A connection with delays of its own, on a clock that only it moves."""

    def __init__(self, *delays: tuple[float, float]) -> None:
        self.delays = list(delays)
        self.at = 10.0

    def passed(self) -> float:
        return self.at

    def ask(self) -> dict[str, Any]:
        there, back = self.delays.pop(0)
        self.at += there
        said = {"now": self.at + SERVER, "monotonic": self.at + 40.0, "boot_id": "b"}
        self.at += back
        return said


@pytest.mark.parametrize(
    ("line", "error", "wrong"),
    [
        (Line((0.1, 0.1), (0.1, 0.1), (0.1, 0.1)), 0.1, 0.0),
        (Line((3.0, 0.1), (0.01, 0.03), (0.5, 0.5)), 0.02, 0.01),  # the quickest counts
        (Line((0.0, 2.0), (0.0, 2.0), (0.0, 2.0)), 1.0, 1.0),  # the worst: half of the trip
    ],
)
def test_it_is_right_but_for_half_of_the_round_trip(line: Line, error: float, wrong: float) -> None:
    found = measured(CLOCK, line.ask, line.passed)
    assert found.error == pytest.approx(error)
    assert abs(found.now - (line.at + SERVER)) == pytest.approx(wrong, abs=1e-6)
    assert found.now - found.monotonic == pytest.approx(SERVER - 40.0)


def test_it_goes_on() -> None:
    later = gone_on(CLOCK, 600.0)
    assert (later.now, later.monotonic) == (1600.0, 650.0)


def test_where_no_clock_counts_sleep_the_usual_one_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)
    assert passed() == pytest.approx(time.monotonic(), abs=1.0)


def test_only_three_questions() -> None:
    line = Line(*[(0.1, 0.1)] * 5)
    ask: Callable[[], dict[str, Any]] = line.ask
    measured(CLOCK, ask, line.passed)
    assert len(line.delays) == 2
