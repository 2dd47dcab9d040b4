"""The program's start, as a process of its own: what Windows gives it and Linux does not."""

from __future__ import annotations

import os
import subprocess
import sys


def test_marks_reach_a_file_whatever_the_country() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "wizard", "inspect", "missing.pem", "--domain", "a.example.org"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stdout.decode("utf-8").startswith("✗ ")
    assert done.stderr == b""


def test_it_does_without_standard_streams() -> None:
    """As pythonw.exe has none, and Windows' windows no console."""
    script = (
        "import sys; sys.stdout = sys.stderr = None; sys.argv = ['x', 'inspect', 'missing.pem', "
        "'--domain', 'a.example.org']; from wizard.__main__ import main; sys.exit(main())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")
