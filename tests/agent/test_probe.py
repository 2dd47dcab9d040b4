"""The LAN probes in real network namespaces, with a real dnsmasq."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from wizard.agent.host import Done, Host
from wizard.agent.probe import (
    ProbeError,
    _discover,
    _offer,
    checksum,
    dhcp_options,
    find_address,
    mac_of,
)

INSIDE = """
import json, sys
from wizard.agent.host import Host
from wizard.agent import probe
verb, arguments = sys.argv[1], json.loads(sys.argv[2])
print(json.dumps(getattr(probe, verb)(Host(), *arguments)))
"""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=20)


class Lan:
    """A server's namespace with eth0, and a neighbour's with lan0, joined by a cable."""

    def __init__(self) -> None:
        tag = secrets.token_hex(3)
        self.server, self.neighbour = "cht-s-" + tag, "cht-n-" + tag
        ip("netns", "add", self.server)
        ip("netns", "add", self.neighbour)
        ip("link", "add", "eth0", "netns", self.server, "type", "veth",
           "peer", "name", "lan0", "netns", self.neighbour)  # fmt: skip
        for space, link in ((self.server, "eth0"), (self.neighbour, "lan0")):
            ip("-n", space, "link", "set", "lo", "up")
            ip("-n", space, "link", "set", link, "up")
        self.mac = self.out(self.neighbour, "cat", "/sys/class/net/lan0/address")

    def out(self, space: str, *words: str) -> str:
        argv = ["ip", "netns", "exec", space, *words]
        done = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=20)
        return done.stdout.strip()

    def ask(self, verb: str, *arguments: object) -> object:
        """Run a probe in the server's namespace with the plain Python of this machine."""
        text = json.dumps(arguments)
        return json.loads(self.out(self.server, sys.executable, "-c", INSIDE, verb, text))

    def close(self) -> None:
        ip("netns", "del", self.server)
        ip("netns", "del", self.neighbour)


@pytest.fixture
def lan() -> Iterator[Lan]:
    assert os.geteuid() == 0, "namespaces need root"
    lan = Lan()
    yield lan
    lan.close()


@pytest.fixture
def dnsmasq(lan: Lan, tmp_path: Path) -> Iterator[Lan]:
    assert shutil.which("dnsmasq"), "install dnsmasq-base"
    ip("-n", lan.neighbour, "addr", "add", "10.20.0.1/24", "dev", "lan0")
    argv = ["ip", "netns", "exec", lan.neighbour, "dnsmasq", "--keep-in-foreground", "--port=0",
            "--conf-file=/dev/null", "--interface=lan0", "--bind-dynamic", "--no-ping",
            "--user=root",
            "--dhcp-range=10.20.0.50,10.20.0.99,1h", "--dhcp-option=6,10.20.0.7,10.20.0.8",
            "--dhcp-option=15,clinic.example", "--dhcp-authoritative", "--log-facility=-",
            f"--dhcp-leasefile={tmp_path}/leases", "--pid-file="]  # fmt: skip
    process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if "DHCP, IP range" in line or "dnsmasq-dhcp" in line:
            break
    yield lan
    process.terminate()
    process.wait(10)
    process.stderr.close()


def test_an_offer_is_told_whole(dnsmasq: Lan) -> None:
    offers = dnsmasq.ask("find_dhcp", "eth0", 2)
    assert isinstance(offers, list)
    assert len(offers) == 1, offers
    offered = offers[0].pop("offered")
    assert offered.startswith("10.20.0.")
    assert offers[0] == {
        "server": "10.20.0.1",
        "mac": dnsmasq.mac,
        "mask": "255.255.255.0",
        "router": ["10.20.0.1"],
        "dns": ["10.20.0.7", "10.20.0.8"],
        "domain": "clinic.example",
        "ours": False,
    }


def test_an_offer_takes_no_lease(dnsmasq: Lan, tmp_path: Path) -> None:
    assert dnsmasq.ask("find_dhcp", "eth0", 1)
    leases = tmp_path / "leases"
    assert not leases.exists() or leases.read_text() == ""


def test_a_server_with_our_own_address_is_ours(dnsmasq: Lan) -> None:
    ip("-n", dnsmasq.server, "addr", "add", "10.20.0.1/32", "dev", "lo")
    offers = dnsmasq.ask("find_dhcp", "eth0", 1)
    assert isinstance(offers, list)
    assert [offer["ours"] for offer in offers] == [True]


def test_nobody_offers(lan: Lan) -> None:
    begun = time.monotonic()
    assert lan.ask("find_dhcp", "eth0", 1) == []
    assert time.monotonic() - begun < 10


def test_an_address_in_use(lan: Lan) -> None:
    ip("-n", lan.neighbour, "addr", "add", "10.20.0.1/24", "dev", "lan0")
    assert lan.ask("find_address", "eth0", "10.20.0.1", 3) == {"mac": lan.mac}
    assert lan.ask("find_address", "eth0", "10.20.0.2", 1) == {"mac": ""}


def test_our_own_address_is_no_other(lan: Lan) -> None:
    ip("-n", lan.server, "addr", "add", "10.20.0.3/24", "dev", "eth0")
    assert lan.ask("find_address", "eth0", "10.20.0.3", 1) == {"mac": ""}


def test_another_machine_that_probes_counts(lan: Lan) -> None:
    """Two servers may be set up at once: RFC 5227 section 2.1.1, last paragraph but one."""
    begin = "import time\nend = time.monotonic() + 30\nwhile time.monotonic() < end:\n"
    again = begin + "    " + INSIDE.strip().splitlines()[-1] + "\n    sys.stdout.flush()\n"
    script = "\n".join([*INSIDE.strip().splitlines()[:-1], again])
    argv = ["ip", "netns", "exec", lan.neighbour, sys.executable, "-c", script]
    question = json.dumps(["lan0", "10.20.0.9", 0.2])
    other = subprocess.Popen([*argv, "find_address", question], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert json.loads(other.stdout.readline()) == {"mac": ""}
    try:
        assert lan.ask("find_address", "eth0", "10.20.0.9", 4) == {"mac": lan.mac}
    finally:
        other.terminate()
        other.wait(10)
        other.stdout.close()


class InNamespace(Host):
    """The server's namespace seen from the test: only for what fails before a frame is sent."""

    def run(
        self,
        argv: list[str],
        input: str = "",  # noqa: A002 Host calls it so
        timeout: float = 60.0,
        env: dict[str, str] | None = None,
    ) -> Done:
        return Done(0, "", "")


@pytest.mark.parametrize(
    ("interface", "address", "code"),
    [
        ("none0", "10.0.0.1", "probe-no-interface"),
        ("", "10.0.0.1", "probe-no-interface"),
        ("../lo", "10.0.0.1", "probe-no-interface"),
        ("lo", "10.0.0.1", "probe-no-interface"),
        ("eth0", "10.0.0", "probe-bad-address"),
        ("eth0", "fd00::1", "probe-bad-address"),
        ("eth0", "", "probe-bad-address"),
    ],
)
def test_what_cannot_be_asked(interface: str, address: str, code: str) -> None:
    with pytest.raises(ProbeError) as error:
        find_address(InNamespace(), interface, address, 0.1)
    assert error.value.code == code


def test_an_interface_that_is_down(lan: Lan) -> None:
    ip("-n", lan.server, "link", "set", "eth0", "down")
    for verb, arguments in (
        ("find_address", ("eth0", "10.0.0.1", 0.5)),
        ("find_dhcp", ("eth0", 1)),
    ):
        with pytest.raises(subprocess.CalledProcessError) as error:
            lan.ask(verb, *arguments)
        assert "probe-link-down" in error.value.stderr


# ------------------------------------------------------------- frames off the wire

XID = b"\1\2\3\4"


def offer(options: bytes, file: bytes = b"", sname: bytes = b"", kind: bytes = b"\2") -> bytes:
    bootp = b"\2\1\6\0" + XID + bytes(8) + b"\x0a\x14\0\x32" + bytes(8 + 16)
    bootp += sname.ljust(64, b"\0") + file.ljust(128, b"\0") + b"\x63\x82\x53\x63"
    bootp += b"\x35\1" + kind + options
    udp = b"\0\x43\0\x44" + bytes(4) + bootp
    ip_header = b"\x45\0" + bytes(7) + b"\x11" + bytes(10)
    return b"\xff" * 6 + b"\2\0\0\0\0\7" + b"\x08\0" + ip_header + udp


def test_options_in_the_file_and_name_fields() -> None:
    """RFC 2132 section 9.3, RFC 3396: parts of one option are joined."""
    file = b"\x06\4\x0a\0\0\1\x06\4\x0a\0\0\2\xff"
    found = _offer(offer(b"\x34\1\3\x36\4\x0a\0\0\5\xff", file, b"\x0f\2ab\0\xff"), XID)
    assert found is not None
    assert (found["server"], found["mac"]) == ("10.0.0.5", "02:00:00:00:00:07")
    assert (found["dns"], found["domain"]) == (["10.0.0.1", "10.0.0.2"], "ab")
    assert (found["offered"], found["mask"], found["router"]) == ("10.20.0.50", "", [])


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        offer(b"\xff")[:200],
        offer(b"\xff", kind=b"\5"),  # an ACK
        offer(b"\xff").replace(XID, b"\4\3\2\1"),  # to somebody else's question
        offer(b"\xff").replace(b"\x45\0", b"\x60\0"),  # IPv6
        offer(b"\xff").replace(b"\x63\x82\x53\x63", bytes(4)),
    ],
)
def test_what_is_no_offer_to_us(frame: bytes) -> None:
    assert _offer(frame, XID) is None


def test_options_cut_off_in_the_middle() -> None:
    assert dhcp_options(b"\x03\4\x0a\0\0\1\x06") == {3: b"\x0a\0\0\1"}
    assert dhcp_options(b"\x03\xff\x0a") == {3: b"\x0a"}
    found = _offer(offer(b"\x36\4\x0a\0"), XID)
    assert found is not None
    assert found["server"] == ""


def test_the_question_is_well_formed() -> None:
    frame = _discover(b"\2\0\0\0\0\1", XID, 3)
    assert frame[:14] == b"\xff" * 6 + b"\2\0\0\0\0\1\x08\0"
    assert checksum(frame[14:34]) == 0  # an IP header sums up to nothing
    length = int.from_bytes(frame[38:40], "big")
    assert length == len(frame) - 34
    assert int.from_bytes(frame[16:18], "big") == len(frame) - 14
    pseudo = frame[26:34] + b"\0\x11" + frame[38:40]
    assert checksum(pseudo + frame[34:]) == 0
    assert frame[52:54] == b"\x80\0"  # answers by broadcast: there is no address to send them to


def test_macs_that_are_none(tmp_path: Path) -> None:
    for number, text in enumerate(("00:00:00:00:00:00", "", "nonsense", "80:00:02:08:fe:80:00:00")):
        folder = tmp_path / f"sys/class/net/x{number}"
        folder.mkdir(parents=True)
        (folder / "address").write_text(text)
        with pytest.raises(ProbeError):
            mac_of(Host(str(tmp_path)), f"x{number}")
