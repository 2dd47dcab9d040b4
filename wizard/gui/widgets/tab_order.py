"""Tab goes down the page, also after parts of it were made anew."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QLayout,
    QLineEdit,
    QTabWidget,
    QWidget,
)

WHOLE = (QAbstractScrollArea, QAbstractSpinBox, QComboBox, QLineEdit)
"""Inputs whose inner parts are their own business."""


def follow_layout(root: QWidget) -> None:
    """Let Tab visit everything inside in the order of the layouts."""
    for before, after in pairwise(_controls(root)):
        QWidget.setTabOrder(before, after)


def _controls(widget: QWidget) -> Iterator[QWidget]:
    if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
        yield widget
    if isinstance(widget, WHOLE):
        return
    if isinstance(widget, QTabWidget):
        yield widget.tabBar()
        for index in range(widget.count()):
            if inside := widget.widget(index):
                yield from _controls(inside)
    layout = widget.layout()
    if layout is not None:
        yield from _inside(layout)


def _inside(layout: QLayout) -> Iterator[QWidget]:
    for index in range(layout.count()):
        item = layout.itemAt(index)
        if item is None:
            continue
        widget, deeper = item.widget(), item.layout()
        if widget is not None:
            yield from _controls(widget)
        elif deeper is not None:
            yield from _inside(deeper)
