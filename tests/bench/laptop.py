"""The laptop's side of a measurement: runs inside the laptop's namespace, one JSON line per task.

Tasks: `run` (a command, timed from start to end), `visit` (connect, facts and plan in this Python,
as an open window does it; it stays connected until the next), `apply` (the plan of that visit),
`check`, `close`, `memory`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from wizard import certificate
from wizard.agent import wire
from wizard.plan import Plan
from wizard.remote.agent import AgentLink
from wizard.remote.login import Credentials
from wizard.remote.session import Session
from wizard.site.toml import load
from wizard.visit import Visit

Plain = dict[str, Any]


class Laptop:
    """One open program; counts what it asks the agent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.roots = certificate.Roots.bundled().with_extra([folder / "root.pem"])
        self.logins = 0
        self.links: list[AgentLink] = []
        self.visit: Visit | None = None
        self._plan: Plan | None = None
        self._facts: wire.Facts | None = None
        self._count()

    def _count(self) -> None:
        begin, open_ = AgentLink.__init__, Session.__init__

        def link(this: AgentLink, *arguments: Any, **named: Any) -> None:
            self.links.append(this)
            begin(this, *arguments, **named)

        def session(this: Session, *arguments: Any, **named: Any) -> None:
            self.logins += 1
            open_(this, *arguments, **named)

        mock.patch.object(AgentLink, "__init__", link).start()
        mock.patch.object(Session, "__init__", session).start()

    @contextmanager
    def _timed(self, into: Plain, name: str) -> Iterator[None]:
        asked, logins = self._asked(), self.logins
        begun = time.perf_counter()
        yield
        into[name] = {
            "seconds": time.perf_counter() - begun,
            "round_trips": self._asked() - asked,
            "logins": self.logins - logins,
        }

    def _asked(self) -> int:
        return sum(link.round_trips for link in self.links)

    # ---------------------------------------------------------------------- tasks

    def do_run(self, task: Plain) -> Plain:
        """Time a whole process."""
        begun = time.perf_counter()
        done = subprocess.run(task["argv"], capture_output=True, text=True, cwd=task.get("cwd"))
        seconds = time.perf_counter() - begun
        return {
            "seconds": seconds,
            "code": done.returncode,
            "out": done.stdout,
            "err": done.stderr[-4000:],
        }

    def do_visit(self, task: Plain) -> Plain:
        """Connect, read the facts, plan; what is open from the last visit is closed before."""
        self.do_close({})
        answer: Plain = {}
        site = load(self.folder / "site.toml")
        with self._timed(answer, "visit"):
            visit = self.visit = Visit(site, self.folder, self.folder / "data", roots=self.roots)
            with self._timed(answer, "connect"):
                credentials = Credentials(site.server.user, key_path=site.server.key)
                visit.connect(credentials, accept=task.get("accept"))
            with self._timed(answer, "facts"):
                facts = self._facts = visit.facts()
            with self._timed(answer, "plan"):
                bundle = visit.bundle()
                self._plan = visit.plan(facts, bundle, renew=task.get("renew", False))
                if bundle is not None:
                    visit.findings(bundle, facts)
        answer["seconds"] = answer["visit"]["seconds"]
        answer["changes"] = [change.kind for change in self._plan.changes]
        answer["problems"] = [problem.code for problem in self._plan.problems]
        answer["files"] = [
            {"path": c.path, "content": c.content, "mode": c.mode}
            for c in self._plan.changes
            if isinstance(c, wire.WriteFile)
        ]
        return answer

    def do_apply(self, _task: Plain) -> Plain:
        """Carry out the plan of the visit; an empty one has nothing to carry out."""
        assert self.visit is not None
        assert self._plan is not None
        answer: Plain = {}
        with self._timed(answer, "survey"):
            self.visit.survey(self._plan)
        with self._timed(answer, "apply"):
            outcome = self.visit.apply(self._plan)
        answer["state"] = outcome.state
        answer["failed"] = f"{outcome.failed} {outcome.detail}"
        return answer

    def do_check(self, _task: Plain) -> Plain:
        """Prove it from the client's side."""
        assert self.visit is not None
        assert self._facts is not None
        answer: Plain = {}
        with self._timed(answer, "check"):
            report = self.visit.check(self._facts, self.visit.bundle())
        answer["code"] = report.exit_code
        return answer

    def do_close(self, _task: Plain) -> Plain:
        """End the visit."""
        if self.visit is not None:
            self.visit.close()
        self.visit = None
        self.links.clear()
        return {}

    def do_memory(self, _task: Plain) -> Plain:
        """The most this process ever had, in bytes (proc_pid_status(5), VmHWM)."""
        return {"bytes": peak(Path("/proc/self/status").read_text())}


def peak(status: str) -> int:
    """Return VmHWM of a /proc/PID/status, in bytes."""
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def main() -> None:
    """Do one task after the other until the end of the input."""
    laptop = Laptop(Path(sys.argv[1]))
    for line in sys.stdin:
        task = json.loads(line)
        answer = getattr(laptop, "do_" + task["task"])(task)
        print("answer " + json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
