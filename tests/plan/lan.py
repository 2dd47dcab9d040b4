"""A server and a client in network namespaces of their own, with a cable between them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Lan:
    """The names of the two namespaces; the server's socket is called as the site says."""

    server: str
    client: str

    def ask(self, *questions: dict[str, Any]) -> list[Any]:
        """Let the client do things, see tests/plan/client.py."""
        argv = ["ip", "netns", "exec", self.client, sys.executable, "-m", "tests.plan.client"]
        done = subprocess.run(
            [*argv, json.dumps(questions)], capture_output=True, text=True, cwd=ROOT, check=False
        )
        assert done.returncode == 0, done.stderr
        answers: list[Any] = json.loads(done.stdout)
        return answers


def needs(*programs: str) -> None:
    """Fail with a sentence when a program or root's rights are missing."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [p for p in programs if shutil.which(p, path=path) is None]
    assert not missing, f"install the packages with {', '.join(missing)}: make test does it"


@contextlib.contextmanager
def lan(interface: str, addresses: tuple[str, ...]) -> Iterator[Lan]:
    """Make both namespaces and the cable, and take them away again."""
    needs("ip")
    assert os.geteuid() == 0, "these tests make network namespaces: run them as root"
    tag = uuid.uuid4().hex[:6]
    made = Lan(f"plan-s-{tag}", f"plan-c-{tag}")
    try:
        for namespace in (made.server, made.client):
            _ip("netns", "add", namespace)
            _ip("-n", namespace, "link", "set", "lo", "up")
        peer = ("peer", "name", "c0", "netns", made.client)
        _ip("link", "add", interface, "netns", made.server, "type", "veth", *peer)
        for address in addresses:
            flags = ("nodad",) if ":" in address else ()
            _ip("-n", made.server, "addr", "add", address, "dev", interface, *flags)
        _ip("-n", made.server, "link", "set", interface, "up")
        _ip("-n", made.client, "link", "set", "c0", "up")
        yield made
    finally:
        for namespace in (made.server, made.client):
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True, check=False)


@contextlib.contextmanager
def dnsmasq(made: Lan, conf: Path, wrapper: tuple[str, ...] = ()) -> Iterator[None]:
    """Run the real dnsmasq in the server's namespace; it forks when its sockets are bound."""
    needs("dnsmasq")
    pid_file = conf.with_suffix(".pid")
    argv = ["/usr/sbin/dnsmasq", f"--conf-file={conf}", f"--pid-file={pid_file}"]
    subprocess.run(["ip", "netns", "exec", made.server, *wrapper, *argv], check=True, timeout=20)
    pid = int(pid_file.read_text())
    try:
        yield
    finally:
        os.kill(pid, 15)
        _gone(pid)


def _gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists():
        state = Path(f"/proc/{pid}/stat")
        with contextlib.suppress(OSError):
            if state.read_text().rpartition(")")[2].split()[0] == "Z":
                return
        assert time.monotonic() < deadline, "dnsmasq does not stop"
        time.sleep(0.02)


def _ip(*argv: str) -> None:
    done = subprocess.run(["ip", *argv], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(argv)}: {done.stderr}"
