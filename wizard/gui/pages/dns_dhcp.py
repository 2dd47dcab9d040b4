"""Who hands out addresses, and who answers for the domain."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
)

from wizard.gui.page import Page
from wizard.gui.theme import SPACE
from wizard.gui.widgets.card import Card, Notice
from wizard.gui.widgets.choice import Choices, Option
from wizard.gui.widgets.field import Field, line_edit
from wizard.gui.widgets.fold import Fold
from wizard.gui.widgets.other_dhcp import OtherDhcp
from wizard.gui.widgets.points import Points
from wizard.gui.widgets.range_bar import RangeBar
from wizard.gui.widgets.reservations import Reservations
from wizard.gui.widgets.text import label
from wizard.plan.model import EXACT
from wizard.plan.sentences import span
from wizard.problem import Problem
from wizard.site import lists, propose
from wizard.site.flow import Step
from wizard.site.model import Site
from wizard.site.problems import unaccepted
from wizard.site.range_map import Use, counts, parts

OURS, OTHER = "ours", "other"
LEASES = ("1h", "12h", "1d", "7d")
WRONG_RANGE = ("range_", "address_")


class DnsDhcpPage(Page):
    """The range as one picture, other DHCP servers, and, folded away, kept addresses and more."""

    step = Step.DNS_DHCP

    def build(self) -> None:
        """Fill the page."""
        self.who = Choices(
            (
                Option(
                    OURS,
                    self.tr("This server"),
                    self.tr("Phones join the Wi-Fi and find the CHT. Nothing else is needed."),
                    "server",
                ),
                Option(
                    OTHER,
                    self.tr("Another device"),
                    self.tr("A router that somebody looks after, and that can answer for names."),
                    "access_point",
                ),
            )
        )
        self.enabled = self.add(
            Field("dns_dhcp.enabled", self.tr("Who gives phones their address?"), self.who)
        )
        self.who.chosen.connect(self.enabled.edited)
        self.body.addWidget(self.enabled)
        self.elsewhere = self._build_elsewhere()
        self.body.addWidget(self.elsewhere)
        self.range = self._build_range()
        self.body.addWidget(self.range)
        self.others = OtherDhcp(self.desk)
        self.others.heard.connect(self.show_problems)
        self.body.addWidget(self.others)
        self.kept_fold = self._build_kept()
        self.body.addWidget(self.kept_fold)
        self.more = self._build_more()
        self.body.addWidget(self.more)
        self.body.addWidget(self._build_time())

    def _build_range(self) -> Card:
        card = Card(self.tr("Addresses for phones and laptops"))
        self.offer = Notice()
        self.use = QPushButton(self.tr("&Use this"))
        self.use.setAutoDefault(False)
        self.use.clicked.connect(self._use)
        self.offer.body.addWidget(self.use, 0, Qt.AlignmentFlag.AlignLeading)
        card.body.addWidget(self.offer)
        row = QHBoxLayout()
        row.setSpacing(2 * SPACE)
        self.first, self.last = (
            self.add(Field(path, caption, line_edit(example), technical=True))
            for path, caption, example in (
                ("dns_dhcp.first", self.tr("&First address"), "10.20.0.100"),
                ("dns_dhcp.last", self.tr("&Last address"), "10.20.0.199"),
            )
        )
        for field in (self.first, self.last):
            row.addWidget(field, 1, Qt.AlignmentFlag.AlignTop)
        card.body.addLayout(row)
        self.bar = RangeBar()
        card.body.addWidget(self.bar)
        self.room = label("", "hint")
        card.body.addWidget(self.room)
        self.leases = QComboBox()
        self.lease = self.add(
            Field(
                "dns_dhcp.lease",
                self.tr("How long a device keeps its address wi&thout asking again"),
                self.leases,
                self.tr("12 hours suit nearly every clinic."),
            )
        )
        card.body.addWidget(self.lease)
        return card

    def _build_elsewhere(self) -> Card:
        card = Card(self.tr("What must be set on the other device"))
        self.todo = Points()
        card.body.addWidget(self.todo)
        return card

    def _build_kept(self) -> Fold:
        fold = Fold("")
        self.table = Reservations()
        self.kept = self.add(
            Field(
                "dns_dhcp.reservations",
                self.tr("Devices that always get the same address"),
                self.table,
                self.tr(
                    "Printers and the like. The hardware address (MAC) stands on the device. A "
                    "list copied from another program can be pasted."
                ),
            )
        )
        self.table.edited.connect(self.kept.edited)
        fold.body.addWidget(self.kept)
        return fold

    def _build_more(self) -> Fold:
        fold = Fold(self.tr("More: other names, DNS servers, IPv6"))
        names = QPlainTextEdit()
        names.setTabChangesFocus(True)
        names.setPlaceholderText("printer.example.org 10.20.0.50")
        names.setFixedHeight(4 * names.fontMetrics().height() + 2 * SPACE)
        self.names = self.add(
            Field(
                "dns_dhcp.names",
                self.tr("&Other names that this server answers"),
                names,
                self.tr("One on each line: the name, a blank, the address."),
                technical=True,
            )
        )
        self.upstream = self.add(
            Field(
                "dns_dhcp.upstream",
                self.tr("DNS servers to as&k for all other names"),
                line_edit("10.20.0.254"),
                self.tr(
                    "Leave it empty at a site without Internet: phones then learn at once that a "
                    "name does not exist."
                ),
                technical=True,
            )
        )
        self.six = self.add(
            Field(
                "dns_dhcp.router_advertisements",
                "",
                QCheckBox(self.tr("Give phones an IP&v6 address too")),
                self.tr("Needs an IPv6 address of the server, on the page Fixed address."),
            )
        )
        _name_box(self.six)
        for part in (self.names, self.upstream, self.six):
            fold.body.addWidget(part)
        return fold

    def _build_time(self) -> Card:
        card = Card(self.tr("The time"))
        self.clocks = label("", "hint")
        card.body.addWidget(self.clocks)
        self.set_clock = self.add(
            Field(
                "clock.from_laptop",
                "",
                QCheckBox(self.tr("&Set the server's clock from this laptop")),
                self.tr(
                    "When you apply. A server without a battery then also starts with the last "
                    "time that it knew, instead of years ago."
                ),
            )
        )
        self.clock = self.add(
            Field(
                "dns_dhcp.ntp",
                "",
                QCheckBox(self.tr("Give the ti&me to devices on the network")),
                self.tr(
                    "The server becomes their time service (chrony), also without Internet. Most "
                    "phones do not ask it: set their date and time by hand."
                ),
            )
        )
        for field in (self.set_clock, self.clock):
            _name_box(field)
            card.body.addWidget(field)
        return card

    # ------------------------------------------------------------------- the page

    def title(self) -> str:
        """One sentence in the user's words."""
        return self.tr("Who hands out addresses and names?")

    def lead(self) -> str:
        """Why it matters."""
        return self.tr(
            "A phone that joins the network needs an address (DHCP), and somebody who tells it "
            "where the CHT is (DNS)."
        )

    def show_site(self, site: Site) -> None:
        """Show the decisions."""
        own = site.dns_dhcp
        self.who.choose(OURS if own.enabled else OTHER)
        self.first.show_value(own.first)
        self.last.show_value(own.last)
        self._offer_leases(own.lease)
        self.lease.show_value(own.lease)
        self.table.model.show_rows(own.reservations)
        if lists.names(self.names.value) != own.names:
            self.names.show_value(lists.name_lines(own.names))
        if lists.servers(self.upstream.value) != own.upstream:
            self.upstream.show_value(", ".join(own.upstream))
        self.six.show_value(own.router_advertisements)
        self.clock.show_value(own.ntp)
        self.set_clock.show_value(site.clock.from_laptop)
        for part in (self.range, self.kept_fold, self.more, self.clock):
            part.setVisible(own.enabled)
        self.elsewhere.setVisible(not own.enabled)
        self._show_range(site)
        self._show_todo(site)
        self._show_kept(site)
        self._show_clocks()
        self.others.renew()

    def read(self, site: Site) -> Site:
        """Return the site with the decisions."""
        own = replace(
            site.dns_dhcp,
            enabled=self.who.value == OURS,
            first=self.first.value,
            last=self.last.value,
            lease=self.lease.value,
            reservations=self.table.model.rows,
            names=lists.names(self.names.value),
            upstream=lists.servers(self.upstream.value),
            router_advertisements=self.six.checked,
            ntp=self.clock.checked,
        )
        clock = replace(site.clock, from_laptop=self.set_clock.checked)
        return replace(site, dns_dhcp=own, clock=clock)

    def show_known(self) -> None:
        """The server was connected, or lost."""
        self._show_clocks()
        self.others.renew()

    def entered(self) -> None:
        """Propose a range where there is none, and look for other DHCP servers."""
        own = self.desk.site.dns_dhcp
        if own.enabled and not own.first and not own.last:
            self._use()
        self.others.ask_if_new()

    def left(self) -> None:
        """Nobody waits for an answer any more."""
        self.others.drop()

    def blockers(self) -> tuple[Problem, ...]:
        """Another DHCP server must be switched off, or accepted."""
        found = super().blockers()
        told = [p.code for p in found]
        others = unaccepted(self.others.found(), self.desk.site.accept)
        return found + tuple(p for p in others if p.code not in told)

    def show_problems(self) -> None:
        """Also mark the cells of the table."""
        super().show_problems()
        if self.kept.touched:
            kept = [p for p in self.found() if p.field.startswith("dns_dhcp.reservations[")]
            self.table.model.show_problems(kept)

    # ------------------------------------------------------------------ its parts

    def _offer_leases(self, present: str) -> None:
        words = {
            "1h": self.tr("1 hour"),
            "12h": self.tr("12 hours"),
            "1d": self.tr("1 day"),
            "7d": self.tr("7 days"),
        }
        offered = LEASES if present in LEASES else (*LEASES, present)
        if [self.leases.itemData(i) for i in range(self.leases.count())] == list(offered):
            return
        self.leases.blockSignals(True)
        self.leases.clear()
        for lease in offered:
            self.leases.addItem(words.get(lease, lease), lease)
        self.leases.blockSignals(False)

    def _show_range(self, site: Site) -> None:
        proposal = propose.dhcp_range(site)
        own = (site.dns_dhcp.first, site.dns_dhcp.last)
        wrong = any(
            p.code.startswith("range_") and p.severity == "problem"
            for p in self.desk.found(self.step)
        )
        if proposal is not None and wrong and own != proposal:
            text = self.tr("Proposal: {first} to {last}").format(
                first=proposal[0], last=proposal[1]
            )
            self.offer.tell("info", text, self.tr("It fits the server's address."))
        elif proposal is None and not site.static_ip.address:
            self.offer.tell(
                "info",
                self.tr("The range follows from the server's fixed address."),
                self.tr("Choose that address first."),
            )
        else:
            self.offer.tell("info", "")
        self.use.setVisible(proposal is not None)
        found = parts(site)
        self.bar.show_parts(found)
        fit = counts(found).get(Use.RANGE, 0)
        self.room.setVisible(bool(fit))
        self.room.setText(
            self.tr("{count} devices can be on the network at the same time.").format(
                count=f"{fit:,}"
            )
        )

    def _use(self) -> None:
        proposal = propose.dhcp_range(self.desk.site)
        if proposal is not None:
            self.desk.change("dns_dhcp", first=proposal[0], last=proposal[1])

    def _show_todo(self, site: Site) -> None:
        fill = {
            "domain": site.domain or self.tr("the domain"),
            "address": site.static_ip.address.partition("/")[0] or self.tr("the server's address"),
        }
        steps = (
            self.tr("It answers for the name {domain} with the address {address}."),
            self.tr("It names itself to devices as their only DNS server."),
            self.tr("It never gives the address {address} to any device."),
            self.tr("It names itself as the router, or Android takes the network for broken."),
        )
        self.todo.tell([step.format(**fill) for step in steps])

    def _show_clocks(self) -> None:
        facts = self.desk.facts
        self.clocks.setVisible(facts is not None)
        if facts is None:
            return
        if self.desk.visit is not None:
            facts = self.desk.visit.as_of_now(facts)
        now = time.time()
        seconds = facts.clock.now - now
        told = {
            "server": f"{datetime.fromtimestamp(facts.clock.now, UTC):%Y-%m-%d %H:%M}",
            "laptop": f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M}",
            "amount": span(seconds),
        }
        if abs(seconds) <= EXACT:
            text = self.tr("The server's clock agrees with this laptop's.")
        else:
            text = self.tr(
                "The server's clock says {server}, this laptop's {laptop} (both UTC). They differ "
                "by {amount}."
            )
        self.clocks.setText(text.format(**told))

    def _show_kept(self, site: Site) -> None:
        count = len(site.dns_dhcp.reservations)
        self.kept_fold.set_title(
            self.tr("Devices that always get the same address: {count}").format(count=count)
            if count
            else self.tr("Devices that always get the same address")
        )


def _name_box(field: Field) -> None:
    """Give a check box its own text as its name: the field has no caption."""
    box = field.editor
    assert isinstance(box, QCheckBox)
    box.setAccessibleName(box.text().replace("&", ""))
