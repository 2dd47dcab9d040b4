"""The walk through the wizard: its steps in order, and what a changed answer makes stale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from wizard.problem import Problem
from wizard.site.model import Site
from wizard.site.problems import unaccepted


class Step(StrEnum):
    """One page of the walk."""

    CONNECT = "connect"
    STATIC_IP = "static_ip"
    DOMAIN = "domain"
    CERTIFICATE = "certificate"
    DNS_DHCP = "dns_dhcp"
    ACCESS_POINT = "access_point"
    REVIEW = "review"
    APPLY = "apply"
    LIVE_CHECK = "live_check"
    READINESS = "readiness"
    DONE = "done"


class Walk(StrEnum):
    """What the staff came for."""

    SETUP = "setup"
    RENEW = "renew"
    CHECK = "check"


class State(StrEnum):
    """How a step stands: not yet seen, left as it should be, to be looked at again, or wrong."""

    TODO = "todo"
    DONE = "done"
    AGAIN = "again"
    ATTENTION = "attention"


WALKS: Mapping[Walk, tuple[Step, ...]] = {
    Walk.SETUP: tuple(Step),
    Walk.RENEW: (
        Step.CONNECT,
        Step.CERTIFICATE,
        Step.REVIEW,
        Step.APPLY,
        Step.LIVE_CHECK,
        Step.DONE,
    ),
    Walk.CHECK: (Step.CONNECT, Step.LIVE_CHECK, Step.READINESS, Step.DONE),
}

DECISIONS = (Step.STATIC_IP, Step.DOMAIN, Step.CERTIFICATE, Step.DNS_DHCP, Step.ACCESS_POINT)
"""Steps that only decide: open at any time, with and without a server."""

_PARTS: Mapping[Step, tuple[str, ...]] = {
    Step.CONNECT: ("server",),
    Step.STATIC_IP: ("static_ip",),
    Step.DOMAIN: ("domain",),
    Step.CERTIFICATE: ("certificate", "domain"),
    Step.DNS_DHCP: ("dns_dhcp", "clock", "static_ip"),
    Step.ACCESS_POINT: ("access_point", "static_ip"),
    Step.READINESS: ("readiness",),
}
_EVERYTHING = (
    "static_ip", "domain", "certificate", "dns_dhcp", "clock", "access_point", "accept",
)  # fmt: skip

_PAGE_OF = {
    "name": Step.CONNECT,
    "version": Step.CONNECT,
    "server": Step.CONNECT,
    "clock": Step.DNS_DHCP,
} | {step.value: step for step in (*DECISIONS, Step.READINESS)}
_PAGE_OF["request"] = Step.CERTIFICATE


def page_of(path: str) -> Step:
    """Return the step that owns a field ("dns_dhcp.first"); what nobody owns is told in Review."""
    return _PAGE_OF.get(path.partition(".")[0].partition("[")[0], Step.REVIEW)


@dataclass(frozen=True)
class Flow:
    """Where somebody is in a walk. `agreed` holds what each step was left with.

    A step is stale when the part of the site that it looks at is no longer what it was when the
    step was left; nothing is ever erased.
    """

    walk: Walk = Walk.SETUP
    step: Step = Step.CONNECT
    agreed: Mapping[Step, tuple[object, ...]] = field(default_factory=dict)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of this walk, in order."""
        return WALKS[self.walk]

    @property
    def next(self) -> Step | None:
        """The step after this one; None at the end."""
        index = self.steps.index(self.step) + 1
        return self.steps[index] if index < len(self.steps) else None

    @property
    def previous(self) -> Step | None:
        """The step before this one; None at the beginning."""
        index = self.steps.index(self.step) - 1
        return self.steps[index] if index >= 0 else None

    def go(self, step: Step) -> Flow:
        """Return the flow at another step. Raises ValueError when this walk has no such step."""
        if step not in self.steps:
            raise ValueError(f"{self.walk} has no {step}")
        return replace(self, step=step)

    def agree(self, step: Step, site: Site) -> Flow:
        """Return the flow after a step was left as it should be."""
        return replace(self, agreed={**self.agreed, step: _seen(step, site)})

    def forget(self, *steps: Step) -> Flow:
        """Return the flow with these steps not yet done."""
        return replace(self, agreed={k: v for k, v in self.agreed.items() if k not in steps})

    def state(self, step: Step, site: Site, found: Iterable[Problem] = ()) -> State:
        """Say how a step stands; `found` are all problems known of the site."""
        if step not in self.agreed:
            return State.TODO
        if any(page_of(p.field) is step for p in unaccepted(found, site.accept)):
            return State.ATTENTION
        return State.DONE if self.agreed[step] == _seen(step, site) else State.AGAIN

    def open(self, step: Step) -> bool:
        """Whether one may jump to a step now; what acts on the server is reached by walking."""
        if step not in self.steps:
            return False
        return (
            step in (Step.CONNECT, Step.REVIEW, Step.READINESS, *DECISIONS) or step in self.agreed
        )


def _seen(step: Step, site: Site) -> tuple[object, ...]:
    return tuple(getattr(site, part) for part in _PARTS.get(step, _EVERYTHING))
