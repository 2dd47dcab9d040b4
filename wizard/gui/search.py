"""The search for servers on the laptop's networks, beside whatever the visit does."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from wizard.gui.mailbox import Mailbox
from wizard.laptop.interfaces import interfaces
from wizard.remote.discover import Found, discover

Seek = Callable[[Callable[[Found], None], Callable[[], bool]], object]
"""(what to call with each server found, whether it was cancelled): runs in a thread."""


class Search(QObject):
    """Looks for servers in a thread of its own; `changed` is emitted whenever there is news.

    A stopped search may take a moment to end; whatever it still finds is not told.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.found: tuple[Found, ...] = ()
        self.running = False
        self._cancel = threading.Event()
        self._threads: list[threading.Thread] = []
        self._mailbox = Mailbox(self)

    def start(self, seek: Seek) -> None:
        """Begin a new search; an earlier one is stopped and its results are forgotten."""
        self.stop()
        self.found = ()
        self.running = True
        self._cancel = cancel = threading.Event()

        def work() -> None:
            try:
                seek(lambda one: self._mailbox.post(self._hear, cancel, one), cancel.is_set)
            finally:
                self._mailbox.post(self._hear, cancel, None)

        thread = threading.Thread(target=work, name="search", daemon=True)
        self._threads = [t for t in self._threads if t.is_alive()] + [thread]
        thread.start()
        self.changed.emit()

    def stop(self) -> None:
        """Stop at once; what was found stays."""
        self._cancel.set()
        if self.running:
            self.running = False
            self.changed.emit()

    def forget(self) -> None:
        """Stop, and forget what was found."""
        self.stop()
        self.found = ()

    def close(self) -> None:
        """Stop, and wait for the threads to end."""
        self.stop()
        for thread in self._threads:
            thread.join(10.0)
        self._threads.clear()

    def _hear(self, token: threading.Event, one: Found | None) -> None:
        """Take what the search of a token found, None at its end."""
        if token is not self._cancel or token.is_set():
            return
        if one is None:
            self.running = False
        else:
            self.found = (*self.found, one)
        self.changed.emit()


def on_the_networks(on_found: Callable[[Found], None], cancelled: Callable[[], bool]) -> None:
    """Look on every network that this laptop is in; see wizard.remote.discover."""
    discover(interfaces(), on_found=on_found, cancelled=cancelled)
