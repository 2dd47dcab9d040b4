"""What the real netplan makes of the files: generated for networkd and for NetworkManager."""

from __future__ import annotations

import configparser
import subprocess
from pathlib import Path

import pytest

from tests.plan import golden
from tests.plan.lan import needs
from tests.plan.simulate import facts_after
from wizard.agent import names, wire

Sections = dict[str, dict[str, list[str]]]


def _touched(name: str) -> bool:
    changes = golden.load(name).plan().changes
    return any(isinstance(c, wire.WriteFile) and c.path == names.NETPLAN_FILE for c in changes)


CASES = [name for name in golden.names() if "netplan" in name and _touched(name)]


def _generate(root: Path, files: dict[str, str]) -> dict[str, str]:
    """Run `netplan generate` on files below a root and return what it made."""
    needs("netplan")
    for path, text in files.items():
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(0o600)
    argv = ["netplan", "generate", "--root-dir", str(root)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stderr}\n{files}"
    made = root / "run"
    return {f"/run/{p.relative_to(made)}": p.read_text() for p in made.rglob("*") if p.is_file()}


def _after(name: str) -> tuple[golden.Case, dict[str, str]]:
    case = golden.load(name)
    after = facts_after(case.site, case.facts, case.plan())
    return case, {f.path: f.text for f in after.network.files if f.path.endswith(".yaml")}


@pytest.mark.parametrize("name", CASES)
def test_netplan_takes_all_files_and_only_our_address(name: str, tmp_path: Path) -> None:
    case, files = _after(name)
    made = _generate(tmp_path, files)
    wanted = case.site.static_ip
    if case.facts.network.renderer == "networkmanager":
        _check_networkmanager(made, case)
        return
    mine = [
        sections(text)
        for path, text in made.items()
        if path.endswith(".network")
        and wanted.address in sections(text).get("Network", {}).get("Address", ())
    ]
    assert len(mine) == 1, sorted(made)
    network = mine[0]["Network"]
    addresses = [wanted.address, *([wanted.address6] if wanted.address6 else [])]
    assert network["Address"] == addresses
    assert network["LinkLocalAddressing"] == ["ipv6"]
    assert network["IPv6AcceptRA"] == ["yes" if wanted.gateway else "no"]
    assert "DHCP" not in network
    gateways = mine[0].get("Route", {}).get("Gateway", []) + network.get("Gateway", [])
    assert gateways == ([wanted.gateway] if wanted.gateway else [])
    dns = case.site.dns_dhcp.upstream if wanted.gateway else ()
    assert network.get("DNS", []) == list(dns)


def _check_networkmanager(made: dict[str, str], case: golden.Case) -> None:
    profiles = {}
    for path, text in made.items():
        if path.endswith(".nmconnection"):
            profiles[path] = configparser.RawConfigParser()
            profiles[path].read_string(text)
    wanted = case.site.static_ip
    if case.site.access_point.bridge:
        port = profiles.pop("/run/NetworkManager/system-connections/netplan-enp1s0.nmconnection")
        assert port["connection"]["slave-type"] == "bridge"
        assert port["connection"]["master"] == names.BRIDGE
        assert port["connection"]["autoconnect-priority"] == "100"
        made_bridge = next(iter(profiles.values()))
        assert made_bridge["connection"]["interface-name"] == names.BRIDGE
        assert made_bridge["ethernet"]["cloned-mac-address"] == "52:54:00:12:34:56"
        assert made_bridge["bridge"]["stp"] == "false"
    assert len(profiles) == 1
    profile = next(iter(profiles.values()))
    assert profile["ipv4"]["method"] == "manual"
    assert profile["ipv4"]["address1"] == wanted.address
    local = "auto" if wanted.gateway else "link-local"
    assert profile["ipv6"]["method"] == ("manual" if wanted.address6 else local)
    assert profile["ipv6"]["addr-gen-mode"] == "eui64"
    assert profile["connection"]["autoconnect-priority"] == "100"


def test_what_others_have_stays(tmp_path: Path) -> None:
    _, files = _after("netplan-second-file")
    before = golden.load("netplan-second-file").facts
    old = {f.path: f.text for f in before.network.files if f.path.endswith(".yaml")}
    made = {
        when: _generate(tmp_path / when, texts) for when, texts in (("old", old), ("new", files))
    }
    for path in ("/run/systemd/network/10-netplan-enp2s0.network",):
        assert made["new"][path] == made["old"][path]
    vlan = sections(made["new"]["/run/systemd/network/10-netplan-vlan10.network"])
    assert vlan["Network"]["Address"] == ["10.99.0.1/24"]
    base = sections(made["new"]["/run/systemd/network/10-netplan-enp1s0.network"])
    assert base["Network"]["VLAN"] == ["vlan10"]
    assert base["Link"]["MTUBytes"] == ["1400"]


def test_the_bridge_has_the_cables_address_and_waits_for_nothing(tmp_path: Path) -> None:
    _, files = _after("wifi-joined-netplan")
    made = _generate(tmp_path, files)
    netdev = sections(made["/run/systemd/network/10-netplan-chtlan.netdev"])
    assert netdev["NetDev"]["MACAddress"] == ["52:54:00:12:34:56"]
    assert netdev["Bridge"]["STP"] == ["false"]
    assert netdev["Bridge"]["ForwardDelaySec"] == ["0"]
    port = sections(made["/run/systemd/network/10-netplan-enp1s0.network"])
    assert port["Network"] == {"LinkLocalAddressing": ["no"], "Bridge": ["chtlan"]}
    # or it would take the bridge for the cable: both have the same hardware address
    assert "MACAddress" not in port["Match"]


@pytest.mark.parametrize("kind", ["other-subnet", "same-subnet", "gateway", "ipv6"])
def test_our_networkd_file_says_the_same_as_netplan_would(kind: str, tmp_path: Path) -> None:
    _, files = _after(f"netplan-{kind}")
    theirs = sections(_generate(tmp_path, files)["/run/systemd/network/10-netplan-enp1s0.network"])
    plan = golden.load(f"networkd-{kind}").plan()
    ours = next(
        sections(c.content or "")
        for c in plan.changes
        if isinstance(c, wire.WriteFile) and c.path == names.NETWORKD_FILE
    )
    for key in ("Address", "DNS", "LinkLocalAddressing", "IPv6AcceptRA"):
        assert ours["Network"].get(key) == theirs["Network"].get(key), key
    assert ours["Network"].get("Gateway") == theirs.get("Route", {}).get("Gateway")
    assert ours["Link"] == {"RequiredForOnline": ["routable"]}


def sections(text: str) -> Sections:
    """Read a unit file; keys may come several times."""
    found: Sections = {}
    current: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("["):
            current = found.setdefault(line.strip("[]"), {})
        elif "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            current.setdefault(key, []).append(value)
    return found
