"""The closed set of changes: one module per kind, each able to check, look, do and undo.

A module has:

    check(step, change)           before anything is changed; raises StepError to refuse
    look(step, change) -> before  what is there now: plain data, all that undoing needs
    do(step, change, before)      the act; returns what it did ({"skipped": True}: nothing to do)
    UNDO: phase -> function       of (step, before); the phases are those of `restore`

Undoing works from `before` alone, also when the act was cut off in the middle, and may be
repeated. It raises StepError when something could not be put back.
"""

from __future__ import annotations

import importlib
import time
from typing import Any, Callable, Dict, List, Optional

from ..host import Done, Host
from ..journal import Journal

KINDS = (
    "packages",
    "file",
    "service",
    "address",
    "network",
    "ports",
    "certificate",
    "clock",
    "radio",
)

Plain = Dict[str, Any]


class StepError(Exception):
    """A step could not be checked, done or undone; `code` has a sentence on the laptop."""

    def __init__(self, code: str, detail: str = "") -> None:
        Exception.__init__(self, "%s: %s" % (code, detail))
        self.code = code
        self.detail = detail


class Timings:
    """How long things may take, in seconds; tests give shorter ones."""

    settle = 3.0  # a unit that dies does so at once: missing file, port taken
    service = 90.0  # systemd's own limit for a start or stop
    prove = 45.0  # the laptop tries a login for 30 s
    reload = 120.0  # netplan apply on a slow machine takes 10 s, with bonds and Wi-Fi longer
    address = 45.0  # duplicate address detection, spanning tree on the switch
    old_address = 60.0  # DHCP gives up its first round after about that time
    served = 20.0  # nginx reload, or a container's start
    packages = 900.0  # a slow line
    apt_lock = 120.0  # unattended upgrades
    probe = 15.0  # the longest that a question to the LAN waits for answers
    takeover = 120.0  # how long the timer waits for a running step to end
    poll = 0.1

    def __init__(self, **seconds: float) -> None:
        for name, value in seconds.items():
            if not hasattr(Timings, name):
                raise TypeError(name)
            setattr(self, name, value)


class Step:
    """What a change may use: the machine, its journal, and a voice."""

    def __init__(
        self,
        host: Host,
        journal: Journal,
        index: int,
        timings: Timings,
        say: Callable[[str], None],
        shared: Plain,
        order: Optional[Plain] = None,
        when: str = "now",
    ) -> None:
        self.host = host
        self.journal = journal
        self.index = index
        self.timings = timings
        self.say = say
        self.shared = shared  # lives as long as the transaction's process
        self.order = order or {}
        self.when = when  # restoring: "now", or the stage at boot: "files", "containers"

    def keep(self, name: str, data: bytes) -> str:
        """Keep a before-image of this step; returns the name to ask for it."""
        return self.journal.keep("%03d-%s" % (self.index, name), data)

    def run(self, argv: List[str], timeout: float, code: str) -> Done:
        """Run a command that has to succeed; raises StepError with what it said."""
        done = self.host.run(argv, timeout=timeout)
        if not done.ok:
            raise StepError(code, said(done, argv))
        return done

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until a condition holds, at most that long; tells whether it does."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() >= deadline:
                return False
            time.sleep(self.timings.poll)
        return True


def module(kind: str) -> Any:
    """Return the module of a kind of change; raises StepError "bad-order"."""
    if kind not in KINDS:
        raise StepError("bad-order", "unknown change %r" % (kind,))
    return importlib.import_module("." + kind, __name__)


def name(change: Plain) -> str:
    """Return a short name of a change, without secrets: "file /etc/hosts"."""
    kind = change["kind"]
    if kind == "packages":
        subject = " ".join(change["names"])
    elif kind == "address":
        subject = "%s on %s" % (change["address"], change["interface"])
    elif kind == "clock":
        subject = "%+.1f s" % change["offset"]
    elif kind == "ports":
        subject = " ".join(change["ports"])
    elif kind == "certificate":
        subject = change["container"] or change["certificate_path"]
    else:
        subject = change[
            {"file": "path", "service": "unit", "network": "interface", "radio": "interface"}[kind]
        ]
    return "%s %s" % (kind, subject)


def said(done: Done, argv: List[str]) -> str:
    """Return what a failed command said, its end, short enough for a person."""
    text = (done.err.strip() or done.out.strip())[-600:]
    return "%s: %s" % (argv[0], text or "ended with %d" % done.code)
