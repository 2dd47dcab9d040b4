"""When somebody has to come to renew: from a certificate's dates and how often one comes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from cryptography import x509

from wizard.certificate import look
from wizard.certificate.bundle import Bundle
from wizard.certificate.limits import Authority, Limit, limit_after, limit_on, limits
from wizard.certificate.roots import Roots
from wizard.certificate.rules.case import BUILT

LONGEST = 730  # days between two visits that can be planned with

# A car that breaks down, rain, a holiday: a week covers most of it. Who comes twice a year is
# bound to other dates, so a long life leaves more; a life of days cannot leave a week.
_MARGIN = timedelta(days=7)
_MARGIN_OF_LIFE = 10
_MARGIN_AT_MOST = 4

_JOURNEY = timedelta(days=14)  # people, a car and new files have to be found

# A wrong time zone makes hours, which is no reason to refuse a plan.
_AGREED = timedelta(days=1)


class State(StrEnum):
    """How a certificate stands on the day of a visit.

    clock: the laptop's clock lies before the day this program was made; early: it lies before
    the certificate begins. Neither tells what day it is. fresh: less than a third of the life is
    over. renew: worth renewing at any visit. overdue: the last good day has passed. ended.
    """

    CLOCK = "clock"
    EARLY = "early"
    FRESH = "fresh"
    RENEW = "renew"
    OVERDUE = "overdue"
    ENDED = "ended"


class Reach(StrEnum):
    """Whether a certificate lasts until the usual next visit: with its margin, just, or not."""

    LASTS = "lasts"
    TIGHT = "tight"
    TOO_SHORT = "too-short"


@dataclass(frozen=True)
class Term:
    """What a length of life means for whoever comes every so many days.

    `days`: of life; `spare`: days that are left after `every`, negative when they do not reach;
    `reach` says the same in a word; `come_every`: the longest time between two visits that
    keeps the margin.
    """

    days: int
    spare: int
    reach: Reach
    come_every: int


@dataclass(frozen=True)
class Change:
    """A limit to come that makes the next certificates shorter.

    `term` is None while it is not known how often somebody comes. `other` is what any public
    authority may give on that day, if that is more, and `other_until` the first day on which it
    no longer may. `next_one`: already the next certificate will be issued under it, if it is
    fetched when the plan says.
    """

    since: date
    days: int
    term: Term | None = None
    other: int = 0
    other_until: date | None = None
    next_one: bool = False


@dataclass(frozen=True)
class VisitPlan:
    """When to come again. Moments are in UTC; `every` is in days, 0 = nobody said.

    In the states clock and early the day is not known, so `now` must not be reckoned with:
    `days_left`, `usual` and `term` are None and there are no `changes`.
    """

    state: State
    authority: Authority
    begin: datetime
    end: datetime
    now: datetime
    every: int = 0
    changes: tuple[Change, ...] = ()

    @property
    def knows_day(self) -> bool:
        """Whether the laptop's clock can be believed."""
        return self.state not in (State.CLOCK, State.EARLY)

    @property
    def life(self) -> int:
        """Whole days from begin to end, both seconds counted (RFC 5280 4.1.2.5)."""
        return life_days(self.begin, self.end)

    @property
    def renew_from(self) -> datetime:
        """When a third of the life is over: from then on a new one gains time at every visit."""
        return self.begin + (self.end - self.begin) / 3

    @property
    def latest(self) -> datetime:
        """The last moment for the next visit: the end, less a margin for what comes between."""
        return self.end - margin(self.end - self.begin)

    @property
    def days_left(self) -> int | None:
        """Whole days until the end; negative once it has ended."""
        return (self.end - self.now).days if self.knows_day else None

    @property
    def usual(self) -> datetime | None:
        """The next visit, if somebody comes as usual."""
        return self.now + timedelta(days=self.every) if self.every and self.knows_day else None

    @property
    def reach(self) -> Reach | None:
        """Whether this certificate lasts until the usual visit; None when that is not known."""
        usual = self.usual
        if usual is None:
            return None
        if usual <= self.latest:
            return Reach.LASTS
        return Reach.TIGHT if usual <= self.end else Reach.TOO_SHORT

    @property
    def term(self) -> Term | None:
        """What a life as long as this one's means for whoever comes as usual."""
        return _term(self.life, self.every) if self.every and self.knows_day else None

    @property
    def renew_now(self) -> bool:
        """Whether a new certificate belongs on the server at this visit.

        From a third of the life on it is at least worth it; `must_renew` when it cannot wait.
        """
        return self.state in (State.RENEW, State.OVERDUE, State.ENDED)

    @property
    def must_renew(self) -> bool:
        """Whether the next usual visit would be too late, or the last good day has passed."""
        late = self.reach in (Reach.TIGHT, Reach.TOO_SHORT)
        return self.state in (State.OVERDUE, State.ENDED) or (self.state is State.RENEW and late)

    @property
    def urgent(self) -> bool:
        """Whether a journey has to be planned now, or the certificate renewed."""
        return self.must_renew or (self.knows_day and self.latest - self.now < _JOURNEY)

    @property
    def other_limit(self) -> Limit | None:
        """What other public authorities give today, if that is more than this one's life."""
        if not self.knows_day or self.authority is Authority.PRIVATE:
            return None
        limit = limit_on(self.now.date())
        return limit if limit is not None and limit.days > self.life else None


def plan(
    begin: datetime,
    end: datetime,
    now: datetime,
    *,
    every: int = 0,
    authority: Authority = Authority.PUBLIC,
) -> VisitPlan:
    """Plan the next visit for a certificate's dates, as of now (naive moments mean UTC).

    Pure. A number of days that makes no sense counts as not said.
    """
    begin, end, now = look.utc(begin), look.utc(end), look.utc(now)
    every = every if 0 < every <= LONGEST else 0
    made = VisitPlan(State.FRESH, authority, begin, end, now, every)
    state = _state(made)
    known = state not in (State.CLOCK, State.EARLY)
    changes = tuple(_change(each, made) for each in _coming(made)) if known else ()
    return VisitPlan(state, authority, begin, end, now, every, changes)


def margin(life: timedelta) -> timedelta:
    """How long before its end a certificate should be replaced at the latest.

    A week, or a tenth of the life where that is more; never more than a quarter of the life.
    """
    return min(max(_MARGIN, life / _MARGIN_OF_LIFE), life / _MARGIN_AT_MOST)


def life_days(begin: datetime, end: datetime) -> int:
    """Days of a life; the last second counts, so 90 days less a second are 90 days."""
    return round((end - begin + timedelta(seconds=1)) / timedelta(days=1))


def clock_window(bundle: Bundle, roots: Roots | None = None) -> tuple[datetime, datetime]:
    """Return between which moments (UTC) a clock must stand for this chain to be accepted.

    The latest begin and the earliest end of the path: the leaf, and upwards as far as no known
    root vouches. Of several certificates of one authority the one that ends last counts, as
    phones take whichever fits. Raises READ_ERRORS of `look`.
    """
    roots = Roots.bundled() if roots is None else roots
    path, pool = [bundle.leaf], list(bundle.chain)
    while pool and not roots.issuers_of(path[-1]):
        above = [each for each in pool if look.issued(each, path[-1])]
        if not above:
            break
        path.append(max(above, key=_end))
        pool.remove(path[-1])
    begin = max(each.not_valid_before_utc for each in path)
    return begin, min(each.not_valid_after_utc for each in path)


def _end(certificate: x509.Certificate) -> datetime:
    return certificate.not_valid_after_utc


def _state(made: VisitPlan) -> State:
    if made.now < BUILT:
        return State.CLOCK
    if made.now < made.begin - _AGREED:
        return State.EARLY
    if made.now > made.end:
        return State.ENDED
    if made.now > made.latest:
        return State.OVERDUE
    return State.RENEW if made.now >= made.renew_from else State.FRESH


def _coming(made: VisitPlan) -> list[Limit]:
    """The limits that begin later and are shorter than what was given now."""
    shorter = (each for each in limits(made.authority) if each.days < made.life)
    return [each for each in shorter if each.since > made.now.date()]


def _change(limit: Limit, made: VisitPlan) -> Change:
    other, until = 0, None
    if made.authority is Authority.LETS_ENCRYPT:
        allowed, after = limit_on(limit.since), limit_after(limit.since)
        if allowed is not None and allowed.days > limit.days:
            other, until = allowed.days, after.since if after is not None else None
    return Change(
        since=limit.since,
        days=limit.days,
        term=_term(limit.days, made.every) if made.every else None,
        other=other,
        other_until=until,
        next_one=max(made.latest, made.now) >= datetime.combine(limit.since, _MIDNIGHT, UTC),
    )


def _term(days: int, every: int) -> Term:
    spare, kept = days - every, days_of(margin(timedelta(days=days)))
    reach = Reach.LASTS if spare >= kept else Reach.TIGHT if spare >= 0 else Reach.TOO_SHORT
    return Term(days, spare, reach, days - kept)


def days_of(span: timedelta) -> int:
    """Whole days, a begun one counted: a margin is never rounded down."""
    return -(-span // timedelta(days=1))


_MIDNIGHT = datetime.min.time()
