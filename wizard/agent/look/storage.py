"""What the data lies on: file systems, their encryption, the database's size, disks that fail."""

from __future__ import annotations

import os
import re
import time
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ..host import Host

COUNTING = 10.0  # seconds for counting a database's bytes
DRIVES = 8  # disks that are asked for their health
ASKING = 8.0  # seconds for each of them


class Mount(NamedTuple):
    """A line of /proc/self/mountinfo (proc_pid_mountinfo(5))."""

    numbers: str  # "254:0", major and minor of the device
    at: str
    options: Tuple[str, ...]
    kind: str
    device: str


def mounts(host: Host) -> List[Mount]:
    """Return what is mounted, in the order of mounting. Raises OSError when that is not told."""
    found = []
    for line in (host.read("/proc/self/mountinfo") or "").splitlines():
        first, dash, last = line.partition(" - ")
        words, rest = first.split(), last.split()
        if dash and len(words) >= 6 and len(rest) >= 3:
            options = (*words[5].split(","), *rest[2].split(","))
            found.append(Mount(words[2], _plain(words[4]), options, rest[0], _plain(rest[1])))
    if not found:
        raise OSError("/proc/self/mountinfo tells nothing")
    return found


def _plain(text: str) -> str:
    """Undo the kernel's escapes: a space is \\040."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found.group(1), 8)), text)


def mount_of(mounted: List[Mount], path: str) -> Mount:
    """Return the mount that holds a path; of two at one place the later one."""
    held = [m for m in mounted if m.at == "/" or (path + "/").startswith(m.at + "/")]
    if not held:
        raise OSError("nothing is mounted at /")
    return max(enumerate(held), key=lambda pair: (len(pair[1].at), pair[0]))[1]


def file_systems(host: Host, paths: List[str]) -> List[Dict[str, Any]]:
    """Return wire.FileSystem of every path."""
    mounted = mounts(host)
    found = []
    for path in dict.fromkeys(paths):
        mount = mount_of(mounted, path)
        total, free = _room(host.path(path))
        name = block_device(host, mount)
        found.append(
            {
                "path": path,
                "mount": mount.at,
                "device": mount.device,
                "kind": mount.kind,
                "total": total,
                "free": free,
                "read_only": "ro" in mount.options,
                "encrypted": encrypted(host, name) if name else None,
                "errors": _errors(host, name) if mount.kind.startswith("ext") else None,
            }
        )
    return found


def _room(path: str) -> Tuple[int, int]:
    if not hasattr(os, "statvfs"):  # Windows
        import shutil

        usage = shutil.disk_usage(path)
        return usage.total, usage.free
    state = os.statvfs(path)
    return state.f_blocks * state.f_frsize, state.f_bavail * state.f_frsize


def block_device(host: Host, mount: Mount) -> str:
    """Return the kernel's name of a mount's device ("dm-0", "sda2"), or "" when it has none.

    btrfs has no numbers of its own device, so there the name it was mounted by tells.
    """
    if mount.numbers.partition(":")[0] != "0":
        for name in host.list("/sys/class/block"):
            if (host.read("/sys/class/block/%s/dev" % name) or "").strip() == mount.numbers:
                return name
    if not mount.device.startswith("/dev/"):
        return ""
    link = host.link_target(mount.device)
    name = os.path.basename(link or mount.device)
    return name if host.exists("/sys/class/block/" + name) else ""


def encrypted(host: Host, name: str, depth: int = 0) -> Optional[bool]:
    """True when everything that is written to a device passes dm-crypt; None: cannot be told.

    A volume group or RAID counts only if all its parts do. Source: dm-crypt's UUID begins with
    "CRYPT-" (cryptsetup(8), LUKS1, LUKS2 and plain). A drive that encrypts by itself, and file
    systems that do (ZFS, fscrypt), do not show here.
    """
    folder = "/sys/class/block/" + name
    if depth > 16 or name.startswith("loop") or not host.exists(folder):
        return None
    if (host.read(folder + "/dm/uuid") or "").startswith("CRYPT-"):
        return True
    below = [encrypted(host, part, depth + 1) for part in host.list(folder + "/slaves")]
    if None in below:
        return None
    if below:
        return all(below)
    if host.exists(folder + "/partition"):
        whole = _whole(host, name)
        if whole != name:
            return encrypted(host, whole, depth + 1)
    return False


def _whole(host: Host, partition: str) -> str:
    """Return the disk that a partition belongs to: sda of sda2, nvme0n1 of nvme0n1p2, md0."""
    link = host.link_target("/sys/class/block/" + partition)
    if link:
        return os.path.basename(os.path.dirname(link))
    disks = [n for n in host.list("/sys/class/block") if partition.startswith(n)]
    return min(disks, key=len) if disks else partition


def _errors(host: Host, name: str) -> Optional[int]:
    """Return how many errors ext4 has counted (Documentation/ABI/testing/sysfs-fs-ext4)."""
    text = (host.read("/sys/fs/ext4/%s/errors_count" % name) or "").strip()
    return int(text) if text.isdigit() else None


# ------------------------------------------------------------------------- database


def size(host: Host, path: str, seconds: float = COUNTING) -> Tuple[Optional[int], bool]:
    """Return the bytes that a folder takes on the disk, and whether all of it was counted.

    (None, False) when it cannot be read. Links are not followed.
    """
    deadline = time.monotonic() + seconds
    waiting = [host.path(path)]
    total = 0
    first = True
    whole = True
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if time.monotonic() > deadline:
                        return total, False
                    try:
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(entry.path)
                        else:
                            total += _on_disk(entry.stat(follow_symlinks=False))
                    except OSError:  # compaction took it away in between
                        continue
        except OSError:
            if first:
                return None, False
            whole = False
        first = False
    return total, whole


def _on_disk(status: os.stat_result) -> int:
    blocks = getattr(status, "st_blocks", None)  # of 512 bytes, stat(2); not on Windows
    return status.st_size if blocks is None else blocks * 512


# --------------------------------------------------------------------------- drives


def drives(host: Host) -> Optional[List[Dict[str, Any]]]:
    """Return wire.Drive of the disks that smartctl can ask; None where it is not installed."""
    smartctl = host.which("smartctl")
    if not smartctl:
        return None
    found = []
    names = [n for n in host.list("/sys/block") if re.match(r"(sd|hd|nvme)", n)]
    for name in names[:DRIVES]:
        done = host.run([smartctl, "-H", "-n", "standby", "/dev/" + name], timeout=ASKING)
        verdict = re.search(r"^SMART (?:overall-health|Health Status).*?: *(\w+)", done.out, re.M)
        healthy = verdict.group(1).upper() in ("PASSED", "OK") if verdict else None
        found.append({"device": "/dev/" + name, "healthy": healthy})
    return found
