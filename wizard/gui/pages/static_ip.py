"""The address that the server shall keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from wizard.agent import wire
from wizard.gui.page import Page
from wizard.gui.widgets.address_probe import AddressProbe
from wizard.gui.widgets.card import Card, Notice
from wizard.gui.widgets.choice import Choices, Option
from wizard.gui.widgets.device import device
from wizard.gui.widgets.field import Field, line_edit
from wizard.gui.widgets.fold import Fold
from wizard.gui.widgets.text import label
from wizard.plan.model import CONFIRM_SECONDS
from wizard.problem import Problem
from wizard.site import bridge, propose
from wizard.site.flow import Step
from wizard.site.makers import maker
from wizard.site.model import Site, StaticIp

INTERFACE, ADDRESS = "static_ip.interface", "static_ip.address"


class StaticIpPage(Page):
    """Proposes an address, asks whether it is free, and explains the way back beforehand."""

    step = Step.STATIC_IP

    def build(self) -> None:
        """Fill the page."""
        self.offer = Notice()
        self.use = QPushButton(self.tr("&Use this"))
        self.use.setAutoDefault(False)
        self.use.clicked.connect(self._use)
        self.offer.body.addWidget(self.use, 0, Qt.AlignmentFlag.AlignLeading)
        self.body.addWidget(self.offer)
        self._build_interface()
        self.address = self.add(
            Field(
                ADDRESS,
                self.tr("A&ddress of the server"),
                line_edit(propose.CALM),
                self.tr(
                    "An address of a private network; /24 behind it leaves room for 253 other "
                    "devices."
                ),
                technical=True,
            )
        )
        self.body.addWidget(self.address)
        self.probe = AddressProbe(self.desk)
        self.probe.heard.connect(self._heard)
        self.address.left.connect(self.probe.ask_if_new)
        self.body.addWidget(self.probe)
        self._build_more()
        self._build_way_back()

    def _build_interface(self) -> None:
        self.cards = Choices()
        self.chosen = self.add(
            Field(
                INTERFACE,
                self.tr("Which cable leads to the clinic's network?"),
                self.cards,
                technical=True,
            )
        )
        self.cards.chosen.connect(self.chosen.edited)
        self.cards.chosen.connect(lambda _: self.probe.ask_if_new())
        self.typed = self.add(
            Field(
                INTERFACE,
                self.tr("Network &interface"),
                line_edit("eth0"),
                self.tr(
                    "The name of the server's socket for the cable. Once the program is connected "
                    "to the server, you can choose it from a list."
                ),
                technical=True,
            )
        )
        self.inside = label("", "hint")
        for part in (self.chosen, self.inside, self.typed):
            self.body.addWidget(part)

    def _build_more(self) -> None:
        self.fold = Fold(self.tr("Gateway and IPv6"))
        self.gateway = self.add(
            Field(
                "static_ip.gateway",
                self.tr("Gate&way"),
                line_edit(),
                self.tr("An offline site needs none. Otherwise the address of the router."),
                technical=True,
            )
        )
        self.address6 = self.add(
            Field(
                "static_ip.address6",
                self.tr("IPv&6 address"),
                line_edit(),
                self.tr("Not needed by phones. Leave it empty unless you know what it is for."),
                technical=True,
            )
        )
        self.use6 = QPushButton()
        self.use6.setAutoDefault(False)
        self.use6.setProperty("role", "link")
        self.use6.clicked.connect(self._use6)
        for part in (self.gateway, self.address6, self.use6):
            self.fold.body.addWidget(part)
        self.body.addWidget(self.fold)

    def _build_way_back(self) -> None:
        card = Card(self.tr("What if something goes wrong?"))
        sentences = (
            self.tr(
                "Nothing is changed now, only when you press Apply. The server then keeps the new "
                "address for good only after this laptop has logged in there."
            ),
            self.tr(
                "If that does not happen within {seconds} seconds, the server takes its old "
                "address back by itself. It does so after a power failure too, and when this "
                "laptop is closed or its cable is pulled. You cannot lock yourself out."
            ).format(seconds=CONFIRM_SECONDS),
        )
        for sentence in sentences:
            card.body.addWidget(label(sentence))
        self.body.addWidget(card)

    # ------------------------------------------------------------------- the page

    def title(self) -> str:
        """One sentence in the user's words."""
        return self.tr("Which address shall the server keep?")

    def lead(self) -> str:
        """Why it matters."""
        return self.tr("Phones find the server only if its address never changes.")

    def show_site(self, site: Site) -> None:
        """Show the decisions."""
        own = site.static_ip
        self._offer_interfaces()
        self.typed.show_value(own.interface)
        self.address.show_value(own.address)
        self.gateway.show_value(own.gateway)
        self.address6.show_value(own.address6)
        self._propose()
        self.probe.renew()

    def read(self, site: Site) -> Site:
        """Return the site with the decisions."""
        known = self.desk.facts is not None
        # The proposed one, until somebody chooses: an address alone says what is wanted.
        chosen = self.cards.value or site.static_ip.interface or self._likely()
        interface = chosen if known else self.typed.value
        own = replace(
            site.static_ip,
            interface=interface,
            address=self.address.value,
            gateway=self.gateway.value,
            address6=self.address6.value,
        )
        return replace(site, static_ip=own)

    def _likely(self) -> str:
        facts = self.desk.facts
        found = propose.interface(facts) if facts is not None else None
        return found.name if found is not None else ""

    def show_known(self) -> None:
        """Offer the server's interfaces as soon as they are known."""
        self._offer_interfaces()
        self._propose()
        self.probe.renew()

    def _offer_interfaces(self) -> None:
        facts = self.desk.facts
        self.fields[INTERFACE] = self.chosen if facts is not None else self.typed
        self.chosen.setVisible(facts is not None)
        self.typed.setVisible(facts is None)
        inner = [i.name for i in propose.inner(facts)] if facts is not None else []
        self.inside.setVisible(bool(inner))
        self.inside.setText(
            self.tr("Not offered, because no cable leads to them directly: {names}").format(
                names=", ".join(inner)
            )
        )
        if facts is not None:
            self.cards.offer([self._option(i, facts) for i in propose.choices(facts)])
            self.cards.choose(self.desk.site.static_ip.interface)

    def _option(self, interface: wire.Interface, facts: wire.Facts) -> Option:
        kind = {
            "wifi": self.tr("Wi-Fi radio"),
            "bridge": self.tr("bridge of several interfaces"),
            "bond": self.tr("several cables as one"),
            "vlan": self.tr("part of a cable (VLAN)"),
        }.get(interface.kind, self.tr("cable"))
        link = self.tr("connected") if interface.carrier else self.tr("nothing plugged in")
        lan = bridge.lan(facts, interface.name) or interface
        addresses = [
            f"{a.address}/{a.prefix}"
            for a in lan.addresses
            if a.family == 4 and a.scope == "global"
        ]
        lines = [
            self.tr("Present address: {address}").format(address=", ".join(addresses))
            if addresses
            else self.tr("No address yet"),
            self.tr("hardware address {mac}").format(
                mac=device(interface.mac) if maker(interface.mac) else interface.mac
            ),
        ]
        if lan != interface:
            lines.append(self.tr("joined with the Wi-Fi"))
        here = (interface.name, lan.name)
        if facts.connection is not None and facts.connection.interface in here:
            lines.append(self.tr("you are connected through it"))
        return Option(
            interface.name,
            self.tr("{name}: {kind}, {link}").format(name=interface.name, kind=kind, link=link),
            ", ".join(lines),
            "access_point" if interface.kind == "wifi" else "ethernet",
        )

    # ------------------------------------------------------------------- proposal

    def _propose(self) -> None:
        site, facts = self.desk.site, self.desk.facts
        proposal = self._proposal()
        wanted = (proposal.interface, proposal.address)
        wrong = any(p.field == ADDRESS and p.severity == "problem" for p in self.found())
        self.use.setVisible(bool(proposal.address))
        fill = {"interface": proposal.interface, "address": proposal.address}
        if facts is None:
            text = self.tr("{address} is a good address for most clinics.").format(**fill)
            self.offer.tell("info", "" if site.static_ip.address else text)
        elif not proposal.interface:
            self.offer.tell(
                "info",
                self.tr("The server has several interfaces."),
                self.tr("Choose the one whose cable leads to the clinic's network."),
            )
        elif not proposal.address or not wrong:
            self.offer.tell("info", "")
        elif propose.kept(facts, *wanted):
            self.offer.tell(
                "info",
                self.tr("Proposal: {interface} keeps its present address {address}.").format(
                    **fill
                ),
                self.tr("It becomes a fixed one, so nothing else has to change."),
            )
        else:
            self.offer.tell(
                "info",
                self.tr("Proposal: {interface} gets the address {address}.").format(**fill),
                self.tr("It lies in a private network that the server uses for nothing else."),
            )
        self._propose6(facts)

    def _proposal(self) -> StaticIp:
        site = self.desk.site
        avoid = (site.static_ip.address,) if self.probe.taken() else ()
        return propose.fixed(site, self.desk.facts, avoid)

    def _propose6(self, facts: wire.Facts | None) -> None:
        site = self.desk.site
        seed = facts.system.machine_id if facts is not None else f"{site.name}\n{site.domain}"
        self._six = propose.address6(seed, facts, site.static_ip.interface)
        self.use6.setVisible(bool(self._six) and not site.static_ip.address6)
        self.use6.setText(self.tr("Use {address}").format(address=self._six))

    def _use(self) -> None:
        proposal = self._proposal()
        self.desk.decide(replace(self.desk.site, static_ip=proposal))
        self.address.touched = True
        self.show_problems()
        self.address.editor.setFocus()
        self.probe.ask_if_new()

    def _use6(self) -> None:
        self.desk.change("static_ip", address6=self._six)
        self.address6.editor.setFocus()

    # ---------------------------------------------------------- is anybody there?

    def entered(self) -> None:
        """Ask about the address that was chosen before."""
        self.probe.ask_if_new()

    def _heard(self) -> None:
        self.address.touched = True
        self.show_problems()
        self._propose()

    def left(self) -> None:
        """Nobody waits for an answer any more."""
        self.probe.drop()

    def found(self) -> tuple[Problem, ...]:
        """Also tell that somebody else has the address."""
        return self._with_taken(super().found())

    def blockers(self) -> tuple[Problem, ...]:
        """Nobody goes on with an address that somebody else has."""
        return self._with_taken(super().blockers())

    def _with_taken(self, found: tuple[Problem, ...]) -> tuple[Problem, ...]:
        told = [p.code for p in found]
        return found + tuple(p for p in self.probe.taken() if p.code not in told)

    def leave(self, go_on: Callable[[], None]) -> None:
        """Wait for the answer about this address, if it can be had."""

        def then() -> None:
            if self.probe.taken():
                self.shell.next()  # it says what is in the way
            else:
                go_on()

        self.probe.answered(then)
