"""Reads an order as wire.Order writes it, and refuses what does not fit, before anything else."""

from __future__ import annotations

import re
from typing import Any, Dict, List

from .changes import Plain, StepError

_TEXT = (str,)
_MAYBE_TEXT = (str, type(None))
_NUMBER = (int, float)
_MAYBE_FLAG = (bool, type(None))

ORDER: Dict[str, Any] = {
    "id": _TEXT,
    "who": _TEXT,
    "changes": (list,),
    "confirm": (bool,),
    "seconds": (int,),
    "address": _TEXT,
    "address6": _TEXT,
    "prove": (bool,),
    "interface": _TEXT,
}
CHANGES: Dict[str, Dict[str, Any]] = {
    "packages": {"names": (list,), "replaces": (list,)},
    "file": {
        "path": _TEXT,
        "content": _MAYBE_TEXT,
        "before": _TEXT,
        "mode": (int,),
        "owner": _TEXT,
        "secret": (bool,),
        "check": _TEXT,
    },
    "service": {
        "unit": _TEXT,
        "enabled": _MAYBE_FLAG,
        "active": _MAYBE_TEXT,
        "masked": _MAYBE_FLAG,
    },
    "address": {"interface": _TEXT, "address": _TEXT},
    "network": {
        "manager": _TEXT,
        "renderer": _TEXT,
        "interface": _TEXT,
        "address": _TEXT,
        "address6": _TEXT,
        "profile": _TEXT,
        "old_profile": _TEXT,
        "port": _TEXT,
    },
    "ports": {
        "firewall": _TEXT,
        "ports": (list,),
        "interface": _TEXT,
        "zone": _TEXT,
        "close": (bool,),
    },
    "clock": {"offset": _NUMBER, "reference": _NUMBER, "boot_id": _TEXT},
    "certificate": {
        "target": _TEXT,
        "container": _TEXT,
        "web": _TEXT,
        "chain": _TEXT,
        "key": _TEXT,
        "source": _TEXT,
        "certificate_path": _TEXT,
        "key_path": _TEXT,
        "unit": _TEXT,
        "https_port": (int,),
        "domain": _TEXT,
        "leaf_sha256": _TEXT,
    },
    "radio": {
        "interface": _TEXT,
        "country": _TEXT,
        "bridge": _TEXT,
        "release": (bool,),
    },
}
SHORTEST, LONGEST = 10, 3600  # seconds to confirm


def check(order: Any) -> Plain:
    """Return the order; raises StepError "bad-order" naming the field, never its value."""
    if not isinstance(order, dict):
        raise StepError("bad-order", "not an object")
    _fields(order, ORDER, "order")
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}", order["id"]):
        raise StepError("bad-order", "order.id")
    if not SHORTEST <= order["seconds"] <= LONGEST:
        raise StepError("bad-order", "order.seconds")
    changes: List[Any] = order["changes"]
    for number, change in enumerate(changes):
        path = "order.changes[%d]" % number
        if not isinstance(change, dict) or change.get("kind") not in CHANGES:
            raise StepError("bad-order", path + ".kind")
        _fields(change, CHANGES[change["kind"]], path)
    return order


def _fields(value: Plain, fields: Dict[str, Any], path: str) -> None:
    for name, kinds in fields.items():
        given = value.get(name, fields)  # `fields` itself: no JSON value
        fits = isinstance(given, kinds) and not (isinstance(given, bool) and bool not in kinds)
        if not fits:
            raise StepError("bad-order", "%s.%s" % (path, name))
