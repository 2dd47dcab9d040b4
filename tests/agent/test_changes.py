"""Each kind of change by itself: look, do, undo, with real parts where there are any."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.agent import sandbox
from tests.agent.recorded.engine import Container, Engine, nginx
from tests.agent.sandbox import FAST, apply, file, order, service, standing, tree
from wizard.agent import names, restore, transaction
from wizard.agent.changes import Step, StepError, Timings, address, network, packages, ports
from wizard.agent.changes.certificate import SWAP
from wizard.agent.docker import Docker, DockerError
from wizard.agent.host import Done, Host
from wizard.agent.journal import Journal
from wizard.agent.transaction import pending
from wizard.practice.authority import Authority, Issued
from wizard.practice.host import PracticeHost

AS_ROOT = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="makes a network namespace: root"
)


@pytest.fixture
def host(tmp_path: Path) -> PracticeHost:
    return sandbox.make(tmp_path)


def step(host: Host, folder: Path) -> Step:
    folder.mkdir(exist_ok=True)
    return Step(host, Journal(str(folder)), 0, FAST, print, {})


# ------------------------------------------------------------------------- address


@pytest.fixture
def namespace() -> Iterator[str]:
    name = f"agent-{os.getpid()}-{secrets.token_hex(3)}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        for words in ("add lan type veth peer name far", "set lan up", "set far up"):
            subprocess.run(["ip", "-n", name, "link", *words.split()], check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


@AS_ROOT
@pytest.mark.parametrize("new", ["10.20.0.1/24", "192.168.50.10/24", "fd00:20::1/64"])
def test_an_address_beside_the_old_one(tmp_path: Path, namespace: str, new: str) -> None:
    """With the real `ip`, duplicate address detection and all."""
    host = sandbox.NamespaceHost(tmp_path / "root", timings=FAST)
    host.namespace = namespace
    host.run(["ip", "address", "add", "192.168.50.23/24", "dev", "lan"])
    this = step(host, tmp_path / "t")
    change = {"kind": "address", "interface": "lan", "address": new}
    address.check(this, change)
    assert this.wait(lambda: all(one["ready"] for one in address.addresses(host, "lan")), 10)
    before = address.addresses(host, "lan")
    seen = address.look(this, change)
    assert address.do(this, change, seen) == {}
    assert address.has(host, "lan", new)
    assert address.has(host, "lan", "192.168.50.23/24")
    route = host.run(["ip", "-6" if ":" in new else "-4", "route", "show", "dev", "lan"])
    assert str(new.partition("/")[0][:6]) in route.out  # the laptop's way back
    address.undo(this, seen)
    address.undo(this, seen)
    assert address.addresses(host, "lan") == before


@AS_ROOT
def test_an_address_that_was_there_stays(tmp_path: Path, namespace: str) -> None:
    host = sandbox.NamespaceHost(tmp_path / "root", timings=FAST)
    host.namespace = namespace
    host.run(["ip", "address", "add", "10.20.0.1/24", "dev", "lan"])
    this = step(host, tmp_path / "t")
    change = {"kind": "address", "interface": "lan", "address": "10.20.0.1/24"}
    seen = address.look(this, change)
    assert address.do(this, change, seen) == {"skipped": True}
    address.undo(this, seen)
    assert address.has(host, "lan", "10.20.0.1/24")


# ------------------------------------------------------------------------- network

CONFIGURED = {
    "netplan": (names.NETPLAN_FILE, "network: {ethernets: {eth0: {addresses: [10.20.0.1/24]}}}"),
    "networkmanager": (names.NETWORKMANAGER_FILE, "[ipv4]\naddress1=10.20.0.1/24\n"),
    "networkd": (names.NETWORKD_FILE, "[Network]\nAddress=10.20.0.1/24\n"),
    "ifupdown": (names.INTERFACES_FILE, "iface eth0 inet static\n address 10.20.0.1/24\n"),
}
TAKEN_UP = {
    "netplan": ["netplan apply"],
    "networkmanager": ["nmcli connection load", "nmcli --wait 60 connection up cht-offline-setup"],
    "networkd": ["networkctl reload", "networkctl reconfigure eth0"],
    "ifupdown": ["ifdown --force", "ip link set dev eth0 up", "ifup --force eth0"],
}
TAKEN_BACK = {
    "netplan": ["netplan apply"],
    "networkmanager": [
        "nmcli connection reload",
        "nmcli --wait 60 connection up uuid 5c5a7c7e-0000-4000-8000-000000000001",
    ],
    "networkd": ["networkctl reload", "networkctl reconfigure eth0"],
    "ifupdown": ["ifdown --force", "ip link set dev eth0 up", "ifup --force eth0"],
}


@pytest.mark.parametrize("manager", CONFIGURED)
@pytest.mark.parametrize("fails", [False, True])
def test_every_manager_there_and_back(tmp_path: Path, manager: str, fails: bool) -> None:
    host = sandbox.make(tmp_path, manager=manager)
    before = tree(host), standing(host)
    path, text = CONFIGURED[manager]
    change = dict(sandbox.NETWORK, manager=manager, profile="cht-offline-setup")
    if manager == "networkmanager":
        change["renderer"] = "networkmanager"
    wanted = [file(path, text, mode=0o600), dict(sandbox.ADDRESS), change]
    if fails:
        wanted.append(service("not-there.service", active="started"))
    with host.remember() as memory:
        memory["carried"] = []
    result = apply(host, order(wanted))
    carried = host.memory()["carried"]
    assert _in_order(carried, TAKEN_UP[manager])
    if fails:
        assert (result["state"], result["failed"]) == ("rolled-back", "service-failed")
    else:
        assert result["state"] == "applied"
        assert [a["local"] for a in standing(host)["addresses"]["eth0"]] == ["10.20.0.1"]
        with host.remember() as memory:
            memory["carried"] = []
        assert restore.roll_back(host, "user", FAST) is not None
        assert _in_order(host.memory()["carried"], TAKEN_BACK[manager])
    assert (tree(host), standing(host)) == before


JOINED = {
    "netplan": (
        [(names.NETPLAN_FILE, "network: {bridges: {chtlan: {addresses: [10.20.0.1/24]}}}")],
        ["netplan apply"],
        ["netplan generate", "ip link delete dev chtlan", "netplan apply"],
    ),
    "networkmanager": (
        [
            (names.NETWORKMANAGER_PORT_FILE, "[connection]\nmaster=chtlan\n"),
            (names.NETWORKMANAGER_FILE, "[connection]\nid=chtlan\n[ipv4]\naddress1=10.20.0.1/24\n"),
        ],
        ["nmcli connection load", "nmcli --wait 60 connection up cht-offline-setup-cable",
         "nmcli --wait 60 connection up cht-offline-setup"],
        ["nmcli connection reload", "ip link delete dev chtlan", "nmcli --wait 60 connection up"],
    ),
    "networkd": (
        [
            (names.NETWORKD_BRIDGE_FILE, "[NetDev]\nName=chtlan\n"),
            (names.NETWORKD_PORT_FILE, "[Network]\nBridge=chtlan\n"),
            (names.NETWORKD_FILE, "[Match]\nName=chtlan\n[Network]\nAddress=10.20.0.1/24\n"),
        ],
        ["networkctl reload", "networkctl reconfigure eth0", "networkctl reconfigure chtlan"],
        ["networkctl reload", "ip link delete dev chtlan", "networkctl reconfigure eth0"],
    ),
    "ifupdown": (
        [(names.INTERFACES_FILE, "iface chtlan inet static\n address 10.20.0.1/24\n")],
        ["ifdown --force", "ip link set dev eth0 up", "ifup --force eth0", "ifup --force chtlan"],
        ["ifdown --force", "ip link delete dev chtlan", "ifdown --force", "ifup --force eth0"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("manager", JOINED)
@pytest.mark.parametrize("fails", [False, True])
def test_the_address_moves_to_the_bridge_and_back(
    tmp_path: Path, manager: str, fails: bool
) -> None:
    host = sandbox.make(tmp_path, manager=manager)
    before = tree(host), standing(host)
    files, there, back = JOINED[manager]
    change = dict(sandbox.NETWORK, manager=manager, interface=names.BRIDGE, port="eth0")
    if manager == "networkmanager":
        change["profile"] = names.NETWORKMANAGER_NAME
    wanted = [file(path, text, mode=0o600) for path, text in files]
    wanted += [dict(sandbox.ADDRESS), change]
    if fails:
        wanted.append(service("not-there.service", active="started"))
    with host.remember() as memory:
        memory["carried"] = []
    result = apply(host, order(wanted))
    assert _in_order(host.memory()["carried"], there)
    if fails:
        assert (result["state"], result["failed"]) == ("rolled-back", "service-failed")
        assert not result["left"]
    else:
        assert result["state"] == "applied", result
        addresses = standing(host)["addresses"]
        assert [a["local"] for a in addresses[names.BRIDGE]] == ["10.20.0.1"]
        assert addresses["eth0"] == []
        with host.remember() as memory:
            memory["carried"] = []
        undone = restore.roll_back(host, "user", FAST)
        assert undone is not None
        assert not undone["left"]
    assert _in_order(host.memory()["carried"], back)
    assert (tree(host), standing(host)) == before


def test_a_bridge_that_does_not_come_is_undone(tmp_path: Path) -> None:
    """The manager says that all is well, and makes no bridge: the old address comes back."""
    host = sandbox.make(tmp_path, manager="networkd")
    before = tree(host), standing(host)
    change = dict(sandbox.NETWORK, manager="networkd", interface=names.BRIDGE, port="eth0")
    result = apply(host, order([file(names.NETWORKD_FILE, "[Network]\n"), change]))
    assert (result["state"], result["failed"]) == ("rolled-back", "network-failed")
    assert "chtlan" in result["detail"]
    assert (tree(host), standing(host)) == before


def test_no_other_bridge_is_made(tmp_path: Path) -> None:
    host = sandbox.make(tmp_path)
    result = apply(host, order([dict(sandbox.NETWORK, interface="br0", port="eth0")]))
    assert (result["state"], result["failed"]) == ("nothing", "bad-order")


def _in_order(carried: list[str], wanted: list[str]) -> bool:
    rest = iter(carried)
    return all(any(line.startswith(want) for line in rest) for want in wanted)


def test_a_manager_that_does_not_come_back_is_helped_and_told(tmp_path: Path) -> None:
    """The old address is put back by hand: the server answers there, and it is said."""
    host = sandbox.make(tmp_path, manager="networkd")
    path, text = CONFIGURED["networkd"]
    apply(host, order([file(path, text), dict(sandbox.NETWORK, manager="networkd")]))
    with host.remember() as memory:
        memory["broken"] = ["networkctl", "systemd-networkd.service"]
    result = restore.roll_back(host, "timeout", FAST)
    assert result is None  # not due yet
    result = restore.roll_back(host, "user", FAST)
    assert result is not None
    assert result["left"] == ["network eth0: old-address-missing"]
    assert "systemctl restart -- systemd-networkd.service" in host.memory()["carried"]
    assert [a["local"] for a in standing(host)["addresses"]["eth0"]] == ["192.168.50.23"]


def test_ifdown_is_told_the_configuration_that_was_in_force(host: PracticeHost) -> None:
    """Otherwise the DHCP client of the old one would go on and take the address again."""
    asked: list[str] = []

    class Watching(PracticeHost):
        def run(self, argv: list[str], *arguments: Any, **more: Any) -> Done:
            if argv[0] == "ifdown":
                asked.append(Path(argv[argv.index("-i") + 1]).read_text(encoding="ascii"))
            return super().run(argv, *arguments, **more)

    watching = Watching(host.root, timings=FAST)
    apply(watching)
    assert "iface eth0 inet dhcp" in asked[0]
    assert "10.20.0.1" not in asked[0]
    restore.roll_back(watching, "user", FAST)
    assert "10.20.0.1" in asked[1]
    assert "dhcp" not in asked[1]


def test_interfaces_with_everything_it_sources(host: PracticeHost) -> None:
    sandbox.put(
        host,
        "/etc/network/interfaces",
        "auto lo\nsource interfaces.d/*\nsource-directory /etc/network/more\nsource /none\n"
        "source /etc/network/interfaces\n",
        0o644,
    )
    sandbox.put(host, "/etc/network/interfaces.d/.hidden", "hidden\n", 0o644)
    sandbox.put(host, "/etc/network/more/b", "iface b\n", 0o644)
    merged = network.merged_interfaces(host)
    assert merged.splitlines()[0] == "auto lo"
    assert "iface eth0 inet dhcp" in merged
    assert "iface b" in merged
    assert "hidden" not in merged


# ----------------------------------------------------------------- netplan, by itself


class RealNetplan(PracticeHost):
    """The pretended server with the real netplan generator."""

    def run(self, argv: list[str], *arguments: Any, **more: Any) -> Done:
        if argv[:2] == ["netplan", "generate"]:
            return Host.run(self, argv, *arguments, **more)
        return super().run(argv, *arguments, **more)


GOOD = (
    "network:\n  version: 2\n  ethernets:\n    eth0:\n      dhcp4: false\n"
    "      addresses: [10.20.0.1/24]\n"
)


@pytest.mark.skipif(not shutil.which("netplan"), reason="needs netplan.io")
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (GOOD, ""),
        (GOOD.replace("10.20.0.1/24", "10.20.0.1"), "10.20.0.1"),
        (GOOD.replace("dhcp4", "\tdhcp4"), "YAML"),
        (GOOD.replace("dhcp4: false", "renderer: nothing"), "renderer"),
        (GOOD.replace("eth0:", "eth0: {set-name: x, bond: y}\n    z:"), ""),
    ],
)
def test_netplan_is_asked_before(tmp_path: Path, text: str, fault: str) -> None:
    host = RealNetplan(tmp_path / "root", manager="netplan", timings=FAST)
    old = "network: {version: 2, ethernets: {eth0: {dhcp4: true}}}\n"
    sandbox.put(host, "/etc/netplan/50-cloud-init.yaml", old, 0o600)
    before = tree(host)
    change = file(names.NETPLAN_FILE, text, check="netplan", mode=0o600)
    result = apply(host, order([change]))
    if text == GOOD:
        assert result["state"] == "applied"
        return
    assert (result["state"], result["failed"]) == ("nothing", "check-failed")
    assert fault in result["detail"]
    assert names.NETPLAN_FILE in result["detail"]
    assert host.root not in result["detail"]
    assert tree(host) == before


# ------------------------------------------------------------------------ services


@pytest.mark.parametrize(
    "change",
    [
        service("old-dns.service", enabled=False),
        service("old-dns.service", active="stopped"),
        service("old-dns.service", enabled=False, active="stopped"),
        service("old-dns.service", active="restarted"),
        service("old-dns.service", active="reloaded"),
        service("new.service", enabled=True, active="started"),
        service("new.service", masked=False),
        service("gone.service", enabled=False, active="stopped"),
    ],
)
def test_a_service_there_and_back(host: PracticeHost, change: dict[str, Any]) -> None:
    sandbox.put(host, "/usr/lib/systemd/system/new.service", sandbox.UNIT, 0o644)
    before = tree(host), standing(host)
    assert apply(host, order([change]))["state"] == "applied"
    restore.roll_back(host, "user", FAST)
    assert (tree(host), standing(host)) == before


class Access(PracticeHost):
    """Notes what the access point's unit file said whenever its unit was stopped."""

    def run(self, argv: list[str], *arguments: Any, **more: Any) -> Done:
        if argv[-1] == names.HOSTAPD_UNIT and argv[1] in ("stop", "restart"):
            self.at_the_end.append(self.read(names.HOSTAPD_UNIT_FILE) or "")
        return super().run(argv, *arguments, **more)

    at_the_end: list[str]


@pytest.fixture
def access(tmp_path: Path) -> Access:
    host = Access(tmp_path / "root", timings=FAST)
    host.at_the_end = []
    return host


def unit_with(address: str) -> dict[str, Any]:
    text = sandbox.UNIT.replace("[Service]\n", f"[Service]\nExecStopPost=-/bin/echo {address}\n")
    assert address in text
    return file(names.HOSTAPD_UNIT_FILE, text)


def test_an_access_point_that_is_undone_ends_by_its_own_unit(access: Access) -> None:
    """Only its file says which address it takes back."""
    start = service(names.HOSTAPD_UNIT, enabled=True, active="started")
    assert apply(access, order([unit_with("10.20.0.1"), start]))["state"] == "applied"
    restore.roll_back(access, "user", FAST)
    assert len(access.at_the_end) == 1
    assert "10.20.0.1" in access.at_the_end[0]
    assert not access.exists(names.HOSTAPD_UNIT_FILE)
    assert names.HOSTAPD_UNIT not in standing(access)["active"]


def test_an_access_point_that_gets_another_address_and_goes_back(access: Access) -> None:
    first = [unit_with("10.20.0.1"), service(names.HOSTAPD_UNIT, enabled=True, active="started")]
    assert apply(access, order(first, confirm=False, address=""))["state"] == "confirmed"
    before = tree(access), standing(access)
    second = dict(unit_with("10.30.0.1"), before=sandbox.sha(first[0]["content"]))
    stop = service(names.HOSTAPD_UNIT, active="stopped")
    start = service(names.HOSTAPD_UNIT, active="started")
    assert apply(access, order([stop, second, start], id="again"))["state"] == "applied"
    restore.roll_back(access, "user", FAST)
    ends = ["10.20.0.1", "10.30.0.1", "10.20.0.1"]  # stopped, undone, started again by a restart
    assert len(access.at_the_end) == len(ends)
    for text, wanted in zip(access.at_the_end, ends, strict=True):
        assert wanted in text
    assert (tree(access), standing(access)) == before


def test_masked_and_unmasked(host: PracticeHost) -> None:
    sandbox.put(host, "/usr/lib/systemd/system/new.service", sandbox.UNIT, 0o644)
    host.run(["systemctl", "mask", "new.service"])
    before = tree(host)
    change = service("new.service", masked=False, enabled=True, active="started")
    assert apply(host, order([change]))["state"] == "applied"
    assert "new.service" in standing(host)["active"]
    restore.roll_back(host, "user", FAST)
    assert tree(host) == before


def test_a_unit_that_dies_soon_has_not_started(tmp_path: Path) -> None:
    """`systemctl start` says yes at once to a simple unit; three seconds later it is dead."""

    class Dying(PracticeHost):
        asked = 0

        def run(self, argv: list[str], *arguments: Any, **more: Any) -> Done:
            if argv[:2] == ["systemctl", "show"] and argv[-1] == "new.service":
                self.asked += 1
                if self.asked > 4:
                    return Done(0, "LoadState=loaded\nActiveState=failed\nResult=exit-code\n", "")
            if argv[0] == "journalctl":
                return Done(0, "dnsmasq: port 53: Address already in use\n", "")
            return super().run(argv, *arguments, **more)

    sandbox.make(tmp_path)
    timings = Timings(settle=2.0, poll=0.01)
    host = Dying(tmp_path / "root", timings=timings)
    sandbox.put(host, "/usr/lib/systemd/system/new.service", sandbox.UNIT, 0o644)
    transaction.Transaction(host).create(order([service("new.service", active="started")]))
    from wizard.agent.apply import Apply

    result = Apply(host, timings).run()
    found = result or transaction.last(host)
    assert found is not None
    assert found["failed"] == "service-failed"
    assert "Address already in use" in found["detail"]


# ------------------------------------------------------------------------ packages


def test_packages_and_exactly_those_again(host: PracticeHost) -> None:
    sandbox.put(host, "/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 0\n", 0o755)  # somebody else's
    before = tree(host), standing(host)
    apply(host, order([dict(sandbox.PACKAGES)]))
    assert standing(host)["packages"] == [
        "base-files",
        "dnsmasq-base",
        "libdnsmasq-base",
        "openssh-server",
    ]
    restore.roll_back(host, "user", FAST)
    assert (tree(host), standing(host)) == before
    purged = [line for line in host.memory()["carried"] if " purge " in line]
    assert all("openssh-server" not in line for line in purged)


def test_services_stay_stopped_while_packages_come(tmp_path: Path) -> None:
    seen: list[bytes | None] = []

    class Watching(PracticeHost):
        def run(self, argv: list[str], *arguments: Any, **more: Any) -> Done:
            if argv[0] == "apt-get" and "install" in argv and "--download-only" not in argv:
                seen.append(self.read_bytes(packages.POLICY))
                assert os.access(self.path(packages.POLICY), os.X_OK)
                assert more["env"]["DEBIAN_FRONTEND"] == "noninteractive"
                assert any(word.startswith("DPkg::Lock::Timeout=") for word in argv)
            return super().run(argv, *arguments, **more)

    host = Watching(tmp_path / "root", timings=FAST)
    assert apply(host, order([dict(sandbox.PACKAGES)]))["state"] == "applied"
    assert seen == [packages.POLICY_TEXT]
    assert not host.exists(packages.POLICY)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("E: Failed to fetch http://deb/x  Could not resolve 'deb'", "packages-unreachable"),
        ("W: Failed\nE: Unable to locate package dnsmasq-base", "packages-unreachable"),
        ("E: Could not get lock /var/lib/dpkg/lock-frontend. It is held", "packages-busy"),
        ("E: Sub-process /usr/bin/dpkg returned an error code (1)", "packages-failed"),
    ],
)
@pytest.mark.parametrize(
    ("at", "state"), [("--download-only", "nothing"), ("--no-remove", "rolled-back")]
)
def test_why_packages_do_not_come(
    tmp_path: Path, said: str, code: str, at: str, state: str
) -> None:
    """They are fetched before anything is changed, and may still fail to be installed."""

    class Failing(PracticeHost):
        def run(self, argv: list[str], *arguments: Any, **more: Any) -> Done:
            fetching = "--download-only" in argv
            if argv[0] == "apt-get" and fetching == (at == "--download-only"):
                return Done(100, "", said + "\n")
            return super().run(argv, *arguments, **more)

    host = Failing(tmp_path / "root", timings=FAST)
    before = tree(host), standing(host)
    result = apply(host, order([dict(sandbox.PACKAGES)]))
    assert (result["state"], result["failed"]) == (state, code)
    assert said.splitlines()[-1] in result["detail"]
    assert "dnsmasq-base" in result["detail"]
    assert result["left"] == []
    assert (tree(host), standing(host)) == before


def test_a_purge_that_would_take_more_is_not_done(tmp_path: Path) -> None:
    class Greedy(PracticeHost):
        def run(self, argv: list[str], *arguments: Any, **more: Any) -> Done:
            if argv[-1] == "--simulate":
                return Done(0, "Purg dnsmasq-base [1]\nRemv docker.io [1]\n", "")
            return super().run(argv, *arguments, **more)

    host = Greedy(tmp_path / "root", timings=FAST)
    with pytest.raises(StepError) as refused:
        packages.purge(step(host, tmp_path / "t"), ["dnsmasq-base"])
    assert refused.value.detail == "docker.io"
    assert not any("purge" in line for line in host.memory()["carried"])


# ------------------------------------------------------------------------ firewall


@pytest.mark.parametrize("front", ["ufw", "firewalld"])
@pytest.mark.parametrize("close", [False, True])
@pytest.mark.parametrize("was_open", [False, True])
@pytest.mark.parametrize("way", ["user", "restart"])
def test_a_port_there_and_back(
    host: PracticeHost, front: str, close: bool, was_open: bool, way: str
) -> None:
    os.makedirs(host.path("/etc/firewalld/zones"), 0o755)
    change = dict(sandbox.PORTS, firewall=front, close=close)
    this = step(host, Path(host.root).parent / "t")
    told = {**change, "zone": "public"}
    if was_open:
        ports.switch(this, told, ["53/udp"], opening=True)
    before = tree(host)
    assert apply(host, order([change]))["state"] == "applied"
    assert ports.opened(this, told) == ([] if close else ["53/udp", "53/tcp"])
    if way == "user":
        restore.roll_back(host, "user", FAST)
    else:
        host.reboot()
    assert pending(host) is None
    assert ports.opened(this, told) == (["53/udp"] if was_open else [])
    assert tree(host) == before


# --------------------------------------------------------------------- certificates


class Web:
    """A real TLS server on loopback that takes up its certificate when it is told to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.context: ssl.SSLContext | None = None
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def reload(self, chain: bytes, key: bytes) -> bool:
        """Take up a pair as nginx does: a bad one leaves the old in force."""
        places = self.folder / "served.crt", self.folder / "served.key"
        places[0].write_bytes(chain)
        places[1].write_bytes(key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(*places)
        except ssl.SSLError:
            return False
        self.context = context
        return True

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            try:
                if self.context is None:
                    connection.close()
                    continue
                with self.context.wrap_socket(connection, server_side=True) as tls:
                    tls.recv(1)
            except OSError:
                connection.close()

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(10)


@pytest.fixture(scope="module")
def pairs() -> tuple[Issued, Issued]:
    authority = Authority(datetime.now(UTC))
    return authority.issue("cht.example.org"), authority.issue("cht.example.org")


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    server = Web(tmp_path)
    yield server
    server.close()


def leaf(issued: Issued) -> str:
    text = issued.chain.decode()
    first = text[: text.index("-----END CERTIFICATE-----") + 26]
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


class WithWeb(PracticeHost):
    """A pretended server whose web service is the real TLS server."""

    web: Web
    refused: Collection[bytes] = ()  # chains that its web server does not like

    def run(self, argv: list[str], *arguments: Any, **more: Any) -> Done:
        if argv[:2] == ["nginx", "-t"] or argv[1:2] == ["reload-or-restart"]:
            chain = self.read_bytes("/etc/ssl/site/chain.pem") or b""
            key = self.read_bytes("/etc/ssl/site/key.pem") or b""
            if argv[0] == "nginx":
                trial = Web(self.web.folder)
                fits = trial.reload(chain, key) and chain not in self.refused
                trial.close()
                return Done(0 if fits else 1, "", "" if fits else "nginx: [emerg] key mismatch")
            return Done(0 if self.web.reload(chain, key) else 1, "", "")
        return super().run(argv, *arguments, **more)


def _with_web(tmp_path: Path, web: Web, old: Issued) -> WithWeb:
    host = WithWeb(tmp_path / "root", timings=FAST)
    host.web = web
    sandbox.put(host, "/etc/ssl/site/chain.pem", old.chain.decode(), 0o644)
    sandbox.put(host, "/etc/ssl/site/key.pem", old.key.decode(), 0o640)
    assert web.reload(old.chain, old.key)
    return host


def _install(new: Issued, web: Web) -> dict[str, Any]:
    return dict(
        sandbox.CERTIFICATE,
        chain=new.chain.decode(),
        key=new.key.decode(),
        unit="nginx.service",
        https_port=web.port,
        leaf_sha256=leaf(new),
    )


def _served(web: Web) -> str:
    from wizard.agent.look.web import served

    return served(Host(""), web.port, "cht.example.org")


def test_a_certificate_for_a_web_server_there_and_back(
    tmp_path: Path, web: Web, pairs: tuple[Issued, Issued]
) -> None:
    old, new = pairs
    host = _with_web(tmp_path, web, old)
    before = tree(host)
    assert apply(host, order([_install(new, web)]))["state"] == "applied"
    assert _served(web) == leaf(new)
    assert Path(host.path("/etc/ssl/site/key.pem")).stat().st_mode & 0o777 == 0o640
    result = restore.roll_back(host, "user", FAST)
    assert result is not None
    assert result["left"] == []
    assert _served(web) == leaf(old)
    assert tree(host) == before


@pytest.mark.parametrize("fault", ["refused", "leaf", "broken"])
def test_a_certificate_that_does_not_work_goes_back(
    tmp_path: Path, web: Web, pairs: tuple[Issued, Issued], fault: str
) -> None:
    old, new = pairs
    host = _with_web(tmp_path, web, old)
    before = tree(host)
    change = _install(new, web)
    if fault == "leaf":
        change["leaf_sha256"] = "00" * 32
    else:  # broken: another file of nginx is, so that it refuses the old pair, too
        host.refused = {new.chain} if fault == "refused" else {new.chain, old.chain}
    result = apply(host, order([change], confirm=False))
    code = "certificate-not-served" if fault == "leaf" else "certificate-refused"
    assert (result["state"], result["failed"], result["left"]) == ("rolled-back", code, [])
    assert _served(web) == leaf(old)
    assert tree(host) == before
    assert "PRIVATE" not in result["detail"]


def test_old_certificate_that_is_not_served_again_is_told(
    tmp_path: Path, web: Web, pairs: tuple[Issued, Issued]
) -> None:
    old, new = pairs
    host = _with_web(tmp_path, web, old)
    apply(host, order([_install(new, web)]))
    host.web = Web(tmp_path)  # reloads go elsewhere: the one on the port keeps the new pair
    result = restore.roll_back(host, "user", FAST)
    host.web.close()
    assert result is not None
    assert result["left"] == ["certificate /etc/ssl/site/chain.pem: old-certificate-missing"]


PRIVATE = "/etc/nginx/private/"


class Nginx(dict[str, Any]):
    """The commands of a cht-nginx container, acting on the real TLS server."""

    def __init__(self, container: Container, web: Web) -> None:
        super().__init__()
        self.container = container
        self.web = web
        self.refused: list[bytes] = []  # chains that it does not like

    def _pair(self) -> tuple[bytes, bytes]:
        files = self.container.files
        return files[PRIVATE + "cert.pem"][0], files[PRIVATE + "key.pem"][0]

    def __contains__(self, _: object) -> bool:
        return True

    def get(self, command: str, default: Any = None) -> Any:
        return self[command]

    def __getitem__(self, command: str) -> Any:
        if command == "nginx -t":
            trial = Web(self.web.folder)
            fits = trial.reload(*self._pair()) and self._pair()[0] not in self.refused
            trial.close()
            return (0, []) if fits else (1, [(2, b"nginx: [emerg] key values mismatch\n")])
        if command.startswith(f"sh -c {SWAP} sh "):
            paths = command[len(f"sh -c {SWAP} sh ") :].split()
            for one, other in zip(paths[::2], paths[1::2], strict=True):
                if one in self.container.files:  # the engine asks twice
                    self.container.files[other] = self.container.files.pop(one)
            return (0, [])
        if command in ("nginx -s reload", "/boot/svc-restart medic-core nginx"):
            self.web.reload(*self._pair())
            return (0, [])
        return (127, [])


@pytest.fixture
def container(web: Web, pairs: tuple[Issued, Issued]) -> Iterator[tuple[PracticeHost, Container]]:
    """A short path: a unix socket's name has at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="c") as folder:
        host = PracticeHost(Path(folder) / "r", timings=FAST)
        old = pairs[0]
        files = {PRIVATE + "cert.pem": (old.chain, 0o644), PRIVATE + "key.pem": (old.key, 0o600)}
        cht = Container(nginx(), files)
        cht.commands = Nginx(cht, web)
        web.reload(old.chain, old.key)
        os.makedirs(host.path("/run"), exist_ok=True)
        with Engine(host.path("/run/docker.sock"), [cht]):
            yield host, cht


def _into(new: Issued, web: Web, kind: str = "cht") -> dict[str, Any]:
    return _install(new, web) | {
        "target": "container",
        "container": "cht-nginx-1",
        "web": kind,
        "certificate_path": PRIVATE + "cert.pem",
        "key_path": PRIVATE + "key.pem",
        "unit": "",
    }


@pytest.mark.parametrize("kind", ["cht", "cht3"])
@pytest.mark.parametrize("way", ["user", "restart"])
def test_a_certificate_into_a_container_and_back(
    container: tuple[PracticeHost, Container],
    web: Web,
    pairs: tuple[Issued, Issued],
    kind: str,
    way: str,
) -> None:
    host, cht = container
    old, new = pairs
    before = dict(cht.files)
    assert apply(host, order([_into(new, web, kind)]))["state"] == "applied"
    assert cht.files[PRIVATE + "cert.pem"] == (new.chain, 0o644)
    assert cht.files[PRIVATE + "key.pem"] == (new.key, 0o600)
    assert _served(web) == leaf(new)
    if way == "user":
        restore.roll_back(host, "user", FAST)
    else:
        host.reboot()
    assert pending(host) is None
    assert cht.files == before
    assert _served(web) == leaf(old)


@pytest.mark.parametrize("both", [False, True], ids=["the new one", "whatever it is given"])
def test_nginx_in_the_container_refuses(
    both: bool,
    container: tuple[PracticeHost, Container],
    web: Web,
    pairs: tuple[Issued, Issued],
) -> None:
    host, cht = container
    old, new = pairs
    before = dict(cht.files)
    assert isinstance(cht.commands, Nginx)
    cht.commands.refused.extend([new.chain, old.chain] if both else [new.chain])
    result = apply(host, order([_into(new, web)], confirm=False))
    assert (result["failed"], result["left"]) == ("certificate-refused", [])
    assert "key values mismatch" in result["detail"]
    assert cht.files == before
    assert _served(web) == leaf(old)


def test_docker_that_does_not_answer_is_not_called_a_refusal(
    container: tuple[PracticeHost, Container],
    web: Web,
    pairs: tuple[Issued, Issued],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def silent(*_: object) -> None:
        raise DockerError("docker-timeout", "POST /containers/cht-nginx-1/restart")

    host, cht = container
    cht.details["State"] = {"Running": True, "Restarting": True}
    monkeypatch.setattr(Docker, "restart", silent)
    result = apply(host, order([_into(pairs[1], web)], confirm=False))
    assert (result["state"], result["failed"]) == ("rolled-back", "certificate-failed")
    assert result["detail"].startswith("docker-timeout: POST ")


def test_a_container_in_a_crash_loop_is_restarted(
    container: tuple[PracticeHost, Container], web: Web, pairs: tuple[Issued, Issued]
) -> None:
    host, cht = container
    cht.details["State"] = {"Running": True, "Restarting": True}
    change = dict(_into(pairs[1], web), https_port=0)
    assert apply(host, order([change], confirm=False))["state"] == "confirmed"
    assert cht.acts == ["restart?t=10"]
