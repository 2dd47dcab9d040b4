"""Who else serves on the LAN: a box that is still a router, in a namespace, with a real dnsmasq."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.agent.test_probe import Lan, ip, lan
from wizard.agent import names
from wizard.agent.company import MOST_ADDRESSES, addresses, advertisement, leases, solicitation
from wizard.agent.host import Host

__all__ = ["lan"]

INSIDE = """
import json, sys
from wizard.agent.host import Host
from wizard.agent.company import company
print(json.dumps(company(Host(sys.argv[1]), "eth0", "10.20.0.50", "10.20.0.99", 2.0)))
"""


def ask(lan: Lan, tmp_path: Path) -> dict[str, Any]:
    """Ask in the server's namespace; its leases lie in `tmp_path`, all else is the machine's."""
    script = INSIDE.replace("Host(sys.argv[1])", "Leased(sys.argv[1])").replace(
        "print(",
        """
class Leased(Host):
    def read(self, path, limit=1 << 20):
        return Host(sys.argv[1]).read(path) if "cht-offline" in path else Host().read(path)
    def __init__(self, _): Host.__init__(self)
print(""",
    )
    told: dict[str, Any] = json.loads(
        lan.out(lan.server, sys.executable, "-c", script, str(tmp_path))
    )
    return told


@pytest.fixture
def box(lan: Lan) -> Iterator[Lan]:
    """A Wi-Fi router used as an access point, with everything left on but DHCP."""
    assert shutil.which("dnsmasq"), "install dnsmasq-base"
    ip("-n", lan.server, "addr", "add", "10.20.0.1/24", "dev", "eth0")
    ip("-n", lan.neighbour, "addr", "add", "10.20.0.77/24", "dev", "lan0")
    ip("-n", lan.neighbour, "addr", "add", "fd00:99::1/64", "dev", "lan0", "nodad")
    argv = ["ip", "netns", "exec", lan.neighbour, "dnsmasq", "--keep-in-foreground", "--no-resolv",
            "--conf-file=/dev/null", "--interface=lan0", "--bind-dynamic", "--user=root",
            "--enable-ra", "--dhcp-range=fd00:99::,ra-stateless,64", "--no-hosts",
            "--log-facility=-", "--pid-file="]  # fmt: skip
    process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if "router advertisement" in line.lower():
            break
    end = time.monotonic() + 5  # the link-local address it sends from is checked first
    while "tentative" in lan.out(lan.neighbour, "ip", "-6", "addr", "show", "dev", "lan0"):
        assert time.monotonic() < end
        time.sleep(0.1)
    yield lan
    process.terminate()
    process.wait(10)
    process.stderr.close()


def test_a_box_that_is_still_a_router_is_named(box: Lan, tmp_path: Path) -> None:
    found = ask(box, tmp_path)
    assert [r["mac"] for r in found["routers"]] == [box.mac]
    assert found["routers"][0]["prefixes"] == ["fd00:99::/64"]
    assert found["routers"][0]["address"].startswith("fe80:")
    assert found["dns"] == [{"address": "10.20.0.77", "mac": box.mac}]
    assert found["strangers"] == [{"address": "10.20.0.77", "mac": box.mac}]


def test_a_phone_with_a_lease_of_ours_is_no_stranger(box: Lan, tmp_path: Path) -> None:
    place = tmp_path / names.LEASES.lstrip("/") / "dnsmasq.leases"
    place.parent.mkdir(parents=True)
    place.write_text(f"1763800000 {box.mac} 10.20.0.77 phone *\n")
    found = ask(box, tmp_path)
    assert found["strangers"] == []
    assert found["leased"] == [{"address": "10.20.0.77", "mac": box.mac}]


def test_nobody_else(lan: Lan, tmp_path: Path) -> None:
    ip("-n", lan.server, "addr", "add", "10.20.0.1/24", "dev", "eth0")
    assert ask(lan, tmp_path) == {"routers": [], "dns": [], "strangers": [], "leased": []}


def test_reservations_are_known(tmp_path: Path) -> None:
    place = tmp_path / names.DNSMASQ_CONF.lstrip("/")
    place.parent.mkdir(parents=True)
    place.write_text("dhcp-host=00:1B:A9:aa:bb:cc,10.20.0.20,printer\n")
    assert leases(Host(str(tmp_path))) == {"00:1b:a9:aa:bb:cc"}


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        ("10.20.0.50", "10.20.0.99", 50),
        ("10.20.0.50", "10.20.0.50", 1),
        ("10.20.0.50", "10.20.0.49", 0),
        ("10.0.0.0", "10.255.255.255", 0),
        ("", "", 0),
    ],
)
def test_ranges_are_bounded(first: str, last: str, count: int) -> None:
    assert len(addresses(first, last)) == count <= MOST_ADDRESSES


@pytest.mark.parametrize("frame", [b"", bytes(69), bytes(200), solicitation(b"\2abcde")])
def test_what_is_no_advertisement(frame: bytes) -> None:
    assert advertisement(frame) is None
