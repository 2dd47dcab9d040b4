"""Who else hands out addresses on the network: asked through the connected server."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton

from wizard.agent import wire
from wizard.gui.desk import Desk
from wizard.gui.runner import Job
from wizard.gui.widgets.card import Card
from wizard.gui.widgets.device import device
from wizard.gui.widgets.rows import Rows
from wizard.problem import Problem, UserError
from wizard.site import propose
from wizard.site.static_ip import own_radio
from wizard.wording import survey_problem


class OtherDhcp(Card):
    """Asks once for each interface, and again when somebody wants it; hidden without a server.

    `heard` comes with every answer.
    """

    heard = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._job: Job[Any] | None = None
        self._interface = ""
        self._offers: tuple[wire.DhcpOffer, ...] | None = None
        self._trouble: UserError | None = None
        self.rows = Rows()
        self.body.addWidget(self.rows)
        self.again = QPushButton(self.tr("Look a&gain"))
        self.again.setAutoDefault(False)
        self.again.clicked.connect(self.ask)
        self.body.addWidget(self.again, 0, Qt.AlignmentFlag.AlignLeading)

    def ask_if_new(self) -> None:
        """Ask, unless this interface was asked before."""
        wanted = self._wanted()
        if wanted and wanted != self._interface and self._job is None:
            self.ask()
        self.renew()

    def ask(self) -> None:
        """Ask now; `heard` tells when there is an answer."""
        interface, visit = self._wanted(), self._desk.visit
        if not interface or visit is None:
            return
        self.drop()
        self._interface, self._offers, self._trouble = interface, None, None

        def work() -> tuple[wire.DhcpOffer, ...]:
            return visit.dhcp_servers(interface)

        self._job = self._desk.run(work, self._hear, self._fail, "")
        self.renew()

    def drop(self) -> None:
        """Nobody wants an answer any more; what was asked in vain is asked again next time."""
        if self._job is not None:
            self._job.drop()
            self._job, self._interface = None, ""

    def found(self) -> tuple[Problem, ...]:
        """A warning when others hand out addresses while this server shall do so."""
        if not self._offers or not self._desk.site.dns_dhcp.enabled or not self._wanted():
            return ()
        offer = self._offers[0]
        return (survey_problem("other-dhcp", server=offer.server, mac=device(offer.mac)),)

    def _wanted(self) -> str:
        """The interface to ask on; "" while nobody can be asked."""
        if own_radio(self._desk.site):  # nobody is on a Wi-Fi that is not there yet
            return ""
        name, facts = self._desk.site.static_ip.interface, self._desk.facts
        if not self._desk.connected or facts is None:
            return ""
        return name if name in [i.name for i in propose.choices(facts)] else ""

    def _hear(self, offers: tuple[wire.DhcpOffer, ...]) -> None:
        self._job, self._offers = None, offers
        self.renew()
        self.heard.emit()

    def _fail(self, error: UserError) -> None:
        self._job, self._trouble, self._interface = None, error, ""
        self.renew()
        self.heard.emit()

    def renew(self) -> None:
        """Show what is known."""
        self.setVisible(bool(self._wanted()))
        self.again.setVisible(self._job is None)
        self.rows.clear()
        if self._job is not None:
            self.rows.tell("dhcp", "running", self.tr("Asking who else hands out addresses"))
        elif self._trouble is not None:
            text = self.tr("Whether others hand out addresses was not asked")
            self.rows.tell("dhcp", "unknown", text, self._trouble.message, self._trouble.cure)
        elif self._offers is None:
            text = self.tr("Whether others hand out addresses was not asked")
            self.rows.tell("dhcp", "unknown", text)
        elif not self._offers:
            self.rows.tell("dhcp", "good", self.tr("No other device hands out addresses"))
        for index, offer in enumerate(self._offers or ()):
            self._tell(f"dhcp{index}", offer)

    def _tell(self, key: str, offer: wire.DhcpOffer) -> None:
        if self._desk.site.dns_dhcp.enabled:
            problem = survey_problem("other-dhcp", server=offer.server, mac=device(offer.mac))
            self.rows.tell(key, "attention", problem.message, "", problem.cure)
            return
        fill = {
            "server": offer.server,
            "mac": device(offer.mac),
            "dns": ", ".join(offer.dns) or "-",
        }
        self.rows.tell(
            key,
            "note",
            self.tr("{server} hands out addresses (hardware address {mac})").format(**fill),
            self.tr("It sends devices to this DNS server: {dns}").format(**fill),
        )
