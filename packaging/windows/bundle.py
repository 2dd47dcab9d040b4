"""Lays out the program's folder as Windows laptops get it: Python, packages, command, licences."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from fetch import HERE, Refused, unpack, write
from icon import ico
from libraries import closure, needs

ROOT = HERE.parents[1]

# Of Qt: the modules that wizard/gui imports, and the plug-ins that they load by themselves.
MODULES = ("QtCore", "QtGui", "QtWidgets", "QtSvg", "QtTest")
PLUGINS = (
    "platforms/qwindows.dll",
    "platforms/qoffscreen.dll",  # the tour and the self-test where nobody looks on
    "styles/qmodernwindowsstyle.dll",
    "iconengines/qsvgicon.dll",
    "imageformats/qico.dll",
    "imageformats/qjpeg.dll",
    "imageformats/qsvg.dll",
)
PYTHON_PARTS = ("__init__.py", "_config.py", "_git_pyside_version.py")
TRANSLATIONS = "qtbase_"
QT_PACKAGES = ("PySide6", "shiboken6")

# Through this module Python asks Windows' management service (WMI) for the system's name. The
# answer can take seconds; without the module Python knows other ways.
WITHOUT = ("_wmi.pyd",)

# Of no use where nothing is compiled or tested.
SUFFIXES = (".pyi", ".lib", ".h", ".c", ".cpp", ".pxd", ".pyx", ".typed")
FOLDERS = {"tests", "include"}
COMPANY = ("qt6", "pyside6", "shiboken6", "msvcp", "vcruntime", "concrt", "python3")


def lay_out(
    to: Path, python: bytes, source: Mapping[str, str], wheels: list[Path], *, bare: bool = False
) -> None:
    """Fill an empty folder. `bare` takes all of Qt: what the sizes are compared with."""
    shutil.rmtree(to, ignore_errors=True)
    unpack(python, source, to / "runtime")
    for name in WITHOUT:
        (to / "runtime" / name).unlink()
    _search_path(to / "runtime")
    for wheel in wheels:
        _install(wheel, to / "packages")
    if not bare:
        _only_what_is_used(to / "packages")
        resources = to / "packages" / "wizard" / "_resources"
        sums = ROOT / "packaging" / "sums.py"
        subprocess.run([sys.executable, str(sums), str(resources)], check=True)
        _is_whole(to)  # Essentials alone are not: some plug-ins want Addons
    _texts(to)


def finish(to: Path, epoch: int) -> tuple[int, int]:
    """Give every file the same date; return how many there are and their bytes together."""
    paths = sorted(to.rglob("*"))
    for path in (*paths, to):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (epoch, epoch))
    files = [path for path in paths if path.is_file()]
    return len(files), sum(path.stat().st_size for path in files)


def _search_path(runtime: Path) -> None:
    """Say where Python looks for modules; with such a file, nowhere else."""
    path = next(runtime.glob("python3*._pth"))
    library = next(runtime.glob("python3*.zip")).name
    path.write_bytes(f"{library}\r\n.\r\n..\\packages\r\n".encode())


def _install(wheel: Path, to: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            parts = name.split("/")
            aside = name.endswith(("/", *SUFFIXES)) or FOLDERS & set(parts[1:-1])
            # RECORD lists what was left out, too.
            if not aside and not name.endswith((".dist-info/RECORD", ".pyc")):
                write(to / name, archive.read(name))


def _only_what_is_used(packages: Path) -> None:
    folders = [packages / name for name in QT_PACKAGES]
    binaries = [f for d in folders for f in d.rglob("*") if f.suffix in (".dll", ".pyd", ".exe")]
    qt = folders[0]
    roots = [qt / f"{module}.pyd" for module in MODULES]
    roots += [qt / "plugins" / plugin for plugin in PLUGINS]
    roots += [folders[1] / "Shiboken.pyd"]
    # Both packages bring Microsoft's runtime; PySide6 finds its own copy first.
    kept = closure(roots, [*folders[1].glob("*.dll"), *qt.glob("*.dll")])
    for path in binaries:
        if path not in kept:
            path.unlink()
    for path in [p for p in qt.rglob("*") if p.is_file() and p not in kept]:
        inside = path.relative_to(qt).as_posix()
        if inside not in PYTHON_PARTS and not inside.startswith(f"translations/{TRANSLATIONS}"):
            path.unlink()
    shutil.rmtree(folders[1] / "lib", ignore_errors=True)
    for folder in sorted((p for p in qt.rglob("*") if p.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def _is_whole(to: Path) -> None:
    """Refuse a bundle in which a library lacks one that Windows does not bring."""
    binaries = [p for p in to.rglob("*") if p.suffix in (".dll", ".pyd", ".exe")]
    present = {p.name.lower() for p in binaries}
    for path in binaries:
        missing = [n for n in needs(path) - present if n.startswith(COMPANY)]
        if missing:
            raise Refused(f"{path.relative_to(to)} needs {', '.join(sorted(missing))}.")


def _texts(to: Path) -> None:
    write(to / "app.ico", ico(ROOT / "resources" / "icons" / "app.svg"))
    command = (HERE / "cht-offline-setup.cmd").read_text(encoding="ascii")
    write(to / "bin" / "cht-offline-setup.cmd", command.replace("\n", "\r\n").encode("ascii"))
    write(to / "setup" / "settle.py", (HERE / "settle.py").read_bytes())
    licences = to / "licences"
    write(licences / "README.txt", _windows_text(HERE / "licences.txt"))
    write(licences / "CHT-Offline-Setup.txt", _windows_text(ROOT / "LICENSE"))
    write(licences / "Python.txt", (to / "runtime" / "LICENSE.txt").read_bytes())
    for name in ("LGPL-3", "GPL-3"):
        text = Path("/usr/share/common-licenses") / name
        if not text.exists():
            raise Refused(f"The text of {name} is not at {text}: build on Debian or Ubuntu.")
        write(licences / f"Qt-{name}.txt", _windows_text(text))


def _windows_text(path: Path) -> bytes:
    return path.read_text(encoding="utf-8").replace("\n", "\r\n").encode()
