"""The server's own radio with simulated radios in a real kernel: a phone joins, and gets the CHT.

The guest has two radios of mac80211_hwsim. One is the server's; the other is put into a namespace
of the same guest and is the phone.
"""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.browser import Browser, Page
from tests.lab.ca import DOMAIN, Ca
from tests.lab.clinic import CHECKOUT, Clinic, OnLine, Ran
from tests.lab.garage import MachineFactory
from tests.lab.network import Dnsmasq, Host, stop_process, wait_for
from wizard.agent import names

KINDS = ("ifupdown", "netplan", "networkmanager", "networkd")
WORD = "seven brave cranes"
SSID = "Zahanati Ö"
PHONE = Path(__file__).parent / "guest" / "phone.py"
# Debian's packages and what they need beyond the image; what is there already is not fetched.
PACKAGES = (
    "hostapd", "iw", "wpasupplicant", "wireless-regdb", "libnl-3-200", "libnl-genl-3-200",
    "libnl-route-3-200", "libpcsclite1",
)  # fmt: skip
SECTION = """
[access_point]
kind = "server"
interface = "wlan0"
ssid = "{ssid}"
country = "{country}"
security = "{security}"
channel = {channel}
"""
KEYS = {
    "WPA-PSK": f'key_mgmt=WPA-PSK\npsk="{WORD}"\nieee80211w=0',
    "SAE": f'key_mgmt=SAE\nsae_password="{WORD}"\nieee80211w=2',
}

pytestmark = pytest.mark.timeout(1500)


class Radios(Clinic):
    """A clinic whose server has a radio, and whose phone is in the same guest."""

    def prepare(self) -> None:
        """Install what the plan would fetch, and plug the radios in, at every start too."""
        self.give_dnsmasq()
        found = [p for name in PACKAGES for p in self.server.image.debs.glob(f"{name}_*.deb")]
        for deb in found:
            self.server.write_file(f"/root/{deb.name.split('_')[0]}.deb", deb.read_bytes())
        if found:
            self.server.run("dpkg -i /root/*.deb && rm /root/*.deb", timeout=180)
        self.server.write_file("/etc/modules-load.d/hwsim.conf", "mac80211_hwsim\n")
        self.server.write_file("/etc/modprobe.d/hwsim.conf", "options mac80211_hwsim radios=2\n")
        self.server.run("modprobe mac80211_hwsim")
        self.server.wait_until("test -e /sys/class/net/wlan1")
        self.server.write_file("/root/phone.py", PHONE.read_text())
        self.server.write_file("/root/root.pem", self.ca.root_pem)

    def want(
        self,
        host: str,
        security: str = "wpa2-wpa3",
        country: str = "KE",
        channel: int = 0,
        accept: tuple[str, ...] = (),
    ) -> None:
        """Write the site file: the radio is the LAN itself."""
        self.decide(host=host, accept=accept)
        text = self.site_file.read_text().replace('interface = "eth0"', 'interface = "wlan0"')
        more = SECTION.format(ssid=SSID, country=country, security=security, channel=channel)
        self.site_file.write_text(text + more)
        (self.folder / "wifi").write_text(WORD + "\n")

    def wifi(self, command: str, *arguments: str, on_line: OnLine | None = None) -> Ran:
        """Run `plan` or `apply` with the Wi-Fi's password."""
        return self.run(
            command,
            "--host-key",
            self.fingerprint,
            "--wifi-password-file",
            str(self.folder / "wifi"),
            *(("--no-check",) if command == "apply" else ()),
            *arguments,
            on_line=on_line,
            timeout=900,
        )

    def codes(self) -> list[str]:
        """What a plan complains about."""
        done = self.wifi("plan")
        assert "problems" in done.answer, done
        return [p["code"] for p in done.answer["problems"]]

    def give_phone(self) -> None:
        """Put the second radio into a namespace of its own."""
        self.server.run("ip netns add phone")
        self.server.run("iw phy $(cat /sys/class/net/wlan1/phy80211/name) set netns name phone")
        self.server.run("ip netns exec phone ip link set lo up")

    def join(self, key: str, word: str = WORD) -> bool:
        """Let the phone join with one kind of key agreement; False when it does not get in."""
        conf = KEYS[key].replace(WORD, word)
        text = f"ctrl_interface=/run/phone\nsae_pwe=2\nnetwork={{\nssid={SSID.encode().hex()}\n"
        self.server.write_file("/root/phone.conf", f"{text}{conf}\nscan_ssid=1\n}}\n", "600")
        inside = "ip netns exec phone"
        # The last one may take a moment to go, and would take the radio down under the next.
        self.server.run(
            "P=$(cat /run/phone.pid) && kill $P && timeout 30 tail --pid=$P -f /dev/null",
            check=False,
        )
        self.server.run(
            f"{inside} wpa_supplicant -B -P /run/phone.pid -i wlan1 -c /root/phone.conf"
        )
        state = f"{inside} wpa_cli -p /run/phone -i wlan1 status"
        wait = (
            f"for i in $(seq 40); do {state} | grep -q wpa_state=COMPLETED && exit 0; sleep 1; done"
        )
        return self.server.run(f"{wait}; exit 1", timeout=90, check=False).status == 0

    def visit(self) -> dict[str, str]:
        """What the phone gets: a lease, the name, the page."""
        command = f"ip netns exec phone python3 /root/phone.py {DOMAIN} /root/root.pem"
        told: dict[str, str] = json.loads(self.server.output(command, timeout=400))
        return told

    def browse(self, dns: str) -> Page:
        """Open the CHT in Chromium; its connections leave by the phone's radio."""
        address = self.server.wait_address()
        self.server.run(
            f"nohup python3 /root/phone.py --relay {address} 8888 {dns} >/root/relay.log 2>&1 &"
        )
        self.server.wait_until("ss -ltn | grep -q :8888")
        # where a firewall runs; for this look only
        self.server.run("firewall-cmd -q --add-port=8888/tcp; ufw allow 8888/tcp", check=False)
        proxy = f"http://{address}:8888"
        return Browser(self.laptop, self.ca).open(f"https://{DOMAIN}/", proxy=proxy)

    @contextlib.contextmanager
    def watching(self) -> Iterator[list[dict[str, Any]]]:
        """What `watch` tells on the laptop while something is done."""
        said = self.folder / "watch.jsonl"
        log = self.folder / "watch.log"
        place = ["--site", str(self.site_file), "--data", str(self.folder / "data")]
        argv = [sys.executable, "-m", "wizard", "watch", "--json", "--verbose", *place]
        rows: list[dict[str, Any]] = []
        with said.open("wb") as out, log.open("wb") as errors:
            process = self.laptop.popen(argv, cwd=CHECKOUT, stdout=out, stderr=errors)
            try:
                wait_for("watch", lambda: "Watching who" in log.read_text(errors="replace"), 120)
                yield rows
                process.send_signal(signal.SIGINT)
                assert process.wait(60) == 0, log.read_text(errors="replace")
            finally:
                stop_process(process)
        rows += [json.loads(line) for line in said.read_text().splitlines()]


@pytest.fixture
def clinic(kind: str, machine: MachineFactory, laptop: Host, ca: Ca, tmp_path: Path) -> Radios:
    """A server with two simulated radios, reached by its cable in the office's network."""
    made = Radios(machine(kind), laptop, ca, tmp_path)
    made.prepare()
    laptop.dhcp_client()
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_a_phone_joins_and_gets_the_cht(clinic: Radios, office: Dnsmasq) -> None:
    """Mixed: by WPA2 and by WPA3, with a lease, a name and a page; and again after a restart."""
    server = clinic.server
    host = server.wait_address()
    clinic.want(host)
    before = clinic.ipv4()
    done = clinic.wifi("apply")
    assert done.code == 0, done
    assert done.state == "confirmed"
    assert clinic.ipv4() == before, "the cable stays as it is"
    assert "10.20.0.1/24" in server.output("ip -4 addr show dev wlan0")
    assert clinic.run("plan").answer["changes"] == []
    assert server.output(f"stat -c %a {names.HOSTAPD_SECRET}") == "600"
    assert WORD not in done.log + json.dumps(done.answer)
    journal = server.output("journalctl --no-pager", timeout=120)
    assert WORD not in journal

    clinic.give_phone()
    mac = server.output("ip netns exec phone cat /sys/class/net/wlan1/address").strip()
    with clinic.watching() as rows:
        assert not clinic.join("WPA-PSK", word="seven brave storks")
        began = time.monotonic()
        assert clinic.join("SAE")
        joined = time.monotonic() - began
        told = clinic.visit()
        opened = time.monotonic() - began
        page = clinic.browse(told["dns"])
    assert (told["router"], told["dns"], told["servers"]) == ("10.20.0.1", "10.20.0.1", "1")
    assert told["address"] == "10.20.0.1"
    assert told["handler"] == "medic-api"
    assert (page.error, page.title) == (None, "CHT login")
    print(
        f"figure: phone switched on; joined after {joined:.1f} s, page after {opened:.1f} s; "
        f"from joined on: lease {told['lease_seconds']} s, page {told['page_seconds']} s"
    )
    codes = [row["code"] for row in rows if row["mac"] == mac]
    assert "wrong-password" in codes, rows
    assert codes[-1] == "opened", rows
    assert [row["address"] for row in rows if row["mac"] == mac][-1] == told["lease"]
    assert clinic.join("WPA-PSK")

    clinic.reboot()
    server.wait_until(f"systemctl is-active {names.HOSTAPD_UNIT}", timeout=180)
    assert clinic.run("plan").answer["changes"] == []
    clinic.give_phone()
    assert clinic.join("WPA-PSK")
    assert clinic.visit()["handler"] == "medic-api"


@pytest.mark.parametrize("kind", ["ifupdown"])
@pytest.mark.parametrize(
    ("security", "key", "other"), [("wpa2", "WPA-PSK", "SAE"), ("wpa3", "SAE", "WPA-PSK")]
)
def test_one_kind_of_protection_alone(
    clinic: Radios, office: Dnsmasq, security: str, key: str, other: str
) -> None:
    clinic.want(clinic.server.wait_address(), security)
    assert clinic.wifi("apply").state == "confirmed"
    clinic.give_phone()
    assert not clinic.join(other)
    assert clinic.join(key)
    assert clinic.visit()["handler"] == "medic-api"


@pytest.mark.parametrize("kind", ["ifupdown", "networkmanager"])
def test_a_blocked_radio_is_switched_on(clinic: Radios, office: Dnsmasq) -> None:
    """rfkill, and still on after a restart that blocks it again."""
    server = clinic.server
    block = "for s in /sys/class/net/wlan0/phy80211/rfkill*/soft; do echo 1 > $s; done"
    server.run(block)
    clinic.want(server.wait_address())
    assert clinic.wifi("apply").state == "confirmed"
    server.run(f"systemctl stop {names.HOSTAPD_UNIT}; {block}")
    server.run(f"systemctl start {names.HOSTAPD_UNIT}", timeout=90)


@pytest.mark.parametrize("kind", ["ifupdown"])
def test_what_cannot_be_started_is_refused_or_put_back(clinic: Radios, office: Dnsmasq) -> None:
    """No country; a channel that the law keeps; a radio that is taken: the files are gone again."""
    server = clinic.server
    host = server.wait_address()
    clinic.want(host, country="")
    codes = clinic.codes()
    assert "ap_country_missing" in codes
    clinic.want(host, channel=52, accept=("ap_channel_radar",))
    codes = clinic.codes()
    assert "ap_channel_illegal" in codes
    before = clinic.etc()
    clinic.want(host)
    # Somebody's hostapd, not as a service: nothing tells of it before ours is started.
    taken = "interface=wlan0\ndriver=nl80211\nssid=other\nhw_mode=g\nchannel=1\n"
    server.write_file("/root/other.conf", taken)
    server.run("hostapd -B -P /run/other.pid /root/other.conf")
    done = clinic.wifi("apply")
    assert done.state == "rolled-back", done
    assert clinic.changed(before) == []
    assert "10.20.0.1" not in server.output("ip -4 addr show")
    server.run("kill $(cat /run/other.pid)")
    assert clinic.wifi("apply").state == "confirmed"


@pytest.mark.parametrize("kind", ["ifupdown"])
def test_a_radio_without_access_point_mode(clinic: Radios, office: Dnsmasq) -> None:
    """hwsim cannot take the mode away; `iw` is made to say what such a card says."""
    server = clinic.server
    server.run("mv $(readlink -f $(command -v iw)) /usr/sbin/iw.real")
    server.write_file("/usr/sbin/iw", "#!/bin/sh\niw.real \"$@\" | sed '/\\* AP$/d'\n", "755")
    clinic.want(server.wait_address())
    codes = clinic.codes()
    assert "ap_radio_unable" in codes
    server.run("mv /usr/sbin/iw.real /usr/sbin/iw")


@pytest.mark.parametrize("kind", ["networkmanager"])
def test_the_radio_goes_back_to_networkmanager(clinic: Radios, office: Dnsmasq) -> None:
    server = clinic.server
    state = "nmcli --get-values GENERAL.STATE device show wlan0"
    clinic.laptop.add_address("10.20.0.99/24")  # the office goes on giving others
    before = server.output(state)
    clinic.want(server.wait_address(), accept=("other-dhcp",))  # asked once it is the cable
    assert clinic.wifi("apply").state == "confirmed"
    assert server.output(state).startswith("10 ")  # unmanaged
    text = clinic.site_file.read_text().replace('kind = "server"', 'kind = "none"')
    clinic.site_file.write_text(text.replace('interface = "wlan0"', 'interface = "eth0"', 1))
    done = clinic.run("apply", on_line=clinic.come_along(), timeout=900)
    assert done.state == "confirmed", done
    assert server.output(state).split()[0] == before.split()[0]
    assert not server.output(f"ls {names.NETWORKMANAGER_RADIO_FILE} 2>/dev/null || true")
