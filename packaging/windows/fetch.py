"""Fetches what others made, each piece by its SHA-256: CPython for Windows and the wheels."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import tomllib
import urllib.request
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

HERE = Path(__file__).parent
LOCK = HERE.parent / "lock" / "run.txt"


class Refused(Exception):
    """This cannot be built; the text says why and what to do."""


def settings() -> dict[str, Any]:
    """Return runtime.toml."""
    return tomllib.loads((HERE / "runtime.toml").read_text(encoding="utf-8"))


def runtime(source: Mapping[str, str], work: Path) -> bytes:
    """Return the embeddable package, a zip file, from the source of runtime.toml's table."""
    version, wanted = source["version"], source["sha256"]
    if not (version and wanted):
        raise Refused("runtime.toml names no version and SHA-256 of CPython for a release yet.")
    kept = work / f"python-{wanted[:16]}.zip"
    if kept.exists():
        data = kept.read_bytes()
    elif "url" in source:
        with urllib.request.urlopen(source["url"].format(version=version), timeout=60) as answer:  # noqa: S310
            data = answer.read()
    else:
        data = _member(_sdist(source, work), source["member"])
    found = hashlib.sha256(data).hexdigest()
    if found != wanted:
        raise Refused(f"CPython {version} has SHA-256 {found}, not {wanted} as runtime.toml says.")
    kept.write_bytes(data)
    return data


def unpack(data: bytes, source: Mapping[str, str], to: Path) -> None:
    """Unpack an embeddable package into a folder."""
    prefix = f"{source['folder']}/" if "folder" in source else ""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            inside = name.removeprefix(prefix)
            if inside and not name.endswith("/"):
                write(to / inside, archive.read(name))


def requirements(version: str) -> list[str]:
    """Return the lines of the lock that count on Windows, hashes included.

    pip reads markers for the system that it runs on, so they are judged here.
    """
    minor = ".".join(version.split(".")[:2])
    windows = {
        "implementation_name": "cpython",
        "os_name": "nt",
        "platform_machine": "AMD64",
        "platform_python_implementation": "CPython",
        "platform_system": "Windows",
        "python_full_version": version,
        "python_version": minor,
        "sys_platform": "win32",
    }
    found = []
    for line in LOCK.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        text, *hashes = line.partition("#")[0].split("--hash=")
        if not text.strip():
            continue
        one = Requirement(text.strip())
        if one.marker is None or one.marker.evaluate(windows):
            pins = "".join(f" --hash={each.strip()}" for each in hashes)
            found.append(f"{one.name}{one.specifier}{pins}")
    return found


def wheels(lines: list[str], version: str, work: Path) -> list[Path]:
    """Download the wheels of these requirements for 64-bit Windows, sorted by name."""
    wanted, to = work / "requirements.txt", work / "wheels"
    wanted.write_text("\n".join(lines) + "\n", encoding="utf-8")
    tag = "cp" + "".join(version.split(".")[:2])
    abis = [word for abi in (tag, "abi3", "none") for word in ("--abi", abi)]
    _pip(
        "--require-hashes", "--only-binary=:all:", "--platform=win_amd64", "--implementation=cp",
        f"--python-version={version}", *abis, "-r", str(wanted), "-d", str(to),
    )  # fmt: skip
    names = {line.partition("==")[0].replace("-", "_").lower() for line in lines}
    found = [w for w in to.glob("*.whl") if _distribution(w) in names]
    return sorted(found, key=lambda w: w.name.lower())


def write(path: Path, data: bytes) -> None:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _distribution(wheel: Path) -> str:
    return wheel.name.partition("-")[0].replace(".", "_").lower()


def _sdist(source: Mapping[str, str], work: Path) -> Path:
    wanted, to = work / "runtime.txt", work / "runtime-source"
    name = source["requirement"].partition("==")[0]
    wanted.write_text(
        f"{source['requirement']} --hash=sha256:{source['requirement_sha256']}\n", encoding="utf-8"
    )
    _pip("--require-hashes", f"--no-binary={name}", "-r", str(wanted), "-d", str(to))
    return next(to.glob("*.tar.gz"))


def _member(archive: Path, member: str) -> bytes:
    with tarfile.open(archive) as tar:
        found = next((m for m in tar.getmembers() if m.name.endswith(f"/{member}")), None)
        file = tar.extractfile(found) if found else None
        if file is None:
            raise Refused(f"{archive.name} has no {member}.")
        return file.read()


def _pip(*words: str) -> None:
    argv = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check"]
    subprocess.run([*argv, "--no-deps", *words], check=True)
