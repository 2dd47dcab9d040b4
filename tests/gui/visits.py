"""A window whose server is the practice clinic's, connected as the first page does it."""

from __future__ import annotations

from dataclasses import replace

from pytestqt.qtbot import QtBot

from wizard.gui.shell import Shell
from wizard.practice.clinic import PASSWORD, USER, Clinic
from wizard.remote.login import Credentials
from wizard.site.flow import Step


def name_certificate(shell: Shell, kind: str) -> None:
    """Let the site name the ready-made certificate of a kind; "" names none."""
    desk, clinic = shell.desk, clinic_of(shell)
    files = tuple(map(str, clinic.certificates[kind])) if kind else ()
    desk.decide(replace(desk.site, certificate=replace(desk.site.certificate, files=files)))


def clinic_of(shell: Shell) -> Clinic:
    """Return the practice clinic on the desk."""
    clinic = shell.desk.clinic
    assert clinic is not None
    return clinic


def connect(shell: Shell, kind: str = "good", scenario: str = "plain") -> Clinic:
    """Name a certificate, connect and read the facts."""
    desk, clinic = shell.desk, clinic_of(shell)
    clinic.scenario = scenario
    name_certificate(shell, kind)
    visit = desk.new_visit()
    visit.connect(Credentials(USER, password=PASSWORD), accept=clinic.fingerprint)
    desk.learn(facts=visit.facts())
    return clinic


def review(shell: Shell, qtbot: QtBot) -> None:
    """Go to the review and wait for its plan."""
    shell.desk.go(Step.REVIEW)
    idle(shell, qtbot)


def idle(shell: Shell, qtbot: QtBot, seconds: float = 60.0) -> None:
    """Wait until nothing is under way."""
    qtbot.waitUntil(lambda: shell.desk.runner.idle, timeout=int(seconds * 1000))
    qtbot.wait(10)  # what was put on the page just now is shown in the next round
