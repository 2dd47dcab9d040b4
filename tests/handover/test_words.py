"""No sentence is missing, and none is left over."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from tests.handover.example import handover
from wizard.handover import words
from wizard.handover.sheet import phone_steps, power_steps
from wizard.site.access_point import SECURITIES

ROOT = Path(__file__).resolve().parents[2]


def used() -> set[str]:
    """Every word in quotes of this room's modules and templates."""
    apart = {"words.py", "visits.py", "visit_words.py"}  # the latter two have tables of their own
    texts = [
        path.read_text("utf-8")
        for folder in ("wizard/handover", "resources/templates/handover")
        for path in (ROOT / folder).iterdir()
        if path.suffix in (".py", ".html", ".svg") and path.name not in apart
    ]
    found = set(re.findall(r"[\"'](\w+)[\"']", "\n".join(texts)))
    return found | {f"ics_{kind}{text}" for kind in ("renew", "end") for text in ("", "_text")}


def test_every_sentence_is_said_somewhere() -> None:
    elsewhere = {"minutes", "hours", "days", "restarted"}  # lease_time, wizard.gui.handover
    assert set(words.SENTENCES) - used() == elsewhere


def test_every_step_is_shown_somewhere() -> None:
    assert set(words.PHONE) | set(words.POWER) <= used()


def test_every_kind_of_wifi_has_its_words() -> None:
    assert set(words.SECURITIES) == set(SECURITIES)


def test_messages_point_to_steps_that_are_there() -> None:
    count = len(list(phone_steps(handover(), code=True)))
    for message in words.MESSAGES:
        for first, last in re.findall(r"steps (\d) to (\d)", message.cure):
            assert 1 <= int(first) < int(last) < count
    assert "Step 3" in words.POWER["old_cht"]
    assert "power button" in list(power_steps(handover()))[2]


@pytest.mark.parametrize(
    ("text", "said"),
    [("12h", "12 hours"), ("45m", "45 minutes"), ("7d", "7 days"), ("odd", "odd"), ("", "")],
)
def test_lease(text: str, said: str) -> None:
    assert words.lease_time(text) == said


def test_dates() -> None:
    assert words.long_date(date(2027, 3, 9)) == "9 March 2027"
    assert {words.long_date(date(2027, month, 1)).split()[1] for month in range(1, 13)} == set(
        words.MONTHS
    )
