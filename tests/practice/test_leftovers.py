"""A clinic opens quickly, and nothing of it is left when it is closed, whatever went on."""

from __future__ import annotations

import gc
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from tests.practice.laptop import at_command
from tests.practice.test_walks import make_visit
from wizard.practice.clinic import NEW, OLD, PASSWORD, USER, Clinic
from wizard.problem import UserError
from wizard.remote.login import Credentials


def open_files() -> set[str]:
    """Return what this process holds open: sockets, pipes and files."""
    gc.collect()
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            found.add(os.readlink(f"/proc/self/fd/{name}"))
        except OSError:
            continue
    return {each for each in found if not each.startswith("/proc/")}


@pytest.fixture(autouse=True)
def nothing_left(tmp_path: Path) -> Iterator[None]:
    threads, files = set(threading.enumerate()), open_files()
    yield
    for _ in range(100):
        left = (set(threading.enumerate()) - threads, open_files() - files)
        if left == (set(), set()):
            return
        time.sleep(0.02)
    raise AssertionError(left)


def test_opening_takes_a_moment(tmp_path: Path) -> None:
    begun = time.monotonic()
    clinics = [Clinic(tmp_path / str(number)) for number in range(3)]
    seconds = time.monotonic() - begun
    for clinic in clinics:
        clinic.close()
    assert seconds < 3 * 1.5


def test_a_folder_of_its_own_goes_and_a_given_one_stays(tmp_path: Path) -> None:
    with Clinic() as clinic:
        folder = clinic.folder
        assert clinic.site.exists()
    assert not folder.exists()
    with Clinic(tmp_path / "here") as clinic:
        pass
    assert clinic.site.exists()


def test_several_clinics_do_not_meet(tmp_path: Path) -> None:
    with Clinic(tmp_path / "a") as one, Clinic(tmp_path / "b", "second-dhcp") as other:
        assert one.fingerprint != other.fingerprint
        with make_visit(one) as visit, make_visit(other) as second:
            for each, clinic in ((visit, one), (second, other)):
                each.connect(Credentials(USER, password=PASSWORD), accept=clinic.fingerprint)
            plans = [each.plan(each.facts(), each.bundle()) for each in (visit, second)]
            assert visit.survey(plans[0]) == ()
            assert [p.code for p in second.survey(plans[1])] == ["other-dhcp"]
            assert visit.apply(plans[0]).state == "confirmed"
            assert one.server.addresses() == {NEW}
            assert other.server.addresses() == {OLD}
            assert second.facts().owned == ()


def test_closing_with_everybody_still_inside(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path)
    ports = (clinic.lan.https_port, clinic.lan.http_port, clinic.detour.to(OLD)[1])
    callers = [socket.create_connection(("127.0.0.1", port), timeout=5) for port in ports]
    transport = paramiko.Transport(socket.create_connection(clinic.detour.to(OLD), timeout=5))
    transport.connect(username=USER, password=PASSWORD)
    engine = clinic.server.dial("/run/docker.sock", 5)
    begun = time.monotonic()
    engine.close()
    clinic.close()
    assert time.monotonic() - begun < 3
    for caller in callers:
        caller.close()
    transport.close()


@pytest.mark.parametrize("moment", ["apt-get", "ifdown", "ifup"])
def test_closing_in_the_middle_of_a_change(tmp_path: Path, moment: str) -> None:
    """The window is closed during Apply: the pretended server stops where it is."""
    clinic = Clinic(tmp_path)
    reached, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        reached.set()
        go_on.wait(20)

    def walk() -> None:
        with make_visit(clinic) as visit:
            visit.connect(Credentials(USER, password=PASSWORD), accept=clinic.fingerprint)
            the_plan = visit.plan(visit.facts(), visit.bundle())
            try:
                visit.apply(the_plan, seconds=10)
            except UserError as error:
                ended.append(error)

    ended: list[UserError] = []
    with at_command(clinic, moment, hold):
        laptop = threading.Thread(target=walk, daemon=True)
        laptop.start()
        assert reached.wait(30)
        threading.Timer(0.2, go_on.set).start()
        begun = time.monotonic()
        clinic.close()
        assert time.monotonic() - begun < 5
    laptop.join(20)
    assert [error.code for error in ended] == ["closed"]


def test_closing_while_the_cable_is_out(tmp_path: Path) -> None:
    with Clinic(tmp_path) as clinic:
        clinic.unplug()
        clinic.plug_when_settled()
        clinic.server.run(["systemctl", "stop", "docker.service"])
