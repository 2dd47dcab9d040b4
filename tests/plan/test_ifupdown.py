"""What the real ifupdown makes of the files, and that nobody else's lines are touched."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.plan import golden
from tests.plan.lan import needs
from tests.plan.simulate import facts_after
from wizard.agent import names, wire

MAIN = "/etc/network/interfaces"


def _touched(name: str) -> bool:
    changes = golden.load(name).plan().changes
    return any(isinstance(c, wire.WriteFile) and c.path.startswith(MAIN) for c in changes)


CASES = [name for name in golden.names() if name.startswith("ifupdown") and _touched(name)]


def _root(name: str, tmp_path: Path) -> tuple[golden.Case, Path]:
    """Lay the files out below a folder, as they are after the plan, with their paths changed."""
    case = golden.load(name)
    after = facts_after(case.site, case.facts, case.plan())
    for file in after.network.files:
        path = tmp_path / file.path.removeprefix("/etc/network/")
        path.parent.mkdir(parents=True, exist_ok=True)
        # Relative names start at /etc/network, so both kinds have to lead here.
        text = file.text.replace("/etc/network/", "").replace("interfaces.d", f"{tmp_path}/x.d")
        path.write_text(text)
    if (tmp_path / "interfaces.d").exists():
        (tmp_path / "interfaces.d").rename(tmp_path / "x.d")
    return case, tmp_path / "interfaces"


def _run(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", CASES)
def test_ifupdown_sets_our_address_and_nothing_else(name: str, tmp_path: Path) -> None:
    needs("ifup", "ifquery")
    case, main = _root(name, tmp_path)
    listed = _run("ifquery", "-i", str(main), "--list", "--allow=auto").stdout.split()
    hotplug = _run("ifquery", "-i", str(main), "--list", "--allow=hotplug").stdout.split()
    assert "enp1s0" in listed + hotplug, "the interface would not come up at the next start"
    said = _run("ifquery", "-i", str(main), "enp1s0")
    assert said.returncode == 0, said.stderr
    values = [line.partition(": ") for line in said.stdout.splitlines()]
    wanted = case.site.static_ip
    addresses = [wanted.address, *([wanted.address6] if wanted.address6 else [])]
    assert [v for k, _, v in values if k == "address"] == [a.split("/")[0] for a in addresses]
    assert [v for k, _, v in values if k == "netmask"][:1] == ["255.255.255.0"]
    gateways = [v for k, _, v in values if k == "gateway"]
    assert gateways == ([wanted.gateway] if wanted.gateway else [])
    state = f"--state-dir={tmp_path}/state"
    (tmp_path / "state").mkdir()
    done = _run("ifup", "--no-act", "--verbose", "--force", state, "-i", str(main), "enp1s0")
    assert done.returncode == 0, done.stderr
    acts = done.stdout + done.stderr
    assert "dhclient" not in acts
    assert "dhcpcd" not in acts
    assert f"ip addr add {addresses[0].split(chr(47))[0]}/255.255.255.0" in acts, acts


def test_cable_and_bridge_come_up_in_any_order(tmp_path: Path) -> None:
    needs("ifup", "ifquery")
    _, main = _root("wifi-joined-ifupdown", tmp_path)
    listed = _run("ifquery", "-i", str(main), "--list", "--allow=auto").stdout.split()
    assert "chtlan" in listed
    state = f"--state-dir={tmp_path}/state"
    (tmp_path / "state").mkdir()
    make, join = "ip link add name chtlan address 52:54:00:12:34:56", "up master chtlan || true"
    for interface, wanted in (
        ("enp1s0", [join]),
        ("chtlan", [make, join, "ip addr add 10.20.0.1/255.255.255.0"]),
    ):
        done = _run("ifup", "--no-act", "--verbose", "--force", state, "-i", str(main), interface)
        assert done.returncode == 0, done.stderr
        acts = done.stdout + done.stderr
        assert "dhclient" not in acts
        places = [acts.index(words) for words in wanted]
        assert places == sorted(places)


@pytest.mark.parametrize("name", CASES)
def test_every_line_of_others_stays_byte_for_byte(name: str) -> None:
    case = golden.load(name)
    after = facts_after(case.site, case.facts, case.plan())
    for file in case.facts.network.files:
        if file.path == names.INTERFACES_FILE:
            continue
        now = after.file(file.path)
        assert now is not None
        rest = now.text.partition("\n# cht-offline-setup begin\n")[0]
        expected = _by_hand(file.text)
        assert rest.rstrip("\n") == expected.rstrip("\n")


def _by_hand(text: str) -> str:
    """The file without the stanzas of enp1s0, worked out in another way than the planner's."""
    kept: list[str] = []
    skip = False
    for line in text.replace("\\\n", "\\\0").splitlines(keepends=True):
        words = line.split()
        if words and not line[0].isspace() and not line.startswith("#"):
            skip = words[:2] == ["iface", "enp1s0"]
        if skip and words and (line[0].isspace() or words[0] == "iface"):
            continue
        kept.append(line)
    return "".join(kept).replace("\0", "\n")
