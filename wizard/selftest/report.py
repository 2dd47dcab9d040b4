"""The self-test's report, to be shown, saved or sent; it holds no secret."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from wizard import __version__
from wizard.problem import tr
from wizard.selftest.model import PARTS, Result
from wizard.selftest.words import SUMS


def about() -> str:
    """Return program, Python and system in one line."""
    python = ".".join(map(str, sys.version_info[:3]))
    form = "installed" if packed() else "from its sources"
    return f"CHT Offline Setup {__version__} ({form}), Python {python}, {_system()}"


def packed() -> bool:
    """Whether this is a program that was packed for installing."""
    return bool(getattr(sys, "frozen", False)) or sys.flags.isolated == 1


def _system() -> str:
    # Not `platform`: it starts other programs for what is at hand here.
    if sys.platform == "win32":
        version = sys.getwindowsversion()
        return f"Windows {version.major}.{version.minor}.{version.build}"
    system = os.uname()
    return f"{system.sysname} {system.release} {system.machine}"


def sums(results: Sequence[Result]) -> tuple[str, ...]:
    """Return the lines at the end."""
    failed = sum(not result.passed for result in results)
    lines = [tr(SUMS["failed" if failed else "good"]).format(failed=failed, all=len(results))]
    out = [part.code for part in PARTS if part.code not in {result.code for result in results}]
    if out:
        lines.append(tr(SUMS["short"]).format(names=", ".join(out)))
    return tuple(lines)


def text(results: Sequence[Result]) -> str:
    """Return the report as text, with what the parts said about their failures."""
    lines = [about(), ""]
    for result in results:
        mark = "passed" if result.passed else "FAILED"
        lines.append(f"{mark}  {result.code}: {result.message} ({result.seconds:.1f} s)")
        if not result.passed:
            more = [result.cure, *result.detail.splitlines()]
            lines.extend(f"        {line}" for line in more if line.strip())
    return "\n".join([*lines, "", *sums(results), ""])


def plain(results: Sequence[Result]) -> Mapping[str, Any]:
    """Return the JSON form of the report."""
    return {
        "about": about(),
        "passed": all(result.passed for result in results),
        "parts": [result.plain() for result in results],
    }
