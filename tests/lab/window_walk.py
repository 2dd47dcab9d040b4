"""The window at a real server: started in the laptop's network, and driven by clicks and keys.

python -m tests.lab.window_walk ORDER.json

Tells on standard error what can be read while the server is changed, and on standard output, as
JSON, how it ended. A picture of every page lies in the order's `pictures` then.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before Qt

from tests.gui.walks.walker import Walker
from wizard.detour import Detour
from wizard.gui.app import application, window
from wizard.gui.driver import Astray, breathe
from wizard.gui.widgets.rows import Row
from wizard.site.flow import Step

ENDS = ("is set up", "is renewed", "was not changed", "needs a look", "was not found again")


@dataclass(frozen=True)
class Order:
    """What to do, and what a person knows who does it. Paths are absolute."""

    walk: str  # set-up, renew
    data: str
    pictures: str
    root: str
    name: str = ""
    host: str = ""
    user: str = ""
    key: str = ""
    fingerprint: str = ""  # as read from the server's own screen
    interface: str = ""
    address: str = ""
    domain: str = ""
    first: str = ""
    last: str = ""
    files: tuple[str, ...] = ()
    patience: float = 900.0  # seconds that one thing may take; emulated servers are slow
    clinic: str = ""  # of a practice clinic, to try this without a lab


@dataclass
class Seen:
    """What could be read."""

    end: str = ""  # the title of Apply when all was over
    said: list[str] = field(default_factory=list)  # everything on Apply, as it came
    asked: str = ""
    found: list[str] = field(default_factory=list)  # the servers that were offered
    verdict: str = ""  # of the live check
    checks: list[str] = field(default_factory=list)
    steps: dict[str, str] = field(default_factory=dict)
    astray: str = ""


class Walk:
    """One order, carried out."""

    def __init__(self, order: Order) -> None:
        self.order, self.seen = order, Seen()
        application()
        detour = None
        if order.clinic:
            detour = Detour.load(Path(order.clinic))
            mock.patch("wizard.gui.search.discover", return_value=()).start()  # no real network
        shell = window(Path(order.data), extra_roots=[Path(order.root)], detour=detour)
        shell.show()
        breathe(200)
        self.go = Walker(shell, order.patience)
        self._number = 0

    def run(self) -> Seen:
        try:
            {"set-up": self._set_up, "renew": self._renew}[self.order.walk]()
        except Astray as astray:
            self.seen.astray = str(astray)
            self._see("astray")
        finally:
            self.seen.steps = self.go.steps()
            self.go.shell.desk.close()
            self.go.shell.close()
        return self.seen

    def _see(self, name: str) -> None:
        self._number += 1
        folder = Path(self.order.pictures)
        self.go.picture(folder / f"{self.order.walk}-{self._number:02d}-{name}.png")

    # ------------------------------------------------------------------------ walks

    def _set_up(self) -> None:
        go, order = self.go, self.order
        go.click("Set up a server")
        go.at(Step.CONNECT)
        go.type("Name of the site", order.name)
        go.wait("the search for servers", lambda: not go.sees("Looking for servers"))
        self.seen.found = [card.accessibleName() for card in go.cards()]
        go.type("Server address", order.host)
        go.type("User", order.user)
        go.click("Log in with a key file")
        go.type("File of the key", order.key)
        self._see("connect")
        go.next()
        go.reads("Is this your server?")
        go.reads(order.fingerprint, 5.0)
        self._see("fingerprint")
        go.click("It is the same")
        self._connected()
        go.next()
        go.at(Step.STATIC_IP)
        go.choose_card(order.interface)
        go.type("Address of the server", order.address)
        go.idle()
        self._see("static-ip")
        go.next()
        go.at(Step.DOMAIN)
        go.type("Domain name", order.domain)
        self._see("domain")
        go.next()
        self._bring()
        go.next()
        go.at(Step.DNS_DHCP)
        go.type("First address", order.first)
        go.type("Last address", order.last)
        go.idle()
        self._see("dns-dhcp")
        go.next()
        go.at(Step.ACCESS_POINT)
        go.choose_card("No Wi-Fi")
        self._see("access-point")
        go.next()
        self._change()
        go.next()
        go.at(Step.READINESS)
        self._see("readiness")
        go.next()
        self._done()

    def _renew(self) -> None:
        go = self.go
        go.click("Renew the certificate")  # the key file opens the server, and nothing is asked
        self._bring()
        go.next()
        self._change()
        go.next()
        self._done()

    # ---------------------------------------------------------------------- stretches

    def _connected(self) -> None:
        self.go.reads("The server answers")
        self.go.idle()
        self._see("prechecks")

    def _bring(self) -> None:
        go = self.go
        go.at(Step.CERTIFICATE)
        go.click("Choose files")
        go.pick(*map(Path, self.order.files))
        go.idle()
        go.reads("days left")
        self._see("certificate")

    def _change(self) -> None:
        go, seen = self.go, self.seen
        go.at(Step.REVIEW)
        self._see("review")
        go.next()
        if self.order.walk != "renew":
            seen.asked = go.answer("Change ")
        go.wait("the page Apply", lambda: go.shell.page and go.shell.page.step is Step.APPLY)
        self._see("apply-running")

        def over() -> str:
            for text in go.texts():
                if text and text not in seen.said:
                    seen.said.append(text)
                    sys.stderr.write(text + "\n")
            sys.stderr.flush()
            return next((t for t in go.texts() if t.endswith(ENDS)), "")

        seen.end = go.wait("the end of the change", over)
        self._see("apply")
        if not go.sees("Check now"):
            raise Astray(f"the change ended otherwise: {list(go.texts())}")
        go.next()
        go.at(Step.LIVE_CHECK)
        go.wait("the live check", lambda: not go.sees("Checking. This takes"))
        rows = [row for row in go.shell.findChildren(Row) if row.isVisible()]
        seen.checks = [row.accessibleName() for row in rows]
        seen.verdict = next((t for t in go.texts() if "that was tried" in t or "broken" in t), "")
        self._see("live-check")

    def _done(self) -> None:
        self.go.at(Step.DONE)
        self._see("done")


def main() -> int:
    plain: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    plain["files"] = tuple(plain.get("files", ()))
    seen = Walk(Order(**plain)).run()
    sys.stdout.write(json.dumps(asdict(seen), indent=1) + "\n")
    return 1 if seen.astray else 0


if __name__ == "__main__":
    sys.exit(main())
