"""Files to take away: their names, and writing them."""

from __future__ import annotations

import contextlib
import errno
import re
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from wizard.agent import disk
from wizard.handover.model import Handover
from wizard.handover.words import FILES
from wizard.problem import UserError, Words

# What Windows does not allow in file names, and what hides or turns text in a file manager.
_UNFIT = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+')
LONGEST = 80  # characters of the site's name


class FileError(UserError):
    """A file could not be written."""

    words: ClassVar[Words] = FILES


_CODES = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EROFS: "read-only",
    errno.EACCES: "read-only",
    errno.EPERM: "read-only",
}


def file_name(what: str, handover: Handover, suffix: str) -> str:
    """Return a name for a file that says what it is, also weeks later and on Windows."""
    title = " ".join(_UNFIT.sub(" ", handover.title).split())[:LONGEST].strip(" .")
    return f"{what} - {title}{suffix}" if title else f"{what}{suffix}"


def write(path: Path, make: Callable[[Path], object]) -> Path:
    """Let `make` write a file and return its path; an older file stays whole if that fails.

    Raises FileError.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        make(part)
        disk.replace(str(part), str(path))
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        code = _CODES.get(error.errno or 0, "not-written")
        reason = error.strerror or type(error).__name__
        raise FileError(code, str(error), name=path.name, reason=reason) from error
    return path
