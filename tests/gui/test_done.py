"""The end of a visit: one glance, and what is taken away."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from icalendar import Calendar
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel
from pytestqt.qtbot import QtBot

from tests.certificate import authority
from tests.gui.conftest import Answers
from tests.gui.visiting import enter, idle, set_up
from wizard.certificate import Bundle
from wizard.check import Report
from wizard.gui import printing
from wizard.gui.pages.done import DonePage
from wizard.gui.shell import Shell
from wizard.handover.words import long_date
from wizard.practice.clinic import PASSWORD
from wizard.site.flow import Step, Walk
from wizard.site.model import Site

PASSPHRASE = "seven brave cranes"


def done(shell: Shell) -> DonePage:
    assert isinstance(shell.page, DonePage)
    return shell.page


@pytest.fixture
def over(qtbot: QtBot, practice: Shell) -> Shell:
    """The last page after a server was set up and checked."""
    set_up(qtbot, practice)
    enter(practice, Step.LIVE_CHECK)
    idle(qtbot, practice)
    enter(practice, Step.DONE)
    return practice


@pytest.fixture
def laid_out(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The HTML of each PDF that is written: inside the file it is compressed."""
    found: list[str] = []
    real = printing.pdf

    def pdf(html: str, images: Mapping[str, bytes], *, title: str) -> bytes:
        found.append(html)
        return real(html, images, title=title)

    monkeypatch.setattr(printing, "pdf", pdf)
    return found


def texts(page: DonePage) -> str:
    return "\n".join(w.text() for w in page.glance.findChildren(QLabel) if not w.isHidden())


def save(qtbot: QtBot, shell: Shell, answers: Answers, button: str, path: Path) -> None:
    answers.files = [[path]]
    getattr(done(shell), button).click()
    idle(qtbot, shell)


def test_one_glance_tells_what_counts(over: Shell) -> None:
    shown = texts(done(over))
    for part in (
        "https://cht.practice-clinic.org",
        "10.20.0.1/24",
        "10.20.0.100 to 10.20.0.200",
        "Practice CHT",
        "days from now",
        "Live check: all ",
        "All changes are made and confirmed.",
    ):
        assert part in shown
    assert over._framed().title.text() == "The server is set up"


def test_the_next_visit_stands_on_a_card(over: Shell) -> None:
    page = done(over)
    plan = page.snapshot.visits
    assert plan is not None
    latest = long_date(page.snapshot.day(plan.latest))
    assert page.visit.headline.text() == f"Next visit no later than {latest}."
    assert "a third of its life" in page.visit.advice.sentences[0]
    assert "no public authority gives more than 47 days" in page.visit.changes.sentences[0]
    begin = long_date(page.snapshot.day(plan.begin))
    assert page.visit.phones.text().startswith(f"The date on phones must be between {begin} and")


def test_how_often_somebody_comes_is_asked_once_and_kept(qtbot: QtBot, shell: Shell) -> None:
    leaf = authority.INTERMEDIATE.leaf(begin=datetime.now(UTC) - timedelta(days=1), days=90)
    shell.desk.begin(Site(name="Kibera clinic", domain="cht.a.example.org"), Walk.SETUP)
    shell.desk.learn(bundle=Bundle(leaf))
    shell.desk.go(Step.DONE)
    shell.begin()
    page = done(shell)
    editor = page.visit.every.editor
    assert isinstance(editor, QComboBox)
    assert editor.currentText() == "Not said"
    before = {step: shell.desk.state(step) for step in shell.desk.flow.steps}
    editor.setCurrentIndex(editor.findData(180))
    editor.activated.emit(editor.currentIndex())
    assert "With a visit every 180 days" in page.visit.advice.sentences[1]
    assert "ends before that" in page.visit.advice.sentences[1]
    assert "Come at least every 81 days, or order" in page.visit.advice.sentences[2]
    assert page.snapshot.site.visit_every == 180
    # No step has to be looked at again for it.
    assert {step: shell.desk.state(step) for step in shell.desk.flow.steps} == before
    shell.desk.save()
    shell.desk.note("confirmed")
    (entry,) = shell.desk.store.entries()
    assert entry.visit_every == 180
    plan = entry.plan(datetime.now(UTC))
    assert plan is not None
    assert (plan.begin, plan.end) == (leaf.not_valid_before_utc, leaf.not_valid_after_utc)


def test_a_number_of_days_from_the_site_file_is_shown(shell: Shell) -> None:
    shell.desk.begin(Site(name="A", visit_every=45), Walk.SETUP)
    shell.desk.go(Step.DONE)
    shell.begin()
    page = done(shell)
    editor = page.visit.every.editor
    assert isinstance(editor, QComboBox)
    assert editor.currentText() == "Every 45 days"
    assert "No certificate was looked at" in page.visit.headline.text()
    assert not page.visit.phones.isVisible()


def test_the_served_certificate_counts(shell: Shell) -> None:
    """The files on the laptop may be newer than what phones get."""
    begin = datetime.now(UTC) - timedelta(days=70)
    old = authority.INTERMEDIATE.leaf(begin=begin, days=90)
    new = authority.INTERMEDIATE.leaf(begin=begin + timedelta(days=60), days=90)
    shell.desk.begin(Site(name="A", domain="cht.a.example.org"), Walk.SETUP)
    chain = (old.public_bytes(Encoding.DER),)
    shell.desk.learn(bundle=Bundle(new), report=Report((), served=chain))
    shell.desk.go(Step.DONE)
    shell.begin()
    certificate = done(shell).snapshot.certificate
    assert certificate is not None
    assert certificate.not_after == old.not_valid_after_utc


def test_what_was_typed_to_log_in_is_forgotten(over: Shell) -> None:
    secrets = over.desk.secrets
    assert not secrets.password
    assert not secrets.sudo_password


def test_what_is_not_known_is_not_made_up(shell: Shell) -> None:
    shell.desk.begin(Site(name="A"), Walk.SETUP)
    shell.desk.go(Step.DONE)
    shell.begin()
    page = done(shell)
    assert texts(page).count("not known") >= 2
    assert "Not checked yet" in texts(page)
    assert "set up" not in shell._framed().title.text()
    assert not page.calendar.isEnabled()
    assert not page.with_passphrase.isVisible()


def test_all_four_are_written_and_hold_no_secret(
    qtbot: QtBot, over: Shell, answers: Answers, tmp_path: Path, laid_out: list[str]
) -> None:
    over.desk.secrets.wifi_passphrase = PASSPHRASE
    save(qtbot, over, answers, "sheet", tmp_path / "sheet.pdf")
    save(qtbot, over, answers, "calendar", tmp_path / "renew.ics")
    save(qtbot, over, answers, "html", tmp_path / "report.html")
    save(qtbot, over, answers, "json", tmp_path / "report.json")
    assert (tmp_path / "sheet.pdf").read_bytes().startswith(b"%PDF")
    events = Calendar.from_ical((tmp_path / "renew.ics").read_bytes()).walk("VEVENT")
    assert len(events) == 2
    assert "<html" in (tmp_path / "report.html").read_text(encoding="utf-8")
    plain = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert plain["site"]["domain"] == "cht.practice-clinic.org"
    assert plain["check"]["count"]["failed"] == 0
    written = [*laid_out, *(p.read_text("utf-8") for p in tmp_path.glob("re*.*"))]
    for secret in (PASSPHRASE, PASSWORD):
        assert not any(secret in text for text in written)
    assert not list(tmp_path.glob("*.part"))
    assert "report.json" in done(over).written.text


def test_the_wifi_password_is_on_the_sheet_only_if_it_is_wanted(
    qtbot: QtBot, over: Shell, answers: Answers, tmp_path: Path, laid_out: list[str]
) -> None:
    page = done(over)
    page.with_passphrase.setChecked(True)
    assert page.passphrase.isVisible()  # it is not known yet
    answers.files = [[tmp_path / "sheet.pdf"]]
    page.sheet.click()
    assert "8 to 63 characters" in page.passphrase.message.text()
    assert answers.files  # no dialog was opened
    QTest.keyClicks(page.passphrase.editor, PASSPHRASE)
    page.sheet.click()
    idle(qtbot, over)
    assert PASSPHRASE in laid_out[-1]
    page.with_passphrase.setChecked(False)
    save(qtbot, over, answers, "sheet", tmp_path / "sheet.pdf")
    assert PASSPHRASE not in laid_out[-1]


def test_a_file_that_cannot_be_written_is_said(
    qtbot: QtBot, over: Shell, answers: Answers, tmp_path: Path
) -> None:
    save(qtbot, over, answers, "html", tmp_path / "nowhere" / "report.html")
    assert "report.html was not written" in over._framed().error.text
    assert not done(over).written.isVisible()
    save(qtbot, over, answers, "html", tmp_path / "report.html")
    assert not over._framed().error.isVisible()


def test_the_walk_ends_on_the_first_page(over: Shell) -> None:
    over.next_button.click()
    assert over.page is None
    assert over.desk.visit is None
