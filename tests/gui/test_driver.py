"""The hands of tour and walks: they find what a person finds, and say what they do not."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QAbstractButton, QPushButton

from wizard.gui.driver import Astray, Driver
from wizard.gui.shell import Shell
from wizard.site.flow import Step


@pytest.fixture
def go(shell: Shell) -> Driver:
    return Driver(shell, patience=0.3)


def test_a_control_is_found_by_its_name(go: Driver) -> None:
    go.click("Practise")
    go.click("Set up")  # the beginning is enough
    go.at(Step.CONNECT)
    assert go.find(QAbstractButton, "Connect").isVisible()
    assert go.sees("Which server is it?")
    assert not go.sees("What do you want to do?")  # the page before is hidden


def test_what_is_not_there_is_named(go: Driver) -> None:
    with pytest.raises(Astray, match="waited in vain for QAbstractButton 'Fly'"):
        go.click("Fly")
    with pytest.raises(Astray, match="the page done"):
        go.at(Step.DONE)
    with pytest.raises(Astray, match="no entry 'Pink'"):
        go.choose("Appearance", "Pink")


def test_what_cannot_be_pressed_is_waited_for(go: Driver) -> None:
    button = go.find(QPushButton, "Bring in a site file")
    button.setEnabled(False)
    with pytest.raises(Astray, match="to be enabled"):
        go.click("Bring in a site file")


def test_typing_replaces_and_is_an_answer(go: Driver) -> None:
    go.click("Set up a server")
    go.at(Step.CONNECT)
    go.type("Name of the site", "Kibera")
    go.type("Name of the site", "Kibera clinic")
    go.type("Server address", "192.168.1.20")
    assert go.shell.desk.site.name == "Kibera clinic"
    assert go.shell.desk.site.server.host == "192.168.1.20"
