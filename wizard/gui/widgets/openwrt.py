"""An OpenWrt device, made a plain access point from the window: look first, then set it up."""

from __future__ import annotations

import threading
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from wizard.gui.announce import announce
from wizard.gui.desk import Desk
from wizard.gui.runner import Job
from wizard.gui.widgets.card import Notice
from wizard.gui.widgets.countries import Countries
from wizard.gui.widgets.field import Field, line_edit
from wizard.gui.widgets.fold import Fold
from wizard.gui.widgets.password import PasswordEdit
from wizard.gui.widgets.points import Points
from wizard.gui.widgets.text import label
from wizard.openwrt import plan as planning
from wizard.openwrt.model import Plan, Router
from wizard.openwrt.order import wanted
from wizard.openwrt.setup import Setup
from wizard.openwrt.words import OpenWrtError
from wizard.problem import UserError
from wizard.remote.hosts import FirstContact

FACTORY = "192.168.1.1"


class OpenWrtPanel(Fold):
    """Fields for the device, what would be changed on it, and how it ended.

    Name and password of the Wi-Fi are the page's; nothing of this panel is kept.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(self.tr("Set up an OpenWrt access point…"))
        self._desk = desk
        self._job: Job[Any] | None = None
        self._setup: Setup | None = None
        self._plan: Plan | None = None
        self._cancel = threading.Event()
        self._fingerprint = ""
        self.body.addWidget(
            label(
                self.tr(
                    "Only for devices with OpenWrt. Plug the cable from the server into one of "
                    "its LAN sockets and this laptop into another one. If this laptop does not "
                    "find the device again afterwards, the device goes back by itself."
                )
            )
        )
        self.host = Field(
            "openwrt.host",
            self.tr("Address of the device now"),
            line_edit(FACTORY),
            self.tr("{address} after a factory reset.").format(address=FACTORY),
            technical=True,
        )
        self.secret = PasswordEdit()
        self.password = Field(
            "openwrt.password",
            self.tr("Its password (user root)"),
            self.secret,
            self.tr("Empty after a factory reset."),
            technical=True,
        )
        self.country = Field(
            "openwrt.country",
            self.tr("Country of the access point"),
            Countries(self.tr("Choose the country")),
            self.tr("Its law decides which channels may be used."),
        )
        for field in (self.host, self.password, self.country):
            self.body.addWidget(field)
        self.look_button = self._button(self.tr("Look at the device"))
        self.look_button.clicked.connect(lambda: self.look())
        self.note = Notice()
        self.body.addWidget(self.note)
        self.same_button = self._button(self.tr("This is the device"))
        self.same_button.clicked.connect(lambda: self.look(self._fingerprint))
        self.steps = Points(numbered=True)
        self.body.addWidget(self.steps)
        self.change_button = self._button(self.tr("Set up this access point"))
        self.change_button.clicked.connect(lambda: self.change())
        self._show()

    def _button(self, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(False)
        self.body.addWidget(button, 0, Qt.AlignmentFlag.AlignLeading)
        return button

    def _show(self, *sentences: str, known: bool = True) -> None:
        self.steps.tell(sentences)
        self.steps.setVisible(bool(sentences))
        self.change_button.setVisible(bool(sentences))
        self.same_button.setVisible(not known)

    # ------------------------------------------------------------------------ looking

    def look(self, accept: str = "") -> None:
        """Log in and read what would have to be changed; nothing is changed yet."""
        self.drop()
        self._show()
        site, secret = self._desk.site, self._desk.secrets.wifi_passphrase
        try:
            order = wanted(site, secret, country=self.country.value)
        except OpenWrtError as error:
            self._failed(error)
            return
        host, password = self.host.value or FACTORY, self.secret.text()

        def work() -> tuple[Setup, Router, Plan]:
            setup = Setup.connect(host, password, accept or None)
            try:
                router = setup.look()
                return setup, router, planning.plan(router, order)
            except BaseException:
                setup.close()
                raise

        self.note.tell("info", self.tr("Looking at the device"))
        self._job = self._desk.runner.start(
            work, self._looked, self._failed, self.tr("Looking at the device")
        )

    def _looked(self, found: tuple[Setup, Router, Plan]) -> None:
        self._job = None
        self._setup, router, self._plan = found
        name = " ".join(part for part in (router.board, router.release) if part)
        if self._plan.steps:
            self.note.tell("info", name, self.tr("This would be changed:"))
        else:
            self.note.tell("ok", name, self.tr("It is a plain access point already."))
        self._show(*(step.sentence for step in self._plan.steps))
        announce(self, self.note.text)

    # ----------------------------------------------------------------------- changing

    def change(self) -> None:
        """Set the device up, and meet it at its new address."""
        setup, made = self._setup, self._plan
        if setup is None or made is None:
            return
        self._cancel = cancel = threading.Event()
        self.change_button.setVisible(False)
        self.note.tell(
            "info",
            self.tr("Setting up the access point"),
            self.tr("It is expected at {address}. This takes up to three minutes.").format(
                address=made.address
            ),
        )
        self._job = self._desk.runner.start(
            lambda: setup.change(made, cancel),
            lambda _: self._changed(made),
            self._failed,
            self.tr("Setting up the access point"),
        )

    def _changed(self, made: Plan) -> None:
        self._job = None
        self.drop()
        self._show()
        self.note.tell(
            "ok",
            self.tr("The access point is set up. Its address is {address}.").format(
                address=made.address
            ),
            self.tr("Join its Wi-Fi with a phone. The live check then proves it."),
        )
        announce(self, self.note.text)

    def _failed(self, error: UserError) -> None:
        self._job = None
        self.drop()
        if isinstance(error, FirstContact):
            self._fingerprint = error.fingerprint
            self._show(known=False)
            self.note.tell(
                "warn",
                self.tr("Is this the device? Its fingerprint is {fingerprint}.").format(
                    fingerprint=error.fingerprint
                ),
                self.tr(
                    "With this laptop plugged straight into the device nobody else can answer. "
                    "Otherwise compare it: on the device, run dropbearkey -y -f "
                    "/etc/dropbear/dropbear_ed25519_host_key"
                ),
            )
        else:
            self._show()
            self.note.tell("warn", error.message, error.cure)
        announce(self, self.note.text)

    def drop(self) -> None:
        """Nobody waits any more: end the login. A change that is not confirmed goes back."""
        self._cancel.set()
        if self._job is not None:
            self._job.drop()
            self._job = None
        if self._setup is not None:
            self._setup.close()
            self._setup = None
        self.secret.hide_text()
