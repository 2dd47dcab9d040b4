"""One worker at a time, told by the kernel: a lock that ends with the process that holds it."""

from __future__ import annotations

import json
import os
import time
from typing import Any, Dict, Optional

from . import disk


class Lock:
    """An exclusive lock on a file; the file tells who holds it.

    The kernel releases it when the holder dies, so there are no stale locks to judge.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._descriptor: Optional[int] = None

    def take(self, wait: float = 0.0, **holder: Any) -> bool:
        """Take the lock within `wait` seconds; True when it is ours."""
        disk.make_folder(os.path.dirname(self.path), 0o700)
        deadline = time.monotonic() + wait
        while True:
            descriptor = os.open(
                self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600
            )
            if _try(descriptor):
                self._descriptor = descriptor
                os.ftruncate(descriptor, 0)
                os.write(descriptor, json.dumps(dict(holder, pid=os.getpid())).encode())
                return True
            os.close(descriptor)
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.05)

    def release(self) -> None:
        """Give the lock back; nothing happens when it is not ours."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> Optional[Dict[str, Any]]:
        """Return who holds the lock now ({} when unreadable), or None when nobody does."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
        except OSError:
            return None
        try:
            if _try(descriptor):
                return None
            if os.name == "nt":  # a locked file cannot be read there
                return {}
            value = json.loads(os.read(descriptor, 65536).decode("utf-8", "replace"))
        except ValueError:
            return {}
        finally:
            os.close(descriptor)
        return value if isinstance(value, dict) else {}


def _try(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows: only the practice clinic runs there
        import msvcrt

        try:
            os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # beyond what is read and written
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
            os.lseek(descriptor, 0, os.SEEK_SET)
        except OSError:
            return False
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
