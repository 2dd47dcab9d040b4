"""Sheets on paper: HTML and pictures laid out on A4, to a PDF or to images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QFont,
    QFontDatabase,
    QImage,
    QPageSize,
    QPainter,
    QPdfWriter,
    QPyTextObject,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextOption,
)
from PySide6.QtSvg import QSvgRenderer

PER_INCH = 96.0
"""All lengths of a sheet are pixels of CSS, so that it looks the same on every screen and paper."""

PAPER = QSizeF(210 / 25.4 * PER_INCH, 297 / 25.4 * PER_INCH)
SIDE, TOP, BOTTOM = 53.0, 45.0, 60.0  # 14 mm, and room for the foot
TEXT_SIZE = 12
RESOLUTION = 1200


class _Pictures(QPyTextObject):
    """Draws the images of a document as vectors; Qt's own way makes coarse pixels of them."""

    def __init__(self, images: Mapping[str, bytes], font: QFont) -> None:
        super().__init__()
        self._font = font
        self._drawn = {name: _load(name, data) for name, data in images.items()}

    def intrinsicSize(self, _doc: QTextDocument, _position: int, form: QTextFormat) -> QSizeF:
        image = form.toImageFormat()
        return QSizeF(image.width(), image.height())

    def drawObject(
        self,
        painter: QPainter,
        rect: QRectF | object,
        _doc: QTextDocument,
        _position: int,
        form: QTextFormat,
    ) -> None:
        assert isinstance(rect, QRectF)
        picture = self._drawn[form.toImageFormat().name()]
        if isinstance(picture, QImage):
            painter.drawImage(rect, picture)
            return
        painter.save()
        painter.setFont(self._font)
        picture.render(painter, rect)
        painter.restore()


class _Sheet:
    """A document laid out for A4, and what it needs to stay alive while it is drawn."""

    def __init__(self, html: str, images: Mapping[str, bytes]) -> None:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        font.setPixelSize(TEXT_SIZE)
        # Widths rounded for a screen would be seen as uneven letters on paper.
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        self.font = font
        self.document = QTextDocument()
        self.document.setUseDesignMetrics(True)
        self.document.setDefaultFont(font)
        option = self.document.defaultTextOption()
        # A domain can be longer than a line.
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.document.setDefaultTextOption(option)
        self.document.setHtml(html)
        wanted = {
            form.toImageFormat().name()
            for form in self.document.allFormats()
            if form.isImageFormat()
        }
        if missing := wanted - set(images):
            raise KeyError(f"no image for {', '.join(sorted(missing))}")
        self.pictures = _Pictures(images, font)
        layout = self.document.documentLayout()
        layout.registerHandler(QTextFormat.ObjectTypes.ImageObject.value, self.pictures)
        frame = QTextFrameFormat(self.document.rootFrame().frameFormat())
        frame.setLeftMargin(SIDE)
        frame.setRightMargin(SIDE)
        frame.setTopMargin(TOP)
        frame.setBottomMargin(BOTTOM)
        self.document.rootFrame().setFrameFormat(frame)
        self.document.setPageSize(PAPER)

    def count(self) -> int:
        return self.document.pageCount()

    def draw(self, painter: QPainter, page: int, title: str) -> None:
        painter.save()
        painter.setClipRect(QRectF(0, 0, PAPER.width(), PAPER.height()))
        painter.save()
        painter.translate(0, -page * PAPER.height())
        self.document.drawContents(
            painter, QRectF(0, page * PAPER.height(), PAPER.width(), PAPER.height())
        )
        painter.restore()
        self._foot(painter, page, title)
        painter.restore()

    def _foot(self, painter: QPainter, page: int, title: str) -> None:
        """The title and the number of the page: sheets fall out of folders."""
        font = QFont(self.font)
        font.setPixelSize(10)
        painter.setFont(font)
        painter.setPen(Qt.GlobalColor.darkGray)
        line = QRectF(SIDE, PAPER.height() - BOTTOM + 22, PAPER.width() - 2 * SIDE, 16)
        number = f"{page + 1} / {self.count()}"
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, number)
        room = line.adjusted(0, 0, -60, 0)
        short = painter.fontMetrics().elidedText(
            title, Qt.TextElideMode.ElideRight, int(room.width())
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft, short)


def pdf(html: str, images: Mapping[str, bytes], *, title: str) -> bytes:
    """Return a sheet as PDF. To be called in the window's thread: the layout starts timers of Qt.

    `images`: name in the HTML -> SVG or PNG; each needs width and height there, in pixels.
    Raises KeyError for an image that is not there, ValueError for one that cannot be read.
    """
    sheet = _Sheet(html, images)
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF())
    writer.setResolution(RESOLUTION)
    writer.setTitle(title)
    writer.setCreator("CHT Offline Setup")
    painter = QPainter(writer)
    painter.scale(RESOLUTION / PER_INCH, RESOLUTION / PER_INCH)
    for page in range(sheet.count()):
        if page:
            writer.newPage()
        sheet.draw(painter, page, title)
    painter.end()
    buffer.close()
    return bytes(data.data())


def pages(
    html: str, images: Mapping[str, bytes], *, title: str = "", scale: float = 1.0
) -> list[QImage]:
    """Return a sheet as one image per page, white, 794 by 1123 pixels times `scale`.

    Raises KeyError and ValueError as `pdf` does.
    """
    return list(_pages(_Sheet(html, images), title, scale))


def _pages(sheet: _Sheet, title: str, scale: float) -> Iterator[QImage]:
    size = (PAPER * scale).toSize()
    for page in range(sheet.count()):
        image = QImage(size, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.white)
        painter = QPainter(image)
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        painter.scale(scale, scale)
        sheet.draw(painter, page, title)
        painter.end()
        yield image


def _load(name: str, data: bytes) -> QImage | QSvgRenderer:
    if data.startswith(b"\x89PNG"):
        image = QImage.fromData(data)
        if not image.isNull():
            return image
    elif (picture := QSvgRenderer(QByteArray(data))).isValid():
        return picture
    raise ValueError(f"the image {name} cannot be read")
