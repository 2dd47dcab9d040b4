"""One thread for everything that takes time: the server is asked one thing after another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, Signal

from wizard.gui.mailbox import Mailbox
from wizard.problem import UserError

T = TypeVar("T")


@dataclass
class Job(Generic[T]):
    """Some work under way. `cancel` is for the work to look at; a dropped job reports nothing."""

    work: Callable[[], T]
    done: Callable[[T], None]
    failed: Callable[[UserError], None]
    busy: str = ""
    cancel: threading.Event = field(default_factory=threading.Event)
    dropped: bool = False

    def drop(self) -> None:
        """Forget the job: its result is not wanted any more."""
        self.dropped = True
        self.cancel.set()


class Runner(QObject):
    """Runs jobs in order, in one thread; their ends are told in the thread of the window.

    `busy_changed` carries the sentence of the running job, "" when there is none; `defect` an
    exception that is no message for a user.
    """

    busy_changed = Signal(str)
    defect = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="visit")
        self._jobs: dict[int, Job[Any]] = {}
        self._number = 0
        self._closed = False
        self._mailbox = Mailbox(self)

    @property
    def busy(self) -> str:
        """What is being done now; "" when nothing is."""
        return next((job.busy for job in self._jobs.values() if not job.dropped), "")

    @property
    def idle(self) -> bool:
        """Whether nothing is waited for."""
        return all(job.dropped for job in self._jobs.values())

    def start(
        self,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[UserError], None],
        busy: str,
    ) -> Job[T]:
        """Queue some work; `done` or `failed` is called in the thread of the window."""
        job = Job(work, done, failed, busy)
        self._number += 1
        self._jobs[self._number] = job
        self._pool.submit(self._run, self._number)
        self.busy_changed.emit(self.busy)
        return job

    def post(self, call: Callable[..., object], *arguments: Any) -> None:
        """Call something in the thread of the window; for work that tells how it goes."""
        if not self._closed:
            self._mailbox.post(call, *arguments)

    def _run(self, number: int) -> None:
        self.post(self._finish, number, *self._work(number))

    def _work(self, number: int) -> tuple[Any, BaseException | None]:
        job = self._jobs[number]
        try:
            return (None if job.dropped else job.work()), None
        except BaseException as error:  # a worker that dies silently would hang the window
            return None, error

    def _finish(self, number: int, result: Any, error: BaseException | None) -> None:
        job = self._jobs.pop(number)
        self.busy_changed.emit(self.busy)
        if isinstance(error, UserError):
            if not job.dropped:
                job.failed(error)
        elif error is not None:
            self.defect.emit(error)
        elif not job.dropped:
            job.done(result)

    def close(self) -> None:
        """Drop all jobs and wait for the thread to end."""
        self._closed = True
        for job in self._jobs.values():
            job.drop()
        self._pool.shutdown(wait=True, cancel_futures=True)
