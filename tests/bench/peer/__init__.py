"""The other program that is measured, in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[3]
BUILD = CHECKOUT / "build"
VENV = BUILD / "bench-venv"
OPEN = Path(__file__).with_name("open_pyinfra.py")
WANTED = "pyinfra>=3,<4"

INVENTORY = "hosts = [{host!r}]\n"
DEPLOY = """\
from pyinfra.operations import apt, files, systemd

for file in {files!r}:
    files.put(**file)
apt.packages(packages={packages!r})
for unit in {services!r}:
    systemd.service(service=unit, running=True, enabled=True)
"""


@dataclass(frozen=True)
class Wanted:
    """What the server shall have: files {path: (content, mode)}, packages, running services."""

    files: dict[str, tuple[str, int]]
    packages: tuple[str, ...]
    services: tuple[str, ...]


class Pyinfra:
    """pyinfra with one server and one deploy, in a folder of its own."""

    def __init__(
        self, folder: Path, address: str, user: str, key: Path, known: Path, wanted: Wanted
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        data = {"ssh_user": user, "ssh_key": str(key), "ssh_known_hosts_file": str(known)}
        self._host = (address, {**data, "_sudo": True})
        files = []
        for number, (path, (content, mode)) in enumerate(sorted(wanted.files.items())):
            source = folder / f"file{number}"
            source.write_text(content, encoding="utf-8")
            owner = {"user": "root", "group": "root"}
            files.append({"src": str(source), "dest": path, "mode": f"{mode:o}", **owner})
        self._wanted: dict[str, Any] = {
            "files": files,
            "packages": list(wanted.packages),
            "services": list(wanted.services),
        }
        (folder / "inventory.py").write_text(INVENTORY.format(host=self._host))
        (folder / "deploy.py").write_text(DEPLOY.format(**self._wanted))

    @property
    def operations(self) -> int:
        """How many operations a deploy has."""
        return len(self._wanted["files"]) + 1 + len(self._wanted["services"])

    def command(self) -> list[str]:
        """Return the command of a whole run, to be started in the folder."""
        return [str(VENV / "bin" / "pyinfra"), "-y", "inventory.py", "deploy.py"]

    def open(self) -> list[str]:
        """Return the command of a pyinfra that stays open; it runs once for each line it reads."""
        arguments = [json.dumps(self._host), json.dumps(self._wanted)]
        return [str(VENV / "bin" / "python"), str(OPEN), *arguments]

    def changed(self, told: str) -> int:
        """Return how many operations changed something, from what a whole run printed."""
        (total,) = [line.split() for line in told.splitlines() if "Grand total" in line]
        operations, success, error, untouched = (int(w) if w != "-" else 0 for w in total[2:])
        if error or success + untouched != operations:
            raise RuntimeError(f"pyinfra failed:\n{told}")
        return success


def prepare() -> str:
    """Install the newest pyinfra 3 beside the project and return its version."""
    python = VENV / "bin" / "python"
    if not (VENV / "bin" / "pyinfra").exists():
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", WANTED]
        subprocess.run(command, check=True, env=environment)
    ask = "from importlib.metadata import version; print(version('pyinfra'))"
    done = subprocess.run([str(python), "-c", ask], check=True, capture_output=True, text=True)
    return done.stdout.strip()
