"""Answers: what is missing, changed, wrong or cannot be written, and hands without a mouse."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.gui.walks.conftest import LAPTOP, Practising, Remember, SitDown
from tests.gui.walks.walker import STEPS
from wizard.practice.clinic import ADDRESS, DOMAIN, OLD, PASSWORD, USER, Clinic
from wizard.practice.ssh import new_key_text
from wizard.site.flow import Step


def test_next_with_nothing_filled_in(sit_down: SitDown) -> None:
    go = sit_down()
    go.click("Set up a server")
    for step, things, keyboard in (
        (Step.CONNECT, "4 things to mend", "Name of the site"),
        (Step.STATIC_IP, "2 things to mend", "Network interface"),
        (Step.DOMAIN, "One thing to mend", "Domain name"),
        (Step.DNS_DHCP, "2 things to mend", "First address"),
        (Step.REVIEW, "One thing to mend", "Show me: There is no connection to the server."),
    ):
        go.jump(step)
        go.next()
        go.reads(f"{things} before you can go on")
        assert go.keyboard == keyboard
        assert go.steps()[STEPS[step]] == "you are here"
    go.jump(Step.DOMAIN)
    go.type("Domain name", "my clinic")
    go.next()
    go.reads("One thing to mend before you can go on")
    go.type("Domain name", DOMAIN)
    go.next()
    go.at(Step.CERTIFICATE)
    go.next()  # it may come another day
    go.at(Step.DNS_DHCP)


def test_a_changed_answer_erases_nothing(
    remember: Remember, clinic: Clinic, sit_down: SitDown
) -> None:
    remember()
    go = sit_down(clinic)
    go.click("Open: Kibera clinic")
    done = ("Fixed address", "Domain name", "Certificate", "DNS and DHCP")
    assert [go.steps()[name] for name in done] == ["done"] * 4
    go.jump(Step.DNS_DHCP)
    go.type("Last address", "10.20.0.150")
    go.next()
    go.at(Step.ACCESS_POINT)
    go.jump(Step.STATIC_IP)
    go.type("Address of the server", "10.20.0.5/24")
    assert go.steps()["DNS and DHCP"] == "check again"
    go.next()
    go.at(Step.DOMAIN)
    assert go.steps()["Fixed address"] == "done"
    go.type("Domain name", "other.practice-clinic.org")
    assert go.steps()["Certificate"] == "check again"
    go.next()
    go.at(Step.CERTIFICATE)
    go.reads("fullchain.pem")
    go.reads("This certificate is for cht.practice-clinic.org, but your domain is other.practice")
    go.jump(Step.DNS_DHCP)
    assert go.value("First address") == "10.20.0.100"
    assert go.value("Last address") == "10.20.0.150"
    go.next()
    go.at(Step.ACCESS_POINT)
    assert go.steps()["DNS and DHCP"] == "done"
    assert go.steps()["Certificate"] == "needs attention"


def test_without_a_mouse(practising: Practising) -> None:
    go, clinic = practising

    def key(what: Qt.Key, *, alt: bool = False) -> None:
        modifier = Qt.KeyboardModifier.AltModifier if alt else Qt.KeyboardModifier.NoModifier
        QTest.keyClick(QApplication.focusWidget() or go.shell, what, modifier)

    def tab_to(name: str) -> None:
        for _ in range(40):
            if go.keyboard.startswith(name):
                return
            key(Qt.Key.Key_Tab)
        raise AssertionError(f"Tab never came to {name!r}")

    def type_in(name: str, text: str) -> None:
        tab_to(name)
        QTest.keyClicks(QApplication.focusWidget() or go.shell, text)

    key(Qt.Key.Key_P, alt=True)  # Practise
    go.wait("what can be practised", lambda: go.keyboard == "All is well")
    key(Qt.Key.Key_Space)
    go.at(Step.CONNECT)
    type_in("Server address", OLD)
    type_in("User", USER)
    type_in("Password", PASSWORD)
    key(Qt.Key.Key_Return)
    go.reads("Is this your server?")
    key(Qt.Key.Key_S, alt=True)  # It is the same
    go.reads("The server answers")
    go.idle()
    key(Qt.Key.Key_Return)
    go.at(Step.STATIC_IP)
    type_in("Address of the server", ADDRESS)
    key(Qt.Key.Key_Return)
    go.at(Step.DOMAIN)
    type_in("Domain name", DOMAIN)
    key(Qt.Key.Key_N, alt=True)  # Next
    go.at(Step.CERTIFICATE)
    tab_to("Take this certificate")
    key(Qt.Key.Key_Space)
    go.idle()
    go.reads("days left")
    key(Qt.Key.Key_N, alt=True)
    go.at(Step.DNS_DHCP)
    key(Qt.Key.Key_N, alt=True)
    go.at(Step.ACCESS_POINT)
    key(Qt.Key.Key_Left, alt=True)  # back
    go.at(Step.DNS_DHCP)
    key(Qt.Key.Key_N, alt=True)
    go.at(Step.ACCESS_POINT)
    key(Qt.Key.Key_N, alt=True)
    go.at(Step.REVIEW)
    go.reads("What will be changed on the server")
    key(Qt.Key.Key_Return)  # Apply
    asked = go.answer("Not yet")
    assert OLD in asked
    assert clinic().server.addresses() == {OLD}


def folder(_: Clinic, tmp_path: Path) -> list[Path]:
    empty = tmp_path / "letters"
    empty.mkdir()
    (empty / "letter.txt").write_text("Dear nurse")
    return [empty]


def ssh_key(_: Clinic, tmp_path: Path) -> list[Path]:
    path = tmp_path / "id_ed25519"
    path.write_text(new_key_text())
    return [path]


def cut_off(clinic: Clinic, tmp_path: Path) -> list[Path]:
    chain, key = clinic.certificates["good"]
    path = tmp_path / "fullchain.pem"
    path.write_text(chain.read_text()[:600])
    return [path, key]


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (folder, "letters"),
        (ssh_key, "is an SSH key. It is for logging in to a server"),
        (cut_off, "is cut off: a part of it is missing."),
    ],
)
def test_a_file_that_is_no_certificate(
    remember: Remember,
    clinic: Clinic,
    sit_down: SitDown,
    tmp_path: Path,
    made: Callable[[Clinic, Path], list[Path]],
    sentence: str,
) -> None:
    remember()
    go = sit_down(clinic)
    go.click("Open: Kibera clinic")
    go.jump(Step.CERTIFICATE)
    go.idle()
    go.reads("days left")
    go.drop("Drop the certificate and its key here", made(clinic, tmp_path))
    go.idle()
    go.reads(sentence)
    assert not go.sees("days left")
    go.next()
    go.reads("One thing to mend before you can go on")
    go.click("Take the earlier files again")
    go.idle()
    go.reads("days left")
    assert not go.sees(sentence)
    go.next()
    go.at(Step.DNS_DHCP)


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Callable[[], None]]:
    """A laptop whose disk is full, where that can be done, else one that may not be written to.

    Call it to make room.
    """
    sites = tmp_path / LAPTOP / "sites"
    sites.mkdir(parents=True)
    argv = ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(sites)]
    mounted = os.geteuid() == 0 and not subprocess.run(argv, capture_output=True).returncode
    filler = sites / "film.mp4"
    if mounted:
        filler.write_bytes(b"x" * 4096)
    else:
        sites.rmdir()
        sites.write_text("in the way")  # root may write everywhere, but not into a file

    def make_room() -> None:
        filler.unlink() if mounted else sites.unlink()

    yield make_room
    if mounted:
        subprocess.run(["umount", "-l", str(sites)], check=True)


def test_the_disk_is_full(full: Callable[[], None], sit_down: SitDown) -> None:
    go = sit_down()
    go.click("Set up a server")
    go.type("Name of the site", "Kibera clinic")
    go.reads("could not be saved: ")
    go.reads("make room on the disk")
    go.click("Fill in first, connect later")
    go.at(Step.STATIC_IP)
    go.type("Address of the server", ADDRESS)
    go.click("All sites")
    go.reads("could not be saved: ")
    go.close()
    assert "is lost if you close now" in go.answer("Stay here")
    assert go.value("Address of the server") == ADDRESS
    full()
    go.close()
    assert not go.shell.isVisible()
    go = sit_down()
    go.click("Open: Kibera clinic")
    go.jump(Step.STATIC_IP)
    assert go.value("Address of the server") == ADDRESS
