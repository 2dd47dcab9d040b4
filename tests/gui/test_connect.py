"""Meeting the server: by typing and clicking, against the practice clinic's real SSH server."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_ssh_private_key,
)
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from tests.gui import audit
from tests.gui.conftest import Answers
from wizard.agent import wire
from wizard.certificate import Roots
from wizard.gui.app import application
from wizard.gui.pages.connect import ConnectPage
from wizard.gui.shell import Shell
from wizard.gui.theme import theme
from wizard.gui.widgets.field import Field
from wizard.gui.widgets.first_contact import FirstContactCard
from wizard.practice.clinic import NEW, OLD, PASSWORD, SITE, USER, Clinic
from wizard.practice.ssh import Account, new_key, new_key_text
from wizard.remote.discover import Found
from wizard.remote.hosts import FirstContact, HostKey, KnownHosts
from wizard.remote.login import Credentials
from wizard.remote.words import RemoteError
from wizard.site.flow import State, Step, Walk
from wizard.site.model import Login, Site
from wizard.site.toml import load
from wizard.visit import Visit

PHRASE = "a passphrase of its own"


@pytest.fixture
def begin(shell: Shell, tmp_path: Path) -> Iterator[Callable[..., ConnectPage]]:
    """Begin a practice; the site is nearly empty unless another one is given."""

    def made(
        site: Site = Site(name="Practice clinic"),  # noqa: B008 - frozen
        walk: Walk = Walk.SETUP,
        **clinic: object,
    ) -> ConnectPage:
        shell.desk.begin_practice(Clinic(tmp_path / "clinic", **clinic), site, walk)  # type: ignore[arg-type]
        shell.begin()
        assert isinstance(shell.page, ConnectPage)
        return shell.page

    yield made
    shell.desk.put_away()


def text_of(field: Field) -> QLineEdit:
    assert isinstance(field.editor, QLineEdit)
    return field.editor


def fill(qtbot: QtBot, page: ConnectPage, password: str = PASSWORD, user: str = USER) -> None:
    """Type what has to be typed."""
    for field, text in (
        (page.host, OLD),
        (page.login.user, user),
        (page.login.password, password),
    ):
        text_of(field).clear()
        QTest.keyClicks(field.editor, text)


def settle(qtbot: QtBot, shell: Shell) -> None:
    qtbot.waitUntil(lambda: shell.desk.runner.idle, timeout=30000)
    qtbot.wait(10)  # what was put on the page just now is shown in the next round


def meet(qtbot: QtBot, shell: Shell, page: ConnectPage) -> None:
    """Connect, and accept the server that was never seen."""
    shell.next_button.click()
    settle(qtbot, shell)
    page.contact.same_button.click()
    settle(qtbot, shell)


def error_of(shell: Shell) -> str:
    return shell._framed().error.text


def clinic_of(shell: Shell) -> Clinic:
    assert shell.desk.clinic is not None
    return shell.desk.clinic


def known(shell: Shell) -> KnownHosts:
    return KnownHosts(clinic_of(shell).folder / "data" / "known-hosts.jsonl")


# ----------------------------------------------------------------------- the whole way


def test_a_server_is_met_by_typing_and_clicking(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin()
    assert shell.next_button.text() == "&Connect"
    fill(qtbot, page)
    shell.next_button.click()
    assert not shell.next_button.isEnabled()
    settle(qtbot, shell)
    assert page.title() == "Is this your server?"
    assert page.contact.isVisible()
    assert not page.form.isVisible()
    assert clinic_of(shell).fingerprint in page.contact._shown.accessibleName()
    assert clinic_of(shell).fingerprint in page.contact._expected.accessibleName()
    assert known(shell).records() == ()
    page.contact.same_button.click()
    settle(qtbot, shell)
    assert shell.desk.connected
    assert page.checks.isVisible()
    assert not page.form.isVisible()
    assert shell.next_button.text() == "&Next"
    assert shell.next_button.hasFocus()
    assert [r.key.fingerprint for r in known(shell).records()] == [clinic_of(shell).fingerprint]
    shell.next_button.click()
    assert shell.desk.flow.step is Step.STATIC_IP
    assert shell.desk.state(Step.CONNECT) is State.DONE
    shell.back()
    assert shell.page is page
    assert page.checks.isVisible()
    shell.next_button.click()
    assert shell.desk.flow.step is Step.STATIC_IP


def test_what_was_found_is_shown_in_two_groups(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin()
    fill(qtbot, page)
    meet(qtbot, shell, page)
    needed, advice = (rows for _, rows in page.checks._groups.values())
    assert needed.row("login") is not None
    assert needed.row("disk") is not None
    assert advice.row("cht") is not None
    assert advice.row("clock") is not None
    assert advice.row("login") is None


def test_the_practice_fills_itself_in_if_asked(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin()
    assert USER in page.practice.text
    assert PASSWORD in page.practice.text
    page.fill.click()
    meet(qtbot, shell, page)
    assert shell.desk.connected


def test_no_secret_is_in_the_site(qtbot: QtBot, shell: Shell, tmp_path: Path) -> None:
    shell.desk.begin(Site(name="Kibera clinic"), Walk.SETUP)
    shell.begin()
    page = shell.page
    assert isinstance(page, ConnectPage)
    fill(qtbot, page)
    page.login.fold.unfold()
    QTest.keyClicks(page.login.sudo.editor, "another secret")
    shell.desk.save()
    text = shell.desk.store.path(shell.desk.key).read_text()
    assert OLD in text
    assert PASSWORD not in text
    assert "another secret" not in text
    assert shell.desk.secrets.password == PASSWORD
    assert shell.desk.secrets.sudo_password == "another secret"
    shell.go_home()
    assert shell.desk.secrets.password == shell.desk.secrets.sudo_password == ""


def test_blanks_of_a_password_count(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin()
    fill(qtbot, page, password=" two blanks ")
    assert shell.desk.secrets.password == " two blanks "


# --------------------------------------------------------------------- what is missing


def test_what_is_missing_is_said_and_shown(shell: Shell, begin: Callable[..., ConnectPage]) -> None:
    page = begin(Site())
    shell.next_button.click()
    assert shell.desk.visit is None
    summary = shell._framed().summary.text
    assert summary == "4 things to mend before you can go on"
    for field in (page.name, page.host, page.login.user, page.login.password):
        assert field.message.property("role") == "err"
    assert page.name.editor.hasFocus()


def test_one_may_fill_in_first_and_connect_later(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin(Site())
    page.later.click()
    assert shell.page is page
    assert page.name.editor.hasFocus()
    assert page.name.message.text().startswith("The site has no name.")
    QTest.keyClicks(page.name.editor, "Kibera clinic")
    page.later.click()
    assert shell.desk.flow.step is Step.STATIC_IP
    assert shell.desk.state(Step.CONNECT) is State.TODO
    assert shell.desk.visit is None


def test_a_check_cannot_be_filled_in_first(shell: Shell, begin: Callable[..., ConnectPage]) -> None:
    page = begin(SITE, Walk.CHECK)
    assert not page.later.isVisible()


def test_a_renewal_asks_only_for_the_password(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin(SITE, Walk.RENEW)
    assert not page.name.isVisible()
    assert not page.servers.isVisible()
    page.login.fold.unfold()
    assert not page.login.port.isVisible()
    assert page.login.sudo.isVisible()
    assert page.login.password.editor.hasFocus()
    QTest.keyClicks(page.login.password.editor, PASSWORD)
    meet(qtbot, shell, page)
    assert shell.desk.flow.step is Step.CERTIFICATE


def test_a_complete_site_may_go_on_to_review(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage], tmp_path: Path
) -> None:
    page = begin()
    site = load(clinic_of(shell).write_site("good"))
    shell.desk.decide(site)
    for step in (Step.STATIC_IP, Step.DOMAIN, Step.CERTIFICATE, Step.DNS_DHCP):
        assert not page.review.isVisible()
        shell.desk.agree(step)
    QTest.keyClicks(page.login.password.editor, PASSWORD)
    meet(qtbot, shell, page)
    assert page.review.isVisible()
    assert shell.desk.state(Step.DNS_DHCP) is State.DONE


# ------------------------------------------------------------------------ first contact


def test_a_server_that_is_another_gets_nothing(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin()
    fill(qtbot, page)
    shell.next_button.click()
    settle(qtbot, shell)
    page.contact.different_button.click()
    assert "not your server" in page.note.text
    assert page.form.isVisible()
    assert not shell.desk.connected
    assert known(shell).records() == ()
    assert clinic_of(shell).ssh.started == 0
    shell.next_button.click()
    settle(qtbot, shell)
    assert page.contact.isVisible()


def test_next_does_not_answer_the_question(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin()
    fill(qtbot, page)
    shell.next_button.click()
    settle(qtbot, shell)
    assert not page.contact._first.isVisible()
    QTest.keyClick(shell, Qt.Key.Key_Return)
    assert page.contact.isVisible()
    assert "Answer this first" in page.contact._first.text
    assert not shell.desk.connected
    assert shell.desk.runner.idle


def test_a_real_server_is_compared_at_its_own_screen(shell: Shell, qtbot: QtBot) -> None:
    key = new_key()
    contact = FirstContact(HostKey(key.get_name(), key.asbytes()), "192.168.1.20")
    card = FirstContactCard()
    qtbot.addWidget(card)
    card.ask(contact)
    assert not card._command.isHidden()
    assert card._command.value.text() == "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"
    assert card._expected.isHidden()


def test_a_changed_key_is_a_hard_stop(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin()
    other = new_key()
    known(shell).remember(HostKey(other.get_name(), other.asbytes()), OLD)
    before = known(shell).records()
    fill(qtbot, page)
    for _ in range(2):
        shell.next_button.click()
        settle(qtbot, shell)
        assert "is not the one that was there before" in error_of(shell)
        assert "Nothing was sent to it." in error_of(shell)
        assert not page.contact.isVisible()
        assert not shell.desk.connected
    assert known(shell).records() == before
    assert clinic_of(shell).ssh.started == 0


# ------------------------------------------------------------------------------ errors


def test_a_wrong_password_is_told_and_the_cursor_stands_there(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin()
    fill(qtbot, page, password="wrong")
    meet(qtbot, shell, page)
    assert "does not accept this password" in error_of(shell)
    assert page.login.password.editor.hasFocus()
    assert "does not accept" in page.login.password.editor.accessibleDescription()
    QTest.keyClicks(page.login.password.editor, "x")
    assert "does not accept" not in page.login.password.message.text()
    fill(qtbot, page)
    shell.next_button.click()
    settle(qtbot, shell)
    assert shell.desk.connected
    assert error_of(shell) == ""


def test_an_address_where_nobody_answers(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin()
    fill(qtbot, page)
    text_of(page.host).clear()
    QTest.keyClicks(page.host.editor, "192.168.50.99")
    shell.next_button.click()
    settle(qtbot, shell)
    assert "192.168.50.99" in error_of(shell)
    assert page.host.editor.hasFocus()


def test_another_password_for_sudo(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin(account=Account(USER, PASSWORD, sudo="for sudo"))
    fill(qtbot, page)
    meet(qtbot, shell, page)
    assert "sudo password" in error_of(shell)
    assert page.login.fold.opened
    assert page.login.sudo.editor.hasFocus()
    QTest.keyClicks(page.login.sudo.editor, "for sudo")
    shell.next_button.click()
    settle(qtbot, shell)
    assert shell.desk.connected


def test_an_error_that_comes_late_is_kept_for_the_page(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin()
    fill(qtbot, page, password="wrong")
    shell.next_button.click()
    settle(qtbot, shell)
    page.contact.same_button.click()
    shell.go(Step.DOMAIN)
    settle(qtbot, shell)
    assert error_of(shell) == ""
    shell.go(Step.CONNECT)
    assert "does not accept this password" in error_of(shell)


def test_a_site_that_is_put_away_while_connecting(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin()
    fill(qtbot, page)
    shell.next_button.click()
    settle(qtbot, shell)
    page.contact.same_button.click()
    shell.go_home()
    settle(qtbot, shell)
    assert shell.page is None
    assert not shell.desk.connected


def test_an_address_that_changes_while_connecting(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin()
    fill(qtbot, page)
    shell.next_button.click()
    QTest.keyClicks(page.host.editor, "9")
    settle(qtbot, shell)
    assert not page.contact.isVisible()
    assert not shell.desk.connected
    assert page.form.isVisible()


# --------------------------------------------------------------------------- key files


@pytest.fixture
def key_file(tmp_path: Path) -> tuple[Path, paramiko.PKey]:
    """A private key behind a passphrase, and what the server knows of it."""
    plain = new_key_text()
    private = load_ssh_private_key(plain.encode(), None)
    path = tmp_path / "id_ed25519"
    path.write_bytes(
        private.private_bytes(
            Encoding.PEM, PrivateFormat.OpenSSH, BestAvailableEncryption(PHRASE.encode())
        )
    )
    (tmp_path / "plain").write_text(plain)
    return path, paramiko.Ed25519Key.from_private_key_file(str(tmp_path / "plain"))


def test_a_login_with_a_key_file(
    qtbot: QtBot,
    shell: Shell,
    begin: Callable[..., ConnectPage],
    answers: Answers,
    key_file: tuple[Path, paramiko.PKey],
) -> None:
    path, key = key_file
    page = begin(account=Account(USER, PASSWORD, keys=(key,)))
    fill(qtbot, page, password="typed before")
    page.login.by_key.click()
    assert not page.login.password.isVisible()
    assert shell.desk.secrets.password == ""
    answers.files = [[path]]
    page.login.browse.click()
    settle(qtbot, shell)
    assert shell.desk.site.server.key == str(path)
    assert page.login.key.message.property("role") == "hint"
    QTest.keyClicks(page.login.passphrase.editor, PHRASE)
    QTest.keyClick(page.login.passphrase.editor, Qt.Key.Key_Return)
    settle(qtbot, shell)
    page.contact.same_button.click()
    settle(qtbot, shell)
    assert shell.desk.connected


@pytest.mark.parametrize("content", ["nothing like a key", "ssh-ed25519 AAAA somebody", ""])
def test_what_is_not_a_key_is_told_at_once(
    qtbot: QtBot,
    shell: Shell,
    begin: Callable[..., ConnectPage],
    answers: Answers,
    tmp_path: Path,
    content: str,
) -> None:
    page = begin()
    (tmp_path / "wrong").write_text(content)
    page.login.by_key.click()
    answers.files = [[tmp_path / "wrong"]]
    page.login.browse.click()
    settle(qtbot, shell)
    assert page.login.key.message.property("role") == "err"
    assert "key" in page.login.key.message.text()


def test_a_wrong_passphrase_is_told_apart(
    qtbot: QtBot,
    shell: Shell,
    begin: Callable[..., ConnectPage],
    answers: Answers,
    key_file: tuple[Path, paramiko.PKey],
) -> None:
    page = begin()
    page.login.by_key.click()
    answers.files = [[key_file[0]]]
    page.login.browse.click()
    settle(qtbot, shell)
    QTest.keyClicks(page.login.passphrase.editor, "wrong")
    text_of(page.login.passphrase).editingFinished.emit()
    settle(qtbot, shell)
    assert "passphrase does not open" in page.login.passphrase.message.text()
    assert page.login.key.message.property("role") == "hint"


def test_a_missing_key_file_is_said(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin()
    fill(qtbot, page)
    page.login.by_key.click()
    shell.next_button.click()
    assert shell.desk.visit is None
    assert "No key file is chosen" in page.login.key.message.text()


# ------------------------------------------------------------------- servers near here


def test_a_server_that_was_found_is_chosen(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin()
    qtbot.waitUntil(lambda: not shell.desk.search.running, timeout=10000)
    assert page.servers.list.isVisible()
    page.servers.list.card(OLD).click()
    assert shell.desk.site.server.host == OLD
    assert page.host.value == OLD
    QTest.keyClicks(page.host.editor, "9")
    assert page.servers.list.value == ""


def test_a_search_ends_at_once_when_one_connects(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin()
    ended = threading.Event()

    def seek(_: object, cancelled: Callable[[], bool]) -> None:
        while not cancelled():
            ended.wait(0.01)
        ended.set()

    shell.desk.search.start(seek)
    assert page.servers.state.text().startswith("Looking for servers")
    fill(qtbot, page)
    shell.next_button.click()
    assert not shell.desk.search.running
    assert ended.wait(5)
    settle(qtbot, shell)
    assert page.contact.isVisible()


def test_a_stopped_search_tells_nothing_more(qtbot: QtBot, shell: Shell) -> None:
    found = Found("192.168.1.20", "eth0", "SSH-2.0-x", "SHA256:a")
    go = threading.Event()

    def seek(on_found: Callable[[Found], None], _: object) -> None:
        go.wait(5)
        on_found(found)

    search = shell.desk.search
    search.start(seek)
    search.stop()
    go.set()
    search.start(lambda on_found, _: on_found(replace(found, address="192.168.1.21")))
    qtbot.waitUntil(lambda: not search.running)
    qtbot.wait(50)
    assert [one.address for one in search.found] == ["192.168.1.21"]


def test_many_servers_do_not_fill_the_page(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin()
    qtbot.waitUntil(lambda: not shell.desk.search.running, timeout=10000)
    many = [Found(f"192.168.1.{n}", "eth0", "SSH-2.0-x", f"SHA256:{n}") for n in range(1, 12)]

    def seek(on_found: Callable[[Found], None], _: object) -> None:
        for one in many:
            on_found(one)

    shell.desk.search.start(seek)
    qtbot.waitUntil(lambda: len(shell.desk.search.found) == 11)
    assert len(page.servers.list._cards) == 4
    assert page.servers.more.text() == "Show all 11"
    page.servers.more.click()
    assert len(page.servers.list._cards) == 11


def test_nobody_near_is_said(qtbot: QtBot, shell: Shell) -> None:
    shell.desk.begin(Site(name="Kibera clinic"), Walk.SETUP)
    shell.begin()
    page = shell.page
    assert isinstance(page, ConnectPage)
    qtbot.waitUntil(lambda: not shell.desk.search.running)
    assert page.servers.state.text().startswith("No server was found")
    assert page.servers.again_button.isVisible()


# ----------------------------------------------------------------- what is in the way


def test_what_is_needed_and_lacks_keeps_one_here(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin()
    server = clinic_of(shell).server
    server.put("/proc/1/comm", "runit\n")
    fill(qtbot, page)
    meet(qtbot, shell, page)
    assert shell.next_button.text() == "&Look again"
    shell.next_button.click()
    settle(qtbot, shell)
    assert shell.page is page
    assert shell.next_button.text() == "&Look again"
    row = page.checks._groups[True][1].row("systemd-missing")
    assert row is not None
    assert row.state == "failed"
    server.put("/proc/1/comm", "systemd\n")
    shell.next_button.click()
    settle(qtbot, shell)
    assert shell.page is page
    assert shell.next_button.text() == "&Next"
    shell.next_button.click()
    assert shell.desk.flow.step is Step.STATIC_IP


def leave_unfinished(clinic: Clinic) -> None:
    """Do what a laptop does that changes the server and never comes back."""
    site = load(clinic.write_site("good"))
    roots = Roots.bundled().with_extra([clinic.folder / "root.pem"])
    data = clinic.folder / "other-laptop"
    with Visit(site, clinic.folder, data, roots=roots, detour=clinic.detour) as visit:
        login = Credentials(USER, PASSWORD, sudo_password=PASSWORD)
        visit.connect(login, accept=clinic.fingerprint)
        plan = visit.plan(visit.facts(), visit.bundle())
        order = replace(plan.order(prove=False), seconds=600)
        with contextlib.suppress(RemoteError):  # the new address cuts the connection
            visit.link.call("apply", {"order": wire.encode(order)}, timeout=3)


def test_what_somebody_left_unfinished_can_be_put_back(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin()
    clinic = clinic_of(shell)
    leave_unfinished(clinic)
    qtbot.waitUntil(lambda: clinic.server.addresses() == {NEW}, timeout=20000)
    key = HostKey(clinic.key.get_name(), clinic.key.asbytes())
    known(shell).remember(key, OLD, SITE.domain)
    shell.desk.decide(replace(SITE, server=Login(OLD, user=USER)))
    QTest.keyClicks(page.login.password.editor, PASSWORD)
    shell.next_button.click()
    settle(qtbot, shell)
    assert shell.next_button.text() == "&Look again"
    row = page.checks._groups[True][1].row("pending-left")
    assert row is not None
    row.findChildren(QPushButton)[0].click()
    settle(qtbot, shell)
    assert "as it was before that change" in page.note.text
    assert clinic.server.addresses() == {OLD}
    assert shell.next_button.text() == "&Next"


# ---------------------------------------------------------------- a connection that broke


def test_a_lost_connection_leads_back_here(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin()
    fill(qtbot, page)
    meet(qtbot, shell, page)
    shell.go(Step.DOMAIN)
    clinic_of(shell).ssh.drop()
    visit = shell.desk.visit
    assert visit is not None
    shell.desk.run(visit.facts, lambda _: None, shell.show_error, "Looking")
    settle(qtbot, shell)
    assert shell.desk.lost
    assert not shell.desk.connected
    assert shell.desk.facts is not None
    again = shell._framed().again
    assert again.isVisible()
    again.click()
    assert shell.page is page
    assert "was lost" in page.note.text
    assert page.form.isVisible()
    assert shell.next_button.text() == "&Connect"
    shell.next_button.click()
    settle(qtbot, shell)
    assert shell.desk.connected
    assert not page.note.isVisible()


def test_one_may_go_to_another_server(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage]
) -> None:
    page = begin()
    fill(qtbot, page)
    meet(qtbot, shell, page)
    page.other.click()
    assert page.form.isVisible()
    assert shell.desk.facts is None
    assert page.host.value == OLD


# ----------------------------------------------------------------------------- audits


def look_at(qtbot: QtBot, shell: Shell, page: ConnectPage) -> None:
    qtbot.waitUntil(lambda: audit.clipped(shell) == [])  # the layout follows in a moment
    assert audit.nameless(shell) == []
    assert audit.unreachable(shell) == []
    assert audit.same_keys(shell) == []
    assert audit.too_wide(shell) == []
    assert audit.out_of_order(shell, page) == []


@pytest.mark.parametrize("points", [10, 15, 20])
def test_all_of_it_can_be_read_and_reached(
    qtbot: QtBot, shell: Shell, begin: Callable[..., ConnectPage], points: int
) -> None:
    app = application()
    font = app.font()
    font.setPointSizeF(points)
    app.setFont(font)
    theme().apply()
    try:
        shell.resize(910 if points == 10 else 1100, 600)
        page = begin()
        page.login.fold.unfold()
        qtbot.waitUntil(lambda: not shell.desk.search.running, timeout=10000)
        look_at(qtbot, shell, page)
        page.login.by_key.click()
        look_at(qtbot, shell, page)
        page.login.by_password.click()
        fill(qtbot, page, password="wrong")
        shell.next_button.click()
        settle(qtbot, shell)
        shell.next_button.click()
        look_at(qtbot, shell, page)
        page.contact.same_button.click()
        settle(qtbot, shell)
        look_at(qtbot, shell, page)
        fill(qtbot, page)
        clinic_of(shell).server.put("/proc/1/comm", "runit\n")
        shell.next_button.click()
        settle(qtbot, shell)
        assert shell.desk.connected
        look_at(qtbot, shell, page)
    finally:
        font.setPointSizeF(10)
        app.setFont(font)
        theme().apply()
