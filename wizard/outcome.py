"""How an apply ended, in words: what is so now, why, what to do, and which step owns the cure."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.agent import wire
from wizard.plan import Plan
from wizard.problem import tr
from wizard.site.flow import DECISIONS, Step, page_of
from wizard.wording import reason

HEADLINES = {
    "confirmed": "The server is set up, and this laptop has reached it.",
    "renewed": "The new certificate is on the server, and the server shows it.",
    "stopped": "Stopped as you asked. Everything is as it was before.",
    "rolled-back": "It did not work, and everything was put back as it was before.",
    "nothing": "Nothing was changed.",
    "left": "Something could not be put back: {left}.",
}
LEFT = (
    "Everything else was. The server does not try again by itself: restart it, connect again, and "
    "look once more. What it could not put back is kept on it as it was."
)

OWNERS = {
    "unconfirmed": Step.STATIC_IP,
    "timeout": Step.STATIC_IP,
    "unreachable": Step.STATIC_IP,
    "no-answer": Step.STATIC_IP,
    "address-taken": Step.STATIC_IP,
    "address-failed": Step.STATIC_IP,
    "network-failed": Step.STATIC_IP,
    "no-interface": Step.STATIC_IP,
    "clock-changed": Step.DNS_DHCP,
    "clock-failed": Step.DNS_DHCP,
    "certificate-failed": Step.CERTIFICATE,
    "certificate-not-served": Step.CERTIFICATE,
}
"""What failed -> the step whose answers it is about."""


@dataclass(frozen=True)
class Told:
    """An ending. `tone` is ok, warn or err; `owner` is None when no answer can mend it."""

    tone: str
    headline: str
    why: str = ""
    owner: Step | None = None


def headline(outcome: wire.Outcome, *, renew: bool = False) -> str:
    """Say in one sentence how a change ended; `renew` when it was about the certificate alone."""
    if outcome.state == "confirmed":
        return tr(HEADLINES["renewed" if renew else "confirmed"])
    if outcome.left:
        return tr(HEADLINES["left"]).format(left=", ".join(outcome.left))
    return tr(HEADLINES.get(outcome.state, HEADLINES["rolled-back"]))


def told(plan: Plan, outcome: wire.Outcome) -> Told:
    """Say how a plan ended, why, and which step owns the cause."""
    said = headline(outcome, renew=plan.renew)
    if outcome.state == "confirmed":
        return Told("ok", said)
    owner = owner_of(plan, outcome)
    if outcome.left:
        return Told("err", said, f"{tr(LEFT)} {reason(outcome)}".strip(), owner)
    return Told("warn" if outcome.state == "stopped" else "err", said, reason(outcome), owner)


def owner_of(plan: Plan, outcome: wire.Outcome) -> Step | None:
    """Return the step that owns the cause; None when there is no such step."""
    if outcome.failed in OWNERS:
        return OWNERS[outcome.failed]
    if 0 <= outcome.index < len(plan.changes):
        step = page_of(plan.changes[outcome.index].topic)
        return step if step in DECISIONS else None
    return None
