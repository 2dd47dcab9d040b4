"""Calls to an agent whose server may leave its address before it has answered."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from wizard.remote.agent import AgentLink
from wizard.remote.session import Session
from wizard.remote.words import Lost

SILENT = 5.0  # seconds without a word after which it is asked whether anybody is there
AT_THE_BREAK = 1.0  # the same while the server changes its network
TICK = 0.1


class Moving:
    """One call at a time, given up when nobody takes connections any more where it went.

    An address that was taken away says nothing: neither end of a TCP connection to it would
    notice for minutes. `answers` tells whether a session's host and port take a connection.
    """

    def __init__(self, answers: Callable[[Session], bool]) -> None:
        self.patience = SILENT
        self._answers = answers
        self._heard = 0.0

    def call(
        self,
        link: AgentLink,
        verb: str,
        arguments: Mapping[str, Any],
        on_event: Callable[[Mapping[str, Any]], None],
        timeout: float,
        cancel: threading.Event | None = None,
    ) -> dict[str, Any]:
        """Call a verb as AgentLink.call does; `cancel` is passed on as "stop" while it runs.

        Raises Lost also when the server is not there any more; then the link is closed.
        """
        over = threading.Event()
        self._heard = time.monotonic()

        def hear(event: Mapping[str, Any]) -> None:
            on_event(event)
            self._heard = time.monotonic()

        watcher = threading.Thread(
            target=self._watch, args=(link, over, cancel), name="watch", daemon=True
        )
        watcher.start()
        try:
            return link.call(verb, arguments, on_event=hear, timeout=timeout)
        finally:
            over.set()
            watcher.join(2.0)

    def _watch(
        self, link: AgentLink, over: threading.Event, cancel: threading.Event | None
    ) -> None:
        told = False
        while not over.wait(TICK):
            if cancel is not None and cancel.is_set() and not told:
                told = True
                with contextlib.suppress(Lost):
                    link.control("stop")
            if time.monotonic() - self._heard > self.patience:
                if not self._answers(link.session) and not over.is_set():
                    link.close()
                    return
                self._heard = time.monotonic()
