"""The agent on every Python that is here: all its modules load, facts and readiness decode."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.agent.interpreters import INTERPRETERS
from tests.agent.recorded import netplan_networkd
from wizard.agent import wire
from wizard.agent.build import LAPTOP_ONLY

PACKAGE = Path(wire.__file__).parent

SCRIPT = r"""
import importlib, json, os, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import cht_agent
for module in pkgutil.walk_packages(cht_agent.__path__, "cht_agent."):
    if module.name.rpartition(".")[2] != "__main__":
        importlib.import_module(module.name)
from cht_agent.facts import facts
from cht_agent.host import Done, Host
from cht_agent.readiness import readiness
answers = json.loads(sys.argv[3])
class Recorded(Host):
    def run(self, argv, input="", timeout=60.0, env=None):
        return Done(0, answers.get(argv[1], answers.get(argv[0], "")), "")
host = Recorded(sys.argv[2])
print(json.dumps(facts(host, "192.168.1.9 50122 192.168.1.50 22")))
print(json.dumps(readiness(host)))
"""


def test_interpreters_are_here() -> None:
    print("agent tried with:", ", ".join(version for version, _ in INTERPRETERS))
    assert INTERPRETERS


@pytest.mark.parametrize(("version", "python"), INTERPRETERS, ids=[v for v, _ in INTERPRETERS])
def test_every_module_loads_and_what_is_told_decodes(
    version: str, python: str, tmp_path: Path
) -> None:
    # as in the zipapp: another package name, and without what stays on the laptop
    shutil.copytree(
        PACKAGE, tmp_path / "cht_agent", ignore=shutil.ignore_patterns(*LAPTOP_ONLY, "__pycache__")
    )
    with tempfile.TemporaryDirectory(prefix="srv") as root:
        machine = netplan_networkd(Path(root))
        answers = {"ip": json.dumps(machine.links)}
        for verb in ("list-units", "list-unit-files"):
            answers[verb] = machine.run(["systemctl", verb, *_units()], timeout=1).out
        argv = [python, "-W", "error", "-c", SCRIPT, str(tmp_path), root, json.dumps(answers)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    told_facts, told_readiness = done.stdout.splitlines()
    ready = wire.decode(wire.Readiness, json.loads(told_readiness))
    assert ready.backups == ()
    # on paper nobody wrote down what is mounted, how sshd is set, or when the server started
    assert {p.partition(":")[0] for p in ready.problems} == {"disks", "restarts", "ssh"}
    seen = wire.decode(wire.Facts, json.loads(told_facts))
    assert seen.network.manager == "netplan"
    assert seen.system.python == version
    allowed = ["netplan: No module named 'yaml'"]  # comes with netplan, not with this Python
    assert [p for p in seen.problems if p not in allowed] == []


def _units() -> list[str]:
    from wizard.agent import names
    from wizard.agent.look import services

    return list(names.SERVICES + services.ALSO)
