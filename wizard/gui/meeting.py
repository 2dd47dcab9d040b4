"""Meeting the server: one login at a time, and a question about its host key when it is new."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from wizard.agent import wire
from wizard.gui.desk import Desk
from wizard.problem import UserError
from wizard.remote.hosts import FirstContact
from wizard.visit import Visit


class Meeting(QObject):
    """Works for a page, in the visit's thread; what it learns lies on the desk afterwards.

    Signals: `met` when the server was looked at, `asked` with a FirstContact, `refused` with the
    UserError, `returned` with the wire.Outcome of an unfinished change that was put back. None of
    them is emitted for a site that was put away meanwhile.
    """

    met = Signal()
    asked = Signal(object)
    refused = Signal(object)
    returned = Signal(object)

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk

    def connect_server(self, fingerprint: str | None = None) -> None:
        """Log in and look at the server; `fingerprint` was compared by a person just now."""
        desk = self._desk
        desk.search.stop()
        visit, credentials = desk.new_visit(), desk.credentials()

        def work() -> wire.Facts:
            try:
                visit.connect(credentials, accept=fingerprint)
                return visit.facts()
            except BaseException:
                visit.close()
                raise

        desk.run(
            work,
            lambda facts: self._learn(visit, facts),
            lambda error: self._refuse(visit, error),
            self.tr("Connecting, and looking at the server"),
        )

    def look_again(self) -> None:
        """Look at the server once more."""
        visit = self._desk.visit
        if visit is not None:
            self._desk.run(
                visit.facts,
                lambda facts: self._learn(visit, facts),
                lambda error: self._refuse(visit, error),
                self.tr("Looking at the server"),
            )

    def put_back(self) -> None:
        """Undo what somebody left unfinished on the server, and look at it again."""
        visit = self._desk.visit
        if visit is None:
            return

        def done(result: tuple[wire.Outcome, wire.Facts]) -> None:
            self._learn(visit, result[1])
            if self._desk.visit is visit:
                self.returned.emit(result[0])

        self._desk.run(
            lambda: (visit.rollback(), visit.facts()),
            done,
            lambda error: self._refuse(visit, error),
            self.tr("Putting everything back"),
        )

    def _learn(self, visit: Visit, facts: wire.Facts) -> None:
        if self._desk.visit is not visit:
            visit.close()
            return
        self._desk.learn(facts=facts)
        self.met.emit()

    def _refuse(self, visit: Visit, error: UserError) -> None:
        if self._desk.visit is not visit:
            return
        (self.asked if isinstance(error, FirstContact) else self.refused).emit(error)
