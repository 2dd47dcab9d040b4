"""Waiting for a server that was told to restart, and the proof that it did."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from wizard.remote.agent import AgentError, AgentLink
from wizard.remote.session import Session
from wizard.remote.words import Lost, RemoteError
from wizard.wording import VisitError

BACK = 600.0  # seconds until it has to answer again: an old server checks its disks first
STAYS = 180.0  # seconds after which it will not go down any more: services get 90 to end
LOOK = 0.5  # seconds between two looks
# Connections that do not log in are held against their sender (PerSourcePenalties, sshd_config(5),
# since OpenSSH 9.8), so there are few of them.
PROBE = 3.0
# Until a start is complete, logins may be refused (pam_nologin(8)); each one counts as a wrong
# password to whoever counts them.
REFUSED = 10.0


@dataclass(frozen=True)
class Restarted:
    """A restart that was proved by the kernel's name for each start (boot id)."""

    down: float  # seconds from the first silence to the login
    until_ssh: float  # seconds from the order to the login
    before: str
    after: str


class Restarting:
    """One restart, from the order on.

    `alive` tells whether the old session stands, as far as this side knows; `answers` whether the
    server still takes connections; `login` returns a new session with an agent, or None when
    nobody answers; `phase` is told what is being waited for.
    """

    def __init__(
        self,
        before: str,
        alive: Callable[[], bool],
        answers: Callable[[], bool],
        login: Callable[[], tuple[Session, AgentLink] | None],
        phase: Callable[[str], None],
        cancel: threading.Event,
    ) -> None:
        self.before = before
        self._alive = alive
        self._answers = answers
        self._login = login
        self._phase = phase
        self._cancel = cancel
        self._began = time.monotonic()
        self._detail = ""  # why the last login was refused

    def wait(self) -> tuple[Restarted, Session, AgentLink]:
        """Return once the server has started anew and let us in.

        Raises VisitError: restart-none, restart-lost, restart-unwatched (`cancel` was set);
        RemoteError when another key answers.
        """
        left = self._silence()
        self._phase("restart-down")
        while time.monotonic() - self._began < BACK:
            found = self._attempt()
            if found is None:
                continue
            session, link, after = found
            if after and after != self.before:
                back = time.monotonic()
                done = Restarted(back - left, back - self._began, self.before, after)
                return done, session, link
            _close(session, link)
            self._refuse_to_stay()
            self._pause(LOOK)
        raise VisitError("restart-lost", self._detail, minutes=round(BACK / 60))

    def _silence(self) -> float:
        """Return when the server was first found silent."""
        probed = self._began
        while True:
            now = time.monotonic()
            if not self._alive():
                return now
            if now - probed >= PROBE:
                probed = now
                if not self._answers():
                    return now
            self._refuse_to_stay()
            self._pause(LOOK)

    def _attempt(self) -> tuple[Session, AgentLink, str] | None:
        try:
            found = self._login()
        except RemoteError as error:
            if error.code.startswith("host-key"):
                raise
            self._detail = str(error)
            self._pause(REFUSED)
            return None
        if found is None:
            self._pause(LOOK)
            return None
        try:
            status = found[1].call("status", {}, timeout=30.0)
        except (Lost, AgentError):
            _close(*found)
            self._pause(LOOK)
            return None
        return (*found, str(status.get("boot_id", "")))

    def _refuse_to_stay(self) -> None:
        if time.monotonic() - self._began > STAYS:
            raise VisitError("restart-none")

    def _pause(self, seconds: float) -> None:
        if self._cancel.wait(seconds):
            raise VisitError("restart-unwatched")


def _close(session: Session, link: AgentLink) -> None:
    for part in (link, session):
        with contextlib.suppress(OSError, RemoteError):
            part.close()
