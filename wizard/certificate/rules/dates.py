"""Dates of the certificate against the clocks of laptop and server.

A clock earlier than the day this program was made is wrong and is not asked. Of the others none is
believed blindly: an offline site may well have both wrong.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from wizard.certificate import domains, look
from wizard.certificate.rules.case import BUILT, Case, Remark
from wizard.certificate.wording import CLOCK_SUSPECT

# Less does not matter to a certificate; an hour is what a wrong time zone makes.
_AGREED = timedelta(minutes=30)
_OTHER = {"laptop": "server", "server": "laptop"}


def clocks(case: Case) -> Iterator[Remark]:
    """Clocks that cannot be right, or do not agree."""
    if case.chosen:
        return
    said = {"laptop": shown(case.now), "built": f"{BUILT:%Y-%m-%d}"}
    if case.server_now is not None:
        said["server"] = shown(case.server_now)
    detail = ", ".join(f"{name}: {moment}" for name, moment in said.items())
    if not case.witnesses:
        both = " and ".join(
            f"the clock of the {name} ({said[name]})"
            for name in ("laptop", "server")
            if name in said
        )
        yield Remark("no-clock", {**said, "clocks": both}, detail)
        return
    for name in ("laptop", "server"):
        if name in said and name not in case.witnesses:
            yield Remark(f"{name}-clock-behind", said, detail)
            return
    if len(case.witnesses) == 2 and abs(case.now - _server(case)) > _AGREED:
        said["suspect"] = CLOCK_SUSPECT[_suspect(case)]
        yield Remark("clocks-differ", said, detail)


def within(case: Case) -> Iterator[Remark]:
    """Not ended and begun, by every clock that may be right."""
    begin, end = case.leaf.not_valid_before_utc, case.leaf.not_valid_after_utc
    detail = f"notBefore {shown(begin)}, notAfter {shown(end)}"
    late = [name for name, clock in case.witnesses.items() if clock > end]
    early = [name for name, clock in case.witnesses.items() if clock < begin]
    ended = {"date": f"{end:%Y-%m-%d}", "domain": _domain(case)}
    begins = {"date": f"{begin:%Y-%m-%d}"}
    # What ended before this program was made has ended, whatever any clock says.
    if (end < BUILT and not case.chosen) or (late and len(late) == len(case.witnesses)):
        yield Remark("expired", ended, detail)
    elif late:
        yield Remark("expired-by-one-clock", {**ended, **_who(late[0])}, detail)
    if early and len(early) == len(case.witnesses):
        yield Remark("not-yet-valid", begins, detail)
    elif early:
        yield Remark("not-yet-valid-by-one-clock", {**begins, **_who(early[0])}, detail)


def soon(case: Case) -> Iterator[Remark]:
    """Less than a third of its life is left, the usual moment to renew."""
    begin, end = case.leaf.not_valid_before_utc, case.leaf.not_valid_after_utc
    latest = max(case.witnesses.values(), default=BUILT)
    if begin <= latest <= end and end - latest < (end - begin) / 3:
        words = {"date": f"{end:%Y-%m-%d}", "days": str(look.days_left(case.leaf, latest))}
        yield Remark("expires-soon", words, f"notAfter {shown(end)}")


def shown(moment: datetime) -> str:
    """A moment to show, in UTC."""
    return f"{look.utc(moment):%Y-%m-%d %H:%M} UTC"


def _server(case: Case) -> datetime:
    return case.witnesses["server"]


def _suspect(case: Case) -> str:
    """Which of two clocks that differ is likely wrong: the one that the certificate contradicts.

    An authority does not sign for the future, so a clock before notBefore is behind. One past
    notAfter may be right (the certificate is old), so it proves nothing.
    """
    begin = look.or_else(lambda: case.leaf.not_valid_before_utc, BUILT)
    behind = [name for name, clock in case.witnesses.items() if clock < begin]
    return behind[0] if len(behind) == 1 else "unknown"


def _who(clock: str) -> dict[str, str]:
    return {"clock": clock, "other": _OTHER[clock]}


def _domain(case: Case) -> str:
    return look.or_else(lambda: domains.normal(case.domain), case.domain)
