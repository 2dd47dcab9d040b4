"""Packages from the server's own package system; their services stay stopped meanwhile."""

from __future__ import annotations

import re
from typing import Dict, List, Set

from .. import disk, names
from ..host import Host
from . import Plain, Step, StepError, said

POLICY = "/usr/sbin/policy-rc.d"
# invoke-rc.d asks this file before it starts anything; 101 forbids (Debian policy 9.3.3.1)
# ... and 0 allows: what is removed has to be stopped all the same
POLICY_TEXT = b"""#!/bin/sh
# cht-offline-setup: nothing is started while it installs
for word; do [ "$word" = stop ] && exit 0; done
exit 101
"""
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
    for package in [*change["names"], *change["replaces"]]:
        if not re.fullmatch(r"[a-z0-9][a-z0-9.+-]*", package):
            raise StepError("bad-order", "package %r" % (package,))
    if not step.host.which("apt-get"):
        raise StepError("packages-unknown", "apt-get is not there")
    there = installed(step.host)
    missing = [n for n in change["names"] if n not in there]
    gone = [n for n in change["replaces"] if n in there]
    if missing:
        _install(step, missing, gone, "--download-only")
    if missing and gone:
        _only_these_go(step, missing, gone)


def look(step: Step, change: Plain) -> Plain:
    """Keep the list of all packages: what is there afterwards besides came with us.

    What has to go is kept whole, packed again from the disk.
    """
    everything = installed(step.host)
    image = step.keep("packages", "\n".join(sorted(everything)).encode())
    missing = [n for n in change["names"] if n not in everything]
    replaced: Dict[str, str] = {}
    for name in change["replaces"] if missing else ():
        if name in everything:
            from .repack import repack

            replaced[name] = step.keep(name + ".deb", repack(step.host, name))
    return {
        "names": list(change["names"]),
        "image": image,
        "missing": missing,
        "replaced": replaced,
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
        _install(step, before["missing"], sorted(before["replaced"]))
    finally:
        _remove_policy(step, before)
    now = installed(step.host)
    absent = [n for n in before["missing"] if n not in now]
    if absent:
        raise StepError("packages-failed", " ".join(absent))
    return {"installed": _new(step, before), "replaced": sorted(before["replaced"])}


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


def _words(wanted: List[str], gone: List[str]) -> List[str]:
    """Return what apt-get is told to install and, by a "-" at the end, to remove (apt-get(8))."""
    remove = [n + "-" for n in gone] or ["--no-remove"]
    return ["install", "--no-install-recommends", *remove, *wanted]


def _only_these_go(step: Step, wanted: List[str], gone: List[str]) -> None:
    """Refuse when apt would remove anything that the plan did not name."""
    argv = _apt(step, *_words(wanted, gone), "--simulate")
    done = step.run(argv, 120.0, "packages-failed")
    others = _going(done.out) - set(gone)
    if others:
        raise StepError("packages-failed", "would remove " + " ".join(sorted(others)))


def _going(simulated: str) -> Set[str]:
    rows = (line.split() for line in simulated.splitlines())
    return {w[1] for w in rows if w[:1] in (["Purg"], ["Remv"])}


def _install(step: Step, wanted: List[str], gone: List[str], *options: str) -> None:
    install = _apt(step, *_words(wanted, gone), *options)
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
    """Purge exactly what was not there before, and bring back what had to make room."""
    early(step, before)
    purge(step, _new(step, before))
    for name, image in before.get("replaced", {}).items():
        if name not in installed(step.host):
            _bring_back(step, name, image)


def _bring_back(step: Step, name: str, image: str) -> None:
    data = step.journal.kept(image)
    if data is None:
        raise StepError("image-lost", name)
    folder = names.STATE + "/scratch-packages"
    place = "%s/%s.deb" % (folder, name)
    disk.make_folder(step.host.path(folder), 0o700)
    disk.land(step.host.path(place), data, 0o600)
    argv = ["dpkg", "--force-confold", "--install", step.host.path(place)]
    done = step.host.run(argv, timeout=300.0, env=ENVIRONMENT)
    disk.remove(step.host.path(place))
    disk.tidy_folders([step.host.path(folder)])
    if not done.ok or name not in installed(step.host):
        raise StepError("undo-packages", said(done, argv))


def purge(step: Step, unwanted: List[str]) -> None:
    """Purge packages, and refuse when others would go with them; raises StepError."""
    if not unwanted:
        return
    argv = _apt(step, "purge", *unwanted)
    plan = step.host.run([*argv, "--simulate"], timeout=120.0, env=ENVIRONMENT)
    if not plan.ok:  # an installation cut off in the middle
        step.host.run(["dpkg", "--configure", "-a"], timeout=300.0, env=ENVIRONMENT)
        plan = step.host.run([*argv, "--simulate"], timeout=120.0, env=ENVIRONMENT)
    going = _going(plan.out)
    if not plan.ok or not going <= set(unwanted):
        others = " ".join(sorted(going - set(unwanted)))
        raise StepError("undo-packages", others or said(plan, argv))
    done = step.host.run(argv, timeout=300.0, env=ENVIRONMENT)
    if not done.ok:
        raise StepError("undo-packages", said(done, argv))


UNDO = {"packages": undo, "early": early}
