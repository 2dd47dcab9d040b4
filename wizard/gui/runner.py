"""One thread for everything that takes time: the server is asked one thing after another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

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
    _over = Signal(object, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="visit")
        self._jobs: list[Job[Any]] = []
        self._closed = False
        self._over.connect(self._finish)

    @property
    def busy(self) -> str:
        """What is being done now; "" when nothing is."""
        return next((job.busy for job in self._jobs if not job.dropped), "")

    @property
    def idle(self) -> bool:
        """Whether nothing is waited for."""
        return all(job.dropped for job in self._jobs)

    def start(
        self,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[UserError], None],
        busy: str,
    ) -> Job[T]:
        """Queue some work; `done` or `failed` is called in the thread of the window."""
        job = Job(work, done, failed, busy)
        self._jobs.append(job)
        self._pool.submit(self._run, job)
        self.busy_changed.emit(self.busy)
        return job

    def _run(self, job: Job[Any]) -> None:
        result: Any = None
        error: BaseException | None = None
        try:
            if not job.dropped:
                result = job.work()
        except BaseException as caught:  # a worker that dies silently would hang the window
            error = caught
        if not self._closed:
            self._over.emit(job, result, error)

    @Slot(object, object, object)
    def _finish(self, job: Job[Any], result: Any, error: BaseException | None) -> None:
        if job in self._jobs:
            self._jobs.remove(job)
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
        for job in self._jobs:
            job.drop()
        self._pool.shutdown(wait=True, cancel_futures=True)
