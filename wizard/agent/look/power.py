"""Power: a battery behind the server, and how its earlier runs ended."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Tuple

from ..host import Host
from .services import Units

NUT = ("nut-monitor.service", "nut-client.service", "nut-server.service")
UNITS = (*NUT, "apcupsd.service")
RUNS = 5  # earlier runs whose end is looked at

# The first bytes of a UPS's report descriptor: usage page Power Device, usage UPS
# (USB HID Usage Tables for Power Devices 1.1, chapter 4.1).
UPS_DESCRIPTOR = b"\x05\x84\x09\x04"

# Only a run that was shut down ends with one of these. systemd calls itself so, cut by the
# kernel after 15 letters, when it has become the program that ends everything.
SHUT_DOWN = re.compile(
    r"systemd-shutdow|Reached target (?:\S+ - )?(?:System )?(?:Shutdown|Reboot|Power[ -]Off|Halt)"
    r"|Journal stopped"
)


def ups(host: Host, units: Units) -> List[Dict[str, Any]]:
    """Return wire.Ups of everything that keeps the server running without mains."""
    found: List[Tuple[str, str]] = []
    if any(units.active(unit) for unit in NUT):
        done = host.run(["upsc", "-l"], timeout=5.0)
        names = done.out.split() if done.ok else []
        found += [("nut", name) for name in names or [""]]
    if units.active("apcupsd.service"):
        found.append(("apcupsd", ""))
    if not found:
        found += [("usb", name) for name in _usb(host)]
    for name in host.list("/sys/class/power_supply"):
        folder = "/sys/class/power_supply/%s/" % name
        kind = (host.read(folder + "type") or "").strip()
        # scope Device: the battery of a mouse (Documentation/ABI/testing/sysfs-class-power)
        of_machine = (host.read(folder + "scope") or "").strip() != "Device"
        if of_machine and (host.read(folder + "present") or "1").strip() != "0":
            if kind == "Battery":
                found.append(("battery", name))
            elif kind == "UPS":
                found.append(("usb", name))
    return [{"kind": kind, "name": name} for kind, name in found]


def _usb(host: Host) -> List[str]:
    found = []
    for name in host.list("/sys/bus/hid/devices"):
        folder = "/sys/bus/hid/devices/%s/" % name
        descriptor = host.read_bytes(folder + "report_descriptor", 16) or b""
        if descriptor.startswith(UPS_DESCRIPTOR):
            told = re.search(r"^HID_NAME=(.*)$", host.read(folder + "uevent") or "", re.M)
            found.append(told.group(1).strip() if told else name)
    return found


def restarts(host: Host) -> Dict[str, Any]:
    """Return wire.Restarts, from the journal or else from wtmp. Raises OSError without either."""
    listed = host.run(["journalctl", "--list-boots", "--no-pager", "-q"], timeout=15.0)
    boots = re.findall(r"^\s*(-?\d+)\s+([0-9a-f]{32})\s", listed.out, re.M)
    earlier = [identity for number, identity in boots if number != "0"]
    if not earlier and host.which("last"):
        return _wtmp(host)
    if not boots:
        raise OSError("the journal tells of no start")
    looked_at = unplanned = 0
    last = None
    for identity in earlier[-RUNS:]:
        argv = ["journalctl", "-q", "--no-pager", "-o", "short-unix", "-n", "20", "-b", identity]
        done = host.run(argv, timeout=10.0)
        if not done.ok or not done.out.strip():
            continue
        looked_at += 1
        if not SHUT_DOWN.search(done.out):
            unplanned += 1
            moment = re.match(r"\d+(?:\.\d+)?", done.out.strip().splitlines()[-1])
            last = float(moment.group(0)) if moment else last
    return {"looked_at": looked_at, "unplanned": unplanned, "last_unplanned": last}


def _wtmp(host: Host) -> Dict[str, Any]:
    """Read what last(1) keeps: between two starts there is a shutdown, or there was none."""
    done = host.run(["last", "-x", "-n", "40", "reboot", "shutdown"], timeout=10.0)
    rows = re.findall(r"^(reboot|shutdown)\s", done.out, re.M)  # the newest first
    if not rows:
        raise OSError("last: " + (done.err.strip() or "tells of no start"))
    ends = [rows[i + 1] == "shutdown" for i in range(len(rows) - 1) if rows[i] == "reboot"][:RUNS]
    return {"looked_at": len(ends), "unplanned": ends.count(False), "last_unplanned": None}
