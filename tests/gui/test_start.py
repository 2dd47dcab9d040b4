"""The first page: four things to do, and the sites that are remembered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.gui import audit
from tests.gui.conftest import Answers
from wizard.certificate.rules.case import BUILT
from wizard.gui import settings
from wizard.gui.app import application, window
from wizard.gui.pages.connect import ConnectPage
from wizard.gui.pages.start import RENEWAL, StartPage
from wizard.gui.shell import Shell
from wizard.gui.theme import DARK, theme
from wizard.gui.widgets.site_card import SiteCard
from wizard.handover.words import long_date
from wizard.practice.clinic import NEW, SITE
from wizard.practice.words import SCENARIOS
from wizard.site.flow import State, Step, Walk
from wizard.site.model import CertificateFiles, Site
from wizard.site.toml import load
from wizard.sites import Last


def start(shell: Shell) -> StartPage:
    page = shell.stack.currentWidget()
    assert isinstance(page, StartPage)
    return page


def remember(shell: Shell, *names: str, days: int | None = 90, state: str = "confirmed") -> None:
    """Remember sites, and show the first page anew."""
    for name in names:
        key = shell.desk.store.save(Site(name=name, domain="cht.a.example.org"))
        now = datetime.now(UTC)
        end = None if days is None else now + timedelta(days=days, hours=1)
        shell.desk.store.note(key, Last(now, state, end))
    shell.go_home()


def planned(
    shell: Shell, name: str, *, life: int = 90, left: float = 60, every: int = 0, **more: Any
) -> None:
    """Remember a site whose certificate was looked at, with so many days left of its life."""
    site = Site(name=name, domain="cht.a.example.org", visit_every=every)
    key = shell.desk.store.save(site)
    end = datetime.now(UTC) + timedelta(days=left, hours=1)
    last = Last(datetime.now(UTC), "confirmed", end, end - timedelta(days=life), **more)
    shell.desk.store.note(key, last)
    shell.go_home()


def cards(shell: Shell) -> list[SiteCard]:
    return [c for c in start(shell).findChildren(SiteCard) if c.isVisibleTo(start(shell))]


def button(inside: QWidget, text: str) -> QPushButton:
    return next(b for b in inside.findChildren(QPushButton) if b.text() == text)


def said(inside: QWidget) -> str:
    labels = inside.findChildren(QLabel)
    return " | ".join(part.text() for part in labels if part.isVisibleTo(inside) and part.text())


# --------------------------------------------------------------------------- beginning


def test_who_is_new_is_told_to_practise(shell: Shell) -> None:
    page = start(shell)
    assert "Practise first" in page.lead.text()
    assert page.lead.isVisible()
    assert "None on this laptop yet" in said(page)
    remember(shell, "Kibera clinic")
    assert not start(shell).lead.isVisible()


def test_setting_up_begins_with_a_new_site(shell: Shell) -> None:
    remember(shell, "Kibera clinic")
    start(shell).setup.click()
    assert isinstance(shell.page, ConnectPage)
    assert shell.desk.flow.walk is Walk.SETUP
    assert shell.desk.site == Site()


@pytest.mark.parametrize("walk", [Walk.RENEW, Walk.CHECK])
def test_with_one_site_a_walk_begins_at_once(shell: Shell, walk: Walk) -> None:
    remember(shell, "Kibera clinic")
    page = start(shell)
    {Walk.RENEW: page.renew, Walk.CHECK: page.check}[walk].click()
    assert shell.desk.flow.walk is walk
    assert shell.desk.site.name == "Kibera clinic"
    assert shell.page is not None


@pytest.mark.parametrize("walk", [Walk.RENEW, Walk.CHECK])
def test_with_several_sites_one_is_chosen(qtbot: QtBot, shell: Shell, walk: Walk) -> None:
    remember(shell, "Kibera clinic", "Bwindi health centre")
    page = start(shell)
    {Walk.RENEW: page.renew, Walk.CHECK: page.check}[walk].click()
    assert shell.page is None
    assert page.heading.text().startswith("Choose the site")
    second = next(c for c in cards(shell) if c.called == "Kibera clinic")
    buttons = [b for b in second.findChildren(QPushButton) if b.isVisibleTo(second)]
    assert [b.text() for b in buttons] == [{Walk.RENEW: "Renew", Walk.CHECK: "Check"}[walk]]
    assert cards(shell)[0].findChildren(QPushButton)[0].hasFocus()
    buttons[0].click()
    assert shell.desk.flow.walk is walk
    assert shell.desk.site.name == "Kibera clinic"


def test_choosing_can_be_given_up(shell: Shell) -> None:
    remember(shell, "Kibera clinic", "Bwindi health centre")
    page = start(shell)
    page.renew.click()
    page.every.click()
    assert page.heading.text() == "Your sites"
    assert {b.text() for b in cards(shell)[0].findChildren(QPushButton)} == {
        "Open",
        "Renew",
        "Check",
        "Export",
        "Remove",
    }


def test_without_a_site_it_is_said_what_to_do(shell: Shell) -> None:
    start(shell).renew.click()
    assert shell.page is None
    assert "does not know any site" in start(shell).notice.text
    assert "Set up a server first" in start(shell).notice.text


def test_a_broken_site_does_not_count_as_the_only_one(shell: Shell) -> None:
    remember(shell, "Kibera clinic", "Broken")
    shell.desk.store.path("broken").write_text("x")
    shell.go_home()
    start(shell).check.click()
    assert shell.desk.site.name == "Kibera clinic"


# ------------------------------------------------------------------------------ sites


@pytest.mark.parametrize(
    ("days", "words", "tone"),
    [
        (120, "ends in 120 days", None),
        (30, "ends in 30 days", None),
        (29, "ends in 29 days", "warn"),
        (1, "ends tomorrow", "warn"),
        (0, "ends today", "warn"),
        (-4, "has ended", "err"),
    ],
)
def test_days_until_the_certificate_ends(
    shell: Shell, days: int, words: str, tone: str | None
) -> None:
    remember(shell, "Kibera clinic", days=days)
    parts = [p for p in cards(shell)[0].findChildren(QLabel) if words in p.text()]
    assert len(parts) == 1
    assert (parts[0].property("role") or None) == tone


@pytest.mark.parametrize(
    ("left", "every", "words", "tone"),
    [
        (85, 0, "Next visit no later than {latest}.", ""),
        (40, 0, "Renew the certificate at this visit, or come again no later than {latest}.", ""),
        (40, 20, "Renew the certificate at this visit, or come again no later than", ""),
        (40, 60, "Renew the certificate at this visit.", "warn"),
        (20, 0, "Renew the certificate at this visit, or come again no later than", "warn"),
        (5, 0, "Renew the certificate at this visit: it ends on {end}.", "warn"),
        (-3, 0, "Renew the certificate now: it ended on {end}.", "err"),
    ],
)
def test_when_to_come_again(shell: Shell, left: int, every: int, words: str, tone: str) -> None:
    planned(shell, "Kibera clinic", left=left, every=every)
    end = datetime.now(UTC) + timedelta(days=left, hours=1)
    days = {"end": end, "latest": end - timedelta(days=9)}
    said_days = {name: long_date(moment.astimezone().date()) for name, moment in days.items()}
    wanted = words.format(**said_days)
    parts = [p for p in cards(shell)[0].findChildren(QLabel) if wanted in p.text()]
    assert len(parts) == 1
    if tone in ("warn", "err"):
        assert parts[0].property("role") == tone
    else:
        assert not parts[0].property("role")


def test_what_cannot_wait_stands_first(shell: Shell) -> None:
    planned(shell, "Ends soon", left=12)
    planned(shell, "Ended", left=-1)
    planned(shell, "Comes too late", left=50, every=90)
    remember(shell, "Older program", days=3)
    planned(shell, "Has time", left=80)
    assert [c.called for c in cards(shell)] == [
        "Ended",
        "Ends soon",
        "Comes too late",
        "Has time",
        "Older program",
    ]


def test_a_clock_that_is_wrong_gives_no_date(shell: Shell) -> None:
    key = shell.desk.store.save(Site(name="Kibera clinic"))
    begin = BUILT + timedelta(days=10)
    shell.desk.store.note(key, Last(BUILT, "confirmed", begin + timedelta(days=90), begin))
    entry = shell.desk.store.entries()[0]
    for now in (BUILT - timedelta(days=900), BUILT + timedelta(days=1)):
        text = said(SiteCard(entry, now))
        assert "clock of this laptop" in text
        assert "no later than" not in text
        assert "ends in" not in text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("confirmed", "Set up"),
        ("checked", "Everything worked"),
        ("broken", "Something was broken"),
        ("rolled-back", "Put back as it was"),
        ("saved", "Not set up yet"),
    ],
)
def test_how_the_last_visit_ended(shell: Shell, state: str, words: str) -> None:
    remember(shell, "Kibera clinic", state=state, days=None)
    assert f"{words}, " in said(cards(shell)[0])
    assert "certificate" not in said(cards(shell)[0])


def test_a_state_of_a_later_program_is_no_obstacle(shell: Shell) -> None:
    remember(shell, "Kibera clinic", state="something-new")
    assert "Kibera clinic" in said(cards(shell)[0])


def test_a_complete_site_opens_on_connect_with_its_steps_done(shell: Shell, tmp_path: Path) -> None:
    pair = (str(tmp_path / "cert.pem"),)
    for path in pair:
        Path(path).write_text("x")
    shell.desk.store.save(replace(SITE, certificate=CertificateFiles(pair)))
    shell.go_home()
    button(cards(shell)[0], "Open").click()
    assert shell.desk.flow.step is Step.CONNECT
    done = {s for s in shell.desk.flow.steps if shell.desk.state(s) is State.DONE}
    assert done == {Step.STATIC_IP, Step.DOMAIN, Step.CERTIFICATE, Step.DNS_DHCP}
    assert shell.desk.flow.open(Step.REVIEW)


def test_a_file_that_broke_meanwhile_is_told(shell: Shell) -> None:
    remember(shell, "Kibera clinic")
    shell.desk.store.path("kibera-clinic").write_text("name = 'x\n")
    button(cards(shell)[0], "Open").click()
    assert shell.page is None
    assert "cannot be understood" in start(shell).notice.text


def test_a_broken_site_can_only_be_removed(shell: Shell) -> None:
    remember(shell, "Kibera clinic")
    shell.desk.store.path("kibera-clinic").write_text("name = 'x\n")
    shell.go_home()
    card = cards(shell)[0]
    assert "cannot be read" in said(card)
    assert "cannot be understood" in said(card)
    assert [b.text() for b in card.findChildren(QPushButton)] == ["Remove"]


def test_a_site_is_removed_only_after_a_question(shell: Shell, answers: Answers) -> None:
    remember(shell, "Kibera clinic")
    answers.answers = [0, -1, 1]
    for left in (1, 1, 0):
        button(cards(shell)[0], "Remove").click()
        assert len(shell.desk.store.entries()) == left
    assert "Kibera clinic" in answers.asked[0]
    assert "server stays as it is" in answers.asked[0]
    assert cards(shell) == []


def test_a_site_goes_out_and_comes_in_again(
    qtbot: QtBot, shell: Shell, answers: Answers, tmp_path: Path
) -> None:
    remember(shell, "Kibera clinic")
    answers.files = [[tmp_path / "out.toml"], [tmp_path / "out.toml"]]
    button(cards(shell)[0], "Export").click()
    qtbot.waitUntil(lambda: "was written" in start(shell).notice.text)
    assert load(tmp_path / "out.toml").name == "Kibera clinic"
    start(shell).bring.click()
    qtbot.waitUntil(lambda: "was brought in" in start(shell).notice.text)
    assert sorted(e.id for e in shell.desk.store.entries()) == ["kibera-clinic", "kibera-clinic-2"]
    assert len(cards(shell)) == 2


def test_a_broken_file_is_told_and_nothing_is_lost(
    qtbot: QtBot, shell: Shell, answers: Answers, tmp_path: Path
) -> None:
    remember(shell, "Kibera clinic")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[wifi]\npassword = 'x'\n")
    answers.files = [[wrong]]
    start(shell).bring.click()
    qtbot.waitUntil(lambda: bool(start(shell).notice.text))
    assert "never kept in a site file" in start(shell).notice.text
    assert [c.called for c in cards(shell)] == ["Kibera clinic"]
    assert start(shell).setup.isEnabled()


# ------------------------------------------------------------------------- appearance


def test_the_appearance_is_remembered(qtbot: QtBot, shell: Shell, tmp_path: Path) -> None:
    combo = start(shell).appearance
    combo.setCurrentIndex(2)
    combo.activated.emit(2)
    assert theme().tokens == DARK
    theme().choose("light")
    other = window(tmp_path / "data")
    qtbot.addWidget(other)
    assert theme().tokens == DARK
    assert start(other).appearance.currentData() == "dark"
    other.desk.close()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"appearance": 5}', '{"appearance": "pink"}', "\x00", "{}"]
)
def test_a_broken_settings_file_is_ignored(tmp_path: Path, text: str) -> None:
    (tmp_path / settings.FILE).write_text(text)
    assert settings.load(tmp_path) == settings.Settings()
    settings.save(settings.Settings("light"), tmp_path)
    assert settings.load(tmp_path).appearance == "light"


def test_settings_that_cannot_be_written_stop_nobody(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file where the folder should be")
    settings.save(settings.Settings("dark"), tmp_path / "config")
    assert settings.load(tmp_path / "config") == settings.Settings()


# --------------------------------------------------------------------------- practice


def test_everything_that_can_be_practised_is_offered(shell: Shell) -> None:
    page = start(shell)
    assert not page.scenarios.isVisible()
    page.practise.click()
    assert page.scenarios.isVisible()
    assert set(page.practices) == {*SCENARIOS, RENEWAL}
    assert page.practices["plain"].hasFocus()
    page.practise.click()
    assert not page.scenarios.isVisible()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_practice_begins_with_a_nearly_empty_site(
    qtbot: QtBot, shell: Shell, scenario: str
) -> None:
    page = start(shell)
    page.practise.click()
    page.practices[scenario].click()
    assert not page.setup.isEnabled()
    qtbot.waitUntil(lambda: shell.page is not None, timeout=20000)
    clinic = shell.desk.clinic
    assert clinic is not None
    assert clinic.scenario == scenario
    assert shell.desk.flow.walk is Walk.SETUP
    assert shell.desk.site == Site(name="Practice clinic")
    folder = clinic.folder
    shell.go_home()
    assert not folder.exists()
    assert shell.desk.store.entries() == ()


def test_a_renewal_is_practised_on_a_server_that_is_set_up(qtbot: QtBot, shell: Shell) -> None:
    start(shell).practise_with(RENEWAL)
    qtbot.waitUntil(lambda: shell.page is not None, timeout=60000)
    clinic, page = shell.desk.clinic, shell.page
    assert clinic is not None
    assert clinic.server.addresses() == {NEW}
    assert shell.desk.flow.walk is Walk.RENEW
    assert "ending-soon" in shell.desk.site.certificate.files[0]
    assert isinstance(page, ConnectPage)
    page.fill.click()
    shell.next_button.click()
    qtbot.waitUntil(lambda: shell.desk.connected, timeout=20000)


def test_a_practice_that_nobody_waits_for_is_closed_again(qtbot: QtBot, shell: Shell) -> None:
    start(shell).practise_with("plain")
    shell.desk.begin(Site(name="Kibera clinic"), Walk.SETUP)
    shell.begin()
    qtbot.waitUntil(lambda: shell.desk.runner.idle, timeout=20000)
    qtbot.wait(10)  # what was put on the page just now is shown in the next round
    assert shell.desk.clinic is None
    assert shell.desk.site.name == "Kibera clinic"


def test_closing_the_window_while_a_practice_is_prepared(qtbot: QtBot, shell: Shell) -> None:
    """Nothing is left running: the fixtures look."""
    start(shell).practise_with(RENEWAL)
    shell.close()
    shell.desk.close()
    assert shell.desk.clinic is None


# ----------------------------------------------------------------------------- audits


@pytest.mark.parametrize("points", [10, 15, 20])
def test_all_of_it_can_be_read_and_reached(qtbot: QtBot, shell: Shell, points: int) -> None:
    app = application()
    font = app.font()
    font.setPointSizeF(points)
    app.setFont(font)
    theme().apply()
    try:
        remember(shell, "Kibera clinic", "Bwindi health centre with a long name", days=-1)
        planned(shell, "Kaloleni", left=40, every=60)
        shell.desk.store.save(Site(name="Broken"))
        shell.desk.store.path("broken").write_text("x")
        shell.go_home()
        start(shell).practise.click()
        start(shell).notice.tell("ok", "Something was said.", "And what to do about it.")
        shell.resize(910 if points == 10 else 1100, 600)
        qtbot.wait(60)
        assert audit.nameless(shell) == []
        assert audit.unreachable(shell) == []
        assert audit.same_keys(shell) == []
        qtbot.waitUntil(lambda: audit.clipped(shell) == [])
        assert audit.too_wide(shell) == []
        assert audit.out_of_order(shell, start(shell)) == []
    finally:
        font.setPointSizeF(10)
        app.setFont(font)
        theme().apply()
