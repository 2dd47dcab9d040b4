"""What is looked at right after the login, before anybody fills in a page for nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from wizard.agent import wire
from wizard.plan import ports
from wizard.plan.clock import wrong
from wizard.plan.draft import Draft
from wizard.plan.managers import choose
from wizard.plan.packages import packages
from wizard.plan.words import PRECHECKS, WORDS
from wizard.problem import say
from wizard.site.flow import Walk
from wizard.site.model import Site

FULL = 50_000_000  # bytes; less does not hold the copies that a way back needs
LOW = 1_000_000_000  # bytes; logs and a few packages fill that in weeks
ARCHITECTURES = ("amd64", "arm64")  # for which the CHT's images are built
OLDEST = {"debian": 11.0, "raspbian": 11.0, "ubuntu": 20.04}  # the first with Python 3.8
MANDATORY = ("login", "sudo", "pending", "systemd", "disk", "manager")
"""Beginnings of the codes of what must not have failed; the rest is advice."""
_KIND = {"networkd": "systemd-networkd", "networkmanager": "NetworkManager"}
_AGAIN = "Wait until it has finished, then look again."


@dataclass(frozen=True)
class Precheck:
    """One thing that was looked at. States: passed, warning, failed, note.

    A `mandatory` one that failed keeps one from going on; the others are advice.
    """

    code: str
    state: str
    message: str
    cure: str = ""
    mandatory: bool = False


def prechecks(facts: wire.Facts, *, now: float, walk: Walk = Walk.SETUP) -> tuple[Precheck, ...]:
    """Judge what the login has shown; pure. `now` is the laptop's clock, in seconds since 1970.

    A walk that sets nothing up does not look at what only that needs, and for a mere check
    nothing is mandatory.
    """
    found = [_found("login"), _found("sudo"), _carrier(facts), *_pending(facts)]
    found += [_systemd(facts), _release(facts), _architecture(facts), _disk(facts)]
    found += [_clock(facts, now), _web(facts)]
    if walk is Walk.SETUP:
        found += [*_manager(facts), _packages(facts), *_ports(facts)]
    if facts.problems:
        found.append(_found("unread", "warning", parts="; ".join(facts.problems)))
    needed = () if walk is Walk.CHECK else MANDATORY
    return tuple(_weighed(p, p.code.startswith(needed)) for p in found)


def in_the_way(found: tuple[Precheck, ...]) -> tuple[Precheck, ...]:
    """Return what keeps one from going on."""
    return tuple(p for p in found if p.mandatory and p.state == "failed")


def _found(code: str, state: str = "passed", **arguments: Any) -> Precheck:
    """Return a finding with its own sentence."""
    return Precheck(code, state, *say(PRECHECKS, code, arguments))


def _weighed(one: Precheck, mandatory: bool) -> Precheck:
    """Return a finding with its weight: what is not needed cannot fail."""
    state = "warning" if one.state == "failed" and not mandatory else one.state
    return replace(one, state=state, mandatory=mandatory)


def _planned(draft: Draft, state: str, cure: str = "") -> Precheck | None:
    """Return what planning says about the same, if it says anything."""
    if not draft.problems:
        return None
    first = draft.problems[0]
    return Precheck(first.code, state, first.message, cure or first.cure)


def _carrier(facts: wire.Facts) -> Precheck:
    asking = facts.connection
    if asking is None:
        return _found("carrier-unknown", "note", address=facts.system.hostname)
    interface = facts.interface(asking.interface)
    if interface is None:
        return _found("carrier-unknown", "note", address=asking.server)
    where = {"address": asking.server, "interface": interface.name}
    if interface.kind == "wifi":
        return _found("carrier-wifi", "warning", **where)
    return _found("carrier", **where)


def _pending(facts: wire.Facts) -> Iterator[Precheck]:
    pending = facts.pending
    if pending is None:
        yield _found("pending")
        return
    when = f"{datetime.fromtimestamp(pending.since):%H:%M}"
    if pending.alive and pending.state != "applied":  # then it only waits for a confirmation
        yield _found("pending-busy", "failed", who=pending.who, when=when)
        return
    left = pending.seconds_left
    seconds = f" in {max(1, round(left / 60))} min" if left is not None else " at its next start"
    yield _found("pending-left", "failed", who=pending.who, when=when, seconds=seconds)


def _systemd(facts: wire.Facts) -> Precheck:
    init = facts.system.init
    if init == "systemd":
        return _found("systemd")
    return _found("systemd-missing", "failed", init=init)


def _release(facts: wire.Facts) -> Precheck:
    system = facts.system
    name = system.pretty_name or f"{system.id} {system.version_id}".strip() or "an unknown system"
    oldest = OLDEST.get(system.id)
    if oldest is None:
        return _found("release-unknown", "warning", release=name)
    version = re.match(r"\d+(\.\d+)?", system.version_id)
    # Debian's testing has no version at all
    if version is not None and float(version[0]) < oldest:
        return _found("release-old", "warning", release=name)
    return _found("release", release=name)


def _architecture(facts: wire.Facts) -> Precheck:
    kind = facts.system.architecture
    if kind in ARCHITECTURES:
        return _found("architecture", architecture=kind)
    return _found("architecture-unknown", "warning", architecture=kind)


def _disk(facts: wire.Facts) -> Precheck:
    for disk in facts.disks:
        if disk.read_only:
            return _found("disk-read-only", "failed", path=disk.path)
    if not facts.disks:
        return _found("unread", "warning", parts="disk")
    tightest = min(facts.disks, key=lambda d: d.free)
    free = size(tightest.free)
    if tightest.free < FULL:
        return _found("disk-full", "failed", free=free, path=tightest.path)
    if tightest.free < LOW:
        return _found("disk-low", "warning", free=free)
    return _found("disk", free=free)


def size(amount: int) -> str:
    """Return bytes as people say them: "60 GB", "300 MB"."""
    if amount >= 10**9:
        return f"{amount / 10**9:.0f} GB"
    return f"{amount / 10**6:.0f} MB"


def _clock(facts: wire.Facts, now: float) -> Precheck:
    draft = Draft(Site(), facts)
    wrong(draft, datetime.fromtimestamp(now, UTC))
    return _planned(draft, "warning") or _found("clock")


def _web(facts: wire.Facts) -> Precheck:
    ours = [w for w in facts.web if w.kind in ("cht", "cht3")]
    if ours:
        first = next((w for w in ours if w.running), ours[0])
        about = {"version": first.version, "name": first.container or first.unit}
        if first.running:
            return _tidy(_found("cht", **about))
        return _tidy(_found("cht-stopped", "warning", **about, status=first.status))
    if facts.kubernetes:
        return _found("kubernetes", "warning", kubernetes=facts.kubernetes)
    if facts.web:
        other = facts.web[0]
        return _found("web", "note", name=other.container or other.unit)
    state = "Docker is not installed." if not facts.docker.installed else ""
    if facts.docker.installed and not facts.docker.running:
        state = "Docker is not running."
    message, _ = say(WORDS, "web-none", {"docker": facts.docker.error or state})
    return Precheck("web-none", "warning", message.strip(), "Start Docker and the CHT on it.")


def _tidy(one: Precheck) -> Precheck:
    """A CHT whose version is not known has no blank in its place."""
    return replace(one, message=one.message.replace("  ", " "))


def _deciding(facts: wire.Facts) -> wire.Interface | None:
    """The interface that the network manager is asked about: the one that carries us."""
    asking = facts.connection
    carrier = facts.interface(asking.interface) if asking is not None else None
    if carrier is not None and carrier.kind not in ("loopback", "virtual"):
        return carrier
    real = [i for i in facts.interfaces if i.kind not in ("loopback", "virtual") and not i.master]
    return next((i for i in real if i.carrier), real[0] if real else None)


def _manager(facts: wire.Facts) -> Iterator[Precheck]:
    interface = _deciding(facts)
    if interface is None:
        return
    draft = Draft(Site(), facts)
    name = choose(draft, interface)
    refusal = _planned(draft, "failed")
    if refusal is not None:
        yield refusal
        return
    behind = _KIND.get(facts.network.renderer, facts.network.renderer)
    known = _KIND.get(name, name)
    both = f"{known} ({behind})" if behind and name == facts.network.manager else known
    yield _found("manager", manager=both)


def _packages(facts: wire.Facts) -> Precheck:
    draft = Draft(Site(), facts)
    fetched = packages(draft)
    locked = bool(facts.packages.lock)
    if not draft.problems and locked:
        draft.problem("packages-locked", "", process=facts.packages.lock)
    refusal = _planned(draft, "warning", _AGAIN if locked else "")
    if refusal is not None:
        return refusal
    if fetched:
        return _found("packages-fetched", "note", names=", ".join(fetched[0].names))
    return _found("packages")


def _ports(facts: wire.Facts) -> Iterator[Precheck]:
    interface = _deciding(facts)
    if interface is None:
        return
    draft = Draft(Site(), facts)
    ports.held(draft, interface)
    if not draft.problems:
        yield _found("ports")
    for one in draft.problems:
        yield Precheck(one.code, "warning", one.message, one.cure)
