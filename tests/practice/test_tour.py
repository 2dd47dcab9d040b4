"""What `make run` does, as a process of its own; and a clinic that stays open."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.practice.laptop import Laptop, at_command
from wizard.practice.clinic import PASSWORD, Clinic
from wizard.practice.rehearse import Stage
from wizard.practice.tour import _Tour

PROGRAM = [sys.executable, "-m", "wizard"]


def test_the_tour_keeps_every_promise(tmp_path: Path) -> None:
    done = subprocess.run(
        [*PROGRAM, "practice", "--json", "--folder", str(tmp_path / "here")],
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert done.returncode == 0, done.stderr
    plain = json.loads(done.stdout)
    assert (plain["practice"], plain["passed"]) == (True, True)
    assert [step["code"] for step in plain["steps"]] == [
        "meet", "wrong-key", "neighbours", "lost", "apply", "check", "second-dhcp", "again",
        "renew", "check",
    ]  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "pretended" in done.stderr
    assert done.stderr.count("✓ practice:") == 2 * len(plain["steps"])
    assert PASSWORD not in done.stdout + done.stderr


def test_the_tour_fails_where_a_promise_is_broken(
    clinic: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rollback that leaves something behind makes the tour fail."""
    walk = _Tour(clinic, Stage())
    real = clinic.unplug

    def unplug() -> None:
        real()
        clinic.server.put("/etc/left-behind", "")

    clinic.unplug = unplug  # type: ignore[method-assign]
    walk.run()
    assert [step.code for step in walk.steps if not step.passed] == ["lost"]
    assert walk.steps[-1].code == "lost"
    assert "✗ practice:" in capsys.readouterr().out


def test_a_clinic_that_stays_serves_other_processes(tmp_path: Path) -> None:
    stay = subprocess.Popen(
        [*PROGRAM, "practice", "--stay", "--json", "--folder", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert stay.stdout is not None
        text = ""
        for line in stay.stdout:
            text += line
            if line.startswith("}"):
                break
        plain = json.loads(text)
        words = [word for pair in plain["options"].items() for word in pair]
        plan = subprocess.run(
            [*PROGRAM, "plan", "--ask-pass", *words],
            input=plain["password"] + "\n",
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert plan.returncode == 0, plan.stderr + plan.stdout
        assert "Let eth0 change over to 10.20.0.1/24." in plan.stdout
        assert plain["password"] not in plan.stdout + plan.stderr
    finally:
        stay.send_signal(signal.SIGINT)
        with stay:
            assert stay.wait(30) == 0


def test_ctrl_c_in_a_process_of_its_own(clinic: Clinic, laptop: Laptop) -> None:
    """Signals as a terminal sends them: to the process, in the middle of a step."""
    process: list[subprocess.Popen[str]] = []
    with at_command(clinic, "apt-get", lambda: process[0].send_signal(signal.SIGINT)):
        process.append(
            subprocess.Popen(
                [*PROGRAM, *laptop.arguments("apply", "--yes")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, "XDG_STATE_HOME": str(clinic.folder / "log")},
            )
        )
        out, people = process[0].communicate(PASSWORD + "\n", timeout=60)
    assert process[0].returncode == 1, people
    assert json.loads(out)["state"] == "stopped"
    assert "Stopping after this step" in people
    assert clinic.server.addresses() == {"192.168.50.23"}
