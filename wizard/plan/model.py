"""A plan: what will be changed, in which order, what is in the way, what it interrupts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from wizard.agent import wire
from wizard.plan import diff, sentences
from wizard.plan.words import PlanError
from wizard.problem import Problem

# Long enough for a laptop to get a new address behind a switch with spanning tree (up to 60 s),
# short enough to wait for when nothing comes back.
CONFIRM_SECONDS = 180
EXACT = 5.0  # seconds; a clock that differs by less is not worth a change


@dataclass(frozen=True)
class Interruption:
    """Something that stops working for a moment. `seconds` is an estimate."""

    code: str
    seconds: int
    sentence: str

    def plain(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"code": self.code, "seconds": self.seconds, "sentence": self.sentence}


def _alike(one: wire.Change, other: wire.Change) -> bool:
    if isinstance(one, wire.SetClock) and isinstance(other, wire.SetClock):
        return abs(one.offset - other.offset) <= EXACT
    return one == other


@dataclass(frozen=True)
class Plan:
    """The changes that bring a server to what its site wants; none when it is there already."""

    changes: tuple[wire.Change, ...]
    problems: tuple[Problem, ...]
    now: datetime
    interface: str = ""
    who: str = ""
    renew: bool = False
    no_op: str = ""
    before: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The texts of the files to be changed, as the facts had them."""

    @property
    def empty(self) -> bool:
        """True when there is nothing to change."""
        return not self.changes

    @property
    def forbidden(self) -> bool:
        """True when a problem, or a warning that nobody accepted, is in the way."""
        return any(p.severity in ("problem", "warning") for p in self.problems)

    def does_the_same(self, other: Plan) -> bool:
        """True when both have the same changes; a clock is never measured twice alike."""
        both = list(zip(self.changes, other.changes, strict=False))
        return len(self.changes) == len(other.changes) and all(_alike(*two) for two in both)

    @property
    def interruptions(self) -> tuple[Interruption, ...]:
        """What will not work for a moment while the plan is carried out."""
        return tuple(Interruption(*one) for one in sentences.interruptions(self.changes))

    @property
    def confirm(self) -> bool:
        """True when the server could become unreachable: the network or the firewall changes."""
        return any(
            change.kind in ("address", "network", "ports")
            # A bridge takes another hardware address with a port.
            or (isinstance(change, wire.SetRadio) and bool(change.bridge))
            for change in self.changes
        )

    def sentence(self, change: wire.Change) -> str:
        """Return what a change does, for people."""
        return sentences.sentence(change)

    def diff(self, change: wire.Change | int) -> str:
        """Return the unified diff of a file's change (or its index); "" for other changes."""
        one = self.changes[change] if isinstance(change, int) else change
        if not isinstance(one, wire.WriteFile):
            return ""
        return diff.unified(
            one.path,
            self.before.get(one.path, ""),
            one.content,
            existed=bool(one.before),
            secret=one.secret,
        )

    @property
    def makes_bridge(self) -> bool:
        """True when the change of network joins a cable to a bridge."""
        return any(isinstance(c, wire.ReloadNetwork) and c.port for c in self.changes)

    def order(self, who: str = "", prove: bool = True) -> wire.Order:
        """Return what the agent is given. Raises PlanError "forbidden" when a problem is left.

        `prove`: the laptop can try the new address before the old one goes; without a new
        address there is nothing to prove. Warnings are the caller's to ask about.
        """
        codes = [p.code for p in self.problems if p.severity == "problem"]
        if codes:
            raise PlanError("forbidden", codes=", ".join(codes))
        reload = next((c for c in self.changes if isinstance(c, wire.ReloadNetwork)), None)
        return wire.Order(
            id=self._id(),
            who=who or self.who,
            changes=self.changes,
            confirm=self.confirm,
            seconds=CONFIRM_SECONDS,
            address=reload.address.partition("/")[0] if reload else "",
            address6=reload.address6.partition("/")[0] if reload else "",
            prove=prove and any(isinstance(c, wire.AddAddress) for c in self.changes),
            interface=reload.interface if reload else self.interface,
        )

    def plain(self) -> dict[str, Any]:
        """Return the JSON form, without keys and secrets."""
        return {
            "empty": self.empty,
            "no_op": self.no_op if self.empty else "",
            "confirm": self.confirm,
            "changes": [self._plain_change(change) for change in self.changes],
            "problems": [p.plain() for p in self.problems],
            "interruptions": [i.plain() for i in self.interruptions],
        }

    def _plain_change(self, change: wire.Change) -> dict[str, Any]:
        data: dict[str, Any] = wire.encode(change)
        if isinstance(change, wire.InstallCertificate):
            count = change.chain.count("-----BEGIN CERTIFICATE-----")
            data |= {"key": diff.HIDDEN, "chain": f"({count} certificates)"}
        if isinstance(change, wire.WriteFile) and change.secret:
            # A hash of a short secret tells the secret to whoever has time.
            data |= {"content": diff.HIDDEN, "before": diff.HIDDEN if change.before else ""}
        return {**data, "sentence": self.sentence(change), "diff": self.diff(change)}

    def _id(self) -> str:
        """The time, and a hash of what will be done; never of a secret."""
        text = json.dumps(self.plain(), sort_keys=True)
        return f"{self.now:%Y%m%d-%H%M%S}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
