"""The package for Debian, Ubuntu and Mint."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from tree import HERE, NAME, PUBLISHER, lay_out, settle, size

MAINTAINER = str(PUBLISHER["maintainer"])
# Data that libraries in the package read; who needs which library is computed.
DATA = ("fontconfig-config", "fonts-dejavu-core | fonts-dejavu | fonts-freefont-ttf", "xkb-data")
CONTROL = """\
Package: {name}
Version: {version}
Section: net
Priority: optional
Architecture: {architecture}
Maintainer: {maintainer}
Installed-Size: {kibibytes}
Depends: {depends}
Recommends: hicolor-icon-theme, libx11-data
Description: set up a CHT server for a LAN without Internet
 Takes a Linux server that runs the Community Health Toolkit (CHT) and makes it
 work in a clinic without Internet: fixed address, domain name, a certificate
 that phones accept, DNS and DHCP. Every change is shown before it happens, the
 server goes back by itself if something goes wrong, and a live check proves at
 the end that a phone will work.
 .
 A practice clinic on the laptop itself lets you learn it without any server.
"""
COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: CHT Offline Setup
Comment: The libraries that come with the program, and their licences, are listed in
 /usr/lib/{name}/licences/LIST.txt, with all texts beside it.

Files: *
Copyright: 2026 The CHT Offline Setup project
License: Apache-2.0

Files: usr/lib/{name}/_internal/PySide6/* usr/lib/{name}/_internal/shiboken6/*
Copyright: 2015-2026 The Qt Company Ltd. and other contributors
License: LGPL-3

License: Apache-2.0
 On Debian systems, the text is in /usr/share/common-licenses/Apache-2.0.

License: LGPL-3
 On Debian systems, the text is in /usr/share/common-licenses/LGPL-3.
"""


def build(packed: Path, target: Path, version: str, epoch: int) -> None:
    """Build `target`, a .deb, from the packed program."""
    with tempfile.TemporaryDirectory(prefix="cht-deb-") as name:
        root = Path(name) / "root"
        root.mkdir()
        lay_out(root, packed, version, epoch)
        _documents(root, version, epoch)
        _guide(root / "usr")
        control = root / "DEBIAN"
        files = [p for p in sorted(root.rglob("*")) if p.is_file() and not p.is_symlink()]
        sums = [f"{_md5(p)}  {p.relative_to(root)}\n" for p in files]
        kibibytes = -(-size(root) // 1024)
        control.mkdir()
        (control / "md5sums").write_text("".join(sums), "utf-8")
        (control / "control").write_text(
            CONTROL.format(
                name=NAME,
                version=version,
                architecture=say("dpkg", "--print-architecture"),
                maintainer=MAINTAINER,
                kibibytes=kibibytes,
                depends=", ".join((*_depends(packed), *DATA)),
            ),
            "utf-8",
        )
        settle(root, epoch)
        command = ("dpkg-deb", "--root-owner-group", "--threads-max=1", "-Zxz", "-z6", "--build")
        subprocess.run(
            [*command, str(root), str(target)],
            check=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)},
        )


def _documents(root: Path, version: str, epoch: int) -> None:
    folder = root / "usr" / "share" / "doc" / NAME
    folder.mkdir(parents=True)
    (folder / "copyright").write_text(COPYRIGHT.format(name=NAME), "utf-8")
    day = format_datetime(datetime.fromtimestamp(epoch, UTC))
    entry = f"{NAME} ({version}) stable; urgency=medium\n\n  * Release {version}.\n\n"
    text = f"{entry} -- {MAINTAINER}  {day}\n"
    (folder / "changelog.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    overrides = root / "usr" / "share" / "lintian" / "overrides" / NAME
    overrides.parent.mkdir(parents=True)
    shutil.copy(HERE / "desktop" / "lintian-overrides", overrides)


def _guide(usr: Path) -> None:
    """Put the whole guide where a browser may read it: Ubuntu's Firefox sees of /usr only this."""
    inside = usr / "lib" / NAME / "_internal" / "wizard" / "_resources" / "site"
    outside = usr / "share" / "doc" / NAME / "guide"
    shutil.move(inside, outside)
    inside.symlink_to(os.path.relpath(outside, inside.parent))


def _depends(packed: Path) -> list[str]:
    """Return the packages whose libraries the program needs and does not bring along.

    dpkg-shlibdeps is no help: it names the packages of what was brought along, too. Raises
    LookupError when a library belongs to no package of this system.
    """
    binaries = [p for p in sorted(packed.rglob("*")) if _elf(p)]
    own = {p.name for p in binaries}
    wanted: set[str] = set()
    glibc = (2, 17)
    for path in binaries:
        table = say("objdump", "-p", str(path))
        wanted.update(re.findall(r"^ +NEEDED +(\S+)", table, re.MULTILINE))
        asked = re.findall(r" GLIBC_(\d+)\.(\d+)", table)
        glibc = max([glibc, *((int(major), int(minor)) for major, minor in asked)])
    places = dict(re.findall(r"^\s(\S+) \(.*x86-64.*\) => (\S+)", say("ldconfig", "-p"), re.M))
    packages = {_owner(places[name]) for name in wanted - own if not name.startswith("ld-linux")}
    packages.discard("libc6")
    return [f"libc6 (>= {glibc[0]}.{glibc[1]})", *sorted(packages)]


def _owner(path: str) -> str:
    """Return the package that a library belongs to."""
    for place in (path, path.removeprefix("/usr"), f"/usr{path}", str(Path(path).resolve())):
        done = subprocess.run(["dpkg", "-S", place], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout.partition(":")[0]
    raise LookupError(path)


def _md5(path: Path) -> str:
    """Return the sum that dpkg --verify compares with; it protects from accidents only."""
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _elf(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def say(*command: str) -> str:
    """Run a command; return what it printed."""
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.strip()
