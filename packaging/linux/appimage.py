"""The AppImage: everything but its first half megabyte is made here.

The runtime, which mounts the rest and starts it, is a program of the AppImage project. Release CI
fetches it and gives it here as a file, with the SHA-256 that is pinned there:

    python packaging/linux/appimage.py PAYLOAD RUNTIME SHA256 TARGET
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def build(packed: Path, target: Path, version: str, epoch: int) -> None:
    """Build `target`, the AppImage's payload, from the packed program."""
    from tree import HERE, NAME, lay_out, settle

    with tempfile.TemporaryDirectory(prefix="cht-appdir-") as name:
        root = Path(name) / "AppDir"
        root.mkdir()
        lay_out(root, packed, version, epoch)
        shutil.copy(HERE / "AppRun", root)
        shutil.copy(root / "usr" / "share" / "applications" / f"{NAME}.desktop", root)
        icon = root / "usr" / "share" / "icons" / "hicolor" / "256x256" / "apps" / f"{NAME}.png"
        shutil.copy(icon, root)
        (root / ".DirIcon").symlink_to(icon.name)
        settle(root, epoch)
        target.unlink(missing_ok=True)
        time = ("-all-time", str(epoch), "-mkfs-time", str(epoch))
        command = ("mksquashfs", str(root), str(target), "-noappend", "-all-root", "-no-xattrs")
        packing = ("-comp", "zstd", "-Xcompression-level", "19", "-b", "256K", "-quiet")
        surroundings = {k: v for k, v in os.environ.items() if k != "SOURCE_DATE_EPOCH"}
        subprocess.run(
            [*command, *packing, *time, "-no-progress"],
            check=True,
            env=surroundings,
            stdout=subprocess.DEVNULL,
        )


def join(payload: Path, runtime: Path, sha256: str, target: Path) -> None:
    """Put the runtime in front of the payload, if it is the one that was pinned."""
    head = runtime.read_bytes()
    found = hashlib.sha256(head).hexdigest()
    if found != sha256.lower():
        sys.exit(f"{runtime} is not the pinned runtime: its SHA-256 is {found}")
    target.write_bytes(head + payload.read_bytes())
    target.chmod(0o755)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    join(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))
