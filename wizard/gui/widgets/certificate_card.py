"""A certificate at a glance: for whom, from whom, until when."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout

from wizard.certificate import Bundle, look
from wizard.gui.theme import SPACE
from wizard.gui.widgets.card import Card
from wizard.gui.widgets.text import label, selectable


class CertificateCard(Card):
    """Shows the days that are left as a figure, and names, authority and dates beside it."""

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout()
        row.setSpacing(3 * SPACE)
        days = QVBoxLayout()
        days.setSpacing(0)
        self.figure = label("", "figure")
        self.caption = label("", "hint")
        for part in (self.figure, self.caption):
            part.setWordWrap(False)
            days.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        days.addStretch(1)
        row.addLayout(days)
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * SPACE)
        grid.setVerticalSpacing(SPACE // 2)
        grid.setColumnStretch(1, 1)
        self._values: dict[str, QLabel] = {}
        rows = {
            "names": self.tr("For"),
            "issuer": self.tr("From"),
            "dates": self.tr("Valid"),
            "key": self.tr("Key"),
            "target": self.tr("Goes to"),
        }
        self._captions: dict[str, QLabel] = {}
        for number, (name, caption) in enumerate(rows.items()):
            self._captions[name] = label(caption, "hint")
            self._captions[name].setWordWrap(False)
            self._values[name] = selectable(label())
            top = Qt.AlignmentFlag.AlignTop
            grid.addWidget(self._captions[name], number, 0, top)
            grid.addWidget(self._values[name], number, 1, top)
        row.addLayout(grid, 1)
        self.body.addLayout(row)

    def show_bundle(self, bundle: Bundle, target: str) -> None:
        """Show another certificate, and where it will go ("" when that is not known)."""
        leaf = bundle.leaf
        nothing: tuple[str, ...] = ()
        names = look.or_else(lambda: look.names(leaf), nothing)
        days = look.or_else(lambda: look.days_left(leaf, datetime.now(UTC)), 0)
        self.figure.setText(f"{abs(days)}")
        self.caption.setText(self.tr("days left") if days >= 0 else self.tr("days ago it ended"))
        dates = self.tr("from {begin} to {end}").format(
            begin=f"{leaf.not_valid_before_utc:%Y-%m-%d}",
            end=f"{leaf.not_valid_after_utc:%Y-%m-%d}",
        )
        values = {
            "names": ", ".join(names) or look.or_else(lambda: look.title(leaf.subject), ""),
            "issuer": look.or_else(lambda: look.title(leaf.issuer), ""),
            "dates": dates,
            "key": look.key_kind(leaf) if bundle.key is not None else self.tr("not here yet"),
            "target": target,
        }
        for name, value in values.items():
            self._values[name].setText(value)
            self._values[name].setVisible(bool(value))
            self._captions[name].setVisible(bool(value))
