"""The command line, the window's help and the pages say the same in the same words."""

from __future__ import annotations

import pytest

from tests.docs import blocks, guide, tables
from wizard.cli import parser
from wizard.site.tasks import TASKS

# task -> its command, and the help of the page where the window does it
SAID = {
    "setup": ("apply", "start"),
    "renew": ("renew", "start"),
    "check": ("check", "start"),
    "watch": ("watch", "live_check"),
    "practise": ("practice", "start"),
    "request": ("request", "certificate"),
    "readiness": ("readiness", "readiness"),
}


@pytest.mark.parametrize("name", sorted(tables.PAGES))
def test_the_page_is_current(name: str) -> None:
    page = (tables.DOCS / name).read_text("utf-8")
    found = [each["name"] for each in blocks.BLOCK.finditer(page)]
    assert sorted(found) == sorted(tables.PAGES[name])
    stale = blocks.stale(page, tables.PAGES[name])
    assert not stale, f"{stale}\npython -m tests.docs.tables --write"


@pytest.mark.parametrize("task", sorted(TASKS))
def test_a_task_is_told_in_the_same_words_everywhere(task: str) -> None:
    command, topic = SAID[task]
    assert TASKS[task] in " ".join(parser().format_help().split())
    assert f"### {command}\n\n{TASKS[task]}\n" in (tables.DOCS / "command-line.md").read_text(
        "utf-8"
    )
    # In a sentence of the help its first word may be another: "It tells", "Let".
    _, _, rest = TASKS[task].partition(" ")
    assert rest.rstrip(".") in (guide.HELP / f"{topic}.md").read_text("utf-8")


def test_every_command_and_option_is_told() -> None:
    page = (tables.DOCS / "command-line.md").read_text("utf-8")
    for name, one in tables._commands().items():
        assert f"\n### {name}\n" in page
        for option, meaning in tables._options(one).items():
            assert meaning, f"{name} {option} has no help"
            assert f"| `{option}` | {meaning} |" in page


def test_roots_are_told_by_the_lists_of_the_program() -> None:
    rows = tables.old_roots()
    assert "| ISRG Root X1 | Let's Encrypt | 7.1.1 |" in rows
    assert len(rows.splitlines()) == 2 + len(tables.ROOTS)
