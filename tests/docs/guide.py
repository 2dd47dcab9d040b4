"""Fills the parts of docs/user-guide.md that the program says too: help texts, practice.

`python -m tests.docs.guide` prints what is stale as a diff and ends with 1 if anything is; with
`--write` it writes the page.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from tests.docs import blocks
from wizard.practice.words import CERTIFICATES, SCENARIOS
from wizard.site.flow import Step

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "user-guide.md"
HELP = ROOT / "resources" / "help"
TOPICS = ("start", *(step.value for step in Step))


def section(topic: str) -> str:
    """Return a help text without its title, its headings three levels lower."""
    _, _, text = (HELP / f"{topic}.md").read_text("utf-8").partition("\n")
    return text.strip().replace("\n## ", "\n#### ") + "\n"


def _scenarios() -> str:
    return "".join(f"- **{each.name}.** {each.story}\n" for each in SCENARIOS.values())


def _certificates() -> str:
    return "".join(f"- {text}\n" for text in CERTIFICATES.values())


BLOCKS: blocks.Blocks = {
    "scenarios": _scenarios,
    "practice-certificates": _certificates,
    **{f"help-{topic}": partial(section, topic) for topic in TOPICS},
}


if __name__ == "__main__":
    sys.exit(blocks.run(PAGE, BLOCKS, sys.argv[1:]))
