"""A part of the page Certificate: the pair that was served before, to be put back."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton

from wizard.certificate import Bundle, look
from wizard.gui.desk import Desk
from wizard.gui.widgets.fold import Fold
from wizard.gui.widgets.text import label


class PreviousPart(Fold):
    """Offers the last pair that the server kept; `wanted` carries its Bundle, without a key."""

    wanted = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__("")
        self.set_title(self.tr("Put the previous certificate back"))
        self._desk = desk
        self._bundle: Bundle | None = None
        self.about = label()
        self.take = QPushButton(self.tr("Take the previous one"))
        self.take.setAutoDefault(False)
        self.take.clicked.connect(self._take)
        self.body.addWidget(self.about)
        self.body.addWidget(self.take, 0, Qt.AlignmentFlag.AlignLeading)
        self.show_known(None)

    def show_known(self, taken: Bundle | None) -> None:
        """Show what the server kept; `taken` is what was chosen here already."""
        desk = self._desk
        visit, facts = desk.visit, desk.facts
        known = desk.connected and visit is not None and facts is not None
        self._bundle = visit.previous(facts) if known and visit and facts else None
        self.setVisible(self._bundle is not None)
        if self._bundle is None:
            return
        leaf, nothing = self._bundle.leaf, ()
        names = ", ".join(look.or_else(lambda: look.names(leaf), nothing)) or "-"
        text = self.tr(
            "The server keeps the last three certificates with their keys. Before the present one "
            "it had one for {names}, which ends on {end}. If the new one makes trouble, take this "
            "one and go on as with any other."
        )
        self.about.setText(text.format(names=names, end=f"{leaf.not_valid_after_utc:%Y-%m-%d}"))
        self.take.setEnabled(taken is None or taken.leaf != leaf)

    def _take(self) -> None:
        if self._bundle is not None:
            self.wanted.emit(self._bundle)
