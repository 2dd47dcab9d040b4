"""The server's clock as this laptop measured it, and as it goes on while somebody decides or the
laptop sleeps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from wizard.agent import wire
from wizard.site.model import Site

TRIES = 3  # the quickest answer counts: only delays make a measurement wrong (RFC 5905, 10.)


def passed() -> float:
    """Return seconds since some moment; a laptop that sleeps does not stop them.

    Linux leaves sleep out of time.monotonic() (clock_gettime(2)).
    """
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


def measured(
    clock: wire.Clock,
    ask: Callable[[], Mapping[str, Any]],
    timer: Callable[[], float] = passed,
) -> wire.Clock:
    """Return the server's clock as of now, with half of the round trip as its `error`.

    `ask` calls the agent's verb "clock". The answer is taken to come from the middle of the time
    between question and answer, so it is wrong by half of that at most.
    """
    best = float("inf")
    at = 0.0  # by `timer`
    for _ in range(TRIES):
        begun = timer()
        said = ask()
        trip = timer() - begun
        if trip < best:
            best, at = trip, begun + trip / 2
            clock = replace(
                clock,
                now=float(said["now"]),
                monotonic=float(said["monotonic"]),
                error=round(trip / 2, 3),
            )
    return gone_on(clock, timer() - at)


def gone_on(clock: wire.Clock, seconds: float) -> wire.Clock:
    """Return a clock some seconds later."""
    return replace(clock, now=clock.now + seconds, monotonic=clock.monotonic + seconds)


def server_now(site: Site, facts: wire.Facts) -> datetime:
    """Return the time by which the server will judge a certificate: its own, or the laptop's."""
    if site.clock.from_laptop:
        return datetime.now(UTC)
    return datetime.fromtimestamp(facts.clock.now, UTC)
