"""Runs the parts of the self-test one after the other, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from wizard.problem import tr
from wizard.selftest.model import FOLDER, PARTS, Part, Result, SelfTestError
from wizard.selftest.words import GOOD

LAST = 25  # lines of what a part said that are kept when it fails
_START = "import sys; sys.path.insert(0, {root!r}); from wizard.__main__ import main; "


def program() -> tuple[str, ...]:
    """Return how this very program is started again."""
    if getattr(sys, "frozen", False):
        return (sys.executable,)
    root = str(Path(__file__).resolve().parents[2])
    isolated = ("-I",) if sys.flags.isolated else ()
    return (sys.executable, *isolated, "-c", _START.format(root=root) + "sys.exit(main())")


def run(
    told: Callable[[Result], None],
    *,
    quick: bool = False,
    command: Sequence[str] | None = None,
    parts: Sequence[Part] = PARTS,
) -> tuple[Result, ...]:
    """Run the parts and return how each ended; `told` hears of each at once.

    `quick` leaves the long ones out. `command` is how the program is started, itself by default.
    """
    start = tuple(command or program())
    results = []
    for part in parts:
        if not (quick and part.long):
            results.append(_one(start, part))
            told(results[-1])
    return tuple(results)


def _one(start: tuple[str, ...], part: Part) -> Result:
    begun = time.monotonic()
    try:
        message, cure, detail = _ended(start, part)
    except SelfTestError as error:
        message, cure, detail = error.message, error.cure, error.detail
    seconds = round(time.monotonic() - begun, 2)
    return Result(part.code, not cure, message, cure, detail, seconds)


def _ended(start: tuple[str, ...], part: Part) -> tuple[str, str, str]:
    """Run a part; return message, cure and detail, without a cure when all is well."""
    # Windows may hold a file for a moment longer.
    with tempfile.TemporaryDirectory(prefix="cht-self-test-", ignore_cleanup_errors=True) as folder:
        words = [folder if word == FOLDER else word for word in part.command]
        try:
            ended = subprocess.run(
                [*start, *words],
                input=b"",
                capture_output=True,
                timeout=part.seconds,
                check=False,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except subprocess.TimeoutExpired as late:
            detail = _last(late.stdout, late.stderr)
            raise SelfTestError("slow", detail, part=part.code, seconds=part.seconds) from None
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise SelfTestError("not-started", part=part.code, reason=reason) from None
        pages = len(list(Path(folder).glob("light/*.png")))
    said = _said(ended.stdout)
    wrong = said.get("error")
    if isinstance(wrong, dict) and wrong.get("code") in SelfTestError.words:
        return str(wrong["message"]), str(wrong["cure"]), str(wrong.get("detail", ""))
    if ended.returncode:
        detail = f"exit code {ended.returncode}\n{_last(ended.stdout, ended.stderr)}"
        code = part.code if part.code in ("window", "practice", "tour") else "crashed"
        raise SelfTestError(code, detail, part=part.code)
    arguments = {**said, "pages": pages, "steps": len(said.get("steps", ()))}
    return tr(GOOD[part.code]).format(**arguments), "", ""


def _said(output: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(output.decode("utf-8", "replace"))
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _last(*outputs: bytes | None) -> str:
    return "\n".join(_lines(outputs))


def _lines(outputs: Sequence[bytes | None]) -> Iterator[str]:
    for output in outputs:
        yield from (output or b"").decode("utf-8", "replace").splitlines()[-LAST:]
