"""The main job, done on a practice clinic exactly as a user does it, mishaps included."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from wizard.agent import wire
from wizard.certificate import Bundle, CertificateError, Roots, acceptable
from wizard.check import Report
from wizard.plan import Plan
from wizard.practice.clinic import NEW, OLD, PASSWORD, USER, WAIT, Clinic
from wizard.problem import UserError
from wizard.remote.hosts import FirstContact
from wizard.remote.login import Credentials
from wizard.site.toml import load
from wizard.visit import Progress, Visit

# Checks of a network that a practising laptop is not in, and of what its site does not want.
UNSEEN = {"link", "lease", "dns_system", "wifi", "joined", "time_service"}


@dataclass(frozen=True)
class Step:
    """One thing that was practised, and whether it went as promised."""

    code: str
    sentence: str
    passed: bool
    seconds: float
    detail: str = ""

    def plain(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


class Audience(Protocol):
    """Who watches."""

    def heading(self, text: str) -> None:
        """Something new begins."""

    def step(self, step: Step) -> None:
        """Something was practised."""

    def facts(self, facts: wire.Facts) -> None:
        """The server was looked at."""

    def plan(self, the_plan: Plan) -> None:
        """A plan was made."""

    def say(self, text: str, style: str = "") -> None:
        """Something is told."""

    def progress(self, progress: Progress) -> None:
        """Something happens."""

    def check_table(self, report: Report) -> None:
        """A live check is over."""


class Broken(Exception):
    """A promise was not kept; the text says which."""


def tour(folder: Path | None, audience: Audience) -> tuple[Step, ...]:
    """Practise everything and return the steps in their order; for `folder` see Clinic.

    The tour ends with the first step that does not go as promised.
    """
    with Clinic(folder) as clinic:
        (clinic.folder / "data" / "known-hosts.jsonl").unlink(missing_ok=True)
        walk = _Tour(clinic, audience)
        walk.run()
        return tuple(walk.steps)


class _Tour:
    def __init__(self, clinic: Clinic, audience: Audience) -> None:
        self.clinic = clinic
        self.audience = audience
        self.steps: list[Step] = []
        self.roots = Roots.bundled().with_extra([clinic.folder / "root.pem"], practice=True)
        self.credentials = Credentials(USER, password=PASSWORD)

    def run(self) -> None:
        for work in (
            self._meet,
            self._wrong_key,
            self._neighbours,
            self._lost,
            self._apply,
            self._second,
            self._again,
            self._renew,
        ):
            try:
                work()
            except (Broken, UserError) as error:
                self._step(work.__name__.strip("_"), str(error), time.monotonic(), passed=False)
                return

    def _step(self, code: str, sentence: str, begun: float, passed: bool = True) -> None:
        step = Step(code, sentence, passed, round(time.monotonic() - begun, 2))
        self.steps.append(step)
        self.audience.step(step)

    @contextmanager
    def _visit(self, certificate: str) -> Iterator[Visit]:
        """Make a visit as a user does: site file, fingerprint, password."""
        clinic = self.clinic
        path = clinic.write_site(certificate)
        visit = Visit(
            load(path),
            clinic.folder,
            clinic.folder / "data",
            roots=self.roots,
            say=self.audience.progress,
            detour=clinic.detour,
        )
        with visit:
            visit.connect(self.credentials, accept=clinic.fingerprint)
            yield visit

    def _decide(self, visit: Visit, renew: bool = False) -> tuple[Plan, Bundle | None]:
        facts = visit.facts()
        bundle = visit.bundle()
        _need(bundle is not None, "the certificate could not be read")
        findings = visit.findings(bundle, facts) if bundle is not None else ()
        _need(acceptable(findings), "the certificate is not acceptable")
        the_plan = visit.plan(facts, bundle, renew=renew)
        _need(not the_plan.forbidden, "the plan is not allowed")
        return the_plan, bundle

    # --------------------------------------------------------------------- steps

    def _meet(self) -> None:
        self.audience.heading("A server that was never seen, at the address its router gave it")
        begun, clinic = time.monotonic(), self.clinic
        visit = Visit(
            load(clinic.site), clinic.folder, clinic.folder / "data", detour=clinic.detour
        )
        with visit:
            try:
                visit.connect(self.credentials)
            except FirstContact as first:
                _need(first.fingerprint == clinic.fingerprint, "another fingerprint was shown")
            else:
                raise Broken("an unknown server was taken for a known one")
        with self._visit("good") as visit:
            facts = visit.facts()
            self.audience.facts(facts)
            _need(not facts.problems, f"facts: {', '.join(facts.problems)}")
            _need(facts.connection is not None and facts.connection.server == OLD, "not at " + OLD)
            the_plan, _ = self._decide(visit)
            self.audience.plan(the_plan)
            _need(len(the_plan.changes) > 5, "too little is planned")
        self._step("meet", "The server was met, looked at, and a plan was made", begun)

    def _wrong_key(self) -> None:
        self.audience.heading("A certificate with the key of another one")
        begun = time.monotonic()
        before = _picture(self.clinic)
        with self._visit("wrong-key") as visit:
            visit.facts()
            try:
                visit.bundle()
            except CertificateError as error:
                _need(error.code == "key-mismatch", f"another reason was given: {error.code}")
                self.audience.say(f"{error.message} {error.cure}")
            else:
                raise Broken("the wrong key was not noticed")
        _need(_picture(self.clinic) == before, "something was changed all the same")
        self._step("wrong-key", "It was refused, and nothing was changed", begun)

    def _neighbours(self) -> None:
        self.audience.heading("Somebody else is in the network already")
        begun, clinic = time.monotonic(), self.clinic
        with self._visit("good") as visit:
            the_plan, _ = self._decide(visit)
            expected = {"taken-address": "address-taken", "second-dhcp": "other-dhcp"}
            for clinic.scenario, code in expected.items():
                found = visit.survey(the_plan)
                _need([p.code for p in found] == [code], f"{code} was not found")
                self.audience.say(f"{found[0].message} {found[0].cure}")
            clinic.mend()
            _need(not visit.survey(the_plan), "what was mended was found again")
        self._step("neighbours", "A taken address and a second DHCP server were found", begun)

    def _lost(self) -> None:
        self.audience.heading("The cable is pulled out while the server changes its address")
        begun = time.monotonic()
        before = _picture(self.clinic)
        self.clinic.scenario = "cable"
        with self._visit("good") as visit:
            the_plan, _ = self._decide(visit)
            outcome = visit.apply(the_plan, seconds=WAIT)
            self.clinic.mend()
            _need(outcome.state == "rolled-back", f"it ended {outcome.state}")
            _need(not outcome.left, f"left behind: {', '.join(outcome.left)}")
            _need(self.clinic.server.addresses() == {OLD}, "the old address is not back")
            again, _ = self._decide(visit)
            _need(again.changes == the_plan.changes, "the server is not as it was")
        _need(_picture(self.clinic) == before, "the server's files are not as they were")
        self._step("lost", f"The server came back to {OLD} by itself, just as it was", begun)

    def _apply(self) -> None:
        self.audience.heading("The real thing: fixed address, DNS and DHCP, certificate")
        begun = time.monotonic()
        with self._visit("good") as visit:
            the_plan, bundle = self._decide(visit)
            _need(not visit.survey(the_plan), "somebody else is on a network without anybody")
            outcome = visit.apply(the_plan)
            _need(outcome.state == "confirmed", f"it ended {outcome.state}: {outcome.failed}")
            _need(self.clinic.server.addresses() == {NEW}, f"the server is not at {NEW}")
            self._step("apply", f"The server was set up and confirmed at {NEW}", begun)
            self._check(visit, bundle)

    def _check(self, visit: Visit, bundle: Bundle | None) -> None:
        begun = time.monotonic()
        report = visit.check(visit.facts(), bundle)
        self.audience.check_table(report)
        broken = report.first_broken
        _need(broken is None, f"{broken.name}: {broken.message}" if broken else "")
        unseen = {r.code for r in report.results if r.state == "skipped"}
        _need(unseen == UNSEEN, f"not looked at: {', '.join(sorted(unseen))}")
        proved = len(report.results) - len(unseen)
        self._step("check", f"The live check found nothing broken ({proved} questions)", begun)

    def _second(self) -> None:
        self.audience.heading("The Internet router is plugged in again, and hands out addresses")
        begun = time.monotonic()
        with self._visit("good") as visit:
            facts, bundle = visit.facts(), visit.bundle()
            self.clinic.scenario = "second-dhcp"
            broken = visit.check(facts, bundle).first_broken
            _need(broken is not None and broken.code == "dhcp", "it was not found")
            if broken is not None:
                self.audience.say(f"{broken.message} {broken.cure}")
            self.clinic.mend()
            _need(visit.check(facts, bundle).first_broken is None, "it was found again")
        self._step("second-dhcp", "The router was named, switched off, and all was well", begun)

    def _again(self) -> None:
        self.audience.heading("The same site file once more")
        begun = time.monotonic()
        with self._visit("good") as visit:
            the_plan, _ = self._decide(visit)
            self.audience.plan(the_plan)
            _need(the_plan.empty, "something was planned again")
        self._step("again", "There was nothing to do", begun)

    def _renew(self) -> None:
        self.audience.heading("Three months later: a newer certificate")
        begun = time.monotonic()
        with self._visit("newer") as visit:
            the_plan, bundle = self._decide(visit, renew=True)
            self.audience.plan(the_plan)
            kinds = [change.kind for change in the_plan.changes]
            _need(kinds == ["certificate"], f"a renewal would change {', '.join(kinds)}")
            outcome = visit.apply(the_plan)
            _need(outcome.state == "confirmed", f"it ended {outcome.state}: {outcome.failed}")
            self._step("renew", "The certificate was renewed, and nothing else was touched", begun)
            self._check(visit, bundle)
            _need(visit.facts().pending is None, "something is still pending")


def _need(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Broken(otherwise)


def _picture(clinic: Clinic) -> dict[str, bytes]:
    """Return every file that the server's owner would call his own."""
    root = clinic.folder / "server" / "etc"
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
