"""Putting files on the disk so that a power cut leaves the old one or the new one, never half."""

from __future__ import annotations

import errno
import os
import posixpath
import time
from typing import List, Optional, Tuple

SUFFIX = ".cht-new"  # hidden and with a foreign ending: no manager reads such a file


class DiskError(Exception):
    """A file may not or cannot be written; `code` says why."""

    def __init__(self, code: str, detail: str) -> None:
        Exception.__init__(self, detail)
        self.code = code
        self.detail = detail


def land(path: str, data: bytes, mode: int, uid: int = -1, gid: int = -1) -> None:
    """Put a file in place: temporary in the same folder, owner and mode, fsync, rename, fsync.

    A symbolic link at `path` is replaced, never followed. `uid` and `gid` -1 leave the owner
    alone. Raises OSError.
    """
    temporary = temporary_of(path)
    remove(temporary)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, 0o600)
    try:
        if (uid, gid) != (-1, -1) and may_chown():
            os.fchown(descriptor, uid, gid)
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, mode)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    except BaseException:
        os.close(descriptor)
        remove(temporary)
        raise
    os.close(descriptor)
    replace(temporary, path)
    sync_folder(os.path.dirname(path))


def land_link(path: str, target: str) -> None:
    """Put a symbolic link in place, likewise."""
    temporary = temporary_of(path)
    remove(temporary)
    os.symlink(target, temporary)
    replace(temporary, path)
    sync_folder(os.path.dirname(path))


def replace(fresh: str, path: str) -> None:
    """Put a file in the place of another, also where somebody is just reading that one.

    Windows refuses that (sharing violation) until the reader has closed the file.
    """
    end = time.monotonic() + 2.0
    while True:
        try:
            return os.replace(fresh, path)
        except PermissionError:
            if os.name != "nt" or time.monotonic() > end:
                raise
            time.sleep(0.01)


def temporary_of(path: str) -> str:
    """Return the name under which `land` prepares a file."""
    return os.path.join(os.path.dirname(path), "." + os.path.basename(path) + SUFFIX)


def remove(path: str) -> bool:
    """Remove a file or link and make that durable; False when there was none."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    except NotADirectoryError:
        return False
    sync_folder(os.path.dirname(path))
    return True


def sync_folder(path: str) -> None:
    """Make renames and removals in a folder durable."""
    if os.name == "nt":  # folders cannot be opened there; only the practice clinic runs there
        return
    descriptor = os.open(path or ".", os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def missing_folders(path: str) -> List[str]:
    """Return the parents of `path` that do not exist yet, outermost first."""
    missing: List[str] = []
    folder = os.path.dirname(path)
    while folder and not os.path.lexists(folder):
        missing.insert(0, folder)
        folder = os.path.dirname(folder)
    return missing


def make_folder(path: str, mode: int = 0o755) -> None:
    """Make a folder, and its parents, durable and with that mode; one that is there is kept."""
    for folder in [*missing_folders(os.path.join(path, "x"))]:
        try:
            os.mkdir(folder, mode)
        except FileExistsError:
            continue
        os.chmod(folder, mode)
        sync_folder(os.path.dirname(folder))


def tidy_folders(folders: List[str]) -> None:
    """Remove folders, innermost first, as far as they are empty."""
    for folder in reversed(folders):
        try:
            os.rmdir(folder)
        except OSError:
            return
        sync_folder(os.path.dirname(folder))


def guard(root: str, path: str) -> None:
    """Refuse a path whose parents somebody else could exchange under our hands.

    Raises DiskError "bad-path" or "unsafe-folder".
    """
    if not path.startswith("/") or posixpath.normpath(path) != path.rstrip("/") or "\0" in path:
        raise DiskError("bad-path", path)
    if not hasattr(os, "geteuid"):
        return
    folder = os.path.dirname(path)
    while folder not in ("", "/"):
        try:
            status = os.stat(root + folder)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise DiskError("unsafe-folder", "%s: %s" % (folder, error.strerror)) from None
        else:
            if status.st_uid not in (0, os.geteuid()) or status.st_mode & 0o002:
                raise DiskError("unsafe-folder", folder)
        folder = os.path.dirname(folder)


def may_chown() -> bool:
    """True where owners can be set: as root, on POSIX."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def owner_ids(owner: str) -> Tuple[int, int]:
    """Return (uid, gid) of "user:group"; raises DiskError "unknown-owner"."""
    if not may_chown():
        return -1, -1
    import grp
    import pwd

    user, _, group = owner.partition(":")
    try:
        return pwd.getpwnam(user).pw_uid, grp.getgrnam(group or user).gr_gid
    except KeyError:
        raise DiskError("unknown-owner", owner) from None


def room(path: str) -> Tuple[int, bool]:
    """Return (free bytes for root, read-only) of the file system that holds `path`."""
    while not os.path.exists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    if not hasattr(os, "statvfs"):
        import shutil

        return shutil.disk_usage(path).free, False
    status = os.statvfs(path)
    return status.f_bavail * status.f_frsize, bool(status.f_flag & os.ST_RDONLY)


def reserve(path: str, size: int) -> None:
    """Set space aside that is given back (by removing the file) when the disk is full."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        rest = size
        while rest > 0:  # written, not sparse: every file system keeps it
            rest -= os.write(descriptor, b"\0" * rest)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def code_of(error: OSError) -> str:
    """Return the code for an error of the operating system."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "disk-full"
    if error.errno == errno.EROFS:
        return "read-only"
    return "disk-error"


def read_link(path: str) -> Optional[str]:
    """Return where a symbolic link points, or None when it is none."""
    try:
        return os.readlink(path)
    except OSError:
        return None
