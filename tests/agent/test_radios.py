"""Radios: real answers of iw, and what is made of them; taking a radio and giving it back."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from wizard.agent import names
from wizard.agent.changes import Step, StepError, Timings, lint, module, radio
from wizard.agent.health import sending
from wizard.agent.host import Done, Host
from wizard.agent.journal import Journal
from wizard.agent.look import radios
from wizard.agent.scan import heard, scan

RECORDED = Path(__file__).parent / "recorded" / "iw"
QUICK = Timings(probe=0.2, poll=0.01)


def told(name: str, driver: str = "") -> dict[str, Any]:
    parts = radios.split((RECORDED / name).read_text())
    (part,) = parts.values()
    return radios.describe(part, driver)


def free(found: dict[str, Any]) -> list[int]:
    return [c["number"] for c in found["channels"] if not c["bar"]]


def bars(found: dict[str, Any]) -> dict[int, str]:
    return {c["mhz"]: c["bar"] for c in found["channels"] if c["bar"]}


def test_a_raspberry_pi_names_a_cipher_with_which_phones_cannot_join() -> None:
    found = told("brcmfmac-raspberry-pi-4", "brcmfmac")
    assert found["ap"]
    assert (found["sae"], found["mfp"]) == (False, False)
    assert (found["ht"], found["vht"], found["he"]) == (True, True, False)
    assert free(found) == [*range(1, 14), 36, 40, 44, 48]
    assert bars(found)[5260] == "radar"
    assert bars(found)[5170] == "disabled"
    assert told("brcmfmac-raspberry-pi-4", "other")["mfp"]


def test_frames_of_access_points_are_no_access_point() -> None:
    found = told("no-access-point")
    assert not found["ap"]
    assert not found["ht"]


def test_channels_that_may_only_be_listened_to() -> None:
    found = told("no-ir-on-5-ghz")
    assert found["ap"]
    assert found["sae"]
    assert free(found) == list(range(1, 12))
    assert bars(found)[2467] == "no-ir"
    assert {bars(found)[mhz] for mhz in (5180, 5240)} == {"no-ir"}


def test_a_new_iw_with_tenths_of_a_megahertz() -> None:
    found = told("iw-6-mt7921")
    assert (found["ht"], found["vht"], found["he"], found["sae"]) == (True, True, True, True)
    assert free(found) == [1, 36]
    assert bars(found) == {2467: "disabled", 5260: "radar", 5745: "no-ir", 5955: "disabled"}


def test_an_old_iw_says_passive_scanning() -> None:
    found = told("iw-3-passive-scanning")
    assert free(found) == [1]
    assert not found["sae"]


def test_a_radio_with_a_country_of_its_own() -> None:
    found = radios.regulatory((RECORDED / "reg-self-managed").read_text())
    assert found == {"": ("00", False), "phy0": ("US", True)}


def test_networks_are_heard_without_their_names() -> None:
    found = heard((RECORDED / "scan").read_text())
    assert found == [{"mhz": 2412, "signal": -43.0}, {"mhz": 5180, "signal": -70.5}]


def test_the_drivers_own_entry_counts_for_a_self_managed_radio_only() -> None:
    """A Raspberry Pi's: the kernel goes by the global country, and the entry stays "99"."""
    found = radios.regulatory((RECORDED / "reg-custom").read_text())
    assert found == {"": ("GB", False)}


# --------------------------------------------------------------------- a machine with a radio


class Machine(Host):
    """A server with one radio; commands answer from a table or from what was set."""

    def __init__(self, root: Path) -> None:
        super().__init__(str(root))
        self.country = "00"
        self.refuses = self.without_rules = False
        self.own_entry = ""  # of the radio, in `iw reg get`
        self.said: list[str] = []
        self.programs = {"iw", "nmcli"}
        for path, text in (
            ("/sys/class/ieee80211/phy2/name", "phy2"),
            ("/sys/class/net/wlan0/phy80211/name", "phy2"),
            ("/sys/class/net/wlan0/flags", "0x1002"),
            ("/sys/class/rfkill/rfkill0/name", "phy2"),
            ("/sys/class/rfkill/rfkill0/soft", "1"),
            ("/sys/class/rfkill/rfkill0/hard", "0"),
            ("/sys/class/rfkill/rfkill1/name", "hci0"),
            ("/sys/class/rfkill/rfkill1/soft", "1"),
            ("/sys/class/rfkill/rfkill1/hard", "0"),
        ):
            self.put(path, text + "\n")

    def put(self, path: str, text: str) -> None:
        place = Path(self.path(path))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def soft(self, number: int) -> str:
        return (self.read(f"/sys/class/rfkill/rfkill{number}/soft") or "").strip()

    def which(self, name: str) -> str:
        return "/usr/sbin/" + name if name in self.programs else ""

    def run(
        self,
        argv: list[str],
        input: str = "",  # noqa: A002
        timeout: float = 60.0,
        env: dict[str, str] | None = None,
    ) -> Done:
        words = " ".join(argv)
        self.said.append(words)
        if words == "iw phy":
            return Done(0, (RECORDED / "iw-6-mt7921").read_text(), "")
        if words == "iw reg get":
            return Done(0, f"global\ncountry {self.country}: DFS-UNSET\n{self.own_entry}", "")
        if words == "iw reg reload":
            self.refuses = self.refuses and self.without_rules
        if words.startswith("iw reg set"):
            self.country = self.country if self.refuses else argv[-1]
        if words.endswith(" scan"):
            return Done(0, (RECORDED / "scan").read_text(), "")
        if words.startswith("nmcli --get-values"):
            return Done(0, "30 (disconnected)\n", "")
        return Done(0, "", "")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "root")


def test_the_country_is_in_force_only_while_the_channels_are_read(machine: Machine) -> None:
    found = scan(machine, "wlan0", "KE", QUICK)
    assert found["in_force"] == "KE"
    assert found["scanned"]
    assert len(found["heard"]) == 2
    assert machine.country == "00"
    order = [w for w in machine.said if w.startswith(("iw reg set", "ip", "iw dev wlan0 scan"))]
    assert order == [
        "iw reg set KE",
        "ip link set dev wlan0 up",
        "iw dev wlan0 scan",
        "ip link set dev wlan0 down",
        "iw reg set 00",
    ]


def test_a_drivers_own_rules_hide_no_country(machine: Machine) -> None:
    machine.country, machine.own_entry = "GB", "\nphy#2\ncountry 99: DFS-UNSET\n"
    assert scan(machine, "wlan0", "KE", QUICK)["in_force"] == "KE"
    assert machine.country == "GB"


def test_rules_that_came_after_the_radio_are_read(machine: Machine) -> None:
    """wireless-regdb installed when the kernel had looked for it already."""
    machine.refuses = True
    assert scan(machine, "wlan0", "KE", QUICK)["in_force"] == "KE"
    assert machine.country == "00"
    assert machine.said.count("iw reg reload") == 1


def test_a_country_that_the_kernel_refuses_is_told(machine: Machine) -> None:
    machine.refuses = machine.without_rules = True
    assert scan(machine, "wlan0", "XX", QUICK)["in_force"] == "00"


@pytest.mark.parametrize("interface", ["eth0", "", "../wlan0"])
def test_what_is_no_radio_is_not_asked(machine: Machine, interface: str) -> None:
    with pytest.raises(StepError, match="no-radio"):
        scan(machine, interface, "KE", QUICK)


def test_without_iw_nothing_is_known(machine: Machine) -> None:
    machine.programs.clear()
    with pytest.raises(StepError, match="radio-unread"):
        scan(machine, "wlan0", "KE", QUICK)


# ------------------------------------------------------------------------------- the change


def step_on(machine: Machine, order: dict[str, Any] | None = None) -> Step:
    journal = Journal(machine.path("/var/lib/cht-offline-setup/transaction"))
    return Step(machine, journal, 0, QUICK, lambda _: None, {}, order)


def change(**given: Any) -> dict[str, Any]:
    plain = {"kind": "radio", "interface": "wlan0", "country": "KE", "bridge": "", "release": False}
    return {**plain, **given}


def test_a_radio_is_taken_and_given_back(machine: Machine) -> None:
    Path(machine.path("/run/NetworkManager")).mkdir(parents=True)
    step, wanted = step_on(machine), change()
    assert module("radio") is radio
    radio.check(step, wanted)
    before = radio.look(step, wanted)
    radio.do(step, wanted, before)
    assert (machine.soft(0), machine.soft(1), machine.country) == ("0", "1", "KE")
    assert "nmcli device set wlan0 managed no" in machine.said
    radio.undo(step, before)
    radio.undo(step, before)
    assert (machine.soft(0), machine.country) == ("1", "00")
    assert machine.said[-1] == "nmcli device set wlan0 managed yes"


def test_a_radio_that_a_switch_turned_off_is_refused_before_anything(machine: Machine) -> None:
    machine.put("/sys/class/rfkill/rfkill0/hard", "1\n")
    with pytest.raises(StepError, match="radio-hard-blocked"):
        radio.check(step_on(machine), change())


@pytest.mark.parametrize(
    "given", [{"interface": "-x"}, {"interface": "a/b"}, {"country": "ke"}, {"country": "K;"}]
)
def test_words_that_are_no_names_are_refused(machine: Machine, given: dict[str, Any]) -> None:
    with pytest.raises(StepError, match="bad-order"):
        radio.check(step_on(machine), change(**given))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("wlan0: AP-DISABLED\nrfkill: WLAN soft blocked", "radio-blocked"),
        ("Hardware does not support configured channel", "radio-channel"),
        ("Could not select hw_mode and channel. (-3)", "radio-channel"),
        ("nl80211: Could not configure driver mode", "radio-refused"),
        ("Could not set interface wlan0 flags (UP): Device or resource busy", "radio-busy"),
        ("something new", "radio-failed"),
    ],
)
def test_hostapd_says_why(said: str, code: str) -> None:
    assert radio.reason(said) == code


def test_what_hostapd_says_of_the_access_point(machine: Machine) -> None:
    assert sending(machine) is None
    machine.put(names.HOSTAPD_CONF, "interface=wlan0\nchannel=6\n")
    found = sending(machine)
    assert (found["state"], found["channel"], found["phones"]) == ("", 0, 0)


# ------------------------------------------------------------------------- hostapd's own parser

hostapd = pytest.mark.skipif(shutil.which("hostapd") is None, reason="needs hostapd")
GOOD = "interface=wlan0\nctrl_interface=/run/x\nssid2=4b\ncountry_code=KE\nhw_mode=g\nchannel=6\n"
GOOD += "wpa=2\nwpa_key_mgmt=WPA-PSK SAE\nrsn_pairwise=CCMP\nieee80211w=1\n"


def judge(tmp_path: Path, content: str, secret: str) -> None:
    host = Host(str(tmp_path / "root"))
    host.which = lambda name: shutil.which(name) or ""  # type: ignore[method-assign]
    file = {"kind": "file", "path": names.HOSTAPD_SECRET, "content": secret}
    journal = Journal(host.path("/journal"))
    step = Step(host, journal, 0, Timings(), lambda _: None, {}, {"changes": [file]})
    wanted = {"path": names.HOSTAPD_CONF, "content": content, "check": "hostapd", "secret": False}
    lint.check(step, wanted)


@hostapd
def test_hostapd_takes_good_settings_without_touching_a_radio(tmp_path: Path) -> None:
    judge(tmp_path, GOOD, "wpa_passphrase=seven brave cranes\n")
    assert not list((tmp_path / "root").rglob("hostapd.conf"))


@hostapd
@pytest.mark.parametrize(
    ("content", "secret", "words"),
    [
        (GOOD.replace("KE", "98"), "wpa_passphrase=seven brave cranes\n", "country_code"),
        (GOOD, "wpa_passphrase=short\n", "passphrase length"),
        (GOOD + "nonsense=1\n", "wpa_passphrase=seven brave cranes\n", "nonsense"),
    ],
)
def test_hostapd_refuses(tmp_path: Path, content: str, secret: str, words: str) -> None:
    with pytest.raises(StepError, match=words) as caught:
        judge(tmp_path, content, secret)
    assert caught.value.code == "check-failed"
    assert "cranes" not in str(caught.value)
