"""One picture of the site's addresses: who has which, and how many are left."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from wizard.gui.theme import SPACE, theme
from wizard.gui.widgets.text import label
from wizard.site.range_map import Part, Use, counts

LOOK = {
    Use.SERVER: ("text", Qt.BrushStyle.SolidPattern),
    Use.GATEWAY: ("warn", Qt.BrushStyle.Dense3Pattern),
    Use.RESERVED: ("ok", Qt.BrushStyle.BDiagPattern),
    Use.RANGE: ("accent", Qt.BrushStyle.SolidPattern),
    Use.FREE: ("line", Qt.BrushStyle.NoBrush),
}
EXACT = 256  # addresses up to which lengths are true to scale
SMALLEST = 7.0  # logical pixels for a single address


def widths(found: Sequence[Part], room: float) -> list[float]:
    """Return how wide each part is drawn, in sum `room`: by its count, but never too narrow.

    Networks of more than 256 addresses are drawn by the logarithm, or a phone's share of a
    network of 65,000 could not be seen.
    """
    if not found:
        return []
    exact = sum(part.count for part in found) <= EXACT
    wanted = [float(p.count) if exact else math.log2(1 + p.count) for p in found]
    least = min(SMALLEST, room / len(found))
    rest = room - least * len(found)
    extra = [max(0.0, w - 1) for w in wanted]
    whole = sum(extra)
    return [least + (rest * e / whole if whole else rest / len(found)) for e in extra]


class RangeBar(QWidget):
    """The bar with its first and last address, and a legend with words and counts.

    The whole picture is told in words too, as the widget's accessible name.
    """

    def __init__(self) -> None:
        super().__init__()
        self._bar = _Bar()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        column.addWidget(self._bar)
        self._scale = label("", "hint")
        column.addWidget(self._scale)
        self._legend = QGridLayout()
        self._legend.setHorizontalSpacing(SPACE)
        self._legend.setVerticalSpacing(SPACE // 2)
        self._legend.setColumnStretch(1, 1)
        self._legend.setColumnStretch(3, 1)
        column.addLayout(self._legend)
        self._parts: tuple[Part, ...] = ()

    def show_parts(self, found: tuple[Part, ...]) -> None:
        """Show the parts of a network; hidden while there are none."""
        self.setVisible(bool(found))
        if found == self._parts:
            return
        self._parts = found
        self._bar.show_parts(found)
        while item := self._legend.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        for index, (use, text) in enumerate(self.words().items()):
            row, column = divmod(index, 2)
            self._legend.addWidget(_Swatch(use), row, 2 * column, Qt.AlignmentFlag.AlignTop)
            self._legend.addWidget(label(text), row, 2 * column + 1, Qt.AlignmentFlag.AlignTop)
        self._scale.setVisible(sum(p.count for p in found) > EXACT)
        self._scale.setText(self.tr("Lengths are not to scale: the network is large."))
        self.setAccessibleName(
            " ".join(
                [self.tr("Addresses of the network."), *(f"{w}." for w in self.words().values())]
            )
        )

    def words(self) -> dict[Use, str]:
        """Return what the legend says of each use that occurs."""
        said: dict[Use, str] = {}
        for use, count in counts(self._parts).items():
            its = [p for p in self._parts if p.use is use]
            span = (its[0].first, its[-1].last)
            said[use] = {
                Use.SERVER: self.tr("Server: {first}"),
                Use.GATEWAY: self.tr("Gateway: {first}"),
                Use.RESERVED: self.tr("Kept for a device: {first}")
                if count == 1
                else self.tr("Kept for devices: {count}"),
                Use.RANGE: self.tr("Handed out to phones and laptops: {count}, {first} to {last}"),
                Use.FREE: self.tr("Free: {count}"),
            }[use].format(count=f"{count:,}", first=span[0], last=span[1])
        return said


class _Bar(QWidget):
    """The painted line, with the addresses at its ends and at those of the range."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: tuple[Part, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def show_parts(self, found: tuple[Part, ...]) -> None:
        """Draw these."""
        self._parts = found
        self.update()

    def sizeHint(self) -> QSize:
        """Two and a half lines of text high."""
        height = self.fontMetrics().height()
        return QSize(20 * height, self._thick + SPACE // 2 + height)

    def minimumSizeHint(self) -> QSize:
        """Narrow enough for large text."""
        return QSize(10 * self.fontMetrics().height(), self.sizeHint().height())

    @property
    def _thick(self) -> int:
        return round(1.5 * self.fontMetrics().height())

    def changeEvent(self, event: QEvent) -> None:
        """Grow with the font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the parts in the direction of reading."""
        if not self._parts:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = QRectF(0.5, 0.5, self.width() - 1, self._thick - 1)
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        shape = QPainterPath()
        shape.addRoundedRect(line, 5, 5)
        painter.save()
        painter.setClipPath(shape)
        at = line.left()
        marks: list[tuple[float, str, bool]] = []  # where, what, whether it ends there
        for part, width in zip(self._parts, widths(self._parts, line.width()), strict=True):
            left = line.right() + line.left() - at - width if rtl else at
            _fill(painter, QRectF(left, line.top(), width, line.height()), part.use, self)
            if part.use is Use.RANGE:
                start, stop = (left + width, left) if rtl else (left, left + width)
                marks += [(start, str(part.first), rtl), (stop, str(part.last), not rtl)]
            at += width
        painter.restore()
        painter.setPen(QPen(_ink(self, "control"), 1))
        painter.drawPath(shape)
        first, last = str(self._parts[0].first), str(self._parts[-1].last)
        near, far = (last, first) if rtl else (first, last)
        ends = [(line.left(), near, False), (line.right(), far, True)]
        range_ends = [marks[0], marks[-1]] if marks else []
        self._label(painter, [*ends, *range_ends])

    def _label(self, painter: QPainter, wanted: list[tuple[float, str, bool]]) -> None:
        """Write each text under its place; one that would lie over another is left out."""
        metrics = self.fontMetrics()
        taken: list[tuple[float, float]] = []
        painter.setPen(_ink(self, "muted"))
        for x, text, ends_there in wanted:
            width = metrics.horizontalAdvance(text)
            left = max(0.0, min(x - width if ends_there else x, self.width() - width))
            if any(left < b + SPACE and left + width > a - SPACE for a, b in taken):
                continue
            taken.append((left, left + width))
            painter.drawText(QPointF(left, self._thick + SPACE // 2 + metrics.ascent()), text)


class _Swatch(QWidget):
    """A square of the legend."""

    def __init__(self, use: Use) -> None:
        super().__init__()
        self._use = use
        side = self.fontMetrics().height()
        self.setFixedSize(side, side)
        theme().changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it as the bar does."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        shape = QPainterPath()
        shape.addRoundedRect(area, 3, 3)
        painter.save()
        painter.setClipPath(shape)
        _fill(painter, area, self._use, self)
        painter.restore()
        painter.setPen(QPen(_ink(self, "control"), 1))
        painter.drawPath(shape)


def _ink(widget: QWidget, token: str) -> QColor:
    """Return a colour of the theme; in high contrast the system's."""
    here = theme()
    return (
        widget.palette().windowText().color() if here.plain else QColor(getattr(here.tokens, token))
    )


def _fill(painter: QPainter, area: QRectF, use: Use, widget: QWidget) -> None:
    """Fill an area so that uses differ in pattern and not by colour alone."""
    token, pattern = LOOK[use]
    if theme().plain and use is Use.RANGE:
        pattern = Qt.BrushStyle.Dense5Pattern
    ground = widget.palette().base() if theme().plain else QBrush(QColor(theme().tokens.surface))
    painter.fillRect(area, ground)
    if pattern is not Qt.BrushStyle.NoBrush:
        painter.fillRect(area, QBrush(_ink(widget, token), pattern))
