"""Asks the program that will read a file whether it accepts it, before the file is in place."""

from __future__ import annotations

import os
from typing import Dict, Optional

from .. import disk, names
from . import Plain, Step, StepError, said

NETPLAN_FOLDERS = ("/usr/lib/netplan", "/lib/netplan", "/etc/netplan", "/run/netplan")


def check(step: Step, change: Plain) -> None:
    """Raise StepError "check-failed" when the reader refuses the new content.

    A reader that is not installed yet says nothing: it is asked again when its turn comes.
    """
    kind = change["check"]
    if kind == "dnsmasq":
        _dnsmasq(step, change)
    elif kind == "netplan":
        _netplan(step)
    elif kind == "hostapd":
        _hostapd(step, change)
    elif kind == "systemd":
        pass  # a unit that does not load fails its own start, which is watched
    else:
        raise StepError("bad-order", "unknown check %r" % (kind,))


def _dnsmasq(step: Step, change: Plain) -> None:
    if not step.host.which("dnsmasq"):
        return
    scratch = _scratch(step, "dnsmasq")
    place = scratch + "/dnsmasq.conf"
    disk.land(step.host.path(place), change["content"].encode(), 0o600)
    argv = ["dnsmasq", "--test", "--conf-file=" + step.host.path(place)]
    done = step.host.run(argv, timeout=20.0)
    _sweep(step, scratch)
    if not done.ok:
        raise StepError("check-failed", _plain(said(done, argv), step.host.path(place), change))


def _hostapd(step: Step, change: Plain) -> None:
    """Let hostapd read the file together with its passphrase, without touching a radio.

    It has no dry run. Of several files it reads all before it starts any, so a second one that
    is not there ends it after the first was judged (measured with 2.10); `driver=none`, the last
    word on the driver, keeps it off the radio in any case.
    """
    if not step.host.which("hostapd"):
        return
    secret = _ordered(step, names.HOSTAPD_SECRET)
    scratch = _scratch(step, "hostapd")
    place = scratch + "/hostapd.conf"
    text = change["content"] + "driver=none\n" + secret
    disk.land(step.host.path(place), text.encode(), 0o600)
    argv = ["hostapd", step.host.path(place), step.host.path(scratch + "/none")]
    done = step.host.run(argv, timeout=20.0)
    _sweep(step, scratch)
    lines = [line for line in (done.out + "\n" + done.err).splitlines() if line.startswith("Line")]
    if lines or "errors found in configuration file" in done.out + done.err:
        raise StepError("check-failed", "%s: %s" % (change["path"], " ".join(lines)[:400]))


def _ordered(step: Step, path: str) -> str:
    """Return what a file will hold once the order is done."""
    for other in step.order.get("changes", ()):
        if other["kind"] == "file" and other["path"] == path:
            return str(other["content"] or "")
    return step.host.read(path) or ""


def _netplan(step: Step) -> None:
    """Let netplan generate from all its files together, in a root of its own."""
    if step.shared.get("netplan-checked") or not step.host.which("netplan"):
        return
    wanted: Dict[str, Optional[bytes]] = {}
    for folder in NETPLAN_FOLDERS:
        for entry in step.host.list(folder):
            if entry.endswith(".yaml"):
                wanted[folder + "/" + entry] = step.host.read_bytes(folder + "/" + entry)
    for other in step.order.get("changes", ()):
        if other["kind"] == "file" and other["path"].startswith("/etc/netplan/"):
            content = other["content"]
            wanted[other["path"]] = None if content is None else content.encode()
    scratch = _scratch(step, "netplan")
    for path, data in wanted.items():
        if data is not None:
            place = step.host.path(scratch + path)
            disk.make_folder(os.path.dirname(place), 0o700)
            disk.land(place, data, 0o600)
    argv = ["netplan", "generate", "--root-dir", step.host.path(scratch)]
    done = step.host.run(argv, timeout=60.0)
    _sweep(step, scratch)
    if not done.ok:
        detail = said(done, argv).replace(step.host.path(scratch), "")
        raise StepError("check-failed", detail)
    step.shared["netplan-checked"] = True


def _scratch(step: Step, name: str) -> str:
    scratch = names.STATE + "/scratch-" + name
    _sweep(step, scratch)
    disk.make_folder(step.host.path(scratch), 0o700)
    return scratch


def _sweep(step: Step, scratch: str) -> None:
    import shutil

    shutil.rmtree(step.host.path(scratch), ignore_errors=True)


def _plain(detail: str, place: str, change: Plain) -> str:
    if change["secret"]:
        return "%s is not accepted" % change["path"]
    return detail.replace(place, str(change["path"]))
