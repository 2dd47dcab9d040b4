"""Writes the SHA-256 of every resource beside the resources of a packed program.

The self-test then tells what is missing or damaged: `python packaging/sums.py FOLDER`.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

NAME = "SHA256SUMS"


def write(folder: Path) -> None:
    """Write `folder`/SHA256SUMS, as sha256sum does."""
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != NAME]
    sums = ((hashlib.sha256(p.read_bytes()).hexdigest(), p.relative_to(folder)) for p in files)
    lines = (f"{digest}  {path.as_posix()}\n" for digest, path in sums)
    (folder / NAME).write_text("".join(lines), "utf-8", newline="\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
