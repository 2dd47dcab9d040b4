"""Line icons, drawn from SVG in a colour of the theme."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from wizard.gui.theme import theme
from wizard.resource import resource


def icon(name: str, role: str = "text") -> QIcon:
    """Return an icon of `resources/icons` in the colour of a token; for buttons and lists."""
    made = QIcon()
    for size in (16, 24, 32, 48):
        made.addPixmap(pixmap(name, role, size))
    return made


def pixmap(name: str, role: str = "text", size: int = 20, ratio: float = 1.0) -> QPixmap:
    """Return an icon as a pixmap of `size` logical pixels for a screen of so many pixels each."""
    return _draw(name, getattr(theme().tokens, role), size, ratio)


@lru_cache(maxsize=512)
def _draw(name: str, colour: str, size: int, ratio: float) -> QPixmap:
    text = resource("icons").joinpath(f"{name}.svg").read_text(encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(text.replace("currentColor", colour).encode()))
    pixels = QSize(round(size * ratio), round(size * ratio))
    image = QImage(pixels, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, pixels.width(), pixels.height()))
    painter.end()
    made = QPixmap.fromImage(image)
    made.setDevicePixelRatio(ratio)
    return made
