"""The parts of the self-test, how each is started, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wizard.problem import UserError
from wizard.selftest.words import FAILED


class SelfTestError(UserError):
    """A part of the self-test failed."""

    words = FAILED


@dataclass(frozen=True)
class Part:
    """One part: a command of this program that ends with 0 when all is well.

    In `command`, FOLDER stands for a new empty folder that is removed afterwards. `seconds` is
    how long it may take on a slow laptop. `long` parts can be left out.
    """

    code: str
    command: tuple[str, ...]
    seconds: float
    long: bool = False


@dataclass(frozen=True)
class Result:
    """How a part ended; `message` and `cure` in words, `detail` for whoever supports the user."""

    code: str
    passed: bool
    message: str
    cure: str
    detail: str
    seconds: float

    def plain(self) -> Mapping[str, Any]:
        """Return the JSON form."""
        return dict(vars(self))


def _look(code: str) -> Part:
    return Part(code, ("self-test", "--look", code, "--json"), 120.0)


FOLDER = "FOLDER"
PARTS = (
    _look("imports"),
    _look("resources"),
    _look("agent"),
    _look("folders"),
    _look("tls"),
    _look("ssh"),
    Part("window", ("window", "--look"), 120.0),
    Part("practice", ("practice", "--json"), 300.0, long=True),
    Part("tour", ("window", "--tour", FOLDER), 900.0, long=True),
)
