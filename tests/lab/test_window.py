"""The window at a real server: set up and renewed by clicks and keys, from the laptop's network."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from tests.lab.ca import DOMAIN, Ca
from tests.lab.clinic import NEW, Clinic, poll
from tests.lab.garage import MachineFactory
from tests.lab.machine import KEY
from tests.lab.network import Dnsmasq, Host
from tests.lab.window_walk import Order

pytestmark = pytest.mark.timeout(2400)


@pytest.fixture
def clinic(kind: str, machine: MachineFactory, laptop: Host, ca: Ca, tmp_path: Path) -> Clinic:
    """A server with an address from the office, and dnsmasq's package on it."""
    made = Clinic(machine(kind), laptop, ca, tmp_path)
    made.give_dnsmasq()
    return made


def walk(clinic: Clinic, order: Order) -> dict[str, Any]:
    """Let the window carry an order out; whoever is told to bring the laptop along does so."""
    path = clinic.folder / f"{order.walk}.json"
    path.write_text(json.dumps(asdict(order)))
    argv = [sys.executable, "-m", "tests.lab.window_walk", str(path)]
    code, output, log = clinic.listen(argv, on_line=clinic.come_along(), timeout=1100)
    assert output, log[-6000:]
    seen: dict[str, Any] = json.loads(output)
    assert not code, (seen["astray"], log[-6000:])
    return seen


@pytest.mark.parametrize("kind", ["netplan"])
def test_set_up_and_renewed_in_the_window(
    clinic: Clinic, office: Dnsmasq, new_host: Callable[[str], Host]
) -> None:
    server, laptop, folder = clinic.server, clinic.laptop, clinic.folder
    laptop.dhcp_client()
    host = server.wait_address()
    office.stop()
    order = Order(
        walk="set-up",
        data=str(folder / "data"),
        pictures=str(folder / "pictures"),
        root=str(clinic.root),
        name="Clinic A",
        host=host,
        user="deploy",
        key=str(KEY),
        fingerprint=clinic.fingerprint,
        interface="eth0",
        address=NEW,
        domain=DOMAIN,
        first="10.20.0.50",
        last="10.20.0.150",
        files=(str(folder / "fullchain.pem"), str(folder / "privkey.pem")),
    )
    seen = walk(clinic, order)
    assert seen["end"] == "The server is set up"
    assert host in seen["asked"]
    assert seen["found"], "no server was offered on the network"
    assert any("has no address in the network" in text for text in seen["said"])
    assert not [check for check in seen["checks"] if ": failed" in check]
    done = [step for step, state in seen["steps"].items() if state == "done"]
    assert done == list(seen["steps"])[:-1]
    assert clinic.ipv4() == {NEW}
    assert "default" not in server.output("ip -4 route show")

    phone = new_host("phone")
    lease = phone.dhcp_client(timeout=60)
    assert (lease.server, lease.name_servers) == ("10.20.0.1", ("10.20.0.1",))
    body, leaf = poll(phone, clinic.ca)
    assert body["handler"] == "medic-api"
    assert leaf == clinic.ca.good.fingerprint

    clinic.bring(clinic.ca.renewed)
    before = clinic.etc()
    seen = walk(clinic, replace(order, walk="renew"))
    assert seen["end"] == "The certificate is renewed"
    assert not [check for check in seen["checks"] if ": failed" in check]
    assert poll(phone, clinic.ca)[1] == clinic.ca.renewed.fingerprint
    assert clinic.changed(before) == []
    pictures = {path.name for path in (folder / "pictures").iterdir()}
    assert sorted(name[:5] for name in pictures if name.endswith("-done.png")) == ["renew", "set-u"]
