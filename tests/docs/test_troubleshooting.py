"""docs/troubleshooting.md says what the program says, all of it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

import wizard
from tests.docs import blocks, troubleshooting
from wizard.check.words import SENTENCES
from wizard.problem import UserError

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
