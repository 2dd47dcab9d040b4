"""OpenWrt's settings as `uci export` prints them, read into sections; and words for `uci batch`.

Source: https://openwrt.org/docs/guide-user/base-system/uci
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Section:
    """One section; `path` is how `uci` names it: network.lan, network.@device[0]."""

    path: str
    kind: str
    name: str  # "" = anonymous
    options: Mapping[str, str | tuple[str, ...]] = field(repr=False)  # may hold a passphrase

    def text(self, key: str) -> str:
        """Return an option's value; a list's values joined by blanks."""
        value = self.options.get(key, "")
        return value if isinstance(value, str) else " ".join(value)

    def words(self, key: str) -> tuple[str, ...]:
        """Return the values of a list, or of an option that holds several."""
        return tuple(self.text(key).split())


class Settings:
    """All sections of some packages."""

    def __init__(self, sections: tuple[Section, ...]) -> None:
        self.sections = sections

    def of(self, package: str, kind: str) -> tuple[Section, ...]:
        """Return a package's sections of one kind, in order."""
        return tuple(
            s for s in self.sections if s.path.startswith(f"{package}.") and s.kind == kind
        )

    def named(self, path: str) -> Section | None:
        """Return the section of that path."""
        return next((s for s in self.sections if s.path == path), None)


def parse(text: str) -> Settings:
    """Read what `uci export` printed. Raises ValueError naming the line, never its content."""
    package, sections = "", list[Section]()
    counts: dict[tuple[str, str], int] = {}
    options: dict[str, str | tuple[str, ...]] = {}
    pending = ""
    for number, line in enumerate(text.splitlines(), 1):
        pending = f"{pending}\n{line}" if pending else line
        try:
            words = shlex.split(pending)
        except ValueError:  # a value that goes on in the next line
            continue
        pending = ""
        if not words:
            continue
        if words[0] == "package" and len(words) == 2:
            package = words[1]
        elif words[0] == "config" and len(words) in (2, 3) and package:
            kind, name = words[1], words[2] if len(words) == 3 else ""
            index = counts.get((package, kind), 0)
            counts[package, kind] = index + 1
            options = {}
            path = f"{package}.{name}" if name else f"{package}.@{kind}[{index}]"
            sections.append(Section(path, kind, name, options))
        elif words[0] in ("option", "list") and len(words) == 3 and sections:
            key, value = words[1:]
            before = options.get(key, ())
            options[key] = value if words[0] == "option" else (*_tuple(before), value)
        else:
            raise ValueError(f"line {number}")
    if pending:
        raise ValueError("the end")
    return Settings(tuple(sections))


def _tuple(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def quoted(value: str) -> str:
    """Return a value as `uci batch` reads it."""
    return "'" + value.replace("'", "'\\''") + "'"
