"""What the program does not load when it starts."""

from __future__ import annotations

import subprocess
import sys


def test_paramiko_comes_without_the_task_runner_it_would_like() -> None:
    script = "import sys, wizard.visit, paramiko; print([m for m in sys.modules if 'invoke.' in m])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
