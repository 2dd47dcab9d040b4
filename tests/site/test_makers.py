"""Makers of devices: a few that are known, and the table itself."""

from __future__ import annotations

import re

import pytest

from wizard.site.makers import _makers, _text, made_up, maker


@pytest.mark.parametrize(
    ("mac", "expected"),
    [
        ("b8:27:eb:12:34:56", "Raspberry Pi"),
        ("4C-5E-0C-00-00-01", "MikroTik"),
        ("00:0c:42:00:00:01", "MikroTik"),
        ("02:00:00:00:00:50", ""),  # made up
        ("ff:ff:ff:ff:ff:ff", ""),
        ("nonsense", ""),
        ("", ""),
    ],
)
def test_makers(mac: str, expected: str) -> None:
    assert maker(mac) == expected


@pytest.mark.parametrize(
    ("mac", "expected"),
    [
        ("02:00:00:00:00:50", True),
        ("52:54:00:12:34:56", True),
        ("b8:27:eb:12:34:56", False),
        ("", False),
        ("router", False),
    ],
)
def test_addresses_that_software_made_up(mac: str, expected: bool) -> None:
    assert made_up(mac) is expected


def test_the_table_is_whole_and_says_where_it_comes_from() -> None:
    table = _makers()
    assert len(table) > 9000
    assert "IEEE" in _text().partition("\n\n")[0]
    for prefix, name in table.items():
        assert re.fullmatch(r"[0-9a-f]{6}", prefix), (prefix, name)
        assert name.strip() == name != ""
        assert not made_up(f"{prefix}000000")
    assert sum(len(p.split()) for p in _text().split(":\n")[1:]) >= len(table)
