"""`python -m tests.bench.window`: from the start of the program to its first page, and memory,
side by side with a bare PySide6 dialog in the same run."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROUNDS = 9
ROOT = Path(__file__).resolve().parents[2]
REPORT = """
def report():
    import json, resource, time
    from pathlib import Path
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    import os
    begun = ticks / os.sysconf("SC_CLK_TCK")
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": now - begun, "mib": peak / 1024}), flush=True)
    os._exit(0)
"""
BARE = """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog
app = QApplication([])
window = QDialog()
window.show()
QTimer.singleShot(0, report)
app.exec()
"""
OURS = """
from PySide6.QtCore import QTimer
from wizard.gui.app import application, window
app = application()
shell = window()
shell.show()
QTimer.singleShot(0, report)
app.exec()
"""


def main() -> None:
    """Measure in turn, so that whatever disturbs this machine disturbs both."""
    found: dict[str, list[dict[str, float]]] = {"bare dialog": [], "this program": []}
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        surroundings = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": home}
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
            surroundings[name] = f"{home}/{name}"
        for _ in range(ROUNDS):
            for name, script in (("bare dialog", BARE), ("this program", OURS)):
                done = subprocess.run(
                    [sys.executable, "-c", REPORT + script],
                    cwd=ROOT,
                    env=surroundings,
                    capture_output=True,
                    check=True,
                )
                found[name].append(json.loads(done.stdout))
    table = Table("", "seconds to the first page: least", "median", "peak memory, MiB")
    medians = {}
    for name, rows in found.items():
        seconds = [row["seconds"] for row in rows]
        medians[name] = statistics.median(seconds)
        memory = statistics.median(row["mib"] for row in rows)
        table.add_row(name, f"{min(seconds):.2f}", f"{medians[name]:.2f}", f"{memory:.0f}")
    console = Console()
    console.print(table)
    console.print(f"Ratio of the medians: {medians['this program'] / medians['bare dialog']:.2f}")


if __name__ == "__main__":
    main()
