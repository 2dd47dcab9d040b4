"""What `make installers-linux` left behind."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / "build" / "linux"
PACKED = BUILD / "work" / "dist" / "cht-offline-setup"
SIZES = tomllib.loads((ROOT / "packaging" / "sizes.toml").read_text("utf-8"))["linux"]


def one(pattern: str) -> Path:
    """Return the one file of that kind."""
    (found,) = BUILD.glob(pattern)
    return found


def size(path: Path) -> float:
    """Return millions of bytes of a file or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(p.stat().st_size for p in files if p.is_file() and not p.is_symlink()) / 1e6


def figure(what: str, value: str) -> None:
    """Print a figure for docs/installers.md."""
    print(f"\nfigure: {what}: {value}")
