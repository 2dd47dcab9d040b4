"""The journal of one transaction: what is about to be done, written down before it is done."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, List, Optional

from . import disk


class Journal:
    """Records and before-images in the folder of one transaction.

    A record is one JSON line, durable before `append` returns. {"begin": 3, "kind": "file",
    "before": {...}} says that step 3 may have been done, in part or in full; {"done": 3,
    "after": {...}} that it was. A line torn by a power cut is ignored: its act was not begun.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.path = os.path.join(folder, "journal.jsonl")
        self.images = os.path.join(folder, "before")

    def append(self, record: Dict[str, Any]) -> None:
        """Write one record and make it durable. Raises OSError."""
        new = not os.path.exists(self.path)
        with open(self.path, "ab+") as stream:
            if hasattr(os, "fchmod"):
                os.fchmod(stream.fileno(), 0o600)
            size = stream.seek(0, os.SEEK_END)
            if size:
                stream.seek(size - 1)
                if stream.read(1) != b"\n":  # a torn line: keep it from spoiling this one
                    stream.write(b"\n")
            stream.write(json.dumps(record, sort_keys=True).encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        if new:
            disk.sync_folder(self.folder)

    def records(self) -> List[Dict[str, Any]]:
        """Return all whole records, oldest first."""
        found: List[Dict[str, Any]] = []
        try:
            with open(self.path, "rb") as stream:
                lines = stream.read().split(b"\n")
        except OSError:
            return found
        for line in lines:
            try:
                record = json.loads(line.decode("utf-8"))
            except ValueError:
                continue
            if isinstance(record, dict):
                found.append(record)
        return found

    def begun(self) -> List[Dict[str, Any]]:
        """Return the "begin" records, oldest first."""
        return [r for r in self.records() if "begin" in r]

    def done(self) -> Dict[int, Dict[str, Any]]:
        """Return step index -> what its act reported, for every finished step."""
        return {r["done"]: r.get("after") or {} for r in self.records() if "done" in r}

    def keep(self, name: str, data: bytes) -> str:
        """Keep a before-image, durable, and return its name. Raises OSError."""
        disk.make_folder(self.images, 0o700)
        disk.land(os.path.join(self.images, name), data, 0o600)
        return name

    def kept(self, name: str) -> Optional[bytes]:
        """Return a before-image, or None when there is none of that name."""
        try:
            with open(os.path.join(self.images, name), "rb") as stream:
                return stream.read()
        except OSError:
            return None
