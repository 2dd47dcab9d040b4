#!/usr/bin/python3
"""uci(8) as far as it is used here, on real files: export, batch, changes, commit, revert.

Staged changes lie in /etc/.uci (/tmp/.uci on the device). What is not there is told as uci does.
With a file /etc/full there is room for one package, then for no other.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from typing import Any

CONFIG, STAGED = "/etc/config/", "/etc/.uci/"
PACKAGES = ("network", "wireless", "dhcp", "firewall")


def load(package: str) -> list[Any]:
    staged = STAGED + package
    with open(staged if os.path.exists(staged) else CONFIG + package) as stream:
        text = stream.read()
    sections: list[Any] = []
    for line in text.splitlines():
        words = shlex.split(line)
        if words and words[0] == "config":
            sections.append([words[1], words[2] if len(words) > 2 else "", {}])
        elif words and words[0] == "option":
            sections[-1][2][words[1]] = words[2]
        elif words and words[0] == "list":
            sections[-1][2].setdefault(words[1], []).append(words[2])
    return sections


def quote(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"


def dump(sections: list[Any]) -> str:
    lines = []
    for kind, name, options in sections:
        lines.append("\nconfig " + kind + (" " + quote(name) if name else ""))
        for key, value in options.items():
            if isinstance(value, list):
                lines += [f"\tlist {key} {quote(one)}" for one in value]
            else:
                lines.append(f"\toption {key} {quote(value)}")
    return "\n".join(lines) + "\n"


def stage(package: str, sections: list[Any]) -> None:
    os.makedirs(STAGED, exist_ok=True)
    with open(STAGED + package, "w") as stream:
        stream.write(dump(sections))


def find(sections: list[Any], name: str) -> Any:
    match = re.fullmatch(r"@(\S+)\[(\d+)\]", name)
    if match:
        there = [s for s in sections if s[0] == match.group(1)]
        return there[int(match.group(2))] if int(match.group(2)) < len(there) else None
    return next((s for s in sections if s[1] == name), None)


def batch() -> int:
    bad = 0
    for line in sys.stdin:
        words = shlex.split(line)
        if not words:
            continue
        verb, rest = words[0], words[1]
        where, _, value = rest.partition("=")
        parts = where.split(".")
        sections = load(parts[0])
        section = find(sections, parts[1])
        if verb == "set" and len(parts) == 2 and section is None:
            sections.append([value, parts[1], {}])
        elif section is None or (
            verb == "delete" and len(parts) == 3 and parts[2] not in section[2]
        ):
            print("uci: Entry not found", file=sys.stderr)
            bad = 1
        elif verb == "set" and value:
            section[2][parts[2]] = value
        elif verb == "add_list":
            section[2].setdefault(parts[2], []).append(value)
        elif verb == "delete" and len(parts) == 2:
            sections.remove(section)
        elif verb == "delete":
            del section[2][parts[2]]
        else:
            print("uci: Invalid argument", file=sys.stderr)
            bad = 1
        stage(parts[0], sections)
    return bad


def main() -> int:
    words = [w for w in sys.argv[1:] if w != "-q"]
    staged = os.listdir(STAGED) if os.path.isdir(STAGED) else []
    if words[0] == "export":
        if not os.path.exists(CONFIG + words[1]):
            return 1
        print("package " + words[1] + "\n" + dump(load(words[1])))
    elif words[0] == "batch":
        return batch()
    elif words[0] == "changes":
        print("\n".join(staged), end="")
    elif words[0] == "commit":
        for number, package in enumerate(sorted(staged)):
            if number and os.path.exists("/etc/full"):
                print("uci: I/O error", file=sys.stderr)
                return 1
            os.replace(STAGED + package, CONFIG + package)
    elif words[0] == "revert":
        if words[1] in staged:
            os.remove(STAGED + words[1])
    else:
        return 1
    return 0


sys.exit(main())
