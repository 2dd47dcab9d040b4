"""How phones join the network by Wi-Fi."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout

from wizard.agent import names, wire
from wizard.gui.page import Page
from wizard.gui.runner import Job
from wizard.gui.theme import SPACE
from wizard.gui.widgets.card import Card
from wizard.gui.widgets.choice import Choices, Option
from wizard.gui.widgets.countries import Countries
from wizard.gui.widgets.field import Field, line_edit
from wizard.gui.widgets.fold import Fold
from wizard.gui.widgets.openwrt import OpenWrtPanel
from wizard.gui.widgets.password import PasswordEdit
from wizard.gui.widgets.points import Points
from wizard.gui.widgets.qr_code import QrCode
from wizard.gui.widgets.radio_layout import RadioLayout
from wizard.gui.widgets.radio_notes import RadioNotes
from wizard.gui.widgets.text import label
from wizard.gui.widgets.vendor_words import VendorWords
from wizard.handover import qr
from wizard.problem import Problem, UserError
from wizard.site import access_point, bridge, passphrase, radio
from wizard.site.flow import Step
from wizard.site.model import Site
from wizard.site.range_map import Use, parts

FIELD = "access_point.passphrase"  # no key of the site file: it is asked for each time
CHANNELS = (0, *access_point.CLEAR, *access_point.QUIET)


class AccessPointPage(Page):
    """What to switch off on an access point, and the name and password of the Wi-Fi."""

    step = Step.ACCESS_POINT

    def build(self) -> None:
        """Fill the page."""
        self._job: Job[wire.RadioScan] | None = None
        self.kinds = Choices(
            (
                Option(
                    "own",
                    self.tr("An access point of our own"),
                    self.tr("A device that the clinic has, or a Wi-Fi router used as one."),
                    "access_point",
                ),
                Option(
                    "none",
                    self.tr("No Wi-Fi"),
                    self.tr("Phones are not used here, or somebody else looks after the Wi-Fi."),
                    "skip",
                ),
                Option(
                    "server",
                    self.tr("The server's own radio"),
                    self.tr("The server itself becomes an access point, if its radio can."),
                    "server",
                ),
            )
        )
        self.kind = self.add(
            Field("access_point.kind", self.tr("Where does the Wi-Fi come from?"), self.kinds)
        )
        self.kinds.chosen.connect(self.kind.edited)
        self.body.addWidget(self.kind)
        self.layout_cards = RadioLayout()
        self.layout_field = self.add(
            Field("access_point.bridge", self.tr("Where does the Wi-Fi lead?"), self.layout_cards)
        )
        self.layout_cards.chosen.connect(self.layout_field.edited)
        self.body.addWidget(self.layout_field)
        self.notes = RadioNotes()
        self.body.addWidget(self.notes)
        self.advice = self._build_advice()
        self.body.addWidget(self.advice)
        self.details = self._build_details()
        self.body.addWidget(self.details)
        self.openwrt = OpenWrtPanel(self.desk)
        self.body.addWidget(self.openwrt)

    def _build_advice(self) -> Card:
        card = Card(self.tr("What to set on the access point"))
        self.steps = Points(numbered=True)
        card.body.addWidget(self.steps)
        card.body.addWidget(
            label(
                self.tr(
                    "Many devices do all this at once when they are switched to the mode called "
                    "“access point” or “bridge”."
                ),
                "hint",
            )
        )
        card.body.addWidget(VendorWords())
        return card

    def _build_details(self) -> Card:
        card = Card(self.tr("The Wi-Fi that phones join"))
        row = QHBoxLayout()
        row.setSpacing(2 * SPACE)
        left = QVBoxLayout()
        left.setSpacing(int(1.5 * SPACE))
        self.radio = self.add(
            Field(
                "access_point.interface",
                self.tr("&Radio of the server"),
                line_edit("wlan0"),
                self.tr("The name of the Wi-Fi interface, as the server shows it."),
                technical=True,
            )
        )
        self.ssid = self.add(
            Field(
                "access_point.ssid",
                self.tr("Name of the &Wi-Fi (SSID)"),
                line_edit(),
                technical=True,
            )
        )
        self.countries = Countries(self.tr("Choose the country"))
        self.country = self.add(
            Field(
                "access_point.country",
                self.tr("&Country"),
                self.countries,
                self.tr("Its law decides which channels may be used."),
            )
        )
        self.secret = PasswordEdit()
        self.password = self.add(
            Field(
                FIELD,
                self.tr("&Password of the Wi-Fi"),
                self.secret,
                technical=True,
            )
        )
        self.propose = QPushButton(self.tr("Pr&opose a password"))
        self.propose.setAutoDefault(False)
        self.propose.clicked.connect(lambda: self._propose())
        for field in (self.radio, self.country, self.ssid, self.password):
            left.addWidget(field)
        left.addWidget(self.propose, 0, Qt.AlignmentFlag.AlignLeading)
        left.addStretch(1)
        row.addLayout(left, 1)
        self.code = QrCode()
        row.addWidget(self.code, 0, Qt.AlignmentFlag.AlignTop)
        card.body.addLayout(row)
        self.show_code = QPushButton()
        self.show_code.setCheckable(True)
        self.show_code.setAutoDefault(False)
        self.show_code.toggled.connect(lambda _: self._draw_code())
        card.body.addWidget(self.show_code, 0, Qt.AlignmentFlag.AlignLeading)
        card.body.addWidget(self._build_more())
        return card

    def _build_more(self) -> Fold:
        self.more = Fold(self.tr("Protection and channel"))
        securities = QComboBox()
        for value, text in (
            ("wpa2-wpa3", self.tr("WPA2 and WPA3: fits nearly all phones")),
            ("wpa2", self.tr("WPA2 only: also very old phones")),
            ("wpa3", self.tr("WPA3 only: new phones")),
        ):
            securities.addItem(text, value)
        self.security = self.add(Field("access_point.security", self.tr("Pro&tection"), securities))
        self.channels = QComboBox()
        self.channel = self.add(
            Field(
                "access_point.channel",
                self.tr("Chann&el"),
                self.channels,
                self.tr("1, 6 and 11 reach farthest and do not disturb each other."),
            )
        )
        self.more.body.addWidget(self.security)
        self.more.body.addWidget(self.channel)
        return self.more

    # ------------------------------------------------------------------- the page

    def title(self) -> str:
        """One sentence in the user's words."""
        return self.tr("How do phones join the network?")

    def lead(self) -> str:
        """Why it matters."""
        return self.tr("Phones need a Wi-Fi that leads to the server, and only to the server.")

    def show_site(self, site: Site) -> None:
        """Show the decisions."""
        ap = site.access_point
        self.kinds.choose(ap.kind)
        self.radio.show_value(ap.interface)
        self.ssid.show_value(ap.ssid)
        self.countries.offer(ap.country)
        self.country.show_value(ap.country)
        self.security.show_value(ap.security)
        self._offer_channels(ap.channel)
        self.channel.show_value(ap.channel)
        self.password.show_value(self.desk.secrets.wifi_passphrase)
        self.layout_cards.show_joined(ap.bridge)
        facts, lan = self.desk.facts, site.static_ip.interface
        there = bridge.lan(facts, lan) if facts is not None else None
        on_bridge = there is not None and there.kind == "bridge"  # nothing is left to choose
        self.layout_field.setVisible(ap.kind == "server" and not on_bridge)
        self.notes.setVisible(ap.kind == "server")
        self.notes.tell(site, self.desk.facts)
        self.advice.setVisible(ap.kind == "own")
        self.openwrt.setVisible(ap.kind == "own")
        self.details.setVisible(ap.kind in ("own", "server"))
        self.password.set_hint(self._password_hint(ap.kind))
        for part in (self.radio, self.country, self.channel, self.propose):
            part.setVisible(ap.kind == "server")
        self.more.set_title(
            self.tr("Protection and channel") if ap.kind == "server" else self.tr("Protection")
        )
        self.ssid.set_hint(
            self.tr("As phones shall show it; {size} of 32 bytes used.").format(
                size=len(ap.ssid.encode("utf-8", "replace"))
            )
        )
        self._show_steps(site)
        self._draw_code()

    def read(self, site: Site) -> Site:
        """Return the site with the decisions; the password stays with the secrets."""
        self.desk.secrets.wifi_passphrase = self.secret.text()
        ap = replace(
            site.access_point,
            kind=self.kinds.value or site.access_point.kind,
            interface=self.radio.value,
            ssid=_text(self.ssid),
            country=self.country.value,
            channel=int(self.channel.value or 0),
            security=self.security.value or site.access_point.security,
            bridge=self.layout_cards.joined,
        )
        if ap.kind == "server" and not ap.interface:
            ap = replace(ap, interface=self._first_radio(), ssid=ap.ssid or site.name[:32])
        return access_point.arranged(replace(site, access_point=ap), self.desk.facts)

    def take(self) -> None:
        """Also show the code anew: the password is no answer of the site."""
        super().take()
        self._draw_code()

    def found(self) -> tuple[Problem, ...]:
        """Also tell what is wrong with the password."""
        return (*super().found(), *self._password_problem())

    def blockers(self) -> tuple[Problem, ...]:
        """A password that no phone would take is mended, or left out."""
        return (*super().blockers(), *self._password_problem())

    def leave(self, go_on: Callable[[], None]) -> None:
        """Hide the password again; the radio is asked about the country before anybody goes on."""
        self.secret.hide_text()
        self.show_code.setChecked(False)
        visit, facts, ap = self.desk.visit, self.desk.facts, self.desk.site.access_point
        present = facts.radio(ap.interface) if facts is not None else None
        asked = facts.scan if facts is not None else None
        if (
            visit is None
            or facts is None
            or present is None
            or ap.kind != "server"
            or not (self.desk.connected and present.read and present.ap)
            or (
                asked is not None and (asked.interface, asked.country) == (ap.interface, ap.country)
            )
        ):
            go_on()
            return

        def heard(scan: wire.RadioScan) -> None:
            self._job = None
            if self.desk.facts is not None:
                self.desk.learn(facts=replace(self.desk.facts, scan=scan))
            if self.shell.page is not self:
                return
            self.show_site(self.desk.site)
            if self.blockers():
                self.shell.next()  # it says what is in the way
            else:
                go_on()

        def failed(error: UserError) -> None:
            self._job = None
            self.shell.show_error(error)

        self._job = self.desk.run(
            lambda: visit.scan(ap.interface, ap.country),
            heard,
            failed,
            self.tr("Asking the radio what it may do"),
        )

    def left(self) -> None:
        """Hide the password again; nobody waits for the radio any more."""
        if self._job is not None:
            self._job.drop()
            self._job = None
        self.openwrt.drop()
        self.secret.hide_text()
        self.show_code.setChecked(False)

    # ------------------------------------------------------------------ its parts

    def _password_problem(self) -> tuple[Problem, ...]:
        text = self.secret.text()
        code = passphrase.flaw(text) if text and self.desk.site.access_point.kind != "none" else ""
        if not text and self._password_needed():
            code = "missing"
        if not code:
            return ()
        message, cure = {
            "missing": (
                self.tr("The Wi-Fi has no password yet."),
                self.tr("Type one with 8 to 63 characters, or have one proposed."),
            ),
            "short": (
                self.tr("The password of the Wi-Fi has fewer than 8 characters."),
                self.tr("Type it as it is set on the access point; it has 8 to 63 characters."),
            ),
            "long": (
                self.tr("The password of the Wi-Fi has more than 63 characters."),
                self.tr("Type it as it is set on the access point; it has 8 to 63 characters."),
            ),
            "characters": (
                self.tr("The password of the Wi-Fi has a character that Wi-Fi does not know."),
                self.tr("Use letters without accents, digits and the signs of the keyboard."),
            ),
        }[code]
        return (Problem(f"wifi-password-{code}", FIELD, message, cure),)

    def _password_needed(self) -> bool:
        """Whether the server's own Wi-Fi has no password yet, as far as is known."""
        facts = self.desk.facts
        kept = facts.owns(names.HOSTAPD_SECRET) if facts is not None else None
        wanted = self.desk.site.access_point.kind == "server" and facts is not None
        return wanted and not (kept is not None and kept.present)

    def _password_hint(self, kind: str) -> str:
        rule = self.tr("8 to 63 letters, digits and signs of the English keyboard.")
        if kind != "server":
            more = self.tr(
                "For the QR code, and for an OpenWrt device. It is forgotten when the program "
                "closes."
            )
        elif self.desk.facts is not None and not self._password_needed():
            more = self.tr("Empty: the server keeps the one that it has.")
        else:
            more = self.tr("Write it down: it is kept on the server only.")
        return f"{rule} {more}"

    def _propose(self) -> None:
        self.password.show_value(passphrase.propose())
        self.password.touched = True
        self.take()

    def _first_radio(self) -> str:
        facts = self.desk.facts
        found = facts.radios if facts is not None else ()
        able = [r.interface for r in found if r.ap or not r.read]
        return able[0] if able else found[0].interface if found else ""

    def _offer_channels(self, present: int) -> None:
        facts = self.desk.facts
        known = radio.channels(self.desk.site.access_point, facts) if facts is not None else None
        possible = CHANNELS if known is None else (0, *radio.allowed(known))
        offered = possible if present in possible else (*possible, present)
        if [self.channels.itemData(i) for i in range(self.channels.count())] == list(offered):
            return
        self.channels.blockSignals(True)
        self.channels.clear()
        for channel in offered:
            self.channels.addItem(
                str(channel) if channel else self.tr("Chosen by the server"), channel
            )
        self.channels.blockSignals(False)

    def _show_steps(self, site: Site) -> None:
        free = [p for p in parts(site) if p.use is Use.FREE]
        calm = free[-1] if free else None
        steps = [
            self.tr("Switch its DHCP server off. Only one device may hand out addresses."),
            self.tr("Switch off DNS relay, DNS proxy and content filters."),
            self.tr("Switch off the router (NAT): the mode is “access point” or “bridge”."),
            self.tr("Put the cable from the server into a LAN socket, not into WAN or Internet."),
            self.tr("Switch off guest network and client isolation: phones must reach the server."),
            self.tr("Give it an address of its own outside the range for phones, such as {free}.")
            if calm is not None and site.dns_dhcp.enabled
            else self.tr("Give it an address of its own that nobody else gets."),
            self.tr("Protect it with WPA2 or WPA3 and a password of at least 8 characters."),
        ]
        fill = {"free": calm.last if calm is not None else ""}
        self.steps.tell([step.format(**fill) for step in steps])

    def _draw_code(self) -> None:
        ap, text = self.desk.site.access_point, self.secret.text()
        possible = bool(ap.ssid.strip()) and not passphrase.flaw(text)
        self.show_code.setVisible(possible)
        shown = possible and self.show_code.isChecked()
        self.show_code.setText(
            self.tr("Hide the &QR code") if shown else self.tr("Show the &QR code")
        )
        self.show_code.setAccessibleName(self.show_code.text().replace("&", ""))
        code = qr.svg(qr.wifi_text(ap.ssid, text, ap.security)) if shown else b""
        self.code.show_code(code, self.tr("QR code to join {ssid}").format(ssid=ap.ssid))


def _text(field: Field) -> str:
    """The text as it was typed: a blank at the end of a Wi-Fi's name is told, not taken away."""
    assert isinstance(field.editor, QLineEdit)
    return field.editor.text()
