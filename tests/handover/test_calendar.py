"""The reminder as calendar programs read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from tests.handover.example import CERTIFICATE, NAIROBI, PASSPHRASE, SITE, handover, hostile
from wizard.handover import calendar


def events(data: bytes) -> list[Any]:
    """Return the events, the one to renew first."""
    return list(Calendar.from_ical(data).walk("VEVENT"))


def test_the_days() -> None:
    renew, end = events(calendar.ics(handover()))
    assert renew["dtstart"].dt == date(2027, 3, 1)
    assert renew["dtend"].dt == date(2027, 3, 2)
    assert end["dtstart"].dt == date(2027, 3, 10)
    assert "10 March 2027" in renew["description"]
    assert "on 9 January 2027 or later" in renew["description"]
    assert "12:30" in end["description"]


def test_a_short_life_leaves_a_week() -> None:
    begin = datetime(2027, 1, 1, tzinfo=UTC)
    short = replace(CERTIFICATE, not_before=begin, not_after=begin + timedelta(days=45))
    renew, end = events(calendar.ics(handover(certificate=short)))
    assert renew["dtstart"].dt == date(2027, 2, 8)
    assert end["dtstart"].dt == date(2027, 2, 15)


def test_the_day_is_that_of_the_laptop() -> None:
    late = replace(CERTIFICATE, not_after=datetime(2027, 3, 10, 22, 0, tzinfo=UTC))
    _, end = events(calendar.ics(handover(certificate=late)))
    assert end["dtstart"].dt == date(2027, 3, 11)


def test_alarms_ring_in_the_morning_when_a_journey_is_planned_and_near_the_end() -> None:
    wanted = ([14, 3, 0], [7, 1, 0])
    for event, days in zip(events(calendar.ics(handover())), wanted, strict=True):
        begin = datetime.combine(event["dtstart"].dt, datetime.min.time(), NAIROBI)
        rings = [begin + alarm["trigger"].dt for alarm in event.walk("VALARM")]
        assert [(begin.date() - ring.date()).days for ring in rings] == days
        assert {ring.hour for ring in rings} == {9}
        assert {alarm["action"] for alarm in event.walk("VALARM")} == {"DISPLAY"}


def test_imported_again_it_replaces_itself() -> None:
    first = events(calendar.ics(handover()))
    later = events(calendar.ics(handover(when=handover().when + timedelta(days=9))))
    assert [e["uid"] for e in first] == [e["uid"] for e in later]
    assert first[0]["uid"] != first[1]["uid"]


def test_the_next_certificate_replaces_the_reminder_of_the_last() -> None:
    old = events(calendar.ics(handover()))
    renewed = replace(
        CERTIFICATE,
        not_before=CERTIFICATE.not_before + timedelta(days=60),
        not_after=CERTIFICATE.not_after + timedelta(days=60),
        sha256="0" * 64,
    )
    new = events(calendar.ics(handover(certificate=renewed)))
    assert [e["uid"] for e in old] == [e["uid"] for e in new]
    assert all(n["sequence"] > o["sequence"] for o, n in zip(old, new, strict=True))


@pytest.mark.parametrize(
    "changed",
    [
        {"practice": True},
        {"site": replace(SITE, name="Other")},
        {"site": replace(SITE, domain="b")},
    ],
)
def test_other_sites_and_practice_have_their_own(changed: dict[str, Any]) -> None:
    usual, other = events(calendar.ics(handover())), events(calendar.ics(handover(**changed)))
    assert not {str(e["uid"]) for e in usual} & {str(e["uid"]) for e in other}


def test_practice_says_so() -> None:
    assert all("Practice" in e["summary"] for e in events(calendar.ics(handover(practice=True))))


@pytest.mark.parametrize("made", [handover(), hostile()])
def test_lines_are_those_of_rfc_5545(made: Any) -> None:
    data = calendar.ics(made)
    assert data.endswith(b"END:VCALENDAR\r\n")
    lines = data.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert not any(b"\n" in line or b"\r" in line or b"\0" in line for line in lines)
    root = Calendar.from_ical(data)
    assert {"PRODID", "VERSION"} <= set(root)
    for event in events(data):
        assert {"UID", "DTSTAMP", "DTSTART", "SUMMARY"} <= set(event)
        assert event["dtstamp"].dt.tzinfo is not None


def test_it_names_nobody_and_holds_no_secret() -> None:
    data = calendar.ics(handover())
    assert PASSPHRASE.encode() not in data
    assert not any(word in data for word in (b"ORGANIZER", b"ATTENDEE", b"CONTACT", b"10.20.0.1"))


def test_nothing_to_renew() -> None:
    with pytest.raises(ValueError, match="no certificate"):
        calendar.ics(handover(certificate=None))
