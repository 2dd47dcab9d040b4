"""The whole job on every kind of server, from an untouched one to a proven one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.browser import Browser
from tests.lab.ca import DOMAIN, Ca
from tests.lab.clinic import NEW, Clinic, poll
from tests.lab.garage import MachineFactory
from tests.lab.network import Dnsmasq, Host, wait_for
from wizard.agent import names

# As an administrator does it with sysctl. (`ipv6.disable=1` leaves no IPv6 sockets either, and
# CHT's nginx from 4.4.0 on, which listens on [::]:443, does not start then.)
NO_IPV6 = "sysctl.net.ipv6.conf.all.disable_ipv6=1 sysctl.net.ipv6.conf.default.disable_ipv6=1"
KINDS = ("ifupdown", "netplan", "networkmanager", "networkd")

pytestmark = pytest.mark.timeout(1500)


@pytest.fixture
def clinic(kind: str, machine: MachineFactory, laptop: Host, ca: Ca, tmp_path: Path) -> Clinic:
    """A server with an address from the office, and dnsmasq's package on it."""
    made = Clinic(machine(kind), laptop, ca, tmp_path)
    made.give_dnsmasq()
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_other_subnet_without_gateway(
    clinic: Clinic, office: Dnsmasq, new_host: Callable[[str], Host]
) -> None:
    """Untouched server, then apply, nothing to do, restart, a phone, renewal."""
    server, laptop = clinic.server, clinic.laptop
    laptop.dhcp_client()
    clinic.decide(host=server.wait_address())
    office.stop()

    done = clinic.run(
        "apply", "--host-key", clinic.fingerprint, on_line=clinic.come_along(), timeout=900
    )
    assert done.code == 0, done
    assert done.state == "confirmed"
    assert "Opened a second connection that the change of address does not cut" in done.log
    assert clinic.ipv4() == {NEW}
    assert "default" not in server.output("ip -4 route show")

    again = clinic.run("plan")
    assert again.code == 0, again
    assert again.answer["changes"] == []

    server.run(f"echo '# by hand' >> {names.DNSMASQ_CONF}")
    edited = clinic.run("plan").answer["problems"]
    assert "edited-by-hand" in [p["code"] for p in edited if p["severity"] == "warning"]
    server.run(f"sed -i '$d' {names.DNSMASQ_CONF}")

    clinic.reboot()
    assert clinic.ipv4() == {NEW}
    phone = new_host("phone")
    lease = phone.dhcp_client(timeout=60)
    assert lease.server == "10.20.0.1"
    assert lease.name_servers == ("10.20.0.1",)
    assert lease.routers == ("10.20.0.1",)
    body, leaf = poll(phone, clinic.ca)
    assert body["handler"] == "medic-api"
    assert leaf == clinic.ca.good.fingerprint
    page = Browser(phone, clinic.ca).open(f"https://{DOMAIN}/")
    assert page.error is None, page

    checked = clinic.run("check")
    assert checked.code == 0, checked
    assert checked.answer["count"]["failed"] == 0

    clinic.bring(clinic.ca.renewed)
    renewed = clinic.run("renew")
    assert renewed.code == 0, renewed
    assert renewed.state == "confirmed"
    assert poll(phone, clinic.ca)[1] == clinic.ca.renewed.fingerprint
    assert clinic.run("renew").state == "nothing"


@pytest.mark.parametrize("kind", KINDS)
def test_same_subnet_with_gateway_without_lifeline(clinic: Clinic, office: Dnsmasq) -> None:
    """The laptop's IPv6 is off: it tries the new address beside the old one before that goes."""
    server, laptop = clinic.server, clinic.laptop
    laptop.run(["sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6"])
    laptop.add_address("10.77.0.2/24")
    clinic.decide(host=server.wait_address(), address="10.77.0.10/24", gateway="10.77.0.1")
    office.stop()
    laptop.use_name_servers("10.77.0.10")
    done = clinic.run("apply", "--host-key", clinic.fingerprint, timeout=600)
    assert done.code == 0, done
    assert "no second connection" in done.log
    assert "Logging in at the new address 10.77.0.10" in done.log
    assert clinic.ipv4() == {"10.77.0.10/24"}
    assert "default via 10.77.0.1" in server.output("ip -4 route show")
    assert clinic.run("plan").answer["changes"] == []


# What makes each kind ask for a lease again, as it does at every start.
ASK_AGAIN = {
    "ifupdown": "ifdown eth0; (setsid ifup eth0 >/dev/null 2>&1 &)",
    "netplan": "networkctl reconfigure eth0",
    "networkd": "networkctl reconfigure eth0",
    "networkmanager": "nmcli --wait 0 device disconnect eth0; nmcli --wait 0 device connect eth0",
}


@pytest.mark.parametrize("kind", KINDS)
def test_bare_cable(kind: str, clinic: Clinic, office: Dnsmasq) -> None:
    """No DHCP anywhere and no IPv4 on the laptop: the server is found by its link-local address."""
    server = clinic.server
    office.stop()
    server.run(ASK_AGAIN[kind], timeout=120)
    wait_for("no address", lambda: not clinic.ipv4(), 60, pause=0.5)
    found = clinic.find()
    assert found.code == 0, found
    addresses = [each["address"] for each in found.answer["servers"]]
    assert addresses == [f"{server.link_local}%{clinic.laptop.interface}"]
    clinic.decide(host=addresses[0], address6="fd00:20::1/64")
    done = clinic.run(
        "apply",
        "--host-key",
        found.answer["servers"][0]["fingerprint"],
        on_line=clinic.come_along(),
        timeout=900,
    )
    assert done.code == 0, done
    assert clinic.ipv4() == {NEW}
    assert "fd00:20::1/64" in server.output("ip -6 addr show dev eth0")
    assert clinic.run("plan", "--host", "10.20.0.1").answer["changes"] == []


@pytest.mark.parametrize("kind", ["ifupdown"])
def test_server_without_ipv6(
    kind: str, machine: MachineFactory, laptop: Host, ca: Ca, tmp_path: Path, office: Dnsmasq
) -> None:
    """The server has no IPv6, and the laptop has an address in both networks."""
    clinic = Clinic(machine(kind, kernel_arguments=NO_IPV6), laptop, ca, tmp_path)
    clinic.give_dnsmasq()
    laptop.add_address("10.77.0.2/24")
    laptop.add_address("10.20.0.99/24")
    laptop.use_name_servers("10.20.0.1")
    clinic.decide(host=clinic.server.wait_address())
    office.stop()
    done = clinic.run("apply", "--host-key", clinic.fingerprint, timeout=600)
    assert done.code == 0, done
    assert "no second connection" in done.log
    assert clinic.ipv4() == {NEW}
    assert clinic.run("plan").answer["changes"] == []
