"""A browser on the LAN: Debian's Chromium without a screen, in the namespace of a host."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.lab.ca import Ca
from tests.lab.network import Host, LabError


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
        log = self.home / "net.json"
        log.unlink(missing_ok=True)
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
                f"--log-net-log={log}",
                "--dump-dom",
                url,
            ],
            env={"HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / "config")},
            timeout=timeout,
            check=False,
        )
        if done.returncode:
            raise LabError(f"chromium ended with {done.returncode}: {done.stderr[-1000:]}")
        html = done.stdout
        title = re.search(r"<title[^>]*>(.*?)</title>", html, re.DOTALL)
        text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", html, flags=re.DOTALL)
        return Page(
            url, title[1].strip() if title else "", " ".join(text.split()), _error(log, url)
        )


def _error(log: Path, url: str) -> str | None:
    """How the request for `url` failed; a page dump is empty then, but the network log says it."""
    recorded = json.loads(log.read_text())
    names = {number: name for name, number in recorded["constants"]["netError"].items()}
    ours: set[int] = set()
    failed: int | None = None
    for event in recorded["events"]:
        parameters = event.get("params", {})
        source = event["source"]["id"]
        if parameters.get("url") == url:
            ours.add(source)
        if source in ours and parameters.get("net_error", 0) < -2:  # -1 waits, -2 and 0 say nothing
            failed = parameters["net_error"]
    return None if failed is None else f"ERR_{names[failed].removeprefix('ERR_')}"
