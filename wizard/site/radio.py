"""Which channel an access point gets: what the law and the radio allow, then what is quiet."""

from __future__ import annotations

from collections.abc import Iterable

from wizard.agent import wire
from wizard.site.model import AccessPoint

NEAR = (1, 6, 11)  # on 2.4 GHz; they do not overlap
FAR = (36, 40, 44, 48, 149, 153, 157, 161, 165)  # on 5 GHz, where nowhere radar has to be heeded


def refused(ap: AccessPoint, facts: wire.Facts) -> str:
    """Return the country that is in force instead of the one that was asked for, or ""."""
    scan, radio = _scan(ap, facts), facts.radio(ap.interface)
    if scan is not None:
        return scan.in_force if scan.in_force != ap.country else ""
    if radio is not None and radio.self_managed and radio.country != ap.country:
        return radio.country
    return ""


def without_rules(ap: AccessPoint, facts: wire.Facts) -> bool:
    """True when the country is refused because the server has no rules of any; they can come."""
    rules = facts.package("wireless-regdb")
    absent = rules is not None and not rules.installed
    return absent and bool(refused(ap, facts)) and not self_managed(ap, facts)


def self_managed(ap: AccessPoint, facts: wire.Facts) -> bool:
    """True when the radio's driver takes no country but its own."""
    scan, radio = _scan(ap, facts), facts.radio(ap.interface)
    if scan is not None:
        return scan.self_managed
    return radio is not None and radio.self_managed


def channels(ap: AccessPoint, facts: wire.Facts) -> tuple[wire.Channel, ...] | None:
    """Return the radio's channels in the site's country; None when they were not read there."""
    scan, radio = _scan(ap, facts), facts.radio(ap.interface)
    if scan is not None:
        return scan.channels
    if radio is not None and radio.country == ap.country:
        return radio.channels
    return None


def allowed(known: Iterable[wire.Channel]) -> tuple[int, ...]:
    """Return the channels that are offered: those of the lists above that may be begun on."""
    free = {c.number for c in known if not c.bar}
    return tuple(n for n in (*NEAR, *FAR) if n in free)


def choose(ap: AccessPoint, facts: wire.Facts) -> int:
    """Return the quietest of 1, 6 and 11, else the first of the others; 0 when there is none.

    A network disturbs a channel when it is less than five channels (25 MHz) away, and the more
    the stronger it is heard.
    """
    known = channels(ap, facts) or ()
    offered = allowed(known)
    near = [n for n in NEAR if n in offered]
    if not near:
        return offered[0] if offered else 0
    scan = _scan(ap, facts)
    heard = scan.heard if scan is not None else ()
    mhz = {c.number: c.mhz for c in known}

    def noise(channel: int) -> float:
        close = (h for h in heard if abs(h.mhz - mhz[channel]) < 25)
        return sum(10 ** (h.signal / 10) for h in close)  # milliwatts

    return min(near, key=lambda n: (noise(n), n))


def _scan(ap: AccessPoint, facts: wire.Facts) -> wire.RadioScan | None:
    scan = facts.scan
    fits = scan is not None and (scan.interface, scan.country) == (ap.interface, ap.country)
    return scan if fits else None
