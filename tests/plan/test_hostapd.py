"""hostapd itself accepts what is planned, together with its password; no radio is touched."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.plan import golden
from wizard.agent import names, wire
from wizard.site import radio
from wizard.site.model import AccessPoint

CASES = [name for name in golden.names() if name.startswith("wifi")]


def planned(name: str) -> dict[str, str]:
    changes = golden.load(name).plan().changes
    return {c.path: c.content or "" for c in changes if isinstance(c, wire.WriteFile)}


def settings(name: str) -> dict[str, str]:
    lines = planned(name)[names.HOSTAPD_CONF].splitlines()
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {key: value for key, _, value in pairs}


@pytest.mark.skipif(shutil.which("hostapd") is None, reason="needs hostapd")
@pytest.mark.parametrize("name", [n for n in CASES if names.HOSTAPD_CONF in planned(n)])
def test_hostapd_takes_it(name: str, tmp_path: Path) -> None:
    files = planned(name)
    conf = tmp_path / "hostapd.conf"
    secret = files.get(names.HOSTAPD_SECRET, "wpa_passphrase=seven brave cranes\n")
    conf.write_text(files[names.HOSTAPD_CONF] + "driver=none\n" + secret)
    argv = ["hostapd", str(conf), str(tmp_path / "none")]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    said = done.stdout + done.stderr
    assert "Could not open" in said, said  # the second file: the first was read to its end
    assert "Line" not in said, said


def test_wpa2_alone_offers_no_protected_management_frames() -> None:
    found = settings("wifi-wpa2")
    assert (found["wpa_key_mgmt"], found["ieee80211w"]) == ("WPA-PSK", "0")
    assert bytes.fromhex(found["ssid2"]).decode() == "Zahanati ya Kaloleni – CHÖ"


def test_mixed_protects_them_where_the_phone_can() -> None:
    found = settings("wifi-mixed")
    assert (found["wpa_key_mgmt"], found["ieee80211w"]) == ("WPA-PSK SAE", "1")
    assert found["sae_require_mfp"] == "1"
    assert found["channel"] == "11"  # 1 and 6 are busy there
    assert "ht_capab" not in found  # 20 MHz


def test_wpa3_protects_them_always() -> None:
    found = settings("wifi-wpa3")
    assert (found["wpa_key_mgmt"], found["ieee80211w"]) == ("SAE", "2")


def test_a_radio_without_wpa3_gets_wpa2() -> None:
    found = settings("wifi-no-wpa3")
    assert (found["wpa_key_mgmt"], found["ieee80211w"]) == ("WPA-PSK", "0")


def test_5_ghz() -> None:
    found = settings("wifi-5ghz")
    assert (found["hw_mode"], found["channel"], found["vht_oper_chwidth"]) == ("a", "36", "0")


def test_the_radio_joins_a_bridge_and_gets_no_address() -> None:
    assert settings("wifi-bridge")["bridge"] == "enp1s0"
    assert "ip " not in planned("wifi-bridge")[names.HOSTAPD_UNIT_FILE]


def test_the_password_is_in_its_own_file_only() -> None:
    for path, content in planned("wifi-mixed").items():
        assert ("seven brave cranes" in content) == (path == names.HOSTAPD_SECRET)


def test_a_loud_network_weighs_more_than_two_quiet_ones() -> None:
    facts = golden.load("wifi-mixed").facts
    ap = AccessPoint("server", "wlan0", "Clinic", "KE")
    assert radio.choose(ap, facts) == 11
    assert facts.scan is not None
    loud = (wire.Heard(2462, -30.0), wire.Heard(2412, -80.0), wire.Heard(2437, -85.0))
    changed = golden.load("wifi-mixed").facts
    object.__setattr__(
        changed, "scan", wire.RadioScan("wlan0", "KE", "KE", False, facts.scan.channels, loud, True)
    )
    assert radio.choose(ap, changed) == 6
