"""The tour: the real window walks the practice clinic by clicks and keys, and keeps pictures."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QAbstractButton, QWidget

from wizard.check import Report
from wizard.gui.app import application, window
from wizard.gui.dialogs import Dialogs
from wizard.gui.driver import Astray, Driver
from wizard.gui.pages.live_check import LiveCheckPage
from wizard.gui.shell import SIZE
from wizard.gui.theme import theme
from wizard.practice.clinic import ADDRESS, DOMAIN
from wizard.practice.phones import PHONES
from wizard.site.flow import Step

LOOKS = ("light", "dark")
SLOW = 180.0  # seconds that an apply or a live check may take on a busy computer
FONT = ("DejaVu Sans", 10.0)  # pictures look alike wherever they are made


@dataclass(frozen=True)
class Stop:
    """One thing that was seen; `seconds` since the one before."""

    walk: str
    name: str
    seconds: float


class Yes(Dialogs):
    """Somebody who agrees to every question, and saves every file where it is wanted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []

    def ask(
        self,
        _parent: QWidget,
        text: str,
        _more: str,
        answers: Sequence[str],
        then: Callable[[int], None],
    ) -> None:
        """Take the last answer: the one that acts."""
        self.asked.append(text)
        then(len(answers) - 1)

    def save_file(
        self, _parent: QWidget, _title: str, name: str, _pattern: str, then: Callable[[Path], None]
    ) -> None:
        """Save under the name that was offered."""
        then(self.folder / name)


class Tour:
    """Walks everything in `folder`, which gets the pictures and what staff take with them.

    `told` is called with each Stop. `run` raises Astray when the window does not do what it
    should, and returns the live checks of both walks.
    """

    def __init__(
        self,
        folder: Path,
        told: Callable[[Stop], None],
        looks: Sequence[str] = LOOKS,
        size: tuple[int, int] = SIZE,
    ) -> None:
        self.folder, self.looks, self.size, self._told = folder, looks, size, told
        self.dialogs = Yes(folder)
        self.reports: list[tuple[str, Report]] = []
        self._walk = ""
        self._at = time.monotonic()
        self._number = 0

    def run(self) -> tuple[tuple[str, Report], ...]:
        """Take the tour, offscreen or on a screen."""
        self.folder.mkdir(parents=True, exist_ok=True)
        app = application()
        before = app.font()
        font = app.font()
        font.setFamily(FONT[0])
        font.setPointSizeF(FONT[1])
        app.setFont(font)
        app.setCursorFlashTime(0)
        shell = window(self.folder / "data", self.dialogs)
        self.driver = Driver(shell)
        try:
            theme().choose(self.looks[0])
            shell.resize(*self.size)
            shell.show()
            self._see("start", "")
            self._set_up()
            self._renew()
        finally:
            shell.desk.close()
            shell.close()
            app.setFont(before)
            theme().choose("system")
        return tuple(self.reports)

    # -------------------------------------------------------------------- walks

    def _set_up(self) -> None:
        self._begin("set-up", "All is well")
        go = self.driver
        go.type("Name of the site", "Practice clinic")
        go.click("Fill these in for me")
        self._see("connect")
        go.next()
        go.click("It is the same")
        go.wait("the prechecks", lambda: self._desk.connected)
        go.idle()
        self._see("prechecks")
        go.next()
        go.at(Step.STATIC_IP)
        go.type("Address of the server", ADDRESS)
        go.click("Ask again")
        go.idle()
        self._see("static-ip")
        go.next()
        go.at(Step.DOMAIN)
        go.type("Domain name", DOMAIN)
        self._see("domain")
        go.next()
        self._certificates()
        go.next()
        go.at(Step.DNS_DHCP)
        self._see("dns-dhcp")
        go.next()
        go.at(Step.ACCESS_POINT)
        go.click("An access point of our own")
        go.type("Name of the Wi-Fi", "Clinic")
        self._see("access-point")
        go.next()
        self._change(after=True)
        go.next()
        go.at(Step.READINESS)
        self._see("readiness")
        go.next()
        self._done()

    def _certificates(self) -> None:
        go = self.driver
        go.at(Step.CERTIFICATE)
        self._see("certificate-none")
        go.choose("Certificates to practise with", "Ended a month ago")
        go.click("Take this certificate")
        go.idle()
        self._see("certificate-expired")
        go.choose("Certificates to practise with", "All is well")
        go.click("Take this certificate")
        go.idle()
        self._see("certificate")

    def _renew(self) -> None:
        self.driver.click("All sites")
        self._begin("renew", "Renew the certificate", 1)
        go = self.driver
        go.click("Fill these in for me")
        self._see("connect")
        go.next()
        go.at(Step.CERTIFICATE)
        go.choose("Certificates to practise with", "For a renewal")
        go.click("Take this certificate")
        go.idle()
        self._see("certificate")
        go.next()
        self._change(after=False)
        go.next()
        self._done()

    def _begin(self, walk: str, practice: str, which: int = 0) -> None:
        go = self.driver
        self._walk = walk
        self._number = 0
        go.click("Practise")
        cards = go.wait(
            practice, lambda: [c for c in go.named(_CARD, practice) if c.isEnabled()][which:]
        )
        self._see("choose")
        cards[0].click()
        go.at(Step.CONNECT)

    def _change(self, *, after: bool) -> None:
        go = self.driver
        go.at(Step.REVIEW, SLOW)
        self._see("review")
        go.next()
        go.wait("the change to begin", lambda: self._desk.flow.step is Step.APPLY)
        if after:
            self._see("apply-running")
        go.at(Step.APPLY, SLOW)
        go.wait("the end of the change", lambda: self._desk.outcome is not None, SLOW)
        outcome = self._desk.outcome
        if outcome is None or outcome.state != "confirmed":
            raise Astray(f"the change ended {outcome}")
        self._see("apply")
        self._desk.clinic.phone_pause = 0.2
        go.next()
        go.at(Step.LIVE_CHECK, SLOW)
        go.wait("the live check", lambda: self._desk.report is not None, SLOW)
        report = self._desk.report
        if report is not None:
            self.reports.append((self._walk, report))
        self._see("live-check")
        if after:
            self._phones()

    def _phones(self) -> None:
        """See who arrives, until each phone is through or has stopped."""
        page = self.driver.shell.page
        assert isinstance(page, LiveCheckPage)

        def settled() -> bool:
            found = page.arrivals.standing
            return found.devices == len(PHONES) and not found.running

        self.driver.wait("the phones", settled, SLOW)
        self._see("phones-arriving")

    def _done(self) -> None:
        go = self.driver
        go.at(Step.DONE)
        self._see("done")
        if self._walk == "set-up":
            for button in ("Save the sheet", "Save the entry", "To read", "For programs"):
                go.click(button)
                go.idle()

    # ------------------------------------------------------------------- pictures

    @property
    def _desk(self) -> Any:
        return self.driver.shell.desk

    def _see(self, name: str, walk: str | None = None) -> None:
        """Keep a picture in each look, and tell."""
        prefix = self._walk if walk is None else walk
        self._number += 1
        stem = f"{prefix}-{self._number:02d}-{name}" if prefix else name
        for look in self.looks:
            if len(self.looks) > 1:
                theme().choose(look)
            self.driver.picture(self.folder / look / f"{stem}.png")
        if len(self.looks) > 1:
            theme().choose(self.looks[0])
        now = time.monotonic()
        self._told(Stop(prefix or "start", name, round(now - self._at, 2)))
        self._at = now


_CARD = QAbstractButton
