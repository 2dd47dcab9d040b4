"""A calendar file (RFC 5545) that reminds of the next renewal."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event

from wizard.certificate.planner import VisitPlan
from wizard.handover.model import Certificate, Handover
from wizard.handover.templates import clean
from wizard.handover.words import clock_time, long_date, say

# A journey is planned two weeks ahead; the end is told while it can still be mended.
_ALARM_DAYS = {"renew": (14, 3, 0), "end": (7, 1, 0)}
_ALARM_HOUR = timedelta(hours=9)  # a day of the calendar begins at midnight

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


def ics(handover: Handover) -> bytes:
    """Return the calendar: the last good day to renew, and the day of the certificate's end.

    An event's UID belongs to the site, and its SEQUENCE grows with the day of issue of the
    certificate: imported again, or after the next renewal, it replaces the old reminder, which
    would otherwise ring without cause. Names nobody. Raises ValueError when the handover has no
    certificate.
    """
    certificate, plan = handover.certificate, handover.visits
    if certificate is None or plan is None:
        raise ValueError("no certificate to renew")
    calendar = Calendar()
    calendar.add("prodid", f"-//CHT Offline Setup//{clean(handover.program)}//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add_component(_event(handover, certificate, plan, "renew", plan.latest))
    calendar.add_component(_event(handover, certificate, plan, "end", plan.end))
    return bytes(calendar.to_ical())


def _event(
    handover: Handover, certificate: Certificate, plan: VisitPlan, kind: str, moment: datetime
) -> Event:
    local = moment.astimezone(handover.when.tzinfo)
    arguments = {
        "domain": clean(handover.site.domain),
        "title": clean(handover.title),
        "end": long_date(handover.day(certificate.not_after)),
        "renew_from": long_date(handover.day(plan.renew_from)),
        "time": clock_time(local),
    }
    practice = f"{say('practice_mark')} " if handover.practice else ""
    summary = practice + say(f"ics_{kind}", **arguments)
    event = Event()
    event.add("uid", _uid(handover, kind))
    event.add("sequence", max(0, (certificate.not_before - _EPOCH).days))
    event.add("dtstamp", handover.when.astimezone(UTC))
    event.add("dtstart", local.date())
    event.add("dtend", local.date() + timedelta(days=1))
    event.add("summary", summary)
    event.add("description", say(f"ics_{kind}_text", **arguments))
    event.add("transp", "TRANSPARENT")  # the day is not taken
    for days in _ALARM_DAYS[kind]:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", summary)
        alarm.add("trigger", _ALARM_HOUR - timedelta(days=days))
        event.add_component(alarm)
    return event


def _uid(handover: Handover, kind: str) -> str:
    """A UUID as RFC 7986 5.3 advises; practice never replaces the real thing."""
    place = f"{handover.site.name}\n{handover.site.domain}\n{handover.practice}"
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"cht-offline-setup:{kind}:{place}"))
