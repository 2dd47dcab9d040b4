"""When to come again: lives, days and limits in a table, and clocks that are wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.certificate import authority
from wizard.certificate import Bundle, Roots
from wizard.certificate.limits import BASELINE, LETS_ENCRYPT, Authority, authority_of, limit_on
from wizard.certificate.planner import (
    LONGEST,
    Reach,
    State,
    VisitPlan,
    clock_window,
    margin,
    plan,
)
from wizard.certificate.rules.case import BUILT
from wizard.site.problems import LONGEST_BETWEEN_VISITS

BEGIN = datetime(2026, 12, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def days(count: float) -> timedelta:
    return timedelta(days=count)


def made(life: float = 90, after: float = 0, **more: Any) -> VisitPlan:
    """The plan for a life of so many days, so many days after its begin."""
    return plan(BEGIN, BEGIN + days(life) - SECOND, BEGIN + days(after), **more)


# ----------------------------------------------------------------------------- one life


@pytest.mark.parametrize(
    ("life", "left"),
    [
        (398, 39.8),
        (200, 20),
        (100, 10),
        (90, 9),
        (70, 7),
        (64, 7),
        (47, 7),
        (45, 7),
        (28, 7),
        (20, 5),  # a week would be a third of its life
        (6, 1.5),
    ],
)
def test_the_margin(life: int, left: float) -> None:
    assert margin(days(life)) == days(left)


@pytest.mark.parametrize(
    ("life", "after", "state"),
    [
        (90, 0, State.FRESH),
        (90, 29.9, State.FRESH),
        (90, 30, State.RENEW),
        (90, 80.9, State.RENEW),
        (90, 81.1, State.OVERDUE),
        (90, 89.9, State.OVERDUE),
        (90, 90.1, State.ENDED),
        (200, 66, State.FRESH),
        (200, 67, State.RENEW),
        (200, 180.1, State.OVERDUE),
        (45, 14.9, State.FRESH),
        (45, 15.1, State.RENEW),
        (45, 38.1, State.OVERDUE),
        (6, 1.9, State.FRESH),
        (6, 4.6, State.OVERDUE),
    ],
)
def test_the_state(life: int, after: float, state: State) -> None:
    found = made(life, after)
    assert found.state is state
    assert found.renew_now == (state is not State.FRESH)
    assert found.must_renew == (state in (State.OVERDUE, State.ENDED))


def test_the_days() -> None:
    found = made(90, 10)
    assert found.life == 90
    assert found.days_left == 79
    assert found.renew_from.date() == date(2026, 12, 30)
    assert found.latest.date() == date(2027, 2, 19)
    assert (found.usual, found.reach, found.term) == (None, None, None)


@pytest.mark.parametrize(
    ("life", "after", "every", "reach", "must"),
    [
        (90, 0, 80, Reach.LASTS, False),
        (90, 0, 82, Reach.TIGHT, False),  # fresh: another one today would end the same day
        (90, 0, 91, Reach.TOO_SHORT, False),
        (90, 40, 30, Reach.LASTS, False),
        (90, 40, 45, Reach.TIGHT, True),
        (90, 40, 60, Reach.TOO_SHORT, True),
        (200, 70, 60, Reach.LASTS, False),
        (90, 85, 3, Reach.TIGHT, True),
        (90, 95, 3, Reach.TOO_SHORT, True),
    ],
)
def test_whether_it_lasts(life: int, after: int, every: int, reach: Reach, must: bool) -> None:
    found = made(life, after, every=every)
    assert (found.reach, found.must_renew) == (reach, must)
    assert found.usual == found.now + days(every)


@pytest.mark.parametrize(
    ("life", "every", "spare", "reach", "come"),
    [
        (90, 60, 30, Reach.LASTS, 81),
        (90, 81, 9, Reach.LASTS, 81),
        (90, 82, 8, Reach.TIGHT, 81),
        (90, 90, 0, Reach.TIGHT, 81),
        (90, 91, -1, Reach.TOO_SHORT, 81),
        (64, 60, 4, Reach.TIGHT, 57),
        (45, 60, -15, Reach.TOO_SHORT, 38),
        (47, 40, 7, Reach.LASTS, 40),
        (398, 365, 33, Reach.TIGHT, 358),
    ],
)
def test_how_often_is_enough(life: int, every: int, spare: int, reach: Reach, come: int) -> None:
    term = made(life, every=every).term
    assert term is not None
    assert (term.days, term.spare, term.reach, term.come_every) == (life, spare, reach, come)


@pytest.mark.parametrize("every", [0, -5, LONGEST + 1, 10**12])
def test_nonsense_counts_as_not_said(every: int) -> None:
    assert made(every=every).every == 0


def test_the_longest_time_is_that_of_the_site_file() -> None:
    assert LONGEST == LONGEST_BETWEEN_VISITS


# ---------------------------------------------------------------------- limits to come


@pytest.mark.parametrize(
    ("day", "public", "lets_encrypt"),
    [
        (date(2026, 3, 14), 398, 90),
        (date(2026, 3, 15), 200, 90),
        (date(2027, 2, 9), 200, 90),
        (date(2027, 2, 10), 200, 64),
        (date(2027, 3, 14), 200, 64),
        (date(2027, 3, 15), 100, 64),
        (date(2028, 2, 15), 100, 64),
        (date(2028, 2, 16), 100, 45),
        (date(2029, 3, 14), 100, 45),
        (date(2029, 3, 15), 47, 45),
    ],
)
def test_the_days_of_the_limits(day: date, public: int, lets_encrypt: int) -> None:
    for who, count in ((Authority.PUBLIC, public), (Authority.LETS_ENCRYPT, lets_encrypt)):
        limit = limit_on(day, who)
        assert limit is not None
        assert limit.days == count
    assert limit_on(day, Authority.PRIVATE) is None


def test_tables_run_upwards_and_shrink() -> None:
    for table in (BASELINE, LETS_ENCRYPT):
        assert list(table) == sorted(table, key=lambda each: each.since)
        assert list(table) == sorted(table, key=lambda each: -each.days)


LE = Authority.LETS_ENCRYPT
CHANGES: list[tuple[int, date, Authority, list[tuple[date, int]]]] = [
    (90, date(2027, 2, 9), LE, [(date(2027, 2, 10), 64), (date(2028, 2, 16), 45)]),
    (90, date(2027, 2, 10), LE, [(date(2028, 2, 16), 45)]),
    (64, date(2028, 2, 15), LE, [(date(2028, 2, 16), 45)]),
    (45, date(2028, 2, 16), LE, []),
    (45, date(2026, 12, 1), LE, []),  # profile tlsserver: nothing gets shorter
    (6, date(2026, 12, 1), LE, []),
    (200, date(2027, 3, 14), Authority.PUBLIC, [(date(2027, 3, 15), 100), (date(2029, 3, 15), 47)]),
    (200, date(2027, 3, 15), Authority.PUBLIC, [(date(2029, 3, 15), 47)]),
    (90, date(2026, 12, 1), Authority.PUBLIC, [(date(2029, 3, 15), 47)]),
    (47, date(2029, 3, 15), Authority.PUBLIC, []),
    (900, date(2026, 12, 1), Authority.PRIVATE, []),
]


@pytest.mark.parametrize(("life", "day", "who", "wanted"), CHANGES)
def test_what_comes(life: int, day: date, who: Authority, wanted: list[tuple[date, int]]) -> None:
    now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    found = plan(now, now + days(life) - SECOND, now, authority=who)
    assert [(each.since, each.days) for each in found.changes] == wanted


def test_what_a_limit_means_for_the_visits() -> None:
    first, second = made(90, every=60, authority=LE).changes
    assert first.term is not None
    assert (first.term.spare, first.term.reach, first.term.come_every) == (4, Reach.TIGHT, 57)
    assert (first.other, first.other_until) == (200, date(2027, 3, 15))
    assert second.term is not None
    assert (second.term.spare, second.term.reach) == (-15, Reach.TOO_SHORT)
    assert (second.other, second.other_until) == (100, date(2029, 3, 15))
    assert first.next_one
    assert not second.next_one
    assert all(each.term is None for each in made(90, authority=LE).changes)


def test_other_authorities_are_named_while_they_give_more() -> None:
    limit = made(90, every=90).other_limit
    assert limit is not None
    assert limit.days == 200
    assert made(200, every=90).other_limit is None
    assert made(90, every=90, authority=Authority.PRIVATE).other_limit is None


@pytest.mark.parametrize(
    ("organisation", "codes", "who"),
    [
        ("Let's Encrypt", set(), Authority.LETS_ENCRYPT),
        ("Let's Encrypt", {"android-before-7.1.1"}, Authority.LETS_ENCRYPT),
        ("ZeroSSL", set(), Authority.PUBLIC),
        ("Test Authority", {"practice-root"}, Authority.PUBLIC),
        ("Clinic IT", {"private-ca"}, Authority.PRIVATE),
        ("Clinic IT", {"self-signed"}, Authority.PRIVATE),
        ("Clinic IT", {"extra-root-only"}, Authority.PRIVATE),
    ],
)
def test_who_issued_it(organisation: str, codes: set[str], who: Authority) -> None:
    middle = authority.root().intermediate(organisation=organisation)
    assert authority_of(Bundle(middle.leaf()), frozenset(codes)) is who


# ------------------------------------------------------------------------------- clocks


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (datetime(2020, 1, 1, tzinfo=UTC), State.CLOCK),
        (BUILT - SECOND, State.CLOCK),
        (BUILT, State.EARLY),
        (BEGIN - days(1) - SECOND, State.EARLY),
        (BEGIN - days(1), State.FRESH),  # another time zone
    ],
)
def test_a_clock_that_is_wrong_gives_no_date(now: datetime, state: State) -> None:
    found = plan(BEGIN, BEGIN + days(90), now, every=60, authority=LE)
    assert found.state is state
    if not found.knows_day:
        assert (found.days_left, found.usual, found.reach, found.term) == (None,) * 4
        assert found.other_limit is None
        assert found.changes == ()
        assert not found.renew_now


def test_naive_moments_are_utc() -> None:
    naive = plan(BEGIN.replace(tzinfo=None), datetime(2027, 3, 1), datetime(2026, 12, 10), every=30)
    assert naive == plan(
        BEGIN, datetime(2027, 3, 1, tzinfo=UTC), datetime(2026, 12, 10, tzinfo=UTC), every=30
    )


def test_phones_must_be_set_within_the_whole_path() -> None:
    top = authority.root()
    middle = top.intermediate(begin=BEGIN - days(3), days=60)
    leaf = middle.leaf(begin=BEGIN, days=90)
    roots = Roots(public=(top.certificate,))
    begin, end = clock_window(Bundle(leaf, (middle.certificate,)), roots)
    assert begin == leaf.not_valid_before_utc
    assert end == middle.certificate.not_valid_after_utc < leaf.not_valid_after_utc
    later = top.intermediate(begin=BEGIN + days(5), days=300)
    leaf = later.leaf(begin=BEGIN, days=90)
    begin, end = clock_window(Bundle(leaf, (later.certificate,)), roots)
    assert begin == later.certificate.not_valid_before_utc
    assert end == leaf.not_valid_after_utc


def test_what_stands_above_a_known_root_does_not_count() -> None:
    """As with the cross-signed ISRG Root X1, which ended years before the root itself."""
    old, new = authority.root("Old"), authority.root("New", key=authority.key("p256", "new"))
    cross = authority.sign(
        new.key,
        old,
        common="New",
        organisation="Test Authority",
        ca=True,
        names=(),
        eku=None,
        begin=BEGIN - days(1),
        days=10,
    )
    middle = new.intermediate(begin=BEGIN, days=700)
    leaf = middle.leaf(begin=BEGIN, days=90)
    chain = Bundle(leaf, (middle.certificate, cross))
    known = Roots(public=(new.certificate, old.certificate))
    assert clock_window(chain, known)[1] == leaf.not_valid_after_utc
    assert clock_window(chain, Roots(public=(old.certificate,)))[1] == cross.not_valid_after_utc


# ---------------------------------------------------------------------------- whatever


@given(
    life=st.floats(0.1, 900),
    after=st.floats(-50, 900),
    every=st.integers(-10, 1000),
    who=st.sampled_from(Authority),
)
def test_dates_keep_their_order(life: float, after: float, every: int, who: Authority) -> None:
    found = made(life, after, every=every, authority=who)
    assert found.begin < found.renew_from < found.latest < found.end
    assert all(each.days < found.life for each in found.changes)
    assert [c.since for c in found.changes] == sorted(c.since for c in found.changes)
    if found.term is not None:
        assert (found.term.reach is Reach.LASTS) == (found.every <= found.term.come_every)
