"""A power cut at every single point: the next start brings the server into order."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEMORY = Path("/dev/shm")


@pytest.mark.parametrize(
    ("what", "least"), [("apply", 300), ("confirm", 90), ("rollback", 140), ("recover", 150)]
)
def test_a_cut_at_any_point_is_mended_by_the_next_start(what: str, least: int) -> None:
    """Files with modes and owners, services, addresses, packages: all as before, or all new.

    Every point is a real process killed before it touches the disk or runs a command; the start
    after it runs only the boot units that are really enabled then; and a second start after that
    changes nothing any more.
    """
    base = MEMORY if MEMORY.is_dir() else None  # the points are counted, not the disk's speed
    with tempfile.TemporaryDirectory(dir=base) as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.agent.crash", what, folder],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=280,
        )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["faults"] == {}
    assert told["points"] >= least
