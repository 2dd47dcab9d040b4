"""Ready-made certificates of the practice clinic, good and bad ones, to learn what is said."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QSizePolicy

from wizard.gui.theme import SPACE
from wizard.gui.widgets.card import Card
from wizard.gui.widgets.text import label
from wizard.practice.words import CERTIFICATES
from wizard.problem import tr


class PracticeFiles(Card):
    """Offers the certificates of a clinic: kind -> files. `chosen` carries a list of Path."""

    chosen = Signal(list)

    def __init__(self, certificates: Mapping[str, tuple[Path, ...]]) -> None:
        super().__init__()
        caption = label(self.tr("Ready &to try, good ones and bad ones"), "label")
        self.box = QComboBox()
        self.box.setAccessibleName(self.tr("Certificates to practise with"))
        self.box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.box.setSizeAdjustPolicy(policy)
        self.box.setMinimumContentsLength(12)
        caption.setBuddy(self.box)
        for kind, files in certificates.items():
            self.box.addItem(tr(CERTIFICATES.get(kind, kind)), [str(path) for path in files])
        self.button = QPushButton(self.tr("Take &it"))
        self.button.setAutoDefault(False)
        self.button.setAccessibleName(self.tr("Take this certificate"))
        self.button.clicked.connect(self._choose)
        self.body.addWidget(caption)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self.box, 1)
        row.addWidget(self.button)
        self.body.addLayout(row)

    def _choose(self) -> None:
        self.chosen.emit([Path(name) for name in self.box.currentData()])
