"""The text of a Wi-Fi code, read as a phone reads it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.handover import qr
from wizard.site.access_point import SECURITIES

WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=63)


def read(text: str) -> dict[str, str]:
    """Take a code apart as phones do: fields end at a semicolon that has no backslash."""
    assert text.startswith("WIFI:")
    assert text.endswith(";;")
    fields: dict[str, str] = {}
    name, value, rest, quotes = "", "", iter(text[5:]), 0
    for each in rest:
        if each == "\\":
            value += next(rest)
        elif each == ";":
            if name:
                assert name not in fields
                fields[name] = value
            name = value = ""
        elif each == ":" and not name:
            name, value = value, ""
        elif each == '"' and name == "S":
            quotes += 1
        else:
            # Between name and semicolon nothing that has a meaning may stand bare.
            assert each not in ',:"'
            value += each
    assert (name, value) == ("", "")
    # Quotes say that a name is no hexadecimal number, and only where it could be one.
    hexadecimal = re.fullmatch("[0-9A-Fa-f]+", fields["S"]) is not None
    assert quotes == (2 if hexadecimal else 0)
    return fields


@given(ssid=WORDS, passphrase=WORDS, security=st.sampled_from(SECURITIES), hidden=st.booleans())
def test_whatever_it_is_called(ssid: str, passphrase: str, security: str, hidden: bool) -> None:
    fields = read(qr.wifi_text(ssid, passphrase, security, hidden=hidden))
    assert fields["S"] == ssid
    assert fields["P"] == passphrase
    assert fields["T"] == ("SAE" if security == "wpa3" else "WPA")
    assert fields.get("R") == ("1" if security == "wpa3" else None)
    assert fields.get("H") == ("true" if hidden else None)


@pytest.mark.parametrize(
    ("ssid", "passphrase", "security", "text"),
    [
        ("Clinic", "secret99", "wpa2-wpa3", "WIFI:T:WPA;S:Clinic;P:secret99;;"),
        ("Clinic", "secret99", "wpa2", "WIFI:T:WPA;S:Clinic;P:secret99;;"),
        ("Clinic", "secret99", "wpa3", "WIFI:T:SAE;R:1;S:Clinic;P:secret99;;"),
        ("CAFE", "secret99", "wpa2", 'WIFI:T:WPA;S:"CAFE";P:secret99;;'),
        ("a;b", 'c\\d,e:f"', "wpa2", 'WIFI:T:WPA;S:a\\;b;P:c\\\\d\\,e\\:f\\";;'),
    ],
)
def test_known_codes(ssid: str, passphrase: str, security: str, text: str) -> None:
    assert qr.wifi_text(ssid, passphrase, security) == text


@pytest.mark.parametrize(("ssid", "passphrase"), [("", "secret99"), ("Clinic", "")])
def test_phones_refuse_a_code_without(ssid: str, passphrase: str) -> None:
    with pytest.raises(ValueError, match="SSID and passphrase"):
        qr.wifi_text(ssid, passphrase, "wpa2")


def test_black_on_white_with_a_quiet_zone() -> None:
    root = ET.fromstring(qr.svg("https://cht.example.org"))
    white, black = (each for each in root.iter() if each.tag.endswith("path"))
    width = int(root.get("width", ""))
    modules = (width // 10) - 2 * qr.QUIET
    assert modules in range(21, 178, 4)
    assert white.get("fill") == "#fff"
    assert black.get("stroke") == "#000"
    assert black.get("d", "").startswith(f"M{qr.QUIET} {qr.QUIET}.5")


def test_too_long_for_a_code() -> None:
    with pytest.raises(ValueError, match=r"[Dd]ata|fit"):
        qr.svg("x" * 2400)
