"""Runs checks: in dependency order, side by side where independent, each bounded in time."""

from __future__ import annotations

import queue
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from wizard.check import words
from wizard.check.base import Check, Notes, Said, failed, skipped
from wizard.check.model import Result, Surroundings, Target
from wizard.check.report import Report

PARALLEL = 8
_TICK = 0.1  # seconds between two looks at `cancel`


def run(
    checks: Sequence[Check],
    target: Target,
    surroundings: Surroundings,
    on_result: Callable[[Result], None] | None = None,
    cancel: threading.Event | None = None,
) -> Report:
    """Run the checks and return all results in the order of `checks`.

    `on_result` is called in the caller's thread as results come. A check that overruns its
    limit is given up: its thread (a daemon) is left behind, because a thread that hangs in the
    operating system's resolver cannot be stopped. `needs` of checks that are not among `checks`
    count as fulfilled, so that one page can be checked alone. Raises ValueError for a cycle or
    a code that is there twice.
    """
    return _Run(checks, target, surroundings, on_result, cancel or threading.Event()).all()


@dataclass
class _Job:
    check: Check
    begun: float

    @property
    def overdue(self) -> float:
        return self.begun + self.check.limit


class _Run:
    def __init__(
        self,
        checks: Sequence[Check],
        target: Target,
        around: Surroundings,
        on_result: Callable[[Result], None] | None,
        cancel: threading.Event,
    ) -> None:
        self.checks = {each.code: each for each in checks}
        if len(self.checks) != len(checks):
            raise ValueError("a check is there twice")
        self.target, self.around = target, around
        self.on_result, self.cancel = on_result, cancel
        self.notes = Notes()
        self.results: dict[str, Result] = {}
        self.running: dict[str, _Job] = {}
        self.ended: queue.SimpleQueue[tuple[str, Said]] = queue.SimpleQueue()
        self.cancelled = False

    def all(self) -> Report:
        begun = time.monotonic()
        graph = TopologicalSorter(
            {
                code: [n for n in (*check.needs, *check.after) if n in self.checks]
                for code, check in self.checks.items()
            }
        )
        graph.prepare()
        waiting: list[str] = []
        while graph.is_active():
            waiting += graph.get_ready()
            for code in self._advance(waiting):
                graph.done(code)
        return Report(
            tuple(self.results[code] for code in self.checks),
            time.monotonic() - begun,
            self.cancelled,
            self.notes.chain,
        )

    def _advance(self, waiting: list[str]) -> list[str]:
        """Start what may start, wait for something to end, return what has ended."""
        done: list[str] = []
        while waiting and (len(self.running) < PARALLEL or self.cancel.is_set()):
            code = waiting.pop(0)
            if self.cancel.is_set():
                self._cancelled(code)
            elif because := self._broken(code):
                name = words.NAMES[because]
                self._note(code, skipped("dependency", name=name), 0.0, because)
            else:
                self._start(code)
                continue
            done.append(code)
        if done or not self.running:
            return done
        return self._wait()

    def _broken(self, code: str) -> str:
        """Return the failed check at the root of why this one is pointless, or ""."""
        for need in self.checks[code].needs:
            result = self.results.get(need)
            if result is not None and result.state == "failed":
                return need
            if result is not None and result.because:
                return result.because
        return ""

    def _start(self, code: str) -> None:
        job = self.running[code] = _Job(self.checks[code], time.monotonic())

        def work() -> None:
            try:
                said = job.check.run(self.target, self.around, self.notes)
                words.sentence(code, said, self.target)  # a missing sentence is a defect too
            except Exception as error:
                said = _defect(error)
            self.ended.put((code, said))

        threading.Thread(target=work, name=f"check-{code}", daemon=True).start()

    def _wait(self) -> list[str]:
        due = min(job.overdue for job in self.running.values()) - time.monotonic()
        try:
            code, said = self.ended.get(timeout=max(0.0, min(due, _TICK)))
        except queue.Empty:
            return self._give_up()
        if code not in self.running:  # it was given up before
            return []
        self._note(code, said, time.monotonic() - self.running.pop(code).begun)
        return [code]

    def _give_up(self) -> list[str]:
        now = time.monotonic()
        if self.cancel.is_set():
            gone = list(self.running)
        else:
            gone = [code for code, job in self.running.items() if now >= job.overdue]
        for code in gone:
            job = self.running.pop(code)
            if now < job.overdue:
                self._cancelled(code)
            else:
                said = failed("timeout", limit=f"{job.check.limit:g}")
                self._note(code, said, now - job.begun)
        return gone

    def _cancelled(self, code: str) -> None:
        self.cancelled = True
        self._note(code, skipped("cancelled"), 0.0)

    def _note(self, code: str, said: Said, seconds: float, because: str = "") -> None:
        text = words.sentence(code, said, self.target)
        self.results[code] = result = Result(
            code=code,
            name=words.NAMES[code],
            state=said.state,
            message=text.message,
            cause=text.cause,
            cure=text.cure,
            detail=said.detail,
            seconds=round(seconds, 3),
            because=because,
            page=self.checks[code].page,
            variant=said.variant,
        )
        if self.on_result is not None:
            self.on_result(result)


def _defect(error: Exception) -> Said:
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = "".join(f" ({each.name}, line {each.lineno})" for each in last)
    return failed("check-defect", f"{type(error).__name__}: {error}{where}")
