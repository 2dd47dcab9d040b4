"""Offers to fetch what a chain lacks from the Internet; nothing is fetched without the click."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton

from wizard.gui.widgets.card import Notice
from wizard.problem import UserError


class FetchOffer(Notice):
    """Names the host and has the button; hidden while there is none. `wanted` is the click."""

    wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.button = QPushButton(self.tr("Fetch the missing part from the Internet"))
        self.button.setAutoDefault(False)
        self.button.clicked.connect(self.wanted)
        self.body.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeading)

    def offer(self, host: str) -> None:
        """Offer to ask this host; "" takes the offer away."""
        text = self.tr("A part of the chain is missing. It can be had from {host}.")
        cure = self.tr("This laptop must be on the Internet for it. Only {host} is asked.")
        self.tell("info", text.format(host=host) if host else "", cure.format(host=host))
        self.button.setEnabled(True)

    def refuse(self, error: UserError) -> None:
        """Say why it did not work; the button stays for another try."""
        self.tell("warn", error.message, error.cure)
        self.button.setEnabled(True)
