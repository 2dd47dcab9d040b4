"""A restart on purpose, to prove that everything comes back by itself."""

from __future__ import annotations

from typing import Any, Dict, Optional

from . import names, transaction
from .changes import StepError, Timings, said
from .host import Host
from .look import packages
from .transaction import Refused, Transaction

DELAY = 2  # seconds in which the answer reaches the laptop


def restart(host: Host, who: str, timings: Optional[Timings] = None) -> Dict[str, Any]:
    """Have the server restarted in `seconds`; returns the boot that ends with it.

    Raises Refused: busy (a change is unfinished, or somebody is at work), not-root, no-systemd,
    packages-locked, disk-full, read-only; StepError "restart-failed".
    """
    transaction.preflight(host)  # also: what cannot be written to may not start again
    current = Transaction(host, timings)
    if not current.start_lock.take(who=who):
        raise transaction.busy(current)
    try:
        if current.exists() or current.lock.holder() is not None:
            raise transaction.busy(current)
        holder = packages.lock(host)
        if holder:
            raise Refused("packages-locked", holder)
        argv = [
            "systemd-run",
            "--quiet",
            "--collect",
            "--unit=" + names.RESTART_UNIT,
            "--description=CHT Offline Setup: restart the server as asked",
            "--on-active=%d" % DELAY,
            "--timer-property=AccuracySec=100ms",
            "systemctl",
            "reboot",
        ]
        done = host.run(argv, timeout=20.0)
        if not done.ok:
            raise StepError("restart-failed", said(done, argv))
    finally:
        current.start_lock.release()
    return {"boot_id": transaction.boot_id(host), "seconds": DELAY}
