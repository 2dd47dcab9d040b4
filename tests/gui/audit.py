"""What is asked of every page: names, keys, order, room. One function per question, each returns
what is wrong."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QTabBar,
    QTextEdit,
    QWidget,
)


def controls(window: QWidget) -> Iterator[QWidget]:
    """Everything visible that the keyboard can reach, in Tab order."""
    at: QWidget | None = window.nextInFocusChain()
    seen = 0
    while at is not None and at is not window and seen < 2000:
        seen += 1
        inside = isinstance(at.parent(), QAbstractSpinBox | QComboBox)
        if (
            at.isVisible()
            and at.isEnabled()
            and at.focusPolicy() & Qt.FocusPolicy.TabFocus
            and not inside
            and at.window() is window
            and not isinstance(at, QScrollArea)
        ):
            yield at
        at = at.nextInFocusChain()


def nameless(window: QWidget) -> list[str]:
    """Controls that a screen reader has no name for."""
    bad = []
    for control in controls(window):
        interface = QAccessible.queryAccessibleInterface(control)
        name = interface.text(QAccessible.Text.Name) if interface is not None else ""
        if not name.strip():
            bad.append(_describe(control))
    return bad


def unreachable(window: QWidget) -> list[str]:
    """Visible controls that Tab never comes to."""
    reached = set(controls(window))
    kinds = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QAbstractItemView)
    bad = []
    for kind in kinds:
        for widget in window.findChildren(kind):
            inside = isinstance(widget.parent(), QAbstractSpinBox | QComboBox | QLineEdit)
            header = isinstance(widget.parent(), QAbstractItemView)
            group = isinstance(widget, QAbstractButton) and widget.group() is not None
            radio = isinstance(widget, QAbstractButton) and widget.autoExclusive()
            scroll = "ScrollBar" in type(widget.parent()).__name__ or isinstance(
                widget.parent(), QTabBar
            )
            if inside or header or group or radio or scroll:
                continue
            if widget.isVisible() and widget.isEnabled() and widget not in reached:
                bad.append(_describe(widget))
    return bad


def out_of_order(window: QWidget, page: QWidget) -> list[str]:
    """Controls of a page that Tab reaches before something above them."""
    rows = [
        (control, control.mapTo(window, QPoint(0, 0)))
        for control in controls(window)
        if page.isAncestorOf(control)
    ]
    bad = []
    for (one, here), (other, there) in itertools.pairwise(rows):
        if there.y() + other.height() <= here.y():
            bad.append(f"{_describe(other)} after {_describe(one)}")
    return bad


def same_keys(window: QWidget) -> list[str]:
    """Mnemonics that two visible things share."""
    keys: Counter[str] = Counter()
    owners: dict[str, list[str]] = {}
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or not isinstance(widget, QLabel | QAbstractButton):
            continue
        if isinstance(widget, QLabel) and widget.buddy() is None:
            continue
        found = re.search(r"&(\w)", widget.text().replace("&&", ""))
        if found:
            key = found[1].lower()
            keys[key] += 1
            owners.setdefault(key, []).append(_describe(widget))
    return [f"Alt+{key}: {', '.join(owners[key])}" for key, count in keys.items() if count > 1]


def clipped(window: QWidget) -> list[str]:
    """Texts that have less room than they need, and parts that lie outside of what scrolls."""
    bad = []
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or widget.width() == 0:
            continue
        if isinstance(widget, QLabel) and widget.text() and widget.pixmap().isNull():
            needed = (
                widget.heightForWidth(widget.width())
                if widget.wordWrap()
                else widget.sizeHint().height()
            )
            if widget.height() + 1 < needed or (
                not widget.wordWrap() and widget.width() + 1 < widget.sizeHint().width()
            ):
                bad.append(f"{_describe(widget)}: {widget.size()} needs {needed}")
        inside = isinstance(widget.parent(), QLineEdit)  # an icon whose text is for listeners
        if isinstance(widget, QAbstractButton) and widget.text() and not inside:
            metrics = widget.fontMetrics()
            plain = widget.text().replace("&", "")
            if widget.width() < metrics.horizontalAdvance(plain):
                bad.append(f"{_describe(widget)}: too narrow")
            if widget.height() < metrics.height():
                bad.append(f"{_describe(widget)}: too low")
    return bad


def too_wide(window: QWidget) -> list[str]:
    """Scroll areas that have to be scrolled sideways."""
    return [
        f"{inside.minimumSizeHint().width()} > {area.viewport().width()}"
        for area in window.findChildren(QScrollArea)
        if area.isVisible()
        and (inside := area.widget()) is not None
        and area.horizontalScrollBar().maximum() > 0
    ]


def texts(window: QWidget) -> Iterator[str]:
    """Every visible text that the program itself says."""
    for widget in window.findChildren(QWidget):
        if not widget.isVisible():
            continue
        if isinstance(widget, QLabel | QAbstractButton) and widget.text():
            yield widget.text()
        elif isinstance(widget, QTextEdit):
            continue


def _describe(widget: QWidget) -> str:
    text = widget.accessibleName() or (widget.text() if hasattr(widget, "text") else "")
    return f"{type(widget).__name__} {widget.objectName()!r} {str(text)[:40]!r}"
