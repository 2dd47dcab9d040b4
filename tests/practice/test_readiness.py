"""Readiness and the restart test, with a real SSH server and the real agent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.practice.laptop import Laptop, at_command
from tests.practice.test_walks import make_visit
from wizard import restarting
from wizard.agent import names, transaction, wire
from wizard.practice.clinic import NEW, PASSWORD, USER, Clinic
from wizard.remote.login import Credentials
from wizard.restarting import Restarted
from wizard.site.model import Readiness
from wizard.site.toml import load, save
from wizard.visit import Progress, Visit
from wizard.wording import VisitError

TRUSTING = "--extra-roots"


@contextmanager
def visiting(clinic: Clinic) -> Iterator[Visit]:
    with make_visit(clinic) as visit:
        visit.connect(Credentials(USER, password=PASSWORD), accept=clinic.fingerprint)
        yield visit


def test_what_the_practice_server_tells_is_true(clinic: Clinic) -> None:
    with visiting(clinic) as visit:
        found = visit.readiness()
        assert found.boot_id == transaction.boot_id(clinic.server)
        assert found.problems == ()
        assert (found.memory, found.cpus) == (visit.facts().memory, 2)
        disk = found.file_system("/")
        assert disk is not None
        assert (disk.device, disk.encrypted, disk.errors) == ("/dev/vda1", False, 0)
        assert found.ssh == wire.SshAccess(passwords=True, root="no")
        assert (found.backups, found.ups, found.drives) == ((), (), None)
        assert found.restarts == wire.Restarts(0, 0, None)


def test_the_command_line_tells_each_topic(clinic: Clinic, laptop: Laptop) -> None:
    site = load(clinic.site)
    answers = Readiness((("backups", "USB disk, on Fridays"),))
    save(type(site)(**{**vars(site), "readiness": answers}), clinic.site)
    said = laptop.run("readiness")
    assert said.code == 0, said.text
    states = {item["code"]: item["state"] for item in said.plain["items"]}
    assert states["backups-told"] == "unknown"
    assert states["not-encrypted"] == "attention"
    assert states["certificate-lasts"] == "good"
    assert "You wrote down: USB disk, on Fridays" in said.text
    assert "Disaster recovery" in said.text
    wire.decode(wire.Readiness, said.plain["readiness"])
    assert "restart" not in said.plain


def test_asking_changes_nothing(clinic: Clinic) -> None:
    before = clinic.server.memory()
    with visiting(clinic) as visit:
        visit.readiness()
    after = clinic.server.memory()
    before.pop("carried")
    assert after.pop("carried")
    assert after == before


def test_the_restart_test_proves_that_everything_comes_back(clinic: Clinic, laptop: Laptop) -> None:
    laptop.apply("--no-check")
    boot = transaction.boot_id(clinic.server)
    more = ("--restart-test", "--yes", TRUSTING, str(clinic.folder / "root.pem"))
    said = laptop.run("readiness", *more)
    assert said.code == 0, said.text
    restart = said.plain["restart"]
    assert restart["before"] == boot
    assert restart["after"] == transaction.boot_id(clinic.server) != boot
    assert restart["until_ssh"] > restart["down"] > 0
    assert said.plain["check"]["first_broken"] == ""
    assert clinic.server.addresses() == {NEW}
    assert "The server restarted and was back after" in said.text


def test_the_restart_test_finds_what_does_not_come_back(clinic: Clinic, laptop: Laptop) -> None:
    laptop.apply("--no-check")
    clinic.server.run(["systemctl", "disable", names.DNSMASQ_UNIT])
    more = ("--restart-test", "--yes", TRUSTING, str(clinic.folder / "root.pem"))
    said = laptop.run("readiness", *more, "--patience", "0")
    assert said.code == 1, said.text
    broken = {r["code"] for r in said.plain["check"]["results"] if r["state"] == "failed"}
    assert "dns_udp" in broken
    stay = next(i for i in said.plain["items"] if i["code"] == "services-stay")
    assert "DNS and DHCP" in stay["sentence"]


def test_without_a_yes_nothing_is_restarted(clinic: Clinic, laptop: Laptop) -> None:
    boot = transaction.boot_id(clinic.server)
    said = laptop.run("readiness", "--restart-test")
    assert said.code == 1  # nobody sits there who could be asked
    assert "--yes" in said.plain["stopped"]
    assert transaction.boot_id(clinic.server) == boot


def test_a_visit_goes_on_after_a_restart(clinic: Clinic) -> None:
    with visiting(clinic) as visit:
        told: list[Progress] = []
        old = visit.session
        done = visit.restart(told.append)
        assert isinstance(done, Restarted)
        assert [p.code for p in told] == ["restart", "restart-down"]
        assert visit.session is not old
        assert not old.alive
        assert visit.readiness().boot_id == done.after


def test_busy_is_told_and_nothing_is_restarted(clinic: Clinic) -> None:
    held = transaction.Transaction(clinic.server).start_lock
    assert held.take(who="Amina on another laptop")
    boot = transaction.boot_id(clinic.server)
    with visiting(clinic) as visit, pytest.raises(VisitError) as caught:
        visit.restart()
    held.release()
    assert caught.value.code == "busy"
    assert "Amina" in caught.value.message
    assert transaction.boot_id(clinic.server) == boot


def test_a_server_that_stays_away_is_named(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restarting, "BACK", 6.0)
    with visiting(clinic) as visit:
        clinic.server.on_reboot = clinic.unplug
        with pytest.raises(VisitError) as caught:
            visit.restart()
    assert caught.value.code == "restart-lost"


def test_a_server_that_does_not_restart_is_named(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restarting, "STAYS", 3.0)
    clinic.server.reboot = lambda: None  # type: ignore[method-assign]
    with visiting(clinic) as visit:
        with pytest.raises(VisitError) as caught:
            visit.restart()
        assert caught.value.code == "restart-none"
        assert visit.readiness().boot_id  # the visit goes on all the same


def test_a_cable_that_was_pulled_is_no_restart(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is silent for a while and answers again, but it is the same boot."""
    monkeypatch.setattr(restarting, "STAYS", 6.0)
    clinic.server.reboot = lambda: None  # type: ignore[method-assign]

    def pull() -> None:
        clinic.unplug()
        threading.Timer(1.5, clinic.plug).start()

    with (
        visiting(clinic) as visit,
        at_command(clinic, "systemctl", pull),
        pytest.raises(VisitError) as caught,
    ):
        visit.restart()
    assert caught.value.code == "restart-none"


def test_waiting_can_be_given_up(clinic: Clinic) -> None:
    enough = threading.Event()
    with visiting(clinic) as visit:

        def say(progress: Progress) -> None:
            if progress.code == "restart-down":
                enough.set()

        with pytest.raises(VisitError) as caught:
            visit.restart(say, enough)
    assert caught.value.code == "restart-unwatched"
