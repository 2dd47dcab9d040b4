"""Writes YAML: just enough for netplan's documents, and in one way only."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# YAML 1.1 reads yes, no, on, off, null and numbers (even 12:34, in base 60) out of bare words, so
# only what cannot be mistaken for them stays bare.
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_RESERVED = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "inf", "nan"}


def emit(value: Mapping[str, Any]) -> str:
    """Return a mapping of mappings, lists, strings, numbers, booleans and None as block YAML."""
    return "".join(line + "\n" for line in _mapping(value, ""))


def _mapping(value: Mapping[str, Any], indent: str) -> list[str]:
    lines: list[str] = []
    for key, item in value.items():
        lines += _entry(f"{indent}{_scalar(str(key))}:", item, indent + "  ")
    return lines


def _list(value: list[Any] | tuple[Any, ...], indent: str) -> list[str]:
    lines: list[str] = []
    for item in value:
        if isinstance(item, Mapping) and item:
            block = _mapping(item, indent + "  ")
            lines += [f"{indent}- {block[0].strip()}", *block[1:]]
        else:
            lines += _entry(f"{indent}-", item, indent + "  ")
    return lines


def _entry(head: str, item: Any, indent: str) -> list[str]:
    if isinstance(item, Mapping) and item:
        return [head, *_mapping(item, indent)]
    if isinstance(item, (list, tuple)) and item:
        return [head, *_list(item, indent)]
    return [f"{head} {_scalar(item)}"]


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, (list, tuple)):
        return "[]"
    text = str(value)
    if _BARE.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    return json.dumps(text)
