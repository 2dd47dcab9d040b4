"""A practice clinic that was connected to, or set up, without walking through the pages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pytestqt.qtbot import QtBot

from wizard.gui.shell import Shell
from wizard.practice.clinic import PASSWORD, Clinic
from wizard.problem import UserError
from wizard.site.flow import Step
from wizard.site.model import AccessPoint, CertificateFiles

LONG = 120_000  # milliseconds; the machine may be busy


def clinic(shell: Shell) -> Clinic:
    found = shell.desk.clinic
    assert found is not None
    return found


def idle(qtbot: QtBot, shell: Shell) -> None:
    qtbot.waitUntil(lambda: shell.desk.runner.idle, timeout=LONG)
    qtbot.wait(10)  # what was put on the page just now is shown in the next round


def set_up(qtbot: QtBot, shell: Shell, *, apply: bool = True) -> None:
    """Connect, and set the server up with the good certificate; the page stays where it is."""
    desk = shell.desk
    files = tuple(str(path) for path in clinic(shell).certificates["good"])
    ap = AccessPoint(kind="own", ssid="Practice CHT")
    desk.decide(replace(desk.site, certificate=CertificateFiles(files), access_point=ap))
    desk.secrets.password = desk.secrets.sudo_password = PASSWORD
    visit = desk.new_visit()

    def work() -> dict[str, Any]:
        visit.connect(desk.credentials(), accept=lambda _: True)
        facts, bundle = visit.facts(), visit.bundle()
        found: dict[str, Any] = {"facts": facts, "bundle": bundle}
        if apply:
            plan = visit.plan(facts, bundle)
            found |= {"applied": plan, "outcome": visit.apply(plan), "facts": visit.facts()}
        return found

    def failed(error: UserError) -> None:
        raise error

    desk.run(work, lambda found: desk.learn(**found), failed, "Setting up")
    idle(qtbot, shell)
    assert desk.connected


def enter(shell: Shell, step: Step) -> None:
    shell.desk.go(step)


def systemctl(shell: Shell, verb: str, unit: str = "cht-offline-dns.service") -> None:
    assert clinic(shell).server.run(["systemctl", verb, unit]).ok
