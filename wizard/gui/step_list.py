"""The steps at the leading side: a word and an icon for how each one stands."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from wizard.gui import icons
from wizard.gui.desk import Desk
from wizard.gui.theme import SPACE, theme
from wizard.site.flow import State, Step

STEP = Qt.ItemDataRole.UserRole
MARK = STEP + 1  # icon and token
WORD = STEP + 2

MARKS = {
    State.TODO: ("circle", "muted"),
    State.DONE: ("ok", "ok"),
    State.AGAIN: ("again", "warn"),
    State.ATTENTION: ("warn", "warn"),
}


class StepList(QListWidget):
    """Shows the walk; `chosen` is emitted with the Step that somebody wants to go to."""

    chosen = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("steps")
        self.setAccessibleName(self.tr("Steps"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setItemDelegate(_Rows(self))
        self._desk = desk
        self.locked = False
        desk.flow_changed.connect(self.renew)
        desk.known_changed.connect(self.renew)
        theme().changed.connect(self.viewport().update)
        self.itemActivated.connect(self._choose)
        self.itemClicked.connect(self._choose)

    def name(self, step: Step) -> str:
        """Return the name of a step."""
        return {
            Step.CONNECT: self.tr("Connect"),
            Step.STATIC_IP: self.tr("Fixed address"),
            Step.DOMAIN: self.tr("Domain name"),
            Step.CERTIFICATE: self.tr("Certificate"),
            Step.DNS_DHCP: self.tr("DNS and DHCP"),
            Step.ACCESS_POINT: self.tr("Wi-Fi"),
            Step.REVIEW: self.tr("Review"),
            Step.APPLY: self.tr("Apply"),
            Step.LIVE_CHECK: self.tr("Live check"),
            Step.READINESS: self.tr("Readiness"),
            Step.DONE: self.tr("Done"),
        }[step]

    def word(self, state: State, current: bool) -> str:
        """Return the word for how a step stands."""
        if current:
            return self.tr("you are here")
        return {
            State.TODO: self.tr("not yet"),
            State.DONE: self.tr("done"),
            State.AGAIN: self.tr("check again"),
            State.ATTENTION: self.tr("needs attention"),
        }[state]

    def renew(self) -> None:
        """Show how the steps stand now."""
        flow = self._desk.flow
        if [self.item(i).data(STEP) for i in range(self.count())] != list(flow.steps):
            self.clear()
            for step in flow.steps:
                item = QListWidgetItem(self)
                item.setData(STEP, step)
        for index, step in enumerate(flow.steps):
            item = self.item(index)
            state, current = self._desk.state(step), step is flow.step
            name, word = self.name(step), self.word(state, current)
            item.setText(name)
            item.setData(WORD, word)
            item.setData(MARK, MARKS[state])
            item.setData(
                Qt.ItemDataRole.AccessibleTextRole,
                self.tr("{name}, {word}").format(name=name, word=word),
            )
            item.setToolTip(item.data(Qt.ItemDataRole.AccessibleTextRole))
            may = current or (flow.open(step) and not self.locked)
            enabled = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
            item.setFlags(enabled if may else Qt.ItemFlag.NoItemFlags)
            if current:
                self.setCurrentRow(index)

    def lock(self, locked: bool) -> None:
        """Let nobody jump while the server is being changed."""
        if locked != self.locked:
            self.locked = locked
            self.renew()

    def _choose(self, item: QListWidgetItem) -> None:
        if item.flags() & Qt.ItemFlag.ItemIsEnabled:
            self.chosen.emit(Step(item.data(STEP)))  # Qt keeps a plain string of it

    def changeEvent(self, event: QEvent) -> None:
        """Grow with the font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.scheduleDelayedItemsLayout()


class _Rows(QStyledItemDelegate):
    """Draws a step on two lines: its name, and under it how it stands."""

    def sizeHint(
        self, option: QStyleOptionViewItem, _: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        height = option.fontMetrics.height()
        return QSize(10 * height, 2 * height + SPACE)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw one row; in high contrast in the colours of the system."""
        here = theme()
        tokens = here.tokens
        flags = index.flags()
        listing = self.parent()
        current = isinstance(listing, StepList) and listing.currentRow() == index.row()
        enabled = bool(flags & Qt.ItemFlag.ItemIsEnabled)
        text = option.palette.windowText().color() if here.plain else QColor(tokens.text)
        muted = text if here.plain else QColor(tokens.muted)
        rtl = option.direction == Qt.LayoutDirection.RightToLeft
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = option.rect.adjusted(SPACE, 1, -SPACE, -1)
        if current:
            ground = option.palette.base().color() if here.plain else QColor(tokens.surface)
            painter.setBrush(ground)
            painter.setPen(QPen(text if here.plain else QColor(tokens.line), 1))
            painter.drawRoundedRect(area, 6, 6)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(text if here.plain else QColor(tokens.accent))
            bar = QRect(
                area.right() - 3 if rtl else area.left(), area.top() + 6, 4, area.height() - 12
            )
            painter.drawRoundedRect(bar, 2, 2)
        if option.state & QStyle.StateFlag.State_HasFocus and current:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(text if here.plain else QColor(tokens.accent), 2))
            painter.drawRoundedRect(area, 6, 6)
        elif option.state & QStyle.StateFlag.State_MouseOver and enabled and not current:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(muted, 1))
            painter.drawRoundedRect(area, 6, 6)
        size = round(option.fontMetrics.height() * 1.25)
        name, token = index.data(MARK)
        x = area.right() - 2 * SPACE - size if rtl else area.left() + 2 * SPACE
        y = area.center().y() - size // 2
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(x, y, icons.pixmap(name, token, size, ratio))
        start = area.left() + SPACE if rtl else x + size + int(1.25 * SPACE)
        width = (x - SPACE - start) if rtl else area.right() - SPACE - start
        font = QFont(option.font)
        font.setBold(current)
        painter.setFont(font)
        painter.setPen(text if enabled or current else muted)
        half = option.fontMetrics.height()
        top = area.center().y() - half
        align = Qt.AlignmentFlag.AlignVCenter | (
            Qt.AlignmentFlag.AlignRight if rtl else Qt.AlignmentFlag.AlignLeft
        )
        metrics = painter.fontMetrics()
        title = metrics.elidedText(index.data(), Qt.TextElideMode.ElideRight, width)
        painter.drawText(QRect(start, top, width, half), align, title)
        small = QFont(option.font)
        small.setPointSizeF(option.font.pointSizeF() * 0.88)
        painter.setFont(small)
        painter.setPen(muted)
        word = painter.fontMetrics().elidedText(
            index.data(WORD), Qt.TextElideMode.ElideRight, width
        )
        painter.drawText(QRect(start, top + half, width, half), align, word)
        painter.restore()
