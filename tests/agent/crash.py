"""Kills a real process at every point at which it touches the disk or runs a command.

`python -m tests.agent.crash WHAT FOLDER [FIRST STEP]` prints one JSON object: how many points
there are, and which of them left a server that its next start did not bring into order.
WHAT: apply (power cut during apply), confirm (during confirm), recover (during the recovery
itself), rollback (during a rollback).
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.agent import sandbox
from wizard.agent import names, restore, transaction, units
from wizard.practice.host import PracticeHost

WATCHED = (
    "open", "fsync", "replace", "rename", "unlink", "mkdir", "rmdir", "symlink", "write", "chmod",
)  # fmt: skip


def fuse(limit: int) -> Callable[[], int]:
    """Make this process kill itself before the `limit`-th watched call; returns the counter."""
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1
        if count == limit:
            os.kill(os.getpid(), signal.SIGKILL)

    def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            tick()
            return real(*arguments, **more)

        return call

    for name in WATCHED:
        setattr(os, name, guarded(getattr(os, name)))
    return lambda: count


def in_child(work: Callable[[], Any], limit: int) -> int:
    """Run work in a process of its own that is killed at a point; returns the points passed.

    0 means that it was killed.
    """
    sys.stdout.flush()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        send = os.write
        passed = fuse(limit)
        try:
            work()
            send(write, b"%d" % passed())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        told = stream.read()
    os.waitpid(child, 0)
    return int(told or 0)


class Scene:
    """A server before the cut, and what it has to look like afterwards."""

    def __init__(self, what: str, folder: Path) -> None:
        self.what = what
        self.pattern = folder / "pattern"
        host = sandbox.make(self.pattern)
        self.before = (sandbox.tree(host), sandbox.standing(host))
        self.allowed = [self.before]
        if what in ("confirm", "recover", "rollback"):
            sandbox.apply(host)
        if what == "confirm":
            self.allowed.append(self._confirmed(host, folder))

    def _confirmed(self, host: PracticeHost, folder: Path) -> tuple[Any, Any]:
        twin = self.copy(folder / "twin")
        self._confirm(twin)
        twin.reboot()
        return sandbox.tree(twin), sandbox.standing(twin)

    def copy(self, folder: Path) -> PracticeHost:
        """Return a copy of the server as it was made, for one cut."""
        shutil.copytree(self.pattern, folder, symlinks=True)
        return PracticeHost(folder / "root", timings=sandbox.FAST)

    def _confirm(self, host: PracticeHost) -> None:
        connection = "192.168.50.9 40000 10.20.0.1 22"
        late = float("inf")
        transaction.confirm(host, sandbox.nonce(host), connection, late, sandbox.FAST)

    def work(self, host: PracticeHost) -> None:
        """Do what the power cut interrupts."""
        if self.what == "apply":
            sandbox.apply(host)
        elif self.what == "confirm":
            self._confirm(host)
        elif self.what == "rollback":
            restore.roll_back(host, "user", sandbox.FAST)
        else:
            host.reboot()

    def fault(self, host: PracticeHost) -> str:
        """Say what is wrong after the next start, or ""."""
        pending = transaction.pending(host)
        if pending is not None and pending["state"] == "prepared" and not pending["alive"]:
            # Cut before the boot units were in place: nothing was changed, the next visit tidies.
            restore.roll_back(host, "leftover", sandbox.FAST)
        elif host.exists(units.MARKER):
            # Cut between the last boot unit's link and its file: inert, the next visit tidies.
            if host.run(["systemctl", "is-enabled", names.RECOVER_CONTAINERS_UNIT]).ok:
                return "a boot unit stayed enabled"
            restore.roll_back(host, "leftover", sandbox.FAST)
        found = (sandbox.tree(host), sandbox.standing(host))
        if transaction.pending(host) is not None or host.exists(names.STATE + "/transaction"):
            return "still pending"
        if found in self.allowed:
            return ""
        tree, standing = found
        expected, settled = self.before
        paths = [p for p in sorted({*tree, *expected}) if tree.get(p) != expected.get(p)]
        return f"{paths} {'' if standing == settled else standing}"


def main(what: str, folder: str, first: int = 1, step: int = 1) -> None:
    """Cut at every `step`-th point, restart, compare; twice, as the second start may not harm."""
    base = Path(folder)
    scene = Scene(what, base)
    counted = scene.copy(base / "count")
    points = in_child(lambda: scene.work(counted), 0)
    faults = {}
    for limit in range(first, points + 1, step):
        place = Path(tempfile.mkdtemp(dir=base))
        host = scene.copy(place / "server")
        if in_child(functools.partial(scene.work, host), limit) != 0:
            faults[limit] = "was not killed"
            continue
        fault = ""
        for _ in range(2):
            host.reboot()
            fault = fault or scene.fault(host)
        if fault:
            faults[limit] = fault
        shutil.rmtree(place)
    print(json.dumps({"points": points, "faults": faults}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
