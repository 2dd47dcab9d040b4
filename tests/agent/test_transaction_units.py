"""The boot units, as systemd itself reads them, and that they stand where they must."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.agent import sandbox
from wizard.agent import names, units
from wizard.agent.host import Done, Host
from wizard.practice.host import PracticeHost


@pytest.fixture
def host(tmp_path: Path) -> PracticeHost:
    return sandbox.make(tmp_path)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd")
def test_systemd_understands_them(host: PracticeHost, tmp_path: Path) -> None:
    """No unknown key, no loop in the order, every command there."""
    sandbox.put(host, names.STATE + "/x", "", 0o600)
    units.install_recovery(host)
    real = [host.path(f"{units.FOLDER}/{unit}") for unit in units.WANTS]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *real],
        capture_output=True,
        text=True,
    )
    assert [line for line in done.stderr.splitlines() if "cht-offline-setup" in line] == []
    assert "ordering cycle" not in done.stderr


@pytest.mark.skipif(not shutil.which("systemctl"), reason="needs systemd")
def test_the_real_systemctl_enables_and_disables_them(tmp_path: Path) -> None:
    """systemctl works on a root folder without a running systemd."""

    class RealLinks(Host):
        def run(self, argv: list[str], *arguments: object, **more: object) -> Done:
            if "daemon-reload" in argv:
                return Done(0, "", "")
            return super().run(["systemctl", "--root=" + self.root, *argv[1:]])

    host = RealLinks(str(tmp_path / "root"))
    os.makedirs(host.path(names.STATE))
    units.install_recovery(host)
    for unit, folder in units.WANTS.items():
        assert os.path.islink(host.path(f"{folder}/{unit}"))
    units.remove_recovery(host)
    assert not any(entry.is_file() for entry in tmp_path.rglob("*"))
    assert not any(entry.is_symlink() for entry in tmp_path.rglob("*"))


def test_stage_one_is_over_before_anything_reads_the_files(host: PracticeHost) -> None:
    sandbox.put(host, names.STATE + "/x", "", 0o600)
    units.install_recovery(host)
    text = host.read(f"{units.FOLDER}/{names.RECOVER_UNIT}") or ""
    before = " ".join(line[7:] for line in text.splitlines() if line.startswith("Before=")).split()
    for unit in (
        "sysinit.target",
        "network-pre.target",
        "systemd-networkd.service",
        "NetworkManager.service",
        "networking.service",
        "ufw.service",
        "firewalld.service",
        names.DNSMASQ_UNIT,
    ):
        assert unit in before
    assert "DefaultDependencies=no" in text
    assert f"ConditionPathExists={units.MARKER}" in text


def test_what_ifup_starts_outlives_the_unit(host: PracticeHost) -> None:
    """With systemd's default the DHCP client would be killed when the rollback is done."""
    units.arm(host, "timer", 60)
    units.detach(host, "work", ["status"], [])
    host.join()
    runs = [line for line in host.memory()["carried"] if line.startswith("systemd-run")]
    assert len(runs) == 2
    assert all("--property=KillMode=process" in line for line in runs)
