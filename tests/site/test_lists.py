"""What people paste, and what a Wi-Fi passphrase may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.site.lists import mac, name_lines, names, reservations, servers
from wizard.site.model import Name, Reservation
from wizard.site.passphrase import flaw

DEVICE = "52:54:00:12:34:56"


@pytest.mark.parametrize(
    "text",
    [DEVICE, "52-54-00-12-34-56", "525400123456", "5254.0012.3456", "52 54 00 12 34 56"],
)
def test_a_hardware_address_is_read_in_every_usual_writing(text: str) -> None:
    assert mac(text.upper()) == DEVICE


@pytest.mark.parametrize("text", ["", "printer", "52:54:00:12:34", "5254-00:12:34:56"])
def test_what_is_no_hardware_address_stays_as_it_is(text: str) -> None:
    assert mac(text) == text


@pytest.mark.parametrize(
    "line",
    [
        f"{DEVICE}\t10.20.0.50\tprinter",
        "52-54-00-12-34-56;10.20.0.50;printer",
        "printer, 10.20.0.50, 5254.0012.3456",
        f"10.20.0.50 printer {DEVICE}",
        f'"{DEVICE}","10.20.0.50","printer"',
    ],
)
def test_a_line_of_any_table_is_a_kept_address(line: str) -> None:
    expected = (Reservation(DEVICE, "10.20.0.50", "printer"),)
    assert reservations(f"MAC address\tIP\tName\n\n{line}\n") == expected


def test_what_is_missing_in_a_line_stays_empty() -> None:
    assert reservations(DEVICE) == (Reservation(DEVICE, "", ""),)
    assert reservations("10.20.0.50") == (Reservation("", "10.20.0.50", ""),)


def test_names_come_back_as_they_were() -> None:
    found = (Name("printer.example.org", "10.20.0.50"), Name("half", ""))
    assert names(name_lines(found)) == found
    assert names("  a   10.0.0.1 \n\n") == (Name("a", "10.0.0.1"),)


def test_servers_are_split_by_whatever_people_use() -> None:
    assert servers("10.0.0.1, 10.0.0.2;10.0.0.3  fd00::1") == (
        "10.0.0.1",
        "10.0.0.2",
        "10.0.0.3",
        "fd00::1",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "short"),
        ("1234567", "short"),
        ("12345678", ""),
        ("a b c d ~", ""),
        ("x" * 63, ""),
        ("x" * 64, "long"),
        ("naïveté-1", "characters"),
        ("12345678\n", "characters"),
    ],
)
def test_the_rules_of_a_passphrase(text: str, expected: str) -> None:
    assert flaw(text) == expected


@given(st.text())
def test_anything_pasted_gives_an_answer(text: str) -> None:
    reservations(text), names(text), servers(text), flaw(text), mac(text)
