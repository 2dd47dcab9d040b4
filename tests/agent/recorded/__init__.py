"""Servers on paper: the files and the commands' answers of machines as found in the field.

`Machine` lays a root folder out and answers commands from what was recorded. Formats are those
of iproute2 6.1, systemd 252, NetworkManager 1.42, netplan 0.106, ufw 0.36, firewalld 1.3, iw 5.19.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wizard.agent.host import Done, Host

FOREVER = 4294967295
HERE = Path(__file__).parent


def recorded(name: str) -> str:
    """Return a recorded text."""
    return (HERE / name).read_text()


class Machine(Host):
    """A server below a folder: its files are real, its commands say what was recorded."""

    def __init__(self, root: Path) -> None:
        super().__init__(str(root))
        self.ran: list[list[str]] = []
        self.answers: dict[str, str] = {}
        self.links: list[dict[str, Any]] = []
        # systemd brings this one along, switched off
        off = ("loaded", "disabled", "inactive")
        self.units: dict[str, tuple[str, str, str]] = {"systemd-networkd.service": off}
        self.command("ip")
        self.command("systemctl")
        self.file("/proc/1/comm", "systemd\n")
        self.file("/proc/uptime", "3600.25 7000.00\n")
        self.file("/proc/meminfo", "MemTotal:        2014316 kB\n")
        self.file("/proc/sys/kernel/hostname", "clinic\n")
        self.file("/proc/sys/kernel/random/boot_id", "6f0c\n")
        self.file("/etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        self.file("/etc/os-release", 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n')
        self.file("/var/lib/dpkg/status", recorded("dpkg-status"))
        self.link("lo", addresses=["127.0.0.1/8", "::1/128"], kind="loopback")

    # ------------------------------------------------------------------ laying out

    def file(self, path: str, text: str | bytes, mode: int = 0o644) -> None:
        """Write a file."""
        full = Path(self.path(path))
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(text if isinstance(text, bytes) else text.encode())
        full.chmod(mode)

    def command(self, name: str, answer: str = "") -> None:
        """Have a command, and what it says."""
        self.file("/usr/bin/" + name, "#!recorded\n", 0o755)
        self.answers[name] = answer

    def unit(self, unit: str, enabled: str = "enabled", active: str = "active") -> None:
        """Have a systemd unit."""
        self.units[unit] = ("loaded", enabled, active)

    def link(
        self,
        name: str,
        addresses: list[str] | None = None,
        kind: str = "ethernet",
        dynamic: bool = False,
        carrier: bool = True,
        **more: Any,
    ) -> None:
        """Have a network interface."""
        flags = ["BROADCAST", "MULTICAST", "UP"] + (["LOWER_UP"] if carrier else [])
        entry: dict[str, Any] = {
            "ifindex": len(self.links) + 1,
            "ifname": name,
            "flags": ["LOOPBACK", "UP", "LOWER_UP"] if kind == "loopback" else flags,
            "mtu": 1500,
            "link_type": "loopback" if kind == "loopback" else "ether",
            "address": f"52:54:00:00:00:{len(self.links):02x}",
            "addr_info": [],
        }
        if kind not in ("ethernet", "wifi", "loopback"):
            entry["linkinfo"] = {"info_kind": kind}
        for text in addresses or []:
            address, _, prefix = text.partition("/")
            info: dict[str, Any] = {"family": "inet6" if ":" in address else "inet"}
            info.update(local=address, prefixlen=int(prefix))
            linked = "link" if address.startswith("fe80") else "global"
            info["scope"] = "host" if kind == "loopback" else linked
            info["valid_life_time"] = FOREVER
            if dynamic and "." in address:
                info.update(dynamic=True, valid_life_time=3421)
            entry["addr_info"].append(info)
        entry.update(more)
        self.links.append(entry)
        folder = "/sys/class/net/" + name
        self.file(folder + "/address", entry["address"] + "\n")
        self.file(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6", "0\n")
        if kind == "wifi":
            self.file(folder + "/phy80211/name", "phy0\n")

    def networkd(self, name: str, file: str, state: str = "configured") -> None:
        """Have networkd's word on an interface."""
        self.unit("systemd-networkd.service")
        index = next(e["ifindex"] for e in self.links if e["ifname"] == name)
        text = f"# This is private data. Do not parse.\nADMIN_STATE={state}\nOPER_STATE=routable\n"
        self.file(f"/run/systemd/netif/links/{index}", text + f"NETWORK_FILE={file}\n")

    def networkmanager(self, devices: Mapping[str, tuple[str, str, str]]) -> None:
        """Have NetworkManager's word: {device: (state, connection, uuid)}."""
        self.unit("NetworkManager.service")
        Path(self.path("/run/NetworkManager")).mkdir(parents=True, exist_ok=True)
        parts = []
        for device, (state, name, uuid) in devices.items():
            name = name.replace(":", "\\:")
            parts.append(
                f"GENERAL.DEVICE:{device}\nGENERAL.STATE:{state}\nGENERAL.CONNECTION:{name}\n"
                f"GENERAL.CON-UUID:{uuid}\n"
            )
        self.command("nmcli", "\n".join(parts))

    def listens(self, rows: list[tuple[str, str, int, int, str, str]]) -> None:
        """Have sockets: (protocol, IPv4 address, port, pid, process, cgroup)."""
        tables: dict[str, str] = {"tcp": "  sl\n", "udp": "  sl\n"}
        for number, (protocol, address, port, pid, process, cgroup) in enumerate(rows):
            word = "{:08X}".format(struct.unpack("<I", socket.inet_aton(address))[0])
            state = {"tcp": "0A", "udp": "07"}[protocol]
            inode = 70000 + number
            tables[protocol] += (
                f"  {number}: {word}:{port:04X} 00000000:0000 {state} 00000000:00000000"
                f" 00:00000000 00000000     0        0 {inode} 2 0000000000000000 100 0 0 10 0\n"
            )
            folder = Path(self.path(f"/proc/{pid}/fd"))
            folder.mkdir(parents=True, exist_ok=True)
            (folder / str(3 + number)).symlink_to(f"socket:[{inode}]")
            self.file(f"/proc/{pid}/comm", process + "\n")
            self.file(f"/proc/{pid}/cgroup", f"0::{cgroup}\n")
        for protocol, text in tables.items():
            self.file("/proc/net/" + protocol, text)

    # ------------------------------------------------------------------- answering

    def run(
        self,
        argv: list[str],
        input: str = "",  # noqa: A002 Host calls it so
        timeout: float = 60.0,
        env: dict[str, str] | None = None,
    ) -> Done:
        """Answer from what was recorded."""
        assert not input
        assert not env
        assert timeout <= 30, "a facts command may not take long"
        self.ran.append(argv)
        if argv[:2] == ["ip", "-j"]:
            return Done(0, json.dumps(self.links), "")
        if argv[0] == "systemctl":
            wanted = [word for word in argv if "." in word]
            if argv[1] == "show":
                return Done(0, "\n".join(self._unit(unit) for unit in wanted), "")
            return Done(0, "".join(self._row(argv[1], unit) for unit in wanted), "")
        if argv[0] not in self.answers:
            return Done(127, "", f"{argv[0]}: not found")
        return Done(0, self.answers[argv[0]], "")

    def _row(self, verb: str, unit: str) -> str:
        """As systemctl lists it: with a file, or in memory, or not at all."""
        load, enabled, active = self.units.get(unit, ("not-found", "", "inactive"))
        if verb == "list-unit-files":
            return f"{unit} {enabled} enabled\n" if enabled else ""
        in_memory = active != "inactive" and enabled != "alias"
        return f"{unit} {load} {active} running The unit of this name\n" if in_memory else ""

    def _unit(self, unit: str) -> str:
        load, enabled, active = self.units.get(unit, ("not-found", "", "inactive"))
        return f"Id={unit}\nLoadState={load}\nUnitFileState={enabled}\nActiveState={active}\n"


# ------------------------------------------------------------------------- machines


def ifupdown(root: Path) -> Machine:
    """Plain Debian 12: ifupdown and dhclient."""
    machine = Machine(root)
    machine.link("eth0", ["192.168.1.50/24", "fe80::5054:ff:fe00:1/64"], dynamic=True)
    machine.link("eth1", carrier=False)
    machine.unit("networking.service")
    machine.file(
        "/etc/network/interfaces",
        "source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n",
    )
    machine.file("/etc/network/interfaces.d/eth0", "allow-hotplug eth0\niface eth0 inet dhcp\n")
    machine.file("/etc/network/interfaces.d/eth0.dpkg-old", "iface eth9 inet dhcp\n")
    machine.file("/run/network/ifstate", "lo=lo\neth0=eth0\n")
    machine.file("/proc/612/comm", "dhclient\n")
    machine.file("/proc/612/cmdline", "dhclient\0-4\0-v\0-i\0eth0\0")
    return machine


def netplan_networkd(root: Path) -> Machine:
    """The Ubuntu look: netplan, networkd, resolved, cloud-init."""
    machine = Machine(root)
    machine.link("eth0", ["192.168.1.50/24", "fe80::5054:ff:fe00:1/64"], dynamic=True)
    machine.link("docker0", ["172.17.0.1/16"], kind="bridge")
    machine.file("/etc/netplan/50-cloud-init.yaml", recorded("50-cloud-init.yaml"), 0o600)
    machine.file(
        "/run/systemd/network/10-netplan-eth0.network", recorded("10-netplan-eth0.network")
    )
    machine.networkd("eth0", "/run/systemd/network/10-netplan-eth0.network")
    machine.networkd("docker0", "", "unmanaged")
    machine.unit("systemd-resolved.service")
    machine.command("cloud-init")
    machine.file("/run/systemd/resolve/stub-resolv.conf", "nameserver 127.0.0.53\noptions edns0\n")
    os.symlink("../run/systemd/resolve/stub-resolv.conf", machine.path("/etc/resolv.conf"))
    wants = "/etc/systemd/system/network-online.target.wants/"
    machine.file(wants + "systemd-networkd-wait-online.service", "")
    return machine


def netplan_networkmanager(root: Path) -> Machine:
    """Ubuntu desktop or Raspberry Pi OS 13: netplan writes for NetworkManager."""
    machine = Machine(root)
    machine.link("eth0", ["192.168.1.50/24"], dynamic=True)
    machine.file(
        "/etc/netplan/01-network-manager-all.yaml", "network: {renderer: NetworkManager}\n"
    )
    machine.file(
        "/run/NetworkManager/system-connections/netplan-eth0.nmconnection",
        "[connection]\nid=netplan-eth0\ntype=ethernet\ninterface-name=eth0\n",
        0o600,
    )
    uuid = "626dd384-8b3d-3690-9511-192b2c79b3fd"
    machine.networkmanager(
        {"eth0": ("100 (connected)", "netplan-eth0", uuid), "lo": ("10 (unmanaged)", "", "")}
    )
    return machine


def networkmanager(root: Path) -> Machine:
    """Debian 13 with NetworkManager; a bridge of Docker's is known to it but not its own."""
    machine = Machine(root)
    machine.link("eth0", ["192.168.1.50/24"], dynamic=True)
    machine.link("docker0", ["172.17.0.1/16"], kind="bridge")
    machine.networkmanager(
        {
            "eth0": ("100 (connected)", "Wired: 1", "8d1f3b1e-0000-4000-8000-000000000001"),
            "docker0": ("100 (connected (externally))", "docker0", "8d1f3b1e-0000-4000-8000-0002"),
        }
    )
    # left behind by the installer; NetworkManager leaves alone what is brought up by it
    machine.file("/etc/network/interfaces", "auto lo\niface lo inet loopback\n")
    machine.file("/run/network/ifstate", "lo=lo\n")
    return machine


def networkd(root: Path) -> Machine:
    """Debian 12 with systemd-networkd alone; an old netplan file's output is long gone."""
    machine = Machine(root)
    machine.link("eth0", ["192.168.1.50/24"], dynamic=True)
    machine.file(
        "/etc/systemd/network/20-wired.network", "[Match]\nName=eth0\n[Network]\nDHCP=yes\n"
    )
    machine.networkd("eth0", "/etc/systemd/network/20-wired.network")
    return machine


def dhcpcd(root: Path) -> Machine:
    """Raspberry Pi OS 11."""
    machine = Machine(root)
    machine.link("eth0", ["192.168.1.50/24"], dynamic=True)
    machine.unit("dhcpcd.service")
    machine.file("/etc/dhcpcd.conf", "hostname\nclientid\npersistent\n")
    return machine


def mixture(root: Path) -> Machine:
    """ifupdown and networkd both think that eth0 is theirs."""
    machine = ifupdown(root)
    machine.file(
        "/etc/systemd/network/20-wired.network", "[Match]\nName=eth0\n[Network]\nDHCP=yes\n"
    )
    machine.networkd("eth0", "/etc/systemd/network/20-wired.network")
    return machine


def nobody(root: Path) -> Machine:
    """Addresses set by hand."""
    machine = Machine(root)
    machine.link("eth0", ["192.168.1.50/24"])
    return machine


MACHINES = {
    make.__name__: make
    for make in (
        ifupdown,
        netplan_networkd,
        netplan_networkmanager,
        networkmanager,
        networkd,
        dhcpcd,
        mixture,
        nobody,
    )
}
