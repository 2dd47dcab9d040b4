"""Cable and Wi-Fi in one LAN: the bridge on every kind of server, and the way back from it."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.lab.ca import Ca
from tests.lab.clinic import NEW, when
from tests.lab.garage import MachineFactory
from tests.lab.network import Dnsmasq, Host, wait_for
from tests.lab.test_access_point import Radios
from wizard.agent import names

KINDS = ("ifupdown", "netplan", "networkmanager", "networkd")

pytestmark = pytest.mark.timeout(1500)


class Joined(Radios):
    """A clinic that wants the radio and the cable in one LAN."""

    def want_joined(self, host: str, kind: str = "server", address: str = NEW) -> None:
        """Write the site file: the address is the cable's, and the radio is joined with it."""
        self.want(host, accept=("other-dhcp",))
        text = self.site_file.read_text().replace('interface = "wlan0"', 'interface = "eth0"', 1)
        text = text.replace(NEW, address).replace('kind = "server"', f'kind = "{kind}"')
        self.site_file.write_text(f"{text}bridge = true\n")

    def link(self, name: str) -> dict[str, Any]:
        """What the kernel says of an interface; {} when it is not there."""
        told = self.server.run(f"ip -j -d addr show dev {name}", check=False).stdout
        return dict((json.loads(told or "[]") or [{}])[0])

    def on(self, name: str) -> set[str]:
        """The IPv4 addresses of an interface."""
        found = self.link(name).get("addr_info", [])
        return {f"{a['local']}/{a['prefixlen']}" for a in found if a["family"] == "inet"}

    def assert_joined(self, mac: str, address: str = NEW) -> None:
        """The bridge has the address and the cable's MAC; cable and radio are its ports."""
        assert self.on(names.BRIDGE) == {address}
        assert self.on("eth0") == set()
        bridge = self.link(names.BRIDGE)
        assert bridge["address"] == mac
        assert bridge["linkinfo"]["info_data"]["stp_state"] == 0
        for port in ("eth0", "wlan0"):
            assert self.link(port).get("master") == names.BRIDGE, port


@pytest.fixture
def clinic(
    kind: str, machine: MachineFactory, laptop: Host, ca: Ca, tmp_path: Path, office: Dnsmasq
) -> Joined:
    """A server with two simulated radios, reached by its cable in the office's network."""
    made = Joined(machine(kind), laptop, ca, tmp_path)
    made.prepare()
    # dpkg enables it, as apt on a server does that nobody has prepared
    made.server.run("systemctl disable --now hostapd.service", timeout=180, check=False)
    laptop.dhcp_client()
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_cable_and_wifi_are_one_lan(clinic: Joined, office: Dnsmasq) -> None:
    """The address moves to the bridge; a phone on the Wi-Fi and the laptop reach each other."""
    server, laptop = clinic.server, clinic.laptop
    mac = clinic.link("eth0")["address"]
    clinic.want_joined(server.wait_address())
    office.stop()
    laptop.add_address("10.20.0.40/24")
    done = clinic.wifi("apply")
    assert done.code == 0, done.log[-3000:]
    assert done.state == "confirmed"
    clinic.assert_joined(mac)
    clinic.want_joined("10.20.0.1")
    again = clinic.run("plan")
    assert again.answer["changes"] == [], again

    clinic.give_phone()
    phone = server.output("ip netns exec phone cat /sys/class/net/wlan1/address").strip()
    with clinic.watching() as rows:
        assert clinic.join("SAE")
        told = clinic.visit()
        # through the bridge, which Docker's packet filter would not let pass
        ping = laptop.run(["ping", "-c", "3", "-W", "5", told["lease"]], check=False)
        assert ping.returncode == 0
    seen = [row for row in rows if row["mac"] == phone]
    assert seen, rows
    assert (seen[-1]["code"], seen[-1]["address"]) == ("opened", told["lease"]), rows
    assert seen[-1]["steps"] == ["joined", "address", "name", "opened"], rows
    assert (told["router"], told["dns"], told["servers"]) == ("10.20.0.1", "10.20.0.1", "1")
    assert told["handler"] == "medic-api"

    clinic.reboot()
    server.wait_until(f"systemctl is-active {names.HOSTAPD_UNIT}", timeout=180)
    clinic.assert_joined(mac)
    again = clinic.run("plan")
    assert again.answer["changes"] == [], again
    clinic.give_phone()
    assert clinic.join("WPA-PSK")
    told = clinic.visit()
    assert told["handler"] == "medic-api"
    assert laptop.run(["ping", "-c", "3", "-W", "5", told["lease"]], check=False).returncode == 0

    # another address, on the bridge; the Wi-Fi stays up
    clinic.want_joined("10.20.0.1", address="10.20.0.2/24")
    done = clinic.wifi("apply")
    assert done.state == "confirmed", done
    clinic.assert_joined(mac, "10.20.0.2/24")

    # without the Wi-Fi the bridge stays, and nobody notices
    clinic.want_joined("10.20.0.2", kind="none", address="10.20.0.2/24")
    done = clinic.run("apply", "--no-check")
    assert done.state == "confirmed", done
    assert clinic.on(names.BRIDGE) == {"10.20.0.2/24"}
    assert clinic.run("plan").answer["changes"] == []


@pytest.mark.parametrize("kind", ["ifupdown"])
def test_the_wifi_alone_then_another_address_then_the_cable_too(
    clinic: Joined, office: Dnsmasq
) -> None:
    """Undone, changed, joined: the radio gives up each time what it had."""
    server, laptop = clinic.server, clinic.laptop
    mac = clinic.link("eth0")["address"]
    host = server.wait_address()
    clinic.want(host)
    # What comes after the Wi-Fi fails, when that is up already.
    program = server.output("readlink -f $(command -v dnsmasq)").strip()
    server.run(f"mv {program} {program}.real")
    fails = f'case "$*" in *--pid-file*) exit 1;; esac\nexec {program}.real "$@"\n'
    server.write_file(program, f"#!/bin/sh\n{fails}", "755")
    done = clinic.wifi("apply")
    assert (done.state, done.answer["outcome"]["failed"]) == ("rolled-back", "service-failed"), done
    assert clinic.on("wlan0") == set()
    server.run(f"mv {program}.real {program}")

    assert clinic.wifi("apply").state == "confirmed"
    assert clinic.on("wlan0") == {NEW}

    def elsewhere() -> None:
        text = clinic.site_file.read_text()
        clinic.site_file.write_text(text.replace("10.20.0.", "10.30.0."))

    clinic.want(host)
    elsewhere()
    assert clinic.wifi("apply").state == "confirmed"
    assert clinic.on("wlan0") == {"10.30.0.1/24"}

    clinic.want_joined(host)
    elsewhere()
    office.stop()
    laptop.add_address("10.30.0.40/24")
    done = clinic.wifi("apply")
    assert done.state == "confirmed", done
    clinic.assert_joined(mac, "10.30.0.1/24")
    assert clinic.on("wlan0") == set()


def old_is_back(clinic: Joined) -> bool:
    """Whether the server has its old address on its cable, and there is no bridge."""
    there = clinic.on("eth0")
    back = len(there) == 1 and all(a.startswith("10.77.0.") for a in there)
    return back and not clinic.link(names.BRIDGE)


@pytest.mark.parametrize("kind", KINDS)
def test_the_way_is_cut_while_the_bridge_is_made(clinic: Joined) -> None:
    """At the switch, for good: the server takes the bridge apart and returns by itself."""
    server = clinic.server
    clinic.want_joined(server.wait_address())
    before = clinic.etc()
    moved = threading.Event()

    def cut() -> None:
        clinic.laptop.cut()
        wait_for("the bridge", lambda: NEW in clinic.on(names.BRIDGE), 180, pause=0.5)
        moved.set()
        wait_for("the old address", lambda: old_is_back(clinic), 360, pause=1)
        clinic.laptop.plug()

    done = clinic.wifi("apply", "--wait", "40", on_line=when("goes back by itself", cut))
    assert moved.is_set(), done
    assert done.state == "rolled-back", done
    assert not done.answer.get("left"), done
    assert clinic.changed(before) == []
    assert not clinic.link(names.BRIDGE)
    assert server.run(f"systemctl is-active {names.HOSTAPD_UNIT}", check=False).status


@pytest.mark.parametrize("kind", KINDS)
def test_power_cut_while_the_bridge_is_made(clinic: Joined) -> None:
    """The next start brings the cable back as it was, before the network comes up."""
    server = clinic.server
    clinic.want_joined(server.wait_address())
    before = clinic.etc()
    cut = threading.Event()

    def pull() -> None:
        wait_for("the bridge", lambda: bool(clinic.link(names.BRIDGE)), 180, pause=0.2)
        server.power_cut()
        cut.set()

    done = clinic.wifi("apply", on_line=when("goes back by itself", pull))
    assert cut.is_set(), done
    server.wait_boot()
    wait_for("the old address", lambda: old_is_back(clinic), 180, pause=1)
    wait_for("nothing unfinished", lambda: not clinic.unfinished, 120, pause=2)
    assert done.state == "rolled-back", done
    assert clinic.changed(before) == []
