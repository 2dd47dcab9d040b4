"""What README.md and the pages in docs/ name is really there: links, commands, targets, paths."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from wizard.agent import names
from wizard.check import CHECKS
from wizard.cli import parser

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")], key=lambda p: p.name)
PROGRAM = "cht-offline-setup"
OURS = {v for v in vars(names).values() if isinstance(v, str) and "cht-offline" in v}
# A path in these pages lies on a server, in a container, or behind its web server.
SERVER = re.compile(
    r"/(etc|usr|var|srv|run|proc|boot|dev|home/ubuntu/cht|setup/poll|api|_utils)(/|$)"
)

FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def fences(page: Path) -> list[str]:
    return FENCE.findall(page.read_text("utf-8"))


def spans(page: Path) -> list[str]:
    return SPAN.findall(FENCE.sub("", page.read_text("utf-8")))


def lines(page: Path) -> Iterator[str]:
    """Every line of code, continued ones joined; in a span it is the span."""
    for block in fences(page):
        yield from block.replace("\\\n", " ").splitlines()
    yield from spans(page)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = FENCE.sub("", page.read_text("utf-8"))
    plain = (re.sub(r"[^\w\- ]", "", h.lower()) for h in HEADING.findall(text))
    return {heading.strip().replace(" ", "-") for heading in plain}


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        found = there.is_relative_to(ROOT) and there.exists()
        if not found or (anchor and anchor not in anchors(there)):
            broken.append(target)
    assert not broken


@every_page
def test_shown_commands_are_understood(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line in commands(page):
        arguments = shlex.split(line.partition(" > ")[0], comments=True)
        try:
            parser().parse_args(arguments)
        except SystemExit:
            pytest.fail(f"{line}\n{capsys.readouterr().err}")


def commands(page: Path) -> Iterator[str]:
    for line in lines(page):
        command = line.strip().removeprefix("$ ")
        if command.startswith(f"{PROGRAM} ") and not command.startswith(f"{PROGRAM} begin"):
            words = command.removeprefix(f"{PROGRAM} ")
            if words != "end":  # a mark in a configuration file
                yield words
    # README has a table of commands without the program's name in front.
    if page.name == "README.md":
        rows = page.read_text("utf-8").split("| command | does |\n")[1].split("\n\n")[0]
        yield from (row.replace("...", "") for row in re.findall(r"^\| `([^`]+)`", rows, re.M))


def test_commands_are_shown_at_all() -> None:
    shown = {words.split()[0] for page in PAGES for words in commands(page)}
    assert {"inspect", "find", "facts", "plan", "apply", "renew", "check"} <= shown
    assert {"rollback", "uninstall"} <= shown


@every_page
def test_make_targets_exist(page: Path) -> None:
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {m for line in lines(page) for m in re.findall(r"^\s*make ([a-z-]+)\b", line)}
    assert named <= known


def test_every_make_target_is_explained() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[0].split()
    told = (ROOT / "docs" / "contributing.md").read_text("utf-8")
    unnamed = set(phony) - {"types"}  # nobody makes it: a leftover in the list
    assert [t for t in sorted(unnamed) if f"`make {t}`" not in told] == []


@every_page
def test_paths_of_ours_are_those_of_the_program(page: Path) -> None:
    rooms = (ROOT / "wizard" / room for room in ("agent", "plan"))
    source = "".join(p.read_text("utf-8") for room in rooms for p in room.rglob("*.py"))
    unknown = []
    for line in lines(page):
        for path in re.findall(r"/(?:etc|usr|var)/[\w./-]*cht-offline[\w./*-]*", line):
            whole = path.rstrip("/")
            base = max((o for o in OURS if whole.startswith(o)), key=len, default="")
            rest = [p for p in whole[len(base) :].split("/") if p and "*" not in p]
            # What lies below a folder of ours has to be a name that the program really uses.
            if not base or any(part not in source for part in rest):
                unknown.append(path)
        for unit in re.findall(r"cht-offline-[\w-]+\.service", line):
            if unit not in {o.rpartition("/")[2] for o in OURS}:
                unknown.append(unit)
    assert not unknown


@pytest.mark.parametrize("name", ["architecture.md", "server-changes.md"])
@pytest.mark.parametrize("path", sorted(OURS))
def test_every_path_of_ours_is_documented(path: str, name: str) -> None:
    text = (ROOT / "docs" / name).read_text("utf-8")
    assert f"`{path}`" in text


@every_page
def test_other_paths_could_be_on_any_server(page: Path) -> None:
    strange = [
        path
        for line in lines(page)
        for path in re.findall(r"(?<![\w.:/<>*=)~%-])/[\w.-]+(?:/[\w.*-]+)+", line)
        if not SERVER.match(path)
    ]
    assert not strange


@every_page
def test_nothing_of_this_machine(page: Path) -> None:
    text = page.read_text("utf-8")
    assert str(ROOT) not in text
    assert not re.search(rf"{re.escape(str(Path.home()))}/", text)


@every_page
def test_named_files_of_the_checkout_exist(page: Path) -> None:
    named = [
        path
        for line in spans(page)
        for path in re.findall(r"^(?:wizard|tests|docs|resources|packaging)/[\w./-]*$", line)
    ]
    assert [p for p in named if not (ROOT / p).exists()] == []


@every_page
def test_named_modules_exist(page: Path) -> None:
    missing = []
    for line in spans(page):
        for dotted in re.findall(r"\b((?:wizard|tests)(?:\.[a-z_]+)+)\b", line):
            parts = dotted.split(".")
            # The last part may be a function of the module.
            tries = [ROOT.joinpath(*parts[: len(parts) - cut]) for cut in (0, 1)]
            if not any(t.is_dir() or t.with_suffix(".py").exists() for t in tries[:2]):
                missing.append(dotted)
    assert not missing


def test_the_import_rules_are_those_that_are_held() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    told = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    contracts = [c["name"] for c in settings["tool"]["importlinter"]["contracts"]]
    rows = told.split("| Contract | What it means |\n")[1].split("\n\n")[0]
    assert re.findall(r"^\| ([A-Z][^|]+?) \|", rows, re.MULTILINE) == contracts


def test_the_number_of_checks_is_right() -> None:
    assert f"\n{len(CHECKS)} checks," in (ROOT / "docs" / "architecture.md").read_text("utf-8")


def test_every_topic_of_readiness_has_its_place_on_the_sheet() -> None:
    from wizard.site.readiness import TOPICS

    sheet = (ROOT / "docs" / "planning-sheet.md").read_text("utf-8")
    found = re.findall(r"^## .+ \(`([a-z_]+)`\)$", sheet, re.MULTILINE)
    assert sorted(found) == sorted(TOPICS)
