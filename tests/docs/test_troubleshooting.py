"""docs/troubleshooting.md says what the program says, all of it."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import wizard
from tests.docs import blocks, troubleshooting
from wizard.check.words import SENTENCES
from wizard.problem import UserError
from wizard.site.passphrase import flaw

ROOT = troubleshooting.PAGE.parents[1]

# Tables of pairs that are no sentences for users, and those whose codes appear with a prefix.
OTHER_PAIRS = {
    "wizard.console.MARKS",
    "wizard.openwrt.plan.SECURITY",
    "wizard.practice.host.MANAGERS",
}
PREFIXED = {"wizard.site.words.NAME_FLAWS": ("domain_", "name_")}


def page() -> str:
    return troubleshooting.PAGE.read_text("utf-8")


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(wizard.__path__, "wizard."):
        if not found.name.endswith("__main__") and not found.name.startswith("wizard.gui"):
            yield importlib.import_module(found.name)


def tables() -> Iterator[tuple[str, dict[str, tuple[str, str]]]]:
    """Every table "code -> (message, cure)" of the program, found by its form."""
    for module in modules():
        for name, value in vars(module).items():
            pairs = isinstance(value, dict) and value and all(map(_is_pair, value.values()))
            if pairs and f"{module.__name__}.{name}" not in OTHER_PAIRS:
                yield f"{module.__name__}.{name}", value


def _is_pair(value: object) -> bool:
    return type(value) is tuple and len(value) == 2 and all(isinstance(part, str) for part in value)


def test_the_page_is_current() -> None:
    stale = blocks.stale(page(), troubleshooting.BLOCKS)
    assert not stale, f"{stale}\npython -m tests.docs.troubleshooting --write"


def test_every_table_has_its_place_on_the_page() -> None:
    found = [each["name"] for each in blocks.BLOCK.finditer(page())]
    assert sorted(found) == sorted(troubleshooting.BLOCKS)


def test_every_code_of_the_program_is_on_the_page() -> None:
    text = page()
    missing = [
        f"{table}: {code}"
        for table, codes in tables()
        for code in codes
        for prefix in PREFIXED.get(table, ("",))
        if _absent(f"{prefix}{code}", text)
    ]
    assert not missing


def test_every_error_for_users_is_on_the_page() -> None:
    text = page()
    assert list(modules())
    families = list(_families(UserError))
    assert len(families) >= 6
    missing = [f"{f.__name__}: {code}" for f in families for code in f.words if _absent(code, text)]
    assert not missing


def _families(family: type[UserError]) -> Iterator[type[UserError]]:
    for each in family.__subclasses__():
        if each.__module__.startswith("wizard."):
            yield each
            yield from _families(each)


def test_every_problem_of_the_window_is_on_the_page() -> None:
    text, found = page(), []
    for path in (ROOT / "wizard" / "gui").rglob("*.py"):
        for call in _calls(path, {"Problem"}):
            code = call.args[0]
            if isinstance(code, ast.Constant):
                found.append(str(code.value))
            elif isinstance(code, ast.JoinedStr):  # its end is what `flaw` found
                assert isinstance(code.values[0], ast.Constant)
                begin = str(code.values[0].value)
                found += [begin + flaw(bad) for bad in ("short", "x" * 64, "é")]
    assert len(found) > 6
    assert [code for code in found if _absent(code, text)] == []


def test_every_refusal_of_the_command_line_is_on_the_page() -> None:
    text, found = page(), []
    for path in (ROOT / "wizard" / "cli.py", ROOT / "wizard" / "practice" / "rehearse.py"):
        for call in _calls(path, {"Stop", "error"}):
            parts = [n for n in ast.walk(call.args[0]) if isinstance(n, ast.Constant)]
            longest = max((str(part.value) for part in parts), key=len, default="")
            # Others take their words from a table.
            found += [longest.strip(" :.(")] if " " in longest.strip() else []
    assert len(found) > 8
    assert [said for said in found if said not in text] == []


def _calls(path: Path, names: set[str]) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in names:
                yield node


def _absent(code: str, text: str) -> bool:
    return f"`{code}`" not in text


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_every_outcome_of_a_check_is_in_its_section(code: str) -> None:
    if code == "*":
        section = page().split("### Any check\n")[1].split("\n### ")[0]
    else:
        section = page().split(f" (`{code}`)\n")[1].split("\n### ")[0]
    assert [v for v in SENTENCES[code] if f"`{v}`" not in section] == []


def test_a_changed_sentence_is_noticed() -> None:
    changed = page().replace("Nobody answered the question", "Hm")
    assert "-| `" in blocks.stale(changed, troubleshooting.BLOCKS)


def test_signs_that_tables_cannot_hold() -> None:
    assert troubleshooting.cell("{a:g} | <b> *c*") == r"‹a› \| &lt;b> \*c\*"
