"""Builds the .deb and the AppImage's payload: `python packaging/linux/build.py FOLDER`.

Runs in an environment with the locked versions of the program and of PyInstaller, on the oldest
system that shall be supported: the program needs at least the C library that it was packed with.
The moment of the last commit, or SOURCE_DATE_EPOCH, is the only time that goes in.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import appimage
import deb
from tree import NAME, ROOT, pack, size


def main(folder: Path) -> None:
    """Build both into `folder`, and hold them to their sizes."""
    epoch, version = _epoch(), _version()
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    packed = pack(work, epoch)
    machine = os.uname().machine
    package = folder / f"{NAME}_{version}_{deb.say('dpkg', '--print-architecture')}.deb"
    payload = folder / f"{NAME}-{version}-{machine}.squashfs"
    deb.build(packed, package, version, epoch)
    appimage.build(packed, payload, version, epoch)
    limits = tomllib.loads((ROOT / "packaging" / "sizes.toml").read_text("utf-8"))["linux"]
    for what, path in (("bundle", packed), ("deb", package), ("payload", payload)):
        millions = size(path) / 1e6
        print(f"{what}: {millions:.1f} MB of at most {limits[what]}  {path}")
        if millions > limits[what]:
            sys.exit(f"{path} is larger than packaging/sizes.toml allows")


def _epoch() -> int:
    given = os.environ.get("SOURCE_DATE_EPOCH")
    command = ("git", "-C", str(ROOT), "log", "-1", "--format=%ct")
    return int(given or subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _version() -> str:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return str(settings["project"]["version"])


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/linux"))
