"""Puts the agent into its root-owned place, packed so that it starts without compiling."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import marshal
import os
import stat
import struct
import zipfile

from . import disk, names
from .host import Host

FIXED = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip knows: the bytes depend on nothing else


class InstallError(Exception):
    """The agent may not be installed: wrong-digest, unsafe-library."""


def install(data: bytes, digest: str, host: Host) -> str:
    """Install the zipapp with that SHA-256 and return its path on the machine.

    The folder must belong to root alone, or somebody else could have his code run as root.
    Older agents go, unless a pending transaction may still need one. Raises InstallError.
    """
    if hashlib.sha256(data).hexdigest() != digest:
        raise InstallError("wrong-digest")
    library = host.path(names.LIBRARY)
    guard(library)
    name = "agent-%s.pyz" % digest[:12]
    path = os.path.join(library, name)
    disk.land(path, compiled(data), 0o755)
    if not os.path.isdir(host.path(names.STATE + "/transaction")):
        for entry in os.listdir(library):
            if entry.startswith("agent-") and entry != name:
                disk.remove(os.path.join(library, entry))
    return path


def guard(library: str) -> None:
    """Make the library folder, or refuse one that others could write to."""
    disk.make_folder(library, 0o755)
    status = os.lstat(library)
    mine = not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
    if not stat.S_ISDIR(status.st_mode) or not mine or (os.name != "nt" and status.st_mode & 0o022):
        raise InstallError("unsafe-library")


def compiled(data: bytes) -> bytes:
    """Return the zipapp with a .pyc beside every .py, for this interpreter, uncompressed.

    zipimport takes the .pyc first. It is of the unchecked kind (PEP 552): nobody compares it
    with the source; another interpreter sees another magic number and compiles the source.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in sorted(old.namelist()):
            source = old.read(name)
            _add(new, name, source)
            if name.endswith(".py"):
                code = compile(source, name, "exec", dont_inherit=True)
                head = importlib.util.MAGIC_NUMBER + struct.pack("<I", 1)
                head += importlib.util.source_hash(source)
                _add(new, name + "c", head + marshal.dumps(code))
    return packed.getvalue()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, FIXED)
    entry.create_system = 3
    entry.external_attr = (stat.S_IFREG | 0o644) << 16
    archive.writestr(entry, data)
