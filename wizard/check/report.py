"""All results of one run, and what they mean together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from wizard.check.model import STATES, Result


@dataclass(frozen=True)
class Report:
    """Results in dependency order: what comes first has to work first.

    `served`: the chain that the web server sent, DER, leaf first; () when it sent none.
    """

    results: tuple[Result, ...]
    seconds: float = 0.0
    cancelled: bool = False
    served: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def first_broken(self) -> Result | None:
        """The first failed link of the chain: the one to mend first."""
        return next((each for each in self.results if each.state == "failed"), None)

    @property
    def exit_code(self) -> int:
        """0 when nothing failed, 1 otherwise; a run that was cut short proves nothing: 1."""
        return 1 if self.cancelled or self.first_broken is not None else 0

    def result(self, code: str) -> Result | None:
        """Return the result of one check, if it was among them."""
        return next((each for each in self.results if each.code == code), None)

    def plain(self) -> dict[str, Any]:
        """Return the JSON form."""
        broken = self.first_broken
        return {
            "exit_code": self.exit_code,
            "first_broken": broken.code if broken else "",
            "cancelled": self.cancelled,
            "seconds": round(self.seconds, 3),
            "count": {s: sum(each.state == s for each in self.results) for s in STATES},
            "results": [each.plain() for each in self.results],
        }
