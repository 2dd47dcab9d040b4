"""The program's icon for Windows, drawn from the same SVG as everywhere."""

from __future__ import annotations

import os
import struct
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

SIZES = (16, 20, 24, 32, 40, 48, 64, 256)  # what Windows asks for at 100 to 250 per cent
_PNG = 256  # from this size on as PNG, below as bitmap: what every program that reads icons knows


def ico(svg: Path) -> bytes:
    """Return an .ico file with the picture in every size."""
    app = QGuiApplication.instance() or QGuiApplication([])
    renderer = QSvgRenderer(str(svg), app)
    images = [_png(i) if i.width() >= _PNG else _bitmap(i) for i in _drawn(renderer)]
    head = struct.pack("<3H", 0, 1, len(SIZES))
    place = len(head) + 16 * len(SIZES)
    rows = b""
    for size, image in zip(SIZES, images, strict=True):
        side = size % 256  # 0 stands for 256
        rows += struct.pack("<4B2H2I", side, side, 0, 0, 1, 32, len(image), place)
        place += len(image)
    return head + rows + b"".join(images)


def _drawn(renderer: QSvgRenderer) -> list[QImage]:
    images = []
    for size in SIZES:
        image = QImage(size, size, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        renderer.render(painter)
        painter.end()
        images.append(image)
    return images


def _png(image: QImage) -> bytes:
    kept = QByteArray()
    buffer = QBuffer(kept)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(kept.data())


def _bitmap(image: QImage) -> bytes:
    """Return a BITMAPINFOHEADER, the pixels from the bottom up, and an empty mask."""
    size = image.width()
    upside_down = image.flipped(Qt.Orientation.Vertical)  # its bits live as long as it does
    pixels = bytes(upside_down.constBits())
    mask = bytes((size + 31) // 32 * 4 * size)
    header = struct.pack("<I2i2H6I", 40, size, 2 * size, 1, 32, 0, len(pixels), 0, 0, 0, 0)
    return header + pixels + mask
