"""The end of a visit: what was set up on one card, and what to take away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from wizard.gui import handover, printing
from wizard.gui.announce import announce
from wizard.gui.page import Page
from wizard.gui.theme import SPACE
from wizard.gui.widgets.card import Card, Notice
from wizard.gui.widgets.field import Field
from wizard.gui.widgets.next_visit import NextVisit
from wizard.gui.widgets.password import PasswordEdit
from wizard.gui.widgets.picture import Picture
from wizard.gui.widgets.text import label, selectable
from wizard.handover import Handover, calendar, report, sheet
from wizard.handover.files import file_name, write
from wizard.handover.words import OUTCOMES, long_date
from wizard.problem import Problem, UserError
from wizard.site.flow import Step, Walk

TONES = {"good": ("ok", "ok"), "attention": ("warn", "warn"), "bad": ("err", "err")}
PASSPHRASE = (8, 63)  # characters of a WPA passphrase (IEEE 802.11, annex J.4)


class DonePage(Page):
    """Shows a snapshot that is taken on entering, and writes sheet, calendar entry and report."""

    step: ClassVar[Step] = Step.DONE

    def build(self) -> None:
        """Fill the page."""
        self.snapshot: Handover = handover.snapshot(self.desk)
        self.written = Notice()
        self._path = Path()
        row = QHBoxLayout()
        self.open = _button(self.tr("&Open it"), self._open)
        row.addWidget(self.open)
        row.addStretch(1)
        self.written.body.addLayout(row)
        self.body.addWidget(self.written)
        self.glance = Card()
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(3 * SPACE)
        self._facts.setVerticalSpacing(SPACE)
        self._facts.setColumnStretch(1, 1)
        self.glance.body.addLayout(self._facts)
        self.body.addWidget(self.glance)
        self.visit = NextVisit()
        self.visit.answered.connect(self.desk.come_every)
        self.body.addWidget(self.visit)
        self.body.addWidget(self._take_away())

    def _take_away(self) -> Card:
        card = Card(self.tr("Take it with you"))
        self.with_passphrase = QCheckBox(self.tr("With the &password of the Wi-Fi"))
        self.with_passphrase.toggled.connect(self._show_passphrase)
        self.passphrase = Field("wifi", self.tr("Password of the &Wi-Fi"), PasswordEdit())
        self.sheet = _button(self.tr("Save the &sheet"), self._save_sheet)
        self.calendar = _button(self.tr("Save the &entry"), self._save_calendar)
        self.html = _button(self.tr("To &read (HTML)"), self._save_html)
        self.json = _button(self.tr("For programs (&JSON)"), self._save_json)
        self.sheet_part = self._part(
            card,
            "print",
            self.tr("Handover sheet"),
            self.tr(
                "A page or two for the wall: addresses, dates, how to set up a phone, what to do "
                "after a power failure. PDF, to be printed."
            ),
            (self.with_passphrase, self.passphrase),
            (self.sheet,),
        )
        self._part(
            card,
            "calendar",
            self.tr("Calendar entry"),
            self.tr("The last good day for the next visit and the end of the certificate."),
            (),
            (self.calendar,),
        )
        self._part(
            card,
            "review",
            self.tr("Report"),
            self.tr("Everything in detail, for whoever supports you. No passwords are in it."),
            (),
            (self.html, self.json),
        )
        return card

    def _part(
        self,
        card: Card,
        icon: str,
        title: str,
        text: str,
        inputs: tuple[QWidget, ...],
        buttons: tuple[QPushButton, ...],
    ) -> QWidget:
        part = QWidget()
        row = QHBoxLayout(part)
        row.setContentsMargins(0, SPACE, 0, SPACE)
        row.setSpacing(int(1.5 * SPACE))
        row.addWidget(Picture(icon, "accent"), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(SPACE // 2)
        column.addWidget(label(title, "label"))
        column.addWidget(label(text, "hint"))
        for each in inputs:
            column.addWidget(each)
        line = QHBoxLayout()
        line.setSpacing(SPACE)
        for button in buttons:
            button.setAccessibleDescription(title)
            line.addWidget(button)
        line.addStretch(1)
        column.addLayout(line)
        row.addLayout(column, 1)
        card.body.addWidget(part)
        return part

    # ------------------------------------------------------------------- the page

    def title(self) -> str:
        """One sentence in the user's words."""
        if self.snapshot.outcome == "confirmed":
            if self.desk.flow.walk is Walk.RENEW:
                return self.tr("The certificate is renewed")
            return self.tr("The server is set up")
        return self.tr("This is how the site stands")

    def lead(self) -> str:
        """Why it matters."""
        return self.tr("Take it with you on paper: without Internet, nobody can look it up.")

    def next_text(self) -> str:
        """Say what Next does here."""
        return self.tr("Set &up another site")

    def next_about(self) -> str:
        """Say it to people who listen."""
        return self.tr("Goes back to the first page")

    def leave(self, go_on: Callable[[], None]) -> None:
        """Go to the first page."""
        go_on()
        self.shell.go_home()

    def first_field(self) -> QWidget | None:
        """Begin at the sheet."""
        return self.sheet

    def entered(self) -> None:
        """Take the snapshot, and forget what was typed to log in: it is not needed any more."""
        self.snapshot = handover.snapshot(self.desk)
        wifi = self.desk.secrets.wifi_passphrase
        self.desk.secrets.clear()
        self.desk.secrets.wifi_passphrase = wifi
        self.with_passphrase.setChecked(False)
        self.with_passphrase.setVisible(self.snapshot.wifi is not None)
        self.calendar.setEnabled(self.snapshot.certificate is not None)
        self.written.tell("ok", "")
        self._show_passphrase()
        self._show_facts()
        self.visit.show_handover(self.snapshot)
        self.ready.emit()

    def show_known(self) -> None:
        """Plan anew with the answer how often somebody comes; the rest stays as it was."""
        site = replace(self.snapshot.site, visit_every=self.desk.site.visit_every)
        self.snapshot = replace(self.snapshot, site=site)
        self.visit.show_handover(self.snapshot)

    # -------------------------------------------------------------------- one glance

    def _show_facts(self) -> None:
        while item := self._facts.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        here = self.snapshot
        dns_dhcp, certificate, plan = here.site.dns_dhcp, here.certificate, here.visits
        self._fact(self.tr("Phones open"), here.url if here.site.domain else "", technical=True)
        self._fact(self.tr("The server is at"), here.site.static_ip.address, technical=True)
        if dns_dhcp.enabled and dns_dhcp.first:
            given = self.tr("{first} to {last}").format(first=dns_dhcp.first, last=dns_dhcp.last)
            self._fact(self.tr("Phones get"), given)
        elif not dns_dhcp.enabled:
            self._fact(self.tr("Phones get"), self.tr("addresses from another device"))
        if here.wifi is not None:
            self._fact(self.tr("Wi-Fi"), here.wifi.ssid)
        if certificate is not None and plan is not None:
            days = plan.days_left
            ends = self.tr("{date}, {days} days from now")
            day = long_date(here.day(certificate.not_after))
            self._fact(
                self.tr("Certificate ends"),
                ends.format(date=day, days=days) if days is not None and days >= 0 else day,
                "bad" if days is not None and days < 0 else "attention" if plan.urgent else "",
            )
        tone, sentence = sheet.checked(here)
        self._fact(self.tr("Proof"), sentence, tone)
        if self.desk.outcome is not None:
            good = here.outcome in ("confirmed", "nothing")
            text = OUTCOMES.get(here.outcome, here.outcome)
            self._fact(self.tr("Changes"), text, "good" if good else "attention")

    def _fact(self, name: str, value: str, tone: str = "", *, technical: bool = False) -> None:
        row = self._facts.rowCount()
        caption = label(name, "hint")
        caption.setWordWrap(False)
        self._facts.addWidget(caption, row, 0, Qt.AlignmentFlag.AlignTop)
        part = QWidget()
        line = QHBoxLayout(part)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(SPACE // 2)
        if tone in TONES:
            line.addWidget(Picture(*TONES[tone], em=1.1), 0, Qt.AlignmentFlag.AlignTop)
        shown = selectable(label(value or self.tr("not known"), "label"))
        shown.setAccessibleName(f"{name}: {shown.text()}")
        if technical:
            shown.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        line.addWidget(shown, 1)
        self._facts.addWidget(part, row, 1)

    # -------------------------------------------------------------------- taking away

    def _show_passphrase(self) -> None:
        ask = self.with_passphrase.isChecked() and not self.desk.secrets.wifi_passphrase
        self.passphrase.setVisible(self.with_passphrase.isVisibleTo(self) and ask)
        self.passphrase.show_problem(None)
        if ask and self.isVisible():
            self.passphrase.editor.setFocus()

    def _passphrase(self) -> str | None:
        """Return what is to stand on the sheet; None when it has to be mended first."""
        if not self.with_passphrase.isChecked():
            return ""
        known = self.desk.secrets.wifi_passphrase
        typed = known or self.passphrase.value
        if not known and not PASSPHRASE[0] <= len(typed) <= PASSPHRASE[1]:
            self.passphrase.show_problem(
                Problem(
                    "wifi_passphrase",
                    "wifi",
                    self.tr("The password of a Wi-Fi has 8 to 63 characters."),
                    self.tr("Type it, or leave it off the sheet."),
                )
            )
            self.passphrase.editor.setFocus()
            return None
        return typed

    def _save_sheet(self) -> None:
        secret = self._passphrase()
        if secret is None:
            return
        here = self.snapshot
        if here.wifi is not None:
            here = replace(here, wifi=replace(here.wifi, passphrase=secret))

        made = sheet.compose(here, with_passphrase=bool(secret))
        data = printing.pdf(made.html, made.images, title=made.title)
        self._save(
            self.tr("Handover sheet"),
            ".pdf",
            self.tr("PDF (*.pdf)"),
            lambda path: path.write_bytes(data),
        )

    def _save_calendar(self) -> None:
        here = self.snapshot
        self._save(
            self.tr("Renew the certificate"),
            ".ics",
            self.tr("Calendar (*.ics)"),
            lambda path: path.write_bytes(calendar.ics(here)),
        )

    def _save_html(self) -> None:
        here = self.snapshot
        self._save(
            self.tr("Report"),
            ".html",
            self.tr("Web page (*.html)"),
            lambda path: path.write_text(report.html(here), encoding="utf-8"),
        )

    def _save_json(self) -> None:
        here = self.snapshot
        self._save(
            self.tr("Report"),
            ".json",
            self.tr("JSON (*.json)"),
            lambda path: path.write_text(report.to_json(here), encoding="utf-8"),
        )

    def _save(self, what: str, suffix: str, pattern: str, make: Callable[[Path], object]) -> None:
        name = file_name(what, self.snapshot, suffix)

        def chosen(path: Path) -> None:
            self.shell.clear_error()
            self.written.tell("ok", "")
            busy = self.tr("Writing {name}").format(name=path.name)
            self.desk.run(lambda: write(path, make), self._done, self._failed, busy)

        self.shell.dialogs.save_file(self, what, name, pattern, chosen)

    def _done(self, path: Path) -> None:
        self._path = path
        self.written.tell("ok", self.tr("Saved: {path}").format(path=path))
        announce(self, self.written.text)
        self.open.setFocus()
        self.shell.bring(self.written)

    def _failed(self, error: UserError) -> None:
        self.shell.show_error(error)

    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._path)))


def _button(text: str, pressed: Callable[[], None]) -> QPushButton:
    made = QPushButton(text)
    made.setAutoDefault(False)
    made.clicked.connect(pressed)
    return made
