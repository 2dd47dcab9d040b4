"""The servers that were found near this laptop, to be chosen instead of typing an address."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from wizard.gui.search import Search
from wizard.gui.theme import SPACE
from wizard.gui.widgets.choice import Choices, Option
from wizard.gui.widgets.text import label
from wizard.remote.discover import Found
from wizard.remote.nearby import each_once, system

FEW = 4  # that are shown at once


class Servers(QWidget):
    """Shows what a search finds. `chosen` carries an address, `again` is the wish to look again."""

    chosen = Signal(str)
    again = Signal()

    def __init__(self, search: Search, *, practice: bool = False) -> None:
        super().__init__()
        self._practice = practice
        self._search = search
        self._address = ""
        self._all = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        self.state = label("", "hint")
        row.addWidget(self.state, 1)
        self.again_button = self._link(self.tr("Search a&gain"))
        self.again_button.clicked.connect(self.again)
        row.addWidget(self.again_button)
        column.addLayout(row)
        self.list = Choices()
        self.list.setAccessibleName(self.tr("Servers on this network"))
        self.list.chosen.connect(self.chosen)
        column.addWidget(self.list)
        self.more = self._link("")
        self.more.clicked.connect(self._show_all)
        column.addWidget(self.more)
        search.changed.connect(self.renew)
        self.renew()

    @staticmethod
    def _link(text: str) -> QPushButton:
        made = QPushButton(text)
        made.setProperty("role", "link")
        made.setAutoDefault(False)
        return made

    def show_address(self, address: str) -> None:
        """Mark the server of this address."""
        self._address = address
        self.list.choose(address)

    def renew(self) -> None:
        """Show what is known now."""
        servers = each_once(self._search.found)
        shown = servers if self._all else servers[:FEW]
        self.list.offer([self._option(one) for one in shown])
        self.list.choose(self._address)
        self.list.setVisible(bool(shown))
        self.more.setVisible(len(servers) > len(shown))
        self.more.setText(self.tr("Show all {count}").format(count=len(servers)))
        self.again_button.setVisible(not self._search.running)
        if self._search.running:
            self.state.setText(self.tr("Looking for servers on this laptop's networks."))
        elif servers:
            self.state.setText(self.tr("Found near this laptop: choose one, or type an address."))
        else:
            self.state.setText(
                self.tr("No server was found near this laptop. Is the cable in, or the Wi-Fi on?")
            )

    def _option(self, one: Found) -> Option:
        if self._practice:
            return Option(one.address, one.address, self.tr("The practice server"), "practice")
        known = system(one.banner)
        where = self.tr("through {interface}").format(interface=one.interface)
        return Option(one.address, one.address, f"{known}, {where}" if known else where, "server")

    def _show_all(self) -> None:
        self._all = True
        self.renew()
        self.list.setFocus()
