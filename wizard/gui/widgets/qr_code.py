"""A QR code on its white ground, in light and dark."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QLabel


class QrCode(QLabel):
    """Shows the SVG of `wizard.handover.qr.svg`; `about` is what a screen reader says of it.

    Hidden while it has none.
    """

    def __init__(self, size: int = 168) -> None:
        super().__init__()
        self._size = size
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setFixedSize(QSize(size, size))
        self.hide()

    def show_code(self, svg: bytes, about: str) -> None:
        """Show another code; b"" shows none."""
        self.setVisible(bool(svg))
        self.setAccessibleName(about)
        if not svg:
            self.clear()
            return
        ratio = self.devicePixelRatioF()
        pixels = round(self._size * ratio)
        image = QImage(QSize(pixels, pixels), QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.white)
        painter = QPainter(image)
        QSvgRenderer(QByteArray(svg)).render(painter, QRectF(0, 0, pixels, pixels))
        painter.end()
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(ratio)
        self.setPixmap(pixmap)
