"""What `watch` tells while a phone arrives: real packets of real programs in namespaces."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.watching.lan import DOMAIN, SERVER, Lan, Looker, ip
from wizard.agent import names


@pytest.fixture
def lan(tmp_path: Path) -> Iterator[Lan]:
    tmp_path.chmod(0o755)
    made = Lan(tmp_path)
    yield made
    made.close()


@pytest.fixture
def look(lan: Lan) -> Iterator[Looker]:
    made = Looker(lan)
    yield made
    made.close()


def test_a_phone_arrives_and_gets_through(lan: Lan, look: Looker) -> None:
    with lan.dnsmasq(), lan.web("-groups", "P-384"):
        address = lan.act("lease", "Galaxy-A12", "android-dhcp-13")["address"]
        asked, given = look.wait("asked"), look.wait("given")
        assert (asked.mac, asked.name, asked.detail) == (lan.mac, "Galaxy-A12", "android-dhcp-13")
        assert (given.mac, given.address, given.name) == (lan.mac, address, "Galaxy-A12")
        assert lan.act("ask", "connectivitycheck.gstatic.com", SERVER) == "NXDOMAIN"
        assert lan.act("ask", DOMAIN, SERVER) == "NOERROR"
        assert look.wait("domain").name == DOMAIN
        assert lan.curl("--cacert", str(lan.root)) == 0
        opened = look.wait("opened")
        assert opened.mac == lan.mac
        assert look.wait("hello").name == DOMAIN
        told = [w for w in look.whats() if w not in ("knocked", "check")]
        assert told == ["asked", "given", "domain", "hello", "finished", "opened"]
        result = look.stop()
        assert (result["why"], result["lost"]) == ("stopped", 0)


@pytest.mark.parametrize("version", ["-tls1_3", "-tls1_2"])
def test_a_phone_that_does_not_trust_the_certificate(lan: Lan, look: Looker, version: str) -> None:
    lan.address("10.20.0.57/24")
    with lan.web(version):
        assert lan.curl() == 60
        assert look.wait("refused").detail == "48"  # unknown_ca
        assert "opened" not in look.whats()
        assert lan.curl("--cacert", str(lan.root)) == 0
        look.wait("opened")


def test_a_name_that_the_certificate_does_not_have(lan: Lan, look: Looker) -> None:
    lan.address("10.20.0.57/24")
    with lan.web():
        assert lan.curl("--cacert", str(lan.root), name="cht.clinic-b.example.org") == 60
        assert look.wait("hello").name == "cht.clinic-b.example.org"
        look.wait("unused")  # OpenSSL looks at the name when the handshake is over


def test_a_phone_too_old_for_the_server(lan: Lan, look: Looker) -> None:
    lan.address("10.20.0.57/24")
    with lan.web("-tls1_3"):
        assert lan.curl("--tls-max", "1.2") == 35
        assert look.wait("refused-by-server").detail == "70"  # protocol_version


def test_names_that_a_phone_asks_for(lan: Lan, look: Looker) -> None:
    with lan.dnsmasq():
        lan.act("lease", "", "")
        for name in ("dns.google", "cht.clinic-a.exmple.org", "secret.example.net", DOMAIN.upper()):
            lan.act("ask", name, SERVER)
        look.wait("domain")
    told = {one.what: one.name for one in look.seen}
    assert told["provider"] == "dns.google"
    assert told["near"] == "cht.clinic-a.exmple.org"
    assert told["other"] == ""
    assert "secret" not in str(look.seen)


def test_a_phone_that_asks_elsewhere(lan: Lan, look: Looker) -> None:
    lan.address("10.20.0.57/24")
    ip("-n", lan.phone, "route", "add", "default", "via", SERVER)
    lan.act("ask", DOMAIN, "192.0.2.8")
    assert look.wait("dns-elsewhere").detail == "192.0.2.8"
    assert lan.act("knock", "192.0.2.9", "853") != "open"
    assert look.wait("dot-elsewhere").detail == "192.0.2.9"
    assert lan.act("knock", SERVER, "853") != "open"
    assert look.wait("dot").detail == ""
    assert look.seen[0].what == "present"
    assert look.seen[0].address == "10.20.0.57"


@pytest.mark.parametrize("port", ["eth0", "wlan0"])
def test_cable_and_wifi_in_one_lan(lan: Lan, port: str) -> None:
    """The site names the cable; what comes in there or by the radio is the bridge's to hear."""
    lan.bridge(port)
    look = Looker(lan)
    with lan.dnsmasq(names.BRIDGE), lan.web():
        address = lan.act("lease", "Galaxy-A12", "android-dhcp-13")["address"]
        assert lan.act("ask", DOMAIN, SERVER) == "NOERROR"
        assert lan.curl("--cacert", str(lan.root)) == 0
        assert look.wait("opened").mac == lan.mac
    look.close()
    assert look.whats().index("given") < look.whats().index("domain")
    assert {one.address for one in look.seen} == {"", address}
    assert "dns-elsewhere" not in look.whats()


def test_an_address_from_somebody_else(lan: Lan, look: Looker) -> None:
    with lan.dnsmasq():
        lan.act("lease", "Tablet", "", "10.20.0.250")
        assert look.wait("other-dhcp").detail == "10.20.0.250"


def test_who_has_an_address_from_us_since_before_is_known(lan: Lan) -> None:
    lease = f"2000000000 {lan.mac} 10.20.0.57 Moto-G *\n"
    (lan.folder / "dnsmasq.leases").write_text(lease)
    lan.address("10.20.0.57/24")
    look = Looker(lan)
    with lan.dnsmasq():
        lan.act("ask", DOMAIN, SERVER)
        found = look.wait("leased")
    look.close()
    assert (found.address, found.name) == ("10.20.0.57", "Moto-G")


def test_the_laptop_that_looks_is_no_phone(lan: Lan) -> None:
    lan.address("10.20.0.57/24")
    look = Looker(lan, laptop="10.20.0.57 50000 10.20.0.1 22")
    with lan.web():
        assert lan.curl("--cacert", str(lan.root)) == 0
    time.sleep(0.6)
    assert look.seen == []
    look.close()


def test_devices_of_the_site_are_no_phones(lan: Lan) -> None:
    lan.address("10.20.0.57/24")
    look = Looker(lan, ignored=["10.20.0.57"])
    with lan.web():
        assert lan.curl("--cacert", str(lan.root)) == 0
    time.sleep(0.6)
    assert look.seen == []
    look.close()


def test_the_server_itself_is_heard_whatever_the_site_says(lan: Lan) -> None:
    lan.address("10.20.0.57/24")
    look = Looker(lan, ignored=[SERVER])
    with lan.web("-tls1_3"):
        assert lan.curl("--tls-max", "1.2") == 35
        look.wait("refused-by-server")
    look.close()


def test_it_ends_with_the_laptop_and_leaves_nothing(lan: Lan, look: Looker) -> None:
    before = {p.name for p in lan.folder.iterdir()}
    look.input.close()
    assert look.process.wait(5) == 0
    assert {p.name for p in lan.folder.iterdir()} == before


def test_without_such_an_interface_it_says_so(lan: Lan) -> None:
    look = Looker(lan)
    look.stop()
    look.begun.clear()
    look.say(verb="watch", arguments={"interface": "eth7", "names": []})
    assert look.begun.wait(10)
    assert look.error is not None
    assert look.error["code"] == "probe-no-interface"
    look.close()


def test_what_a_phone_uploads_never_reaches_the_agent(lan: Lan, look: Looker) -> None:
    lan.address("10.20.0.57/24")
    (lan.folder / "photo").write_bytes(bytes(8 << 20))
    with lan.web():
        lan.curl("--cacert", str(lan.root), "--data-binary", f"@{lan.folder}/photo")
        look.wait("opened")
        ticks = Path(f"/proc/{look.process.pid}/stat").read_text().rpartition(")")[2].split()
        assert (int(ticks[11]) + int(ticks[12])) < 150  # hundredths of a second, start included
    assert look.stop()["lost"] == 0


def test_stations_of_a_real_hostapd(lan: Lan) -> None:
    """hostapd without a radio still answers on its control socket."""
    script = """
import sys
from wizard.agent.host import Host
from wizard.agent.watching.stations import Stations
found = Stations(Host().control(sys.argv[1]))
import time
time.sleep(0.3)
print(found.hear(), found._asked)
found.close()
"""
    import shutil

    hostapd = shutil.which("hostapd", path="/usr/sbin:/usr/bin")
    if hostapd is None:
        pytest.skip("hostapd is in the lab only")
    conf = lan.folder / "hostapd.conf"
    control = lan.folder / "control"
    conf.write_text(f"interface=eth0\ndriver=none\nctrl_interface={control}\n")
    process = subprocess.Popen(lan.argv(lan.server, hostapd, str(conf)), stdout=subprocess.PIPE)
    try:
        end = time.monotonic() + 10
        while not (control / "eth0").exists() and time.monotonic() < end:
            time.sleep(0.05)
        done = lan.run(lan.server, sys.executable, "-c", script, str(control / "eth0"))
        assert done.stdout.strip() == "[] 0", done.stderr
    finally:
        process.terminate()
        process.communicate(timeout=10)
