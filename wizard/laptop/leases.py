"""The laptop's DHCP lease on an interface: which server gave it, and what came with it."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import os
import re
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from wizard.laptop import windows


@dataclass(frozen=True)
class Lease:
    """A DHCPv4 lease (RFC 2131) as the laptop's own client keeps it."""

    interface: str
    address: str
    server: str  # option 54; "" when the client does not tell
    dns: tuple[str, ...]
    router: tuple[str, ...]
    domain: str
    source: str  # NetworkManager, networkd, dhclient, Windows


def lease(interface: str, root: Path = Path("/")) -> Lease | None:
    """Return the lease on an interface, or None when it has none or nobody tells."""
    if sys.platform == "win32":
        return from_windows(windows.adapters(), interface)
    found = from_nmcli(_nmcli(interface), interface)
    return found or _networkd(interface, root) or _dhclient(interface, root)


def from_windows(adapters: tuple[windows.Adapter, ...], interface: str) -> Lease | None:
    """Read the lease from what Windows tells of an adapter."""
    for one in adapters:
        if one.name == interface and one.dhcp and one.dhcp_server:
            four = [a for a, _ in one.addresses if "." in a]
            return Lease(
                interface,
                four[0] if four else "",
                one.dhcp_server,
                _four(one.dns),
                _four(one.gateways),
                one.suffix,
                "Windows",
            )
    return None


def from_nmcli(text: str, interface: str) -> Lease | None:
    """Read `nmcli -t -f DHCP4 device show IF`: lines like DHCP4.OPTION[1]:routers = 10.0.0.1."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        match = re.fullmatch(r"DHCP4\.OPTION\[\d+\]:(\w+) = (.*)", line)
        if match:
            values[match[1]] = match[2].replace("\\:", ":")
    if "ip_address" not in values:
        return None
    return Lease(
        interface,
        values["ip_address"],
        values.get("dhcp_server_identifier", ""),
        tuple(values.get("domain_name_servers", "").split()),
        tuple(values.get("routers", "").split()),
        values.get("domain_name", ""),
        "NetworkManager",
    )


def from_networkd(text: str, interface: str) -> Lease | None:
    """Read a file of /run/systemd/netif/leases: KEY=value lines."""
    values = dict(
        line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#")
    )
    if not values.get("ADDRESS"):
        return None
    return Lease(
        interface,
        values["ADDRESS"],
        values.get("SERVER_ADDRESS", ""),
        tuple(values.get("DNS", "").split()),
        tuple(values.get("ROUTER", "").split()),
        values.get("DOMAINNAME", ""),
        "networkd",
    )


def from_dhclient(text: str, interface: str, now: datetime.datetime | None = None) -> Lease | None:
    """Read dhclient.leases(5): the last block for the interface that has not run out."""
    now = now or datetime.datetime.now(datetime.UTC)
    last: Lease | None = None
    for block in re.findall(r"lease\s*\{(.*?)\}", text, re.DOTALL):
        if f'interface "{interface}"' not in block:
            continue
        fixed = re.search(r"fixed-address\s+([0-9.]+);", block)
        if not fixed or _ended(block, now):
            last = None
            continue
        last = Lease(
            interface,
            fixed[1],
            _option(block, "dhcp-server-identifier"),
            _list(_option(block, "domain-name-servers")),
            _list(_option(block, "routers")),
            _option(block, "domain-name").strip('"'),
            "dhclient",
        )
    return last


def _nmcli(interface: str) -> str:
    argv = ["nmcli", "-t", "-f", "DHCP4", "device", "show", interface]
    try:
        done = subprocess.run(
            argv,
            capture_output=True,
            timeout=4,
            check=False,
            env=dict(os.environ, LC_ALL="C"),
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")


def _networkd(interface: str, root: Path) -> Lease | None:
    with contextlib.suppress(OSError):
        index = socket.if_nametoindex(interface)
        text = (root / "run/systemd/netif/leases" / str(index)).read_text(errors="replace")
        return from_networkd(text, interface)
    return None


def _dhclient(interface: str, root: Path) -> Lease | None:
    folders = (root / "var/lib/dhcp", root / "var/lib/dhclient")
    files = [f for folder in folders for f in folder.glob("dhclient*.lease*")]
    with contextlib.suppress(OSError):
        for path in sorted(files, key=lambda f: f.stat().st_mtime, reverse=True):
            found = from_dhclient(path.read_text(errors="replace"), interface)
            if found:
                return found
    return None


def _option(block: str, name: str) -> str:
    match = re.search(rf"option {name} ([^;]*);", block)
    return match[1].strip() if match else ""


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _ended(block: str, now: datetime.datetime) -> bool:
    """Read `expire 3 2026/11/25 10:00:00;` (UTC), `expire epoch N; # ...` or `expire never;`."""
    epoch = re.search(r"expire epoch (\d+)", block)
    if epoch:
        return now.timestamp() >= int(epoch[1])
    date = re.search(r"expire \d (\d+/\d+/\d+ \d+:\d+:\d+)", block)
    if date:
        end = datetime.datetime.strptime(date[1], "%Y/%m/%d %H:%M:%S")
        return now >= end.replace(tzinfo=datetime.UTC)
    return False


def _four(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(a for a in addresses if ipaddress.ip_address(a).version == 4)
