"""What every check is made of: a code, what it needs, a time limit, and one question."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from wizard.check.model import State, Surroundings, Target


@dataclass(frozen=True)
class Said:
    """A check's answer before it is put into words: `arguments` fill in the sentence."""

    state: State
    variant: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    detail: str = ""


@dataclass
class Notes:
    """What checks of one run leave for later ones."""

    chain: tuple[bytes, ...] = ()  # DER, as served
    clocks: dict[str, float] = field(default_factory=dict)  # source -> its clock minus laptop's


@dataclass(frozen=True)
class Look:
    """What a check may look at, and until when (monotonic clock)."""

    target: Target
    around: Surroundings
    notes: Notes
    deadline: float

    def left(self, most: float = 60.0) -> float:
        """Return the seconds that an operation may still take, never 0 (= do not block)."""
        return max(0.05, min(most, self.deadline - time.monotonic()))

    def now(self) -> float:
        """Return the laptop's clock, seconds since 1970."""
        return self.around.now()


class Check(ABC):
    """One link of the chain.

    It runs when everything in `needs` has not failed and everything in `after` has ended; it
    has `limit` seconds. `page` is the topic where the cure is.
    """

    code: ClassVar[str]
    page: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    after: ClassVar[tuple[str, ...]] = ()
    limit: ClassVar[float] = 6.0

    # Sockets end a little before the limit, so that the answer names what was waited for.
    SHARE: ClassVar[float] = 0.85

    def run(self, target: Target, around: Surroundings, notes: Notes) -> Said:
        """Ask the question; whatever it raises is a defect of the check."""
        deadline = time.monotonic() + self.limit * self.SHARE
        return self._ask(Look(target, around, notes, deadline))

    @abstractmethod
    def _ask(self, look: Look) -> Said: ...


def passed(variant: str = "ok", detail: str = "", **arguments: Any) -> Said:
    """Say that the link holds."""
    return Said("passed", variant, arguments, detail)


def warning(variant: str, detail: str = "", **arguments: Any) -> Said:
    """Say that it works, but not for everybody or not for long."""
    return Said("warning", variant, arguments, detail)


def failed(variant: str, detail: str = "", **arguments: Any) -> Said:
    """Say that the link is broken."""
    return Said("failed", variant, arguments, detail)


def skipped(variant: str, detail: str = "", **arguments: Any) -> Said:
    """Say that the question makes no sense here."""
    return Said("skipped", variant, arguments, detail)
