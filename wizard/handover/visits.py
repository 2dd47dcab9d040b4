"""The next visit in words and as plain data, for window, sheet, calendar and command line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, tzinfo
from typing import Any

from wizard.certificate.planner import Change, Reach, State, VisitPlan
from wizard.handover.visit_words import (
    CHANGES,
    COME,
    COME_OR_OTHER,
    COME_OR_OTHER_THEN,
    COME_OR_OTHER_UNTIL,
    COME_THEN,
    FROM_THEN,
    HEADLINES,
    NEXT_ONE,
    PHONES,
    REACHES,
    RENEW_FROM,
)
from wizard.handover.words import long_date
from wizard.problem import tr


def headline(plan: VisitPlan, zone: tzinfo | None = None) -> str:
    """Say in one sentence when to come or to renew; `zone` is the laptop's if not given."""
    key = "must" if plan.must_renew and plan.state is State.RENEW else plan.state.value
    return tr(HEADLINES[key]).format(**_words(plan, zone))


def advice(plan: VisitPlan, zone: tzinfo | None = None) -> tuple[str, ...]:
    """Say what follows: from when on renewing is worth it, whether it lasts, what would help."""
    return tuple(_advice(plan, zone))


def renew_from(plan: VisitPlan, zone: tzinfo | None = None) -> str:
    """Say in a line from when on renewing is worth it; "" when that day has come."""
    return tr(RENEW_FROM).format(**_words(plan, zone)) if plan.state is State.FRESH else ""


def warned(plan: VisitPlan, zone: tzinfo | None = None) -> str:
    """Say in one sentence what speaks against going on as usual: this life, or a limit to come."""
    if plan.state in (State.FRESH, State.RENEW) and plan.reach in (Reach.TIGHT, Reach.TOO_SHORT):
        return tr(REACHES[plan.reach.value]).format(**_words(plan, zone))
    return next(_change(plan.changes[0], plan)) if plan.changes else ""


def changes(plan: VisitPlan) -> tuple[str, ...]:
    """Say what each coming limit changes, with what to do; () when none shortens anything."""
    return tuple(" ".join(_change(each, plan)) for each in plan.changes)


def phones(clocks: tuple[datetime, datetime], zone: tzinfo | None = None) -> str:
    """Say between which days the date of a phone must be."""
    begin, end = (long_date(day_of(each, zone)) for each in clocks)
    return tr(PHONES).format(begin=begin, end=end)


def plain(plan: VisitPlan, zone: tzinfo | None = None) -> dict[str, Any]:
    """Return the JSON form: `next_visit` of the commands and of the report.

    ::

        state            clock, early (the laptop's clock is wrong), fresh, renew, overdue, ended
        message          the sentence
        no_later_than    day of the next visit, null when the clock is wrong or it has passed
        renew_from       day from which renewing is worth it
        ends             day on which the certificate ends
        days_left        null when the clock is wrong
        visit_every      days between two visits, null when nobody said
        usual_visit      the next one if somebody comes as usual
        lasts            whether the certificate reaches that: lasts, tight, too-short
        advice           sentences
        limits           [{since, days, spare, lasts, come_every, message}] to come

    Days are ISO 8601, where the laptop is.
    """
    coming = plan.state in (State.FRESH, State.RENEW)
    return {
        "state": plan.state.value,
        "message": headline(plan, zone),
        "no_later_than": _iso(plan.latest, zone) if coming else None,
        "renew_from": _iso(plan.renew_from, zone) if plan.knows_day else None,
        "ends": _iso(plan.end, zone),
        "days_left": plan.days_left,
        "visit_every": plan.every or None,
        "usual_visit": _iso(plan.usual, zone) if plan.usual is not None else None,
        "lasts": plan.reach.value if plan.reach is not None else None,
        "advice": list(advice(plan, zone)),
        "limits": [
            {
                "since": each.since.isoformat(),
                "days": each.days,
                "spare": each.term.spare if each.term is not None else None,
                "lasts": each.term.reach.value if each.term is not None else None,
                "come_every": each.term.come_every if each.term is not None else None,
                "message": message,
            }
            for each, message in zip(plan.changes, changes(plan), strict=True)
        ],
    }


def day_of(moment: datetime, zone: tzinfo | None = None) -> date:
    """Return the day of a moment where the laptop is, or in a zone."""
    return moment.astimezone(zone).date()


def _iso(moment: datetime, zone: tzinfo | None) -> str:
    return day_of(moment, zone).isoformat()


def _words(plan: VisitPlan, zone: tzinfo | None) -> dict[str, object]:
    usual = plan.usual
    moments = {
        "today": plan.now,
        "begin": plan.begin,
        "end": plan.end,
        "latest": plan.latest,
        "renew_from": plan.renew_from,
    } | ({"usual": usual} if usual is not None else {})
    said: dict[str, object] = {
        name: long_date(day_of(moment, zone)) for name, moment in moments.items()
    }
    return said | {"every": plan.every}


def _advice(plan: VisitPlan, zone: tzinfo | None) -> Iterator[str]:
    words = _words(plan, zone)
    if plan.state is State.FRESH:
        yield tr(FROM_THEN).format(**words)
    if plan.state in (State.FRESH, State.RENEW) and plan.reach is not None:
        yield tr(REACHES[plan.reach.value]).format(**words)
    term = plan.term
    if term is None or term.reach is Reach.LASTS:
        return
    other = plan.other_limit
    if other is not None and other.days - plan.every > term.spare:
        yield tr(COME_OR_OTHER).format(come=term.come_every, other=other.days)
    else:
        yield tr(COME).format(come=term.come_every)


def _change(change: Change, plan: VisitPlan) -> Iterator[str]:
    term = change.term
    yield tr(CHANGES[plan.authority.value][term.reach.value if term is not None else ""]).format(
        since=long_date(change.since),
        days=change.days,
        every=plan.every,
        spare=term.spare if term is not None else 0,
    )
    if change.next_one:
        yield tr(NEXT_ONE)
    if term is None or term.reach is Reach.LASTS:
        return
    if not change.other:
        yield tr(COME_THEN).format(come=term.come_every)
        return
    until = long_date(change.other_until) if change.other_until is not None else ""
    template = COME_OR_OTHER_UNTIL if until else COME_OR_OTHER_THEN
    yield tr(template).format(come=term.come_every, other=change.other, until=until)
