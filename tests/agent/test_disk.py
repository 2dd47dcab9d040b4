from __future__ import annotations

import ntpath
import os
from pathlib import Path

import pytest

from wizard.agent import disk


def test_windows_refuses_to_replace_what_is_being_read_only_for_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh, path = str(tmp_path / "fresh"), str(tmp_path / "file")
    for name in (fresh, path):
        with open(name, "w") as stream:
            stream.write(name)
    refused: list[str] = []
    real = os.replace

    def replace(one: str, other: str) -> None:
        if len(refused) < 3:
            refused.append(one)
            raise PermissionError(13, "is being used by another process")
        real(one, other)

    with monkeypatch.context() as there:
        there.setattr(os, "replace", replace)
        there.setattr(os, "name", "nt")
        disk.replace(fresh, path)
    with open(path) as stream:
        assert stream.read() == fresh


def test_elsewhere_a_refusal_is_final(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def replace(one: str, _other: str) -> None:
        asked.append(one)
        raise PermissionError(13, "not yours")

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(PermissionError):
        disk.replace("fresh", "file")
    assert asked == ["fresh"]


def test_a_path_of_the_server_is_judged_alike_on_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "path", ntpath)
    disk.guard(str(tmp_path), "/etc/dnsmasq.conf")
    with pytest.raises(disk.DiskError, match=r"/etc/\.\./shadow"):
        disk.guard(str(tmp_path), "/etc/../shadow")
