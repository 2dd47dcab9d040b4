"""Packages from the server's own package system; their services stay stopped meanwhile."""

from __future__ import annotations

import re
from typing import List, Set

from .. import disk
from ..host import Host
from . import Plain, Step, StepError, said

POLICY = "/usr/sbin/policy-rc.d"
# invoke-rc.d asks this file before it starts anything; 101 forbids (Debian policy 9.3.3.1)
POLICY_TEXT = b"#!/bin/sh\n# cht-offline-setup: nothing is started while it installs\nexit 101\n"
ENVIRONMENT = {
    "DEBIAN_FRONTEND": "noninteractive",
    "NEEDRESTART_SUSPEND": "1",
    "APT_LISTCHANGES_FRONTEND": "none",
}
UNREACHABLE = re.compile(
    r"could not resolve|failure resolving|unable to fetch|failed to fetch|could not connect|"
    r"cannot initiate|timed out|"
    r"unable to locate|no installation candidate|unreachable",
    re.IGNORECASE,
)
BUSY = re.compile(r"could not get lock|unable to acquire|is locked|lock-frontend", re.IGNORECASE)


def installed(host: Host) -> Set[str]:
    """Return every package that is on the server, the half installed included."""
    argv = ["dpkg-query", "--show", "--showformat=${db:Status-Abbrev} ${Package}\\n"]
    done = host.run(argv, timeout=60.0)
    found = set()
    for line in done.out.splitlines():
        state, _, package = line.partition(" ")
        if len(state) > 1 and state[1] not in "nc":  # not installed; configuration files only
            found.add(package.strip())
    return found


def check(step: Step, change: Plain) -> None:
    """Fetch what is missing while nothing is changed: without Internet it ends here.

    Refuses names that are none, and a server without apt. Only apt's own lists and archive
    grow.
    """
    for package in change["names"]:
        if not re.fullmatch(r"[a-z0-9][a-z0-9.+-]*", package):
            raise StepError("bad-order", "package %r" % (package,))
    if not step.host.which("apt-get"):
        raise StepError("packages-unknown", "apt-get is not there")
    there = installed(step.host)
    missing = [n for n in change["names"] if n not in there]
    if missing:
        _install(step, missing, "--download-only")


def look(step: Step, change: Plain) -> Plain:
    """Keep the list of all packages: what is there afterwards besides came with us."""
    everything = installed(step.host)
    image = step.keep("packages", "\n".join(sorted(everything)).encode())
    return {
        "names": list(change["names"]),
        "image": image,
        "missing": [n for n in change["names"] if n not in everything],
        "policy": not step.host.exists(POLICY),
    }


def do(step: Step, _: Plain, before: Plain) -> Plain:
    """Install what is missing; a failure says whether the package servers were the reason."""
    if not before["missing"]:
        return {"skipped": True}
    if before["policy"]:
        disk.make_folder(step.host.path("/usr/sbin"))
        disk.land(step.host.path(POLICY), POLICY_TEXT, 0o755)
    try:
        _install(step, before["missing"])
    finally:
        _remove_policy(step, before)
    now = installed(step.host)
    absent = [n for n in before["missing"] if n not in now]
    if absent:
        raise StepError("packages-failed", " ".join(absent))
    return {"installed": _new(step, before)}


def _apt(step: Step, *words: str) -> List[str]:
    return [
        "apt-get",
        "-y",
        "-q",
        "-o", "DPkg::Lock::Timeout=%d" % step.timings.apt_lock,
        "-o", "Acquire::http::Timeout=15",
        "-o", "Acquire::https::Timeout=15",
        "-o", "Acquire::Retries=1",
        "-o", "Dpkg::Options::=--force-confdef",
        "-o", "Dpkg::Options::=--force-confold",
        "-o", "APT::Get::AutomaticRemove=false",
        *words,
    ]  # fmt: skip


def _install(step: Step, wanted: List[str], *options: str) -> None:
    install = _apt(step, "install", "--no-install-recommends", "--no-remove", *options, *wanted)
    seconds = step.timings.packages
    done = step.host.run(install, timeout=seconds, env=ENVIRONMENT)
    if not done.ok and UNREACHABLE.search(done.err + done.out):
        # The lists may be older than the packages on the servers: fetch them and try once more.
        update = step.host.run(_apt(step, "update"), timeout=seconds / 3, env=ENVIRONMENT)
        if update.ok:
            done = step.host.run(install, timeout=seconds, env=ENVIRONMENT)
    if done.ok:
        return
    text = done.err + done.out
    code = "packages-failed"
    if BUSY.search(text):
        code = "packages-busy"
    elif UNREACHABLE.search(text):
        code = "packages-unreachable"
    raise StepError(code, "%s: %s" % (" ".join(wanted), _reason(text) or said(done, install)))


def _reason(text: str) -> str:
    """Return apt's own error lines."""
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(line for line in lines if line[:2] in ("E:", "W:", "Er"))[:600]


def _remove_policy(step: Step, before: Plain) -> None:
    if before["policy"] and step.host.read_bytes(POLICY) == POLICY_TEXT:
        disk.remove(step.host.path(POLICY))


def _new(step: Step, before: Plain) -> List[str]:
    image = step.journal.kept(before["image"])
    if image is None:
        raise StepError("image-lost", "package list")
    return sorted(installed(step.host) - set(image.decode().split()))


def early(step: Step, before: Plain) -> None:
    """Take our start-up ban away even where the packages themselves have to wait."""
    _remove_policy(step, before)
    disk.remove(disk.temporary_of(step.host.path(POLICY)))


def undo(step: Step, before: Plain) -> None:
    """Purge exactly what was not there before."""
    early(step, before)
    purge(step, _new(step, before))


def purge(step: Step, unwanted: List[str]) -> None:
    """Purge packages, and refuse when others would go with them; raises StepError."""
    if not unwanted:
        return
    argv = _apt(step, "purge", *unwanted)
    plan = step.host.run([*argv, "--simulate"], timeout=120.0, env=ENVIRONMENT)
    if not plan.ok:  # an installation cut off in the middle
        step.host.run(["dpkg", "--configure", "-a"], timeout=300.0, env=ENVIRONMENT)
        plan = step.host.run([*argv, "--simulate"], timeout=120.0, env=ENVIRONMENT)
    going = {
        w[1]
        for w in (line.split() for line in plan.out.splitlines())
        if w[:1] in (["Purg"], ["Remv"])
    }
    if not plan.ok or not going <= set(unwanted):
        others = " ".join(sorted(going - set(unwanted)))
        raise StepError("undo-packages", others or said(plan, argv))
    done = step.host.run(argv, timeout=300.0, env=ENVIRONMENT)
    if not done.ok:
        raise StepError("undo-packages", said(done, argv))


UNDO = {"packages": undo, "early": early}
