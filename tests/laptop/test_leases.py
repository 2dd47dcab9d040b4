"""DHCP leases and resolvers as each system writes them down."""

from __future__ import annotations

import ctypes
import datetime
import ipaddress
import os
import socket
from collections.abc import Iterator
from ctypes import POINTER, c_ubyte, c_uint16, c_uint32, c_void_p, cast, pointer, sizeof
from pathlib import Path
from typing import Any

import pytest

from wizard.laptop import leases, resolvers, windows
from wizard.laptop.leases import Lease

NMCLI = """DHCP4.OPTION[1]:broadcast_address = 10.20.0.255
DHCP4.OPTION[2]:dhcp_lease_time = 43200
DHCP4.OPTION[3]:dhcp_server_identifier = 10.20.0.1
DHCP4.OPTION[4]:domain_name = clinic.example.org
DHCP4.OPTION[5]:domain_name_servers = 10.20.0.1 10.20.0.2
DHCP4.OPTION[6]:ip_address = 10.20.0.117
DHCP4.OPTION[7]:routers = 10.20.0.1
"""
NETWORKD = """# This is private data. Do not parse.
ADDRESS=10.20.0.117
NETMASK=255.255.255.0
ROUTER=10.20.0.1
SERVER_ADDRESS=10.20.0.1
NEXT_SERVER=10.20.0.1
T1=21600
LIFETIME=43200
DNS=10.20.0.1 10.20.0.2
DOMAINNAME=clinic.example.org
CLIENTID=ff5f
"""
DHCLIENT = """lease {
  interface "eth0";
  fixed-address 192.168.1.50;
  option routers 192.168.1.1;
  option dhcp-server-identifier 192.168.1.1;
  expire 0 2026/11/22 20:00:00;
}
lease {
  interface "wlan0";
  fixed-address 172.16.0.9;
  option dhcp-server-identifier 172.16.0.1;
  expire never;
}
lease {
  interface "eth0";
  fixed-address 10.20.0.117;
  option subnet-mask 255.255.255.0;
  option routers 10.20.0.1;
  option dhcp-lease-time 43200;
  option domain-name-servers 10.20.0.1,10.20.0.2;
  option dhcp-server-identifier 10.20.0.1;
  option domain-name "clinic.example.org";
  renew 0 2026/11/22 22:00:00;
  expire 1 2026/11/23 04:00:00;
}
"""
NOON = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)


def wanted(source: str) -> Lease:
    return Lease(
        "eth0",
        "10.20.0.117",
        "10.20.0.1",
        ("10.20.0.1", "10.20.0.2"),
        ("10.20.0.1",),
        "clinic.example.org",
        source,
    )


def test_the_same_lease_from_every_client() -> None:
    assert leases.from_nmcli(NMCLI, "eth0") == wanted("NetworkManager")
    assert leases.from_networkd(NETWORKD, "eth0") == wanted("networkd")
    assert leases.from_dhclient(DHCLIENT, "eth0", NOON) == wanted("dhclient")


@pytest.mark.parametrize(
    ("days", "interface", "address"),
    [
        (0, "wlan0", "172.16.0.9"),
        (400, "wlan0", "172.16.0.9"),  # never ends
        (1, "eth0", None),  # the newest has run out; the one before it is not taken instead
        (0, "eth1", None),
    ],
)
def test_dhclient_blocks(days: int, interface: str, address: str | None) -> None:
    found = leases.from_dhclient(DHCLIENT, interface, NOON + datetime.timedelta(days=days))
    assert (found and found.address) == address


def test_epoch_times_of_dhclient() -> None:
    text = DHCLIENT.replace("expire 1 2026/11/23 04:00:00;", "expire epoch 1795406400; # later")
    assert leases.from_dhclient(text, "eth0", NOON) == wanted("dhclient")
    late = NOON + datetime.timedelta(days=30)
    assert leases.from_dhclient(text, "eth0", late) is None


@pytest.mark.parametrize(
    "text", ["", "garbage = 1", "DHCP4.OPTION[1]:routers = 10.0.0.1\n", "lease {"]
)
def test_no_lease(text: str) -> None:
    assert leases.from_nmcli(text, "eth0") is None
    assert leases.from_networkd(text, "eth0") is None
    assert leases.from_dhclient(text, "eth0", NOON) is None


@pytest.fixture
def interface() -> str:
    """A real interface that no client of this machine manages."""
    return next(name for _, name in socket.if_nameindex() if name != "lo")


def test_the_files_are_found(
    tmp_path: Path, interface: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no nmcli
    assert leases.lease(interface, tmp_path) is None
    dhclient = tmp_path / "var/lib/dhcp"
    dhclient.mkdir(parents=True)
    text = DHCLIENT.replace("eth0", interface).replace(
        "expire 1 2026/11/23 04:00:00", "expire never"
    )
    (dhclient / f"dhclient.{interface}.leases").write_text(text)
    (dhclient / "dhclient.other.leases").write_text("lease { fixed-address 1.2.3.4; }")
    found = leases.lease(interface, tmp_path)
    assert found is not None
    assert (found.address, found.source) == ("10.20.0.117", "dhclient")
    networkd = tmp_path / "run/systemd/netif/leases"
    networkd.mkdir(parents=True)
    (networkd / str(socket.if_nametoindex(interface))).write_text(NETWORKD)
    found = leases.lease(interface, tmp_path)
    assert found is not None
    assert found.source == "networkd"


def test_nmcli_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nmcli"
    program.write_text(f'#!/bin/sh\n[ "$6" = eth9 ] && cat <<X\n{NMCLI}X\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = leases.lease("eth9", tmp_path)
    assert found is not None
    assert (found.interface, found.source) == ("eth9", "NetworkManager")


# --------------------------------------------------------------------------- resolvers

RESOLVECTL = """Global:
Link 2 (eth0): 10.20.0.1 fe80::1%2
Link 3 (wlan0): 192.168.1.1#dns.example 10.20.0.1
Link 4 (docker0):
"""


def test_resolvers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    etc = tmp_path / "etc"
    etc.mkdir()
    assert resolvers.resolvers(tmp_path) == ()
    conf = etc / "resolv.conf"
    conf.write_text("# nameserver 9.9.9.9\nnameserver 10.0.0.1\nnameserver  ::1\nnameserver x\n")
    assert resolvers.resolvers(tmp_path) == ("10.0.0.1", "::1")
    conf.write_text("nameserver 127.0.0.53\noptions edns0\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert resolvers.resolvers(tmp_path) == ("127.0.0.53",)
    program = tmp_path / "resolvectl"
    program.write_text(f"#!/bin/sh\n/bin/cat <<X\n{RESOLVECTL}X\n")
    program.chmod(0o755)
    assert resolvers.resolvers(tmp_path) == ("10.20.0.1", "fe80::1%2", "192.168.1.1")


# ----------------------------------------------------------------------------- Windows


class Rest(ctypes.Structure):
    """What follows Dhcpv4Server in iptypes.h, to compare the whole size."""

    _fields_ = [
        ("known", windows.AdapterAddresses),
        ("compartment", c_uint32),
        ("network_guid", c_uint32 * 4),
        ("connection", c_uint32),
        ("tunnel", c_uint32),
        ("dhcp6_server", windows.SocketAddress),
        ("dhcp6_duid", c_ubyte * 130),
        ("dhcp6_duid_length", c_uint32),
        ("dhcp6_iaid", c_uint32),
        ("first_suffix", c_void_p),
    ]


def test_the_structure_has_the_size_that_windows_says() -> None:
    """448 bytes on 64-bit Windows; the length field that GetAdaptersAddresses fills in."""
    assert sizeof(c_void_p) == 8, "run this on a 64-bit machine"
    assert sizeof(Rest) == 448
    assert sizeof(windows.Unicast) == 64
    assert sizeof(windows.Node) == 32


class Memory:
    """Builds the structures as Windows would, and keeps them alive."""

    def __init__(self) -> None:
        self.kept: list[Any] = []

    def keep(self, value: Any) -> Any:
        self.kept.append(value)
        return value

    def sockaddr(self, address: str) -> windows.SocketAddress:
        one = ipaddress.ip_address(address)
        if one.version == 4:
            data = bytes(c_uint16(2)) + b"\0\0" + one.packed + b"\0" * 8
        else:
            data = bytes(c_uint16(23)) + b"\0" * 6 + one.packed + b"\0" * 4
        array = self.keep((c_ubyte * len(data))(*data))
        return windows.SocketAddress(cast(array, POINTER(c_ubyte)), len(data))

    def chain(self, kind: Any, rows: list[Any]) -> Any:
        first = POINTER(kind)()
        for row in reversed(rows):
            row.next = first
            first = pointer(self.keep(row))
        return first

    def nodes(self, *addresses: str) -> Any:
        rows = [windows.Node(address=self.sockaddr(a)) for a in addresses]
        return self.chain(windows.Node, rows)

    def unicast(self, *addresses: tuple[str, int]) -> Any:
        rows = [windows.Unicast(address=self.sockaddr(a), prefix=p) for a, p in addresses]
        return self.chain(windows.Unicast, rows)


@pytest.fixture
def adapters() -> Iterator[tuple[windows.Adapter, ...]]:
    memory = Memory()
    wifi = windows.AdapterAddresses(
        guid=b"{4D36E972-E325-11CE-BFC1-08002BE10318}",
        name="Wi-Fi",
        suffix="clinic.example.org",
        flags=0x4 | 0x80,
        status=1,
        index6=12,
        unicast=memory.unicast(("fe80::5", 64), ("10.20.0.117", 24)),
        dns=memory.nodes("10.20.0.1", "fe80::1"),
        gateways=memory.nodes("10.20.0.1"),
        dhcp_server=memory.sockaddr("10.20.0.1"),
    )
    wifi.index = 12
    fixed = windows.AdapterAddresses(guid=b"{2}", name="Ethernet", status=2, flags=0x80)
    fixed.index = 7
    first = memory.chain(windows.AdapterAddresses, [wifi, fixed])
    yield tuple(windows.read(first))
    assert memory.kept


def test_what_windows_tells(adapters: tuple[windows.Adapter, ...]) -> None:
    wifi, fixed = adapters
    assert wifi == windows.Adapter(
        guid="{4D36E972-E325-11CE-BFC1-08002BE10318}",
        name="Wi-Fi",
        index=12,
        up=True,
        dhcp=True,
        dhcp_server="10.20.0.1",
        dns=("10.20.0.1", "fe80::1"),
        gateways=("10.20.0.1",),
        addresses=(("fe80::5", 64), ("10.20.0.117", 24)),
        suffix="clinic.example.org",
    )
    assert (fixed.index, fixed.up, fixed.dhcp, fixed.dhcp_server) == (7, False, False, "")
    assert leases.from_windows(adapters, "Wi-Fi") == Lease(
        "Wi-Fi",
        "10.20.0.117",
        "10.20.0.1",
        ("10.20.0.1",),
        ("10.20.0.1",),
        "clinic.example.org",
        "Windows",
    )
    assert leases.from_windows(adapters, "Ethernet") is None
    assert resolvers.from_windows(adapters) == ("10.20.0.1", "fe80::1")


def test_elsewhere_windows_tells_nothing() -> None:
    assert windows.adapters() == ()
