"""An installed package, packed again from what lies on the disk (deb(5)).

A package that has to make room can come back by it, in the very same version, without asking a
package source that may have a newer one only, or cannot be reached.
"""

from __future__ import annotations

import io
import re
import tarfile
from typing import Dict

from ..host import Host
from . import StepError

INFO = "/var/lib/dpkg/info"
STATUS = "/var/lib/dpkg/status"
SCRIPTS = ("preinst", "postinst", "prerm", "postrm", "config")
OTHERS = ("conffiles", "md5sums", "templates", "triggers", "shlibs", "symbols")
LIMIT = 16 << 20  # bytes unpacked; a time service has a quarter of a megabyte


def repack(host: Host, name: str) -> bytes:
    """Return a Debian package of what is installed under a name.

    Raises StepError "packages-unknown" when dpkg does not know it or a file of it is gone.
    """
    members = _members(host, name)
    control = io.BytesIO()
    with tarfile.open(fileobj=control, mode="w:gz", format=tarfile.GNU_FORMAT) as archive:
        for member, data in members.items():
            info = tarfile.TarInfo("./" + member)
            info.size, info.mode = len(data), 0o755 if member in SCRIPTS else 0o644
            archive.addfile(info, io.BytesIO(data))
    parts = {
        "debian-binary": b"2.0\n",
        "control.tar.gz": control.getvalue(),
        "data.tar.gz": _data(host, name),
    }
    return b"!<arch>\n" + b"".join(_part(*part) for part in parts.items())


def _part(name: str, data: bytes) -> bytes:
    """Return one member of an archive as ar(5) has it."""
    head = "%-16s%-12d%-6d%-6d%-8o%-10d`\n" % (name, 0, 0, 0, 0o100644, len(data))
    return head.encode() + data + b"\n" * (len(data) % 2)


def _members(host: Host, name: str) -> Dict[str, bytes]:
    status = "\n" + (host.read(STATUS, 64 << 20) or "")
    found = re.search(r"\nPackage: %s\n(?:.+\n)+" % re.escape(name), status)
    if found is None:
        raise StepError("packages-unknown", name)
    # dpkg keeps these two in the same place, but no package carries them
    text = re.sub(r"(?m)^(?:Status: .*|Conffiles:.*(?:\n .*)*)\n", "", found.group(0).lstrip())
    members = {"control": text.encode()}
    for kind in SCRIPTS + OTHERS:
        data = host.read_bytes(_info(host, name, kind), LIMIT)
        if data is not None:
            members[kind] = data
    return members


def _info(host: Host, name: str, kind: str) -> str:
    """Return where dpkg keeps a part; that of a multi-arch package has its architecture in it."""
    wanted = re.compile(r"%s(:[a-z0-9-]+)?\.%s" % (re.escape(name), kind))
    file = next((f for f in host.list(INFO) if wanted.fullmatch(f)), "%s.%s" % (name, kind))
    return "%s/%s" % (INFO, file)


def _data(host: Host, name: str) -> bytes:
    listed = host.read(_info(host, name, "list"))
    if listed is None:
        raise StepError("packages-unknown", name)
    folders = {path.rpartition("/")[0] for path in listed.splitlines()}
    packed = io.BytesIO()
    total = 0
    with tarfile.open(fileobj=packed, mode="w:gz", format=tarfile.GNU_FORMAT) as archive:
        for path in listed.splitlines():
            if path == "/.":
                continue
            try:
                info = archive.gettarinfo(host.path(path), "." + path)
            except OSError:
                # Its language or manual may have been left out on purpose (dpkg.cfg, path-exclude).
                if path.startswith(("/usr/share/doc/", "/usr/share/man/", "/usr/share/locale/")):
                    continue
                raise StepError("packages-unknown", path) from None
            if info.issym() and path in folders:  # /lib, since it has been merged into /usr
                info.type, info.linkname, info.mode = tarfile.DIRTYPE, "", 0o755
            info.uname = info.gname = ""  # the numbers count
            total += info.size
            if total > LIMIT:
                raise StepError("packages-unknown", "%s is too large" % name)
            if info.isreg():
                with open(host.path(path), "rb") as stream:
                    archive.addfile(info, stream)
            else:
                archive.addfile(info)
    return packed.getvalue()
