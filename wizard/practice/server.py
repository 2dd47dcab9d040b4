"""The practice clinic's server: a plausible Debian 12 with a CHT, as the agent sees it."""

from __future__ import annotations

import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wizard.agent import disk, names, transaction
from wizard.agent.changes import Timings
from wizard.agent.docker import SOCKET
from wizard.agent.host import Done
from wizard.practice import cht, radio
from wizard.practice.cht import Cht
from wizard.practice.door import LOOPBACK
from wizard.practice.engine import VERSION as DOCKER_VERSION
from wizard.practice.host import Memory, PowerCut, PracticeHost, address_told, make_link
from wizard.practice.radio import Radio
from wizard.practice.segment import Segment

INTERFACE = "eth0"
LEASE = "192.168.50.23/24"
ROUTER = "192.168.50.1"
DOCKER = "docker.service"
VERSIONS = {
    "base-files": "12.4+deb12u11",
    "chrony": "4.3-2+deb12u3",
    "dnsmasq-base": "2.90-4~deb12u1",
    "docker-ce": f"5:{DOCKER_VERSION}-1~debian.12~bookworm",
    "dpkg": "1.21.22",
    "openssh-server": "1:9.2p1-2+deb12u6",
}
OTHER_VERSION = "1.0-1"

# Nothing here waits for hardware, so everything may be shorter than on a real server.
PACE = Timings(
    settle=0.1, prove=20.0, address=5.0, old_address=5.0, served=5.0, probe=0.4, poll=0.02
)

_UNIT = "[Unit]\nDescription={what}\n[Service]\nExecStart={run}\n[Install]\nWantedBy={target}\n"
_UNITS = {
    "ssh.service": ("OpenSSH server", "/usr/sbin/sshd -D", "multi-user.target"),
    "networking.service": ("Raise network interfaces", "/sbin/ifup -a", "multi-user.target"),
    DOCKER: ("Docker Application Container Engine", "/usr/bin/dockerd", "multi-user.target"),
    "docker.socket": ("Docker Socket for the API", "", "sockets.target"),
}
_FILES = {
    "/etc/os-release": (
        'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n'
        'VERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n'
    ),
    "/etc/hostname": "practice\n",
    "/etc/machine-id": "70726163746963652d636c696e696331\n",
    "/etc/resolv.conf": f"nameserver {ROUTER}\n",
    "/etc/network/interfaces": (
        "source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n\n"
        f"allow-hotplug {INTERFACE}\niface {INTERFACE} inet dhcp\n"
    ),
    "/proc/1/comm": "systemd\n",
    "/proc/cmdline": "BOOT_IMAGE=/boot/vmlinuz root=/dev/vda1 ro quiet\n",
    "/proc/meminfo": "MemTotal:        4014316 kB\nSwapTotal:        999420 kB\n",
    "/sys/devices/system/cpu/online": "0-1\n",
    "/proc/self/mountinfo": "22 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw,errors=remount-ro\n",
    # an ordinary disk, not encrypted
    "/sys/class/block/vda/size": "83886080\n",
    "/sys/class/block/vda1/partition": "1\n",
    "/sys/class/block/vda1/dev": "254:1\n",
    "/sys/fs/ext4/vda1/errors_count": "0\n",
    "/proc/sys/kernel/hostname": "practice\n",
    "/proc/sys/kernel/osrelease": "6.1.0-37-amd64\n",
    # No link-local addresses: the loopback of a laptop could not pretend them.
    f"/proc/sys/net/ipv6/conf/{INTERFACE}/disable_ipv6": "1\n",
    "/run/network/ifstate": f"lo=lo\n{INTERFACE}={INTERFACE}\n",
    "/sys/class/rtc/rtc0/name": "rtc_cmos\n",
    "/var/lib/apt/lists/deb.debian.org_debian_dists_bookworm_main_binary-amd64_Packages": "",
}


class Server(PracticeHost):
    """A new server below `root`, which must not exist yet, with a CHT that runs.

    `pair` is what the CHT's nginx has as certificate and key; `ways`: which loopback port stands
    for a TCP port of the server. What a kernel tells in /proc and dpkg in its status file follows
    the memory. `on_addresses` hears the addresses before and after a change of them,
    `on_watch` the interface on which somebody begins to watch.
    """

    off_seconds = 2.0

    def __init__(
        self,
        root: Path,
        pair: tuple[bytes, bytes],
        host_key: str,
        ways: Mapping[int, int],
        segment: Segment,
        timings: Timings = PACE,
    ) -> None:
        self._ways = ways
        self._segment = segment
        self.on_addresses: Callable[[frozenset[str], frozenset[str]], None] = _nobody
        self.cht = Cht(self.path, self._tell)
        self.on_watch: Callable[[str], None] = _nobody_watches
        self._mirror_guard = threading.Lock()
        self._mirrored: dict[str, str] = {}
        self._addresses: frozenset[str] = frozenset()
        self._active: frozenset[str] = frozenset()
        self._begun = time.monotonic() - 3600
        self._cut = False
        super().__init__(root, interface=INTERFACE, lease=LEASE, timings=timings, clockwork=True)
        self._commands["apt-cache"] = self._apt_cache
        self.radio = Radio(self.read, self.active)
        for name, answer in (
            ("iw", self.radio.iw),
            ("hostapd", self.radio.hostapd),
            ("hostapd_cli", self.radio.hostapd_cli),
        ):
            self._commands[name] = answer
        self._lay_out(pair, host_key)

    # ------------------------------------------------------------------ laying out

    def _lay_out(self, pair: tuple[bytes, bytes], host_key: str) -> None:
        for path, text in {**_FILES, **radio.FILES}.items():
            self.put(path, text)
        self.put("/etc/ssh/ssh_host_ed25519_key.pub", host_key + "\n")
        self.put(cht.CHAIN, pair[0].decode())
        self.put(cht.KEY, pair[1].decode(), 0o600)
        self.put(f"{cht.DATABASE}/_dbs.couch", "practice: there is no database here\n" * 400)
        mac = next(one["address"] for one in self._links_told() if one["ifname"] == INTERFACE)
        self.put(f"/sys/class/net/{INTERFACE}/address", mac + "\n")
        for unit, (what, run, target) in _UNITS.items():
            text = _UNIT.format(what=what, run=run, target=target)
            self.put(f"/lib/systemd/system/{unit}", text)
            self.run(["systemctl", "enable", unit])
        with self.remember() as memory:
            memory["packages"] = sorted({*memory["packages"], "docker-ce", "dpkg", "iw"})
            memory["active"] += [DOCKER, "docker.socket"]
            own = {"family": "inet", "local": "127.0.0.1", "prefixlen": 8, "scope": "host"}
            memory["addresses"]["lo"] = [own]
            memory["addresses"][radio.INTERFACE] = []
        self.cht.engine.begin()

    # ------------------------------------------------------------------------ power

    def reboot(self) -> None:
        """Start anew, the containers too."""
        self._begun = time.monotonic()
        self.cht.engine.end()
        super().reboot()

    def _start(self, unit: str, again: bool = False) -> Done:
        done = super()._start(unit, again)
        if unit == DOCKER and done.ok:
            self.cht.engine.begin()
        if unit == names.HOSTAPD_UNIT and done.ok:
            self._give_radio(self.radio.addresses(unit))
            self.radio.country = self.radio.settings().get("country_code", self.radio.country)
        return done

    def _give_radio(self, addresses: list[str]) -> None:
        with self.remember() as memory:
            memory["addresses"][radio.INTERFACE] = [address_told(a) for a in addresses]

    def which(self, name: str) -> str:
        """Also find what came with the Wi-Fi's packages."""
        package = {"iw": "iw", "hostapd": "hostapd", "hostapd_cli": "hostapd"}.get(name)
        if package is not None:
            return f"/usr/sbin/{name}" if package in self.memory()["packages"] else ""
        return super().which(name)

    def _links_told(self) -> list[dict[str, Any]]:
        """Tell the radio as what it is."""
        memory = self.memory()
        return [
            self.radio.link(one["ifindex"], memory["addresses"][radio.INTERFACE])
            if one["ifname"] == radio.INTERFACE
            else one
            for one in super()._links_told()
        ]

    def _stop(self, unit: str) -> None:
        if unit == DOCKER:
            self.cht.engine.end()
        super()._stop(unit)
        if unit == names.HOSTAPD_UNIT:
            self._give_radio([])

    def cut_power(self) -> None:
        """End for good: whatever still works on this server ends at its next move."""
        if transaction.pending(self) is not None:
            transaction.Transaction(self).ask("stop")  # the one that only waits for a word
        self._cut = True
        self.power_off()
        self.join()
        self.radio.events.close()
        self.cht.engine.close()

    def path(self, path: str) -> str:
        """Return where a path really lies."""
        self._heed_cut()
        return super().path(path)

    def _heed_cut(self) -> None:
        if self._cut and threading.current_thread() in self._threads:
            raise PowerCut
        if self._cut:  # only asking: an agent that answers somebody who is gone too
            raise OSError("no power")

    def put(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file of the server."""
        real = Path(self.path(path))
        real.parent.mkdir(parents=True, exist_ok=True)
        fresh = real.with_name(f".{real.name}.fresh")
        fresh.write_text(text, encoding="utf-8", newline="\n")
        fresh.chmod(mode)
        disk.replace(str(fresh), str(real))

    # -------------------------------------------------------------------- being asked

    def wire(self, interface: str, kind: int) -> socket.socket:  # noqa: ARG002 - as Host has it
        """Return an end of the pretended cable."""
        return self._segment.plug_in()

    def tap(self, interface: str, https: int, http: int) -> socket.socket:  # noqa: ARG002 - Host's
        """Return an end that hears the practice phones, which come when somebody listens."""
        tap = self._segment.mirror.listen()
        try:
            self.on_watch(interface)
        except BaseException:  # its power is cut just now
            tap.close()
            raise
        return tap

    def control(self, path: str) -> socket.socket:
        """Return an end that hears hostapd. Raises OSError while there is no Wi-Fi."""
        if not self.active(names.HOSTAPD_UNIT) or not path.endswith("/" + radio.INTERFACE):
            raise FileNotFoundError(path)
        return self.radio.events.listen()

    def local(self, port: int) -> tuple[str, int]:
        """Return where a TCP port of the server answers on this machine."""
        self._heed_cut()
        return LOOPBACK, self._ways.get(port, 1)

    def neighbour(self, address: str, port: int) -> tuple[str, int]:  # noqa: ARG002 - as Host's
        """Return a port of this laptop where nobody answers: the other devices are pretended."""
        return LOOPBACK, 1

    def dial(self, path: str, seconds: float) -> socket.socket:
        """Return a connection to the Docker engine; there is no other Unix socket."""
        if path != SOCKET:
            raise FileNotFoundError(path)
        if not self.active(DOCKER):
            raise ConnectionRefusedError(path)
        connection = self.cht.engine.connect()
        connection.settimeout(seconds)
        return connection

    @property
    def mac(self) -> str:
        """The hardware address of its interface."""
        return (self.read(f"/sys/class/net/{INTERFACE}/address") or "").strip()

    def addresses(self) -> frozenset[str]:
        """Return the addresses that the server's interface has now."""
        return self._addresses

    def active(self, unit: str) -> bool:
        """Tell whether a unit runs."""
        return unit in self._active

    def restarts(self, unit: str) -> int:
        """Return how often a unit was started or told to read its files again."""
        return int(self.memory()["restarts"].get(unit, 0))

    def link_target(self, path: str) -> str:
        """Return where a link points; on Windows links may have to be text."""
        return super().link_target(path) or (self.read(path, 200) or "").strip()

    # ----------------------------------------------------------------------- commands

    def _apt_cache(self, words: list[str], _env: dict[str, str]) -> Done:
        repository = self.memory()["repository"]
        rows = []
        for name in words[1:]:
            found = VERSIONS.get(name, OTHER_VERSION) if name in repository else "(none)"
            rows.append(f"{name}:\n  Installed: (none)\n  Candidate: {found}\n")
        return Done(0, "".join(rows), "")

    # ---------------------------------------------------- what kernel and dpkg would tell

    @contextmanager
    def remember(self) -> Iterator[Memory]:
        """Change what the machine is like, and what is told of it."""
        with super().remember() as memory:
            yield memory
        self._tell()

    def _tell(self) -> None:
        with self._mirror_guard:
            memory = self.memory()
            before, self._addresses = self._addresses, _present(memory)
            after, self._active = self._addresses, frozenset(memory["active"])
            self._mirror(memory)
        if before != after:
            self.on_addresses(before, after)

    def _mirror(self, memory: Memory) -> None:
        present = memory["addresses"][INTERFACE]
        leased = any(one.get("dynamic") for one in present)
        sockets = list(_sockets(memory, self.cht.serving))
        texts = {
            "/proc/uptime": f"{time.monotonic() - self._begun:.2f} 7000.00\n",
            "/proc/net/route": _routes(leased),
            "/proc/net/tcp": _table("tcp", sockets),
            "/proc/net/udp": _table("udp", sockets),
            "/var/lib/dpkg/status": _status(memory["packages"]),
        }
        if leased:
            texts["/proc/612/comm"] = "dhclient\n"
            texts["/proc/612/cmdline"] = f"dhclient\0-4\0-v\0{INTERFACE}\0"
        for one in sockets:
            texts[f"/proc/{one['pid']}/comm"] = one["process"] + "\n"
            texts[f"/proc/{one['pid']}/cgroup"] = f"0::/system.slice/{one['unit']}\n"
        for path in set(self._mirrored) - set(texts):
            Path(self.path(path)).unlink(missing_ok=True)
        for path, text in texts.items():
            if self._mirrored.get(path) != text:
                self.put(path, text)
        self._mirrored = texts
        for one in sockets:
            link = Path(self.path(f"/proc/{one['pid']}/fd/{one['inode']}"))
            if not os.path.lexists(link):
                link.parent.mkdir(parents=True, exist_ok=True)
                make_link(f"socket:[{one['inode']}]", str(link))


def _nobody(_before: frozenset[str], _after: frozenset[str]) -> None:
    """Hear nothing."""


def _nobody_watches(_interface: str) -> None:
    """Let no phones come."""


def _present(memory: Memory) -> frozenset[str]:
    return frozenset(one["local"] for one in _all_addresses(memory))


def _all_addresses(memory: Memory) -> list[dict[str, Any]]:
    """Return what radio, bridge and cable have."""
    places = (radio.INTERFACE, names.BRIDGE, INTERFACE)
    return [one for place in places for one in memory["addresses"].get(place, [])]


def _sockets(memory: Memory, serving: bool) -> Iterator[dict[str, Any]]:
    """Yield what listens: protocol, address, port, pid, process, unit, inode."""
    rows: list[tuple[str, str, int, str, tuple[tuple[str, int], ...]]] = []
    rows.append(("ssh.service", "sshd", 412, "0.0.0.0", (("tcp", 22),)))  # noqa: S104
    if serving:  # Docker keeps one process for each port that it publishes
        for pid, port in ((655, 80), (661, 443)):
            rows.append((DOCKER, "docker-proxy", pid, "0.0.0.0", (("tcp", port),)))  # noqa: S104
    static = [a["local"] for a in _all_addresses(memory) if not a.get("dynamic")]
    for address in static[:1]:
        held = (("tcp", 53), ("udp", 53), ("udp", 67))
        rows.append((names.DNSMASQ_UNIT, "dnsmasq", 901, address, held))
    rows.append((names.CHRONY_UNIT, "chronyd", 933, "0.0.0.0", (("udp", 123),)))  # noqa: S104
    for unit, process, pid, address, ports in rows:
        if unit in memory["active"]:
            for protocol, port in ports:
                yield {
                    "protocol": protocol,
                    "address": address,
                    "port": port,
                    "pid": pid,
                    "process": process,
                    "unit": unit,
                    "inode": 70000 + port * 2 + (protocol == "udp"),
                }


def _word(address: str) -> str:
    """Return an IPv4 address as /proc/net has it: hexadecimal in this machine's byte order."""
    order = "<I" if sys.byteorder == "little" else ">I"
    return f"{struct.unpack(order, socket.inet_aton(address))[0]:08X}"


def _table(protocol: str, sockets: list[dict[str, Any]]) -> str:
    state = {"tcp": "0A", "udp": "07"}[protocol]
    text = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
    for number, one in enumerate(s for s in sockets if s["protocol"] == protocol):
        text += (
            f"  {number}: {_word(one['address'])}:{one['port']:04X} 00000000:0000 {state} "
            f"00000000:00000000 00:00000000 00000000     0        0 {one['inode']} 1 0 100 0\n"
        )
    return text


def _routes(leased: bool) -> str:
    text = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    if leased:
        text += f"{INTERFACE}\t00000000\t{_word(ROUTER)}\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
    return text


def _status(packages: list[str]) -> str:
    return "".join(
        f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\n"
        f"Version: {VERSIONS.get(name, OTHER_VERSION)}\n\n"
        for name in packages
    )
