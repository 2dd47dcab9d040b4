"""What .deb and AppImage have in common: the packed program below /usr, with menu entry and icons.

Used by build.py; runs in the environment that the program is packed from.
"""

from __future__ import annotations

import gzip
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import licences
import manpage

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
NAME = "cht-offline-setup"
PUBLISHER = tomllib.loads((HERE / "publisher.toml").read_text("utf-8"))
SIZES = (16, 24, 32, 48, 64, 128, 256)
HARMLESS = ("iphlpapi", "shell32", "user32")  # of Windows, mentioned by libraries that know both


def pack(work: Path, epoch: int) -> Path:
    """Pack the program with PyInstaller; returns its folder. Ends the build if it lacks a library.

    The same sources and `epoch` (seconds since 1970) give the same bytes.
    """
    command = [
        sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "INFO",
        "--distpath", str(work / "dist"), "--workpath", str(work / "work"),
        str(HERE / "bundle.spec"),
    ]  # fmt: skip
    surroundings = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONHASHSEED": "1",
        "SOURCE_DATE_EPOCH": str(epoch),
        "PYINSTALLER_CONFIG_DIR": str(work / "cache"),
    }
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)
    log = done.stdout + done.stderr
    (work / "pack.log").write_text(log, "utf-8")
    if done.returncode:
        sys.exit(f"PyInstaller failed:\n{log[-3000:]}")
    if lacking := missing(log):
        sys.exit("The packed program would lack libraries:\n" + "\n".join(lacking))
    made = work / "dist" / NAME
    runpy.run_path(str(ROOT / "packaging" / "sums.py"))["write"](
        made / "_internal" / "wizard" / "_resources"
    )
    licences.write(made / "licences", ROOT)
    return made


def missing(log: str) -> list[str]:
    """Return the lines of PyInstaller's log that tell of a library which was not found."""
    found = [line for line in log.splitlines() if re.search(r"not found|could not resolve", line)]
    return [
        line
        for line in found
        if "WARNING" in line
        and not any(f"Library {name} " in line for name in HARMLESS)
        and not re.search(r"libq(gtk3|eglfs|vnc|linuxfb)|platformthemes|egldevice", line)
    ]


def lay_out(root: Path, packed: Path, version: str, epoch: int) -> None:
    """Lay everything out below `root`/usr."""
    usr = root / "usr"
    shutil.copytree(packed, usr / "lib" / NAME, symlinks=True)
    command = usr / "bin" / NAME
    command.parent.mkdir()
    command.symlink_to(f"../lib/{NAME}/{NAME}")
    entry = usr / "share" / "applications" / f"{NAME}.desktop"
    entry.parent.mkdir(parents=True)
    shutil.copy(HERE / "desktop" / entry.name, entry)
    component = str(PUBLISHER["component"])
    about = usr / "share" / "metainfo" / f"{component}.metainfo.xml"
    about.parent.mkdir()
    text = (HERE / "desktop" / "metainfo.xml").read_text("utf-8").replace("@ID@", component)
    day = f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%d}"
    about.write_text(text.replace("@VERSION@", version).replace("@DATE@", day), "utf-8")
    _icons(usr / "share" / "icons" / "hicolor")
    _manual(usr / "share" / "man" / "man1" / f"{NAME}.1.gz", epoch)


def _icons(folder: Path) -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    source = ROOT / "resources" / "icons" / "app.svg"
    drawing = QSvgRenderer(str(source))
    app = QGuiApplication.instance() or QGuiApplication([])
    for size in SIZES:
        image = QImage(size, size, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        drawing.render(painter)
        painter.end()
        target = folder / f"{size}x{size}" / "apps" / f"{NAME}.png"
        target.parent.mkdir(parents=True)
        image.save(str(target))
    del app
    scalable = folder / "scalable" / "apps" / f"{NAME}.svg"
    scalable.parent.mkdir(parents=True)
    shutil.copy(source, scalable)


def _manual(target: Path, epoch: int) -> None:
    sys.path.insert(0, str(ROOT))
    from wizard.cli import parser
    from wizard.gui.start import parser as window

    target.parent.mkdir(parents=True)
    target.write_bytes(gzip.compress(manpage.page(parser(), window(), epoch).encode(), mtime=0))


def settle(root: Path, epoch: int) -> None:
    """Give every file the one time, and rights that do not depend on who builds."""
    for path in sorted(root.rglob("*"), reverse=True):
        if not path.is_symlink():
            program = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if program and not _library(path) else 0o644)
        os.utime(path, (epoch, epoch), follow_symlinks=False)
    root.chmod(0o755)
    os.utime(root, (epoch, epoch))


def _library(path: Path) -> bool:
    return path.is_file() and ".so" in path.name


def size(path: Path) -> int:
    """Return the bytes of a file, or of all files of a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(p.lstat().st_size for p in files if p.is_file() and not p.is_symlink())
