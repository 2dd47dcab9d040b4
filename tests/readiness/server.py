"""What a server in good order tells, and sites to judge it for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from wizard.agent import names, wire
from wizard.readiness import Item, judge
from wizard.site.model import AccessPoint, DnsDhcp, Readiness, Site

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DATA = "/home/ubuntu/cht/couchdb"
GIGABYTE = 10**9


def service(unit: str, enabled: str = "enabled", active: str = "active") -> wire.Service:
    return wire.Service(unit, "loaded", enabled, active)


def part(name: str, version: str = "4.20.0", **more: Any) -> wire.Container:
    image = f"public.ecr.aws/medic/{name}:{version}"
    made = wire.Container(f"{name}-1", image, version, True, "always")
    return replace(made, **more)


DISK = wire.FileSystem(
    path=DATA, mount="/", device="/dev/mapper/root", kind="ext4", total=500 * GIGABYTE,
    free=300 * GIGABYTE, read_only=False, encrypted=True, errors=0,
)  # fmt: skip
GOOD = wire.Readiness(
    architecture="amd64",
    memory=16 * 2**30,
    swap=0,
    cpus=4,
    boot_id="b" * 36,
    uptime=86400.0,
    clock=wire.Clock(NOW.timestamp(), False, True, ("chrony",), 1.0),
    services=(service("docker.service"), service(names.DNSMASQ_UNIT)),
    containers=(part("cht-api"), part("cht-couchdb"), part("cht-nginx")),
    databases=(wire.Database("cht-couchdb-1", DATA, 20 * GIGABYTE, True),),
    file_systems=(replace(DISK, path="/"), DISK),
    drives=(wire.Drive("/dev/sda", True),),
    backups=(wire.BackupJob("restic.timer", "restic", True, NOW.timestamp() - 90000),),
    ups=(wire.Ups("nut", "eaton"),),
    restarts=wire.Restarts(5, 0, None),
    updates=wire.Updates(True, False),
    ssh=wire.SshAccess(False, "no"),
    firewall=wire.Firewall("ufw", True),
)
SITE = Site(name="Clinic", domain="cht.example.org", dns_dhcp=DnsDhcp(enabled=True))


def answering(**answers: str) -> Site:
    return replace(SITE, readiness=Readiness(tuple(answers.items())))


def disk(**more: Any) -> dict[str, Any]:
    """Both file systems changed alike."""
    changed = replace(DISK, **more)
    return {"file_systems": (replace(changed, path="/"), changed)}


def with_access_point() -> Site:
    return replace(SITE, access_point=AccessPoint(kind="server", interface="wlan0"))


def items(
    site: Site = SITE, end: datetime | None = NOW + timedelta(days=60), **changed: Any
) -> tuple[Item, ...]:
    """Judge the server in good order with some parts changed."""
    return judge(replace(GOOD, **changed), site, certificate_end=end, now=NOW)
