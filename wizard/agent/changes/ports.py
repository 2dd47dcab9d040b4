"""Ports in the firewall front end, open or closed, now and after a restart.

Each call of firewall-cmd starts a Python and takes a second on a small server, so all ports go
into one.
"""

from __future__ import annotations

import os
from typing import List, Tuple

from .. import disk
from . import Plain, Step, StepError
from .file import present

KEYS = ("firewall", "interface", "zone", "close")
UFW_FILES = ("/etc/ufw/user.rules", "/etc/ufw/user6.rules")


def check(_: Step, change: Plain) -> None:
    """Refuse an unknown front end, or a port or protocol that is none."""
    if change["firewall"] not in ("ufw", "firewalld"):
        raise StepError("bad-order", "firewall %r" % (change["firewall"],))
    for port in change["ports"] or [""]:
        number, _slash, protocol = str(port).partition("/")
        fits = number.isascii() and number.isdigit() and 0 < int(number) < 65536
        if protocol not in ("tcp", "udp") or not fits:
            raise StepError("bad-order", "port %s" % (port,))
    if change["interface"].startswith("-"):
        raise StepError("bad-order", "interface %r" % (change["interface"],))


def look(step: Step, change: Plain) -> Plain:
    """Return which of the ports are open, and keep the front end's own files."""
    before: Plain = {key: change[key] for key in KEYS}
    before["ports"] = list(change["ports"])
    paths: Tuple[str, ...] = UFW_FILES
    if change["firewall"] == "firewalld":
        before["zone"] = change["zone"] or _zone(step, change["interface"])
        zone = "/etc/firewalld/zones/%s.xml" % before["zone"]
        paths = (zone, zone + ".old")
    before["open"] = opened(step, before)
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


def opened(step: Step, rule: Plain) -> List[str]:
    """Return those of the ports that the front end's lasting rules open, exactly like this."""
    if rule["firewall"] == "ufw":
        done = step.run(["ufw", "show", "added"], 30.0, "firewall-failed")
        lines = [line.split() for line in done.out.splitlines()]
        return [port for port in rule["ports"] if ["ufw", *_ufw_rule(rule, port)] in lines]
    argv = ["firewall-cmd", "--permanent", "--zone=" + rule["zone"], "--list-ports"]
    listed = step.run(argv, 30.0, "firewall-failed").out.split()
    return [port for port in rule["ports"] if port in listed]


def do(step: Step, _: Plain, before: Plain) -> Plain:
    """Open or close the ports."""
    ports = [p for p in before["ports"] if (p in before["open"]) is before["close"]]
    if not ports:
        return {"skipped": True}
    switch(step, before, ports, opening=not before["close"])
    return {"ports": ports, **{key: before[key] for key in KEYS}}


def switch(step: Step, rule: Plain, ports: List[str], opening: bool) -> None:
    """Open or close ports with the front end; raises StepError "firewall-failed"."""
    if not ports:
        return
    if rule["firewall"] == "ufw":
        for port in ports:
            words = _ufw_rule(rule, port)
            argv = ["ufw", *words] if opening else ["ufw", "delete", *words]
            step.run(argv, 60.0, "firewall-failed")
        return
    for permanent in (True, False):
        step.run(_firewalld(rule, ports, opening, permanent), 60.0, "firewall-failed")


def _ufw_rule(rule: Plain, port: str) -> List[str]:
    where = ["in", "on", rule["interface"]] if rule["interface"] else []
    number, _, protocol = port.partition("/")
    return ["allow", *where, "to", "any", "port", number, "proto", protocol]


def _firewalld(rule: Plain, ports: List[str], opening: bool, permanent: bool) -> List[str]:
    lasting = ["--permanent"] if permanent else []
    verb = "add" if opening else "remove"
    wanted = ["--%s-port=%s" % (verb, port) for port in ports]
    return ["firewall-cmd", "--quiet", *lasting, "--zone=" + rule["zone"], *wanted]


def undo(step: Step, before: Plain) -> None:
    """Bring the ports into their old state, in force and for the next start."""
    now = opened(step, before)
    were = before["open"]
    switch(step, before, [p for p in were if p not in now], opening=True)
    switch(step, before, [p for p in now if p not in were], opening=False)
    if before["firewall"] == "firewalld":
        # A cut between the lasting rules and those in force: bring both to the old state.
        for ports, opening in (
            (were, True),
            ([p for p in before["ports"] if p not in were], False),
        ):
            if ports:
                step.host.run(_firewalld(before, ports, opening, False), timeout=60.0)
        # firewalld leaves a file of its own behind for a zone that was once changed; it sees
        # by itself when the file goes.
        early(step, before)


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
