"""Keeps the laptop from falling asleep while a change is under way; nice to have, never needed."""

from __future__ import annotations

import contextlib
import ctypes
import shutil
import subprocess
import sys
from collections.abc import Iterator

_CONTINUOUS, _SYSTEM_REQUIRED = 0x80000000, 0x00000001


@contextlib.contextmanager
def awake(why: str) -> Iterator[bool]:
    """Hold off sleep inside the block; yields whether that was possible.

    On Windows it holds for the calling thread (SetThreadExecutionState), on Linux through a
    systemd-inhibit process that ends with this program whatever happens to it.
    """
    if sys.platform == "win32":
        state = ctypes.WinDLL("kernel32").SetThreadExecutionState
        state.argtypes, state.restype = [ctypes.c_uint32], ctypes.c_uint32
        held = bool(state(_CONTINUOUS | _SYSTEM_REQUIRED))
        try:
            yield held
        finally:
            state(_CONTINUOUS)
        return
    process = _inhibit(why)
    try:
        yield process is not None and process.poll() is None
    finally:
        if process is not None:
            _end(process)


def _inhibit(why: str) -> subprocess.Popen[bytes] | None:
    command = shutil.which("systemd-inhibit")
    if command is None:
        return None
    # cat ends when this program's end of the pipe does, a crash included.
    argv = [command, "--what=sleep:idle", "--who=CHT Offline Setup", f"--why={why}", "cat"]
    try:
        return subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except OSError:
        return None


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    try:
        process.wait(3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
