"""The lab proves itself first: a test that fails here says nothing about the wizard."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.lab.browser import Browser
from tests.lab.ca import Ca
from tests.lab.garage import STANDIN_READY, MachineFactory, boot
from tests.lab.machine import Machine
from tests.lab.network import Dnsmasq, Host, LabError, wait_for
from tests.lab.repository import Repository

# As an administrator does it with sysctl. `ipv6.disable=1` leaves no IPv6 sockets either, and CHT's
# nginx from 4.4.0 on does not start then: it listens on [::]:443.
NO_IPV6 = "sysctl.net.ipv6.conf.all.disable_ipv6=1 sysctl.net.ipv6.conf.default.disable_ipv6=1"

pytestmark = pytest.mark.timeout(1200)


def fetch(
    host: Host, address: str, path: str, name: str = "clinic-a.example.org"
) -> tuple[str, str]:
    """(body, SHA-256 of the served certificate) of https://address/path, asked from `host`."""
    import hashlib
    import http.client
    import ssl

    def inside() -> tuple[str, str]:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(address, timeout=60, context=context)
        connection.connect()  # a server that is reloading closes after its answer
        certificate = connection.sock.getpeercert(binary_form=True)
        connection.request("GET", path, headers={"Host": name, "Accept": "application/json"})
        body = connection.getresponse().read().decode()
        connection.close()
        return body, hashlib.sha256(certificate or b"").hexdigest()

    return host.call(inside)


@pytest.mark.parametrize("kind", ["netplan"])
def test_server_is_a_server(
    kind: str, machine: MachineFactory, laptop: Host, office: Dnsmasq
) -> None:
    server = machine(kind)
    address = server.wait_address()
    assert office.leases().get(server.mac, address) == address
    assert address.startswith("10.77.0.")

    assert server.ssh("id -un", laptop).stdout.strip() == "clinic"
    assert server.ssh("sudo -n id -un", laptop, user="deploy").stdout.strip() == "root"
    assert server.ssh("sudo -n true", laptop, user="nosudo", check=False).returncode != 0

    lease = laptop.dhcp_client()
    assert lease.routers == ("10.77.0.1",)
    assert laptop.lease_file.exists()
    poll = json.loads(fetch(laptop, address, "/setup/poll")[0])
    assert poll["handler"] == "medic-api"
    assert poll["ready"] is True
    monitoring = json.loads(fetch(laptop, address, "/api/v2/monitoring")[0])
    assert monitoring["version"]["app"] == "4.21.1"
    assert abs(monitoring["date"]["current"] / 1000 - time.time()) < 60


@pytest.mark.parametrize("kind", ["ifupdown"])
def test_snapshot_takes_everything_back(kind: str, machine: MachineFactory) -> None:
    server = machine(kind)
    server.run("echo changed > /root/changed; sync")
    server.set_clock(datetime.now(UTC) + timedelta(days=400))
    server.cut_cable()
    started = time.monotonic()
    server.loadvm("booted")
    assert time.monotonic() - started < 30
    assert server.run("test -e /root/changed", check=False).status == 1
    assert abs(int(server.output("date +%s")) - time.time()) < 30
    assert server.output("cat /sys/class/net/eth0/carrier") == "1"


@pytest.mark.parametrize("kind", ["networkd"])
def test_power_cut(kind: str, machine: MachineFactory, laptop: Host) -> None:
    server = machine(kind)
    server.run("echo kept > /root/kept; sync /root/kept; sync /root; echo lost > /root/lost")
    server.power_cut()
    boot(server)
    assert server.read_file("/root/kept") == "kept\n"
    assert server.run("test -s /root/lost", check=False).status == 1
    assert server.ssh("id -un", laptop).stdout.strip() == "clinic"


def managers(server: Machine) -> set[str]:
    units = (
        "NetworkManager",
        "systemd-networkd",
        "networking",
        "systemd-resolved",
        "ufw",
        "firewalld",
    )
    return {
        unit
        for unit in units
        if not server.run(f"systemctl is-active --quiet {unit}", check=False).status
    }


@pytest.mark.parametrize(
    ("kind", "active"),
    [
        ("ifupdown", {"networking"}),
        ("netplan", {"systemd-networkd", "systemd-resolved"}),
        ("networkmanager", {"NetworkManager", "firewalld"}),
        ("networkd", {"systemd-networkd", "ufw"}),
    ],
)
def test_network_managers(kind: str, active: set[str], machine: MachineFactory) -> None:
    server = machine(kind)
    assert managers(server) == active
    assert server.output("systemctl --failed --plain --no-legend") == ""
    if kind == "netplan":
        assert "dhcp4: true" in server.read_file("/etc/netplan/50-cloud-init.yaml")
        assert (
            server.output("readlink -f /etc/resolv.conf") == "/run/systemd/resolve/stub-resolv.conf"
        )
    if kind == "networkmanager":
        assert "Wired connection 1" in server.output("nmcli --terse connection show --active")
    if kind == "networkd":
        assert "Status: active" in server.output("ufw status")


@pytest.mark.xdist_group("ifupdown")
def test_without_ipv6_the_shell_inside_still_answers(machine: MachineFactory, laptop: Host) -> None:
    server = machine("ifupdown", kernel_arguments=NO_IPV6)
    assert server.run("ip -6 addr show dev eth0").stdout == ""
    laptop.dhcp_client()
    assert server.ssh("id -un", laptop, address=server.wait_address()).stdout.strip() == "clinic"


@pytest.mark.xdist_group("networkd")
def test_own_certificate_is_served_after_a_reload(
    machine: MachineFactory, laptop: Host, ca: Ca
) -> None:
    server = machine("networkd")
    address = server.wait_address()
    laptop.add_address("10.77.0.2/24")
    before = fetch(laptop, address, "/")[1]
    server.write_file("/root/cert.pem", ca.good.certificates)
    server.write_file("/root/key.pem", ca.good.key, mode="600")
    for name in ("cert.pem", "key.pem"):
        server.run(f"docker cp /root/{name} cht-nginx-1:/etc/nginx/private/{name}")
    server.run("docker exec cht-nginx-1 nginx -t && docker exec cht-nginx-1 nginx -s reload")
    deadline = time.monotonic() + 60
    while (served := fetch(laptop, address, "/")[1]) == before and time.monotonic() < deadline:
        pass  # old workers answer until they have gone
    assert served == ca.good.fingerprint


@pytest.mark.xdist_group("networkd")
def test_browser(machine: MachineFactory, laptop: Host, office: Dnsmasq, ca: Ca) -> None:
    server = machine("networkd")
    address = server.wait_address()
    office.stop()
    office.host.office_router(extra=f"address=/{ca.domain}/{address}")
    laptop.dhcp_client()
    browser = Browser(laptop, ca)
    assert browser.open(f"https://{ca.domain}/").error == "ERR_CERT_AUTHORITY_INVALID"
    server.write_file("/root/cert.pem", ca.good.certificates)
    server.write_file("/root/key.pem", ca.good.key, mode="600")
    for name in ("cert.pem", "key.pem"):
        server.run(f"docker cp /root/{name} cht-nginx-1:/etc/nginx/private/{name}")
    server.run("docker restart cht-nginx-1", timeout=120)
    server.wait_until(STANDIN_READY, timeout=120)
    page = browser.open(f"https://{ca.domain}/")
    assert page.title == "CHT login"
    assert page.error is None
    assert browser.open("https://nowhere.example.org/").error == "ERR_NAME_NOT_RESOLVED"


@pytest.mark.xdist_group("netplan")
def test_packages_come_with_internet_only(machine: MachineFactory, internet: Repository) -> None:
    server = machine("netplan")
    assert server.run("command -v dnsmasq", check=False).status
    server.run("apt-get update", timeout=120)
    server.run(
        "DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends dnsmasq-base",
        timeout=300,
    )
    assert "dnsmasq-base" in internet.log


@pytest.mark.xdist_group("ifupdown")
def test_packages_fail_quickly_without_internet(machine: MachineFactory) -> None:
    server = machine("ifupdown")
    started = time.monotonic()
    server.run("apt-get update", check=False, timeout=120)
    assert server.run("apt-get install -y dnsmasq-base", check=False, timeout=120).status
    assert time.monotonic() - started < 60


def test_cable_and_slow_link(lan_pair: tuple[Host, Host]) -> None:
    one, other = lan_pair
    ping = ["ping", "-c", "1", "-W", "2", "10.77.9.2"]
    one.run(ping)
    other.cut()
    assert one.run(ping, check=False).returncode
    other.plug()
    wait_for("the cable", lambda: not one.run(ping, check=False).returncode, 20)
    other.netem(delay=150)
    answer = one.run(ping).stdout
    assert 290 <= float(answer.partition("time=")[2].split()[0]) < 1500
    other.netem(loss=100)
    assert one.run(ping, check=False).returncode
    other.netem()
    assert float(one.run(ping).stdout.partition("time=")[2].split()[0]) < 100


@pytest.fixture
def lan_pair(new_host: Callable[[str], Host]) -> tuple[Host, Host]:
    one, other = new_host("one"), new_host("other")
    one.add_address("10.77.9.1/24")
    other.add_address("10.77.9.2/24")
    return one, other


def test_no_dhcp_server_is_said_clearly(laptop: Host) -> None:
    with pytest.raises(LabError, match="no DHCP server answered"):
        laptop.dhcp_client(timeout=3)


def test_nothing_leads_out(laptop: Host) -> None:
    assert laptop.run(["ip", "route"]).stdout == ""
    assert laptop.resolv_conf.read_text() == ""
    assert laptop.run(["cat", "/etc/resolv.conf"]).stdout == ""
