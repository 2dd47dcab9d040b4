"""A browser on the LAN: Debian's Chromium without a screen, in the namespace of a host."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Iterable
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

    def trust(self, root_pem: bytes, name: str = "lab") -> None:
        """Add a root; the name tells several apart."""
        store = self.home / ".pki" / "nssdb"
        root = self.home / "root.pem"
        root.write_bytes(root_pem)
        database = f"sql:{store}"
        commands = [["certutil", "-d", database, "-A", "-n", name, "-t", "C,,", "-i", str(root)]]
        if not store.exists():
            store.mkdir(parents=True)
            commands.insert(0, ["certutil", "-d", database, "-N", "--empty-password"])
        for command in commands:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)

    def open(self, url: str, timeout: float = 90, proxy: str = "") -> Page:
        """Load a page as a user would and say what came: the page, or the error page's code."""
        html, log = self._load(url, timeout, *([f"--proxy-server={proxy}"] * bool(proxy)))
        title = re.search(r"<title[^>]*>(.*?)</title>", html, re.DOTALL)
        text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", html, flags=re.DOTALL)
        return Page(
            url,
            title[1].strip() if title else "",
            " ".join(text.split()),
            _errors(log, [url])[url] or None,
        )

    def errors(
        self, page: str, urls: Iterable[str], resolve: str = "", timeout: float = 100
    ) -> dict[str, str]:
        """Load a page that asks for many URLs; for each, "" or the code of the error.

        `resolve`: Chromium's rules for host names, such as "MAP * 127.0.0.1". Raises LabError when
        one was not asked for at all.
        """
        _, log = self._load(page, timeout, *([f"--host-resolver-rules={resolve}"] * bool(resolve)))
        return _errors(log, urls)

    def _load(self, url: str, timeout: float, *options: str) -> tuple[str, Path]:
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
                *options,
                url,
            ],
            env={"HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / "config")},
            timeout=timeout,
            check=False,
        )
        if done.returncode:
            raise LabError(f"chromium ended with {done.returncode}: {done.stderr[-1000:]}")
        return done.stdout, log


def _errors(log: Path, urls: Iterable[str]) -> dict[str, str]:
    """How the requests for URLs ended; a page dump is empty then, but the network log says it."""
    recorded = json.loads(log.read_text())
    names = {number: name for name, number in recorded["constants"]["netError"].items()}
    asked: dict[str, set[int]] = {url: set() for url in urls}
    failed: dict[int, int] = {}
    for event in recorded["events"]:
        parameters = event.get("params", {})
        source = event["source"]["id"]
        if parameters.get("url") in asked:
            asked[parameters["url"]].add(source)
        if parameters.get("net_error", 0) < -2:  # -1 waits, -2 and 0 say nothing
            failed[source] = parameters["net_error"]
    found = {}
    for url, sources in asked.items():
        if not sources:
            raise LabError(f"chromium did not ask for {url}")
        codes = [failed[source] for source in sorted(sources) if source in failed]
        found[url] = f"ERR_{names[codes[-1]].removeprefix('ERR_')}" if codes else ""
    return found
