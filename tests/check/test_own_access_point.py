"""An access point of their own, in namespaces: a plain one is proved, a router is found and named.

The site's server runs the dnsmasq settings that are pushed; the access point is a bridge with the
phone behind it. As a rogue it has a real dnsmasq: addresses, names and router advertisements.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.check.test_lan import TARGET
from tests.plan import golden
from wizard.agent import names, wire
from wizard.certificate.roots import Roots
from wizard.check import CHECKS, Surroundings, run

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")
MAC = "50:c7:bf:20:31:0a"  # of a maker that is known
PHONE = "b8:27:eb:00:00:07"
CODES = ("dhcp", "router", "dns_second", "range", "joined")
OWN = replace(TARGET, own_ap=True)
ASK = """
import json, sys
from wizard.agent.company import company
from wizard.agent.host import Host
from wizard.agent.probe import find_dhcp

class Leased(Host):
    def read(self, path, limit=1 << 20):
        here = sys.argv[1] + "/dnsmasq.leases"
        return Host.read(self, here if path.endswith("dnsmasq.leases") else path)

host = Leased()
print(json.dumps([find_dhcp(host, "enp1s0", 2.0),
                  company(host, "enp1s0", "10.20.0.100", "10.20.0.200", 2.0)]))
"""


def ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, f"{words}: {done.stderr}"


class Clinic:
    """Three namespaces: the server, the access point (a bridge `br0`), and a phone behind it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        tag = secrets.token_hex(3)
        self.folder, self.stack = folder, stack
        self.server, self.box, self.phone = (f"own-{n}-{tag}" for n in "sbp")
        for space in (self.server, self.box, self.phone):
            ip("netns", "add", space)
            stack.callback(ip, "netns", "del", space)
            ip("-n", space, "link", "set", "lo", "up")
        peers = ((self.server, "enp1s0", "lan"), (self.phone, "wlan", "radio"))
        for space, link, port in peers:
            ip("link", "add", link, "netns", space, "type", "veth",
               "peer", "name", port, "netns", self.box)  # fmt: skip
        ip("-n", self.phone, "link", "set", "wlan", "address", PHONE)
        ip("-n", self.box, "link", "add", "name", "br0", "address", MAC, "type", "bridge")
        for port in ("lan", "radio", "br0"):
            if port != "br0":
                ip("-n", self.box, "link", "set", port, "master", "br0")
            ip("-n", self.box, "link", "set", port, "up")
        ip("-n", self.server, "addr", "add", "10.20.0.1/24", "dev", "enp1s0")
        for space, link, _ in peers:
            ip("-n", space, "link", "set", link, "up")
        self.dnsmasq(self.server, self._pushed())

    def _pushed(self) -> str:
        """The settings that a plan pushes; only the place of the leases is another one."""
        for change in golden.load("ifupdown-other-subnet").plan().changes:
            if isinstance(change, wire.WriteFile) and change.path == names.DNSMASQ_CONF:
                return (change.content or "").replace(names.LEASES, str(self.folder))
        raise AssertionError

    def dnsmasq(self, space: str, text: str) -> None:
        """Run a real one; it forks when its sockets are bound."""
        assert shutil.which("dnsmasq", path="/usr/sbin:/usr/bin"), "install dnsmasq-base"
        conf = self.folder / f"{space}.conf"
        conf.write_text(text)
        pid_file = conf.with_suffix(".pid")
        argv = ["/usr/sbin/dnsmasq", f"--conf-file={conf}", f"--pid-file={pid_file}", "--no-ping"]
        subprocess.run(["ip", "netns", "exec", space, *argv], check=True, timeout=20)
        self.stack.callback(os.kill, int(pid_file.read_text()), 15)

    def be_a_router(self, address: str) -> None:
        """Leave everything on in the box: DHCP, DNS relay, router advertisements."""
        ip("-n", self.box, "addr", "add", address, "dev", "br0")
        ip("-n", self.box, "addr", "add", "fd00:99::1/64", "dev", "br0", "nodad")
        first, last = address.rpartition(".")[0] + ".210", address.rpartition(".")[0] + ".220"
        self.dnsmasq(
            self.box,
            "interface=br0\nbind-dynamic\nno-resolv\nno-hosts\nuser=root\nenable-ra\n"
            f"dhcp-range={first},{last},1h\ndhcp-range=fd00:99::,ra-stateless,64\n"
            f"dhcp-leasefile={self.folder}/box.leases\n",
        )
        end = time.monotonic() + 10  # it sends from an address that is checked first
        argv = ["ip", "-n", self.box, "-6", "addr", "show", "dev", "br0"]
        while "tentative" in subprocess.run(argv, capture_output=True, text=True).stdout:
            assert time.monotonic() < end
            time.sleep(0.1)

    def join(self) -> str:
        """Let the phone join: it takes an address by DHCP and uses it."""
        argv = ["ip", "netns", "exec", self.phone, sys.executable, "-c", JOIN, PHONE]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        address = done.stdout.strip()
        ip("-n", self.phone, "addr", "add", f"{address}/24", "dev", "wlan")
        return address

    def check(self, **target: Any) -> dict[str, Any]:
        """Ask from the server as the agent does, and judge it as the live check does."""
        argv = ["ip", "netns", "exec", self.server, sys.executable, "-c", ASK, str(self.folder)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        offers, company = json.loads(done.stdout)
        around = Surroundings(
            roots=Roots(public=()),
            offers=tuple(wire.decode(wire.DhcpOffer, o) for o in offers),
            company=wire.decode(wire.Company, company),
        )
        checks = [c for c in CHECKS if c.code in CODES]
        report = run(checks, replace(OWN, **target), around)
        return {r.code: r for r in report.results}


JOIN = """
import os, socket, struct, sys, time
mac = bytes.fromhex(sys.argv[1].replace(":", ""))
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"wlan")
sock.bind(("", 68))
sock.settimeout(3)
os.system("ip route add 255.255.255.255 dev wlan")
head = struct.pack("!BBBB4sHH", 1, 1, 6, 0, b"abcd", 0, 0x8000) + bytes(16) + mac
def ask(extra, kind):
    message = head.ljust(236, b"\\0") + b"\\x63\\x82\\x53\\x63" + extra + b"\\xff"
    for _ in range(5):
        sock.sendto(message.ljust(300, b"\\0"), ("255.255.255.255", 67))
        try:
            data = sock.recv(2048)
        except TimeoutError:
            continue
        if bytes([53, 1, kind]) in data:
            return data
    sys.exit("no answer")
offer = ask(b"\\x35\\x01\\x01", 2)
server = offer[offer.index(b"\\x36\\x04", 240) + 2:][:4]
ask(b"\\x35\\x01\\x03\\x32\\x04" + offer[16:20] + b"\\x36\\x04" + server, 5)
print(socket.inet_ntoa(offer[16:20]))
"""


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    folder = tmp_path / "l"
    folder.mkdir()
    for each in (tmp_path, folder):
        each.chmod(0o777)  # dnsmasq gives root away
    for parent in tmp_path.parents:
        if parent != Path("/tmp") and str(parent).startswith("/tmp/"):
            parent.chmod(parent.stat().st_mode | 0o755)
    with ExitStack() as stack:
        yield Clinic(folder, stack)


def outcomes(results: dict[str, Any]) -> dict[str, str]:
    return {code: f"{r.state}:{r.variant}" for code, r in results.items()}


def test_a_plain_access_point_is_proved_by_who_joined(clinic: Clinic) -> None:
    assert outcomes(clinic.check()) == {
        "dhcp": "passed:ok",
        "router": "passed:ok",
        "dns_second": "passed:ok",
        "range": "passed:ok",
        "joined": "skipped:nobody",
    }
    address = clinic.join()
    results = clinic.check()
    assert outcomes(results)["joined"] == "passed:ok"
    assert f"{address} (MAC {PHONE}" in results["joined"].message
    assert outcomes(results)["range"] == "passed:ok"


def test_a_box_that_is_still_a_router_is_found_and_named(clinic: Clinic) -> None:
    clinic.be_a_router("10.20.0.120/24")
    results = clinic.check()
    assert outcomes(results) == {
        "dhcp": "failed:second",
        "router": "failed:second",
        "dns_second": "warning:second",
        "range": "warning:taken",
        "joined": "skipped:dependency",
    }
    for code in ("dhcp", "dns_second", "range"):
        assert f"10.20.0.120 (MAC {MAC}, TP-Link" in results[code].message, code
    assert MAC in results["router"].message
    assert "mode “access point”" in results["router"].cure
    assert "DHCP" in results["dhcp"].cure


def test_a_box_with_a_network_of_its_own_is_found_by_its_offer(clinic: Clinic) -> None:
    """Straight from the shop: its own subnet, so ARP in ours would not find it."""
    clinic.be_a_router("192.168.0.1/24")
    results = clinic.check()
    assert outcomes(results)["dhcp"] == "failed:second"
    assert f"192.168.0.1 (MAC {MAC}, TP-Link" in results["dhcp"].message
    assert outcomes(results)["router"] == "failed:second"
