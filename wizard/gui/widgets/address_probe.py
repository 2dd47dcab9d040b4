"""What the network says about the chosen address: is it free, does this laptop get there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton

from wizard.gui.desk import Desk
from wizard.gui.runner import Job
from wizard.gui.widgets.card import Card
from wizard.gui.widgets.device import device
from wizard.gui.widgets.rows import Rows
from wizard.laptop.interfaces import Reach
from wizard.problem import Problem, UserError
from wizard.site import propose
from wizard.site.addresses import lan
from wizard.site.static_ip import own_radio
from wizard.wording import survey_problem


@dataclass(frozen=True)
class Heard:
    """What the network said about an address on an interface.

    `mac` is who has it ("" nobody, None not asked), `reach` how this laptop gets there.
    """

    interface: str
    address: str
    mac: str | None
    reach: Reach | None
    trouble: UserError | None = None


class AddressProbe(Card):
    """Asks through the connected server, and keeps the last answer; hidden without a server.

    `heard` comes with every answer.
    """

    heard = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.heading.setText(self.tr("What the network says"))
        self.body.addWidget(self.heading)
        self._desk = desk
        self._job: Job[Any] | None = None
        self._asked: tuple[str, str] | None = None
        self._heard: Heard | None = None
        self._waiting: Callable[[], None] | None = None
        self.rows = Rows()
        self.body.addWidget(self.rows)
        self.again = QPushButton(self.tr("Ask a&gain"))
        self.again.setAutoDefault(False)
        self.again.clicked.connect(self.ask)
        self.body.addWidget(self.again, 0, Qt.AlignmentFlag.AlignLeading)

    # -------------------------------------------------------------------- asking

    def ask_if_new(self) -> None:
        """Ask, unless there is an answer about this address, or one is under way."""
        question = self._question()
        asking = self._job is not None and self._asked == question
        if question is not None and self._answer() is None and not asking:
            self.ask()

    def ask(self) -> None:
        """Ask now; `heard` tells when there is an answer."""
        question, visit, site = self._question(), self._desk.visit, self._desk.site
        if question is None or visit is None:
            return
        self._forget_job()
        self._asked = question
        interface, address = question
        own = propose.kept(self._desk.facts, interface, site.static_ip.address)

        def work() -> Heard:
            reach = visit.reach()
            return Heard(interface, address, "" if own else visit.who_has(*question), reach)

        def failed(error: UserError) -> None:
            self._hear(Heard(interface, address, None, None, error))

        self._job = self._desk.run(work, self._hear, failed, "")
        self.renew()

    def answered(self, then: Callable[[], None]) -> None:
        """Call `then` when what was asked is answered, which may be at once."""
        self.ask_if_new()
        if self._job is None:
            then()
            return
        self._waiting = then
        self._job.busy = self.tr("Asking whether the address is free")
        self._desk.runner.busy_changed.emit(self._desk.runner.busy)

    def drop(self) -> None:
        """Nobody wants an answer any more; what was asked in vain is asked again next time."""
        self._waiting = None
        if self._heard is not None and self._heard.trouble is not None:
            self._heard = None
        self._forget_job()
        self.renew()

    def taken(self) -> tuple[Problem, ...]:
        """What is wrong with the chosen address: somebody else has it."""
        heard = self._answer()
        if heard is None or not heard.mac:
            return ()
        return (survey_problem("address-taken", address=heard.address, mac=device(heard.mac)),)

    def _forget_job(self) -> None:
        if self._job is not None:
            self._job.drop()
            self._job = None
            self._desk.runner.busy_changed.emit(self._desk.runner.busy)

    def _hear(self, heard: Heard) -> None:
        self._job, self._heard = None, heard
        self.renew()
        self.heard.emit()
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting()

    def _question(self) -> tuple[str, str] | None:
        """Interface and address to ask about now; None: there is nothing to ask, or nobody."""
        own = lan(self._desk.site)
        name, facts = self._desk.site.static_ip.interface, self._desk.facts
        if not self._desk.connected or facts is None or own is None:
            return None
        if own_radio(self._desk.site):  # nobody is on a Wi-Fi that is not there yet
            return None
        return (name, str(own.ip)) if name in [i.name for i in propose.choices(facts)] else None

    def _answer(self) -> Heard | None:
        heard = self._heard
        if heard is None or self._question() != (heard.interface, heard.address):
            return None
        return heard

    # ------------------------------------------------------------------- showing

    def renew(self) -> None:
        """Show what is known of the address that is chosen now."""
        question, heard = self._question(), self._answer()
        self.setVisible(question is not None)
        if question is None:
            return
        self.again.setVisible(self._job is None)
        name, address = question
        if self._job is not None:
            text = self.tr("Asking whether anybody has {address}")
            self.rows.tell("who", "running", text.format(address=address))
        elif heard is None or heard.mac is None:
            why = heard.trouble if heard is not None else None
            text = self.tr("Whether anybody has {address} was not asked")
            self.rows.tell(
                "who",
                "unknown",
                text.format(address=address),
                why.message if why is not None else "",
                why.cure if why is not None else "",
            )
        elif heard.mac:
            text = self.tr("Another device answers at {address}")
            more = self.tr("Its hardware address: {mac}").format(mac=device(heard.mac))
            self.rows.tell("who", "problem", text.format(address=address), more)
        elif propose.kept(self._desk.facts, name, self._desk.site.static_ip.address):
            text = self.tr("{address} is the server's address already")
            self.rows.tell("who", "good", text.format(address=address))
        else:
            text = self.tr("Nobody else answers at {address}")
            more = self.tr("A device that is switched off now cannot answer.")
            self.rows.tell("who", "good", text.format(address=address), more)
        # Where somebody else answers, the laptop would reach that device.
        reach = heard.reach if heard is not None and not heard.mac else None
        self._tell_reach(reach, address)

    def _tell_reach(self, reach: Reach | None, address: str) -> None:
        if reach is None:
            row = self.rows.row("reach")
            if row is not None:
                row.hide()
            return
        if reach.ok:
            text = self.tr("This laptop reaches the server at {address}")
            row = self.rows.tell("reach", "good", text.format(address=address))
        else:
            row = self.rows.tell(
                "reach",
                "attention",
                self.tr("This laptop does not reach {address} yet").format(address=address),
                self.tr(
                    "You can go on. While the address changes, the program tells you when to do "
                    "this, and the server waits."
                ),
                f"{reach.message} {reach.cure}",
            )
        row.show()
