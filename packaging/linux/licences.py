"""The licence texts of everything that is packed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

NAMES = ("LICEN", "COPYING", "NOTICE", "AUTHORS")
COMMON = Path("/usr/share/common-licenses")
# Not only for Qt: what its wheel names by a code has to be there as a text.
TEXTS = ("LGPL-3", "GPL-3", "LGPL-2.1", "Apache-2.0")
NOT_PACKED = ("altgraph", "packaging", "pip", "pyinstaller", "setuptools", "wheel")


def packed() -> list[Distribution]:
    """Return the libraries of this Python that go into the program."""
    found = {d.metadata["Name"].lower(): d for d in distributions()}
    return [d for name, d in sorted(found.items()) if not name.startswith(NOT_PACKED)]


def licence(library: Distribution) -> str:
    """Return what a library says about its licence, in a few words."""
    said = library.metadata
    for key in ("License-Expression", "License"):
        if said.get(key) and "\n" not in said[key]:
            return str(said[key])
    tail = (c.rpartition(" :: ")[2] for c in said.get_all("Classifier") or () if "License" in c)
    return " and ".join(tail) or "see its text"


def texts(library: Distribution) -> Iterator[Path]:
    """Yield the files with the licence of a library."""
    for file in library.files or ():
        path = Path(str(file))
        inside = any(part.endswith(".dist-info") for part in path.parts)
        if inside and path.name.upper().startswith(NAMES):
            yield Path(str(library.locate_file(file)))


def write(folder: Path, root: Path) -> None:
    """Write a list of what is packed, and every licence text, to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(root / "LICENSE", folder / "cht-offline-setup.txt")
    for name in TEXTS:
        shutil.copy(COMMON / name, folder / f"{name}.txt")
    lines = []
    for library in packed():
        name = library.metadata["Name"]
        lines.append(f"{name} {library.version}: {licence(library)}\n")
        for path in texts(library):
            target = folder / name / path.name
            target.parent.mkdir(exist_ok=True)
            shutil.copy(path, target)
    (folder / "LIST.txt").write_text(HEAD + "".join(lines), "utf-8")


HEAD = """\
This program is packed with these libraries, with CPython (PSF licence), and with libraries of the
system that it was packed on (Debian: see /usr/share/doc/PACKAGE/copyright there).

Qt, PySide6 and Shiboken are used under the GNU Lesser General Public License, version 3. They are
unchanged, and they are files of their own in the folder PySide6: you may replace them by your own.
Their sources are at https://download.qt.io/official_releases/QtForPython/ and
https://download.qt.io/official_releases/qt/, each under its version, which is below.

"""
