"""The page of the review, on the practice clinic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from tests.gui import audit
from tests.gui.conftest import Answers
from tests.gui.visits import connect, idle, review
from wizard.gui.pages.apply import ApplyPage
from wizard.gui.pages.review import ReviewPage
from wizard.gui.shell import Shell
from wizard.gui.widgets.review_section import ReviewSection
from wizard.practice.clinic import NEW, OLD
from wizard.site.flow import Step, Walk
from wizard.site.toml import load


def page_of(shell: Shell) -> ReviewPage:
    assert isinstance(shell.page, ReviewPage)
    return shell.page


def texts(page: ReviewPage) -> str:
    return "\n".join(part.text() for part in page.findChildren(QLabel) if part.isVisible())


def test_everything_that_will_be_changed_is_said(practice: Shell, qtbot: QtBot) -> None:
    connect(practice)
    review(practice, qtbot)
    page, plan = page_of(practice), practice.desk.plan
    assert plan is not None
    said = texts(page)
    for change in plan.changes:
        assert plan.sentence(change) in said
    assert "What will not work for a moment" in page.verdict.text
    assert "goes back to how it was" in page.verdict.text
    assert practice.next_button.text() == "Appl&y..."
    assert page.blockers() == ()


def test_edit_leads_to_the_step(practice: Shell, qtbot: QtBot) -> None:
    connect(practice)
    review(practice, qtbot)
    page = page_of(practice)
    edits = [
        b
        for card in page.findChildren(ReviewSection)
        for b in card.findChildren(QPushButton)
        if b.accessibleName() == "Edit: Domain name"
    ]
    edits[0].click()
    assert practice.desk.flow.step is Step.DOMAIN


def test_files_are_shown_as_differences(practice: Shell, qtbot: QtBot) -> None:
    connect(practice)
    review(practice, qtbot)
    page = page_of(practice)
    page.tabs.setCurrentWidget(page.files)
    paths = [page.files.box.itemData(i) for i in range(page.files.box.count())]
    plan = practice.desk.plan
    assert plan is not None
    assert paths == [c.path for c in plan.changes if c.kind == "file"]  # type: ignore[union-attr]
    for index, path in enumerate(paths):
        page.files.box.setCurrentIndex(index)
        shown = page.files.view.toPlainText()
        assert path in shown
        assert any(line.startswith(("+", "-")) for line in shown.splitlines()[2:])
    assert page.files.view.isReadOnly()
    key = practice.desk.clinic.certificates["good"][1].read_text()  # type: ignore[union-attr]
    assert key.splitlines()[1] not in texts(page)


def test_without_a_connection_the_decisions_are_shown(practice: Shell, qtbot: QtBot) -> None:
    practice.desk.go(Step.REVIEW)
    page = page_of(practice)
    assert page.away.isVisible()
    assert "10.20.0.1/24 on eth0." in texts(page)
    practice.next_button.click()
    assert practice.page is page
    assert [p.code for p in page.blockers()] == ["not-connected"]
    page.connect_button.click()
    assert practice.desk.flow.step is Step.CONNECT


def test_a_warning_is_accepted_and_planned_again(practice: Shell, qtbot: QtBot) -> None:
    connect(practice, kind="")
    review(practice, qtbot)
    page = page_of(practice)
    assert [p.code for p in page.blockers()] == ["no-certificate"]
    summary = practice._framed().summary
    assert summary.isVisible()  # before Next is pressed
    summary.accepted.emit("no-certificate")
    assert "no-certificate" in practice.desk.site.accept
    assert practice.desk.plan is not None
    assert page.blockers() == ()
    assert not summary.isVisible()
    qtbot.waitUntil(lambda: "No certificate was given" in texts(page))  # as a note


def test_another_dhcp_server_is_told_and_may_be_accepted(practice: Shell, qtbot: QtBot) -> None:
    connect(practice, scenario="second-dhcp")
    review(practice, qtbot)
    page = page_of(practice)
    assert [p.code for p in page.blockers()] == ["other-dhcp"]
    practice._framed().summary.accepted.emit("other-dhcp")
    assert page.blockers() == ()
    assert practice.desk.survey[0].code == "other-dhcp"  # kept, though planned again


def test_a_taken_address_forbids(practice: Shell, qtbot: QtBot, answers: Answers) -> None:
    connect(practice, scenario="taken-address")
    review(practice, qtbot)
    page = page_of(practice)
    assert [p.code for p in page.blockers()] == ["address-taken"]
    practice.next_button.click()
    assert practice.page is page
    assert answers.asked == []


def test_a_bad_certificate_forbids(practice: Shell, qtbot: QtBot) -> None:
    connect(practice, kind="expired")
    review(practice, qtbot)
    assert "expired" in [p.code for p in page_of(practice).blockers()]


def test_files_that_cannot_be_read_forbid(practice: Shell, qtbot: QtBot) -> None:
    connect(practice, kind="wrong-key")
    review(practice, qtbot)
    found = {p.code for p in page_of(practice).blockers()}
    assert "key-mismatch" in found


def test_it_can_be_heard_and_walked_with_the_keyboard(practice: Shell, qtbot: QtBot) -> None:
    connect(practice)
    review(practice, qtbot)
    page = page_of(practice)
    practice.resize(910, 510)
    for tab in range(2):
        page.tabs.setCurrentIndex(tab)
        qtbot.waitUntil(lambda: audit.clipped(practice) == [])
        for ask in (audit.nameless, audit.unreachable, audit.same_keys):
            assert ask(practice) == []
        assert audit.too_wide(practice) == []
        assert audit.out_of_order(practice, page) == []


def test_it_is_asked_once_and_no_means_no(practice: Shell, qtbot: QtBot, answers: Answers) -> None:
    clinic = connect(practice)
    review(practice, qtbot)
    answers.answers.append(0)
    practice.next_button.click()
    assert len(answers.asked) == 1
    assert f"Change practice at {OLD} now?" in answers.asked[0]
    assert f"find it at {NEW} only" in answers.asked[0]
    assert isinstance(practice.page, ReviewPage)
    assert practice.desk.agreed is None
    assert clinic.server.addresses() == {OLD}


def test_yes_begins_at_once(practice: Shell, qtbot: QtBot, answers: Answers) -> None:
    connect(practice)
    review(practice, qtbot)
    answers.answers.append(1)
    practice.next_button.click()
    assert isinstance(practice.page, ApplyPage)
    assert practice.page.running
    qtbot.waitUntil(lambda: practice.desk.outcome is not None, timeout=60000)
    review(practice, qtbot)
    page = page_of(practice)
    assert practice.desk.plan is not None
    assert practice.desk.plan.empty
    assert "Nothing has to be changed." in page.verdict.text
    assert practice.next_button.text() == "Check &now"
    practice.next_button.click()
    assert practice.desk.flow.step is Step.LIVE_CHECK
    idle(practice, qtbot)


def test_a_renewal_plans_the_certificate_alone(practice: Shell, qtbot: QtBot) -> None:
    desk = practice.desk
    desk.flow = replace(desk.flow, walk=Walk.RENEW)
    connect(practice)
    review(practice, qtbot)
    assert desk.plan is not None
    assert [change.kind for change in desk.plan.changes] == ["certificate"]
    page = page_of(practice)
    qtbot.waitUntil(
        lambda: len([c for c in page.findChildren(ReviewSection) if c.isVisible()]) == 1
    )


def test_a_connection_that_is_gone_is_told(practice: Shell, qtbot: QtBot) -> None:
    clinic = connect(practice)
    clinic.unplug()
    clinic.ssh.drop()
    try:
        review(practice, qtbot)
        assert not practice.desk.connected
        assert page_of(practice).away.isVisible()
        assert practice._framed().error.isVisible()
    finally:
        clinic.plug()


def test_the_site_is_saved_elsewhere_with_whole_paths(
    practice: Shell, qtbot: QtBot, answers: Answers, tmp_path: Path
) -> None:
    connect(practice)
    review(practice, qtbot)
    answers.files.append([tmp_path / "copy.toml"])
    page_of(practice)._save_as()
    saved = load(tmp_path / "copy.toml")
    assert saved.domain == practice.desk.site.domain
    assert all(Path(name).is_absolute() for name in saved.certificate.files)


def test_it_is_printed(practice: Shell, qtbot: QtBot, answers: Answers, tmp_path: Path) -> None:
    connect(practice)
    review(practice, qtbot)
    answers.files.append([tmp_path / "review.pdf"])
    page_of(practice)._save_pdf()
    assert (tmp_path / "review.pdf").read_bytes().startswith(b"%PDF-")
