"""A laptop that needs more time, one that leaves in the middle, and one whose connection died."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tests.practice.laptop import at_command, standing
from wizard import certificate
from wizard.agent import transaction, wire
from wizard.practice.clinic import NEW, OLD, PASSWORD, USER, Clinic
from wizard.remote.login import Credentials
from wizard.site.toml import load
from wizard.visit import MORE_SECONDS, Progress, Visit, _Apply
from wizard.wording import VisitError


def connected(clinic: Clinic) -> Visit:
    roots = certificate.Roots.bundled().with_extra([clinic.folder / "root.pem"])
    data = clinic.folder / "data"
    visit = Visit(load(clinic.site), clinic.folder, data, roots=roots, detour=clinic.detour)
    visit.connect(Credentials(USER, password=PASSWORD), accept=clinic.fingerprint)
    return visit


class Firewalled(Clinic):
    """The new address can be taken but not reached; the old one goes on being reachable."""

    def _has(self, address: str) -> bool:
        return self.plugged and address == OLD


def settled(clinic: Clinic, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    current = transaction.Transaction(clinic.server)
    while current.exists() or current.worked_on():
        assert time.monotonic() < end, transaction.pending(clinic.server)
        threading.Event().wait(0.05)


def test_the_server_is_asked_to_wait_longer(tmp_path: Path) -> None:
    heard: list[Progress] = []
    with Firewalled(tmp_path / "clinic") as clinic:
        visit = connected(clinic)

        def say(progress: Progress) -> None:
            heard.append(progress)
            if progress.code == "confirm":
                visit.more_time()
            if progress.code == "more-time":
                stop.set()

        stop = threading.Event()
        visit.say = say
        with visit:
            # The laptop could not log in at the new address: that is left out.
            plan = visit.plan(visit.facts(), visit.bundle())
            order = plan.order(prove=False)
            work = _Apply(visit, plan, order, threading.Event(), 60.0)

            def leave() -> None:
                stop.wait(60)
                visit.close()

            leaver = threading.Thread(target=leave)
            leaver.start()
            with pytest.raises(VisitError) as caught:
                work.run(visit.link)
            leaver.join()
        assert caught.value.code == "closed"
        asked = [p for p in heard if p.code == "more-time"]
        assert len(asked) == 1
        assert MORE_SECONDS - 30 < asked[0].seconds <= MORE_SECONDS
        left = transaction.pending(clinic.server)
        assert left is not None
        assert left["seconds_left"] > 180  # more than the order's own time


def test_a_server_that_cannot_be_reached_cannot_be_asked(clinic: Clinic) -> None:
    heard: list[Progress] = []
    visit = connected(clinic)

    def say(progress: Progress) -> None:
        heard.append(progress)
        if progress.code == "confirm":
            visit.more_time()

    def lose() -> None:
        clinic.unplug()
        clinic.plug_when_settled()

    visit.say = say
    with visit, at_command(clinic, "ifdown", lose):
        outcome = visit.apply(visit.plan(visit.facts(), visit.bundle()), seconds=10)
    assert outcome.state == "rolled-back"
    told = [p for p in heard if p.code == "not-asked"]
    assert [p.kind for p in told] == ["advice"]
    assert "cannot be asked to wait" in told[0].text


@pytest.mark.parametrize("moment", ["apply", "confirm"])
def test_a_laptop_that_leaves_is_gone_at_once_and_the_server_goes_back(
    clinic: Clinic, moment: str
) -> None:
    before = standing(clinic)
    clinic.server.timings.prove = 2.0
    visit = connected(clinic)
    reached = threading.Event()

    def say(progress: Progress) -> None:
        if progress.code == moment or (moment == "apply" and progress.kind == "step"):
            reached.set()

    visit.say = say
    plan = visit.plan(visit.facts(), visit.bundle())
    ended: list[str] = []

    def work() -> None:
        try:
            ended.append(visit.apply(plan, seconds=10).state)
        except VisitError as error:
            ended.append(error.code)

    thread = threading.Thread(target=work)
    thread.start()
    assert reached.wait(60)
    begun = time.monotonic()
    visit.close()
    thread.join(20)
    assert not thread.is_alive()
    assert time.monotonic() - begun < 10
    assert ended == ["closed"]
    settled(clinic)
    assert clinic.server.addresses() == {OLD}
    assert standing(clinic) == before


def test_a_connection_that_died_is_made_again(clinic: Clinic) -> None:
    with connected(clinic) as visit:
        assert visit.facts().system.hostname == "practice"
        visit.stay_connected()
        clinic.ssh.drop()
        visit.stay_connected()
        assert visit.facts().system.hostname == "practice"


def test_after_closing_nobody_connects_again(clinic: Clinic) -> None:
    visit = connected(clinic)
    visit.close()
    with pytest.raises(VisitError) as caught:
        visit._open(OLD)
    assert caught.value.code == "closed"
    visit.connect(Credentials(USER, password=PASSWORD))
    visit.facts()
    visit.close()


def test_the_served_certificate_as_this_laptop_sees_it(clinic: Clinic) -> None:
    with connected(clinic) as visit:
        facts = visit.facts()
        first = visit.served(facts)
        assert first is not None
        assert first.sha256 == facts.web[0].served_sha256
        outcome = visit.apply(visit.plan(facts, visit.bundle(), renew=True))
        assert outcome.state == "confirmed"
        bundle = visit.bundle()
        second = visit.served(visit.facts())
        assert bundle is not None
        assert second is not None
        assert second.leaf == bundle.leaf
        assert second.chain == bundle.chain
        assert isinstance(outcome, wire.Outcome)
        assert clinic.server.addresses() == {OLD}
        assert NEW not in clinic.server.addresses()
