"""The whole way over a real SSH server: busybox's ash carries the scripts out on real files.

`uci`, the init scripts and hostapd's answer are stand-ins; nothing here was an OpenWrt.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.openwrt.test_plan import HERE, WANTED, WORD
from tests.remote.machine import PASSWORD, Machine, free_port
from wizard import cli
from wizard.openwrt import script
from wizard.openwrt.model import Plan, Router
from wizard.openwrt.plan import plan
from wizard.openwrt.setup import Setup
from wizard.openwrt.words import OpenWrtError
from wizard.remote.hosts import Accept, FirstContact, KnownHosts
from wizard.remote.login import Credentials
from wizard.remote.session import Session
from wizard.remote.words import RemoteError

FOLDER = "/mnt/bb"
COMMON = """#!/bin/sh
script=$1
start() { :; }
stop() { :; }
boot() { start; }
. "$script"
name=$(basename "$script")
case $2 in
enable) mkdir -p /etc/rc.d; ln -sf "$script" "/etc/rc.d/S$START$name" ;;
disable) rm -f /etc/rc.d/S??"$name" ;;
enabled) ls /etc/rc.d/S??"$name" >/dev/null 2>&1 ;;
restart) stop; start ;;
*) $2 ;;
esac
"""
SERVICE = """#!/bin/sh /etc/rc.common
START={start}
start() {{ echo "start {name}" >> /etc/said; }}
stop() {{ echo "stop {name}" >> /etc/said; }}
"""


class Device:
    """A machine that answers as an OpenWrt device of some release."""

    def __init__(self, machine: Machine, release: str, known: KnownHosts) -> None:
        self.machine, self.known = machine, known
        machine.run("sh", "-c", f"mkdir -p {FOLDER} && busybox --install -s {FOLDER}")
        stand_in = Path(__file__).parent / "uci_stand_in.py"
        machine.run("rm", "-f", f"{FOLDER}/uci")
        machine.write(f"{FOLDER}/uci", stand_in.read_text(), "755")
        machine.write(f"{FOLDER}/hostapd", '#!/bin/sh\n[ "$1" = -vsae ]\n', "755")
        machine.write("/etc/openwrt_release", f"DISTRIB_DESCRIPTION='OpenWrt {release}'\n")
        machine.run("mkdir", "-p", "/etc/config", "/etc/init.d", "/etc/rc.d")
        machine.write("/etc/rc.common", COMMON, "755")
        for package in (HERE / release).read_text().split("package ")[1:]:
            name, _, text = package.partition("\n")
            machine.write(f"/etc/config/{name}", text, "600")
        for start, name in ((20, "network"), (19, "dnsmasq"), (35, "odhcpd"), (19, "firewall")):
            machine.write(f"/etc/init.d/{name}", SERVICE.format(start=start, name=name), "755")
            machine.run(f"/etc/init.d/{name}", "enable")
        machine.run("chpasswd", data=f"root:{PASSWORD}\n")
        self.fingerprint = machine.host_key()
        self.port = free_port()
        path = f"{FOLDER}:/usr/sbin:/usr/bin:/sbin:/bin"
        machine.sshd(
            self.port,
            "PermitRootLogin yes",
            f'ForceCommand PATH={path} exec /usr/bin/busybox ash -c "$SSH_ORIGINAL_COMMAND"',
        )
        self.cut = False

    def open(self, host: str, accept: Accept) -> Session:
        """Answer at the address that its settings say, as a network would let it."""
        if self.cut or f"'{host}" not in self.machine.run("cat", "/etc/config/network"):
            raise RemoteError("connect-timeout", address=host, port=22, seconds=1)
        who = Credentials("root", password=PASSWORD)
        through = ("127.0.0.1", self.port)
        return Session.open(host, 22, who, self.known, accept=accept, through=through)

    def start(self) -> None:
        """Start as procd does: /etc/rc.d is listed once."""
        self.machine.run("sh", "-c", "for s in /etc/rc.d/S*; do [ -e $s ] && $s boot; done; true")

    def etc(self) -> str:
        command = "cd /etc && find config rc.d init.d | sort; sha256sum config/*"
        return self.machine.run("sh", "-c", command)

    def said(self) -> list[str]:
        return self.machine.run("sh", "-c", "cat /etc/said 2>/dev/null || true").splitlines()

    def wait(self, condition: Any, seconds: float = 15) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self.said()
            time.sleep(0.1)


@pytest.fixture(params=["22.03"])
def device(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Device]:
    assert shutil.which("busybox"), "install busybox"
    machine = Machine()
    try:
        yield Device(machine, request.param, KnownHosts(tmp_path / "known.jsonl"))
    finally:
        machine.close()


def meet(device: Device, seconds: int = 30) -> tuple[Setup, Router]:
    host = "192.168.3.1" if "19.07" in device.machine.run("cat", "/etc/openwrt_release") else ""
    host = host or "192.168.1.1"
    setup = Setup(device.open(host, device.fingerprint), device.open, seconds)
    return setup, setup.look()


def try_out(setup: Setup, made: Plan, seconds: str = "600") -> None:
    """Carry a plan out without confirming it."""
    argv = ["sh", "-c", script.CHANGE, "sh", seconds, " ".join(made.stop)]
    done = setup.session.run(argv, input=made.batch.encode())
    assert done.code == 0, done.err


@pytest.mark.parametrize("device", ["19.07", "22.03", "23.05-one-socket", "24.10"], indirect=True)
def test_from_a_router_to_an_access_point(device: Device) -> None:
    setup, router = meet(device)
    assert router.release.startswith("OpenWrt ")
    assert router.sae
    assert set(router.services) == {"dnsmasq", "odhcpd", "firewall"}
    made = plan(router, WANTED)
    setup.change(made)
    again = setup.look()
    setup.close()
    assert not again.pending
    assert not again.services
    rest = plan(again, WANTED)
    assert rest.steps == (), rest.batch
    assert "10.20.0.2" in device.machine.run("cat", "/etc/config/network")
    device.wait(lambda: "start network" in device.said())
    assert "stop dnsmasq" in device.said()
    left = device.machine.run("sh", "-c", "ls /etc/init.d /etc/rc.d; ls -d /etc/cht* || true")
    assert "cht" not in left
    processes = device.machine.run("sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    assert WORD not in processes


def test_without_the_laptops_word_it_goes_back(device: Device) -> None:
    before = device.etc()
    setup, router = meet(device, seconds=6)
    device.cut = True
    with pytest.raises(OpenWrtError) as lost:
        setup.change(plan(router, WANTED))
    assert lost.value.code == "not-back"
    assert "10.20.0.2" in lost.value.message
    device.wait(lambda: device.etc() == before)
    assert device.said()[-3:] == ["start dnsmasq", "start odhcpd", "start firewall"]
    device.cut = False
    setup, again = meet(device)
    setup.close()
    assert not again.pending


def test_after_a_power_cut_its_start_brings_the_old_settings_back(device: Device) -> None:
    before = device.etc()
    setup, router = meet(device)
    try_out(setup, plan(router, WANTED))
    setup.close()
    device.wait(lambda: "start network" in device.said())
    assert device.etc() != before
    device.start()
    assert device.etc() == before
    names = ("dnsmasq", "firewall", "network", "odhcpd")
    assert device.said()[-4:] == [f"start {name}" for name in names]


def test_a_power_cut_while_it_is_confirmed_changes_nothing_more(device: Device) -> None:
    setup, router = meet(device)
    try_out(setup, plan(router, WANTED))
    device.machine.run("mv", f"{script.HOME}/pending", f"{script.HOME}/confirmed")
    device.start()
    again = setup.look()
    setup.close()
    assert not again.pending
    assert not again.services
    assert plan(again, WANTED).steps == ()


def test_confirming_ends_services_that_the_network_has_started_again(device: Device) -> None:
    setup, router = meet(device)
    try_out(setup, plan(router, WANTED))
    assert set(setup.look().services) == {"dnsmasq", "odhcpd", "firewall"}
    device.wait(lambda: "start network" in device.said())
    device.machine.run("/etc/init.d/firewall", "start")
    setup.session.run(["sh", "-c", script.CONFIRM])
    device.wait(lambda: device.said()[-1] == "stop firewall")
    assert not setup.look().services
    setup.close()


def test_what_uci_refuses_changes_nothing(device: Device) -> None:
    before = device.etc()
    setup, router = meet(device)
    made = plan(router, WANTED)
    bad = type(made)((*made.steps, type(made.steps[0])("", ("set nowhere.at.all='1'",))), "")
    device.machine.write("/etc/config/nowhere", "")
    with pytest.raises(OpenWrtError) as refused:
        setup.change(bad)
    setup.close()
    assert refused.value.code == "refused-settings"
    assert WORD not in refused.value.detail
    device.machine.run("rm", "/etc/config/nowhere")
    assert device.etc() == before


def test_full_flash_changes_nothing(device: Device) -> None:
    before = device.etc()
    setup, router = meet(device)
    device.machine.write("/etc/full", "")
    with pytest.raises(OpenWrtError) as refused:
        setup.change(plan(router, WANTED))
    assert refused.value.code == "refused-settings"
    assert "I/O error" in refused.value.detail
    assert device.etc() == before
    assert device.said() == []
    again = setup.look()
    setup.close()
    assert not again.pending
    assert not again.unsaved


def test_a_second_change_waits_for_the_first(device: Device) -> None:
    setup, router = meet(device)
    device.machine.run("mkdir", script.HOME)
    with pytest.raises(OpenWrtError) as refused:
        setup.change(plan(router, WANTED))
    assert refused.value.code == "busy"
    assert setup.look().pending
    setup.close()


def test_the_timer_of_an_earlier_change_leaves_a_later_one_alone(device: Device) -> None:
    def waits() -> bool:
        processes = device.machine.run("sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
        return "sleep 0010 " in processes

    setup, router = meet(device)
    try_out(setup, plan(router, WANTED), "0010")
    setup.session.run(["sh", "-c", script.CONFIRM])
    try_out(setup, plan(setup.look(), replace(WANTED, channel=11)))
    after = device.etc()
    assert waits(), "the first timer has to end after the second change"
    device.wait(lambda: not waits())
    time.sleep(1)  # for what it would do
    assert device.etc() == after
    assert setup.look().pending
    setup.close()


def test_another_machine_is_not_touched(device: Device) -> None:
    device.machine.run("rm", "/etc/openwrt_release")
    setup = Setup(device.open("192.168.1.1", device.fingerprint), device.open)
    with pytest.raises(OpenWrtError) as refused:
        setup.look()
    setup.close()
    assert refused.value.code == "not-openwrt"


def test_its_host_key_is_shown_first(device: Device) -> None:
    with pytest.raises(FirstContact) as first:
        device.open("192.168.1.1", None)
    assert device.fingerprint in first.value.message + first.value.cure


def test_the_command_line_does_the_same(
    device: Device,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def meet(host: str, password: str, accept: Accept, port: int = 22) -> Setup:
        assert (host, password, port) == ("192.168.1.1", PASSWORD, 22)
        return Setup(device.open(host, accept), device.open, 30)

    monkeypatch.setattr(Setup, "connect", meet)
    site = tmp_path / "site.toml"
    site.write_text(
        'version = 1\nname = "A"\ndomain = "cht.example.org"\n[server]\nhost = "10.20.0.1"\n'
        'user = "x"\n[static_ip]\ninterface = "eth0"\naddress = "10.20.0.1/24"\n[dns_dhcp]\n'
        'first = "10.20.0.100"\nlast = "10.20.0.199"\n[access_point]\nkind = "own"\nssid = "A"\n'
    )
    (tmp_path / "root").write_text(PASSWORD + "\n")
    (tmp_path / "wifi").write_text(WORD + "\n")
    words = ["openwrt", "192.168.1.1", "--json", "--site", str(site), "--country", "KE"]
    words += ["--password-file", str(tmp_path / "root"), "--wifi-password-file"]
    words += [str(tmp_path / "wifi"), "--host-key", device.fingerprint]
    assert cli.run(words) == 1, "nobody agreed"
    assert cli.run([*words, "--yes"]) == 0
    told = capsys.readouterr()
    assert '"confirmed"' in told.out
    assert '"10.20.0.2"' in told.out
    for secret in (WORD, PASSWORD):
        assert secret not in told.out + told.err
