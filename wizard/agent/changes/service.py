"""A systemd unit: enabled, masked and running as wanted; and as it was before."""

from __future__ import annotations

import os
import time
from typing import Dict, List

from .. import disk, names
from ..host import Host
from . import Plain, Step, StepError, radio, said

SYSTEM = "/etc/systemd/system"
RUNNING = ("active", "activating", "reloading")


def show(host: Host, unit: str) -> Dict[str, str]:
    """Return LoadState, UnitFileState, ActiveState, SubState, Type, Result, NRestarts."""
    keys = "LoadState,UnitFileState,ActiveState,SubState,Type,Result,NRestarts"
    done = host.run(["systemctl", "show", "--property=" + keys, "--", unit], timeout=20.0)
    if not done.ok:
        raise StepError("service-failed", said(done, ["systemctl"]))
    pairs = (line.partition("=") for line in done.out.splitlines())
    return {key: value for key, _, value in pairs}


def reload_units(step: Step) -> None:
    """Let systemd read its unit files again, if any was changed."""
    if step.shared.pop("units-changed", False):
        step.run(["systemctl", "daemon-reload"], 60.0, "service-failed")


def check(_: Step, change: Plain) -> None:
    """Refuse what systemd would not understand as a unit's name."""
    unit = change["unit"]
    if not unit or unit.startswith("-") or "/" in unit or any(c.isspace() for c in unit):
        raise StepError("bad-order", "unit %r" % (unit,))
    if change["active"] not in (None, "started", "restarted", "reloaded", "stopped"):
        raise StepError("bad-order", "active %r" % (change["active"],))


def look(step: Step, change: Plain) -> Plain:
    """Return the unit's state; a changed unit file is read by systemd first."""
    reload_units(step)
    state = show(step.host, change["unit"])
    return {
        "unit": change["unit"],
        "file": state.get("UnitFileState", ""),
        "linked": _links(step.host, change["unit"]) != [],  # a masked unit does not tell
        "active": state.get("ActiveState", ""),
        "load": state.get("LoadState", ""),
        "touches": [k for k in ("enabled", "active", "masked") if change[k] is not None],
        "wanted": change["active"] or "",
    }


def do(step: Step, change: Plain, before: Plain) -> Plain:
    """Bring the unit into the wanted state and see that it stays there."""
    unit, seconds = change["unit"], step.timings.service
    if change["masked"] is False and before["file"].startswith("masked"):
        step.run(["systemctl", "unmask", "--", unit], 30.0, "service-failed")
    if change["enabled"] is True:
        step.run(["systemctl", "enable", "--", unit], 30.0, "service-failed")
    elif change["enabled"] is False and before["load"] == "loaded":
        step.run(["systemctl", "disable", "--", unit], 90.0, "service-failed")
    active = change["active"]
    if active == "stopped":
        if before["load"] != "not-found":
            step.run(["systemctl", "stop", "--", unit], seconds, "service-failed")
    elif active is not None:
        step.host.run(["systemctl", "reset-failed", "--", unit], timeout=20.0)
        verb = {"started": "start", "restarted": "restart", "reloaded": "reload-or-restart"}[active]
        argv, began = ["systemctl", verb, "--", unit], step.host.now()
        done = step.host.run(argv, timeout=seconds)
        if not done.ok:
            raise _failure(step, unit, said(done, argv), began)
        _settle(step, unit, began)
    if change["masked"] is True:
        step.run(["systemctl", "mask", "--", unit], 30.0, "service-failed")
    return {"unit": unit}


def _settle(step: Step, unit: str, began: float) -> None:
    """Watch a unit that was just started: one that dies within seconds has not started."""
    first = show(step.host, unit)
    deadline = time.monotonic() + step.timings.settle
    while True:
        state = show(step.host, unit)
        finished = state.get("Type") == "oneshot" and state.get("ActiveState") == "inactive"
        if state.get("ActiveState") == "failed" or (
            finished and state.get("Result", "success") != "success"
        ):
            break
        if state.get("NRestarts", "0") != first.get("NRestarts", "0"):
            break
        if time.monotonic() >= deadline:
            if finished or state.get("ActiveState") in ("active", "reloading"):
                return
            break
        time.sleep(step.timings.poll)
    raise _failure(step, unit, unit, began)


def _failure(step: Step, unit: str, what: str, began: float) -> StepError:
    """Return the error of a unit that did not start; an access point tells why.

    An earlier try may have failed for another reason: what it said does not count.
    """
    ours = unit == names.HOSTAPD_UNIT
    # hostapd says many things after the one that matters
    lines = "--lines=%d" % (40 if ours else 8)
    since = "--since=@%d" % began
    argv = ["journalctl", "--unit", unit, since, lines, "--no-pager", "--output=cat"]
    log = step.host.run(argv, timeout=20.0).out.strip()
    code = radio.reason(log) if ours else "service-failed"
    return StepError(code, "%s\n%s" % (what, log[-600:]))


def release(step: Step, before: Plain) -> None:
    """Take away what was given, while the unit's file is still there.

    systemctl cannot disable a unit whose file is gone: its links would stay behind. And only that
    file says what an access point takes back at its end: its address, its rule of the firewall.
    """
    unit, was = before["unit"], before["file"]
    now = _file_state(step.host, unit)
    if "masked" in before["touches"] and now.startswith("masked") and not was.startswith("masked"):
        step.run(["systemctl", "unmask", "--", unit], 30.0, "undo-service")
        now = _file_state(step.host, unit)
    if "enabled" in before["touches"] and _was_off(before):
        if now.startswith("enabled"):
            step.host.run(["systemctl", "disable", "--", unit], timeout=90.0)
        _sweep_links(step.host, unit)
    if unit == names.HOSTAPD_UNIT and step.when == "now" and "active" in before["touches"]:
        running = show(step.host, unit).get("ActiveState", "") in RUNNING
        if running and before["active"] not in RUNNING:
            step.run(["systemctl", "stop", "--", unit], step.timings.service, "undo-service")


def _was_off(before: Plain) -> bool:
    was = before["file"]
    return was in ("disabled", "") or (was.startswith("masked") and not before["linked"])


def _was_on(before: Plain) -> bool:
    was = before["file"]
    return was == "enabled" or (was.startswith("masked") and bool(before["linked"]))


def _file_state(host: Host, unit: str) -> str:
    """Return enabled, disabled, masked...; asks the files, as the manager may be behind."""
    return host.run(["systemctl", "is-enabled", "--", unit], timeout=20.0).out.strip()


def _links(host: Host, unit: str) -> List[str]:
    """Return the links that enable a unit, where they really lie."""
    found = []
    for folder in host.list(SYSTEM):
        real = host.path("%s/%s/%s" % (SYSTEM, folder, unit))
        if folder.endswith((".wants", ".requires")) and os.path.islink(real):
            found.append(real)
    return found


def _sweep_links(host: Host, unit: str) -> None:
    for link in _links(host, unit):
        disk.remove(link)
    for folder in host.list(SYSTEM):
        real = host.path("%s/%s" % (SYSTEM, folder))
        if folder.endswith((".wants", ".requires")) and os.path.isdir(real):
            disk.tidy_folders([real])  # as far as it is empty now


def early(step: Step, before: Plain) -> None:
    """Enable or mask again what was so; needs the old unit file in place."""
    unit, was = before["unit"], before["file"]
    now = _file_state(step.host, unit)
    if "enabled" in before["touches"] and _was_on(before) and not now.startswith("enabled"):
        step.run(["systemctl", "enable", "--", unit], 30.0, "undo-service")
    if "masked" in before["touches"] and was.startswith("masked") and not now.startswith("masked"):
        step.run(["systemctl", "mask", "--", unit], 30.0, "undo-service")


def undo(step: Step, before: Plain) -> None:
    """Run or stop the unit as before; restart it when it ran, so that it reads the old files."""
    unit, seconds = before["unit"], step.timings.service
    if "active" not in before["touches"]:
        return
    now = show(step.host, unit).get("ActiveState", "")
    if before["active"] in RUNNING:
        # At boot the unit was started after the files had come back: it has the old ones.
        fresh = step.when == "containers" and now in ("active", "activating")
        if not fresh and before["wanted"]:
            step.host.run(["systemctl", "reset-failed", "--", unit], timeout=20.0)
            step.run(["systemctl", "restart", "--", unit], seconds, "undo-service")
    elif now in RUNNING:
        step.run(["systemctl", "stop", "--", unit], seconds, "undo-service")
    if now == "failed" and before["active"] != "failed":
        step.host.run(["systemctl", "reset-failed", "--", unit], timeout=20.0)


UNDO = {"release": release, "enable": early, "services": undo}
