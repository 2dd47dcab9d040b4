"""A server whose clock is in 1970, and phones that ask it for the time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.lab import repository
from tests.lab.ca import Ca
from tests.lab.clinic import NEW, Clinic, poll, when
from tests.lab.garage import MachineFactory
from tests.lab.machine import Machine
from tests.lab.network import Dnsmasq, Host, wait_for
from tests.lab.test_safety import old_address
from wizard.agent import names
from wizard.certificate.roots import Roots
from wizard.check.ask_time import Told, ask
from wizard.check.base import Look, Notes
from wizard.check.model import Surroundings, Target

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
ALLOWED = 30.0  # seconds; an emulated server answers slowly, and a minute passes between notes

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture
def no_battery(machine: MachineFactory) -> Iterator[Machine]:
    """A server whose hardware clock begins in 1970 at every start.

    systemd itself raises the clock to the day on which it was built; so it is set once more.
    """
    server = machine("ifupdown")
    server.rtc = BEGINNING
    server.power_cut()
    server.wait_boot()
    server.set_clock(datetime(1970, 1, 2, tzinfo=UTC))
    yield server
    server.rtc = None


def behind(server: Machine) -> float:
    """How many seconds the server's clock is behind the real one."""
    return time.time() - float(server.output("date +%s.%N"))


def test_it_ends_up_right_and_still_after_a_power_cut(
    no_battery: Machine,
    laptop: Host,
    ca: Ca,
    tmp_path: Path,
    office: Dnsmasq,
    new_host: Callable[[str], Host],
) -> None:
    """Named first, then set; the server that loses its power begins with the last known time."""
    server = no_battery
    clinic = Clinic(server, laptop, ca, tmp_path)
    clinic.give_dnsmasq()
    laptop.dhcp_client()
    clinic.decide(host=server.wait_address())
    office.stop()

    named = clinic.run("plan", "--host-key", clinic.fingerprint)
    assert named.code == 1, named
    assert "server-clock-wrong" in [p["code"] for p in named.answer["problems"]]

    done = clinic.run("apply", "--set-clock", on_line=clinic.come_along(), timeout=900)
    assert done.code == 0, done
    assert done.state == "confirmed"
    assert abs(behind(server)) < ALLOWED
    assert abs(time.time() - float(server.output("cat /sys/class/rtc/rtc0/since_epoch"))) < ALLOWED
    clock = next(r for r in done.answer["check"]["results"] if r["code"] == "clock")
    assert clock["state"] == "passed", clock
    assert clinic.run("plan", "--set-clock").answer["changes"] == []

    noted = float(server.output(f"stat -c %Y {names.CLOCK_STAMP}"))
    assert time.time() - noted < 60 + ALLOWED
    server.power_cut()
    off = time.time()
    server.wait_boot()
    server.run(f"systemctl is-active {names.CLOCK_UNIT}")
    now = float(server.output("date +%s"))
    assert now >= noted, "it began before the last known time"
    assert behind(server) < (time.time() - off) + 60 + ALLOWED
    assert "emergency" not in server.console_log
    phone = new_host("phone")
    phone.dhcp_client(timeout=60)
    assert poll(phone, ca)[0]["handler"] == "medic-api"


def test_a_change_that_is_not_confirmed_puts_the_clock_back(
    no_battery: Machine, laptop: Host, ca: Ca, tmp_path: Path, office: Dnsmasq
) -> None:
    """The laptop's cable is pulled after the clock has jumped by 56 years: the timer holds."""
    server = no_battery
    clinic = Clinic(server, laptop, ca, tmp_path)
    clinic.give_dnsmasq()
    laptop.dhcp_client()
    clinic.decide(host=server.wait_address(), accept=("other-dhcp",))
    before = behind(server)
    jumped: list[float] = []

    def cut() -> None:
        laptop.cut()
        wait_for("the right time", lambda: abs(behind(server)) < ALLOWED, 240, pause=1)
        jumped.append(time.time())
        wait_for("the old address", old_address(clinic), 300, pause=1)
        laptop.plug()

    done = clinic.run(
        "apply",
        "--set-clock",
        "--host-key",
        clinic.fingerprint,
        "--wait",
        "60",
        on_line=when("goes back by itself", cut),
        timeout=1200,
    )
    assert jumped, done
    assert done.state == "rolled-back", done
    assert abs(behind(server) - before) < ALLOWED
    assert server.run(f"test -e /etc/systemd/system/{names.CLOCK_UNIT}", check=False).status


def _told(address: str) -> Told:
    target, around = Target("cht.example.org", address), Surroundings(Roots(()))
    return ask(Look(target, around, Notes(), time.monotonic() + 20))


@pytest.mark.parametrize("kind", ["ifupdown"])
def test_a_phone_gets_the_time_from_the_server(
    kind: str,
    machine: MachineFactory,
    laptop: Host,
    ca: Ca,
    tmp_path: Path,
    internet: repository.Repository,
    new_host: Callable[[str], Host],
) -> None:
    """chrony takes the place of systemd-timesyncd; undone, that one is back and runs."""
    clinic = Clinic(machine(kind), laptop, ca, tmp_path)
    server = clinic.server
    server.set_clock()
    server.run("apt-get update", timeout=120)
    laptop.dhcp_client()
    laptop.add_address("10.20.0.99/24")
    clinic.decide(host=server.wait_address(), accept=("other-dhcp",))
    text = clinic.site_file.read_text()
    clinic.site_file.write_text(text.replace('lease = "1h"\n', 'lease = "1h"\nntp = true\n'))
    packages = "dpkg-query -W -f '${Package} ${Version} ${Status}\\n'"
    before = server.output(packages)
    assert "systemd-timesyncd" in before
    active = "systemctl is-active systemd-timesyncd chrony"
    ran = server.run(active, check=False).stdout

    stopped = clinic.walk_away()
    assert stopped.state == "rolled-back", stopped
    assert server.output(packages) == before
    assert server.run(active, check=False).stdout == ran

    clinic.decide(host=server.wait_address(), accept=("other-dhcp",))
    text = clinic.site_file.read_text()
    clinic.site_file.write_text(text.replace('lease = "1h"\n', 'lease = "1h"\nntp = true\n'))
    done = clinic.run("apply", on_line=clinic.come_along(), timeout=1200)
    assert done.state == "confirmed", done
    left = server.output("dpkg-query -W -f '${db:Status-Abbrev}' systemd-timesyncd")
    assert left.startswith("r"), "removed; its settings stay"
    asked = next(r for r in done.answer["check"]["results"] if r["code"] == "time_service")
    assert asked["variant"] == "ok", asked

    clinic.reboot()
    assert clinic.ipv4() == {NEW}
    internet.router.stop()
    phone = new_host("phone")
    lease = phone.dhcp_client(timeout=60)
    assert lease.options["ntp_servers"] == "10.20.0.1"
    told = phone.call(_told, "10.20.0.1")
    assert told.usable
    assert told.stratum == 10
    assert abs(told.offset) < ALLOWED
