"""Judges what the server told and what the staff wrote down, topic by topic."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from wizard.agent import names, wire
from wizard.problem import say, tr
from wizard.readiness.topics import TOPICS, Topic
from wizard.readiness.words import WORDS
from wizard.site.model import Site
from wizard.site.words import shown

State = Literal["good", "attention", "unknown", "asked"]
STATES: tuple[State, ...] = get_args(State)

# What the CHT asks for in production: cht-docs, hosting/requirements.md. What is sold as 8 GB or
# 100 GB shows as a little less: firmware and graphics keep some, file systems too.
MEMORY = 7 * 2**30
CPUS = 4
DISK = 90 * 10**9
ARCHITECTURES = ("amd64", "arm64")  # cht-core, scripts/build: BUILD_PLATFORMS
TIMES = 5  # "up to 5x current space used by CouchDB can be needed"
STAYS_DOWN = ((4, 0), (4, 10))  # cht-core#8205 and #9284: from, to before
SOON = 21  # days before its end from which the visit for a new certificate should be planned
OLD_BACKUP = 8  # days; a weekly one is not late yet

SERVICES = {
    "docker.service": "Docker",
    names.DNSMASQ_UNIT: "DNS and DHCP",
    names.HOSTAPD_UNIT: "Wi-Fi access point",
    "nginx.service": "nginx",
    "apache2.service": "Apache",
    "caddy.service": "Caddy",
}


@dataclass(frozen=True)
class Item:
    """One thing about a topic.

    state: "good", "attention" (there is something to do), "unknown" (it could not be told, or
    only half), "asked" (only people can tell, and nobody has yet). `cure` is empty where there is
    nothing to do; `detail` is for whoever supports the site.
    """

    topic: str
    code: str
    state: State
    sentence: str
    cure: str = ""
    detail: str = ""

    def plain(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


def judge(
    found: wire.Readiness | None,
    site: Site,
    *,
    certificate_end: datetime | None,
    now: datetime,
) -> tuple[Item, ...]:
    """Return everything that is to be said, in the order of TOPICS; each topic has an item.

    `found` is None when the server was not asked. `certificate_end` is the last moment of the
    certificate that phones get, None when it is not known; it and `now` know their time zone.
    """
    answers = {topic: " ".join(text.split()) for topic, text in site.readiness.answers}
    answers = {topic: text for topic, text in answers.items() if text}
    case = _Case(found, site, answers, certificate_end, now)
    return tuple(item for topic in TOPICS for item in _topic(case, topic))


@dataclass(frozen=True)
class _Case:
    found: wire.Readiness | None
    site: Site
    answers: Mapping[str, str]
    certificate_end: datetime | None
    now: datetime

    def file_system(self, found: wire.Readiness) -> wire.FileSystem | None:
        """Return where the data lies: the database's file system, else the system's."""
        paths = [database.path for database in found.databases or ()]
        return next((f for f in map(found.file_system, (*paths, "/")) if f is not None), None)


def _topic(case: _Case, topic: Topic) -> Iterator[Item]:
    if topic.code == "renewals":
        yield _renewals(case)
    elif topic.code in _PROBED:
        if case.found is None:
            yield _item(topic.code, "not-looked", "unknown")
        else:
            yield from _PROBED[topic.code](case, case.found)
    answer = case.answers.get(topic.code)
    if answer is None:
        yield _item(
            topic.code, "open", "asked", question=tr(topic.question), example=tr(topic.example)
        )
    else:
        yield _item(topic.code, "answered", "good", answer=shown(answer, 400))


def _item(topic: str, code: str, state: State, detail: str = "", **arguments: Any) -> Item:
    return Item(topic, code, state, *say(WORDS, code, arguments), detail)


def _either(
    topic: str, fine: bool, code: str, otherwise: str, detail: str = "", **arguments: Any
) -> Item:
    """Return the good item or the one that wants attention."""
    state: State = "good" if fine else "attention"
    return _item(topic, code if fine else otherwise, state, detail, **arguments)


# --------------------------------------------------------------------------- hardware


def _hardware(case: _Case, found: wire.Readiness) -> Iterator[Item]:
    topic = "hardware"
    if found.architecture and found.architecture not in ARCHITECTURES:
        yield _item(
            topic, "architecture-unfit", "attention", architecture=shown(found.architecture, 40)
        )
    swap = "" if found.swap is None else f"swap: {_gigabytes(found.swap, 2**30)}"
    if not found.memory:
        yield _item(topic, "memory-unknown", "unknown")
    else:
        size = _gigabytes(found.memory, 2**30)
        fine = found.memory >= MEMORY
        yield _either(topic, fine, "memory-enough", "memory-small", swap, size=size)
    if found.cpus is None:
        yield _item(topic, "cpus-unknown", "unknown")
    else:
        fine = found.cpus >= CPUS
        yield _either(topic, fine, "cpus-enough", "cpus-few", count=found.cpus)
    yield from _disk(case, found)
    yield from _drives(found)
    clock = _clock_detail(found.clock)
    yield _either(topic, found.clock.rtc, "clock-kept", "clock-none", clock)


def _clock_detail(clock: wire.Clock) -> str:
    kept = "synchronised" if clock.synchronised else "not synchronised"
    return f"{', '.join(clock.services) or 'no time service'}, {kept}"


def _disk(case: _Case, found: wire.Readiness) -> Iterator[Item]:
    topic, disk = "hardware", case.file_system(found)
    if disk is None:
        yield _item(topic, "disk-unknown", "unknown")
        return
    detail = f"{disk.device} at {disk.mount}, {disk.kind}, {_gigabytes(disk.free)} free"
    size = _gigabytes(disk.total)
    yield _either(topic, disk.total >= DISK, "disk-enough", "disk-small", detail, size=size)
    for each in {each.mount: each for each in found.file_systems or ()}.values():
        if each.read_only:
            yield _item(topic, "disk-read-only", "attention", each.device, mount=each.mount)
        if each.errors:
            yield _item(
                topic, "disk-errors", "attention", each.device, mount=each.mount, count=each.errors
            )


def _drives(found: wire.Readiness) -> Iterator[Item]:
    told = [drive for drive in found.drives or () if drive.healthy is not None]
    failing = [drive.device for drive in told if not drive.healthy]
    if failing:
        yield _item("hardware", "drive-failing", "attention", devices=", ".join(failing))
    elif told:
        yield _item("hardware", "drive-good", "good", ", ".join(drive.device for drive in told))
    else:
        yield _item("hardware", "drive-unknown", "unknown")


# ------------------------------------------------------------------------------ power


def _power(case: _Case, found: wire.Readiness) -> Iterator[Item]:
    yield from _parts(found)
    yield from _services(case, found)
    yield from _version(found)
    yield from _ups(case, found)
    yield _ends(found.restarts)
    if any(each.encrypted for each in found.file_systems or ()):
        yield _item("power", "passphrase-at-start", "asked")


def _parts(found: wire.Readiness) -> Iterator[Item]:
    topic, parts = "power", found.containers
    if parts is None:
        yield _item(topic, "parts-unknown", "unknown", _problems(found, "containers"))
        return
    if not parts:
        yield _item(topic, "parts-none", "unknown")
        return
    # on-failure: the engine does not start what it had to stop itself (Docker's documentation,
    # "Start containers automatically")
    stay = [part.name for part in parts if part.restart_policy not in ("always", "unless-stopped")]
    stopped = [part.name for part in parts if not part.running]
    if stay:
        yield _item(topic, "parts-stay", "attention", names=", ".join(stay), command=" ".join(stay))
    if stopped:
        yield _item(topic, "parts-stopped", "attention", names=", ".join(stopped))
    if not stay and not stopped:
        detail = ", ".join(f"{part.name} ({part.restart_policy})" for part in parts)
        yield _item(topic, "parts-return", "good", detail, count=len(parts))


def _services(case: _Case, found: wire.Readiness) -> Iterator[Item]:
    if found.services is None:
        yield _item("power", "services-unknown", "unknown", _problems(found, "services"))
        return
    wanted = {
        names.DNSMASQ_UNIT: case.site.dns_dhcp.enabled,
        names.HOSTAPD_UNIT: case.site.access_point.kind == "server",
        "docker.service": bool(found.containers),
    }
    concerned = [s for s in found.services if wanted.get(s.unit) or _runs(s, wanted)]
    stay = [tr(SERVICES[s.unit]) for s in concerned if s.enabled != "enabled"]
    if stay:
        yield _item("power", "services-stay", "attention", names=", ".join(stay))
    elif concerned:
        all_names = ", ".join(tr(SERVICES[s.unit]) for s in concerned)
        yield _item("power", "services-return", "good", names=all_names)


def _runs(service: wire.Service, wanted: Mapping[str, bool]) -> bool:
    """True for a web server beside the CHT: what runs now should run after a restart too."""
    return service.unit not in wanted and service.active == "active" and service.unit in SERVICES


def _version(found: wire.Readiness) -> Iterator[Item]:
    for part in found.containers or ():
        numbers = re.match(r"v?(\d+)\.(\d+)", part.version)
        if numbers is None:
            continue
        first, behind = STAYS_DOWN
        if first <= (int(numbers[1]), int(numbers[2])) < behind:
            yield _item("power", "version-stays", "attention", version=part.version)
        return


def _ups(case: _Case, found: wire.Readiness) -> Iterator[Item]:
    topic = "power"
    if found.ups is None:
        yield _item(topic, "ups-unknown", "unknown", _problems(found, "ups"))
        return
    watched = [each for each in found.ups if each.kind in ("nut", "apcupsd")]
    by_cable = [each for each in found.ups if each.kind == "usb"]
    if watched:
        name = ", ".join(" ".join(filter(None, (u.kind, shown(u.name, 60)))) for u in watched)
        yield _item(topic, "ups-watched", "good", name=name)
    elif by_cable:
        name = ", ".join(shown(each.name, 60) for each in by_cable)
        yield _item(topic, "ups-unwatched", "attention", name=name)
    elif any(each.kind == "battery" for each in found.ups):
        yield _item(topic, "battery", "good")
    elif topic in case.answers:
        yield _item(topic, "ups-told", "unknown")
    else:
        yield _item(topic, "ups-none", "attention")


def _ends(restarts: wire.Restarts | None) -> Item:
    if restarts is None or not restarts.looked_at:
        return _item("power", "ends-unknown", "unknown")
    if not restarts.unplanned:
        return _item("power", "ends-planned", "good", count=restarts.looked_at)
    last = restarts.last_unplanned
    return _item(
        "power",
        "ends-unplanned",
        "attention",
        "" if last is None else f"last on {_day(datetime.fromtimestamp(last, UTC))}",
        count=restarts.looked_at,
        unplanned=restarts.unplanned,
    )


# ---------------------------------------------------------------------------- backups


def _backups(case: _Case, found: wire.Readiness) -> Iterator[Item]:
    topic, jobs = "backups", found.backups
    if jobs is None:
        yield _item(topic, "backups-unknown", "unknown", _problems(found, "backups"))
        return
    if not jobs:
        if topic in case.answers:
            yield _item(topic, "backups-told", "unknown")
        else:
            yield _item(topic, "backups-none", "attention")
        return
    for job in jobs:
        name = f"{job.tool} ({shown(job.name, 120)})"
        days = None if job.last is None else int((case.now.timestamp() - job.last) // 86400)
        if not job.runs:
            yield _item(topic, "backups-idle", "attention", jobs=name)
        elif job.never:
            yield _item(topic, "backups-never", "attention", jobs=name)
        elif days is not None and days >= OLD_BACKUP:
            yield _item(topic, "backups-old", "attention", jobs=name, days=days)
        else:
            detail = "" if job.last is None else f"last started {days} days ago"
            yield _item(topic, "backups-run", "good", detail, jobs=name)


# ------------------------------------------------------------------------------ scale


def _scale(case: _Case, found: wire.Readiness) -> Iterator[Item]:
    topic, disk = "scale", case.file_system(found)
    sizes = [database.size for database in found.databases or ()]
    known = [size for size in sizes if size is not None]
    taken = sum(known)
    if disk is None or not known or len(known) < len(sizes):
        free = "unknown" if disk is None else _gigabytes(disk.free)
        yield _item(topic, "space-unknown", "unknown", _problems(found, "databases"), free=free)
        return
    size, free = _gigabytes(taken), _gigabytes(disk.free)
    paths = " ".join(database.path for database in found.databases or ())
    if disk.free < TIMES * taken:
        yield _item(topic, "space-short", "attention", paths, size=size, free=free)
    elif not all(database.complete for database in found.databases or ()):
        yield _item(topic, "space-uncounted", "unknown", size=size, free=free, path=paths)
    else:
        yield _item(topic, "space-enough", "good", paths, size=size, free=free)


# ---------------------------------------------------------------------------- updates


def _updates(case: _Case, found: wire.Readiness) -> Iterator[Item]:
    topic, updates = "updates", found.updates
    if updates is None:
        yield _item(topic, "updates-unknown", "unknown", _problems(found, "updates"))
    elif updates.automatic and updates.restarts:
        yield _item(topic, "updates-restart", "attention")
    elif updates.automatic:
        yield _item(topic, "updates-automatic", "good")
    elif topic in case.answers:
        yield _item(topic, "updates-told", "unknown")
    else:
        yield _item(topic, "updates-none", "attention")


# --------------------------------------------------------------------------- security


def _security(case: _Case, found: wire.Readiness) -> Iterator[Item]:
    topic, disk = "security", case.file_system(found)
    if disk is None or disk.encrypted is None:
        yield _item(topic, "encryption-unknown", "unknown")
    elif disk.encrypted:
        yield _item(topic, "encrypted", "good", disk.device)
    else:
        yield _item(topic, "not-encrypted", "attention", disk.device)
    if found.ssh is None:
        yield _item(topic, "ssh-unknown", "unknown", _problems(found, "ssh"))
    elif found.ssh.passwords and found.ssh.root == "yes":
        yield _item(topic, "ssh-root", "attention")
    elif found.ssh.passwords:
        yield _item(topic, "ssh-passwords", "attention")
    else:
        yield _item(topic, "ssh-keys", "good", f"PermitRootLogin {shown(found.ssh.root, 40)}")
    if found.firewall is None:
        yield _item(topic, "firewall-unknown", "unknown", _problems(found, "firewall"))
    elif found.firewall.active:
        yield _item(topic, "firewall-on", "good", kind=found.firewall.kind)
    else:
        yield _item(topic, "firewall-off", "attention")


# --------------------------------------------------------------------------- renewals


def _renewals(case: _Case) -> Item:
    end = case.certificate_end
    if end is None:
        return _item("renewals", "certificate-unknown", "unknown")
    if end <= case.now:
        return _item("renewals", "certificate-over", "attention", date=_day(end))
    days = (end - case.now).days
    return _either(
        "renewals",
        days >= SOON,
        "certificate-lasts",
        "certificate-soon",
        date=_day(end),
        days=days,
    )


_PROBED = {
    "hardware": _hardware,
    "power": _power,
    "backups": _backups,
    "scale": _scale,
    "updates": _updates,
    "security": _security,
}


def _problems(found: wire.Readiness, part: str) -> str:
    """Return what the agent noted about a part that it could not read."""
    return "; ".join(problem for problem in found.problems if problem.startswith(part + ":"))


def _gigabytes(size: int, unit: int = 10**9) -> str:
    """Return a size as it is sold: memory in units of 2^30, disks in units of 10^9."""
    if size < unit:
        return f"{max(1, size * 1000 // unit)} MB"
    return f"{size / unit:.1f} GB" if size < 100 * unit else f"{size // unit} GB"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
