"""You cannot lock yourself out: cut cables, power cuts, lost laptops, edited files, two wizards."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab import repository
from tests.lab.ca import Ca
from tests.lab.clinic import NEW, Clinic, when
from tests.lab.garage import MachineFactory
from tests.lab.network import Dnsmasq, Host, wait_for

KINDS = ("ifupdown", "netplan", "networkmanager", "networkd")

pytestmark = pytest.mark.timeout(1500)


@pytest.fixture
def clinic(
    kind: str, machine: MachineFactory, laptop: Host, ca: Ca, tmp_path: Path, office: Dnsmasq
) -> Clinic:
    """A server about to be changed; the office goes on giving addresses, as its old home."""
    made = Clinic(machine(kind), laptop, ca, tmp_path)
    made.give_dnsmasq()
    laptop.dhcp_client()
    made.decide(host=made.server.wait_address(), accept=("other-dhcp",))
    return made


def old_address(clinic: Clinic) -> Callable[[], bool]:
    """Whether the server is at its old address and nowhere else."""

    def back() -> bool:
        addresses = clinic.ipv4()
        return len(addresses) == 1 and all(a.startswith("10.77.0.") for a in addresses)

    return back


@pytest.mark.parametrize("kind", KINDS)
def test_laptop_never_comes_back(clinic: Clinic) -> None:
    """The laptop's cable is pulled during the change: the server returns by itself."""
    server = clinic.server
    before = clinic.etc()
    moved = threading.Event()

    def cut() -> None:
        clinic.laptop.cut()
        wait_for("the new address", lambda: NEW in clinic.ipv4(), 120, pause=0.5)
        moved.set()
        wait_for("the old address", old_address(clinic), 300, pause=1)
        clinic.laptop.plug()

    done = clinic.run(
        "apply",
        "--host-key",
        clinic.fingerprint,
        "--wait",
        "40",
        on_line=when("goes back by itself", cut),
        timeout=900,
    )
    assert moved.is_set(), done
    assert done.code == 1, done
    assert done.state == "rolled-back", done
    assert clinic.changed(before) == []
    assert server.run("systemctl is-active cht-offline-dns", check=False).status
    clinic.decide(host=server.wait_address())  # DHCP may have given it another one
    plan = clinic.run("plan")
    assert plan.answer["changes"], plan


@pytest.mark.parametrize("kind", KINDS)
def test_power_cut_in_the_middle(clinic: Clinic) -> None:
    """The power fails in the moment of the break: the next start brings everything back."""
    server = clinic.server
    before = clinic.etc()
    cut = threading.Event()

    def pull() -> None:
        wait_for("the new address", lambda: NEW in clinic.ipv4(), 120, pause=0.2)
        server.power_cut()
        cut.set()

    done = clinic.run(
        "apply",
        "--host-key",
        clinic.fingerprint,
        on_line=when("goes back by itself", pull),
        timeout=900,
    )
    assert cut.is_set(), done
    server.wait_boot()
    wait_for("the old address", old_address(clinic), 180, pause=1)
    assert done.code == 1, done
    assert done.state == "rolled-back", done
    wait_for("nothing unfinished", lambda: not clinic.unfinished, 120, pause=2)
    assert clinic.changed(before) == []
    clinic.decide(host=server.wait_address())
    assert clinic.run("rollback").state == "nothing"


@pytest.mark.parametrize("kind", ["networkd"])
def test_hand_edited_file_is_not_overwritten(clinic: Clinic) -> None:
    """Somebody edits what the program wrote: it says so and leaves it, until told otherwise."""
    server, laptop = clinic.server, clinic.laptop
    laptop.add_address("10.20.0.99/24")
    done = clinic.run("apply", "--host-key", clinic.fingerprint, "--no-check", timeout=600)
    assert done.code == 0, done
    path = "/etc/cht-offline-setup/dnsmasq.conf"
    server.run(f"echo '# mine' >> {path}")
    refused = clinic.run("apply", "--no-check")
    assert refused.code == 1, refused
    assert refused.state == "refused"
    assert [
        p["code"] for p in refused.answer["plan"]["problems"] if p["severity"] == "warning"
    ] == ["edited-by-hand"]
    assert "# mine" in server.read_file(path)
    taken = clinic.run("apply", "--no-check", "--accept", "edited-by-hand")
    assert taken.code == 0, taken
    assert "# mine" not in server.read_file(path)


@pytest.mark.parametrize("kind", ["ifupdown"])
def test_second_dhcp_server_is_named(
    clinic: Clinic, new_host: Callable[[str], Host], office: Dnsmasq
) -> None:
    """A router that also gives addresses is found before anything is changed, and named."""
    office.stop()
    rogue = new_host("rogue")
    rogue.add_address("10.77.0.254/24")
    rogue.dnsmasq("dhcp-range=10.77.0.200,10.77.0.220,255.255.255.0,1h")
    clinic.decide(host=clinic.server.wait_address())
    before = clinic.etc()
    done = clinic.run("apply", "--host-key", clinic.fingerprint)
    assert done.code == 1, done
    assert done.state == "refused"
    found = done.answer["survey"]
    assert [p["code"] for p in found] == ["other-dhcp"]
    assert "10.77.0.254" in found[0]["message"]
    assert rogue.mac in found[0]["message"]
    assert clinic.changed(before) == []


@pytest.mark.parametrize("kind", ["networkmanager"])
def test_second_wizard_is_refused(clinic: Clinic, tmp_path: Path) -> None:
    """While one laptop changes the server, another is told who does."""
    refused = threading.Event()
    answers = []

    def second() -> None:
        answers.append(
            clinic.run("apply", "--host", f"{clinic.server.link_local}%{clinic.laptop.interface}")
        )
        refused.set()

    clinic.laptop.add_address("10.20.0.99/24")
    done = clinic.run(
        "apply",
        "--host-key",
        clinic.fingerprint,
        "--no-check",
        on_line=when("goes back by itself", second),
        timeout=600,
    )
    assert done.code == 0, done
    assert refused.wait(120)
    assert answers[0].code == 1, answers[0]
    assert answers[0].answer["error"]["code"] == "busy" or answers[0].state == "refused"
    assert " on " in str(answers[0].answer)


@pytest.mark.parametrize("kind", ["ifupdown"])
def test_packages_come_with_the_apply(
    kind: str,
    machine: MachineFactory,
    laptop: Host,
    ca: Ca,
    tmp_path: Path,
    internet: repository.Repository,
) -> None:
    """A server with its own Internet fetches what it lacks; rolled back, it is gone again."""
    clinic = Clinic(machine(kind), laptop, ca, tmp_path)
    server = clinic.server
    server.run("apt-get update", timeout=120)
    laptop.dhcp_client()
    laptop.add_address("10.20.0.99/24")
    clinic.decide(host=server.wait_address(), accept=("other-dhcp",))
    before = server.output("dpkg-query -W -f '${Package} ${Status}\\n'")

    stopped = clinic.walk_away()
    assert stopped.state == "rolled-back", stopped
    assert server.output("dpkg-query -W -f '${Package} ${Status}\\n'") == before
    done = clinic.run("apply", "--no-check", timeout=900)
    assert done.code == 0, done
    assert not server.run("test -x /usr/sbin/dnsmasq", check=False).status


@pytest.mark.parametrize("kind", ["ifupdown"])
def test_packages_missing_without_internet(
    kind: str, machine: MachineFactory, laptop: Host, ca: Ca, tmp_path: Path, office: Dnsmasq
) -> None:
    """Without Internet the list of what lacks is told, and nothing is changed."""
    clinic = Clinic(machine(kind), laptop, ca, tmp_path)
    laptop.dhcp_client()
    clinic.decide(host=clinic.server.wait_address(), accept=("other-dhcp",))
    clinic.server.run("rm -rf /var/lib/apt/lists/*")
    before = clinic.etc()
    done = clinic.run("apply", "--host-key", clinic.fingerprint)
    assert done.code == 1, done
    assert "packages-missing" in [p["code"] for p in done.answer["plan"]["problems"]]
    assert "dnsmasq-base" in str(done.answer)
    assert clinic.changed(before) == []
