"""The other files: NetworkManager's keyfile, the unit, the YAML writer, the template loader."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plan import golden
from tests.plan.lan import needs
from tests.plan.simulate import parse_yaml
from wizard.agent import names, wire
from wizard.plan.dns_dhcp import unit_file
from wizard.plan.managers.networkmanager import profile_uuid
from wizard.plan.templates import render
from wizard.plan.yaml import emit

ROOT = Path(__file__).parents[2]


def _keyfile(name: str) -> tuple[golden.Case, configparser.RawConfigParser, wire.ReloadNetwork]:
    case = golden.load(name)
    changes = case.plan().changes
    file = next(
        c for c in changes if isinstance(c, wire.WriteFile) and c.path == names.NETWORKMANAGER_FILE
    )
    # NetworkManager ignores keyfiles that others may read (nm-settings-keyfile(5)).
    assert (file.mode, file.owner) == (0o600, "root:root")
    parser = configparser.RawConfigParser(strict=True, delimiters=("=",))
    parser.read_string(file.content or "")
    return case, parser, next(c for c in changes if isinstance(c, wire.ReloadNetwork))


@pytest.mark.parametrize(
    ("name", "method6"),
    [
        ("networkmanager-other-subnet", "link-local"),
        ("networkmanager-same-subnet", "link-local"),
        ("networkmanager-gateway", "auto"),
        ("networkmanager-ipv6", "manual"),
    ],
)
def test_the_keyfile_says_what_the_site_wants(name: str, method6: str) -> None:
    case, profile, reload = _keyfile(name)
    wanted = case.site.static_ip
    assert profile["ipv4"]["method"] == "manual"
    gateway = f",{wanted.gateway}" if wanted.gateway else ""
    assert profile["ipv4"]["address1"] == wanted.address + gateway
    assert profile["ipv6"]["method"] == method6
    assert profile["ipv6"].get("address1", "") == wanted.address6
    assert profile["ipv6"]["addr-gen-mode"] == "eui64"
    assert profile["connection"]["interface-name"] == wanted.interface
    assert profile["connection"]["id"] == reload.profile
    assert reload.old_profile == "0d6e6a0e-3c1f-3f4a-9a4e-2f6b1f0f7a11"


def test_the_profile_is_the_same_one_at_every_run_and_another_on_every_machine() -> None:
    first = profile_uuid("one", "enp1s0")
    assert uuid.UUID(first).version == 5
    assert first == profile_uuid("one", "enp1s0")
    assert len({first, profile_uuid("two", "enp1s0"), profile_uuid("one", "enp2s0")}) == 3


def test_ours_goes_before_every_other_profile_of_the_interface() -> None:
    assert _keyfile("networkmanager-priority")[1]["connection"]["autoconnect-priority"] == "501"


def test_the_profile_does_not_depend_on_the_present_link_local_address() -> None:
    """It is another one once the profile is in use: the second plan would not be empty."""
    assert _keyfile("networkmanager-privacy")[1]["ipv6"]["addr-gen-mode"] == "eui64"


def test_systemd_finds_no_fault_with_the_unit(tmp_path: Path) -> None:
    needs("systemd-analyze")
    path = tmp_path / names.DNSMASQ_UNIT
    path.write_text(unit_file())
    argv = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    about = [line for line in done.stderr.splitlines() if names.DNSMASQ_UNIT in line]
    assert (done.returncode, about) == (0, [])


def test_the_unit_does_not_wait_for_the_network_and_never_gives_up() -> None:
    lines = unit_file().splitlines()
    assert not [
        line for line in lines if line.startswith(("After=", "Wants=")) and "online" in line
    ]
    assert "Restart=on-failure" in lines
    assert "StartLimitIntervalSec=0" in lines
    assert f"ConditionPathExists={names.DNSMASQ_CONF}" in lines
    assert f"/var/lib/{_value(lines, 'StateDirectory')}" == names.LEASES


def _value(lines: list[str], key: str) -> str:
    return next(line.partition("=")[2] for line in lines if line.startswith(f"{key}="))


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.sampled_from(["yes", "No", "on", "null", "~", "1_000", "0x1f", "12:34:56", "1e3", ".5", ""]),
    st.from_regex(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", fullmatch=True),
    st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=12),
)
KEYS = st.text("ab-: #", max_size=4)
FLAT = st.one_of(SCALARS, st.lists(SCALARS, max_size=3), st.dictionaries(KEYS, SCALARS, max_size=2))
VALUES = st.one_of(FLAT, st.lists(FLAT, max_size=3), st.dictionaries(KEYS, FLAT, max_size=3))


@settings(max_examples=12, deadline=None)
@given(st.lists(VALUES, min_size=4, max_size=12))
def test_what_is_written_as_yaml_is_read_as_it_was(values: list[Any]) -> None:
    """Several values at once, because the reader is another Python."""
    whole = {f"d{index}": one for index, one in enumerate(values)}
    assert parse_yaml(emit(whole)) == whole


def test_templates_are_found_in_a_checkout_and_in_a_wheel(tmp_path: Path) -> None:
    expected = render("cloud-init.cfg")
    shutil.copytree(ROOT / "wizard", tmp_path / "wizard")
    shutil.copytree(ROOT / "resources", tmp_path / "wizard" / "_resources")
    script = "from wizard.plan.templates import render; print(render('cloud-init.cfg'), end='')"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == expected, done.stderr


def test_a_template_without_one_of_its_values_is_a_defect() -> None:
    with pytest.raises(KeyError):
        render("interfaces")
