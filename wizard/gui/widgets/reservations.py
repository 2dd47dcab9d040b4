"""A table of addresses that are kept for certain devices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from wizard.gui import icons
from wizard.gui.theme import SPACE, theme
from wizard.gui.widgets.field import TONE
from wizard.problem import Problem
from wizard.site.lists import mac, reservations
from wizard.site.model import Reservation

COLUMNS = ("mac", "address", "name")
NOWHERE = QModelIndex()


class ReservationsModel(QAbstractTableModel):
    """Rows of the site's reservations; `edited` comes when the user changed one."""

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[Reservation, ...] = ()
        self._problems: dict[tuple[int, str], Problem] = {}

    def show_rows(self, rows: tuple[Reservation, ...]) -> None:
        """Show these."""
        if rows == self.rows:
            return
        self.beginResetModel()
        self.rows, self._problems = rows, {}
        self.endResetModel()

    def show_problems(self, found: Sequence[Problem]) -> None:
        """Mark the cells ("dns_dhcp.reservations[2].mac") that have something wrong."""
        marked: dict[tuple[int, str], Problem] = {}
        for problem in found:
            row, _, column = problem.field.partition("[")[2].partition("].")
            if row.isdigit():
                marked.setdefault((int(row), column), problem)
        if marked != self._problems:
            self._problems = marked
            if self.rows:
                last = self.index(len(self.rows) - 1, len(COLUMNS) - 1)
                self.dataChanged.emit(self.index(0, 0), last)

    def put(self, row: int, column: str, text: str) -> None:
        """Change one cell; a hardware address gets its usual writing."""
        text = mac(text.strip()) if column == "mac" else text.strip()
        changed = replace(self.rows[row], **{column: text})
        if changed == self.rows[row]:
            return
        self.rows = (*self.rows[:row], changed, *self.rows[row + 1 :])
        self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))
        self.edited.emit()

    def insert(self, new: Sequence[Reservation]) -> None:
        """Put rows at the end."""
        if new:
            self.beginInsertRows(NOWHERE, len(self.rows), len(self.rows) + len(new) - 1)
            self.rows = (*self.rows, *new)
            self.endInsertRows()
            self.edited.emit()

    def remove(self, rows: Sequence[int]) -> None:
        """Take rows away."""
        if rows:
            self.beginResetModel()
            self.rows = tuple(r for i, r in enumerate(self.rows) if i not in rows)
            self._problems = {}
            self.endResetModel()
            self.edited.emit()

    # ------------------------------------------------------------------ what Qt asks

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = NOWHERE) -> int:
        """One per reservation."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = NOWHERE) -> int:
        """Device, address, name."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Words above the columns, numbers beside the rows."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation is Qt.Orientation.Vertical:
            return section + 1
        return (self.tr("Device (MAC)"), self.tr("Address"), self.tr("Name, optional"))[section]

    def data(
        self,
        index: QModelIndex | QPersistentModelIndex,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """What a cell shows, and what is wrong with it."""
        column = COLUMNS[index.column()]
        value = getattr(self.rows[index.row()], column)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return value
        problem = self._problems.get((index.row(), column))
        words = f"{problem.message} {problem.cure}".strip() if problem is not None else ""
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{value} {words}".strip()
        tone = TONE[problem.severity] if problem is not None else ""
        if role == Qt.ItemDataRole.DecorationRole:
            return icons.icon(tone, tone) if tone else None
        return words if role == Qt.ItemDataRole.ToolTipRole and words else None

    def setData(
        self,
        index: QModelIndex | QPersistentModelIndex,
        value: Any,
        role: int = Qt.ItemDataRole.EditRole,
    ) -> bool:
        """Take what was typed into a cell."""
        if role != Qt.ItemDataRole.EditRole:
            return False
        self.put(index.row(), COLUMNS[index.column()], str(value))
        return True

    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        """Every cell can be edited."""
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable


class _Table(QTableView):
    """Del removes, pasting adds; Tab leaves the table instead of walking through its cells."""

    pasted = Signal(str)
    removed = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste):
            self.pasted.emit(QGuiApplication.clipboard().text())
        elif event.matches(QKeySequence.StandardKey.Delete):
            self.removed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.edit(self.currentIndex())
        else:
            super().keyPressEvent(event)


class Reservations(QWidget):
    """The table with its buttons; fits as the editor of a `Field`."""

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.model = ReservationsModel()
        self.model.setParent(self)
        self.table = _Table()
        self.table.setModel(self.model)
        self.table.setTabKeyNavigation(False)
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectItems)
        self.table.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setMinimumSectionSize(40)
        self.table.horizontalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
        )
        self.add_button = QPushButton(self.tr("A&dd a device"))
        self.paste_button = QPushButton(self.tr("&Paste a list"))
        self.remove_button = QPushButton(self.tr("&Remove"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.table)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        for button in (self.add_button, self.paste_button, self.remove_button):
            button.setAutoDefault(False)
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        self.setFocusProxy(self.table)
        self.add_button.clicked.connect(self.add)
        self.paste_button.clicked.connect(lambda: self.paste(QGuiApplication.clipboard().text()))
        self.remove_button.clicked.connect(self.remove)
        self.table.pasted.connect(self.paste)
        self.table.removed.connect(self.remove)
        self.model.edited.connect(self._changed)
        self.model.modelReset.connect(self._fit)
        self.table.selectionModel().selectionChanged.connect(self._fit)
        theme().changed.connect(self._fit)
        self._fit()

    def add(self) -> None:
        """Begin a new row."""
        self.model.insert((Reservation("", ""),))
        index = self.model.index(len(self.model.rows) - 1, 0)
        self.table.setFocus()
        self.table.setCurrentIndex(index)
        self.table.edit(index)

    def paste(self, text: str) -> None:
        """Add the lines of a copied table."""
        self.model.insert(reservations(text))

    def remove(self) -> None:
        """Take the selected rows away."""
        self.model.remove(sorted({i.row() for i in self.table.selectedIndexes()}))

    def setAccessibleName(self, name: str) -> None:
        """Name the table too."""
        super().setAccessibleName(name)
        self.table.setAccessibleName(name)

    def setAccessibleDescription(self, text: str) -> None:
        """Say a problem at the table too."""
        super().setAccessibleDescription(text)
        self.table.setAccessibleDescription(text)

    def _changed(self) -> None:
        self._fit()
        self.edited.emit()

    def _fit(self) -> None:
        """As tall as its rows, up to eight; Remove only when something is selected."""
        line = self.fontMetrics().height() + 2 * SPACE
        self.table.verticalHeader().setDefaultSectionSize(line)
        header = self.table.horizontalHeader().sizeHint().height()
        rows = max(2, min(8, len(self.model.rows)))
        self.table.setFixedHeight(header + rows * line + 4)
        self.remove_button.setEnabled(bool(self.table.selectedIndexes()))

    def changeEvent(self, event: QEvent) -> None:
        """Grow with the font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "remove_button"):
            self._fit()
