"""The texts that configuration files are made from, out of the package's resources."""

from __future__ import annotations

from functools import cache
from string import Template

from wizard.resource import resource


def render(name: str, **values: str) -> str:
    """Return the template of that name, filled in.

    A line that consists of one empty value alone disappears. Raises KeyError when a value is
    missing, FileNotFoundError when there is no such template.
    """
    lines: list[str] = []
    for line in _text(name).splitlines():
        filled = Template(line).substitute(values)
        if filled or not line:
            lines.append(filled)
    return "\n".join(lines).rstrip("\n") + "\n"


@cache
def _text(name: str) -> str:
    return resource("templates", name).read_text("utf-8")
