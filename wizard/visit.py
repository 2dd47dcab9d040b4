"""One visit to one site: connect, facts, plan, apply, confirm, check: what a front end needs."""

from __future__ import annotations

import contextlib
import getpass
import platform
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wizard import certificate, check
from wizard.agent import names, wire
from wizard.arrivals import Expected
from wizard.check import Report, Result, Surroundings, Target
from wizard.detour import Detour, DetourError
from wizard.laptop.awake import awake
from wizard.laptop.interfaces import Reach, interfaces, reaches
from wizard.laptop.leases import lease
from wizard.laptop.resolvers import resolvers
from wizard.moving import AT_THE_BREAK, SILENT, Moving
from wizard.plan import Plan, plan
from wizard.plan.certificate import held, previous
from wizard.problem import Problem, tr
from wizard.remote.agent import AgentError, AgentLink
from wizard.remote.dial import dial
from wizard.remote.hosts import Accept, KnownHosts, place
from wizard.remote.lifeline import Lifeline, refuge
from wizard.remote.login import Credentials, Timeouts
from wizard.remote.session import Session
from wizard.remote.words import Lost, RemoteError
from wizard.requesting import request_names
from wizard.restarting import Restarted, Restarting
from wizard.site.model import Site
from wizard.site.static_ip import own_radio
from wizard.site.toml import resolve
from wizard.timing import gone_on, measured, passed, server_now
from wizard.watching import Watching, question
from wizard.wording import NOT_ASKED, VisitError, survey_problem

QUICK = Timeouts(connect=5.0, greeting=10.0, login=15.0, channel=10.0)
PROVE_SECONDS = 40.0  # the agent waits 45 s for the answer
RETURN_SECONDS = 300.0  # how long the old address may take to come back after a rollback
VERB_SECONDS = 120.0
ALIVE_SECONDS = 15.0  # a slow server that is busy answers "status" in three
MORE_SECONDS = 600  # what one wish for more time is worth
PAUSE = 1.0  # between two attempts to find the server again

NOBODY = frozenset(
    {
        "no-route",
        "connect-timeout",
        "connect-failed",
        "refused",
        "server-silent",
        "server-closed",
        "not-ssh",
        "ssh-slow",
        "scope-unknown",
        "lost",
        "agent-silent",
        "login-cut",
        "login-timeout",
    }
)
"""RemoteError codes that mean: nobody answers there, or not yet."""


@dataclass(frozen=True)
class Progress:
    """Something a front end shows while work goes on.

    kind: "phase" (code names it), "step" (index, state, seconds, text), "log" (text),
    "countdown" (seconds until the server goes back by itself), "advice" (text: what to do now).
    """

    kind: str
    code: str = ""
    text: str = ""
    index: int = -1
    state: str = ""
    seconds: float = 0.0


Say = Callable[[Progress], None]


def _silence(_progress: Progress) -> None:
    """Say nothing."""


class Visit:
    """One visit to one site.

    `folder` is where relative certificate paths of the site start; `data` holds what the program
    remembers between visits (known host keys); `detour` leads to a practice clinic instead.
    """

    def __init__(
        self,
        site: Site,
        folder: Path,
        data: Path,
        *,
        roots: certificate.Roots | None = None,
        say: Say = _silence,
        detour: Detour | None = None,
    ) -> None:
        self.site = site
        self.files = resolve(site, folder).certificate.files
        self.known_hosts = KnownHosts(data / "known-hosts.jsonl")
        self.roots = roots or certificate.Roots.bundled()
        self.say = say
        self.no_lifeline = ""
        self._detour = detour
        self._credentials: Credentials | None = None
        self._accept: Accept = None
        self._facts: wire.Facts | None = None
        self._refuge = ""  # where it is found when a router has given it another address
        self._facts_at = 0.0  # when their clock was right, by timing.passed
        self._session: Session | None = None
        self._link: AgentLink | None = None
        self._lifeline: Lifeline | None = None
        self._side_link: AgentLink | None = None  # the agent over the lifeline
        self._over = threading.Event()  # closed: whatever still runs ends, and connects no more
        self._wish = threading.Event()  # more time is wanted

    def decide(self, site: Site, folder: Path) -> None:
        """Go on with changed decisions about the same server."""
        self.site = site
        self.files = resolve(site, folder).certificate.files

    # ------------------------------------------------------------------ connection

    def connect(self, credentials: Credentials, accept: Accept = None) -> None:
        """Log in where the server answers: at the host of the site, or at its new address.

        `accept` decides about a host key never seen before. Raises RemoteError, VisitError.
        """
        self._over.clear()
        self._credentials = credentials
        self._accept = accept
        self._phase("connect", self.site.server.host or self._own_address)
        self._session = self._open_first()
        self._link = AgentLink.start(self._session, credentials.sudo_password)

    @property
    def _own_address(self) -> str:
        return self.site.static_ip.address.partition("/")[0]

    @property
    def _server_id(self) -> str | None:
        return self.site.domain or self.site.name or None

    def _open_first(self) -> Session:
        """Open a session at the site's host or, where nobody answers there, at its own address.

        Only the host of the site may be met for the first time: whoever holds the address the
        server shall get one day may be somebody else.
        """
        host, own = self.site.server.host, self._own_address
        if not host and not own:
            raise VisitError("no-host")
        if not host:
            return self._open(own, accept=self._accept)
        there = place(own, self.site.server.port)
        moved = any(r.address == there for r in self.known_hosts.records())
        # Another laptop may have moved it: it can be told by the key that it had before, or by
        # the fingerprint that was given.
        label = self._accept if isinstance(self._accept, str) else None
        known = bool(label or self.known_hosts.kinds(there, self._server_id))
        try:
            # When the server has moved already, do not wait long for its old address.
            return self._open(host, accept=self._accept, timeouts=QUICK if moved else Timeouts())
        except RemoteError as error:
            if not known or not own or own == host or error.code not in NOBODY:
                raise
            try:
                return self._open(own, accept=label)
            except RemoteError:
                raise error from None

    def _open(
        self, host: str, *, accept: Accept = None, timeouts: Timeouts | None = None
    ) -> Session:
        if self._credentials is None:
            raise VisitError("not-connected")
        self._go_on()
        session = Session.open(
            host,
            self.site.server.port,
            self._credentials,
            self.known_hosts,
            accept=accept,
            server_id=self._server_id,
            timeouts=timeouts or Timeouts(),
            through=self._detour.to(host) if self._detour else None,
        )
        if self._over.is_set():
            session.close()
        self._go_on()
        return session

    def _go_on(self) -> None:
        if self._over.is_set():
            raise VisitError("closed")

    def _takes_connections(self, session: Session) -> bool:
        try:
            through = self._detour.to(session.host) if self._detour else None
            dial(session.host, session.port, QUICK.connect, through).close()
        except (RemoteError, DetourError):
            return False
        return True

    @property
    def link(self) -> AgentLink:
        """The connection to the agent. Raises VisitError when there is none."""
        if self._link is None:
            raise VisitError("not-connected")
        return self._link

    @property
    def session(self) -> Session:
        """The SSH session. Raises VisitError when there is none."""
        if self._session is None:
            raise VisitError("not-connected")
        return self._session

    def close(self) -> None:
        """End every connection of this visit, from whatever thread.

        A change under way is left to the server: nobody confirms it any more. What still runs
        here ends within seconds with VisitError "closed".
        """
        self._over.set()
        for part in (self._side_link, self._link, self._lifeline, self._session):
            if part is not None:
                with contextlib.suppress(OSError, RemoteError):
                    part.close()
        self._side_link = self._link = self._lifeline = self._session = None

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def stay_connected(self) -> None:
        """Make sure that the server answers; log in again where the connection has died.

        Laptops sleep, and cables are pulled, between two pages. Raises RemoteError, VisitError.
        """
        try:
            self.link.call("status", {}, timeout=ALIVE_SECONDS)
        except Lost as lost:
            found = self._log_in_again()
            if found is None:
                raise lost from None
            self._adopt(*found)
        except AgentError as error:
            raise explain(error) from error

    # ------------------------------------------------------------------ reading

    def facts(self) -> wire.Facts:
        """Read everything about the server in one pass."""
        self._phase("facts")
        found = wire.decode(wire.Facts, self._call("facts", {"domain": self.site.domain}))
        clock = measured(found.clock, lambda: self._call("clock", {}))
        found = replace(found, clock=clock, scan=self._scan(found))
        self._facts, self._facts_at = found, passed()
        through = found.connection.interface if found.connection else ""
        way = (interfaces(), self.session.laptop_address)
        self._refuge = refuge(found.interfaces, through, *way)
        return self._facts

    def as_of_now(self, facts: wire.Facts) -> wire.Facts:
        """Return the facts read last with their clock as it is now; others as they are.

        Reading a review takes minutes, and a clock that stood still meanwhile would look slow.
        """
        if facts is not self._facts:
            return facts
        return replace(facts, clock=gone_on(facts.clock, passed() - self._facts_at))

    def scan(self, interface: str, country: str) -> wire.RadioScan:
        """Ask what a radio of the server may do in a country, and how busy the air is.

        Takes up to ten seconds; the country that was in force is put back. Raises VisitError,
        RemoteError.
        """
        self._phase("scan", interface)
        answer = self._call("scan", {"interface": interface, "country": country})
        return wire.decode(wire.RadioScan, answer)

    def _scan(self, found: wire.Facts) -> wire.RadioScan | None:
        """Ask where the site wants the server's radio; None where that makes no sense yet."""
        ap = self.site.access_point
        radio = found.radio(ap.interface)
        wanted = ap.kind == "server" and radio is not None and radio.read and radio.ap
        if not wanted or not re.fullmatch(r"[A-Z]{2}", ap.country):
            return None
        return self.scan(ap.interface, ap.country)

    def bundle(
        self, passphrase: str | None = None, *, fetch_missing: bool = False
    ) -> certificate.Bundle | None:
        """Read the certificate files of the site; None when it names none.

        `fetch_missing`: the user agrees that what the chain lacks is fetched from the Internet.
        """
        if not self.files:
            return None
        found = certificate.read(self.files, passphrase, domain=self.site.domain)
        return certificate.fetch_missing(found, self.roots) if fetch_missing else found

    def findings(
        self, bundle: certificate.Bundle, facts: wire.Facts | None = None
    ) -> tuple[certificate.Finding, ...]:
        """Judge a certificate for this site by the laptop's and the server's clock."""
        web = self.web(facts) if facts is not None else None
        return certificate.judge(
            held(bundle, facts, self.site.request.public_key),
            self.site.domain,
            now=datetime.now(UTC),
            server_now=server_now(self.site, self.as_of_now(facts)) if facts else None,
            cht_version=(web.version or None) if web is not None else None,
            roots=self.roots,
            accept=self.site.accept,
        )

    def served(self, facts: wire.Facts) -> certificate.Bundle | None:
        """Return the certificate that the web server serves this laptop now, without its key.

        None when nothing answers there; nothing is verified.
        """
        host = self.session.host
        target = replace(
            self.target(facts, None),
            address=host,
            connect=self._detour.connect(host, self.site.server.port) if self._detour else {},
        )
        return certificate.of_der(check.served_now(target, Surroundings(self.roots)))

    def previous(self, facts: wire.Facts) -> certificate.Bundle | None:
        """Return the certificate that was served before, whose key the server kept; or None."""
        return previous(self.web(facts), facts)

    def request(
        self,
        facts: wire.Facts,
        key_kind: str = "rsa",
        more: Sequence[str] = (),
        *,
        replace: bool = False,
    ) -> wire.KeyRequest:
        """Let the server make a key and a request for the site's domain, and `more` names.

        The key stays there. A request that waits is replaced only with `replace`: its key is gone
        then. Raises VisitError: no-domain, bad-name, rsa-needed, request-waits, no-openssl, ...
        """
        web = self.web(facts)
        if key_kind == "ec" and web is not None and certificate.needs_rsa(web.version):
            raise VisitError("rsa-needed", version=web.version)
        names = request_names(self.site.domain, more)
        self._phase("request")
        asked = {"key_kind": key_kind, "names": list(names), "replace": replace}
        return wire.decode(wire.KeyRequest, self._call("request", asked))

    def plan(
        self,
        facts: wire.Facts,
        bundle: certificate.Bundle | None,
        *,
        renew: bool = False,
        passphrase: str = "",
    ) -> Plan:
        """Say what would be changed, without changing anything.

        `passphrase` is the Wi-Fi's; "" keeps the one that the server has.
        """
        now = self.as_of_now(facts)
        return plan(
            self.site,
            now,
            bundle,
            now=datetime.now(UTC),
            renew=renew,
            who=who(),
            passphrase=passphrase,
        )

    def survey(self, the_plan: Plan) -> tuple[Problem, ...]:
        """Ask the LAN what no fact of the server tells: other DHCP servers, a taken address.

        Takes some seconds, so it is asked only when the plan would disturb somebody.
        """
        site, found = self.site, []
        kinds = {change.kind for change in the_plan.changes}
        interface = site.static_ip.interface
        if "address" in kinds:
            self._phase("survey")
            mac = self.who_has(interface, self._own_address)
            if mac:
                found.append(survey_problem("address-taken", address=self._own_address, mac=mac))
        if own_radio(site):  # nobody can be on a Wi-Fi that is not there yet
            return ()
        starts_dns = any(c.kind == "service" and c.topic == "dns_dhcp" for c in the_plan.changes)
        if site.dns_dhcp.enabled and starts_dns:
            for offer in self.dhcp_servers(interface):
                found.append(survey_problem("other-dhcp", server=offer.server, mac=offer.mac))
        return tuple(
            replace(p, severity="note") if p.severity == "warning" and p.code in site.accept else p
            for p in found
        )

    def who_has(self, interface: str, address: str) -> str:
        """Ask the server's neighbours who uses an IPv4 address: a MAC, or "" when nobody answers.

        Takes up to three seconds; only asks. Raises VisitError, RemoteError.
        """
        answer = self._call("find-address", {"interface": interface, "address": address})
        return str(answer["mac"])

    def dhcp_servers(self, interface: str) -> tuple[wire.DhcpOffer, ...]:
        """Ask on an interface of the server who else hands out addresses; takes no lease.

        Takes four seconds. Raises VisitError, RemoteError.
        """
        return tuple(offer for offer in self._offers(interface) if not offer.ours)

    def company(self) -> wire.Company:
        """Ask in the server's LAN who else serves there: routers, DNS, addresses for phones.

        Takes some seconds; only asks. Raises VisitError, RemoteError.
        """
        dns = self.site.dns_dhcp
        given = {"first": dns.first, "last": dns.last} if dns.enabled else {}
        answer = self._call("company", {"interface": self.site.static_ip.interface, **given})
        return wire.decode(wire.Company, answer)

    def reach(self) -> Reach:
        """Whether this laptop is in the network the server shall be in, else what to do."""
        if self._detour is not None:
            return Reach("ok", address=self._detour.laptop)
        here = self._session.laptop_address if self._session is not None else ""
        present = interfaces()
        prefer = next(
            (i.name for i in present if here in [a for a, _ in (*i.addresses4, *i.addresses6)]), ""
        )
        return reaches(self.site.static_ip.address, present, prefer)

    # ------------------------------------------------------------------ changing

    def more_time(self) -> None:
        """Wish that the server waits longer for this laptop; may be called from any thread.

        What comes of it is told as progress: a "countdown" with the code "more-time", or an
        "advice" with the code "not-asked" when the server cannot be reached to be asked.
        """
        self._wish.set()

    def apply(
        self,
        the_plan: Plan,
        *,
        cancel: threading.Event | None = None,
        patience: float = 600.0,
        seconds: int | None = None,
    ) -> wire.Outcome:
        """Carry a plan out and prove that the server can still be reached.

        `cancel` stops after the running step and puts everything back. `patience` is how many
        seconds this laptop may take to come into the new network while the server waits for it;
        `seconds` is how long the server waits without a word before it goes back. Raises
        VisitError (nothing changed), or VisitError "lost" when the server was not found again.
        """
        order = the_plan.order(prove=the_plan.confirm and self.reach().ok)
        if seconds is not None:
            order = replace(order, seconds=seconds)
        self._wish.clear()
        with awake("changing the server"):
            if order.confirm:
                self._open_lifeline(the_plan)
                if not self.reach().ok and order.address:
                    self._advise()
            self._phase("apply")
            # What rides on the lifeline is not cut by a change of the IPv4 address.
            work = _Apply(self, the_plan, order, cancel or threading.Event(), patience)
            return work.run(self._side_link or self.link)

    def _advise(self) -> None:
        reach = self.reach()
        if not reach.ok:
            self.say(Progress("advice", reach.code, f"{reach.message} {reach.cure}"))

    def _open_lifeline(self, the_plan: Plan) -> None:
        if self._lifeline is not None or self._facts is None or self._credentials is None:
            return
        if the_plan.makes_bridge and self._facts.interface(names.BRIDGE) is None:
            # Link-local addresses move to the bridge as well, and cut what they carry.
            self.no_lifeline = "bridge"
            self._phase("no-lifeline", self.no_lifeline)
            return
        found = Lifeline.open(
            self.session,
            self._facts.interfaces,
            self.site.static_ip.interface,
            interfaces(),
            self._credentials,
            self.known_hosts,
            server_id=self._server_id,
        )
        if isinstance(found, Lifeline):
            self._lifeline = found
            try:
                self._side_link = AgentLink.start(found.session, self._credentials.sudo_password)
            except RemoteError as error:
                self.no_lifeline = error.code
            else:
                self._phase("lifeline", found.address)
                return
        else:
            self.no_lifeline = found.reason
        self._phase("no-lifeline", self.no_lifeline)

    def _adopt(self, session: Session, link: AgentLink) -> None:
        """Go on with a newer connection."""
        for part in (self._link, self._session):
            if part is not None:
                with contextlib.suppress(OSError, RemoteError):
                    part.close()
        self._link, self._session = link, session

    def rollback(self) -> wire.Outcome:
        """Put back what an unfinished transaction changed."""
        self._phase("rollback")
        link = self._side_link or self.link
        try:
            return wire.decode(wire.Outcome, self._call_back(link))
        except AgentError as error:
            raise explain(error) from error
        except Lost:
            return self._rolled_back()

    def _call_back(self, link: AgentLink) -> dict[str, Any]:
        """Call "rollback"; raises Lost when it took the address away that `link` goes to."""
        moving = Moving(self._takes_connections)
        return moving.call(link, "rollback", {}, self.log_event, RETURN_SECONDS)

    def _rolled_back(self) -> wire.Outcome:
        """The rollback cut this very connection: meet the server where it was before."""
        give_up = time.monotonic() + RETURN_SECONDS
        while time.monotonic() < give_up:
            with contextlib.suppress(Lost, RemoteError):
                met = self._log_in_again()
                if met is not None:
                    status = met[1].call("status", {})
                    if status.get("pending") is None and status.get("last") is not None:
                        self._adopt(*met)
                        return wire.decode(wire.Outcome, status["last"])
                    met[0].close()
            _pause()
        raise _lost(self.site.server.host, self._own_address)

    @property
    def _sudo_password(self) -> str | None:
        return self._credentials.sudo_password if self._credentials is not None else None

    def uninstall(self) -> dict[str, Any]:
        """Take the program's own parts off the server; returns what was removed and kept."""
        return self._call("uninstall", {})

    def log_event(self, plain: Mapping[str, Any]) -> None:
        """Pass an event on as a line of the log."""
        event = wire.decode(wire.Event, plain)
        self.say(Progress("log", event.code or event.kind, event.text or event.state))

    # ------------------------------------------------------------------ proving

    def check(
        self,
        facts: wire.Facts,
        bundle: certificate.Bundle | None,
        on_result: Callable[[Result], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> Report:
        """Prove from this laptop that a phone on this LAN would reach the CHT."""
        self._phase("check")
        offers: tuple[wire.DhcpOffer, ...] | None = None
        with contextlib.suppress(VisitError):
            offers = self._offers()
        company: wire.Company | None = None
        with contextlib.suppress(VisitError):
            company = self.company()
        health = wire.decode(wire.Health, self._call("health", {}))
        health_at = time.time()
        reach = self.reach()
        own = interfaces()
        found = lease(reach.interface) if reach.interface else None
        surroundings = Surroundings(
            roots=self.roots,
            ssh=self._fingerprint,
            expected_fingerprint=self.session.fingerprint,
            health=health,
            health_at=health_at,
            offers=offers,
            company=company,
            lease=check.Lease(found.address, found.server, found.dns, found.router)
            if found is not None
            else None,
            interfaces=tuple(
                check.LocalAddress(i.name, a, prefix, i.up)
                for i in own
                for a, prefix in (*i.addresses4, *i.addresses6) or (("", 0),)
            ),
            resolvers=resolvers(),
        )
        target = replace(self.target(facts, bundle, reach.interface), laptop=reach.address)
        return check.run(check.CHECKS, target, surroundings, on_result, cancel)

    def watching(self) -> Watching:
        """Return a watch of who arrives on the LAN, ready to `run` in a thread of its own.

        It costs the server nothing before and after, and other calls need not wait for it.
        Raises VisitError.
        """
        # The thread that it runs in may live longer than this visit, and must not keep it alive:
        # what `say` leads to belongs to the window's thread.
        session, password, facts = self.session, self._sudo_password, self._facts
        web = self.web(facts) if facts is not None else None
        return Watching(
            lambda: AgentLink.start(session, password),
            question(self.site, web),
            self._over.is_set,
            explain,
        )

    def expected(self) -> Expected:
        """What a phone that arrives should do here."""
        return Expected(self.site.domain, serves=self.site.dns_dhcp.enabled)

    def readiness(self) -> wire.Readiness:
        """Ask the server what it can tell of its life without Internet; only reads."""
        self._phase("readiness")
        return wire.decode(wire.Readiness, self._call("readiness", {}))

    def restart(self, say: Say | None = None, cancel: threading.Event | None = None) -> Restarted:
        """Restart the server, wait until it is back, and go on with the new connection.

        `cancel` ends the waiting, not the restart. Raises VisitError: the agent's refusals (busy,
        packages-locked, ...), restart-none, restart-lost, restart-unwatched.
        """
        tell = say or self.say

        def phase(code: str) -> None:
            tell(Progress("phase", code))

        phase("restart")
        with awake("restarting the server"):
            before = self._call("restart", {"who": who()})["boot_id"]
            restarting = Restarting(
                before,
                lambda: self.session.alive,
                lambda: self._takes_connections(self.session),
                self._log_in_again,
                phase,
                cancel or threading.Event(),
            )
            done, session, link = restarting.wait()
        for part in (self._side_link, self._lifeline):
            if part is not None:
                with contextlib.suppress(OSError, RemoteError):
                    part.close()
        self._side_link = self._lifeline = None
        self._adopt(session, link)
        return done

    def _log_in_again(self) -> tuple[Session, AgentLink] | None:
        """Log in where the server may be by now; None: nobody there, or not yet."""
        hosts = (self.session.host, self.site.server.host, self._own_address, self._refuge)
        refused: RemoteError | None = None
        for host in dict.fromkeys(h for h in hosts if h):
            session: Session | None = None
            try:
                session = self._open(host, timeouts=QUICK)
                return session, AgentLink.start(session, self._sudo_password)
            except RemoteError as error:
                if session is not None:
                    session.close()
                # Its old address may be somebody else's: only the first place counts.
                if host == self.session.host and error.code not in NOBODY:
                    refused = error
        if refused is not None:
            raise refused
        return None

    def target(
        self, facts: wire.Facts, bundle: certificate.Bundle | None, interface: str = ""
    ) -> Target:
        """What the live check looks at."""
        site, web = self.site, self.web(facts)
        return Target(
            domain=site.domain,
            address=self._own_address,
            prefix=int(site.static_ip.address.partition("/")[2] or 24),
            address6=site.static_ip.address6.partition("/")[0],
            interface=interface,
            https_port=(web.https_port or 443) if web is not None else 443,
            http_port=web.http_port if web is not None else 80,
            ssh_port=site.server.port,
            chain=bundle.chain_sha256 if bundle is not None else (),
            dns_dhcp=site.dns_dhcp.enabled,
            ntp=site.dns_dhcp.enabled and site.dns_dhcp.ntp,
            upstream=bool(site.dns_dhcp.upstream),
            web=web.kind if web is not None else "cht",
            version=web.version if web is not None else "",
            country=site.access_point.country if site.access_point.kind == "server" else "",
            gateway=site.static_ip.gateway,
            own_ap=site.access_point.kind == "own",
            connect=self._detour.connect(self._own_address, site.server.port)
            if self._detour is not None
            else {},
        )

    def _offers(self, interface: str = "") -> tuple[wire.DhcpOffer, ...]:
        asked = interface or self.site.static_ip.interface
        found = self._call("find-dhcp", {"interface": asked, "seconds": 4})
        return tuple(wire.decode(wire.DhcpOffer, offer) for offer in found["offers"])

    def web(self, facts: wire.Facts) -> wire.WebServer | None:
        """Return the web server that gets the certificate; None when there is none."""
        wanted = self.site.certificate.web
        servers = [w for w in facts.web if not wanted or wanted in (w.container, w.unit)]
        return servers[0] if servers else None

    def _fingerprint(self) -> str:
        with contextlib.closing(self._open(self._own_address)) as session:
            return session.fingerprint

    # ------------------------------------------------------------------ small things

    def _call(self, verb: str, arguments: dict[str, Any]) -> dict[str, Any]:
        try:
            return self.link.call(verb, arguments, timeout=VERB_SECONDS)
        except AgentError as error:
            raise explain(error) from error

    def _phase(self, code: str, text: str = "") -> None:
        self.say(Progress("phase", code, text))


class _Apply:
    """One apply, from the order to the confirmation or the way back."""

    def __init__(
        self,
        visit: Visit,
        the_plan: Plan,
        order: wire.Order,
        cancel: threading.Event,
        patience: float,
    ) -> None:
        self.visit = visit
        self.plan = the_plan
        self.order = order
        self.cancel = cancel
        self.patience = patience
        self.give_up_asking = time.monotonic() + patience
        self.deadline = time.monotonic() + order.seconds + RETURN_SECONDS
        self.advised = False
        self.moving = Moving(visit._takes_connections)
        self.events = 0  # how many were heard, so that none is told twice
        self.unmet: dict[str, str] = {}  # host -> why nobody was met there

    def run(self, link: AgentLink) -> wire.Outcome:
        """Apply over `link` and follow the server wherever it goes."""
        outcome = self._run(link)
        if self.cancel.is_set() and outcome.failed == "user":  # we asked for that rollback
            return replace(outcome, state="stopped", failed="")
        return outcome

    def _run(self, link: AgentLink) -> wire.Outcome:
        try:
            plain = self._while_stoppable(link, "apply", {"order": wire.encode(self.order)})
        except Lost:
            return self._follow()
        except AgentError as error:
            raise explain(error) from error
        outcome = wire.decode(wire.Outcome, plain)
        return self._follow() if outcome.state == "applied" else outcome

    def _while_stoppable(
        self, link: AgentLink, verb: str, arguments: dict[str, Any]
    ) -> dict[str, Any]:
        """Call a verb; `cancel` is passed on to the server as "stop" while it runs."""
        return self.moving.call(
            link,
            verb,
            arguments,
            lambda event: self._on_event(event, link),
            self.order.seconds + RETURN_SECONDS,
            self.cancel,
        )

    def _on_event(self, plain: Mapping[str, Any], link: AgentLink) -> None:
        event = wire.decode(wire.Event, plain)
        say = self.visit.say
        self.events += 1
        if event.kind == "step" and 0 <= event.index < len(self.plan.changes):
            change = self.plan.changes[event.index]
            sentence = self.plan.sentence(change)
            at_the_break = change.kind == "network" and event.state == "begun"
            self.moving.patience = AT_THE_BREAK if at_the_break else SILENT
            say(Progress("step", event.code, sentence, event.index, event.state, event.seconds))
        elif event.kind == "armed":
            self.deadline = time.monotonic() + event.seconds + RETURN_SECONDS
            say(Progress("countdown", seconds=event.seconds))
        elif event.kind == "prove":
            say(Progress("phase", "prove", event.address))
            link.control("proved" if self._answers(event.address) else "unreachable")
            self.moving.patience = AT_THE_BREAK
        else:
            say(Progress("log", event.code or event.kind, event.text or event.state))

    def _answers(self, address: str) -> bool:
        """True when a full login at that address works, with the same host key."""
        end = time.monotonic() + PROVE_SECONDS
        while time.monotonic() < end - 3:
            try:
                self.visit._open(address, timeouts=QUICK).close()
            except RemoteError as error:
                if error.code not in NOBODY:
                    return False
                _pause()
            else:
                return True
        return False

    # ------------------------------------------------------------------ afterwards

    def _follow(self) -> wire.Outcome:
        """Find the server at its new address and confirm; else meet it at the old one."""
        visit, order = self.visit, self.order
        new = [h for h in (order.address, order.address6) if h]
        visit.say(Progress("phase", "confirm", new[0] if new else visit.site.server.host))
        # After a rollback or a power cut its DHCP server may have given it another address than
        # before; the link-local one stays.
        lifeline = visit._lifeline.address if visit._lifeline else visit._refuge
        others = (visit.site.server.host, lifeline)
        hosts = [*new, *(h for h in dict.fromkeys(others) if h and h not in new)]
        while time.monotonic() < self.deadline:
            wished = visit._wish.is_set()
            for host in hosts:
                outcome = self._meet(host, confirm=not new or host in new)
                if outcome is not None:
                    return outcome
            outcome = self._ask_lifeline()
            if outcome is not None:
                return outcome
            if not self.advised and new and not visit.reach().ok:
                visit._advise()
                self.advised = True
            if wished and visit._wish.is_set():
                visit._wish.clear()
                visit.say(Progress("advice", "not-asked", tr(NOT_ASKED)))
            visit._go_on()
            _pause()
        raise _lost(*hosts)

    def _meet(self, host: str, *, confirm: bool) -> wire.Outcome | None:
        """Log in at `host`; confirm there, or learn that it is over. None: not yet."""
        visit = self.visit
        session: Session | None = None
        link: AgentLink | None = None
        outcome: wire.Outcome | None = None
        try:
            session = visit._open(host, timeouts=QUICK)
            link = AgentLink.start(session, visit._sudo_password)
            status = link.call("status", {})
            outcome = self._over(status)
            pending = status.get("pending") or {}
            if outcome is None and pending.get("state") in ("prepared", "armed", "applied"):
                # Hear what was missed; while it is still at work, until that is over.
                self._while_stoppable(link, "attach", {"after": self.events - 1})
            if outcome is None and pending.get("state") == "applied" and confirm:
                if self.cancel.is_set():
                    plain = visit._call_back(link)
                else:
                    plain = link.call("confirm", {"nonce": pending["nonce"]})
                outcome = wire.decode(wire.Outcome, plain)
            elif outcome is None and pending.get("state") == "applied":
                self._ask_more_time(link)
        except (Lost, RemoteError) as error:
            if error.code not in NOBODY:
                raise
            self._tell_why(host, error)
            return None
        except AgentError as error:
            if error.code in ("too-late", "not-applied", "nothing-pending", "wrong-connection"):
                return None  # it went on meanwhile: ask again
            raise explain(error) from error
        finally:
            if outcome is None:
                for part in (link, session):
                    if part is not None:
                        with contextlib.suppress(OSError, RemoteError):
                            part.close()
        if outcome is not None and session is not None and link is not None:
            visit._adopt(session, link)
        return outcome

    def _tell_why(self, host: str, error: RemoteError) -> None:
        """Write down why nobody was met at `host`; once, until the reason is another one."""
        if self.unmet.get(host) != error.code:
            self.unmet[host] = error.code
            self.visit.say(Progress("log", error.code, f"{host}: {error.message}"))

    def _over(self, status: Mapping[str, Any]) -> wire.Outcome | None:
        """Return how this order ended, or None while it is pending."""
        pending = status.get("pending")
        if pending is not None and pending["id"] == self.order.id:
            return None
        last = status.get("last")
        if last is not None:
            outcome = wire.decode(wire.Outcome, last)
            if outcome.id == self.order.id:
                return outcome
        return wire.Outcome(state="rolled-back", id=self.order.id, failed="unconfirmed")

    def _ask_more_time(self, link: AgentLink) -> None:
        """Pass the wish for more time on, if there is one; it stays when the server refuses."""
        visit = self.visit
        if not visit._wish.is_set():
            return
        with contextlib.suppress(AgentError):
            answer = link.call("more-time", {"seconds": MORE_SECONDS}, timeout=20.0)
            visit._wish.clear()
            self.give_up_asking = time.monotonic() + self.patience
            self.deadline = time.monotonic() + MORE_SECONDS + RETURN_SECONDS
            visit.say(Progress("countdown", "more-time", seconds=answer["seconds_left"]))

    def _ask_lifeline(self) -> wire.Outcome | None:
        """See how things stand, and ask the server to wait while this laptop is on its way."""
        visit, link = self.visit, self.visit._side_link
        if link is None:
            return None
        try:
            status = link.call("status", {}, timeout=20.0)
            outcome = self._over(status)
            if outcome is not None:
                return outcome
            if self.cancel.is_set():
                return visit.rollback()
            left = (status.get("pending") or {}).get("seconds_left")
            if left is None:
                return None
            visit.say(Progress("countdown", seconds=left))
            if visit._wish.is_set():
                self._ask_more_time(link)
            elif left < 60 and time.monotonic() < self.give_up_asking:
                link.call("more-time", {"seconds": self.order.seconds}, timeout=20.0)
                self.deadline = time.monotonic() + self.order.seconds + RETURN_SECONDS
        except (Lost, AgentError):
            visit._side_link = None
        return None


def who() -> str:
    """Name this laptop and its user, for the lock on the server."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "somebody"
    return f"{user} on {platform.node() or 'a laptop'}"


def explain(error: AgentError) -> VisitError:
    """Give an agent's refusal its sentence."""
    code = error.code if error.code in VisitError.words else "agent-defect"
    arguments = {"who": "somebody", "since": 0.0, **error.arguments, "what": error.code}
    since = arguments["since"]
    moment = datetime.fromtimestamp(since) if isinstance(since, int | float) and since else None
    today = moment is not None and moment.date() == datetime.now().date()
    arguments["when"] = f"{moment:{'%H:%M' if today else '%Y-%m-%d'}}" if moment else "a moment ago"
    return VisitError(code, error.detail, **arguments)


def _lost(*hosts: str) -> VisitError:
    """Return the error that names every address at which the server was looked for."""
    return VisitError("lost", tried=", ".join(dict.fromkeys(filter(None, hosts))))


def with_host(site: Site, host: str) -> Site:
    """Return the site with another host to log in at."""
    return replace(site, server=replace(site.server, host=host))


def _pause() -> None:
    threading.Event().wait(PAUSE)
