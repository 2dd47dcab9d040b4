"""A checklist of the certificate as rows; what is for support is folded away."""

from __future__ import annotations

from collections.abc import Iterable

from wizard.certificate.checklist import Item
from wizard.gui.widgets.fold import Fold
from wizard.gui.widgets.rows import Rows
from wizard.gui.widgets.text import label, selectable


class Checklist(Rows):
    """Shows items of wizard.certificate.checklist."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Item, ...] = ()

    def show_items(self, items: Iterable[Item]) -> None:
        """Show these instead of what is there."""
        wanted = tuple(items)
        if wanted == self._shown:
            return
        self._shown = wanted
        self.clear()
        for item in wanted:
            row = self.tell(item.code, item.state, item.message, "", item.cure)
            if item.detail:
                fold = Fold(self.tr("Details"))
                fold.body.addWidget(selectable(label(item.detail, "hint")))
                row.more.addWidget(fold, 1)
