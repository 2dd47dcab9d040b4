"""A pretended server with a bit of everything on it, and an order that changes all of that."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.plan.pair import bundle
from wizard.agent import names, transaction
from wizard.agent.apply import Apply
from wizard.agent.changes import Timings
from wizard.agent.host import Done
from wizard.agent.transaction import Transaction
from wizard.practice.host import PracticeHost

FAST = Timings(settle=0.0, prove=5.0, address=0.3, old_address=0.3, served=0.3, poll=0.01,
               takeover=20.0)  # fmt: skip
KEY = bundle().key_pem()
SECRET = KEY.splitlines()[1]
CLOCK_OFFSET = 3 * 86400.0
BOOT = "00000000-0000-4000-8000-00000000b007"
OLD_KEY = "-----BEGIN PRIVATE KEY-----\nTheOldSecretBytes\n-----END PRIVATE KEY-----\n"
CHAIN = bundle().chain_pem()
OLD_CHAIN = "-----BEGIN CERTIFICATE-----\nb2xk\n-----END CERTIFICATE-----\n"
UNIT = "[Service]\nExecStart=/usr/sbin/dnsmasq\n[Install]\nWantedBy=multi-user.target\n"

Plain = dict[str, Any]


def make(folder: Path, **more: Any) -> PracticeHost:
    """Return a server that has run for a while: other people's files, links, rules, services."""
    host = PracticeHost(folder / "root", timings=FAST, **more)
    put(host, "/proc/sys/kernel/random/boot_id", BOOT + "\n", 0o644)
    put(host, "/etc/hosts", "127.0.0.1 localhost\n", 0o644)
    put(host, "/etc/network/interfaces", "source /etc/network/interfaces.d/*\n", 0o644)
    put(host, "/etc/network/interfaces.d/eth0", "iface eth0 inet dhcp\n", 0o600)
    put(host, "/etc/ufw/user.rules", "allow 22/tcp\n", 0o640)
    put(host, "/etc/systemd/system/old-dns.service", UNIT, 0o644)
    put(host, "/etc/ssl/site/chain.pem", OLD_CHAIN, 0o644)
    put(host, "/etc/ssl/site/key.pem", OLD_KEY, 0o640)
    os.symlink("../run/resolv.conf", host.path("/etc/resolv.conf"))
    host.run(["systemctl", "enable", "old-dns.service"])
    host.run(["systemctl", "start", "old-dns.service"])
    return host


def put(host: PracticeHost, path: str, text: str, mode: int) -> None:
    real = Path(host.path(path))
    real.parent.mkdir(parents=True, exist_ok=True)
    real.write_text(text, encoding="utf-8")
    real.chmod(mode)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def file(path: str, content: str | None, before: str = "", **more: Any) -> Plain:
    change: Plain = {"kind": "file", "path": path, "content": content, "topic": "test"}
    change.update(before=before and sha(before), mode=0o644, owner="root:root", secret=False)
    change.update({"check": "", **more})
    return change


def service(unit: str, **more: Any) -> Plain:
    change: Plain = {"kind": "service", "unit": unit, "topic": "test", "enabled": None}
    change.update({"active": None, "masked": None, **more})
    return change


def clock(offset: float = CLOCK_OFFSET) -> Plain:
    """Set the clock of a server as `make` makes it: it goes as this computer's does."""
    reference = round(time.time() - time.monotonic(), 3)
    change: Plain = {"kind": "clock", "offset": offset, "reference": reference, "topic": "clock"}
    change["boot_id"] = BOOT
    return change


NETWORK: Plain = {
    "kind": "network", "manager": "ifupdown", "renderer": "", "interface": "eth0",
    "address": "10.20.0.1/24", "address6": "", "profile": "", "old_profile": "", "port": "",
    "topic": "static_ip",
}  # fmt: skip
ADDRESS: Plain = {"kind": "address", "interface": "eth0", "address": "10.20.0.1/24"}
ADDRESS["topic"] = "static_ip"
PORTS: Plain = {
    "kind": "ports", "firewall": "ufw", "ports": ["53/udp", "53/tcp"], "interface": "eth0",
    "zone": "", "close": False, "topic": "firewall",
}  # fmt: skip
CERTIFICATE: Plain = {
    "kind": "certificate", "target": "files", "container": "", "web": "files", "chain": CHAIN,
    "key": KEY, "source": "", "certificate_path": "/etc/ssl/site/chain.pem",
    "key_path": "/etc/ssl/site/key.pem", "unit": "", "https_port": 0, "domain": "cht.example.org",
    "leaf_sha256": "ab" * 32, "topic": "certificate",
}  # fmt: skip
PACKAGES: Plain = {"kind": "packages", "names": ["dnsmasq-base"], "replaces": [],
                   "topic": "dns_dhcp"}  # fmt: skip


def everything() -> list[Plain]:
    """Every kind of change, in the order in which a plan has them."""
    interfaces = "iface eth0 inet static\n  address 10.20.0.1/24\n"
    return [
        clock(),
        dict(PACKAGES),
        file("/etc/hosts", "127.0.0.1 localhost\n10.20.0.1 cht\n", "127.0.0.1 localhost\n"),
        file("/etc/network/interfaces.d/eth0", None, "iface eth0 inet dhcp\n"),
        file(names.INTERFACES_FILE, interfaces),
        file("/etc/resolv.conf", "nameserver 127.0.0.1\n"),
        file(names.DNSMASQ_CONF, "port=53\n", check="dnsmasq"),
        file(names.DNSMASQ_UNIT_FILE, UNIT),
        dict(ADDRESS),
        dict(NETWORK),
        service("old-dns.service", enabled=False, active="stopped"),
        service(names.DNSMASQ_UNIT, enabled=True, active="started"),
        dict(PORTS),
        dict(CERTIFICATE),
    ]


def order(changes: list[Plain] | None = None, **more: Any) -> Plain:
    value: Plain = {
        "kind": "order", "id": "order-1", "who": "nurse on laptop",
        "changes": everything() if changes is None else changes, "confirm": True, "seconds": 180,
        "address": "10.20.0.1", "address6": "", "prove": False, "interface": "eth0",
    }  # fmt: skip
    value.update(more)
    return value


def apply(host: PracticeHost, wanted: Plain | None = None) -> Plain:
    """Carry an order out in this very process, as the detached agent does."""
    Transaction(host, FAST).create(wanted or order())
    result = Apply(host, FAST).run()
    found = result or transaction.last(host)
    assert found is not None
    return found


SKIPPED = (names.STATE, "/proc", "/run")


def tree(host: PracticeHost) -> dict[str, tuple[Any, ...]]:
    """Return every file, link and folder with mode, owner and content, but not our own state."""
    found: dict[str, tuple[Any, ...]] = {}
    for folder, folders, files in os.walk(host.root):
        for name in [*folders, *files]:
            real = os.path.join(folder, name)
            path = real[len(host.root) :]
            if path.startswith(SKIPPED):
                continue
            status = os.lstat(real)
            content: Any = None
            if stat.S_ISLNK(status.st_mode):
                content = os.readlink(real)
            elif stat.S_ISREG(status.st_mode):
                content = Path(real).read_bytes()
            found[path] = (oct(status.st_mode), status.st_uid, status.st_gid, content)
    parents = {os.path.dirname(names.STATE), "/var"}
    return {path: what for path, what in found.items() if path not in parents}


def standing(host: PracticeHost) -> Plain:
    """Return what is not a file: running units, addresses, packages, armed timers."""
    memory = host.memory()
    return {
        "active": sorted(memory["active"]),
        "addresses": memory["addresses"],
        "packages": sorted(memory["packages"]),
        "timers": sorted(memory["timers"]),
        "clock": memory["clock"] and round(memory["clock"] / 60),  # minutes ahead
        "rtc": memory["rtc"] and round(memory["rtc"] / 60),
    }


def nonce(host: PracticeHost) -> str:
    found = transaction.pending(host)
    assert found is not None
    return str(found["nonce"])


class NamespaceHost(PracticeHost):
    """A pretended server whose `ip` is the real one, in a network namespace."""

    namespace = ""

    def run(self, argv: list[str], *arguments: Any, **more: Any) -> Done:
        if argv[0] != "ip":
            return super().run(argv, *arguments, **more)
        done = subprocess.run(
            ["ip", "netns", "exec", self.namespace, *argv], capture_output=True, text=True
        )
        return Done(done.returncode, done.stdout, done.stderr)


def state_text(host: PracticeHost) -> bytes:
    """Return everything below the state folder except the kept certificates, in one piece."""
    parts = []
    for folder, _, files in os.walk(host.path(names.STATE)):
        if "/certificates" in folder:
            continue
        for name in files:
            with contextlib.suppress(OSError):
                parts.append(Path(folder, name).read_bytes())
    return b"\n".join(parts)
