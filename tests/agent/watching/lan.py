"""A server that is watched, and phones, in namespaces of their own; everything on them is real."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.certificate import authority
from wizard.agent import names, wire

ROOT = Path(__file__).parents[3]
DOMAIN = "cht.clinic-a.example.org"
SERVER = "10.20.0.1"
BEGIN = datetime.now(UTC) - timedelta(days=2)
LEAF = authority.INTERMEDIATE.leaf(names=(DOMAIN,), begin=BEGIN, days=90)

AGENT = """
import os, sys
from wizard.agent.__main__ import main
from wizard.agent.host import Host
class Leased(Host):
    def path(self, path):
        return path.replace("/var/lib/cht-offline-dns", sys.argv[1])
main(["serve", "--connection", sys.argv[2]], Leased())
"""

DNSMASQ = f"""
port=53
interface=eth0
except-interface=lo
bind-dynamic
user=root
no-resolv
no-hosts
host-record={DOMAIN},{SERVER}
local=/{DOMAIN}/
local=/#/
dhcp-authoritative
dhcp-range=10.20.0.100,10.20.0.200,255.255.255.0,12h
no-ping
dhcp-option=option:router,{SERVER}
"""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=20)


class Lan:
    """The server with `eth0`, and one phone with `lan0`; `folder` has leases and certificates."""

    def __init__(self, folder: Path) -> None:
        assert os.geteuid() == 0, "namespaces need root"
        tag = secrets.token_hex(3)
        self.folder = folder
        self.server, self.phone = f"watch-s-{tag}", f"watch-p-{tag}"
        for space in (self.server, self.phone):
            ip("netns", "add", space)
            ip("-n", space, "link", "set", "lo", "up")
        ip("link", "add", "eth0", "netns", self.server, "type", "veth",
           "peer", "name", "lan0", "netns", self.phone)  # fmt: skip
        ip("-n", self.server, "addr", "add", f"{SERVER}/24", "dev", "eth0")
        ip("-n", self.server, "link", "set", "eth0", "up")
        ip("-n", self.phone, "link", "set", "lan0", "up")
        self.mac = self.run(self.phone, "cat", "/sys/class/net/lan0/address").stdout.strip()

    def argv(self, space: str, *words: str) -> list[str]:
        return ["ip", "netns", "exec", space, *words]

    def run(self, space: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(space, *words), capture_output=True, text=True, timeout=30, cwd=ROOT
        )

    def act(self, *words: str) -> Any:
        """Let the phone do something, see tests/agent/watching/phone.py."""
        done = self.run(self.phone, sys.executable, "-m", "tests.agent.watching.phone", *words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "null")

    def address(self, address: str) -> None:
        """Give the phone a fixed address."""
        ip("-n", self.phone, "addr", "add", address, "dev", "lan0")

    def bridge(self, port: str) -> None:
        """Join the cable `eth0` and the radio `wlan0` in one LAN; the phone is at `port`."""
        inside = ("-n", self.server)
        ip(*inside, "link", "set", "eth0", "down")
        ip(*inside, "link", "set", "eth0", "name", port)
        other = "wlan0" if port == "eth0" else "eth0"
        ip(*inside, "link", "add", other, "type", "veth", "peer", "name", "far")
        ip(*inside, "link", "add", names.BRIDGE, "type", "bridge", "forward_delay", "0")
        for name in ("eth0", "wlan0"):
            ip(*inside, "link", "set", name, "master", names.BRIDGE)
        for name in ("eth0", "wlan0", "far", names.BRIDGE):
            ip(*inside, "link", "set", name, "up")
        ip(*inside, "addr", "flush", "dev", port)
        ip(*inside, "addr", "add", f"{SERVER}/24", "dev", names.BRIDGE)

    def curl(self, *words: str, name: str = DOMAIN) -> int:
        """Open the CHT as an app does; returns curl's exit code (60: not trusted)."""
        argv = ["curl", "-sS", "--max-time", "10", "--resolve", f"{name}:443:{SERVER}"]
        return self.run(self.phone, *argv, *words, f"https://{name}/").returncode

    @contextlib.contextmanager
    def dnsmasq(self, interface: str = "eth0") -> Iterator[None]:
        assert shutil.which("dnsmasq", path=os.environ["PATH"] + ":/usr/sbin")
        conf, pid = self.folder / "dnsmasq.conf", self.folder / "dnsmasq.pid"
        text = DNSMASQ.replace("eth0", interface)
        conf.write_text(f"{text}dhcp-leasefile={self.folder}/dnsmasq.leases\n")
        argv = ["/usr/sbin/dnsmasq", f"--conf-file={conf}", f"--pid-file={pid}"]
        subprocess.run(self.argv(self.server, *argv), check=True, timeout=20)
        try:
            yield
        finally:
            os.kill(int(pid.read_text()), 15)

    @contextlib.contextmanager
    def web(self, *options: str) -> Iterator[None]:
        """Serve HTTPS with the test certificate; `options` are those of openssl-s_server(1)."""
        chain, key = self.folder / "chain.pem", self.folder / "key.pem"
        chain.write_bytes(
            LEAF.public_bytes(Encoding.PEM)
            + authority.INTERMEDIATE.certificate.public_bytes(Encoding.PEM)
        )
        secret = authority.key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        key.write_bytes(secret)
        self.root.write_bytes(authority.ROOT.certificate.public_bytes(Encoding.PEM))
        argv = ["openssl", "s_server", "-accept", "443", "-cert_chain", str(chain),
                "-cert", str(chain), "-key", str(key), "-www", "-naccept", "50",
                *options]  # fmt: skip
        process = subprocess.Popen(
            self.argv(self.server, *argv), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if line.startswith(b"ACCEPT"):
                    break
            drain = threading.Thread(target=process.stdout.read, daemon=True)
            drain.start()
            yield
        finally:
            process.terminate()
            process.wait(10)
            drain.join(5)
            process.stdout.close()

    @property
    def root(self) -> Path:
        """The root that the phone may trust."""
        return self.folder / "root.pem"

    def close(self) -> None:
        ip("netns", "del", self.server)
        ip("netns", "del", self.phone)


class Looker:
    """The laptop's end: a real agent in the server's namespace, over pipes, that watches."""

    def __init__(
        self, lan: Lan, domains: tuple[str, ...] = (DOMAIN,), laptop: str = "", **more: Any
    ) -> None:
        argv = [sys.executable, "-c", AGENT, str(lan.folder), laptop]
        self.process = subprocess.Popen(
            lan.argv(lan.server, *argv), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.output, self.input = self.process.stdout, self.process.stdin
        self.seen: list[wire.Sighting] = []
        self.beats = 0
        self.result: dict[str, Any] | None = None
        self.error: dict[str, Any] | None = None
        self.begun = threading.Event()
        self._news = threading.Condition()
        assert "hello" in json.loads(self.output.readline())
        asked = {"interface": "eth0", "names": list(domains), **more}
        self.say(verb="watch", arguments=asked)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self.begun.wait(20) or self.error, "no begin"

    def say(self, **words: Any) -> None:
        self.input.write(json.dumps({"id": 1, **words}).encode() + b"\n")
        self.input.flush()

    def _read(self) -> None:
        for line in self.output:
            said = json.loads(line)
            if "event" in said:
                event = wire.decode(wire.Watched, said["event"])
                if event.kind == "begun":
                    self.begun.set()
                if event.kind == "beat":
                    self.beats += 1
                    with contextlib.suppress(OSError, ValueError):  # the test may have hung up
                        self.say(control="on")
                with self._news:
                    self.seen += event.seen
                    self._news.notify_all()
            else:
                self.result, self.error = said.get("result"), said.get("error")
                self.begun.set()

    def whats(self) -> list[str]:
        return [one.what for one in self.seen]

    def wait(self, what: str, seconds: float = 10.0) -> wire.Sighting:
        """Return the first sighting of that kind."""

        def there() -> bool:
            return what in self.whats()

        with self._news:
            assert self._news.wait_for(there, seconds), f"no {what} in {self.seen}"
        return next(one for one in self.seen if one.what == what)

    def stop(self) -> dict[str, Any]:
        self.say(control="stop")
        end = time.monotonic() + 10
        while self.result is None and time.monotonic() < end:
            time.sleep(0.02)
        assert self.result is not None
        return self.result

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.input.close()
        self.process.wait(10)
        self._reader.join(5)
        self.output.close()
