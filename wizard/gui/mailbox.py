"""The one way from other threads into the window's, and where garbage is thrown away."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

SWEEP = 500  # milliseconds between two looks at how much garbage there may be


class Mailbox(QObject):
    """Takes calls from any thread and makes them, in their order, in the thread of the window.

    Nothing of Python travels through Qt's queue: the last reference to a widget could be let go
    by a thread that must not touch it.
    """

    _one = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._calls: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._one.connect(self._make, Qt.ConnectionType.QueuedConnection)

    def post(self, call: Callable[..., object], *arguments: Any) -> None:
        """Let the window's thread call it soon. Callable from every thread; never waits."""
        self._calls.append((call, arguments))
        self._one.emit()

    @Slot()
    def _make(self) -> None:
        call, arguments = self._calls.popleft()
        call(*arguments)


class Sweeper(QObject):
    """Throws cyclic garbage away in the thread of the window only.

    Python does so in whichever thread happens to allocate; widgets in the garbage would be
    destroyed by a thread that Qt forbids it to, which has hung the window.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        timer = QTimer(self, interval=SWEEP)
        timer.timeout.connect(self.sweep)
        timer.start()

    @Slot()
    def sweep(self) -> None:
        """Collect the oldest generation that is due, by Python's own thresholds."""
        counts = zip(gc.get_count(), gc.get_threshold(), strict=True)
        due = [generation for generation, (have, most) in enumerate(counts) if have > most]
        if due:
            gc.collect(max(due))
