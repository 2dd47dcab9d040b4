"""The snapshot of one visit that everything to take away is made from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from cryptography import x509

from wizard.agent import wire
from wizard.certificate import Bundle, Client, Finding, Roots, look, planner
from wizard.certificate.limits import Authority, authority_of
from wizard.certificate.planner import VisitPlan
from wizard.check import Report
from wizard.site.model import Site

State = Literal["good", "attention", "unknown", "asked"]


@dataclass(frozen=True)
class Certificate:
    """The certificate in use: `issuer` in words for people, `sha256` lower-case hexadecimal.

    `clocks`: between which moments a phone's clock must stand to accept it with its chain.
    """

    names: tuple[str, ...]
    issuer: str
    not_before: datetime
    not_after: datetime
    sha256: str
    clocks: tuple[datetime, datetime]
    authority: Authority = Authority.PUBLIC

    @classmethod
    def of(
        cls, bundle: Bundle, findings: Iterable[Finding] = (), roots: Roots | None = None
    ) -> Certificate:
        """Take what is worth knowing from a bundle. Raises look.READ_ERRORS for a strange one."""
        leaf = bundle.leaf
        return cls(
            names=look.names(leaf),
            issuer=_issuer(leaf),
            not_before=leaf.not_valid_before_utc,
            not_after=leaf.not_valid_after_utc,
            sha256=bundle.sha256,
            clocks=planner.clock_window(bundle, roots),
            authority=authority_of(bundle, frozenset(each.code for each in findings)),
        )


def _issuer(leaf: x509.Certificate) -> str:
    """Its short name with who that is: R12 alone tells nobody to ask Let's Encrypt."""
    title, owners = look.title(leaf.issuer), look.organisations(leaf.issuer)
    return f"{title} ({owners[0]})" if owners and owners[0] not in title else title


@dataclass(frozen=True)
class Server:
    """What is worth keeping of the server; "" = not known."""

    os: str = ""
    cht: str = ""  # version
    hostname: str = ""
    interface: str = ""
    mac: str = ""
    https_port: int = 443

    @classmethod
    def of(cls, facts: wire.Facts, interface: str, web: wire.WebServer | None) -> Server:
        """Take it from the facts; `web` is the web server that got the certificate."""
        port = facts.interface(interface)
        return cls(
            os=facts.system.pretty_name,
            cht=web.version if web else "",
            hostname=facts.system.hostname,
            interface=interface,
            mac=port.mac if port else "",
            https_port=(web.https_port if web else 0) or 443,
        )


@dataclass(frozen=True)
class Wifi:
    """The Wi-Fi that phones join. `security` as in site.model.AccessPoint.

    The passphrase is used where a caller asks for it by name, and nowhere else.
    """

    ssid: str
    security: str = "wpa2-wpa3"
    hidden: bool = False
    passphrase: str = field(default="", repr=False)


@dataclass(frozen=True)
class Item:
    """One thing about a consideration of readiness; items of one topic stand together.

    state: "good", "attention" (there is something to do), "unknown" (it could not be told),
    "asked" (only people can tell, and nobody has yet). `answer` is what the staff wrote down.
    """

    topic: str
    title: str  # of the topic
    state: State = "unknown"
    sentence: str = ""
    cure: str = ""
    answer: str = ""


@dataclass(frozen=True)
class Handover:
    """What was decided, changed and proved in one visit.

    `when` has a time zone, the laptop's: all dates are shown in it. `changes` are the sentences
    of the plan, `outcome` is `state` of wire.Outcome ("" = there was nothing to change).
    Raises ValueError for a time without zone.
    """

    site: Site
    when: datetime
    program: str
    practice: bool = False
    server: Server = field(default_factory=Server)
    certificate: Certificate | None = None
    findings: tuple[Finding, ...] = ()
    clients: tuple[Client, ...] = ()
    changes: tuple[str, ...] = ()
    outcome: str = ""
    report: Report | None = None
    readiness: tuple[Item, ...] = ()
    wifi: Wifi | None = None

    def __post_init__(self) -> None:
        if self.when.tzinfo is None:
            raise ValueError("the time of a handover needs a time zone")

    @property
    def title(self) -> str:
        """The name of the site, or its domain while it has none."""
        return self.site.name or self.site.domain

    @property
    def address(self) -> str:
        """The server's IPv4 address without prefix, "" while it has none."""
        return self.site.static_ip.address.partition("/")[0]

    @property
    def url(self) -> str:
        """What is typed on a phone; without a port where it is 443."""
        port = self.server.https_port
        return f"https://{self.site.domain}" + ("" if port == 443 else f":{port}")

    @property
    def visits(self) -> VisitPlan | None:
        """When somebody has to come again; None while no certificate is known."""
        certificate = self.certificate
        if certificate is None:
            return None
        return planner.plan(
            certificate.not_before,
            certificate.not_after,
            self.when,
            every=self.site.visit_every,
            authority=certificate.authority,
        )

    def day(self, moment: datetime) -> date:
        """The day of a moment where the laptop is."""
        return moment.astimezone(self.when.tzinfo).date()
