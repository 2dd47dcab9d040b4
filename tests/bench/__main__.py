"""`python -m tests.bench`: measure, show the table, keep build/bench.json; --write renews
docs/figures.md."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tests.bench import figures, peer
from tests.bench.measure import measure
from tests.lab import prepare
from tests.lab.network import LabError

FEWEST = 7


def main() -> None:
    """Measure, or write the figures of the last measurement again."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=FEWEST, help="at least %(default)s")
    parser.add_argument("--write", action="store_true", help="renew the block in docs/figures.md")
    arguments = parser.parse_args()
    if arguments.rounds < FEWEST:
        parser.error(f"fewer than {FEWEST} rounds say nothing")
    console = Console()
    try:
        prepare.check_machine()
        version = peer.prepare()
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            found = measure(Path(folder), arguments.rounds, version, console.log)
    except LabError as problem:
        sys.exit(str(problem))
    peer.BUILD.mkdir(exist_ok=True)
    (peer.BUILD / "bench.json").write_text(json.dumps(found, indent=1) + "\n")
    figures.show(found, console)
    if arguments.write:
        figures.write(found)


if __name__ == "__main__":
    main()
