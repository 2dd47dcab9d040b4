"""Who listens on the ports that matter, from /proc/net and /proc/PID."""

from __future__ import annotations

import socket
import sys
from typing import Any, Dict, List, Tuple

from .. import names
from ..host import Host

TABLES = ("tcp", "tcp6", "udp", "udp6")
LISTENING = {"tcp": "0A", "udp": "07"}  # include/net/tcp_states.h: TCP_LISTEN, TCP_CLOSE
LIKELY = (
    "sshd", "systemd-resolve", "dnsmasq", "docker-proxy", "nginx", "apache2", "caddy", "chronyd",
    "named", "systemd-network", "avahi-daemon", "dhcpd", "k3s-server", "haproxy", "traefik",
)  # fmt: skip


def listeners(host: Host) -> List[Dict[str, Any]]:
    """Return wire.Listener of every listening socket on names.WATCHED_PORTS."""
    found: List[Tuple[int, str, str, str]] = []
    for table in TABLES:
        for line in (host.read("/proc/net/" + table, 8 << 20) or "").splitlines()[1:]:
            words = line.split()
            if len(words) < 10 or words[3] != LISTENING[table[:3]]:
                continue
            address, _, port = words[1].partition(":")
            if int(port, 16) not in names.WATCHED_PORTS:
                continue
            # an unconnected UDP socket has no peer; a connected one is a client
            if table.startswith("udp") and int(words[2].partition(":")[0], 16):
                continue
            found.append((int(port, 16), table[:3], _address(address), words[9]))
    holders = _holders(host, {inode for _, _, _, inode in found})
    rows = []
    for number, protocol, address, inode in sorted(set(found)):
        pid = holders.get(inode, 0)
        row = {
            "port": number,
            "protocol": protocol,
            "address": address,
            "process": (host.read("/proc/%d/comm" % pid) or "").strip() if pid else "",
            "pid": pid,
            "unit": unit(host, pid) if pid else "",
        }
        if row not in rows:  # SO_REUSEPORT: several sockets of one process
            rows.append(row)
    return rows


def unit(host: Host, pid: int) -> str:
    """Return the systemd unit a process runs in, or "" (cgroups(7), both hierarchies)."""
    for line in (host.read("/proc/%d/cgroup" % pid) or "").splitlines():
        number, _, rest = line.partition(":")
        kind, _, path = rest.partition(":")
        if kind == "name=systemd" or (number == "0" and not kind):
            for name in reversed(path.split("/")):
                if name.endswith((".service", ".scope", ".socket")):
                    return name
    return ""


def _address(text: str) -> str:
    """Turn the kernel's hex words, each in the machine's byte order, into an address."""
    data = bytes.fromhex(text)
    if sys.byteorder == "little":
        data = b"".join(data[i : i + 4][::-1] for i in range(0, len(data), 4))
    return socket.inet_ntop(socket.AF_INET if len(data) == 4 else socket.AF_INET6, data)


def _holders(host: Host, inodes: "set[str]") -> Dict[str, int]:
    """Return {socket inode: pid}.

    Reading every descriptor of every process is the slow part, so the likely holders come first
    and the search ends when all are found. Process 1 comes late: with socket activation it
    holds the socket together with the daemon, and the daemon is the one of interest.
    """
    wanted = {"socket:[%s]" % inode: inode for inode in inodes}
    likely: List[int] = []
    others: List[int] = []
    for name in host.list("/proc") if wanted else []:
        if name.isdigit():
            comm = (host.read("/proc/%s/comm" % name, 64) or "").strip()
            (likely if comm in LIKELY else others).append(int(name))
    found: Dict[str, int] = {}
    for pid in sorted(likely) + sorted(others, reverse=True):
        folder = "/proc/%d/fd" % pid
        for descriptor in host.list(folder):
            inode = wanted.get(host.link_target(folder + "/" + descriptor))
            if inode is not None:
                found.setdefault(inode, pid)
        if len(found) == len(wanted):
            break
    return found
