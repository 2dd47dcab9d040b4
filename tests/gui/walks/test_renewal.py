"""Renewals in the window: how much is clicked and typed, a request, the previous certificate."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit

from tests.gui.walks.conftest import LAPTOP, NewClinic, Practising, SitDown
from tests.gui.walks.test_main_job import serves
from tests.gui.walks.walker import SLOW, Walker
from wizard.agent import names
from wizard.practice.cht import CHAIN
from wizard.practice.clinic import PASSWORD, SITE, USER, Clinic
from wizard.practice.earlier import set_up
from wizard.practice.ssh import Account, new_key_text
from wizard.site.flow import Step
from wizard.site.model import CertificateFiles
from wizard.sites import SiteStore

NAME = "Kibera clinic"


class Hands(QObject):
    """Counts the clicks on buttons, and the fields that something was typed into."""

    def __init__(self) -> None:
        super().__init__()
        self.clicks: list[str] = []
        self.fields: set[str] = set()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease:
            if isinstance(watched, QAbstractButton):
                name = watched.accessibleName() or watched.text().replace("&", "")
                self.clicks.append(name)
        elif event.type() == QEvent.Type.KeyPress and isinstance(watched, QLineEdit):
            self.fields.add(watched.accessibleName())
        return False


@pytest.fixture
def hands(qapp: QApplication) -> Iterator[Hands]:
    made = Hands()
    qapp.installEventFilter(made)
    yield made
    qapp.removeEventFilter(made)


@pytest.fixture
def visited(new_clinic: NewClinic, tmp_path: Path) -> Clinic:
    """A clinic that was set up months ago, by a laptop that logs in with a key file."""
    text = new_key_text()
    key = paramiko.Ed25519Key(file_obj=io.StringIO(text))
    clinic = new_clinic(account=Account(USER, PASSWORD, keys=(key,)))
    (tmp_path / "id_ed25519").write_text(text)
    set_up(clinic, "good")
    return clinic


def remember(clinic: Clinic, folder: Path, key: Path | None = None) -> None:
    """Let the laptop know the site."""
    files = tuple(str(path) for path in clinic.certificates["good"])
    server = replace(SITE.server, key=str(key) if key else "")
    site = replace(SITE, name=NAME, server=server, certificate=CertificateFiles(files))
    SiteStore(folder / LAPTOP / "sites").save(site)


def install(go: Walker, clinic: Clinic, kind: str) -> None:
    """From the page Certificate, with files at hand, to a certificate that is served."""
    go.idle()
    go.drop("Drop the certificate and its key here", clinic.certificates[kind])
    go.idle()
    go.next()
    go.at(Step.REVIEW)
    go.idle()
    go.next()
    go.reads("The certificate is renewed", SLOW)
    assert serves(clinic, kind)


def at_certificate(visited: Clinic, sit_down: SitDown, tmp_path: Path) -> Walker:
    """One click leads there, where a key file opens the server."""
    remember(visited, tmp_path, tmp_path / "id_ed25519")
    go = sit_down(visited)
    go.click(f"Renew: {NAME}")
    go.at(Step.CERTIFICATE)
    return go


def test_with_a_key_file(visited: Clinic, sit_down: SitDown, tmp_path: Path, hands: Hands) -> None:
    go = at_certificate(visited, sit_down, tmp_path)
    install(go, visited, "newer")
    assert hands.clicks == [f"Renew: {NAME}", "Next", "Apply to practice"]
    assert hands.fields == set()


def test_with_a_password(visited: Clinic, sit_down: SitDown, tmp_path: Path, hands: Hands) -> None:
    remember(visited, tmp_path)
    go = sit_down(visited)
    go.click("Renew the certificate")
    go.at(Step.CONNECT)
    assert go.keyboard == "Password"
    go.type("Password", PASSWORD)
    go.next()
    go.at(Step.CERTIFICATE)
    install(go, visited, "newer")
    assert hands.clicks == ["Renew the certificate", "Connect", "Next", "Apply to practice"]
    assert hands.fields == {"Password"}


def test_a_key_file_that_is_gone_is_asked_for(
    visited: Clinic, sit_down: SitDown, tmp_path: Path
) -> None:
    remember(visited, tmp_path, tmp_path / "gone")
    go = sit_down(visited)
    go.click(f"Renew: {NAME}")
    go.at(Step.CONNECT)
    go.idle()
    assert go.shell.page is not None
    assert go.shell.page.step is Step.CONNECT
    assert not go.shell.desk.connected


def test_the_previous_one_is_put_back(visited: Clinic, sit_down: SitDown, tmp_path: Path) -> None:
    go = at_certificate(visited, sit_down, tmp_path)
    install(go, visited, "newer")
    go.click("All sites")
    go.click(f"Renew: {NAME}")
    go.at(Step.CERTIFICATE)
    go.idle()
    go.click("Put the previous certificate back")
    go.reads("Before the present one it had one for cht.practice-clinic.org")
    go.click("Take the previous one")
    go.reads("The key stays on the server.")
    go.reads("Put back: ends on")
    go.next()
    go.at(Step.REVIEW)
    go.reads("Put the certificate that was in cht-nginx-1 before back there, and try it.")
    go.next()
    go.reads("The certificate is renewed", SLOW)
    assert serves(visited, "good")


def test_a_request_survives_closing_the_laptop(
    visited: Clinic, sit_down: SitDown, tmp_path: Path
) -> None:
    go = at_certificate(visited, sit_down, tmp_path)
    go.idle()
    go.click("Make a request, and get the certificate later")
    go.click("Save the request...")
    out = tmp_path / "clinic.csr"
    go.pick(out)
    go.reads(f"The request was written to {out}.")
    assert "BEGIN CERTIFICATE REQUEST" in out.read_text()
    go.close()
    key = (visited.server.read(names.REQUEST + "/key.pem") or "").splitlines()[1]
    laptop = tmp_path / LAPTOP
    kept = [path for path in laptop.rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if key.encode() in path.read_bytes()]

    away = sit_down(visited, away=True)  # in town, without the server
    away.click(f"Open: {NAME}")
    away.jump(Step.CERTIFICATE)
    away.reads("; waiting for the certificate.")
    answer = visited.answer(out.read_text())  # it came, on a stick
    away.drop("Drop the certificate and its key here", answer)
    away.idle()
    away.reads("The key stays on the server.")
    away.close()

    go = sit_down(visited)
    go.click(f"Renew: {NAME}")
    go.at(Step.CERTIFICATE)
    go.idle()
    go.reads("The key stays on the server.")
    go.next()
    go.at(Step.REVIEW)
    go.reads("with the key that waits on the server")
    go.next()
    go.reads("The certificate is renewed", SLOW)
    assert visited.server.read(CHAIN) == answer[0].read_text()
    assert not visited.server.exists(names.REQUEST)
    go.next()
    go.at(Step.LIVE_CHECK, SLOW)
    assert go.shell.desk.site.request.day == ""


def test_practising_a_request(practising: Practising, tmp_path: Path) -> None:
    go, clinic = practising
    go.practise("Renew the certificate")
    go.click("Fill these in for me")
    go.next()
    go.at(Step.CERTIFICATE)
    go.click("Make a request, and get the certificate later")
    go.click("Save the request...")
    go.pick(tmp_path / "practice.csr")
    go.reads("Requested on")
    go.click("Make a new request...")
    assert "worthless" in go.answer("Keep it")
    go.click("Let the practice authority answer it")
    go.idle()
    go.reads("The key stays on the server.")
    go.next()
    go.at(Step.REVIEW)
    go.next()
    go.reads("The certificate is renewed", SLOW)
    assert not clinic().server.exists(names.REQUEST)
