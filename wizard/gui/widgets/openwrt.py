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
from wizard.openwrt.order import FACTORY, address_for, wanted
from wizard.openwrt.setup import Setup
from wizard.openwrt.words import OpenWrtError
from wizard.problem import Problem, UserError
from wizard.remote.hosts import FirstContact


class OpenWrtPanel(Fold):
    """Fields for the device, what would be changed on it, and how it ended.

    Name and password of the Wi-Fi are the page's; of this panel only the addresses of devices that
    were set up are kept, on the desk.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(self.tr("Set up an OpenWrt access point…"))
        self._desk = desk
        self._job: Job[Any] | None = None
        self._setup: Setup | None = None
        self._plan: Plan | None = None
        self._cancel = threading.Event()
        self._fingerprint = ""
        self._changing = False
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
        self.address = Field(
            "openwrt.address",
            self.tr("Address that it shall have"),
            line_edit(),
            self.tr("Empty: the one it has if it fits, else the first free one."),
            technical=True,
        )
        self.country = Field(
            "openwrt.country",
            self.tr("Country of the access point"),
            Countries(self.tr("Choose the country")),
            self.tr("Its law decides which channels may be used."),
        )
        for field in (self.host, self.password, self.address, self.country):
            self.body.addWidget(field)
        for field in (self.host, self.address, self.country):
            field.edited.connect(self._edited)
        self.address.left.connect(self._judge)
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

    # ------------------------------------------------------------------------ answers

    def _edited(self) -> None:
        """What was found with the old answers no longer holds."""
        self.address.show_problem(None)
        if not self._changing:
            self.drop()
            self._show()
            self.note.tell("", "")

    def _judge(self) -> None:
        """Show what is wrong with the address beside it; the site's own faults wait for a look."""
        given = self.address.value
        try:
            if given:
                others = self._desk.access_points
                address_for(self._desk.site, given, here=self._here, others=others)
        except OpenWrtError as error:
            self._refuse(error)

    def _refuse(self, error: UserError) -> bool:
        """Show an error about the address beside it; False for any other."""
        mine = isinstance(error, OpenWrtError) and error.code.startswith("address-")
        if mine:
            problem = Problem(error.code, self.address.path, error.message, error.cure)
            self.address.show_problem(problem)
        return mine

    @property
    def _here(self) -> str:
        return self.host.value or FACTORY

    def _remember(self, here: str, made: Plan) -> None:
        """Its address is taken for the next one; the one it had is free again."""
        left = (one for one in self._desk.access_points if one not in (here, made.address))
        self._desk.learn(access_points=(*left, made.address))

    # ------------------------------------------------------------------------ looking

    def look(self, accept: str = "") -> None:
        """Log in and read what would have to be changed; nothing is changed yet."""
        self.drop()
        self._show()
        site, secret = self._desk.site, self._desk.secrets.wifi_passphrase
        try:
            order = wanted(
                site,
                secret,
                address=self.address.value,
                here=self._here,
                others=self._desk.access_points,
                country=self.country.value,
            )
        except OpenWrtError as error:
            self._failed(error)
            return
        host, password = self._here, self.secret.text()
        self._cancel = cancel = threading.Event()

        def work() -> tuple[Setup, Router, Plan]:
            setup = Setup.connect(host, password, accept or None)
            try:
                router = setup.look()
                made = planning.plan(router, order)
            except BaseException:
                setup.close()
                raise
            if cancel.is_set():  # nobody waits for it any more
                setup.close()
            return setup, router, made

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
            self._remember(self._here, self._plan)
            self.note.tell("ok", name, self.tr("It is a plain access point already."))
        self._show(*(step.sentence for step in self._plan.steps))
        announce(self, self.note.text)

    # ----------------------------------------------------------------------- changing

    def change(self) -> None:
        """Set the device up, and meet it at its new address."""
        setup, made, here = self._setup, self._plan, self._here
        if setup is None or made is None:
            return
        self._cancel = cancel = threading.Event()
        self._changing = True
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
            lambda _: self._changed(here, made),
            self._failed,
            self.tr("Setting up the access point"),
        )

    def _changed(self, here: str, made: Plan) -> None:
        self._job = None
        self.drop()
        self._remember(here, made)
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
        elif self._refuse(error):
            self._show()
            self.note.tell("", "")
            self.address.editor.setFocus()
        else:
            self._show()
            self.note.tell("warn", error.message, error.cure)
        announce(self, self.note.text)

    def drop(self) -> None:
        """Nobody waits any more: end the login. A change that is not confirmed goes back."""
        self._cancel.set()
        self._changing = False
        if self._job is not None:
            self._job.drop()
            self._job = None
        if self._setup is not None:
            self._setup.close()
            self._setup = None
        self.secret.hide_text()
