"""One port in the firewall front end, open or closed, now and after a restart."""

from __future__ import annotations

import os
from typing import List, Tuple

from .. import disk
from . import Plain, Step, StepError
from .file import present

KEYS = ("firewall", "port", "protocol", "interface", "zone", "close")
UFW_FILES = ("/etc/ufw/user.rules", "/etc/ufw/user6.rules")


def check(_: Step, change: Plain) -> None:
    """Refuse an unknown front end, or a port or protocol that is none."""
    if change["firewall"] not in ("ufw", "firewalld"):
        raise StepError("bad-order", "firewall %r" % (change["firewall"],))
    if change["protocol"] not in ("tcp", "udp") or not 0 < change["port"] < 65536:
        raise StepError("bad-order", "port %s/%s" % (change["port"], change["protocol"]))
    if change["interface"].startswith("-"):
        raise StepError("bad-order", "interface %r" % (change["interface"],))


def look(step: Step, change: Plain) -> Plain:
    """Return whether the port is open, and keep the front end's own files for the boot."""
    before: Plain = {key: change[key] for key in KEYS}
    if change["firewall"] == "firewalld" and not change["zone"]:
        before["zone"] = _zone(step, change["interface"])
    before["open"] = is_open(step, before)
    paths: Tuple[str, ...] = UFW_FILES
    if change["firewall"] == "firewalld":
        paths = ("/etc/firewalld/zones/%s.xml" % before["zone"],)
    before["files"] = []
    for number, path in enumerate(paths):
        found = present(step, path)
        data = found.pop("data")
        found["path"] = path
        found["image"] = "" if data is None else step.keep("firewall-%d" % number, data)
        before["files"].append(found)
    return before


def _zone(step: Step, interface: str) -> str:
    for argv in (
        ["firewall-cmd", "--get-zone-of-interface=" + interface],
        ["firewall-cmd", "--get-default-zone"],
    ):
        done = step.host.run(argv, timeout=30.0)
        if done.ok and done.out.strip():
            return done.out.strip()
    raise StepError("firewall-failed", "firewalld tells no zone")


def is_open(step: Step, port: Plain) -> bool:
    """True when the front end's lasting rules have exactly this rule."""
    if port["firewall"] == "ufw":
        done = step.run(["ufw", "show", "added"], 30.0, "firewall-failed")
        wanted = ["ufw", *_ufw_rule(port)]
        return any(line.split() == wanted for line in done.out.splitlines())
    argv = _firewalld(port, "query", permanent=True)
    return step.host.run(argv, timeout=30.0).ok


def do(step: Step, _: Plain, before: Plain) -> Plain:
    """Open or close the port."""
    if before["open"] is not before["close"]:
        return {"skipped": True}
    switch(step, before, opened=not before["close"])
    return {key: before[key] for key in KEYS}


def switch(step: Step, port: Plain, opened: bool) -> None:
    """Open or close a port with the front end; raises StepError "firewall-failed"."""
    if port["firewall"] == "ufw":
        rule = _ufw_rule(port)
        step.run(["ufw", *rule] if opened else ["ufw", "delete", *rule], 60.0, "firewall-failed")
        return
    verb = "add" if opened else "remove"
    step.run(_firewalld(port, verb, permanent=True), 60.0, "firewall-failed")
    step.run(_firewalld(port, verb, permanent=False), 60.0, "firewall-failed")


def _ufw_rule(port: Plain) -> List[str]:
    where = ["in", "on", port["interface"]] if port["interface"] else []
    return ["allow", *where, "to", "any", "port", str(port["port"]), "proto", port["protocol"]]


def _firewalld(port: Plain, verb: str, permanent: bool) -> List[str]:
    argv = ["firewall-cmd", "--quiet"]
    if permanent:
        argv.append("--permanent")
    argv += ["--zone=" + port["zone"], "--%s-port=%d/%s" % (verb, port["port"], port["protocol"])]
    return argv


def undo(step: Step, before: Plain) -> None:
    """Bring the port into its old state, in force and for the next start."""
    if is_open(step, before) != before["open"]:
        switch(step, before, opened=before["open"])
    elif before["firewall"] == "firewalld":
        # A cut between the lasting rule and the one in force: bring both to the old state.
        verb = "add" if before["open"] else "remove"
        step.host.run(_firewalld(before, verb, permanent=False), timeout=60.0)


def early(step: Step, before: Plain) -> None:
    """At boot, before the front end has read its files: put the files themselves back."""
    for old in before["files"]:
        real = step.host.path(old["path"])
        try:
            if old["exists"] and old["link"] is None:
                data = step.journal.kept(old["image"])
                if data is None:
                    raise StepError("image-lost", old["path"])
                disk.make_folder(os.path.dirname(real))
                disk.land(real, data, old["mode"], old["uid"], old["gid"])
            elif not old["exists"]:
                disk.remove(real)
        except OSError as error:
            raise StepError(disk.code_of(error), "%s: %s" % (old["path"], error.strerror)) from None


UNDO = {"ports": undo, "early": early}
