"""Parts of a page that are made from the program, between `<!-- begin NAME -->` and `end`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

BLOCK = re.compile(
    r"(?P<begin><!-- begin (?P<name>[a-z_-]+) -->\n).*?(?P<end><!-- end (?P=name) -->)", re.DOTALL
)
Blocks = Mapping[str, Callable[[], str]]


def filled(page: str, blocks: Blocks) -> str:
    """Return the page with every block made anew. Raises KeyError for a block of no known name."""

    def block(found: re.Match[str]) -> str:
        return f"{found['begin']}\n{blocks[found['name']]()}\n{found['end']}"

    return BLOCK.sub(block, page)


def stale(page: str, blocks: Blocks) -> str:
    """Return the difference between a page and what it should be; "" when it is current."""
    lines = difflib.unified_diff(
        page.splitlines(), filled(page, blocks).splitlines(), "kept", "new", lineterm=""
    )
    return "\n".join(lines)


def run(path: Path, blocks: Blocks, arguments: Sequence[str]) -> int:
    """Print what is stale and return 1 if anything is; with `--write`, write it."""
    page = path.read_text("utf-8")
    if "--write" in arguments:
        path.write_text(filled(page, blocks), "utf-8")
        return 0
    if difference := stale(page, blocks):
        print(difference)
    return 1 if difference else 0
