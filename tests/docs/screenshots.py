"""Renews the pictures of the window in README.md and the user guide, from a real walk.

`python -m tests.docs.screenshots` takes the tour through the practice clinic, offscreen, and keeps
the pictures that are shown, each with a palette of its own: a third of the size.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures" / "window"
SIZE = (900, 740)  # logical pixels: more of a page than at first, and still readable on one
COLOURS, APART = 256, 6  # how many, and by how much of 255 in one channel

KEPT = {  # name -> what the tour calls it; its numbers change when it makes another stop
    "start": "light/start",
    "practise": "light/set-up-??-choose",
    "connect": "light/set-up-??-connect",
    "prechecks": "light/set-up-??-prechecks",
    "static-ip": "light/set-up-??-static-ip",
    "domain": "light/set-up-??-domain",
    "certificate": "light/set-up-??-certificate",
    "dns-dhcp": "light/set-up-??-dns-dhcp",
    "access-point": "light/set-up-??-access-point",
    "review": "light/set-up-??-review",
    "review-dark": "dark/set-up-??-review",
    "apply": "light/set-up-??-apply",
    "live-check": "light/set-up-??-live-check",
    "readiness": "light/set-up-??-readiness",
    "done": "light/set-up-??-done",
    "renew": "light/renew-??-review",
}


def small(picture: QImage) -> QImage:
    """Return a picture in few colours: the frequent ones that differ by more than an eye sees.

    By frequency alone a small green tick would lose its green to the greys of letters.
    """
    plain = picture.convertToFormat(QImage.Format.Format_RGB32)
    counted = Counter(memoryview(bytes(plain.constBits())).cast("I"))
    table: list[tuple[int, int, int]] = []
    for value, _ in counted.most_common():
        colour = (value >> 16 & 255, value >> 8 & 255, value & 255)
        if len(table) < COLOURS and all(_far(colour, other) for other in table):
            table.append(colour)
    near = Qt.ImageConversionFlag.ThresholdDither | Qt.ImageConversionFlag.AvoidDither
    values = [0xFF000000 | red << 16 | green << 8 | blue for red, green, blue in table]
    return plain.convertToFormat(QImage.Format.Format_Indexed8, values, near)


def _far(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    return any(abs(a - b) >= APART for a, b in zip(one, other, strict=True))


def keep(tour: Path, folder: Path = FOLDER) -> None:
    """Keep the chosen pictures of a tour, and no others. Raises LookupError for a missing one."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, pattern in KEPT.items():
        found = sorted(tour.glob(f"{pattern}.png"))
        if len(found) != 1:
            raise LookupError(f"{len(found)} pictures are called {pattern}")
        if not small(QImage(str(found[0]))).save(str(folder / f"{name}.png"), quality=0):
            raise OSError(f"{name} could not be written")
    for path in folder.glob("*.png"):
        if path.stem not in KEPT:
            path.unlink()


def main() -> int:
    """Take the tour, keep the pictures, say how large they are."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from wizard.gui.tour import Tour

    with tempfile.TemporaryDirectory() as folder:
        tour = Path(folder)
        Tour(tour, lambda stop: print(f"{stop.walk}: {stop.name}"), size=SIZE).run()
        keep(tour)
    kept = sorted(FOLDER.glob("*.png"))
    total = sum(path.stat().st_size for path in kept)
    print(f"{len(kept)} pictures, {total / 1000:.0f} kB in {FOLDER.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
