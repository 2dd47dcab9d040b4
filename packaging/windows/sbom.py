"""The list of what is in the installer, for those who watch for weaknesses: CycloneDX 1.6, JSON."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Mapping
from email.parser import HeaderParser
from pathlib import Path
from typing import Any


def write(path: Path, version: str, source: Mapping[str, str], wheels: list[Path]) -> None:
    """Write the list for the program's `version`; it holds no time, so it is reproducible."""
    own = {"type": "application", "name": "cht-offline-setup", "version": version}
    whole = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": own},
        "components": [_python(source), *map(_package, wheels)],
    }
    path.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")


def _python(source: Mapping[str, str]) -> dict[str, Any]:
    version = source["version"]
    return {
        "type": "platform",
        "name": "CPython",
        "version": version,
        "cpe": f"cpe:2.3:a:python:python:{version}:*:*:*:*:*:*:*",
        "purl": f"pkg:generic/cpython@{version}",
        "description": "embeddable package for 64-bit Windows, with OpenSSL and SQLite",
        "hashes": [{"alg": "SHA-256", "content": source["sha256"]}],
        "licenses": [{"license": {"id": "PSF-2.0"}}],
    }


def _package(wheel: Path) -> dict[str, Any]:
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        about = HeaderParser().parsestr(archive.read(name).decode("utf-8"))
    known = re.sub(r"[-_.]+", "-", about["Name"]).lower()  # PEP 503
    found = {
        "type": "library",
        "name": about["Name"],
        "version": about["Version"],
        "purl": f"pkg:pypi/{known}@{about['Version']}",
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(wheel.read_bytes()).hexdigest()}],
    }
    licence = about["License-Expression"]
    return {**found, "licenses": [{"expression": licence}]} if licence else found
