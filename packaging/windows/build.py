"""Builds the installer for Windows on Linux: python packaging/windows/build.py --runtime test.

The same commit gives the same bytes: every file has the date of the commit (SOURCE_DATE_EPOCH,
reproducible-builds.org), what others made comes by hash, and nothing is compiled here.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import sbom
from bundle import QT_PACKAGES, ROOT, finish, lay_out
from fetch import HERE, Refused, requirements, runtime, settings, wheels

NAME = "cht-offline-setup"
SIZES = ROOT / "packaging" / "sizes.toml"


@dataclass(frozen=True)
class Built:
    """An installer and its sizes in bytes; `files` are those that it installs."""

    path: Path
    files: int
    installed: int

    @property
    def size(self) -> int:
        """Bytes of the installer."""
        return self.path.stat().st_size

    @property
    def digest(self) -> str:
        """SHA-256 of the installer."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


def build(
    out: Path, which: str, *, bare: bool = False, version: str = "", quick: bool = False
) -> Built:
    """Build into `out` with the CPython of runtime.toml's table `which`; raises Refused.

    `version` stands in for the program's own, to try an upgrade with; `quick` packs less tightly.
    `bare` makes an installer of Python and all of PySide6 and nothing else, to compare sizes with.
    """
    source = settings()[which]
    epoch = _epoch()
    version = version or _version()
    work, folder = out / "work", out / ("bare" if bare else "program")
    work.mkdir(parents=True, exist_ok=True)
    python = runtime(source, work)
    others = wheels(requirements(source["version"]), source["version"], work)
    if bare:
        others = [w for w in others if w.name.startswith(tuple(n.lower() for n in QT_PACKAGES))]
    ours = [] if bare else [_own_wheel(work, epoch)]
    lay_out(folder, python, source, [*others, *ours], bare=bare)
    files, installed = finish(folder, epoch)
    mark = "" if which == "release" else f"-{which}"
    path = out / f"{'bare' if bare else NAME}-{version}-windows-x64{mark}.exe"
    _installer(path, folder, version, installed, epoch, quick=quick)
    built = Built(path, files, installed)
    if not bare and not quick:
        _within(built)
        sbom.write(path.with_suffix(".cdx.json"), version, source, others)
    return built


def _installer(
    path: Path, folder: Path, version: str, installed: int, epoch: int, *, quick: bool
) -> None:
    numbers = [*version.split("."), "0", "0", "0"][:4]
    if not all(n.isdigit() for n in numbers):
        raise Refused(f"Windows wants a version of numbers, not {version}.")
    values = {
        "VERSION": version, "VERSION4": ".".join(numbers), "FOLDER": folder.resolve(),
        "OUT": path.resolve(), "FILE": path.name, "KILOBYTES": installed // 1024,
        "COMPRESSOR": "zlib" if quick else "/SOLID lzma",
    }  # fmt: skip
    argv = ["makensis", "-V2", "-WX", *(f"-D{k}={v}" for k, v in values.items())]
    environment = dict(os.environ, SOURCE_DATE_EPOCH=str(epoch), TZ="UTC")
    subprocess.run([*argv, str(HERE / "installer.nsi")], check=True, env=environment)


def _own_wheel(work: Path, epoch: int) -> Path:
    """Build the program's own wheel."""
    to = work / "own"
    for old in to.glob("*.whl"):
        old.unlink()
    environment = dict(os.environ, SOURCE_DATE_EPOCH=str(epoch))
    argv = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(to.resolve())]
    subprocess.run(argv, check=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    return next(to.glob("*.whl"))


def _version() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def _epoch() -> int:
    """Return the date that files get, in seconds since 1970: that of the last commit."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    argv = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode or not done.stdout.strip():
        raise Refused("Without git, set SOURCE_DATE_EPOCH to the seconds of the release's date.")
    return int(done.stdout)


def _within(built: Built) -> None:
    limits = tomllib.loads(SIZES.read_text(encoding="utf-8"))["windows"]
    sizes = {"installer": built.size, "installed": built.installed}
    for name, size in sizes.items():
        if size > limits[name] * 1_000_000:
            raise Refused(
                f"{name}: {size / 1e6:.1f} MB, more than the {limits[name]} MB of {SIZES.name}."
            )


def main() -> None:
    """Build, and say what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runtime", choices=("release", "test"), required=True)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "windows")
    parser.add_argument("--bare", action="store_true", help="Python and PySide6 only")
    parser.add_argument("--version", default="", help="instead of the program's own")
    parser.add_argument("--quick", action="store_true", help="pack less tightly, for a test")
    given = parser.parse_args()
    try:
        built = build(
            given.out, given.runtime, bare=given.bare, version=given.version, quick=given.quick
        )
    except Refused as refused:
        sys.exit(f"build.py: {refused}")
    print(f"{built.digest}  {built.path.name}")
    size, installed = built.size / 1e6, built.installed / 1e6
    print(f"{size:.1f} MB; installs {installed:.1f} MB in {built.files} files")


if __name__ == "__main__":
    main()
