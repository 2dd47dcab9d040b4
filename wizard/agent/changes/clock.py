"""The server's clock and its hardware clock: set by an offset, and back by the same.

A moment is kept as its distance from the monotonic clock, which nobody can set: so the way back
knows how much time has passed meanwhile. Only a restart, which begins a new monotonic clock,
leaves it to what the clock shows then.
"""

from __future__ import annotations

import calendar
import math
import os
import time
from typing import Optional

from .. import names
from ..host import Host
from ..transaction import boot_id
from . import Plain, Step, StepError

SAME = 2.0  # seconds; a hardware clock tells whole ones, and time daemons may nudge meanwhile
FIRST, LAST = 1577836800.0, 4102444800.0  # 2020 and 2100: no visit is made outside


def check(step: Step, change: Plain) -> None:
    """Refuse a moment that cannot be now, and a clock that somebody has set since the facts."""
    offset, reference = change["offset"], change["reference"]
    if not math.isfinite(offset) or not math.isfinite(reference):
        raise StepError("bad-order", "clock")
    base = step.host.now() - time.monotonic()
    if change["boot_id"] != boot_id(step.host) or abs(base - reference) > SAME:
        raise StepError("clock-changed")
    if not FIRST <= step.host.now() + offset <= LAST:
        raise StepError("bad-order", "clock")


def look(step: Step, change: Plain) -> Plain:
    """Return both clocks as they go now; `rtc` is None without a hardware clock."""
    host, passed = step.host, time.monotonic()
    hardware = host.hardware_clock()
    base = host.now() - passed
    return {
        "boot_id": boot_id(host),
        "was": base + passed,
        "base": base,
        "offset": float(change["offset"]),
        "rtc": None if hardware is None else hardware - passed,
        "rtc_set": _hardware(host, base + change["offset"] + passed) - passed,
    }


def do(step: Step, _: Plain, before: Plain) -> Plain:
    """Set the clock, then the hardware clock; that one may refuse, the first may not."""
    host = step.host
    wanted = before["base"] + before["offset"]
    try:
        host.set_clock(wanted + time.monotonic())
    except OSError as error:
        raise StepError("clock-failed", error.strerror or type(error).__name__) from None
    if abs(host.now() - wanted - time.monotonic()) > SAME:
        raise StepError("clock-failed", "it does not keep what it was set to")
    _stamp(host)
    return {"rtc": before["rtc"] is not None and _set_hardware(step, before["rtc_set"])}


def undo(step: Step, before: Plain) -> None:
    """Let both clocks go on as if they had never been set; raises StepError "undo-clock".

    A clock that shows neither what it was set to nor what it was before belongs to somebody else
    by now (a time service has found the Internet), and stays.
    """
    if before["boot_id"] == boot_id(step.host):
        back: Optional[float] = None
        if abs(step.host.now() - time.monotonic() - before["base"] - before["offset"]) <= SAME:
            back = before["base"] + time.monotonic()
        raw = step.host.hardware_clock()
        raw_back: Optional[float] = None
        if raw is None:
            raw = float("inf")  # gone: nothing to put back
        if before["rtc"] is not None and abs(raw - time.monotonic() - before["rtc_set"]) <= SAME:
            raw_back = before["rtc"]
        _put_back(step, back, raw_back)
        return
    # After a restart nobody knows how long it was off. But a clock that was set forward and shows
    # a time after that, or was set back and shows one before it, still goes as it was set. Only
    # a power cut longer than the offset itself could deceive.
    now, was, offset = step.host.now(), before["was"], before["offset"]
    survived = now >= was + offset if offset > 0 else was + offset <= now < was
    if survived:
        raw = step.host.hardware_clock() if before["rtc"] is not None else None
        difference = before["rtc"] - before["rtc_set"] if before["rtc"] is not None else 0.0
        passed = time.monotonic()
        _put_back(step, now - offset, None if raw is None else raw + difference - passed)


def _put_back(step: Step, moment: Optional[float], hardware: Optional[float]) -> None:
    """Set what is not None: a time, and the hardware clock's distance from the monotonic one."""
    if moment is not None:
        try:
            step.host.set_clock(moment)
        except OSError as error:
            raise StepError("undo-clock", error.strerror or type(error).__name__) from None
        _stamp(step.host)
    if hardware is not None and not _set_hardware(step, hardware):
        raise StepError("undo-clock", "hardware clock")


def _set_hardware(step: Step, distance: float) -> bool:
    try:
        step.host.set_hardware_clock(distance + time.monotonic())
    except OSError as error:
        step.say("hardware clock: %s" % (error.strerror or type(error).__name__))
        return False
    return True


def _hardware(host: Host, moment: float) -> float:
    """Return what a hardware clock shows at a moment; some keep local time (hwclock(8))."""
    lines = (host.read("/etc/adjtime") or "").split("\n")
    if len(lines) > 2 and lines[2].strip() == "LOCAL":
        return float(calendar.timegm(time.localtime(moment))) + moment % 1.0
    return moment


def _stamp(host: Host) -> None:
    """Let the next start know: a clock set back must not be raised to what it showed before.

    Others that note the time do so now and then; until they do, theirs may be a later one.
    """
    now = host.now()
    if host.modified(names.CLOCK_STAMP) is not None:
        _touch(host.path(names.CLOCK_STAMP), now)
    if (host.modified(names.TIMESYNCD_STAMP) or now) > now:
        _touch(host.path(names.TIMESYNCD_STAMP), now)
    if (host.modified(names.FAKE_HWCLOCK_STAMP) or now) > now:
        host.run(["fake-hwclock", "save"], timeout=20.0)


def _touch(path: str, now: float) -> None:
    os.utime(path, (now, now))
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


UNDO = {"clock": undo}
