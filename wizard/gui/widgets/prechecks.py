"""What the login has shown of the server: what is needed, and what is good to know."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton

from wizard.gui.theme import SPACE
from wizard.gui.widgets.card import Card
from wizard.gui.widgets.rows import Rows
from wizard.gui.widgets.text import label
from wizard.plan.prechecks import Precheck

ORDER = {"failed": 0, "warning": 1, "note": 2, "passed": 3}


class PrecheckCard(Card):
    """The rows, the worst first. `put_back` is the wish to undo what somebody left unfinished."""

    put_back = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.body.setSpacing(SPACE // 2)
        self._groups = {
            True: (label(self.tr("What is needed"), "heading"), Rows()),
            False: (label(self.tr("What is good to know"), "heading"), Rows()),
        }
        for mandatory, (heading, rows) in self._groups.items():
            if not mandatory:
                self.body.addSpacing(SPACE)
            self.body.addWidget(heading)
            self.body.addWidget(rows)

    def show_checks(self, found: Sequence[Precheck]) -> None:
        """Show these instead of what was shown."""
        for mandatory, (heading, rows) in self._groups.items():
            mine = [p for p in found if p.mandatory == mandatory]
            heading.setVisible(bool(mine))
            rows.clear()
            for one in sorted(mine, key=lambda p: ORDER[p.state]):
                row = rows.tell(one.code, one.state, one.message, cure=one.cure)
                if one.code == "pending-left":
                    button = QPushButton(self.tr("Put everything back now"))
                    button.setAutoDefault(False)
                    button.clicked.connect(self.put_back)
                    row.more.addWidget(button)
                    row.more.addStretch(1)
