"""The page of the certificate, with the certificates of the practice clinic."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.certificate import authority
from tests.certificate.authority import DOMAIN, ROOT
from tests.certificate.test_fetch import HOST, ISSUER, ONE, Web, body, der
from tests.gui import audit
from tests.gui.conftest import Answers
from wizard.certificate import Bundle
from wizard.gui.pages.certificate import CertificatePage
from wizard.gui.shell import Shell
from wizard.practice.authority import PASSPHRASE
from wizard.practice.clinic import PASSWORD, SITE, USER, Clinic
from wizard.remote.login import Credentials
from wizard.site.flow import State, Step, Walk
from wizard.site.model import Site


def at_page(shell: Shell) -> CertificatePage:
    shell.desk.go(Step.CERTIFICATE)
    page = shell.page
    assert isinstance(page, CertificatePage)
    return page


def idle(qtbot: QtBot, shell: Shell) -> None:
    qtbot.waitUntil(lambda: shell.desk.runner.idle, timeout=20000)
    qtbot.wait(10)  # what was put on the page just now is shown in the next round


def files(shell: Shell, kind: str) -> list[Path]:
    clinic = shell.desk.clinic
    assert clinic is not None
    return list(clinic.certificates[kind])


def take(qtbot: QtBot, shell: Shell, paths: list[Path]) -> CertificatePage:
    page = shell.page
    assert isinstance(page, CertificatePage)
    page.take_files(paths)
    idle(qtbot, shell)
    return page


def states(page: CertificatePage) -> dict[str, str]:
    return {item.code: item.state for item in page.list._shown}


def drop(page: CertificatePage, paths: list[Path]) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left, none = (
        Qt.DropAction.CopyAction,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    entering = QDragEnterEvent(QPoint(5, 5), copy, data, left, none)
    page.drop.dragEnterEvent(entering)
    assert entering.isAccepted()
    page.drop.dropEvent(QDropEvent(QPointF(5, 5), copy, data, left, none))


def test_a_good_one_is_dropped_and_everything_right_is_said(qtbot: QtBot, practice: Shell) -> None:
    page = at_page(practice)
    assert page.drop.button.hasFocus()
    drop(page, files(practice, "good"))
    idle(qtbot, practice)
    assert practice.desk.site.certificate.files == tuple(map(str, files(practice, "good")))
    assert page.card.isVisible()
    assert int(page.card.figure.text()) in (88, 89)
    # The practice certificates have EC keys, and nobody knows the version of the CHT yet.
    told = ["rsa-advised", "key", "name", "dates", "chain", "practice-root"]
    assert list(states(page)) == told
    assert page.phone_list.row("app-5.0") is not None
    assert [(i.code, i.state) for i in page.phone_list._shown] == [("app-5.0", "good")]
    assert not page.choice.isVisible()
    assert not page.trouble.isVisible()
    practice.next_button.click()
    assert practice.desk.flow.step is Step.DNS_DHCP
    assert practice.desk.state(Step.CERTIFICATE) is State.DONE


def test_a_folder_may_be_dropped(qtbot: QtBot, practice: Shell) -> None:
    at_page(practice)
    page = take(qtbot, practice, [files(practice, "good")[0].parent])
    assert practice.desk.bundle is not None
    folder = files(practice, "good")[0].parent
    assert practice.desk.site.certificate.files == (str(folder),)
    assert page.card.isVisible()


def test_files_are_chosen_by_keyboard(qtbot: QtBot, practice: Shell, answers: Answers) -> None:
    page = at_page(practice)
    answers.files.append(files(practice, "good"))
    QTest.keyClick(page.drop.button, Qt.Key.Key_Space)
    idle(qtbot, practice)
    assert practice.desk.bundle is not None


@pytest.mark.parametrize(
    ("kind", "code"),
    [("expired", "expired"), ("wrong-name", "name-mismatch")],
)
def test_a_bad_one_keeps_from_going_on(qtbot: QtBot, practice: Shell, kind: str, code: str) -> None:
    at_page(practice)
    page = take(qtbot, practice, files(practice, kind))
    assert states(page)[code] == "problem"
    assert page.phone_list.row("none") is not None
    practice.next_button.click()
    assert practice.page is page
    assert [p.code for p in page.blockers()] == [code]
    finding = next(f for f in practice.desk.findings if f.code == code)
    assert (
        finding.message in practice._framed().summary.findChildren(type(page.card.figure))[3].text()
    )


def test_every_ready_made_kind_is_told_apart(qtbot: QtBot, practice: Shell) -> None:
    at_page(practice)
    told = {}
    clinic = practice.desk.clinic
    assert clinic is not None
    for kind in clinic.certificates:
        page = take(qtbot, practice, files(practice, kind))
        error = practice.desk.certificate_error
        codes = [i.code for i in page.list._shown if i.code != "rsa-advised"]
        told[kind] = codes[0] if error is None else error.code
    assert told["wrong-key"] == "key-mismatch"
    assert told["expired"] == "expired"
    assert told["wrong-name"] == "name-mismatch"
    assert told["ending-soon"] == "expires-soon"
    assert told["good"] == told["newer"] == "key"
    assert told["missing-intermediate"] in ("chain-incomplete", "private-ca")
    assert told["with-password"] == "passphrase-needed"


def test_ready_made_ones_are_offered_with_words(qtbot: QtBot, practice: Shell) -> None:
    from wizard.gui.widgets.practice_files import PracticeFiles

    page = at_page(practice)
    ready = page.findChild(PracticeFiles)
    assert isinstance(ready, PracticeFiles)
    clinic = practice.desk.clinic
    assert clinic is not None
    assert ready.box.count() == len(clinic.certificates)
    assert ready.box.itemText(0) == "All is well."
    ready.button.click()
    idle(qtbot, practice)
    assert practice.desk.bundle is not None


def test_a_warning_is_told_and_stops_nobody(qtbot: QtBot, practice: Shell) -> None:
    at_page(practice)
    page = take(qtbot, practice, files(practice, "ending-soon"))
    assert states(page)["expires-soon"] == "warning"
    practice.next_button.click()
    assert practice.desk.flow.step is Step.DNS_DHCP


def test_an_authority_of_ones_own_wants_a_choice(
    qtbot: QtBot, practice: Shell, tmp_path: Path
) -> None:
    page = at_page(practice)
    bundle = own(practice.desk.site.domain)
    (tmp_path / "own.pem").write_text(bundle.chain_pem() + bundle.key_pem())
    take(qtbot, practice, [tmp_path / "own.pem"])
    assert states(page)["private-ca"] == "problem"
    assert [i.state for i in page.phone_list._shown] == ["problem", "problem"]
    assert page.choice.isVisible()
    practice.next_button.click()
    assert practice.page is page
    page.choose.click()
    assert practice.desk.site.accept == ("private-ca",)
    assert states(page)["browsers-only"] == "warning"
    assert [i.state for i in page.phone_list._shown] == ["problem", "warning"]
    assert not page.choice.isVisible()
    practice.next_button.click()
    assert practice.desk.flow.step is Step.DNS_DHCP


def own(domain: str) -> Bundle:
    mine = authority.key("rsa", "own")
    leaf = authority.root("Own Root", "Clinic A").leaf(
        key=mine, names=(domain,), begin=datetime.now(UTC) - timedelta(days=1), sct=0
    )
    return Bundle(leaf, (), mine)


def test_the_password_is_asked_for_only_when_it_is_needed(qtbot: QtBot, practice: Shell) -> None:
    page = at_page(practice)
    assert not page.password.isVisible()
    take(qtbot, practice, files(practice, "with-password"))
    assert page.password.isVisible()
    assert page.password.editor.hasFocus()
    practice.next_button.click()
    assert practice.page is page
    QTest.keyClicks(page.password.editor, "wrong")
    page.unlock.click()
    idle(qtbot, practice)
    assert practice.desk.certificate_error is not None
    assert practice.desk.certificate_error.code == "passphrase-wrong"
    page.password.editor.clear()  # type: ignore[attr-defined]
    QTest.keyClicks(page.password.editor, PASSPHRASE)
    QTest.keyClick(page.password.editor, Qt.Key.Key_Return)
    idle(qtbot, practice)
    assert practice.page is page
    assert practice.desk.bundle is not None
    assert not page.password.isVisible()
    assert page.card.isVisible()


def test_nothing_is_lost_by_a_mistake(qtbot: QtBot, practice: Shell, tmp_path: Path) -> None:
    at_page(practice)
    take(qtbot, practice, files(practice, "good"))
    picture = tmp_path / "scan.jpg"
    picture.write_bytes(b"\xff\xd8\xff\xe0 a picture")
    page = take(qtbot, practice, [picture])
    assert "scan.jpg" in page.trouble.text
    assert not page.card.isVisible()
    assert page.back.isVisible()
    page.back.click()
    idle(qtbot, practice)
    assert page.card.isVisible()
    assert not page.trouble.isVisible()
    assert practice.desk.site.certificate.files == tuple(map(str, files(practice, "good")))


def test_the_right_key_after_the_wrong_one(qtbot: QtBot, practice: Shell) -> None:
    at_page(practice)
    good = files(practice, "good")
    wrong = files(practice, "newer")[1]
    page = take(qtbot, practice, [good[0], wrong])
    assert "does not belong" in page.trouble.text
    take(qtbot, practice, [good[1]])
    assert practice.desk.certificate_error is None
    assert states(page)["key"] == "good"
    page.files.left_out.emit(wrong)
    idle(qtbot, practice)
    assert set(practice.desk.site.certificate.files) == {str(good[0]), str(good[1])}
    assert states(page)["key"] == "good"


def test_files_that_the_site_names_are_read_by_themselves(qtbot: QtBot, practice: Shell) -> None:
    desk = practice.desk
    named = replace(desk.site.certificate, files=tuple(map(str, files(practice, "good"))))
    desk.decide(replace(desk.site, certificate=named))
    assert desk.bundle is None
    at_page(practice)
    idle(qtbot, practice)
    assert desk.bundle is not None


def test_a_file_that_is_gone_is_told_beside_the_place_to_drop(qtbot: QtBot, shell: Shell) -> None:
    site = Site(name="Clinic A", domain="cht.example.org")
    gone = replace(site.certificate, files=("/nowhere/fullchain.pem",))
    shell.desk.begin(replace(site, certificate=gone), Walk.SETUP)
    shell.begin()
    page = at_page(shell)
    idle(qtbot, shell)
    assert "fullchain.pem is not there" in page.trouble.text
    shell.next_button.click()
    assert shell.page is page
    page.files.left_out.emit(Path("/nowhere/fullchain.pem"))
    assert shell.desk.site.certificate.files == ()
    shell.next_button.click()  # no certificate yet is allowed
    assert shell.desk.flow.step is Step.DNS_DHCP


def test_a_renewal_needs_a_certificate(qtbot: QtBot, shell: Shell) -> None:
    shell.desk.begin(Site(name="Clinic A", domain="cht.example.org"), Walk.RENEW)
    shell.begin()
    page = at_page(shell)
    assert page.where.isVisible()
    shell.next_button.click()
    assert shell.page is page
    assert "No file was chosen." in [p.message for p in page.blockers()]


def test_the_certificate_offers_its_name_as_the_domain(qtbot: QtBot, practice: Shell) -> None:
    practice.desk.decide(replace(practice.desk.site, domain=""))
    at_page(practice)
    page = take(qtbot, practice, files(practice, "good"))
    assert page.blockers() == ()
    assert page.offer.isVisible()
    page.use.click()
    assert practice.desk.site.domain == SITE.domain
    assert not page.offer.isVisible()


def test_what_the_server_serves_now_is_compared(qtbot: QtBot, practice: Shell) -> None:
    desk = practice.desk
    clinic = desk.clinic
    assert isinstance(clinic, Clinic)
    visit = desk.new_visit()
    visit.connect(Credentials(USER, password=PASSWORD), accept=clinic.fingerprint)
    desk.learn(facts=visit.facts())
    page = at_page(practice)
    idle(qtbot, practice)
    assert page._served is not None
    assert "On the server now" in page.now.text
    take(qtbot, practice, files(practice, "good"))
    assert page.now.isVisible()
    assert page._target().startswith("cht-nginx-1")
    assert not page.web.isVisible()


def test_several_web_servers_are_a_choice(qtbot: QtBot, practice: Shell) -> None:
    desk = practice.desk
    clinic = desk.clinic
    assert isinstance(clinic, Clinic)
    visit = desk.new_visit()
    visit.connect(Credentials(USER, password=PASSWORD), accept=clinic.fingerprint)
    facts = visit.facts()
    two = (facts.web[0], replace(facts.web[0], container="second-nginx-1", https_port=8443))
    desk.learn(facts=replace(facts, web=two))
    page = at_page(practice)
    take(qtbot, practice, files(practice, "good"))
    assert page.web.isVisible()
    practice.next_button.click()
    assert practice.page is page  # it has to be said which one
    page.web_box.setCurrentIndex(page.web_box.findData("second-nginx-1"))
    page.web_box.activated.emit(page.web_box.currentIndex())
    assert desk.site.certificate.web == "second-nginx-1"
    assert page._target().startswith("second-nginx-1")
    practice.next_button.click()
    assert desk.flow.step is Step.DNS_DHCP


@pytest.mark.parametrize("kind", ["good", "missing-intermediate", "with-password", "wrong-key"])
def test_it_can_be_heard_and_walked_with_the_keyboard(
    qtbot: QtBot, practice: Shell, kind: str
) -> None:
    at_page(practice)
    take(qtbot, practice, files(practice, "newer"))
    page = take(qtbot, practice, files(practice, kind))
    practice.resize(910, 510)
    qtbot.waitUntil(lambda: audit.clipped(practice) == [])
    for ask in (audit.nameless, audit.unreachable, audit.same_keys, audit.too_wide):
        assert ask(practice) == []
    assert audit.out_of_order(practice, page) == []


def test_a_result_that_comes_too_late_does_no_harm(qtbot: QtBot, practice: Shell) -> None:
    page = at_page(practice)
    page.take_files(files(practice, "good"))
    practice.desk.go(Step.DOMAIN)
    idle(qtbot, practice)
    assert practice.desk.bundle is None
    assert practice.desk.site.certificate.files == ()


def test_a_folder_is_chosen_by_keyboard(qtbot: QtBot, practice: Shell, answers: Answers) -> None:
    page = at_page(practice)
    folder = files(practice, "good")[0].parent
    answers.files.append([folder])
    page.folder.setFocus()
    QTest.keyClick(page.folder, Qt.Key.Key_Space)
    idle(qtbot, practice)
    assert practice.desk.bundle is not None
    assert practice.desk.site.certificate.files == (str(folder),)


def test_a_zip_file_is_dropped_and_read_again_later(
    qtbot: QtBot, practice: Shell, tmp_path: Path
) -> None:
    page = at_page(practice)
    packed = tmp_path / "from the authority.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in files(practice, "good"):
            archive.write(path, f"nested/{path.name}")
    drop(page, [packed])
    idle(qtbot, practice)
    assert practice.desk.site.certificate.files == (str(packed),)
    assert states(page)["key"] == "good"
    practice.desk.learn(bundle=None)
    page.entered()
    idle(qtbot, practice)
    assert practice.desk.bundle is not None
    assert practice.desk.new_visit().bundle() == practice.desk.bundle


class TestFetching:
    @pytest.fixture
    def web(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
        made = Web()
        made.thread.start()
        monkeypatch.setattr("wizard.certificate.fetch._dial", made.dial)
        yield made
        made.server.shutdown()
        made.thread.join()
        made.server.server_close()

    @pytest.fixture
    def page(self, qtbot: QtBot, shell: Shell, tmp_path: Path) -> CertificatePage:
        """A certificate without its chain, of an authority that counts as a public one."""
        root, alone = tmp_path / "root.pem", tmp_path / "cert.pem"
        root.write_bytes(ROOT.certificate.public_bytes(Encoding.PEM))
        alone.write_text(ONE.chain_pem() + ONE.key_pem())
        shell.desk._extra_roots = (root,)
        shell.desk.begin(Site(name="Clinic A", domain=DOMAIN), Walk.SETUP)
        shell.begin()
        at_page(shell)
        return take(qtbot, shell, [alone])

    def test_nothing_is_fetched_before_the_click(
        self, qtbot: QtBot, shell: Shell, page: CertificatePage, web: Web
    ) -> None:
        web.answers["/0"] = body(der(ISSUER.certificate))
        assert states(page)["chain-incomplete"] == "problem"
        assert page.fetch.isVisible()
        assert HOST in page.fetch.text
        assert web.asked == []
        page.fetch.button.click()
        idle(qtbot, shell)
        assert web.asked == [f"{HOST}/0"]
        assert "chain-incomplete" not in states(page)
        assert states(page)["chain-fetched"] == "note"
        assert not page.fetch.isVisible()
        # It lies beside the others now: the next visit needs no Internet.
        assert len(shell.desk.site.certificate.files) == 2
        kept = Path(shell.desk.site.certificate.files[1])
        assert kept.parent == shell.desk.data / "intermediates"
        assert shell.desk.new_visit().bundle() == shell.desk.bundle

    def test_without_internet_it_is_told_and_may_be_tried_again(
        self, qtbot: QtBot, shell: Shell, page: CertificatePage, web: Web
    ) -> None:
        web.answers["/0"] = body(b"", 503)
        for _ in range(2):
            assert page.fetch.button.isEnabled()
            page.fetch.button.click()
            idle(qtbot, shell)
            assert f"could not be fetched from {HOST}" in page.fetch.text
        assert shell.desk.bundle == ONE
        assert page.card.isVisible()
