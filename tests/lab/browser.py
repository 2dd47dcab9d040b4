"""A browser on the LAN: Debian's Chromium without a screen, in the namespace of a host."""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.lab.ca import Ca
from tests.lab.network import Host

_ERROR = re.compile(r"net::(ERR_[A-Z0-9_]+)|\b(ERR_[A-Z0-9_]+)\b")


@dataclass(frozen=True)
class Page:
    """What the user sees: a title and text, or Chromium's own error code."""

    url: str
    title: str
    text: str
    error: str | None


class Browser:
    """One profile; its only extra root is the lab's CA, as if that were a public one."""

    def __init__(self, host: Host, ca: Ca | None = None) -> None:
        self.host = host
        self.home = Path(tempfile.mkdtemp(prefix="browser-", dir=host.folder))
        if ca is not None:
            self.trust(ca.root_pem)

    def trust(self, root_pem: bytes) -> None:
        store = self.home / ".pki" / "nssdb"
        store.mkdir(parents=True, exist_ok=True)
        root = self.home / "root.pem"
        root.write_bytes(root_pem)
        database = f"sql:{store}"
        for command in (
            ["certutil", "-d", database, "-N", "--empty-password"],
            ["certutil", "-d", database, "-A", "-n", "lab", "-t", "C,,", "-i", str(root)],
        ):
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)

    def open(self, url: str, timeout: float = 90) -> Page:
        """Load a page as a user would and say what came: the page, or the error page's code."""
        done = self.host.run(
            [
                "chromium",
                "--headless=new",
                "--no-sandbox",  # root in a namespace that leads nowhere
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-component-update",
                "--disable-background-networking",
                "--disable-features=OptimizationHints,MediaRouter",
                "--no-first-run",
                "--no-default-browser-check",
                f"--user-data-dir={self.home / 'profile'}",
                f"--timeout={int(timeout * 500)}",
                "--dump-dom",
                url,
            ],
            env={"HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / "config")},
            timeout=timeout,
            check=False,
        )
        html = done.stdout
        title = re.search(r"<title[^>]*>(.*?)</title>", html, re.DOTALL)
        text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", html, flags=re.DOTALL)
        error = None
        if "neterror" in html or "interstitial" in html:
            found = _ERROR.search(html)
            error = (found[1] or found[2]) if found else "unknown"
        return Page(url, title[1].strip() if title else "", " ".join(text.split()), error)
