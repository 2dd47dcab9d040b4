"""Colours that can be read, in both schemes."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from wizard.gui.theme import DARK, LIGHT, Tokens, sheet, theme

TEXT_ON = [
    (text, ground)
    for text in ("text", "muted")
    for ground in ("window", "surface", "side", "ok_soft", "warn_soft", "err_soft", "accent_soft")
] + [
    ("accent", "window"),
    ("accent", "surface"),
    ("accent", "accent_soft"),
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
    ("on_practice", "practice"),
    *((tone, ground) for tone in ("ok", "warn", "err") for ground in ("window", "surface")),
    *((tone, f"{tone}_soft") for tone in ("ok", "warn", "err")),
]
EDGES = [("control", "surface"), ("control", "window"), ("accent", "window"), ("err", "surface")]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2: relative luminance, (lighter + 0.05) / (darker + 0.05)."""

    def luminance(name: str) -> float:
        colour = QColor(name)

        def linear(part: float) -> float:
            return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

        red, green, blue = (
            linear(part) for part in (colour.redF(), colour.greenF(), colour.blueF())
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("pair", TEXT_ON, ids="-".join)
def test_text_can_be_read(tokens: Tokens, pair: tuple[str, str]) -> None:
    assert contrast(getattr(tokens, pair[0]), getattr(tokens, pair[1])) >= 4.5


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("pair", EDGES, ids="-".join)
def test_edges_of_inputs_can_be_seen(tokens: Tokens, pair: tuple[str, str]) -> None:
    assert contrast(getattr(tokens, pair[0]), getattr(tokens, pair[1])) >= 3.0


def test_sheet_has_no_hole(qapp: QApplication) -> None:
    text = sheet(DARK, 10)
    assert "$" not in text
    theme().choose("dark")
    assert qapp.palette().window().color().name() == DARK.window
