"""The user guide and the help say what the window says, and show what it looks like."""

from __future__ import annotations

import ast
import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from tests.docs import blocks, guide, screenshots
from tests.docs.test_pages import PAGES
from wizard.gui.app import application
from wizard.gui.desk import Desk
from wizard.gui.log import FILE as LOG
from wizard.gui.settings import FILE as SETTINGS
from wizard.gui.step_list import StepList
from wizard.laptop.folders import config_folder, data_folder, log_folder
from wizard.site.flow import WALKS, Step

ROOT = guide.ROOT
MOST, MOST_EACH = 1_500_000, 60_000  # bytes of all pictures of the window, and of one
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)|(?:src|srcset)=\"([^\"]+)\"")
BOLD = re.compile(r"\*\*([^*]+)\*\*")
# Headings of help texts that are no text of the window
OWN = {"words"}


def text() -> str:
    return guide.PAGE.read_text("utf-8")


def test_the_guide_is_current() -> None:
    stale = blocks.stale(text(), guide.BLOCKS)
    assert not stale, f"{stale}\npython -m tests.docs.guide --write"


def test_every_help_text_has_its_place_in_the_guide() -> None:
    found = [each["name"] for each in blocks.BLOCK.finditer(text())]
    assert sorted(found) == sorted(guide.BLOCKS)
    assert sorted(p.stem for p in guide.HELP.glob("*.md")) == sorted(guide.TOPICS)


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StepList]:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    application()
    desk = Desk(tmp_path)
    yield StepList(desk)
    desk.close()


def test_the_guide_names_every_page(steps: StepList) -> None:
    headings = re.findall(r"^### (.+)$", text(), re.MULTILINE)
    assert headings == ["The first page", *(steps.name(step) for step in Step)]


def test_the_walks_are_those_of_the_window(steps: StepList) -> None:
    for walk in WALKS.values():
        assert " → ".join(map(steps.name, walk)) in text()


def said() -> Iterator[str]:
    """Every text of the window, and of the tables of the rooms below it."""
    for path in (ROOT / "wizard").rglob("*.py"):
        if "agent" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield _plain(node.value)


def test_pages_that_sentences_name_are_there(steps: StepList) -> None:
    """“on the page DNS and DHCP”: the name of a step, and nothing behind it that makes another."""
    names = "|".join(re.escape(steps.name(step)) for step in Step)
    sentences = runpy.run_path(str(ROOT / "packaging" / "translations.py"))["sentences"]()
    ends = [end for text in sentences for end in re.findall(r"\bpage ([A-Z].*)", text, re.DOTALL)]
    assert len(ends) > 5
    fits = re.compile(rf"(?:{names})(?:$|[.,;:)]| and | or )")
    assert [end for end in ends if not fits.match(end)] == []


def _plain(text: str) -> str:
    return text.replace("&", "").rstrip(".:…").casefold()


def test_what_is_bold_in_the_help_stands_in_the_window() -> None:
    """Whoever reads the name of a button has to find it; more may follow on the button."""
    texts = tuple(set(said()))
    unknown = [
        f"{topic}: {bold}"
        for topic in guide.TOPICS
        for bold in BOLD.findall(guide.section(topic))
        if (plain := _plain(bold)) not in OWN and not any(t.startswith(plain) for t in texts)
    ]
    assert not unknown


def test_faults_of_the_window_are_quoted_as_it_says_them() -> None:
    page = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
    section = page.split("## The window itself\n")[1].split("\n## ")[0]
    texts = tuple(set(said()))
    quotes = re.findall(r"“([^”]+)”", section)
    assert len(quotes) > 5
    assert [q for q in quotes if not any(t.startswith(_plain(q)) for t in texts)] == []


@pytest.mark.parametrize("platform", ["linux", "win32"])
def test_files_lie_where_the_guide_says(platform: str, tmp_path: Path) -> None:
    windows = platform == "win32"
    env = {"LOCALAPPDATA": str(tmp_path), "HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    data, config, log = (make(env, platform) for make in (data_folder, config_folder, log_folder))
    kept = (data / "sites", data / "known-hosts.jsonl", config / SETTINGS, log / LOG, log)
    for path in kept:
        inside = path.relative_to(tmp_path).parts
        shown = "\\".join(("%LOCALAPPDATA%", *inside)) if windows else "/".join(("~", *inside))
        assert f"`{shown}`" in text()


# ------------------------------------------------------------------------- pictures


def shown(page: Path) -> Iterator[tuple[str, Path]]:
    """Yield (what it shows, file) of every picture of a page."""
    for alt, target, source in PICTURE.findall(page.read_text("utf-8")):
        yield alt, (page.parent / (target or source)).resolve()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pictures_are_there_and_told_in_words(page: Path) -> None:
    broken = [path for _, path in shown(page) if not path.is_file()]
    assert not broken
    text = page.read_text("utf-8")
    assert [target for alt, target, _ in PICTURE.findall(text) if target and not alt] == []
    assert [
        tag for tag in re.findall(r"<img[^>]*>", text) if not re.search(r'alt="[^"]', tag)
    ] == []


def test_pictures_of_the_window_are_shown_and_small() -> None:
    kept = {path.stem: path for path in screenshots.FOLDER.glob("*.png")}
    assert sorted(kept) == sorted(screenshots.KEPT)
    used = {path for page in PAGES for _, path in shown(page)}
    assert [name for name, path in kept.items() if path not in used] == []
    sizes = {name: path.stat().st_size for name, path in kept.items()}
    assert {name: size for name, size in sizes.items() if size > MOST_EACH} == {}
    assert sum(sizes.values()) < MOST


def test_a_picture_keeps_its_colours() -> None:
    picture = QImage(64, 64, QImage.Format.Format_RGB32)
    for y in range(64):
        for x in range(64):  # nearly all of it grey, each grey often
            picture.setPixel(x, y, 0xFF000000 | 0x010101 * (x * 4))
    picture.setPixel(5, 5, 0xFF1B6E37)
    small = screenshots.small(picture)
    assert small.colorCount() <= screenshots.COLOURS
    assert small.pixel(5, 5) == 0xFF1B6E37
    assert abs((small.pixel(50, 50) & 255) - 200) < screenshots.APART


def test_the_tour_has_to_have_every_picture(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="start"):
        screenshots.keep(tmp_path, tmp_path / "kept")
