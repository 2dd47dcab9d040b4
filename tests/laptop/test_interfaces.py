"""The laptop's interfaces as the system has them, and whether a subnet is reached."""

from __future__ import annotations

import json
import subprocess

import pytest

from wizard.laptop.interfaces import LaptopInterface, Reach, _addresses, interfaces, reaches
from wizard.laptop.words import LaptopError


def test_they_agree_with_the_system() -> None:
    said = subprocess.run(["ip", "-j", "addr"], check=True, capture_output=True, timeout=20)
    ours = {i.name: i for i in interfaces()}
    compared = 0
    for row in json.loads(said.stdout):
        if "LOOPBACK" in row["flags"] or row["ifname"] not in ours:
            continue
        one = ours[row["ifname"]]
        assert one.index == row["ifindex"]
        assert one.scope_id == row["ifname"]
        assert one.mac == row["address"]
        present = {(a["local"], a["prefixlen"]) for a in row["addr_info"]}
        assert set(one.addresses4 + one.addresses6) == present
        assert one.up == (row["operstate"] in ("UP", "UNKNOWN"))
        compared += bool(present)
    assert compared, "this machine has no interface with an address to compare"
    assert "lo" not in ours


@pytest.mark.parametrize(
    ("row", "family", "expected"),
    [
        ({"addr": "10.0.0.1", "netmask": "255.255.252.0"}, 4, (("10.0.0.1", 22),)),
        ({"addr": "fe80::1%eth0", "netmask": "ffff:ffff:ffff:ffff::/64"}, 6, (("fe80::1", 64),)),
        ({"addr": "fe80::1%12", "netmask": "ffff:ffff:ffff:ffff::"}, 6, (("fe80::1", 64),)),
        ({"addr": "10.0.0.1"}, 4, (("10.0.0.1", 32),)),
        ({"addr": "nonsense"}, 4, ()),
        ({}, 4, ()),
    ],
)
def test_masks_in_every_form(
    row: dict[str, str], family: int, expected: tuple[tuple[str, int], ...]
) -> None:
    assert _addresses([row], family) == expected


def laptop(*four: str, six: str = "", name: str = "eth0", up: bool = True) -> LaptopInterface:
    def split(text: str) -> tuple[str, int]:
        address, prefix = text.split("/")
        return address, int(prefix)

    return LaptopInterface(
        name, 2, name, "", tuple(split(f) for f in four), (split(six),) if six else (), up
    )


@pytest.mark.parametrize(
    ("present", "wanted", "code"),
    [
        ([laptop("10.20.0.9/24")], "10.20.0.1/24", "ok"),
        ([laptop("10.20.0.9/32")], "10.20.0.1/24", "ok"),
        ([laptop("192.168.1.5/24")], "10.20.0.1/24", "other-subnet"),
        ([laptop("169.254.3.4/16")], "10.20.0.1/24", "no-address"),
        ([laptop()], "10.20.0.1/24", "no-address"),
        ([], "10.20.0.1/24", "no-link"),
        ([laptop("10.20.0.9/24", up=False)], "10.20.0.1/24", "no-link"),
        ([laptop("10.20.0.1/24")], "10.20.0.1/24", "own-address"),
        ([laptop("10.20.0.9/24", six="fe80::1/64")], "fd00:20::1/64", "no-address"),
        ([laptop(six="fd00:20::9/64")], "fd00:20::1/64", "ok"),
        ([laptop("10.20.0.9/24"), laptop("10.30.0.2/24", name="wlan0")], "10.30.0.1/24", "ok"),
    ],
)
def test_reaching_a_subnet(present: list[LaptopInterface], wanted: str, code: str) -> None:
    for platform in ("linux", "win32"):
        verdict = reaches(wanted, present, platform=platform)
        assert verdict.code == code
        assert verdict.ok == (code == "ok")
        if code == "ok":
            assert verdict.interface
            assert verdict.address
        else:
            assert verdict.message
            assert verdict.cure
            assert "{" not in verdict.message + verdict.cure


def test_the_advice_is_for_the_platform_and_the_interface_in_use() -> None:
    present = [laptop("192.168.1.5/24"), laptop("172.16.0.2/24", name="Wi-Fi 2")]
    on_windows = reaches("10.20.0.1/24", present, "Wi-Fi 2", "win32")
    assert 'netsh interface ip set address "Wi-Fi 2" static 10.20.0.251 255.255.255.0' in (
        on_windows.cure
    )
    on_linux = reaches("10.20.0.1/24", present, "Wi-Fi 2", "linux")
    assert 'sudo ip address add 10.20.0.251/24 dev "Wi-Fi 2"' in on_linux.cure
    assert "172.16.0.2" in on_linux.message


@pytest.mark.parametrize(
    "wanted", ["10.20.0.251/24", "10.20.0.1/30", "10.20.0.2/30", "10.0.0.1/31"]
)
def test_the_advised_address_is_never_the_server_s(wanted: str) -> None:
    verdict = reaches(wanted, [laptop("192.168.1.5/24")], platform="linux")
    assert f" {wanted} " not in verdict.cure


@pytest.mark.parametrize("nonsense", ["", "10.20.0.1/33", "server", "10.20.0/24", "fe80::%%/9"])
def test_what_is_no_address(nonsense: str) -> None:
    with pytest.raises(LaptopError) as caught:
        reaches(nonsense, [])
    assert caught.value.code == "not-an-address"


def test_a_reach_is_ok_only_when_it_says_so() -> None:
    assert not Reach("no-link").ok
