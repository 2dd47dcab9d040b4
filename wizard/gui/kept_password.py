"""The login's password in the system's own store, if the user wants it kept there."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QCheckBox

from wizard.gui.desk import Desk
from wizard.gui.runner import Job
from wizard.laptop.passwords import password_store
from wizard.problem import UserError


class KeptPassword(QObject):
    """Looks after a box "keep the password", which is shown only where there is a store.

    `recalled` carries the password that was kept for the site on the desk. The practice clinic's
    is never kept.
    """

    recalled = Signal(str)

    def __init__(self, desk: Desk, box: QCheckBox, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._box = desk, box
        self._job: Job[tuple[bool, str]] | None = None
        self._offered = False
        box.hide()

    def look(self, shown: bool) -> None:
        """Ask the store once, in the visit's thread: it may wait for the user to unlock it."""
        self._box.setVisible(shown and self._offered)
        if self._desk.practice or self._offered or self._job is not None or not shown:
            return
        name = self._desk.key

        def work() -> tuple[bool, str]:
            store = password_store()
            return store is not None, store.recall(name) if store is not None and name else ""

        self._job = self._desk.run(work, self._found, self._nothing, "")

    def met(self) -> None:
        """The login was good: keep its password, or forget the one that was kept."""
        self._desk.save()
        name, password = self._desk.key, self._desk.secrets.password
        if not self._offered or not name:
            return
        wanted = self._box.isChecked() and bool(password)

        def work() -> None:
            store = password_store()
            if store is not None and wanted:
                store.keep(name, password)
            elif store is not None:
                store.forget(name)

        self._desk.run(work, lambda _: None, self._nothing, "")

    def _found(self, found: tuple[bool, str]) -> None:
        self._job = None
        self._offered, password = found
        self._box.setChecked(bool(password))
        self._box.setVisible(self._offered)
        if password:
            self.recalled.emit(password)

    def _nothing(self, _: UserError) -> None:
        self._job = None


def forget_password(desk: Desk, key: str) -> None:
    """Remove what was kept for a site of the store that is removed as well."""

    def work() -> None:
        store = password_store()
        if store is not None:
            store.forget(key)

    desk.run(work, lambda _: None, lambda _: None, "")
