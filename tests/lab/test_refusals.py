"""Servers that cannot be changed: a sentence with a cure, and nothing is touched."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.lab.ca import Ca
from tests.lab.clinic import Clinic, Ran
from tests.lab.garage import MachineFactory
from tests.lab.images import PASSWORD
from tests.lab.network import Dnsmasq, Host

pytestmark = pytest.mark.timeout(1500)

CASES = {
    "nosudo": ("", "sudo-not-allowed"),
    "no python": (
        "chmod 000 $(readlink -f /usr/bin/python3) && rm /usr/bin/python3",
        "python-missing",
    ),
    "read-only": ("sync; echo u > /proc/sysrq-trigger; sleep 1", "read-only"),
    "full disk": ("dd if=/dev/zero of=/filler bs=1M 2>/dev/null; sync; true", "disk-full"),
}


@pytest.fixture
def clinic(
    kind: str, machine: MachineFactory, laptop: Host, ca: Ca, tmp_path: Path, office: Dnsmasq
) -> Clinic:
    """A server at its old home, a laptop beside it."""
    made = Clinic(machine(kind), laptop, ca, tmp_path)
    laptop.dhcp_client()
    laptop.add_address("10.20.0.99/24")
    return made


def refusal(ran: Ran) -> str:
    """The code of the refusal; there must be a sentence and a cure, and no traceback."""
    assert ran.code == 1, ran
    assert "Traceback" not in ran.log
    error = ran.answer["error"]
    assert error["message"].endswith(".")
    assert error["cure"]
    return str(error["code"])


@pytest.mark.parametrize("kind", ["networkd"])
@pytest.mark.parametrize("case", CASES)
def test_server_that_cannot_be_changed(case: str, clinic: Clinic) -> None:
    command, code = CASES[case]
    server = clinic.server
    address = server.wait_address()
    user = "nosudo" if case == "nosudo" else "deploy"
    clinic.decide(host=address, user=user, accept=("other-dhcp",))
    before = clinic.etc()
    if command:
        server.run(command, timeout=300)
    send = f"{PASSWORD}\n" if case == "nosudo" else None
    more = ("--ask-become-pass",) if case == "nosudo" else ()
    ran = clinic.run("apply", "--host-key", clinic.fingerprint, *more, send=send)
    assert refusal(ran) == code
    assert clinic.changed(before) == []
    assert clinic.ipv4() == {f"{address}/24"}


@pytest.mark.parametrize("kind", ["networkd"])
def test_sudo_password_over_standard_input(clinic: Clinic) -> None:
    """The right one opens, a wrong one is named; neither is ever in an argument list."""
    server = clinic.server
    clinic.decide(host=server.wait_address(), user="clinic")
    key = clinic.fingerprint
    wrong = clinic.run("facts", "--host-key", key, "--ask-become-pass", send="wrong\n")
    assert refusal(wrong) == "sudo-password-wrong"
    missing = clinic.run("facts")
    assert refusal(missing) == "sudo-password-needed"
    right = clinic.run("facts", "--ask-become-pass", send=f"{PASSWORD}\n")
    assert right.code == 0, right
    assert right.answer["system"]["init"] == "systemd"
    assert PASSWORD not in right.log
    told = server.run(f"grep -rl '{PASSWORD}' /var/log /run/log /var/lib/cht* ", check=False)
    assert told.stdout == ""


@pytest.mark.parametrize("kind", ["networkd"])
def test_clock_in_1970(clinic: Clinic) -> None:
    """A server without a battery: its clock is named, and nothing is changed before it is right."""
    server = clinic.server
    clinic.decide(host=server.wait_address(), accept=("other-dhcp",))
    key = clinic.fingerprint
    server.set_clock(datetime(1970, 1, 2, tzinfo=UTC))
    ran = clinic.run("apply", "--host-key", key)
    assert ran.code == 1, ran
    assert ran.state == "refused"
    codes = [problem["code"] for problem in ran.answer["plan"]["problems"]]
    assert "server-clock-wrong" in codes
    findings = [finding["code"] for finding in ran.answer["findings"]]
    assert "server-clock-behind" in findings
