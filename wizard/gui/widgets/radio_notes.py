"""What becomes of the server's radio: where its Wi-Fi leads, and what it can do."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from wizard.agent import wire
from wizard.gui.theme import SPACE
from wizard.gui.widgets.card import Notice
from wizard.site import bridge, radio
from wizard.site.model import Site


class RadioNotes(QWidget):
    """Two notices; call `tell` when site or facts changed."""

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        self.joined, self.able = Notice(), Notice()
        column.addWidget(self.joined)
        column.addWidget(self.able)

    def tell(self, site: Site, facts: wire.Facts | None) -> None:
        """Say where the Wi-Fi leads, and what the server's kernel says about this very radio."""
        self._tell_layout(site, facts)
        self._tell_radio(site, facts)

    @property
    def text(self) -> str:
        """All that is said."""
        return f"{self.joined.text} {self.able.text}".strip()

    def _tell_layout(self, site: Site, facts: wire.Facts | None) -> None:
        lan = site.static_ip.interface
        there = bridge.lan(facts, lan) if facts is not None else None
        if site.access_point.bridge:
            self.joined.tell(
                "info",
                self.tr("Phones on the Wi-Fi and devices on the cable are in one network."),
                self.tr("The radio joins {lan}, which has the server's address.").format(
                    lan=there.name
                )
                if there is not None and there.kind == "bridge"
                else self.tr(
                    "Inside the server, radio and cable {cable} are joined by a bridge, which gets "
                    "the server's address. For a few seconds the server cannot be reached. If this "
                    "laptop does not find it again, the server goes back to the way it was."
                ).format(cable=lan),
            )
        else:
            self.joined.tell(
                "info",
                self.tr("The Wi-Fi becomes the network of the phones."),
                self.tr(
                    "The server's fixed address moves to the radio. The cable stays as it is, so "
                    "you stay connected. To check from this laptop, join the Wi-Fi with it."
                ),
            )

    def _tell_radio(self, site: Site, facts: wire.Facts | None) -> None:
        """What the server's kernel says about this very radio."""
        ap = site.access_point
        found = facts.radio(ap.interface) if facts is not None else None
        if facts is None:
            self.able.tell(
                "info",
                self.tr("What the radio can do is read from the server when you connect."),
            )
        elif not facts.radios:
            self.able.tell(
                "warn",
                self.tr("The server has no Wi-Fi radio."),
                self.tr("Plug a Wi-Fi adapter in and connect again, or use another choice above."),
            )
        elif found is None:
            self.able.tell("info", "")
        elif not found.read:
            self.able.tell(
                "warn",
                self.tr("What this radio can do is not known: the server lacks the program iw."),
                self.tr(
                    "Apply installs it, if the server reaches the Internet. Connect once more "
                    "afterwards: the Wi-Fi is set up in a second run."
                ),
            )
        elif found.ap:
            how = (
                self.tr("WPA2 and WPA3")
                if found.sae
                else self.tr("WPA2, which all phones can join")
            )
            known = radio.channels(ap, facts)
            more = (
                self.tr("Channels that it may use in {country}: {known}.").format(
                    country=ap.country,
                    known=", ".join(str(n) for n in radio.allowed(known)) or "-",
                )
                if known is not None
                else ""
            )
            self.able.tell(
                "ok",
                self.tr("{name} can be an access point with {able}.").format(
                    name=f"{found.interface} ({found.driver})" if found.driver else found.interface,
                    able=how,
                ),
                more,
            )
        else:
            self.able.tell("info", "")  # the field says that it cannot
