"""One visit to one site: connect, facts, plan, apply, confirm, check: what a front end needs."""

from __future__ import annotations

import contextlib
import getpass
import platform
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from wizard.agent import wire
from wizard.certificate.bundle import Bundle, read
from wizard.certificate.findings import Finding, judge
from wizard.certificate.roots import Roots
from wizard.check import run as run_checks
from wizard.check.model import Report, Result, Surroundings, Target
from wizard.laptop import interfaces, leases, resolvers
from wizard.plan import Plan, plan
from wizard.remote.agent import AgentError, AgentLink, Lost
from wizard.remote.hosts import KnownHosts
from wizard.remote.lifeline import Lifeline
from wizard.remote.login import Credentials, RemoteError
from wizard.remote.session import Accept, Session
from wizard.site.model import Site
from wizard.site.toml import resolve
from wizard.wording import AGENT, VisitError

LOGIN_SECONDS = 15.0
PROVE_SECONDS = 30.0  # the agent waits 45 s for the answer
RETURN_SECONDS = 240.0  # how long the old address may take to come back after a rollback


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


class Visit:
    """One visit to one site.

    `folder` is where relative certificate paths of the site start; `data` holds what the program
    remembers between visits (known host keys).
    """

    def __init__(
        self,
        site: Site,
        folder: Path,
        data: Path,
        *,
        roots: Roots | None = None,
        say: Say = lambda _: None,
    ) -> None:
        self.site = site
        self.files = resolve(site, folder).certificate.files
        self.known_hosts = KnownHosts(data / "known-hosts.jsonl")
        self.roots = roots or Roots.bundled()
        self.say = say
        self._credentials: Credentials | None = None
        self._session: Session | None = None
        self._link: AgentLink | None = None
        self._lifeline: Lifeline | None = None
        self._apply_link: AgentLink | None = None
        self._accept: Accept | None = None
        self._facts: wire.Facts | None = None
        self.lifeline_reason = ""

    # ------------------------------------------------------------------ connection

    def connect(self, credentials: Credentials, accept: Accept | None = None) -> None:
        """Log in where the server answers: at the host of the site, or at its new address.

        `accept` decides about a host key never seen before. Raises RemoteError.
        """
        self._credentials = credentials
        self._accept = accept
        self._phase("connect", self.site.server.host)
        self._session = self._open_first(self._candidates())
        self._link = AgentLink.start(self._session, credentials.sudo_password)

    def _candidates(self) -> list[str]:
        own = self.site.static_ip.address.partition("/")[0]
        return list(dict.fromkeys(host for host in (self.site.server.host, own) if host))

    def _open_first(self, hosts: list[str]) -> Session:
        """Open a session to the first host that is known, trying the next where nobody answers.

        Only the host of the site may be met for the first time: whoever holds the address the
        server shall get one day may be somebody else.
        """
        failure: RemoteError | None = None
        for position, host in enumerate(hosts):
            try:
                return self._open(host, accept=self._accept if position == 0 else None)
            except RemoteError as error:
                if failure is None:
                    failure = error
                if error.code not in UNREACHED:
                    raise
        if failure is None:
            raise VisitError("no-host")
        raise failure

    def _open(
        self, host: str, *, accept: Accept | None = None, timeout: float = LOGIN_SECONDS
    ) -> Session:
        assert self._credentials is not None
        return Session.open(
            host,
            self.site.server.port,
            self._credentials,
            self.known_hosts,
            accept=accept,
            timeout=timeout,
        )

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
        """End every connection of this visit."""
        for part in (self._apply_link, self._link, self._lifeline, self._session):
            if part is not None:
                with contextlib.suppress(OSError, Lost):
                    part.close()
        self._apply_link = self._link = self._lifeline = self._session = None

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------ reading

    def facts(self) -> wire.Facts:
        """Read everything about the server in one pass."""
        self._phase("facts")
        plain = self._call("facts", {"domain": self.site.domain})
        self._facts = wire.decode(wire.Facts, plain)
        self.known_hosts.identify(self.session.fingerprint, self._facts.system.machine_id)
        return self._facts

    def bundle(self, passphrase: str | None = None) -> Bundle | None:
        """Read the certificate files of the site; None when it names none."""
        if not self.files:
            return None
        return read([Path(name) for name in self.files], passphrase)

    def findings(
        self, bundle: Bundle, facts: wire.Facts | None = None, web: wire.WebServer | None = None
    ) -> tuple[Finding, ...]:
        """Judge a certificate for this site against the laptop's and the server's clock."""
        server_now = None
        if facts is not None:
            server_now = datetime.fromtimestamp(facts.clock.now, UTC)
        return judge(
            bundle,
            self.site.domain,
            now=datetime.now(UTC),
            server_now=server_now,
            cht_version=(web.version or None) if web is not None else None,
            roots=self.roots,
        )

    def plan(self, facts: wire.Facts, bundle: Bundle | None, *, renew: bool = False) -> Plan:
        """Say what would be changed, without changing anything."""
        return plan(self.site, facts, bundle, now=datetime.now(UTC), renew=renew)

    def advice(self) -> str:
        """What to do with this laptop so that it reaches the server after the change, or ""."""
        verdict = interfaces.reaches(self.site.static_ip.address)
        return "" if verdict.reachable else verdict.advice

    # ------------------------------------------------------------------ changing

    def apply(
        self,
        the_plan: Plan,
        *,
        cancel: threading.Event | None = None,
        patience: float = 600.0,
    ) -> wire.Outcome:
        """Carry a plan out and prove that the server can still be reached.

        `cancel` stops after the running step and puts everything back. `patience` is how many
        seconds the laptop may take to come into the new network while the server waits for it.
        Raises VisitError or AgentError before anything was changed, or VisitError "lost" when
        the server could not be found again.
        """
        cancel = cancel or threading.Event()
        verdict = interfaces.reaches(self.site.static_ip.address)
        order = the_plan.order(who(), prove=verdict.reachable)
        if order.confirm:
            self._open_lifeline()
            if not verdict.reachable:
                self.say(Progress("advice", "reach", verdict.advice))
        self._phase("apply")
        # What rides on the lifeline is not cut by a change of the IPv4 address.
        link = self._apply_link or self.link
        link.cancel_with(cancel)
        try:
            plain = link.call(
                "apply",
                {"order": wire.encode(order)},
                on_event=lambda event: self._on_event(event, the_plan, link),
                timeout=None,
            )
            outcome: wire.Outcome | None = wire.decode(wire.Outcome, plain)
        except Lost:
            outcome = None
        except AgentError as error:
            raise _explain(error) from error
        if outcome is not None and outcome.state != "applied":
            return outcome
        return self._confirm(order, the_plan, cancel, patience)

    def _open_lifeline(self) -> None:
        assert self._credentials is not None
        if self._lifeline is not None or self._facts is None:
            return
        found = Lifeline.open(
            self._facts,
            self.site.static_ip.interface,
            self.site.server.port,
            self._credentials,
            self.known_hosts,
            fingerprint=self.session.fingerprint,
        )
        if isinstance(found, Lifeline):
            self._lifeline = found
            self._apply_link = AgentLink.start(found.session, self._credentials.sudo_password)
            self._phase("lifeline")
        else:
            self.lifeline_reason = found
            self.say(Progress("log", "no-lifeline", found))

    def _on_event(self, plain: dict[str, object], the_plan: Plan, link: AgentLink) -> None:
        event = wire.decode(wire.Event, plain)
        if event.kind == "step":
            change = the_plan.changes[event.index]
            self.say(
                Progress(
                    "step",
                    event.code,
                    the_plan.sentence(change),
                    event.index,
                    event.state,
                    event.seconds,
                )
            )
        elif event.kind == "armed":
            self.say(Progress("countdown", seconds=event.seconds))
        elif event.kind == "prove":
            self._phase("prove", event.address)
            link.control("proved" if self._answers(event.address) else "unreachable")
        else:
            self.say(Progress("log", event.code or event.kind, event.text or event.state))

    def _answers(self, address: str) -> bool:
        """True when a full login at that address works, with the same host key."""
        deadline = time.monotonic() + PROVE_SECONDS
        while time.monotonic() < deadline:
            try:
                self._open(address, timeout=min(LOGIN_SECONDS, PROVE_SECONDS / 3)).close()
            except RemoteError as error:
                if error.code not in UNREACHED:
                    return False
                threading.Event().wait(1.0)
            else:
                return True
        return False

    def _confirm(
        self, order: wire.Order, the_plan: Plan, cancel: threading.Event, patience: float
    ) -> wire.Outcome:
        """Follow the server to its new address and tell it that it was found there."""
        self._phase("confirm", order.address)
        hosts = [host for host in (order.address, order.address6) if host] or self._candidates()
        started = time.monotonic()
        give_up = started + order.seconds + 30
        advised = False
        while time.monotonic() < give_up:
            if cancel.is_set() and self._apply_link is not None:
                return self.rollback()
            for host in hosts:
                outcome = self._confirm_at(host, order, the_plan)
                if outcome is not None:
                    return outcome
            ended, left = self._ask_lifeline(order.id)
            if ended is not None:
                return ended
            verdict = interfaces.reaches(self.site.static_ip.address)
            if not verdict.reachable and not advised:
                self.say(Progress("advice", "reach", verdict.advice))
                advised = True
            if left is not None:
                self.say(Progress("countdown", seconds=left))
                waited = time.monotonic() - started
                if left < 60 and waited < patience and self._more_time(order.seconds):
                    give_up = time.monotonic() + order.seconds + 30
            threading.Event().wait(2.0)
        return self._return(order)

    def _confirm_at(self, host: str, order: wire.Order, the_plan: Plan) -> wire.Outcome | None:
        assert self._credentials is not None
        try:
            session = self._open(host, timeout=8.0)
        except RemoteError as error:
            if error.code not in UNREACHED:
                raise
            return None
        try:
            link = AgentLink.start(session, self._credentials.sudo_password)
            status = link.call("status", {})
            pending = status.get("pending")
            if pending is not None and pending["state"] in ("prepared", "armed"):
                link.call(
                    "attach",
                    {"after": -1},
                    on_event=lambda event: self._on_event(event, the_plan, link),
                    timeout=None,
                )
                status = link.call("status", {})
                pending = status.get("pending")
            if pending is None or pending["id"] != order.id:
                outcome = _last(status, order.id)
            else:
                # A new connection, made after the change: the agent insists on it.
                session2 = self._open(host)
                session.close()
                session, link = session2, AgentLink.start(session2, self._credentials.sudo_password)
                outcome = wire.decode(
                    wire.Outcome, link.call("confirm", {"nonce": pending["nonce"]})
                )
        except Lost:
            session.close()
            return None
        except AgentError as error:
            session.close()
            raise _explain(error) from error
        self._adopt(session, link)
        return outcome

    def _ask_lifeline(self, order_id: str) -> tuple[wire.Outcome | None, float | None]:
        """Return (how it ended, seconds left), as far as the lifeline can tell."""
        if self._apply_link is None:
            return None, None
        try:
            status = self._apply_link.call("status", {}, timeout=20.0)
        except (Lost, AgentError):
            self._apply_link = None
            return None, None
        pending = status.get("pending")
        if pending is None or pending["id"] != order_id:
            return _last(status, order_id), None
        return None, pending["seconds_left"]

    def _more_time(self, seconds: int) -> bool:
        if self._apply_link is None:
            return False
        try:
            self._apply_link.call("more-time", {"seconds": seconds}, timeout=20.0)
        except (Lost, AgentError):
            return False
        return True

    def _return(self, order: wire.Order) -> wire.Outcome:
        """The server was not found at its new address: it goes back by itself; meet it there."""
        assert self._credentials is not None
        self._phase("return", self.site.server.host)
        give_up = time.monotonic() + RETURN_SECONDS
        while time.monotonic() < give_up:
            try:
                session = self._open(self.site.server.host, timeout=8.0)
                link = AgentLink.start(session, self._credentials.sudo_password)
                status = link.call("status", {})
            except RemoteError as error:
                if error.code not in UNREACHED:
                    raise
            except Lost:
                pass
            else:
                if status.get("pending") is None:
                    self._adopt(session, link)
                    return _last(status, order.id)
                session.close()
            threading.Event().wait(3.0)
        raise VisitError(
            "lost", old=self.site.server.host, new=order.address or self.site.server.host
        )

    def _adopt(self, session: Session, link: AgentLink) -> None:
        """Go on with a newer connection."""
        old_link, old_session = self._link, self._session
        self._link, self._session = link, session
        for part in (old_link, old_session):
            if part is not None:
                with contextlib.suppress(OSError, Lost):
                    part.close()

    def rollback(self) -> wire.Outcome:
        """Put back what an unfinished transaction changed. Raises VisitError if there is none."""
        self._phase("rollback")
        link = self._apply_link or self.link
        try:
            plain = link.call("rollback", {}, on_event=lambda event: self._log(event), timeout=None)
        except AgentError as error:
            raise _explain(error) from error
        return wire.decode(wire.Outcome, plain)

    def uninstall(self) -> dict[str, object]:
        """Take the program's own parts off the server; returns what was removed and kept."""
        return self._call("uninstall", {})

    def _log(self, plain: dict[str, object]) -> None:
        event = wire.decode(wire.Event, plain)
        self.say(Progress("log", event.code or event.kind, event.text or event.state))

    # ------------------------------------------------------------------ proving

    def check(
        self,
        facts: wire.Facts,
        bundle: Bundle | None,
        on_result: Callable[[Result], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> Report:
        """Prove from this laptop that a phone on this LAN would reach the CHT."""
        self._phase("check")
        site = self.site
        offers: tuple[wire.DhcpOffer, ...] | None = None
        with contextlib.suppress(AgentError, VisitError):
            found = self._call("find-dhcp", {"interface": site.static_ip.interface, "seconds": 4})
            offers = tuple(wire.decode(wire.DhcpOffer, offer) for offer in found["offers"])
        health = wire.decode(wire.Health, self._call("health", {}))
        return run_checks(
            self.target(facts, bundle),
            Surroundings(
                ssh=lambda: self._fingerprint(),
                expected_fingerprint=self.session.fingerprint,
                health=health,
                offers=offers,
                lease=leases.lease_for(site.static_ip.address),
                interfaces=interfaces.interfaces(),
                roots=self.roots,
                resolvers=resolvers.servers(),
            ),
            on_result=on_result,
            cancel=cancel,
        )

    def target(self, facts: wire.Facts, bundle: Bundle | None) -> Target:
        """What the live check looks at."""
        site = self.site
        web = self._web(facts)
        return Target(
            domain=site.domain,
            address=site.static_ip.address.partition("/")[0],
            prefix=int(site.static_ip.address.partition("/")[2] or 0),
            address6=site.static_ip.address6.partition("/")[0],
            https_port=(web.https_port or 443) if web is not None else 443,
            http_port=(web.http_port or 80) if web is not None else 80,
            ssh_port=site.server.port,
            expected_chain=bundle.chain_sha256 if bundle is not None else (),
            dhcp=site.dns_dhcp.enabled,
            upstream=bool(site.dns_dhcp.upstream),
        )

    def _web(self, facts: wire.Facts) -> wire.WebServer | None:
        wanted = self.site.certificate.web
        servers = [w for w in facts.web if not wanted or wanted in (w.container, w.unit)]
        return servers[0] if servers else None

    def _fingerprint(self) -> str:
        session = self._open(self.site.static_ip.address.partition("/")[0])
        with contextlib.closing(session):
            return session.fingerprint

    # ------------------------------------------------------------------ small things

    def _call(self, verb: str, arguments: dict[str, object]) -> dict[str, object]:
        try:
            return self.link.call(verb, arguments, timeout=120.0)
        except AgentError as error:
            raise _explain(error) from error

    def _phase(self, code: str, text: str = "") -> None:
        self.say(Progress("phase", code, text))


UNREACHED = frozenset({"no-route", "refused", "timeout", "no-name", "not-ssh", "lost"})
"""RemoteError codes that mean: nobody (or not yet our server) answers there."""


def who() -> str:
    """Name this laptop and its user, for the lock on the server."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "somebody"
    return f"{user} on {platform.node() or 'a laptop'}"


def _last(status: dict[str, object], order_id: str) -> wire.Outcome:
    last = status.get("last")
    if isinstance(last, dict):
        outcome = wire.decode(wire.Outcome, last)
        if outcome.id == order_id:
            return outcome
    return wire.Outcome(state="rolled-back", id=order_id, failed="unconfirmed")


def _explain(error: AgentError) -> VisitError:
    """Give an agent's refusal its sentence."""
    code = error.code if error.code in AGENT else "agent-defect"
    arguments = dict(error.arguments)
    arguments.setdefault("code", error.code)
    return VisitError(code, error.detail, **arguments)


@contextlib.contextmanager
def visiting(visit: Visit) -> Iterator[Visit]:
    """Close a visit however it ends."""
    try:
        yield visit
    finally:
        visit.close()


def with_host(site: Site, host: str) -> Site:
    """Return the site with another host to log in at."""
    return replace(site, server=replace(site.server, host=host))
