"""One visit to an OpenWrt device: look, change, meet it at its new address, confirm."""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from wizard.openwrt import script
from wizard.openwrt.model import Plan, Router
from wizard.openwrt.uci import parse
from wizard.openwrt.words import OpenWrtError
from wizard.remote.hosts import Accept, KnownHosts
from wizard.remote.login import Credentials, Timeouts
from wizard.remote.session import Session
from wizard.remote.words import RemoteError

USER = "root"
PAUSE = 2.0  # seconds between two tries to meet it again
QUICK = Timeouts(4.0, 8.0, 15.0, 10.0)

Opener = Callable[[str, Accept], Session]


class Setup:
    """A login to one device; `opener` makes further ones, with the same password."""

    def __init__(self, session: Session, opener: Opener, seconds: int = script.SECONDS) -> None:
        self.session = session
        self.seconds = seconds
        self._opener = opener
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @classmethod
    def connect(cls, host: str, password: str, accept: Accept, port: int = 22) -> Setup:
        """Log in as root, whose password may be empty. Raises RemoteError, FirstContact.

        Its host key is not remembered beyond this visit: new devices all have the same address,
        and a key that is not the last one's would look like an impostor.
        """
        who = Credentials(USER, password=password)
        folder = tempfile.TemporaryDirectory(prefix="openwrt-")
        known = KnownHosts(Path(folder.name) / "known.jsonl")

        def opener(where: str, accept: Accept) -> Session:
            return Session.open(where, port, who, known, accept=accept, timeouts=QUICK)

        try:
            setup = cls(opener(host, accept), opener)
        except BaseException:
            folder.cleanup()
            raise
        setup._folder = folder
        return setup

    def look(self) -> Router:
        """Read what the device is and how it is set; changes nothing. Raises OpenWrtError."""
        done = self.session.run(["sh", "-c", script.READ], timeout=30.0)
        if done.code != 0:
            raise OpenWrtError("not-openwrt", host=self.session.host)
        parts: dict[str, str] = {}
        for part in ("\n" + done.out.decode("utf-8", "replace")).split("\n=== ")[1:]:
            name, _, text = part.partition("\n")
            parts[name.strip()] = text
        try:
            settings = parse(parts.get("settings", ""))
        except ValueError as error:
            raise OpenWrtError("unreadable", where=str(error)) from None
        return Router(
            release=parts.get("release", "").strip(),
            board=parts.get("board", "").strip(),
            settings=settings,
            services=tuple(parts.get("services", "").split()),
            sae="yes" in parts.get("sae", ""),
            pending="yes" in parts.get("pending", ""),
            unsaved="yes" in parts.get("unsaved", ""),
        )

    def change(self, plan: Plan, cancel: threading.Event | None = None) -> None:
        """Carry a plan out and confirm it over a new login at the new address.

        Without that login the device goes back by itself after `seconds`. Raises OpenWrtError.
        """
        fingerprint = self.session.fingerprint
        argv = ["sh", "-c", script.CHANGE, "sh", str(self.seconds), " ".join(plan.stop)]
        done = self.session.run(argv, input=plan.batch.encode(), timeout=60.0)
        if done.code == 42:
            raise OpenWrtError("busy")
        if done.code != 0:
            raise OpenWrtError("refused-settings", done.err.decode("utf-8", "replace")[-500:])
        self.session.close()
        self._confirm(plan.address, fingerprint, cancel or threading.Event())

    def _confirm(self, address: str, fingerprint: str, cancel: threading.Event) -> None:
        end = time.monotonic() + self.seconds
        while time.monotonic() < end and not cancel.wait(PAUSE):
            with contextlib.suppress(RemoteError):
                session = self._opener(address, fingerprint)
                self.session = session
                if session.run(["sh", "-c", script.CONFIRM], timeout=20.0).code != 0:
                    raise OpenWrtError("not-confirmed")
                return
        raise OpenWrtError("not-back", address=address, seconds=self.seconds)

    def close(self) -> None:
        """End the login."""
        self.session.close()
        if self._folder is not None:
            self._folder.cleanup()
