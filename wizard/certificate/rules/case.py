"""What the rules look at, and what they say."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from cryptography import x509

from wizard.certificate import look
from wizard.certificate.bundle import Bundle
from wizard.certificate.paths import Way, ways
from wizard.certificate.roots import Roots

# Moved on at each release. A clock that shows an earlier day is wrong for certain.
BUILT = datetime(2026, 11, 22, tzinfo=UTC)

CHOICES = frozenset({"private-ca", "self-signed"})
"""Problems that the staff may accept: browsers can be told to trust such a certificate."""


def best_guess(now: datetime, server_now: datetime | None, *, chosen: bool = False) -> datetime:
    """The moment to judge for, by the clocks of laptop and server; in UTC."""
    clocks = [look.utc(each) for each in (now, server_now) if each is not None]
    return next((each for each in clocks if chosen or each >= BUILT), BUILT)


@dataclass(frozen=True)
class Remark:
    """A code with its arguments, and technical words for support."""

    code: str
    arguments: dict[str, str] = field(default_factory=dict)
    detail: str = ""


@dataclass(frozen=True)
class Case:
    """A bundle for a domain, seen at a moment by two clocks; all moments in UTC.

    `chosen`: `now` is a moment that somebody asks about, not what a clock says. `accept`: codes of
    findings that the staff accepted.
    """

    bundle: Bundle
    domain: str
    now: datetime
    server_now: datetime | None
    cht_version: str | None
    roots: Roots
    chosen: bool = False
    accept: frozenset[str] = frozenset()

    @property
    def leaf(self) -> x509.Certificate:
        """The certificate of the site."""
        return self.bundle.leaf

    @cached_property
    def witnesses(self) -> dict[str, datetime]:
        """The clocks that may be right, by the name of the machine."""
        clocks = {"laptop": self.now}
        if self.server_now is not None:
            clocks["server"] = self.server_now
        return {name: clock for name, clock in clocks.items() if self.chosen or clock >= BUILT}

    @cached_property
    def at(self) -> datetime:
        """The best guess at the present."""
        return best_guess(self.now, self.server_now, chosen=self.chosen)

    @cached_property
    def ways(self) -> tuple[Way, ...]:
        """Every way to a root, for this domain at that moment."""
        return ways(self.bundle, self.domain, self.at, self.roots)

    @cached_property
    def anchors(self) -> tuple[x509.Certificate, ...]:
        """The roots at which the leaf or any part of the chain ends."""
        whole = (self.bundle.leaf, *self.bundle.chain)
        return tuple(root for each in whole for root in self.roots.issuers_of(each))

    @property
    def public(self) -> bool:
        """Whether the chain ends at a root that phones may know."""
        return any(root in self.roots.public for root in self.anchors)

    @property
    def issuer(self) -> str:
        """Who signed the topmost certificate that we have."""
        return look.title((self.leaf, *self.bundle.chain)[-1].issuer)
