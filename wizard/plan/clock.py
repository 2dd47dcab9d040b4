"""The server's clock: right now, right after a power cut, and given to the whole LAN."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from wizard.agent import names, wire
from wizard.certificate.bundle import Bundle
from wizard.certificate.rules.case import BUILT
from wizard.plan.draft import Draft
from wizard.plan.model import EXACT
from wizard.plan.target import Target
from wizard.plan.templates import render
from wizard.site.model import Site

TOPIC = "clock"
# CHT's own limit: its web app warns when a phone differs more from the server (CheckDateService).
ALLOWED = 600.0  # seconds
NOTED = 60  # seconds between two notes of the time, as systemd-timesyncd does it

CHRONY, TIMESYNCD = "chrony", "systemd-timesyncd"
OTHERS = ("ntpsec", "ntp", "openntpd")  # of these Debian allows one beside nobody


@dataclass(frozen=True)
class Clock:
    """The changes in the steps in which they are safe; `set` comes before everything else."""

    set: tuple[wire.SetClock, ...] = ()
    stop: tuple[wire.SetService, ...] = ()
    files: tuple[wire.WriteFile, ...] = ()
    start: tuple[wire.SetService, ...] = ()


def wrong(draft: Draft, now: datetime, bundle: Bundle | None = None) -> wire.SetClock | None:
    """Name the clock that is wrong; return how the server's is to be set, if the site wants that.

    A moment that has certainly passed tells which one it is: the day this program was made, or
    the day from which the certificate counts, as no public authority signs for the future.
    """
    clock = draft.facts.clock
    offset = now.timestamp() - clock.now
    proof = max([BUILT, *([bundle.leaf.not_valid_before_utc] if bundle is not None else [])])
    words = {
        "server": _shown(clock.now),
        "laptop": _shown(now.timestamp()),
        "proof": f"{proof:%Y-%m-%d}",
    }
    wanted = draft.site.clock.from_laptop
    if now < proof:
        severity = "problem" if wanted else "warning"
        draft.problem("laptop-clock-wrong", "clock.from_laptop", severity, **words)
        return None
    if wanted and abs(offset) > EXACT + clock.error:
        if clock.synchronised:
            draft.problem("clock-synchronised", "clock.from_laptop", "warning", **words)
            return None
        return wire.SetClock(
            round(offset, 3), round(clock.now - clock.monotonic, 3), draft.facts.system.boot_id
        )
    if abs(offset) > ALLOWED:
        behind = clock.now < proof.timestamp()
        code = "server-clock-wrong" if behind else "clocks-differ"
        draft.problem(code, "clock.from_laptop", "warning", **words)
    return None


def _shown(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def given(site: Site) -> bool:
    """True when the server shall tell the LAN the time."""
    return site.dns_dhcp.enabled and site.dns_dhcp.ntp


def installs(draft: Draft) -> tuple[str, ...]:
    """Return the packages that giving the time needs; none when something else gives it."""
    return (CHRONY,) if given(draft.site) and not _other(draft.facts) else ()


def replaced(facts: wire.Facts) -> tuple[str, ...]:
    """Return what cannot be installed beside chrony (Debian: Conflicts: time-daemon)."""
    return (TIMESYNCD,) if TIMESYNCD in facts.clock.installed else ()


def clock(draft: Draft, target: Target | None) -> Clock:
    """Plan the service that gives the time, and the floor; or their end."""
    kept = _floor(draft)
    serving = given(draft.site)
    if serving and target is None:  # without its address the server has no network to serve
        return kept
    server = _server(draft, target) if serving and target is not None else _no_server(draft)
    return Clock((), kept.stop, (*kept.files, *server.files), (*kept.start, *server.start))


def _other(facts: wire.Facts) -> str:
    """Return who gives the time already, or keeps chrony from being installed; or ""."""
    for one in facts.listeners:
        asked = (one.port, one.protocol) == (123, "udp")
        local = one.address.strip("[]").startswith(("127.", "::1"))
        if asked and not local and one.unit not in (names.CHRONY_UNIT, "systemd-timesyncd.service"):
            return one.process or one.unit or "something"
    return next((name for name in OTHERS if name in facts.clock.installed), "")


def _server(draft: Draft, target: Target) -> Clock:
    other = _other(draft.facts)
    if other:
        draft.problem("time-service-other", "dns_dhcp.ntp", "warning", name=other)
        return Clock()
    if not _reads_folder(draft.facts):
        draft.problem("chrony-folder", "dns_dhcp.ntp", "warning", path=names.CHRONY_FILE)
    files = draft.write(names.CHRONY_FILE, settings(target), TOPIC)
    start = _started(draft, names.CHRONY_UNIT, bool(files))
    return Clock(files=files or (), start=start)


def settings(target: Target) -> str:
    """Return chrony's drop-in. Source: chrony.conf(5)."""
    networks = [ipaddress.ip_interface(address).network for address in target.addresses]
    return render("chrony.conf", allowed="\n".join(f"allow {network}" for network in networks))


def _reads_folder(facts: wire.Facts) -> bool:
    """True when chrony reads, or will read, the folder of our drop-in: from version 4.0 on."""
    if facts.clock.confdir is not None:
        return facts.clock.confdir
    package = facts.package(CHRONY)
    version = re.match(r"(?:\d+:)?(\d+)", package.candidate if package is not None else "")
    return version is None or int(version[1]) >= 4


def _no_server(draft: Draft) -> Clock:
    """Plan the end of our drop-in; chrony itself goes on as the client that it was."""
    files = draft.write(names.CHRONY_FILE, None, TOPIC) or ()
    service = draft.facts.service(names.CHRONY_UNIT)
    if not files or service is None or service.active != "active":
        return Clock(files=files)
    return Clock(
        files=files, start=(wire.SetService(names.CHRONY_UNIT, TOPIC, active="restarted"),)
    )


def _floor(draft: Draft) -> Clock:
    """Plan the unit that keeps the last known time; it works whoever else keeps the clock."""
    if draft.site.clock.from_laptop or given(draft.site):
        files = draft.write(names.CLOCK_UNIT_FILE, unit_file(), TOPIC, check="systemd")
        return Clock(files=files or (), start=_started(draft, names.CLOCK_UNIT, bool(files)))
    service = draft.facts.service(names.CLOCK_UNIT)
    files = draft.write(names.CLOCK_UNIT_FILE, None, TOPIC) or ()
    if service is None or (service.active != "active" and service.enabled != "enabled"):
        return Clock(files=files)
    stop = wire.SetService(names.CLOCK_UNIT, TOPIC, enabled=False, active="stopped")
    return Clock(stop=(stop,), files=files)


def unit_file() -> str:
    """Return the systemd unit. Source: systemd.unit(5), systemd.special(7) time-set.target."""
    return render(
        "cht-offline-clock.service",
        state=names.CLOCK.rpartition("/")[2],
        stamp=names.CLOCK_STAMP,
        seconds=str(NOTED),
    )


def _started(draft: Draft, unit: str, changed: bool) -> tuple[wire.SetService, ...]:
    """Plan that a unit runs, now and after every start, with its settings as they are now."""
    service = draft.facts.service(unit)
    enabled = service is not None and service.enabled == "enabled"
    running = service is not None and service.active == "active"
    if not changed and enabled and running:
        return ()
    return (
        wire.SetService(
            unit=unit,
            topic=TOPIC,
            enabled=None if enabled else True,
            active="restarted" if changed and running else None if running else "started",
            masked=False if service is not None and service.load == "masked" else None,
        ),
    )
