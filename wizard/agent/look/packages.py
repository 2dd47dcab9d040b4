"""The package system: what is installed, what could be, who holds it."""

from __future__ import annotations

import os
import re
from typing import Any, Dict, List

from .. import names
from ..host import Host

STATUS_LIMIT = 64 << 20
LOCKS = ("/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock")


def dpkg_status(host: Host) -> bytes:
    """Return dpkg's status file; b"" where there is none."""
    return host.read_bytes("/var/lib/dpkg/status", STATUS_LIMIT) or b""


def packages(host: Host, dpkg: bytes) -> Dict[str, Any]:
    """Return wire.Packages; apt is asked only for what is missing, and only if it has lists."""
    installed = {name: version(dpkg, name) for name in names.PACKAGES}
    missing = [name for name in names.PACKAGES if not installed[name]]
    candidates: Dict[str, str] = {}
    apt = bool(host.which("apt-get"))
    if apt and missing and any("_Packages" in n for n in host.list("/var/lib/apt/lists")):
        candidates = _candidates(host, missing)
    return {
        "system": "apt" if apt else "",
        "items": [
            {"name": n, "installed": installed[n], "candidate": candidates.get(n, installed[n])}
            for n in names.PACKAGES
        ],
        "lock": lock(host),
        "reachable": None,
    }


def version(dpkg: bytes, name: str) -> str:
    """Return the version of an installed package, or ""."""
    # found by plain search: a pattern over a megabyte of text takes ten times as long
    mark = b"\nPackage: %s\n" % name.encode()
    at = 0 if dpkg.startswith(mark[1:]) else dpkg.find(mark)
    while at >= 0:
        end = dpkg.find(b"\n\n", at)
        fields: Dict[bytes, bytes] = {}
        for line in dpkg[at : end if end >= 0 else len(dpkg)].splitlines():
            key, _, value = line.partition(b": ")
            fields[key] = value
        # "install ok installed"; "deinstall ok config-files" is not installed
        if fields.get(b"Status", b"").endswith(b" installed"):
            return fields.get(b"Version", b"").decode("utf-8", "replace")
        at = dpkg.find(mark, at + 1)
    return ""


def _candidates(host: Host, missing: List[str]) -> Dict[str, str]:
    found = {}
    name = ""
    for line in host.run(["apt-cache", "policy", *missing], timeout=20).out.splitlines():
        if line and not line.startswith(" "):
            name = line.rstrip(":")
        elif line.startswith("  Candidate: ") and "(none)" not in line:
            found[name] = line.split(": ", 1)[1].strip()
    return found


def updates(host: Host, dpkg: bytes) -> Dict[str, Any]:
    """Return wire.Updates, from apt's settings in the order in which apt reads them (apt.conf(5)).

    Source of the names: README.md of unattended-upgrades, /usr/lib/apt/apt.systemd.daily. Raises
    OSError where dpkg is not the package system.
    """
    if not dpkg:
        raise OSError("no dpkg")
    texts = [
        host.read("/etc/apt/apt.conf.d/" + name) or ""
        for name in host.list("/etc/apt/apt.conf.d")
        if re.match(r"[\w-]+(\.conf)?$", name)  # apt leaves every other name aside
    ]
    text = "\n".join([*texts, host.read("/etc/apt/apt.conf") or ""])
    text = re.sub(r"/\*.*?\*/|(?m:^\s*(?://|#).*$)", "", text, flags=re.S)

    def setting(name: str, otherwise: str) -> bool:
        found = re.findall(r'%s\s+"?([^";\s]*)"?\s*;' % re.escape(name), text, re.I)
        return (found[-1] if found else otherwise).lower() not in ("0", "", "false", "no", "off")

    return {
        "automatic": bool(version(dpkg, "unattended-upgrades"))
        and setting("APT::Periodic::Enable", "1")
        and setting("APT::Periodic::Unattended-Upgrade", "0"),
        "restarts": setting("Unattended-Upgrade::Automatic-Reboot", "false"),
    }


def lock(host: Host) -> str:
    """Return the name of the process that holds dpkg's lock (proc_locks(5)), or ""."""
    inodes = set()
    for path in LOCKS:
        try:
            inodes.add(str(os.stat(host.path(path)).st_ino))
        except OSError:
            continue
    for line in (host.read("/proc/locks") or "").splitlines():
        words = line.split()
        if len(words) >= 8 and words[1] == "POSIX" and words[5].rpartition(":")[2] in inodes:
            return (host.read("/proc/%s/comm" % words[4]) or words[4]).strip()
    return ""
