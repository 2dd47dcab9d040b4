"""Every page: accessible names, Tab order, mnemonics, room, right-to-left, large and long text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QCoreApplication, Qt, QTranslator
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui import audit
from wizard.gui.pages.registry import PAGES
from wizard.gui.shell import Shell
from wizard.gui.theme import theme
from wizard.practice.clinic import SITE
from wizard.site.flow import Step, Walk
from wizard.site.model import Site

STEPS = ["start", *(step.value for step in PAGES)]
SITES = {"empty": Site(), "filled": replace(SITE, name="Clinic A")}


def walk_to(shell: Shell, where: str, site: Site) -> None:
    if where != "start":
        shell.desk.begin(site, Walk.SETUP)
        shell.desk.flow = shell.desk.flow.go(Step(where))
        shell.begin()
        if shell.page is not None:
            shell.page.touch()
    QApplication.processEvents()


@pytest.fixture(params=STEPS)
def where(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=SITES)
def page(request: pytest.FixtureRequest, shell: Shell, where: str) -> Shell:
    walk_to(shell, where, SITES[request.param])
    return shell


def test_every_control_has_a_name(page: Shell) -> None:
    assert audit.nameless(page) == []


def test_the_keyboard_reaches_everything(page: Shell) -> None:
    assert audit.unreachable(page) == []


def test_tab_goes_down_the_page(page: Shell) -> None:
    assert page.page is None or audit.out_of_order(page, page.page) == []


def test_no_key_means_two_things(page: Shell) -> None:
    assert audit.same_keys(page) == []


def test_nothing_is_clipped(page: Shell, qtbot: QtBot) -> None:
    page.resize(910, 510)
    qtbot.wait(20)
    qtbot.waitUntil(lambda: audit.clipped(page) == [])
    assert audit.too_wide(page) == []


@pytest.fixture(params=[15, 20], ids=["150%", "200%"])
def large(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[None]:
    before = qapp.font()
    font = qapp.font()
    font.setPointSizeF(request.param)
    qapp.setFont(font)
    theme().apply()
    yield
    qapp.setFont(before)
    theme().apply()


def test_large_text_fits_or_scrolls(large: None, page: Shell, qtbot: QtBot) -> None:
    page.resize(1100, 700)
    qtbot.wait(20)
    qtbot.waitUntil(lambda: audit.clipped(page) == [])
    assert audit.too_wide(page) == []


@pytest.fixture
def mirrored(qapp: QApplication) -> Iterator[None]:
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    yield
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


def test_right_to_left(mirrored: None, page: Shell, qtbot: QtBot) -> None:
    qtbot.wait(20)
    qtbot.waitUntil(lambda: audit.clipped(page) == [])
    if page.page is not None:  # the steps are on the leading side
        assert page.steps.mapTo(page, page.steps.rect().center()).x() > page.width() / 2


class Pseudo(QTranslator):
    """Every text of the program, a third longer and recognisable; placeholders stay."""

    def translate(
        self, context: str, sourceText: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        tail = "·" * max(2, len(sourceText) // 3)
        return f"‹{sourceText}{tail}›"

    def isEmpty(self) -> bool:
        return False


@pytest.fixture
def pseudo(qapp: QApplication) -> Iterator[None]:
    translator = Pseudo()
    QCoreApplication.installTranslator(translator)
    yield
    QCoreApplication.removeTranslator(translator)


def test_every_text_can_be_translated(pseudo: None, page: Shell, qtbot: QtBot) -> None:
    site = page.desk.site
    data = {site.name, site.domain, "", "CHT Offline Setup", site.server.host}
    bare = [t for t in audit.texts(page) if "‹" not in t and t not in data and _words(t)]
    assert bare == []
    page.resize(910, 510)
    qtbot.wait(20)
    qtbot.waitUntil(lambda: audit.clipped(page) == [])


def _words(text: str) -> bool:
    """Whether a text has words of a language: not an address, a number or a path."""
    return sum(c.isalpha() for c in text) > 3 and " " in text.strip()
