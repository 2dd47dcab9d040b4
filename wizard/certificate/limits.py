"""How long certificates may last, by authority and day of issue: what is in force and decided."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from wizard.certificate import look
from wizard.certificate.bundle import Bundle


class Authority(StrEnum):
    """Whose rules a certificate's life follows; a private one follows none of these."""

    LETS_ENCRYPT = "lets-encrypt"
    PUBLIC = "public"
    PRIVATE = "private"


@dataclass(frozen=True)
class Limit:
    """From this day of issue on, so many days at most."""

    since: date
    days: int


# CA/Browser Forum Baseline Requirements 6.3.2, ballots SC-31 and SC-081v3.
# (SC-31 gave 397 in words, 398 in force: Chromium's certificate_lifetimes.md.)
BASELINE = (
    Limit(date(2020, 9, 1), 398),
    Limit(date(2026, 3, 15), 200),
    Limit(date(2027, 3, 15), 100),
    Limit(date(2029, 3, 15), 47),
)

# The profile "classic", which is what one gets without asking for another
# (letsencrypt.org/docs/profiles).
LETS_ENCRYPT = (
    Limit(date(2020, 9, 1), 90),
    Limit(date(2027, 2, 10), 64),
    Limit(date(2028, 2, 16), 45),
)

_TABLES: dict[Authority, tuple[Limit, ...]] = {
    Authority.LETS_ENCRYPT: LETS_ENCRYPT,
    Authority.PUBLIC: BASELINE,
    Authority.PRIVATE: (),
}

# Findings that mean that no public authority stands behind it.
_PRIVATE = frozenset({"self-signed", "private-ca", "extra-root-only"})


def limits(authority: Authority) -> tuple[Limit, ...]:
    """Return the limits of an authority, the earliest first."""
    return _TABLES[authority]


def limit_on(day: date, authority: Authority = Authority.PUBLIC) -> Limit | None:
    """Return the limit for what is issued on a day; None where no rule is known."""
    return next((each for each in reversed(limits(authority)) if day >= each.since), None)


def limit_after(day: date, authority: Authority = Authority.PUBLIC) -> Limit | None:
    """Return the next limit that begins after a day; None when no other one is decided."""
    return next((each for each in limits(authority) if day < each.since), None)


def authority_of(bundle: Bundle, codes: frozenset[str] = frozenset()) -> Authority:
    """Tell who issued a bundle's certificate; `codes` are those of its findings."""
    if codes & _PRIVATE or look.self_signed(bundle.leaf):
        return Authority.PRIVATE
    nothing: tuple[str, ...] = ()
    owners = look.or_else(lambda: look.organisations(bundle.leaf.issuer), nothing)
    return Authority.LETS_ENCRYPT if "Let's Encrypt" in owners else Authority.PUBLIC
