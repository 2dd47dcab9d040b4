"""What lies on the desk during a visit: the site, what is known of the server, and how it went."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from wizard import certificate
from wizard.agent import wire
from wizard.certificate import Bundle, CertificateError, Client, Finding, Roots, look
from wizard.certificate.checklist import in_the_way, own_name
from wizard.certificate.limits import authority_of
from wizard.check import Report
from wizard.detour import Detour
from wizard.gui import settings
from wizard.gui.runner import Job, Runner
from wizard.gui.search import Search
from wizard.laptop.folders import config_folder, data_folder
from wizard.plan import Plan
from wizard.plan.certificate import held
from wizard.practice.clinic import Clinic
from wizard.problem import Problem, UserError
from wizard.remote.login import Credentials
from wizard.requesting import remember
from wizard.restarting import Restarted
from wizard.site.flow import Flow, State, Step, Walk, page_of
from wizard.site.model import Site
from wizard.site.problems import problems, unaccepted
from wizard.site.words import SiteError
from wizard.sites import Last, SiteStore
from wizard.timing import server_now
from wizard.visit import Visit

T = TypeVar("T")

HIDDEN = "(hidden)"
SAVE_AFTER = 800  # milliseconds without another keystroke
LOST = frozenset({"lost", "agent-silent", "restart-lost", "restart-unwatched"})
"""Codes of errors after which one has to connect again."""


@dataclass
class Secrets:
    """What is typed in and kept only until the window closes; never shown, never written."""

    password: str = field(default="", repr=False)
    key_passphrase: str = field(default="", repr=False)
    sudo_password: str = field(default="", repr=False)
    certificate_passphrase: str = field(default="", repr=False)
    wifi_passphrase: str = field(default="", repr=False)

    def clear(self) -> None:
        """Forget everything."""
        for name in vars(self):
            setattr(self, name, "")

    def blot(self, text: str) -> str:
        """Return a text with everything that is secret hidden: for what is copied or saved."""
        for secret in sorted(filter(None, vars(self).values()), key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return text


class Desk(QObject):
    """The state that all pages share. Pages read it, and change it only through its methods.

    Signals: `site_changed` when an answer changed, `known_changed` when something was learnt
    (facts, certificate, plan, outcome, report), `flow_changed` when the step or its state
    changed, `progress` with a wizard.visit.Progress while the visit works, `checked` with the
    number of the live check and a wizard.check.Result as each of its checks ends, `not_saved` with
    the SiteError that keeps the site from being written, `connection_lost` with the UserError that
    told it.
    """

    site_changed = Signal()
    known_changed = Signal()
    flow_changed = Signal()
    progress = Signal(object)
    checked = Signal(int, object)
    not_saved = Signal(object)
    connection_lost = Signal(object)

    def __init__(
        self,
        data: Path | None = None,
        parent: QObject | None = None,
        *,
        extra_roots: Sequence[Path] = (),
        detour: Detour | None = None,
    ) -> None:
        """`extra_roots`: files of roots that count too; `detour`: the way to every server."""
        super().__init__(parent)
        self._extra_roots, self._detour = tuple(extra_roots), detour
        self.data = data or data_folder()
        self.config = data / "config" if data is not None else config_folder()
        self.settings = settings.load(self.config)
        self.store = SiteStore(self.data / "sites")
        self.runner = Runner(self)
        self.search = Search(self)
        self.secrets = Secrets()
        self.clinic: Clinic | None = None
        self._timer = QTimer(self, singleShot=True, interval=SAVE_AFTER)
        self._timer.timeout.connect(self.save)
        self._clear()

    def _clear(self) -> None:
        self.key = ""  # of the site in the store; "" before it is saved for the first time
        self.folder = Path.home()
        self.site = Site()
        self.flow = Flow()
        self.visit: Visit | None = None
        self.facts: wire.Facts | None = None
        self.lost = False  # the connection that brought the facts
        self.bundle: Bundle | None = None
        self.certificate_error: CertificateError | None = None
        self.put_back = False  # the bundle is the one that was served before, not of the files
        self.findings: tuple[Finding, ...] = ()
        self.clients: tuple[Client, ...] = ()
        self.plan: Plan | None = None
        self.agreed: Plan | None = None  # somebody said yes to it; Apply takes it from here
        self.applied: Plan | None = None
        self.survey: tuple[Problem, ...] = ()
        self.outcome: wire.Outcome | None = None
        self.report: Report | None = None
        self.readiness: wire.Readiness | None = None
        self.restarted: Restarted | None = None
        self.access_points: tuple[str, ...] = ()  # addresses of those set up in this visit

    # ------------------------------------------------------------------- a site

    @property
    def practice(self) -> bool:
        """Whether this is the practice clinic."""
        return self.clinic is not None

    @property
    def roots(self) -> Roots:
        """The roots that certificates are judged by; in practice also the practice clinic's."""
        roots = Roots.bundled()
        if self._extra_roots:
            roots = roots.with_extra(self._extra_roots)
        if self.clinic is not None:
            roots = roots.with_extra([self.clinic.folder / "root.pem"], practice=True)
        return roots

    def begin(self, site: Site, walk: Walk, *, key: str = "", folder: Path | None = None) -> None:
        """Put a site on the desk; what lay there is saved and put away."""
        self.put_away()
        self.site, self.key = site, key
        self.folder = folder or (self.store.path(key).parent if key else Path.home())
        self.flow = Flow(walk)
        for step in (Step.STATIC_IP, Step.DOMAIN, Step.CERTIFICATE, Step.DNS_DHCP):
            if key and not self.found(step) and step in self.flow.steps and _filled(site, step):
                self.flow = self.flow.agree(step, site)
        self.site_changed.emit()
        self.known_changed.emit()
        self.flow_changed.emit()

    def begin_practice(self, clinic: Clinic, site: Site, walk: Walk = Walk.SETUP) -> None:
        """Put the practice clinic on the desk; nothing of it is remembered as a site."""
        self.begin(site, walk, folder=clinic.folder)
        self.clinic = clinic
        self.known_changed.emit()

    def put_away(self) -> None:
        """Save, end the connection, forget secrets, close the practice clinic."""
        self.save()
        self.search.forget()
        leaving, clinic = self.visit, self.clinic
        self.clinic = None
        self.secrets.clear()
        self._clear()
        if leaving is not None:
            leaving.close()
        if clinic is not None:
            self.search.close()  # it may be greeting the practice server
            clinic.close()

    def decide(self, site: Site) -> None:
        """Take changed answers. What was planned with the old ones is no longer valid."""
        if site == self.site:
            return
        moved = site.server != self.site.server
        judged = _judged(site) != _judged(self.site)
        self.site = site
        if self.visit is not None:
            self.visit.decide(site, self.folder)
        self.plan = self.agreed = None
        self.survey = ()
        if moved and self.visit is not None:
            self.disconnect_server()
        if judged:
            self._judge()
        self._timer.start()
        self.site_changed.emit()
        self.flow_changed.emit()

    def change(self, topic: str, **values: Any) -> None:
        """Take changed answers of one topic: `change("static_ip", address="10.20.0.1/24")`."""
        part = getattr(self.site, topic)
        self.decide(replace(self.site, **{topic: replace(part, **values)}))

    def save(self) -> bool:
        """Write the site file; a new site gets one as soon as it has a name or a domain.

        False when it could not be written; `not_saved` says why.
        """
        self._timer.stop()
        if self.practice or not (self.key or self.site.name or self.site.domain):
            return True
        try:
            self.key = self.store.save(self.site, self.key)
        except SiteError as error:
            self.not_saved.emit(error)
            return False
        return True

    def note(self, state: str) -> None:
        """Remember how this visit ended, for the list of sites."""
        if self.key and not self.practice:
            last = self.store.last(self.key) or Last(datetime.now(UTC), state)
            bundle = None if state == "rolled-back" else self.certificate_in_use
            with contextlib.suppress(*look.READ_ERRORS):
                if bundle is not None:
                    last = replace(
                        last,
                        certificate_begin=bundle.leaf.not_valid_before_utc,
                        certificate_end=bundle.leaf.not_valid_after_utc,
                        authority=authority_of(bundle, frozenset(f.code for f in self.findings)),
                    )
            self.store.note(self.key, replace(last, when=datetime.now(UTC), state=state))

    def come_every(self, days: int) -> None:
        """Keep how often somebody comes, in days (0: nobody said); no plan depends on it."""
        if days != self.site.visit_every:
            self.site = replace(self.site, visit_every=days)
            self._timer.start()
            self.known_changed.emit()

    def choose_appearance(self, appearance: str) -> None:
        """Remember how the window shall look: "system", "light" or "dark"."""
        self.settings = replace(self.settings, appearance=appearance)
        settings.save(self.settings, self.config)

    # ------------------------------------------------------------------ problems

    def found(self, step: Step | None = None) -> tuple[Problem, ...]:
        """Return what is wrong or doubtful, of one step or of all; accepted warnings are notes."""
        everything: list[Problem] = [*problems(self.site, self.facts)]
        if self.plan is not None:
            everything += [p for p in self.plan.problems if p not in everything]
        everything += self.survey
        everything += in_the_way(self.findings, self.certificate_error)
        seen: set[tuple[str, str]] = set()
        kept = []
        for p in everything:
            if (p.code, p.field) in seen or (step is not None and page_of(p.field) is not step):
                continue
            seen.add((p.code, p.field))
            accepted = p.severity == "warning" and p.code in self.site.accept
            kept.append(replace(p, severity="note") if accepted else p)
        return tuple(kept)

    def in_the_way(self, step: Step | None = None) -> tuple[Problem, ...]:
        """Return the problems, and the warnings that nobody accepted."""
        return unaccepted(self.found(step), self.site.accept)

    def accept(self, code: str) -> None:
        """Note that a warning was understood."""
        if code not in self.site.accept:
            self.decide(replace(self.site, accept=(*self.site.accept, code)))

    # -------------------------------------------------------------------- the walk

    def go(self, step: Step) -> None:
        """Go to a step of this walk."""
        self.flow = self.flow.go(step)
        self.flow_changed.emit()

    def take_walk(self, walk: Walk, step: Step) -> None:
        """Go on in another walk, at one of its steps; what was done stays done."""
        self.flow = replace(self.flow, walk=walk).go(step)
        self.flow_changed.emit()

    def agree(self, step: Step) -> None:
        """Note that a step was left as it should be."""
        self.flow = self.flow.agree(step, self.site)
        self.flow_changed.emit()

    def state(self, step: Step) -> State:
        """Say how a step stands."""
        return self.flow.state(step, self.site, self.found(step))

    # ---------------------------------------------------------------------- work

    def run(
        self,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[UserError], None],
        busy: str,
    ) -> Job[T]:
        """Do something that takes time, in the visit's thread; see wizard.gui.runner."""

        def told(error: UserError) -> None:
            if error.code in LOST:
                self.lose()
            failed(error)
            if error.code in LOST and self.lost:  # a page may know of a better ending
                self.connection_lost.emit(error)

        return self.runner.start(work, done, told, busy)

    def new_visit(self) -> Visit:
        """Make a visit to the site on the desk, without connecting yet. Made in the window's
        thread; its methods are called through `run`."""
        if self.visit is not None:
            self.visit.close()
        clinic = self.clinic
        self.visit = Visit(
            self.site,
            self.folder,
            clinic.folder / "data" if clinic is not None else self.data,
            roots=self.roots,
            say=lambda progress: self.runner.post(self.progress.emit, progress),
            detour=clinic.detour if clinic is not None else self._detour,
        )
        return self.visit

    def credentials(self) -> Credentials:
        """Return what to log in with, from the site and the secrets typed in."""
        login, secrets = self.site.server, self.secrets
        sudo = secrets.sudo_password or (secrets.password if not login.key else "")
        return Credentials(
            login.user,
            password=secrets.password or None,
            key_path=self.folder / Path(login.key).expanduser() if login.key else None,
            passphrase=secrets.key_passphrase or None,
            sudo_password=sudo or None,
        )

    @property
    def connected(self) -> bool:
        """Whether the server was reached and looked at in this visit, and was not lost since."""
        return self.visit is not None and self.facts is not None and not self.lost

    def lose(self) -> None:
        """Note that the connection broke: what is known stays, and one has to connect again."""
        if self.facts is not None and not self.lost:
            self.lost = True
            self.known_changed.emit()

    def disconnect_server(self) -> None:
        """End the connection and forget what the server said."""
        leaving, self.visit = self.visit, None
        self.facts = self.plan = self.agreed = None
        self.lost = False
        self.report = self.readiness = self.restarted = None
        self.survey = ()
        self.flow = self.flow.forget(Step.CONNECT)
        if leaving is not None:
            with contextlib.suppress(UserError, OSError):
                leaving.close()
        self.known_changed.emit()

    # --------------------------------------------------------------------- learning

    def learn(self, **found: Any) -> None:
        """Put what was found on the desk: facts, bundle, plan, survey, outcome, report, ..."""
        for name, value in found.items():
            if not hasattr(self, name):
                raise AttributeError(name)
            setattr(self, name, value)
        if "facts" in found:
            self.lost = False
            self._note_request()
        if "facts" in found or "bundle" in found:
            self._judge()
        self.known_changed.emit()
        self.flow_changed.emit()

    def _note_request(self) -> None:
        """Let the site know which request waits on the server, for days without a connection."""
        if self.facts is None:
            return
        site = remember(self.site, self.facts.request)
        if site != self.site:
            self.site = site
            if self.visit is not None:
                self.visit.decide(site, self.folder)
            self._timer.start()
            self.site_changed.emit()

    def _judge(self) -> None:
        """Judge the certificate again: by the domain of now, and by the server's clock."""
        if self.bundle is None:
            self.findings, self.clients = (), ()
            return
        facts = self.facts
        self.bundle = held(self.bundle, facts, self.site.request.public_key)
        web = self.visit.web(facts) if self.visit is not None and facts is not None else None
        domain, roots = self.site.domain or own_name(self.bundle), self.roots
        now = datetime.now(UTC)
        server_now = self._server_now()
        self.findings = certificate.judge(
            self.bundle,
            domain,
            now=now,
            server_now=server_now,
            cht_version=(web.version or None) if web is not None else None,
            roots=roots,
            accept=self.site.accept,
        )
        self.clients = certificate.clients(
            self.bundle, domain, self.findings, now=now, server_now=server_now, roots=roots
        )

    def _server_now(self) -> datetime | None:
        if self.facts is None:
            return None
        facts = self.visit.as_of_now(self.facts) if self.visit is not None else self.facts
        return server_now(self.site, facts)

    @property
    def certificate_in_use(self) -> Bundle | None:
        """What the live check was served; before it, the imported certificate."""
        served = certificate.of_der(self.report.served) if self.report is not None else None
        return served if served is not None else self.bundle

    @property
    def certificate_end(self) -> datetime | None:
        """When the imported certificate ends, in UTC."""
        return self.bundle.leaf.not_valid_after_utc if self.bundle is not None else None

    def close(self) -> None:
        """Put everything away and end the thread."""
        self.put_away()
        self.search.close()
        self.runner.close()


def _filled(site: Site, step: Step) -> bool:
    parts = {
        Step.STATIC_IP: site.static_ip.address,
        Step.DOMAIN: site.domain,
        Step.CERTIFICATE: site.certificate.files,
        Step.DNS_DHCP: site.dns_dhcp.first or not site.dns_dhcp.enabled,
    }
    return bool(parts.get(step))


def _judged(site: Site) -> tuple[object, ...]:
    """The answers that the judgement of a certificate depends on."""
    return site.certificate, site.domain, site.accept
