"""The panel for the phone in the hand: what to scan, what to type, what its messages mean."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from wizard.gui.theme import SPACE
from wizard.gui.widgets.card import Card, Notice
from wizard.gui.widgets.copyable import Copyable
from wizard.gui.widgets.fold import Fold
from wizard.gui.widgets.qr_code import QrCode
from wizard.gui.widgets.text import label
from wizard.handover import Handover, qr
from wizard.handover.sheet import phone_steps
from wizard.handover.words import MESSAGES, WHITE_PAGE
from wizard.problem import tr


class PhonePanel(Card):
    """Shows how to reach the CHT from a phone; `show_handover` fills it."""

    def __init__(self) -> None:
        super().__init__(self.tr("Now take a phone"))
        self._practice = Notice()
        self.body.addWidget(self._practice)
        self.body.addWidget(label(self.tr("Type this address in the CHT app"), "label"))
        self.address = Copyable(self.tr("Address"))
        self.body.addWidget(self.address)
        codes = QHBoxLayout()
        codes.setSpacing(4 * SPACE)
        self.wifi, self._wifi_text = QrCode(), label("", "hint")
        self.open, self._open_text = QrCode(), label("", "hint")
        self._wifi_part = _under(self.wifi, self._wifi_text)
        codes.addWidget(self._wifi_part)
        codes.addWidget(_under(self.open, self._open_text))
        codes.addStretch(1)
        self.body.addLayout(codes)
        self._no_code = label("", "hint")
        self.body.addWidget(self._no_code)
        self.steps = Fold(self.tr("Step by step on the phone"))
        self._list = QGridLayout()
        self._list.setHorizontalSpacing(int(1.5 * SPACE))
        self._list.setVerticalSpacing(SPACE)
        self._list.setColumnStretch(1, 1)
        self.steps.body.addLayout(self._list)
        self.body.addWidget(self.steps)
        self.messages = Fold(self.tr("What the phone may say, and what it means"))
        for message in MESSAGES:
            self._message(f"“{tr(message.shown)}”", tr(message.cure))
        self._message(tr(WHITE_PAGE.shown), tr(WHITE_PAGE.cure))
        self.body.addWidget(self.messages)

    def _message(self, shown: str, cure: str) -> None:
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, SPACE // 2)
        column.setSpacing(SPACE // 4)
        column.addWidget(label(shown, "label"))
        column.addWidget(label(cure))
        self.messages.body.addWidget(part)

    def show_handover(self, handover: Handover, passphrase: str) -> None:
        """Show the phone's part of a snapshot; with a Wi-Fi passphrase also the code to join."""
        wifi, url = handover.wifi, handover.url
        self._practice.tell(
            "info",
            self.tr("No phone can reach the practice server; this is how it would be.")
            if handover.practice
            else "",
        )
        self.address.show_value(url)
        self.open.show_code(qr.svg(url), self.tr("Code that opens {url}").format(url=url))
        self._open_text.setText(self.tr("Opens the CHT in a browser"))
        code = b""
        if wifi is not None and passphrase:
            text = qr.wifi_text(wifi.ssid, passphrase, wifi.security, hidden=wifi.hidden)
            code = qr.svg(text)
        ssid = wifi.ssid if wifi is not None else ""
        self.wifi.show_code(code, self.tr("Code that joins the Wi-Fi {name}").format(name=ssid))
        self._wifi_text.setText(self.tr("Joins the Wi-Fi {name}").format(name=ssid))
        self._wifi_part.setVisible(bool(code))
        self._no_code.setText(
            self.tr("Join the Wi-Fi {name} first.").format(name=ssid)
            if ssid
            else self.tr("Join the Wi-Fi of the clinic first.")
        )
        self._no_code.setVisible(not code)
        self._show_steps(handover, bool(code))

    def _show_steps(self, handover: Handover, code: bool) -> None:
        while item := self._list.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        for row, step in enumerate(phone_steps(handover, code)):
            number = label(f"{row + 1}", "label")
            number.setWordWrap(False)
            self._list.addWidget(number, row, 0, Qt.AlignmentFlag.AlignTop)
            part = QWidget()
            column = QVBoxLayout(part)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(SPACE // 4)
            column.addWidget(label(step.title, "label"))
            column.addWidget(label(step.text))
            self._list.addWidget(part, row, 1)


def _under(code: QrCode, text: QLabel) -> QWidget:
    part = QWidget()
    column = QVBoxLayout(part)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(SPACE // 2)
    column.addWidget(code)
    text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    column.addWidget(text)
    return part
