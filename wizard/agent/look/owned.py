"""The files that the program wrote earlier: what it wrote against what is there."""

from __future__ import annotations

import json
from typing import Any, Dict, List

from .. import names
from ..digest import sha256
from ..host import Host

LIST = names.STATE + "/owned.json"  # {path: {"written": sha256, "secret": bool}}
TEXT_LIMIT = 1 << 18


def owned(host: Host) -> List[Dict[str, Any]]:
    """Return wire.Owned of every file on the list. Raises ValueError when the list is broken."""
    listed = json.loads(host.read(LIST) or "{}")
    if not isinstance(listed, dict):
        raise ValueError("%s is not a table" % LIST)
    found = []
    for path in sorted(listed):
        entry = listed[path]
        data = host.read_bytes(path)
        text = "" if data is None or entry.get("secret") else data.decode("utf-8", "replace")
        found.append(
            {
                "path": path,
                "written": str(entry.get("written", "")),
                "present": "" if data is None else sha256(data),
                "text": text[:TEXT_LIMIT],
            }
        )
    return found
