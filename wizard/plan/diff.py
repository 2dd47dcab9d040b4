"""The difference between a file as it is and as it shall be, for people."""

from __future__ import annotations

import difflib

HIDDEN = "(hidden)"


def unified(path: str, before: str, after: str | None, *, existed: bool, secret: bool) -> str:
    """Return a unified diff; `after` None removes the file. Secret content is not shown."""
    old = _lines(before, secret) if existed else []
    new = [] if after is None else _lines(after, secret)
    old_name = path if existed else "/dev/null"
    new_name = "/dev/null" if after is None else path
    return "\n".join(difflib.unified_diff(old, new, old_name, new_name, lineterm=""))


def _lines(text: str, secret: bool) -> list[str]:
    return [HIDDEN] if secret else text.splitlines()
