from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from wizard.agent import units
from wizard.practice import host


def test_what_follows_an_apply_also_runs_where_the_path_of_python_has_spaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []

    def main(argv: list[str], *_: Any) -> int:
        ran.append(argv)
        return 0

    monkeypatch.setattr(host, "main", main)
    monkeypatch.setattr(sys, "executable", r"C:\Programs\CHT Offline Setup\runtime\python.exe")
    machine = host.PracticeHost(tmp_path / "server")
    units.detach(machine, "cht-test", ["run-apply"], ["rollback", "--reason", "died"])
    machine.join(20.0)
    assert ran == [["run-apply"], ["rollback", "--reason", "died"]]
