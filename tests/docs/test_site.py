"""The documents as a site: complete, and readable from a disk without any network."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs import guide

ROOT = guide.ROOT
MOST = 3_000_000  # bytes: it goes into every installer
LOADS = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "srcset"}


class Page(HTMLParser):
    """What a page loads, where it leads, and which anchors it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.leads: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if LOADS.get(tag) in values:
            self.loads.append(values[LOADS[tag]])
        elif tag == "a" and "href" in values:
            self.leads.append(values["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it as `make site` does."""
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert not built.returncode, built.stderr
    assert not built.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text("utf-8")) for path in site.rglob("*.html")}


def test_every_document_is_in_it_and_small(site: Path) -> None:
    documents = {path.stem for path in (ROOT / "docs").glob("*.md")}
    assert documents == {path.stem for path in site.glob("*.html")}
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < MOST


def test_nothing_is_loaded_from_elsewhere(pages: dict[Path, Page], site: Path) -> None:
    for path, page in pages.items():
        for target in page.loads:
            assert not urlsplit(target).netloc, f"{path.name} loads {target}"
            assert (path.parent / urlsplit(target).path).resolve().is_file(), target
    sheets = "".join(path.read_text("utf-8") for path in site.rglob("*.css"))
    assert not re.search(r"url\(['\"]?(?:https?:)?//", sheets)
    assert "@import" not in sheets


def test_every_link_and_anchor_leads_somewhere(pages: dict[Path, Page]) -> None:
    broken = []
    for path, page in pages.items():
        for lead in page.leads:
            parts = urlsplit(lead)
            if parts.scheme or parts.netloc:
                continue
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            found = there in pages or there.is_file()
            anchor = unquote(parts.fragment)
            if not found or (anchor and there in pages and anchor not in pages[there].anchors):
                broken.append(f"{path.name}: {lead}")
    assert not broken


def test_the_help_of_each_page_leads_to_its_section(pages: dict[Path, Page], site: Path) -> None:
    anchors = pages[site / "user-guide.html"].anchors
    for topic in guide.TOPICS:
        lead = pages[site / "help" / f"{topic}.html"].leads
        assert lead == [f"../user-guide.html#help-{topic}"]
        assert f"help-{topic}" in anchors


def test_the_search_needs_no_server(site: Path) -> None:
    text = (site / "search" / "search_index.js").read_text("utf-8")
    index = json.loads(text.removeprefix("var __index = "))
    assert any("cht-offline-setup" in each["text"] for each in index["docs"])


def test_lists_are_lists(pages: dict[Path, Page]) -> None:
    """A list without an empty line before it becomes part of the paragraph."""
    for path in pages:
        paragraphs = re.findall(r"<p>(.*?)</p>", path.read_text("utf-8"), re.DOTALL)
        assert not [p for p in paragraphs if re.search(r"\n(?:- |\d+\. |\| )", p)], path.name


def test_whose_work_the_theme_is(site: Path) -> None:
    text = (site / "assets" / "LICENSES.txt").read_text("utf-8")
    assert text.count("Permission is hereby granted") == 2
