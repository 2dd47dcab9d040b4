"""Makes the picture in the README from a real run on the practice clinic."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs" / "pictures" / "practice.svg"
CODE = re.compile(r"\x1b\[[0-9;]*m")


def main() -> int:
    """Run the practice clinic, keep the set-up and the live check, write them as SVG."""
    done = subprocess.run(
        [sys.executable, "-m", "wizard", "practice"],
        cwd=ROOT,
        env={**os.environ, "FORCE_COLOR": "1", "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    console = Console(record=True, width=100, file=io.StringIO(), highlight=False)
    for line in part(done.stdout.splitlines()):
        console.print(Text.from_ansi(line))
    PICTURE.parent.mkdir(exist_ok=True)
    console.save_svg(str(PICTURE), title="cht-offline-setup practice", unique_id="practice")
    print(f"wrote {PICTURE.relative_to(ROOT)}")
    return 0


def part(lines: list[str]) -> list[str]:
    """Keep what a reader wants to see: from the last set-up's changes to its verdict."""
    plain = [CODE.sub("", line) for line in lines]
    end = next(i for i, line in enumerate(plain) if "A phone on this network will reach" in line)
    start = max(i for i, line in enumerate(plain[:end]) if line.startswith("Changing the server"))
    return lines[start : end + 1]


if __name__ == "__main__":
    sys.exit(main())
