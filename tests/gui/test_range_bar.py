"""The picture of the addresses: lengths, words, and what it looks like in every theme."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.site import examples
from wizard.gui.theme import theme
from wizard.gui.widgets.range_bar import RangeBar, widths
from wizard.site.model import Reservation
from wizard.site.range_map import Use, parts

SITE = examples.site(
    static_ip__gateway="10.20.0.254",
    dns_dhcp__reservations=(Reservation("52:54:00:00:00:09", "10.20.0.50"),),
)


def test_lengths_are_true_to_scale_in_a_usual_network() -> None:
    found = parts(SITE)
    length = dict(zip(found, widths(found, 1000.0), strict=True))
    of = {p.use: w for p, w in length.items()}
    assert of[Use.SERVER] == of[Use.GATEWAY] == of[Use.RESERVED]
    assert of[Use.SERVER] >= 7
    assert 330 < of[Use.RANGE] < 430  # 100 of 254 addresses


@given(
    room=st.floats(1, 4000),
    prefix=st.integers(16, 30),
    kept=st.lists(st.integers(2, 250), max_size=100, unique=True),
)
def test_the_parts_fill_the_bar_and_none_is_lost(room: float, prefix: int, kept: list[int]) -> None:
    site = examples.site(
        static_ip__address=f"10.20.0.1/{prefix}",
        dns_dhcp__reservations=tuple(Reservation("", f"10.20.0.{k}") for k in kept),
    )
    found = widths(parts(site), room)
    assert sum(found) == pytest.approx(room)
    assert min(found) > 0


def test_the_whole_picture_is_told_in_words(qtbot: QtBot) -> None:
    bar = RangeBar()
    qtbot.addWidget(bar)
    bar.show_parts(parts(SITE))
    name = bar.accessibleName()
    for words in (
        "Server: 10.20.0.1.",
        "Gateway: 10.20.0.254.",
        "Kept for a device: 10.20.0.50.",
        "100, 10.20.0.100 to 10.20.0.199.",
        "Free: 151.",
    ):
        assert words in name
    bar.show_parts(parts(examples.site(static_ip__address="10.20.0.1/16")))
    assert "Free: 65,433." in bar.accessibleName()
    bar.show_parts(())
    assert not bar.isVisible()


def test_uses_look_different_in_light_and_dark(qtbot: QtBot) -> None:
    bar = RangeBar()
    qtbot.addWidget(bar)
    bar.show_parts(parts(SITE))
    bar.setFixedWidth(800)
    bar.show()
    for look in ("light", "dark"):
        theme().choose(look)
        image = bar._bar.grab().toImage()
        row = [image.pixelColor(x, 11).name() for x in range(3, 797)]
        tokens = theme().tokens
        assert row[0] == tokens.text  # the server stands first
        assert row[400] == tokens.accent
        assert row[100] == tokens.surface


def test_it_is_drawn_in_the_direction_of_reading(qtbot: QtBot) -> None:
    bar = RangeBar()
    qtbot.addWidget(bar)
    bar.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    bar.show_parts(parts(SITE))
    bar.setFixedWidth(800)
    bar.show()
    theme().choose("light")
    image = bar._bar.grab().toImage()
    assert image.pixelColor(796, 11).name() == theme().tokens.text
    assert image.pixelColor(700, 11).name() == theme().tokens.surface
