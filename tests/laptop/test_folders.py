"""Folders of each platform, and staying awake."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from wizard.laptop.awake import awake
from wizard.laptop.folders import config_folder, data_folder, log_folder


def test_linux_folders(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "c"), "XDG_STATE_HOME": "rel"}
    old = os.umask(0)
    try:
        assert data_folder(env, "linux") == tmp_path / ".local/share/cht-offline-setup"
        assert config_folder(env, "linux") == tmp_path / "c/cht-offline-setup"
        assert log_folder(env, "linux") == tmp_path / ".local/state/cht-offline-setup"
    finally:
        os.umask(old)
    for folder in (data_folder, config_folder, log_folder):
        assert folder(env, "linux").stat().st_mode & 0o777 == 0o700


def test_windows_folders(tmp_path: Path) -> None:
    env = {"LOCALAPPDATA": str(tmp_path / "Local")}
    assert data_folder(env, "win32") == tmp_path / "Local/cht-offline-setup/data"
    assert log_folder(env, "win32") == tmp_path / "Local/cht-offline-setup/log"
    env = {"USERPROFILE": str(tmp_path)}
    assert data_folder(env, "win32") == tmp_path / "AppData/Local/cht-offline-setup/data"


def fake_inhibitor(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = folder / "systemd-inhibit"
    program.write_text("#!/bin/sh\n" + script)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder / "log"


def test_awake_holds_until_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    fake_inhibitor(tmp_path, f'echo "$@" > {log}; cat; echo over >> {log}\n', monkeypatch)
    with awake("Changing the server") as held:
        assert held
        until = time.monotonic() + 10
        while not log.exists() or not log.read_text():
            assert time.monotonic() < until
        assert "over" not in log.read_text()
        assert "--what=sleep:idle" in log.read_text()
        assert "--why=Changing the server" in log.read_text()
    assert log.read_text().endswith("over\n")


def test_without_an_inhibitor_work_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("systemd-inhibit") is None
    with awake("x") as held:
        assert not held


def test_an_inhibitor_that_fails_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_inhibitor(tmp_path, "exit 1\n", monkeypatch)
    with awake("x"):
        pass
