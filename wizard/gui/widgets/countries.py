"""Countries by name, for those who do not know the two letters of ISO 3166-1."""

from __future__ import annotations

import re

from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QComboBox


class Countries(QComboBox):
    """A list of countries by their English names (CLDR, as Qt has it); the data are the letters."""

    def __init__(self, none: str) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(self.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        self.addItem(none, "")
        found = {
            QLocale.territoryToCode(each): QLocale.territoryToString(each)
            for each in QLocale.Country
        }
        for code, name in sorted(found.items(), key=lambda each: each[1]):
            if re.fullmatch(r"[A-Z]{2}", code):
                self.addItem(f"{name} ({code})", code)

    def offer(self, code: str) -> None:
        """Let letters that are no country be shown as well: they stand in the site file."""
        if self.findData(code) < 0:
            self.addItem(code, code)
