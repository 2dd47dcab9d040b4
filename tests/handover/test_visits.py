"""The next visit in words: what is said in which state, and that no sentence is missing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.handover.example import NAIROBI, handover
from wizard.certificate.limits import Authority
from wizard.certificate.planner import Reach, State, VisitPlan, plan
from wizard.handover import visit_words, visits
from wizard.handover.sheet import next_visit, phone_steps

BEGIN = datetime(2026, 12, 10, tzinfo=UTC)


def made(after: float, life: int = 90, **more: Any) -> VisitPlan:
    return plan(BEGIN, BEGIN + timedelta(days=life), BEGIN + timedelta(days=after), **more)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (made(1), "Next visit no later than 1 March 2027."),
        (
            made(40),
            "Renew the certificate at this visit, or come again no later than 1 March 2027.",
        ),
        (made(40, every=60), "Renew the certificate at this visit."),
        (made(85), "Renew the certificate at this visit: it ends on 10 March 2027."),
        (made(95), "Renew the certificate now: it ended on 10 March 2027."),
        (
            made(-400),
            "The clock of this laptop is wrong: it says 5 November 2025. Set it, then the next "
            "visit can be planned.",
        ),
        (
            made(-9),
            "The clock of this laptop says 1 December 2026, but the certificate begins on "
            "10 December 2026. Set the clock, then the next visit can be planned.",
        ),
    ],
)
def test_headlines(found: VisitPlan, said: str) -> None:
    assert visits.headline(found, UTC) == said


def test_what_follows() -> None:
    assert visits.advice(made(0, every=60), UTC) == (
        "From 9 January 2027 on, renew it at any visit: a third of its life is over then.",
        "With a visit every 60 days, the next one is about 8 February 2027: it lasts until then.",
    )
    assert visits.advice(made(0, every=90), UTC)[1:] == (
        "With a visit every 90 days, the next one is about 10 March 2027. The certificate ends "
        "on 10 March 2027, so a delay would be too much.",
        "Come at least every 81 days, or order from an authority that gives 200 days.",
    )
    assert visits.advice(made(0, life=200, every=190), UTC)[-1] == "Come at least every 180 days."
    assert visits.advice(made(95, every=60), UTC) == ()


def test_coming_limits() -> None:
    found = made(0, every=60, authority=Authority.LETS_ENCRYPT)
    assert visits.changes(found) == (
        "From 10 February 2027 on, Let's Encrypt gives 64 days: with a visit every 60 days that "
        "leaves 4, too few for a delay. The next certificate is already one of these, if it is "
        "issued then. Come at least every 57 days from then on, or order from another authority: "
        "before 15 March 2027, some give up to 200 days.",
        "From 16 February 2028 on, Let's Encrypt gives 45 days: a visit every 60 days will be too "
        "rare. Come at least every 38 days from then on, or order from another authority: before "
        "15 March 2029, some give up to 100 days.",
    )
    (first, second) = visits.changes(made(0, life=200, every=30))
    assert first.startswith("From 15 March 2027 on, no public authority gives more than 100 days")
    assert second.endswith("with a visit every 30 days that leaves 17, which is enough.")


def test_no_sentence_is_missing_and_none_is_left_over() -> None:
    assert set(visit_words.HEADLINES) == {*map(str, State), "must"}
    assert set(visit_words.REACHES) == set(map(str, Reach))
    # A private authority is bound by none of these limits.
    assert set(visit_words.CHANGES) == set(map(str, Authority)) - {str(Authority.PRIVATE)}
    for table in visit_words.CHANGES.values():
        assert set(table) == {"", *map(str, Reach)}


@pytest.mark.parametrize("after", [-900, -9, 0, 40, 85, 95])
@pytest.mark.parametrize("every", [0, 60])
@pytest.mark.parametrize("who", list(Authority))
def test_the_json(after: int, every: int, who: Authority) -> None:
    found = made(after, every=every, authority=who)
    data = visits.plain(found, NAIROBI)
    assert json.loads(json.dumps(data)) == data
    for key in data:
        assert f"        {key} " in (visits.plain.__doc__ or "")
    assert data["state"] == found.state.value
    assert data["visit_every"] == (every or None)
    assert (data["no_later_than"] is not None) == (after in (0, 40))
    assert (data["days_left"] is None) == (after < 0)
    assert len(data["limits"]) == len(found.changes)


def test_the_sheet_with_a_wrong_clock_shows_no_date() -> None:
    wrong = handover(when=datetime(2020, 1, 1, tzinfo=NAIROBI))
    visit = next_visit(wrong)
    assert visit is not None
    assert visit.day == ""
    assert "clock of this laptop is wrong" in visit.text


def test_the_wall_is_told_what_does_not_last() -> None:
    lets_encrypt = Authority.LETS_ENCRYPT
    said = visits.warned(made(0, every=90, authority=lets_encrypt), UTC)
    assert "a delay would be too much" in said
    said = visits.warned(made(0, every=60, authority=lets_encrypt), UTC)
    assert said.endswith("with a visit every 60 days that leaves 4, too few for a delay.")
    assert visits.warned(made(0, life=45, authority=lets_encrypt), UTC) == ""
    assert visits.renew_from(made(0), UTC) == "From 9 January 2027 on, renew it at any visit."
    assert visits.renew_from(made(40), UTC) == ""


def test_the_sheet_of_a_certificate_that_cannot_wait() -> None:
    visit = next_visit(handover(when=datetime(2027, 3, 8, tzinfo=NAIROBI)))
    assert visit is not None
    assert (visit.label, visit.day) == ("Next visit", "now")
    assert visit.text == "Renew the certificate at this visit: it ends on 10 March 2027."


def test_phones_are_told_between_which_days() -> None:
    step = list(phone_steps(handover(), code=True))[1]
    assert "outside 10 December 2026 to 10 March 2027 the phone refuses" in step.text
    without = list(phone_steps(handover(certificate=None), code=True))[1]
    assert "refuses" not in without.text
