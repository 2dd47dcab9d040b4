"""The same commit gives the same bytes, wherever and by whoever it is built."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.installers.linux.built import BUILD, ROOT, figure, one

SOURCES = ("LICENSE", "docs", "mkdocs.yml", "packaging", "pyproject.toml", "resources", "wizard")
pytestmark = pytest.mark.timeout(1800)


def test_a_build_elsewhere_gives_the_same_bytes(tmp_path: Path) -> None:
    """In another folder, with another mask of rights and another time zone; the documents, too."""
    elsewhere, again = tmp_path / "another place", tmp_path / "built"
    elsewhere.mkdir()
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            idle = shutil.ignore_patterns("__pycache__", "site" if name == "resources" else "")
            shutil.copytree(source, elsewhere / name, ignore=idle)
        else:
            shutil.copy(source, elsewhere)
    first = one("*.deb")
    # The head of an archive's first part has its time (ar(5), mtime).
    moment = int(first.read_bytes()[24:36])
    surroundings = {
        **os.environ,
        "TZ": "Asia/Kathmandu",
        "SOURCE_DATE_EPOCH": str(moment),
        "NO_MKDOCS_2_WARNING": "1",
    }
    python = BUILD.parent / "packer" / "bin" / "python"
    for command in (
        [sys.executable, "-m", "mkdocs", "build", "--quiet"],
        [str(python), str(elsewhere / "packaging" / "linux" / "build.py"), str(again)],
    ):
        done = subprocess.run(
            command, cwd=elsewhere, env=surroundings, umask=0o077, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    for pattern in ("*.deb", "*.squashfs"):
        before = one(pattern)
        assert _sum(again / before.name) == _sum(before), before.name
        figure(f"{before.name}: built twice", _sum(before))


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
