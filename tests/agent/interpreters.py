"""Every Python that the agent may meet and that this machine has."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 8)


def interpreters() -> list[tuple[str, str]]:
    """Return (version, path) of one Python of each minor version: in PATH, and pyenv's."""
    candidates = [sys.executable, "/usr/bin/python3"]
    candidates += [here for n in range(8, 20) if (here := shutil.which(f"python3.{n}"))]
    if pyenv := shutil.which("pyenv"):
        root = Path(_said([pyenv, "root"]).strip())
        candidates += sorted(str(path) for path in root.glob("versions/3.*/bin/python3"))
    found: dict[tuple[int, ...], tuple[str, str]] = {}
    for path in filter(shutil.which, candidates):
        told = re.match(r"Python ((\d+)\.(\d+)\.\S+)", _said([path, "--version"]))
        if told is None:
            continue
        version, *numbers = map(str, told.groups())
        minor = tuple(map(int, numbers))
        if minor >= OLDEST:
            found.setdefault(minor, (version, path))
    return [found[minor] for minor in sorted(found)]


def _said(argv: list[str]) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


INTERPRETERS = interpreters()
