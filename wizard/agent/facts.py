"""Everything that planning wants to know about the server, read in one pass.

What has to wait (commands, Docker, apt) runs in threads beside the reading of files. Every part
is guarded: one that fails leaves a safe value and an entry in `problems`, never an exception.
"""

from __future__ import annotations

import threading
from typing import Any, Callable, Dict, List

from . import VERSION, names
from .host import Host
from .look import services

PATIENCE = 30.0  # seconds for any part; each command has its own, shorter limit


class Parts:
    """Runs the parts, some of them in threads, and collects what went wrong."""

    def __init__(self) -> None:
        self.problems: List[str] = []
        self.lock = threading.Lock()

    def read(self, name: str, safe: Any, look: Callable[[], Any]) -> Any:
        """Return what `look` finds, or the safe value with a problem noted."""
        try:
            return look()
        except Exception as error:  # whatever it is, the other facts are still worth having
            with self.lock:
                self.problems.append("%s: %s" % (name, str(error) or type(error).__name__))
            return safe

    def begin(self, name: str, safe: Any, look: Callable[[], Any]) -> Callable[[], Any]:
        """Start a part in a thread; the returned function waits for it."""
        box: List[Any] = []
        thread = threading.Thread(target=lambda: box.append(self.read(name, safe, look)))
        thread.daemon = True  # a hanging daemon on the server must not keep the agent alive
        thread.start()

        def wait() -> Any:
            thread.join(PATIENCE)
            if not box:
                with self.lock:
                    self.problems.append("%s: no answer within %g seconds" % (name, PATIENCE))
                return safe
            return box[0]

        return wait


def facts(host: Host, connection: str, domain: str = "") -> Dict[str, Any]:
    """Return the facts as wire.Facts reads them.

    `connection` is sshd's SSH_CONNECTION ("client port server port", sshd(8) ENVIRONMENT), ""
    when there is none; `domain` is the name asked for (SNI) when looking which certificate is
    served. Changes nothing.
    """
    parts = Parts()
    # The slowest answer is asked for first; Python loads the other parts meanwhile.
    supplicants = services.supplicants(host)
    units_asked = parts.begin(
        "services", services.Units({}), lambda: services.units(host, supplicants)
    )

    from .docker import Docker
    from .look import (
        firewall,
        netfiles,
        network,
        owned,
        packages,
        radios,
        resolver,
        sockets,
        system,
        web,
    )

    # While a container starts, which one that crashes does all the time, Docker lets others wait.
    engine = Docker(host, timeout=20.0)
    no_packages: Dict[str, Any] = {"system": "", "items": [], "lock": "", "reachable": None}
    addr = parts.begin("interfaces", [], lambda: network.ip_addr(host))
    devices = parts.begin("networkmanager", {}, lambda: network.ask_networkmanager(host))
    containers = parts.begin("web", [], lambda: web.containers(host, engine, domain))
    dpkg = parts.read("packages", b"", lambda: packages.dpkg_status(host))
    package = parts.begin("packages", no_packages, lambda: packages.packages(host, dpkg))
    air = parts.begin("radios", [], lambda: radios.radios(host))
    yaml = parts.begin("netplan", {}, lambda: netfiles.netplan(host))

    machine = parts.read("system", no_system(), lambda: system.system(host, dpkg))
    listeners = parts.read("listeners", [], lambda: sockets.listeners(host))
    files = parts.read("files", [], lambda: netfiles.files(host))
    routes = parts.read("routes", [], lambda: network.routes(host))

    units = units_asked()
    zones = parts.begin("firewalld", "", lambda: firewall.ask(host, units))
    plain = parts.begin("web", [], lambda: web.plain(host, units, listeners, domain))
    docker = parts.begin("docker", _no_docker(), lambda: web.docker(host, units, engine))

    interfaces, claims = parts.read(
        "interfaces", ([], {}), lambda: network.interfaces(host, addr(), devices(), units)
    )
    asking = parts.read("connection", None, lambda: network.connection(connection, interfaces))
    deciders = network.deciding(interfaces, asking["interface"] if asking else "")
    net = parts.read(
        "network", _no_network(), lambda: network.network(host, units, deciders, claims)
    )
    net["files"] = files
    net["netplan"] = yaml()

    found = {
        "agent": VERSION,
        "system": machine,
        "clock": parts.read("clock", no_clock(), lambda: system.clock(host, units, dpkg)),
        "disks": parts.read("disks", [], lambda: system.disks(host)),
        "memory": parts.read("memory", 0, lambda: system.memory(host)),
        "interfaces": interfaces,
        "routes": routes,
        "connection": asking,
        "network": net,
        "cloud_init": parts.read(
            "cloud-init",
            {"installed": False, "disabled": False, "network_disabled": False, "owns": []},
            lambda: system.cloud_init(host),
        ),
        "listeners": listeners,
        "firewall": parts.read(
            "firewall",
            {"kind": "none", "active": False, "zone": "", "rules": []},
            lambda: firewall.firewall(host, units, zones(), deciders[0] if deciders else ""),
        ),
        "packages": package(),
        "services": units.wire(names.SERVICES + supplicants),
        "docker": docker(),
        "web": containers() + plain(),
        "kubernetes": web.kubernetes(units, listeners),
        "radios": air(),
        "scan": None,
        "resolver": parts.read(
            "resolver",
            {"link": "", "nameservers": [], "resolved": False, "text": ""},
            lambda: resolver.resolver(host, units),
        ),
        "owned": parts.read("owned", [], lambda: owned.owned(host)),
        "pending": parts.read("pending", None, lambda: _pending(host)),
        "pairs": parts.read("certificates", [], lambda: _pairs(host)),
        "request": parts.read("request", None, lambda: _request(host)),
        "ssh_host_keys": parts.read("ssh-host-keys", [], lambda: system.ssh_host_keys(host)),
    }
    found["problems"] = sorted(set(parts.problems))
    return found


def _pending(host: Host) -> Any:
    from .transaction import pending

    return pending(host)


def _pairs(host: Host) -> Any:
    from .pairs import kept

    return kept(host)


def _request(host: Host) -> Any:
    if not host.exists(names.REQUEST):  # rarely there, so the module is rarely loaded
        return None
    from .request import pending

    return pending(host)


def no_system() -> Dict[str, Any]:
    """Return wire.System of a machine that tells nothing."""
    texts = (
        "id", "version_id", "codename", "pretty_name", "kernel", "architecture", "hostname",
        "machine_id", "python", "init", "boot_id",
    )  # fmt: skip
    found: Dict[str, Any] = dict.fromkeys(texts, "")
    found.update(like=[], uptime=0.0)
    return found


def no_clock() -> Dict[str, Any]:
    """Return wire.Clock where the server's cannot be read."""
    import time

    return {
        "now": time.time(),
        "synchronised": False,
        "rtc": False,
        "services": [],
        "monotonic": time.monotonic(),
        "rtc_now": None,
        "last_known": None,
        "installed": [],
        "confdir": None,
    }


def _no_docker() -> Dict[str, Any]:
    found: Dict[str, Any] = {"installed": False, "running": False, "enabled": False}
    found.update(version="", networks=[], error="")
    return found


def _no_network() -> Dict[str, Any]:
    found: Dict[str, Any] = {"manager": "", "renderer": "", "reason": "none", "found": []}
    found.update(files=[], netplan={}, wait_online=[])
    return found
