"""The machine itself: release, clock, disks, memory, cloud-init, SSH host keys."""

from __future__ import annotations

import os
import re
import sys
import time
from typing import Any, Dict, List, Optional

from .. import names
from ..digest import sha256
from ..host import Host
from .packages import version
from .services import Units

TIME_SERVICES = ("systemd-timesyncd", "chrony", "chronyd", "ntpsec", "ntp", "ntpd", "openntpd")
TIME_PACKAGES = ("systemd-timesyncd", "chrony", "ntpsec", "ntp", "openntpd")
LAST_KNOWN = (names.CLOCK_STAMP, names.TIMESYNCD_STAMP, names.FAKE_HWCLOCK_STAMP)
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "armhf", "i686": "i386"}


def system(host: Host, dpkg: bytes) -> Dict[str, Any]:
    """Return wire.System; `dpkg` is the text of dpkg's status file."""
    release = os_release(host)
    # Windows, where only the practice clinic runs, has no uname.
    release_here, machine = os.uname()[2::2] if hasattr(os, "uname") else ("", "x86_64")
    kernel = _line(host, "/proc/sys/kernel/osrelease") or release_here
    found = re.search(rb"^Package: dpkg\n(?:.+\n)*?Architecture: (\S+)", dpkg, re.M)
    architecture = found.group(1).decode() if found else ""
    init = _line(host, "/proc/1/comm")
    uptime = _line(host, "/proc/uptime").split()
    return {
        "id": release.get("ID", "linux"),
        "version_id": release.get("VERSION_ID", ""),
        "codename": release.get("VERSION_CODENAME", ""),
        "pretty_name": release.get("PRETTY_NAME", ""),
        "like": release.get("ID_LIKE", "").split(),
        "kernel": kernel,
        "architecture": architecture or ARCHITECTURES.get(machine, machine),
        "hostname": _line(host, "/proc/sys/kernel/hostname") or _line(host, "/etc/hostname"),
        "machine_id": _line(host, "/etc/machine-id"),
        "python": "%d.%d.%d" % sys.version_info[:3],
        "init": init,
        "boot_id": _line(host, "/proc/sys/kernel/random/boot_id"),
        "uptime": float(uptime[0]) if uptime else 0.0,
    }


def os_release(host: Host) -> Dict[str, str]:
    """Return /etc/os-release as a dictionary (os-release(5))."""
    text = host.read("/etc/os-release")
    if text is None:
        text = host.read("/usr/lib/os-release") or ""
    found = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            found[name] = value.strip("\"'")
    return found


def clock(host: Host, units: Units, dpkg: bytes) -> Dict[str, Any]:
    """Return wire.Clock; `dpkg` is the text of dpkg's status file."""
    active = [n for n in TIME_SERVICES if units.active(n + ".service")]
    return {
        "now": host.now(),
        "synchronised": _synchronised(host),
        "rtc": host.exists("/dev/rtc0") or bool(host.list("/sys/class/rtc")),
        "services": active,
        "monotonic": time.monotonic(),
        "rtc_now": host.hardware_clock(),
        "last_known": _last_known(host),
        "installed": [name for name in TIME_PACKAGES if version(dpkg, name)],
        "confdir": _confdir(host),
    }


def _last_known(host: Host) -> Optional[float]:
    """Return the time that the next start would not go behind; None when nobody keeps it.

    Ours; systemd-timesyncd's (systemd-timesyncd.service(8), FILES); fake-hwclock's(8).
    """
    dates = [date for date in map(host.modified, LAST_KNOWN) if date is not None]
    return max(dates) if dates else None


def _confdir(host: Host) -> Optional[bool]:
    """Tell whether chrony reads the folder of our drop-in (chrony.conf(5)); None without chrony."""
    text = host.read("/etc/chrony/chrony.conf")
    if text is None:
        return None
    folder = re.escape(os.path.dirname(names.CHRONY_FILE))
    directive = r"(?mi)^\s*(?:confdir\s(?:.*\s)?%s/?|include\s+%s/\*\.conf)\s*$"
    return re.search(directive % (folder, folder), text) is not None


def _synchronised(host: Host) -> bool:
    """Ask the kernel, as every time daemon reports to it (adjtimex(2), STA_UNSYNC).

    `timedatectl` would give the same answer but starts a service for it. timesyncd's own mark
    stands in below another root, whose kernel is not this one, and where Python has no ctypes.
    """
    if not host.root:
        try:
            import ctypes

            timex = ctypes.create_string_buffer(512)  # struct timex, modes = 0: only read
            state = int(ctypes.CDLL(None).adjtimex(timex))
            return state not in (-1, 5)  # 5 = TIME_ERROR: not synchronised
        except (ImportError, OSError, AttributeError):
            pass
    return host.exists("/run/systemd/timesync/synchronized")


def disks(host: Host) -> List[Dict[str, Any]]:
    """Return wire.Disk for the root, the state folder and Docker's folder."""
    found = []
    for path in ("/", names.STATE, "/var/lib/docker"):
        at = path
        while at != "/" and not os.path.isdir(host.path(at)):
            at = os.path.dirname(at)
        if path == "/var/lib/docker" and at != path:
            continue
        found.append(dict(_room(host.path(at) or "/"), path=path))
    return found


def _room(path: str) -> Dict[str, Any]:
    if not hasattr(os, "statvfs"):  # Windows
        import shutil

        usage = shutil.disk_usage(path)
        return {"read_only": False, "total": usage.total, "free": usage.free}
    state = os.statvfs(path)
    return {
        "read_only": bool(state.f_flag & os.ST_RDONLY),
        "total": state.f_blocks * state.f_frsize,
        "free": state.f_bfree * state.f_frsize,
    }


def memory(host: Host) -> int:
    """Return the machine's memory in bytes."""
    return _kilobytes(host, "MemTotal") or 0


def swap(host: Host) -> Optional[int]:
    """Return the bytes that the machine may swap out; None when it does not tell."""
    return _kilobytes(host, "SwapTotal")


def _kilobytes(host: Host, name: str) -> Optional[int]:
    found = re.search(r"^%s:\s+(\d+) kB" % name, host.read("/proc/meminfo") or "", re.M)
    return int(found.group(1)) * 1024 if found else None


def cpus(host: Host) -> Optional[int]:
    """Return how many processors are in use: "0-3,6" is five; None when it is not told."""
    count = 0
    for part in _line(host, "/sys/devices/system/cpu/online").split(","):
        first, _, last = part.partition("-")
        if not first.isdigit() or not (last or first).isdigit():
            return None
        count += int(last or first) - int(first) + 1
    return count


def cloud_init(host: Host) -> Dict[str, Any]:
    """Return wire.CloudInit.

    Source: cloud-init's documentation, "Disable cloud-init" and "Disable network activity".
    """
    kernel = host.read("/proc/cmdline") or ""
    settings = [host.read("/etc/cloud/cloud.cfg") or ""]
    for name in host.list("/etc/cloud/cloud.cfg.d"):
        if name.endswith(".cfg"):
            settings.append(host.read("/etc/cloud/cloud.cfg.d/" + name) or "")
    off = re.compile(r"^network:\s*(?:\{\s*|\n\s+)[\"']?config[\"']?:\s*[\"']?disabled", re.M)
    return {
        "installed": bool(host.which("cloud-init")),
        "disabled": host.exists("/etc/cloud/cloud-init.disabled")
        or "cloud-init=disabled" in kernel,
        "network_disabled": "network-config=disabled" in kernel
        or any(off.search(re.sub(r"(?m)^\s*#.*\n?", "", text)) for text in settings),
        "owns": _owned_by_cloud_init(host),
    }


def _owned_by_cloud_init(host: Host) -> List[str]:
    found = []
    for folder in (
        "/etc/netplan",
        "/etc/network",
        "/etc/network/interfaces.d",
        "/etc/systemd/network",
        "/etc/NetworkManager/system-connections",
    ):
        for name in host.list(folder):
            path = folder + "/" + name
            # recent versions write no header into the netplan file: its name tells
            head = (host.read(path, 1024) or "").lower()
            comments = "\n".join(line for line in head.splitlines() if line.startswith("#"))
            named = re.match(r"(50|10)-cloud-init|cloud-init-", name)
            if named or "cloud-init" in comments or "by the datasource" in comments:
                found.append(path)
    return found


def ssh_host_keys(host: Host) -> List[str]:
    """Return the SHA-256 fingerprints of the SSH host keys, as `ssh-keygen -l` prints them."""
    import base64

    found = []
    for name in host.list("/etc/ssh"):
        if name.startswith("ssh_host_") and name.endswith("_key.pub"):
            words = (host.read("/etc/ssh/" + name) or "").split()
            try:
                key = base64.b64decode(words[1], validate=True)
            except (IndexError, ValueError):
                continue
            digest = base64.b64encode(bytes.fromhex(sha256(key))).decode()
            found.append("SHA256:" + digest.rstrip("="))
    return found


def _line(host: Host, path: str) -> str:
    return (host.read(path) or "").strip()
