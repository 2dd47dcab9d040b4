"""A LAN of network namespaces: one bridge, and hosts on it that play laptops, routers and rogues.

Nothing connects these namespaces with the machine's own network, so nothing that happens in the lab
can leave it.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import ipaddress
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")

BRIDGE = "lan"
OFFICE = "10.77.0.1"
OFFICE_RANGE = "10.77.0.50,10.77.0.150,255.255.255.0,192h"  # eight days, as Windows servers give
_NETNS = Path("/etc/netns")
_LEASES = Path("/var/lib/dhcp")
_SLOW_CABLE = Path(__file__).with_name("slow_cable.py")
_NAME = re.compile(r"^chtlab(\d+)x\d+-")
_counter = itertools.count(1)
_STARTER = ThreadPoolExecutor(1, thread_name_prefix="lab-starter")


class LabError(RuntimeError):
    """The lab itself did not do what it should; never a finding about the wizard."""


def wait_for(
    what: str, ready: Callable[[], Result | None], timeout: float, pause: float = 0.05
) -> Result:
    """Ask `ready` until it gives something true; bounded, because a lab that waits forever tells
    nothing."""
    end = time.monotonic() + timeout
    while True:
        if found := ready():
            return found
        if time.monotonic() > end:
            raise LabError(f"waited {timeout:.0f} s in vain for {what}")
        time.sleep(pause)


def stop_process(process: subprocess.Popen[Any], grace: float = 5) -> None:
    """End one process that we started ourselves."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, timeout=30)
    if done.returncode:
        raise LabError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


class Namespace:
    """One network namespace with its own /etc/resolv.conf; everything started through it ends with
    it."""

    def __init__(self, name: str) -> None:
        self.namespace = name
        self._processes: list[subprocess.Popen[Any]] = []
        etc = _NETNS / name
        etc.mkdir(parents=True, exist_ok=True)
        self.resolv_conf = etc / "resolv.conf"
        self.resolv_conf.write_text("")  # else the machine's own name servers would show through
        _ip("netns", "add", name)
        _ip("-n", name, "link", "set", "lo", "up")

    def run(
        self,
        argv: Sequence[str],
        timeout: float = 60,
        check: bool = True,
        env: Mapping[str, str] | None = None,
        send: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the namespace and wait for it."""
        done = subprocess.run(
            ["ip", "netns", "exec", self.namespace, *argv],
            timeout=timeout,
            env={**os.environ, **(env or {})},
            input=send,
            stdin=subprocess.DEVNULL if send is None else None,
            capture_output=True,
            text=True,
        )
        if check and done.returncode:
            raise LabError(
                f"{' '.join(argv)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return done

    def popen(
        self, argv: Sequence[str], env: Mapping[str, str] | None = None, **options: Any
    ) -> subprocess.Popen[bytes]:
        """Start a command in the namespace; it is ended with the namespace at the latest.

        The kernel also ends it when the thread that started it dies (prctl(2),
        PR_SET_PDEATHSIG), so a killed test run leaves nothing behind. That thread is one that
        lasts: a test's helper thread may end long before the machine it switched on.
        """
        options.setdefault("stdin", subprocess.DEVNULL)
        command = ["setpriv", "--pdeathsig", "KILL", "ip", "netns", "exec", self.namespace, *argv]

        def start() -> subprocess.Popen[bytes]:
            return subprocess.Popen(command, env={**os.environ, **(env or {})}, **options)

        process = _STARTER.submit(start).result()
        self._processes.append(process)
        return process

    def call(
        self, function: Callable[..., Result], *arguments: Any, timeout: float = 300, **named: Any
    ) -> Result:
        """Run a Python function inside: its sockets, threads and children live in this namespace.

        It runs in a thread of its own, because entering a namespace concerns one thread and cannot
        be undone cleanly. Not for starting what must outlive the call.
        """
        outcome: list[Result] = []
        problem: list[BaseException] = []

        def inside() -> None:
            try:
                self._enter()
                outcome.append(function(*arguments, **named))
            except BaseException as caught:
                problem.append(caught)

        thread = threading.Thread(target=inside, name=f"in-{self.namespace}", daemon=True)
        thread.start()
        thread.join(timeout)
        if thread.is_alive():
            raise LabError(
                f"{function!r} did not come back from {self.namespace} within {timeout:.0f} s"
            )
        if problem:
            raise problem[0]
        return outcome[0]

    def _enter(self) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        clone_newnet, clone_newns, ms_bind, ms_rec, ms_slave = (
            0x40000000,
            0x00020000,
            4096,
            16384,
            1 << 19,
        )

        def checked(result: int, what: str) -> None:
            if result:
                raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")

        with open(f"/run/netns/{self.namespace}") as handle:
            checked(libc.setns(handle.fileno(), clone_newnet), "setns")
        # As `ip netns exec` does it: a private view of the files, with this namespace's /sys and
        # name servers.
        checked(libc.unshare(clone_newns), "unshare")
        checked(libc.mount(b"", b"/", b"none", ms_slave | ms_rec, None), "mount /")
        libc.umount2(b"/sys", 2)
        checked(libc.mount(b"sysfs", b"/sys", b"sysfs", 0, None), "mount /sys")
        resolv_conf = os.path.realpath("/etc/resolv.conf")
        if os.path.exists(resolv_conf):
            source = str(self.resolv_conf).encode()
            checked(
                libc.mount(source, resolv_conf.encode(), b"none", ms_bind, None),
                "mount resolv.conf",
            )

    def close(self) -> None:
        for process in reversed(self._processes):
            stop_process(process)
        self._processes.clear()
        # Children of ours that outlived their parents; whoever is in this namespace came through
        # us.
        left = subprocess.run(
            ["ip", "netns", "pids", self.namespace], capture_output=True, text=True, timeout=30
        )
        for pid in left.stdout.split():
            if int(pid) != os.getpid():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
        with contextlib.suppress(LabError):
            _ip("netns", "del", self.namespace)
        shutil.rmtree(_NETNS / self.namespace, ignore_errors=True)


class Lan(Namespace):
    """A bridge in a namespace of its own; the one cable all hosts and machines of a test hang
    on."""

    def __init__(self) -> None:
        if os.geteuid() != 0 or os.uname().sysname != "Linux":
            raise LabError("the lab makes network namespaces and machines: run it as root on Linux")
        _sweep()
        self.prefix = f"chtlab{os.getpid()}x{next(_counter)}"
        self.folder = Path(tempfile.mkdtemp(prefix=f"{self.prefix}-"))
        self.folder.chmod(0o755)  # dnsmasq and others give up root before they read their files
        self.hosts: list[Host] = []
        self._closing: list[Callable[[], None]] = []
        self._ports = itertools.count(1)
        self._slow: dict[str, subprocess.Popen[bytes]] = {}
        super().__init__(f"{self.prefix}-lan")
        atexit.register(self.close)
        # The bridge is a cable, not a host: it must not answer when somebody asks who is there.
        self.run(["sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6"])
        _ip(
            "-n",
            self.namespace,
            "link",
            "add",
            BRIDGE,
            "type",
            "bridge",
            "mcast_snooping",
            "0",
            "forward_delay",
            "0",
        )
        _ip("-n", self.namespace, "link", "set", BRIDGE, "up")

    def host(self, name: str) -> Host:
        """Plug a new host into the bridge."""
        host = Host(self, name, next(self._ports))
        self.hosts.append(host)
        return host

    def add_tap(self) -> str:
        """A tap on the bridge for a machine's network card."""
        tap = f"tap{next(self._ports)}"
        _ip("-n", self.namespace, "tuntap", "add", tap, "mode", "tap")
        _ip("-n", self.namespace, "link", "set", tap, "master", BRIDGE, "up")
        return tap

    def remove_port(self, port: str) -> None:
        with contextlib.suppress(LabError):
            _ip("-n", self.namespace, "link", "del", port)

    def netem(self, port: str, delay: float = 0, loss: float = 0) -> None:
        """Make the cable at `port` slow (ms each way) or lossy (percent); nothing: heal it."""
        inner, outer = f"i{port}", f"o{port}"
        if (running := self._slow.pop(port, None)) is not None:
            stop_process(running)
            self.remove_port(outer)
            _ip("-n", self.namespace, "link", "set", port, "master", BRIDGE)
        if not delay and not loss:
            return
        _ip("-n", self.namespace, "link", "add", outer, "type", "veth", "peer", "name", inner)
        _ip("-n", self.namespace, "link", "set", inner, "up")
        _ip("-n", self.namespace, "link", "set", outer, "master", BRIDGE, "up")
        _ip("-n", self.namespace, "link", "set", port, "nomaster")
        self._slow[port] = process = self.popen(
            [sys.executable, str(_SLOW_CABLE), port, inner, str(delay), str(loss)],
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        if process.stdout.readline() != b"ready\n":
            raise LabError("the slow cable did not start")

    def at_close(self, action: Callable[[], None]) -> None:
        """Something that must happen before the LAN goes, such as ending a machine on it."""
        self._closing.append(action)

    def close(self) -> None:
        atexit.unregister(self.close)
        for action in reversed(self._closing):
            with contextlib.suppress(Exception):  # the rest must still be cleared away
                action()
        self._closing.clear()
        for host in list(self.hosts):
            host.close()
        super().close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Lan:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class Lease:
    """What a DHCP client was given; `options` are dhclient's own names (`routers`, `ntp_servers`,
    ...)."""

    address: ipaddress.IPv4Interface
    routers: tuple[str, ...]
    name_servers: tuple[str, ...]
    server: str
    options: Mapping[str, str]


class Host(Namespace):
    """One computer on the LAN that the test plays: a namespace with one network interface."""

    def __init__(self, lan: Lan, name: str, number: int) -> None:
        self.lan = lan
        self.name = name
        # Named after the run, because the lease file of a DHCP client is found by the interface's
        # name.
        self.interface = f"{name[:5]}{os.getpid() % 10**7}"
        self.port = f"p{number}"
        self.mac = f"52:54:00:78:{number >> 8 & 255:02x}:{number & 255:02x}"
        self.folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=lan.folder))
        self.folder.chmod(0o755)
        self._dhclient: subprocess.Popen[bytes] | None = None
        self._router: Dnsmasq | None = None
        super().__init__(f"{lan.prefix}-{name}{number}")
        # No duplicate address detection here: the link-local address is usable at once.
        self.run(["sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad"])
        _ip("link", "add", self.port, "netns", lan.namespace, "type", "veth",
            "peer", "name", self.interface, "address", self.mac,
            "netns", self.namespace)  # fmt: skip
        _ip("-n", lan.namespace, "link", "set", self.port, "master", BRIDGE, "up")
        _ip("-n", self.namespace, "link", "set", self.interface, "up")
        wait_for(f"a link-local address of {name}", self._link_local, 10)

    @property
    def link_local(self) -> str:
        return wait_for(f"a link-local address of {self.name}", self._link_local, 10)

    @property
    def lease_file(self) -> Path:
        """Where Debian's dhclient keeps the leases of this interface."""
        return _LEASES / f"dhclient.{self.interface}.leases"

    def addresses(self) -> list[ipaddress.IPv4Interface]:
        found = json.loads(
            self.run(["ip", "-4", "-j", "addr", "show", "dev", self.interface]).stdout
        )
        return [
            ipaddress.IPv4Interface(f"{info['local']}/{info['prefixlen']}")
            for link in found
            for info in link.get("addr_info", [])
        ]

    def add_address(self, address: str, gateway: str | None = None) -> None:
        _ip("-n", self.namespace, "addr", "replace", address, "dev", self.interface)
        if gateway:
            _ip(
                "-n",
                self.namespace,
                "route",
                "replace",
                "default",
                "via",
                gateway,
                "dev",
                self.interface,
            )

    def remove_address(self, address: str) -> None:
        _ip("-n", self.namespace, "addr", "del", address, "dev", self.interface)

    def use_name_servers(self, *servers: str) -> None:
        # Written in place: a running program sees this file through a mount of this very inode.
        self.resolv_conf.write_text("".join(f"nameserver {server}\n" for server in servers))

    def cut(self) -> None:
        """Pull the cable: this side sees the carrier go."""
        _ip("-n", self.lan.namespace, "link", "set", self.port, "down")

    def plug(self) -> None:
        _ip("-n", self.lan.namespace, "link", "set", self.port, "up")

    def netem(self, delay: float = 0, loss: float = 0) -> None:
        """Make the cable slow (ms each way) or lossy (percent); nothing: heal it."""
        self.lan.netem(self.port, delay, loss)

    def dhcp_client(self, timeout: float = 30) -> Lease:
        """Get an address as a laptop does, with the real dhclient; it keeps running and renews."""
        self.stop_dhcp_client()
        environment = self.folder / "lease"
        environment.unlink(missing_ok=True)
        script = self.folder / "dhclient-script"
        script.write_text(_DHCLIENT_SCRIPT.format(lease=environment, resolv_conf=self.resolv_conf))
        script.chmod(0o755)
        configuration = self.folder / "dhclient.conf"
        configuration.write_text(
            f"timeout {int(timeout)};\ninitial-interval 1;\n"
            "request subnet-mask, broadcast-address, routers, domain-name, domain-name-servers, "
            "domain-search, host-name, ntp-servers, interface-mtu, dhcp-lease-time;\n"
        )
        # A copy, because where AppArmor is on, its profile for /sbin/dhclient forbids any script
        # but the stock one.
        program = self.folder / "dhclient"
        if not program.exists():
            shutil.copy("/sbin/dhclient", program)
        _LEASES.mkdir(parents=True, exist_ok=True)
        log = (self.folder / "dhclient.log").open("ab")
        self._dhclient = self.popen(
            [str(program), "-d", "-1", "-4", "-cf", str(configuration), "-lf", str(self.lease_file),
             "-pf", str(self.folder / "dhclient.pid"), "-sf", str(script), self.interface],
            stdout=log,
            stderr=log,
        )  # fmt: skip
        log.close()
        running = self._dhclient

        def bound() -> bool:
            if not environment.exists() and running.poll() is not None:
                said = (self.folder / "dhclient.log").read_text()
                raise LabError(f"no DHCP server answered {self.name}:\n{said}")
            return environment.exists()

        wait_for(f"a DHCP lease for {self.name}", bound, timeout + 10)
        return self.lease()

    def lease(self) -> Lease:
        """The lease as it stands, renewals included."""
        options = {}
        for line in (self.folder / "lease").read_text().splitlines():
            name, _, value = line.partition("=")
            options[name.removeprefix("new_")] = value
        return Lease(
            ipaddress.IPv4Interface(f"{options['ip_address']}/{options['subnet_mask']}"),
            tuple(options.get("routers", "").split()),
            tuple(options.get("domain_name_servers", "").split()),
            options.get("dhcp_server_identifier", ""),
            options,
        )

    def stop_dhcp_client(self) -> None:
        """End the client and forget what it set; the lease file stays, as on a laptop that was
        switched off."""
        if self._dhclient is None:
            return
        stop_process(self._dhclient)
        self._dhclient = None
        with contextlib.suppress(LabError):
            _ip("-n", self.namespace, "-4", "addr", "flush", "dev", self.interface)
        self.use_name_servers()

    def dnsmasq(self, configuration: str, name: str = "dnsmasq") -> Dnsmasq:
        """Play a router or a rogue: dnsmasq with exactly this configuration."""
        return Dnsmasq(self, name, configuration)

    def office_router(self, extra: str = "", addresses: str = OFFICE_RANGE) -> Dnsmasq:
        """Play the office's router: DHCP, and a DNS server without Internet.

        `extra` may teach it names. Called again, it is the same router, configured differently.
        """
        if self._router is not None:
            self._router.stop()
        self.add_address(f"{OFFICE}/24")
        self._router = self.dnsmasq(
            f"dhcp-authoritative\ndhcp-range={addresses}\ndhcp-option=option:router,{OFFICE}\n"
            f"dhcp-option=option:dns-server,{OFFICE}\nno-resolv\nno-hosts\nlocal=/#/\n{extra}\n",
            name="office",
        )
        return self._router

    def close(self) -> None:
        self.stop_dhcp_client()
        super().close()
        self.lan.remove_port(self.port)
        self.lease_file.unlink(missing_ok=True)
        with contextlib.suppress(ValueError):
            self.lan.hosts.remove(self)

    def _link_local(self) -> str | None:
        shown = self.run(
            ["ip", "-6", "-j", "addr", "show", "dev", self.interface, "scope", "link"]
        ).stdout
        for link in json.loads(shown or "[]"):
            for info in link.get("addr_info", []):
                if not info.get("tentative"):
                    return str(info["local"])
        return None


class Dnsmasq:
    """A running dnsmasq on a host; stays until stopped or until the host goes."""

    def __init__(self, host: Host, name: str, configuration: str) -> None:
        self.host = host
        self.lease_file = host.folder / f"{name}.leases"
        self._log = host.folder / f"{name}.log"
        file = host.folder / f"{name}.conf"
        file.write_text(configuration)
        start = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._process = host.popen(
                ["dnsmasq", "--keep-in-foreground", "--log-facility=-", "--log-dhcp", "--user=root",
                 "--pid-file",
                 f"--conf-file={file}", f"--dhcp-leasefile={self.lease_file}"],
                stdout=log,
                stderr=log,
            )  # fmt: skip

        def started() -> bool:
            if self._process.poll() is not None:
                raise LabError(f"dnsmasq did not start:\n{self.log}")
            return "started, version" in self._log.read_text(errors="replace")[start:]

        wait_for(f"dnsmasq on {host.name}", started, 20)

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def leases(self) -> dict[str, str]:
        """MAC address -> IPv4 address, as given away so far."""
        if not self.lease_file.exists():
            return {}
        rows = (line.split() for line in self.lease_file.read_text().splitlines())
        return {row[1]: row[2] for row in rows if len(row) >= 4 and ":" in row[1]}

    def stop(self) -> None:
        stop_process(self._process)


def _sweep() -> None:
    """Clear away what a lab left that was killed before it could tidy up: its namespaces carry its
    process id."""
    for name in _namespaces():
        match = _NAME.match(name)
        if match is None or Path(f"/proc/{match[1]}").exists():
            continue
        pids = subprocess.run(
            ["ip", "netns", "pids", name], capture_output=True, text=True, timeout=30
        )
        for pid in pids.stdout.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        with contextlib.suppress(LabError):
            _ip("netns", "del", name)
        shutil.rmtree(_NETNS / name, ignore_errors=True)
    for folder in Path(tempfile.gettempdir()).glob("chtlab*-*"):
        match = _NAME.match(folder.name)
        if match and not Path(f"/proc/{match[1]}").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _namespaces() -> Iterator[str]:
    folder = Path("/run/netns")
    if folder.is_dir():
        for entry in folder.iterdir():
            yield entry.name


_DHCLIENT_SCRIPT = """\
#!/bin/sh
# Stands in for Debian's script, which would write the machine's own /etc/resolv.conf.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
case "$reason" in
PREINIT)
    ip link set dev "$interface" up
    ;;
BOUND | REBOOT | RENEW | REBIND)
    if [ -n "$old_ip_address" ] && [ "$old_ip_address" != "$new_ip_address" ]; then
        ip -4 addr flush dev "$interface"
    fi
    ip addr replace "$new_ip_address/$new_subnet_mask" dev "$interface"
    for router in $new_routers; do
        ip route replace default via "$router" dev "$interface"
        break
    done
    {{
        if [ -n "$new_domain_name" ]; then echo "search $new_domain_name"; fi
        for server in $new_domain_name_servers; do echo "nameserver $server"; done
    }} > "{resolv_conf}"
    env | grep '^new_' > "{lease}.new"
    mv "{lease}.new" "{lease}"
    ;;
EXPIRE | FAIL | RELEASE | STOP)
    ip -4 addr flush dev "$interface"
    : > "{resolv_conf}"
    ;;
esac
"""
