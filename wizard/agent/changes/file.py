"""A file: its before-image with owner and mode, the new one by rename, and back."""

from __future__ import annotations

import hashlib
import os
import stat

from .. import disk
from . import Plain, Step, StepError

LIMIT = 16 << 20  # no configuration file is larger
UNIT_FOLDERS = ("/etc/systemd/system/", "/usr/local/lib/systemd/", "/run/systemd/system/")


def sha256(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def present(step: Step, path: str) -> Plain:
    """Return what is at a path: exists, link, data, mode, uid, gid.

    Raises StepError "not-a-file" for folders, devices and files too large.
    """
    real = step.host.path(path)
    try:
        status = os.lstat(real)
    except FileNotFoundError:
        return {"exists": False, "link": None, "data": None, "mode": 0, "uid": -1, "gid": -1}
    except OSError as error:
        raise StepError("not-a-file", "%s: %s" % (path, error.strerror)) from None
    found: Plain = {
        "exists": True,
        "link": None,
        "data": None,
        "mode": stat.S_IMODE(status.st_mode),
        "uid": status.st_uid,
        "gid": status.st_gid,
    }
    if stat.S_ISLNK(status.st_mode):
        found["link"] = os.readlink(real)
    elif stat.S_ISREG(status.st_mode) and status.st_size <= LIMIT:
        with open(real, "rb") as stream:
            found["data"] = stream.read()
    else:
        raise StepError("not-a-file", path)
    return found


def fingerprint(step: Step, path: str) -> str:
    """Return the SHA-256 of a file as a reader sees it (links followed), "" when gone."""
    data = step.host.read_bytes(path, LIMIT)
    return "" if data is None else sha256(data)


def check(step: Step, change: Plain) -> None:
    """Refuse a file that is not as the facts saw it, or that its reader would not accept."""
    try:
        disk.guard(step.host.root, change["path"])
        disk.owner_ids(change["owner"])
    except disk.DiskError as error:
        raise StepError(error.code, error.detail) from None
    present(step, change["path"])
    # A path may be written twice in one order: only the first finds what the facts saw.
    seen = step.shared.setdefault("expected", {})
    now = seen.get(change["path"])
    if now is None:
        now = fingerprint(step, change["path"])
    if now != change["before"]:
        raise StepError("changed-by-hand", change["path"])
    content = change["content"]
    seen[change["path"]] = "" if content is None else sha256(content.encode())
    if content is not None and change["check"]:
        from . import lint

        lint.check(step, change)


def look(step: Step, change: Plain) -> Plain:
    """Keep the before-image; it is on the disk before the record that names it."""
    path = change["path"]
    found = present(step, path)
    data = found.pop("data")
    found["image"] = step.keep("file", data) if data is not None else ""
    found["path"] = path
    found["made"] = [
        folder[len(step.host.root) :] for folder in disk.missing_folders(step.host.path(path))
    ]
    return found


def do(step: Step, change: Plain, _: Plain) -> Plain:
    """Write or remove the file."""
    path, content = change["path"], change["content"]
    real = step.host.path(path)
    if content is not None and change["check"]:
        from . import lint

        # Its reader may have come with a package of this very order.
        lint.check(step, change)
    try:
        if content is None:
            disk.remove(real)
            after: Plain = {"path": path, "sha256": ""}
        else:
            data = content.encode()
            disk.make_folder(os.path.dirname(real))
            uid, gid = disk.owner_ids(change["owner"])
            disk.land(real, data, change["mode"], uid, gid)
            after = {"path": path, "sha256": sha256(data), "secret": bool(change["secret"])}
    except OSError as error:
        raise StepError(disk.code_of(error), "%s: %s" % (path, error.strerror)) from None
    _note(step, path)
    return after


def undo(step: Step, before: Plain) -> None:
    """Put the old file, link or nothing back."""
    path = before["path"]
    real = step.host.path(path)
    try:
        disk.remove(disk.temporary_of(real))
        if before["link"] is not None:
            disk.make_folder(os.path.dirname(real))
            disk.land_link(real, before["link"])
        elif before["exists"]:
            data = step.journal.kept(before["image"])
            if data is None:
                raise StepError("image-lost", path)
            disk.make_folder(os.path.dirname(real))
            disk.land(real, data, before["mode"], before["uid"], before["gid"])
        else:
            disk.remove(real)
            disk.tidy_folders([step.host.path(folder) for folder in before["made"]])
    except OSError as error:
        raise StepError(disk.code_of(error), "%s: %s" % (path, error.strerror)) from None
    _note(step, path)


def _note(step: Step, path: str) -> None:
    if path.startswith(UNIT_FOLDERS):
        step.shared["units-changed"] = True
    if path.startswith("/etc/netplan/"):
        step.shared["netplan-changed"] = True


UNDO = {"files": undo}
