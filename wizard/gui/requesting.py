"""A part of the page Certificate: a request, made on the server, for a certificate to come."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPushButton

from wizard import requesting
from wizard.agent import wire
from wizard.gui.desk import Desk
from wizard.gui.theme import SPACE
from wizard.gui.widgets.card import Notice
from wizard.gui.widgets.field import Field
from wizard.gui.widgets.fold import Fold
from wizard.gui.widgets.text import label
from wizard.problem import UserError

if TYPE_CHECKING:
    from wizard.gui.shell import Shell


class RequestPart(Fold):
    """Makes the request and saves it; `answered` carries what the practice authority handed out."""

    answered = Signal(list)

    def __init__(self, desk: Desk, shell: Shell) -> None:
        super().__init__("")
        self.set_title(self.tr("Make a request, and get the certificate later"))
        self._desk, self._shell = desk, shell
        self._told = False  # that a request waits
        self.state = Notice()
        self.written = Notice("ok")
        self.body.addWidget(self.state)
        self.body.addWidget(self.written)
        for text in (
            self.tr(
                "The server makes a key, which never leaves it, and a request, which holds no "
                "secret. Save the request on a USB stick and give it to whoever orders the "
                "certificate."
            ),
            self.tr(
                "When the certificate comes, open this page again and choose its file. No key "
                "file is needed, and this laptop may be closed until then."
            ),
        ):
            self.body.addWidget(label(text))
        self.more = Field(
            "request.names",
            self.tr("Names besides the domain"),
            QLineEdit(),
            self.tr("Usually none. Put a space between two names."),
            technical=True,
        )
        self.kind = Field(
            "request.kind",
            self.tr("Kind of key"),
            QComboBox(),
            self.tr("RSA works with every CHT. EC needs CHT 4.3.0 or newer."),
        )
        box = self.kind.editor
        assert isinstance(box, QComboBox)
        box.addItem("RSA 2048", "rsa")
        box.addItem("EC P-256", "ec")
        for field in (self.more, self.kind):
            self.body.addWidget(field)
        self.save = self._button(self.tr("Save the request..."), self._save)
        self.again = self._button(self.tr("Save the same request again..."), self._save_again)
        self.sign = self._button(self.tr("Let the practice authority answer it"), self._sign)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        for button in (self.again, self.save, self.sign):
            row.addWidget(button)
        row.addStretch(1)
        self.body.addLayout(row)
        self.show_known()

    def _button(self, text: str, act: Callable[[], None]) -> QPushButton:
        made = QPushButton(text)
        made.setAutoDefault(False)
        made.clicked.connect(lambda: act())
        return made

    # -------------------------------------------------------------------- showing

    @property
    def waiting(self) -> wire.KeyRequest | None:
        """The request that waits on the server, as far as the server was asked."""
        facts = self._desk.facts
        return facts.request if facts is not None else None

    def show_known(self) -> None:
        """Show whether a request waits, and what can be done with it."""
        desk, known = self._desk, self._desk.site.request
        waits = bool(known.day)
        if waits:
            text = self.tr("Requested on {day}; waiting for the certificate.")
            listed = ", ".join(known.names)
            names = self.tr("It is for {names}. Its key stays on the server.")
            self.state.tell("info", text.format(day=known.day), names.format(names=listed))
        elif not desk.connected:
            self.state.tell("info", self.tr("The server makes the request: connect to it first."))
        else:
            self.state.tell("info", "")
        self.save.setText(
            self.tr("Make a new request...") if waits else self.tr("Save the request...")
        )
        self.save.setEnabled(desk.connected)
        self.again.setVisible(waits)
        self.again.setEnabled(desk.connected and self.waiting is not None)
        self.sign.setVisible(desk.practice and self.waiting is not None)
        if waits and not self._told:
            self._told = True
            self.unfold()

    # ---------------------------------------------------------------------- acting

    def _save(self) -> None:
        if self.waiting is None:
            self._ask_place(lambda path: self._make(path, replace=False))
            return
        known = self._desk.site.request

        def answered(answer: int) -> None:
            if answer == 1:
                self._ask_place(lambda path: self._make(path, replace=True))

        self._shell.dialogs.ask(
            self,
            self.tr("Make a new request?"),
            self.tr(
                "The one of {day} is worthless then: a certificate that was ordered with it can "
                "no longer be installed."
            ).format(day=known.day),
            (self.tr("Keep it"), self.tr("Make a new one")),
            answered,
        )

    def _save_again(self) -> None:
        waiting = self.waiting
        if waiting is not None:
            self._ask_place(lambda path: self._write(path, waiting))

    def _ask_place(self, then: Callable[[Path], None]) -> None:
        name = f"{self._desk.site.domain or 'request'}.csr"
        pattern = self.tr("Requests for a certificate (*.csr)")
        self._shell.dialogs.save_file(self, self.tr("Save the request"), name, pattern, then)

    def _make(self, path: Path, *, replace: bool) -> None:
        visit, facts = self._desk.visit, self._desk.facts
        if visit is None or facts is None:
            return
        kind = self.kind.editor
        assert isinstance(kind, QComboBox)
        chosen, more = str(kind.currentData()), re.split(r"[\s,;]+", self.more.value)

        def work() -> tuple[wire.KeyRequest, wire.Facts]:
            made = visit.request(facts, chosen, more, replace=replace)
            return made, visit.facts()

        def done(found: tuple[wire.KeyRequest, wire.Facts]) -> None:
            self._desk.learn(facts=found[1])
            self._write(path, found[0])

        self._shell.clear_error()
        self._desk.run(work, done, self._shell.show_error, self.tr("Making the request"))

    def _write(self, path: Path, request: wire.KeyRequest) -> None:
        try:
            requesting.write(path, request)
        except UserError as error:
            self._shell.show_error(error)
            return
        text = self.tr("The request was written to {path}.")
        cure = self.tr("Give this file to whoever orders the certificate. It holds no secret.")
        self.written.tell("ok", text.format(path=path), cure)
        self.unfold()

    def _sign(self) -> None:
        clinic, waiting = self._desk.clinic, self.waiting
        if clinic is not None and waiting is not None:
            self.answered.emit(list(clinic.answer(waiting.csr)))
