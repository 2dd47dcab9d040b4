"""What the server can tell of its readiness for a life without Internet, read in one pass."""

from __future__ import annotations

from typing import Any, Dict, Optional

from . import names
from .docker import Docker
from .facts import Parts, no_clock, no_system
from .host import Host
from .look import services

SERVICES = (
    "docker.service",
    names.DNSMASQ_UNIT,
    names.HOSTAPD_UNIT,
    "nginx.service",
    "apache2.service",
    "caddy.service",
)


def readiness(host: Host) -> Dict[str, Any]:
    """Return wire.Readiness as plain data; changes nothing.

    Every part has its limit of time. One that fails is None and has an entry in `problems`.
    """
    parts = Parts()
    from .look import access, containers, firewall, jobs, packages, power, storage, system

    engine = Docker(host, timeout=8.0)
    more = (*SERVICES, *power.UNITS, *jobs.CRON_UNITS)
    units_asked = parts.begin("services", None, lambda: services.units(host, more))
    inspected = parts.begin("containers", None, lambda: containers.inspected(engine))
    restarts = parts.begin("restarts", None, lambda: power.restarts(host))
    drives = parts.begin("drives", None, lambda: storage.drives(host))
    ssh = parts.begin("ssh", None, lambda: access.ssh(host))
    dpkg = parts.read("packages", b"", lambda: packages.dpkg_status(host))
    machine = parts.read("system", no_system(), lambda: system.system(host, dpkg))

    details = inspected()
    folders = [] if details is None else containers.data_folders(details)
    databases = parts.begin("databases", None, lambda: containers.databases(host, folders))
    paths = ["/", *(path for _, path in folders)]

    told = units_asked()
    units = told or services.Units({})
    backups = parts.begin("backups", None, lambda: jobs.backups(host, _told(told)))
    ups = parts.begin("ups", None, lambda: power.ups(host, _told(told)))
    zones = parts.begin("firewalld", "", lambda: firewall.ask(host, units))
    found = {
        "architecture": machine["architecture"],
        "memory": parts.read("memory", 0, lambda: system.memory(host)),
        "swap": parts.read("memory", None, lambda: system.swap(host)),
        "cpus": parts.read("cpus", None, lambda: system.cpus(host)),
        "boot_id": machine["boot_id"],
        "uptime": machine["uptime"],
        "clock": parts.read("clock", no_clock(), lambda: system.clock(host, units, dpkg)),
        "services": None if told is None else units.wire(SERVICES),
        "containers": None if details is None else containers.parts(details),
        "file_systems": parts.read("disks", None, lambda: storage.file_systems(host, paths)),
        "updates": parts.read("updates", None, lambda: packages.updates(host, dpkg)),
        "firewall": parts.read(
            "firewall", None, lambda: firewall.firewall(host, _told(told), zones(), "")
        ),
        "databases": None if details is None else databases(),
        "drives": drives(),
        "backups": backups(),
        "ups": ups(),
        "restarts": restarts(),
        "ssh": ssh(),
    }
    found["problems"] = sorted(set(parts.problems))
    return found


def _told(units: Optional[services.Units]) -> services.Units:
    if units is None:
        raise OSError("systemd did not answer")
    return units
