"""The first page: what do you want to do, and for which site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from wizard.gui.desk import Desk
from wizard.gui.theme import SPACE
from wizard.gui.widgets.text import label
from wizard.site.flow import Walk
from wizard.site.model import Site

if TYPE_CHECKING:
    from wizard.gui.shell import Shell


class StartPage(QWidget):
    """Choices, and the sites that this laptop remembers."""

    def __init__(self, desk: Desk, shell: Shell) -> None:
        super().__init__()
        self.setObjectName("page")
        self.desk, self.shell = desk, shell
        column = QVBoxLayout(self)
        column.setContentsMargins(4 * SPACE, 4 * SPACE, 4 * SPACE, 4 * SPACE)
        column.addWidget(label(self.tr("What do you want to do?"), "title"))
        setup = QPushButton(self.tr("&Set up a server"))
        setup.clicked.connect(self.set_up)
        column.addWidget(setup)
        column.addStretch(1)

    def set_up(self) -> None:
        """Begin a new site."""
        self.desk.begin(Site(), Walk.SETUP)
        self.shell.begin()
