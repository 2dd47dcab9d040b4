"""Phones arriving in the window: rows that come while it is looked at, and no longer."""

from __future__ import annotations

import threading
import time

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.gui import audit
from tests.gui.test_live_check import live_check
from tests.gui.visiting import LONG, clinic, enter, idle, set_up
from wizard.arrivals import Row
from wizard.gui.shell import Shell
from wizard.gui.widgets.arrivals import SHOWN, ArrivalsPanel
from wizard.site.flow import Step


@pytest.fixture
def watched(qtbot: QtBot, practice: Shell) -> Shell:
    """The page after its check, with phones on their way."""
    set_up(qtbot, practice)
    clinic(practice).phone_pause = 0.1
    enter(practice, Step.LIVE_CHECK)
    idle(qtbot, practice)
    return practice


def panel(shell: Shell) -> ArrivalsPanel:
    return live_check(shell).arrivals


def gone(qtbot: QtBot) -> None:
    """Wait until nobody watches any more."""
    qtbot.waitUntil(
        lambda: not [t for t in threading.enumerate() if t.name in ("watch", "watch-end")],
        timeout=LONG,
    )


def row(number: int, state: str = "passed", code: str = "opened") -> Row:
    mac = f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}"
    return Row(mac, f"Phone {number}", "", "", state, code, code, "", ("opened",), 1.0)


def test_phones_come_and_are_told_apart(qtbot: QtBot, watched: Shell) -> None:
    found = panel(watched)
    assert found.watching
    qtbot.waitUntil(lambda: "3 stopped" in found.counts.text(), timeout=LONG)
    assert found.counts.text() == "4 devices were seen · 1 opened the CHT · 3 stopped"
    names = [r.accessibleName() for r in found.rows.findChildren(QWidget) if r.accessibleName()]
    assert any(n.startswith("Pixel-6a: It opened the CHT.: passed") for n in names)
    assert any("set “Private DNS” to “Off”" in n for n in names)
    assert not audit.nameless(watched)
    assert not audit.unreachable(watched)


def test_it_ends_when_the_page_is_left_and_begins_again(qtbot: QtBot, watched: Shell) -> None:
    found = panel(watched)
    qtbot.waitUntil(lambda: len(found.rows) > 0, timeout=LONG)
    enter(watched, Step.DOMAIN)
    assert not found.watching
    gone(qtbot)
    assert not clinic(watched).segment.mirror.say(b"")  # the server looks no more
    enter(watched, Step.LIVE_CHECK)
    assert panel(watched).watching
    assert len(panel(watched).rows) == 0


def test_it_can_be_stopped_and_stays_so(qtbot: QtBot, watched: Shell) -> None:
    found = panel(watched)
    assert found.button.text() == "Stop &watching"
    found.button.click()
    assert not found.watching
    live_check(watched).show_known()
    assert not found.watching
    found.button.click()
    assert found.watching


def test_nobody_watches_while_the_server_is_checked(qtbot: QtBot, watched: Shell) -> None:
    live_check(watched).again.click()
    assert not panel(watched).watching
    assert not panel(watched).isVisible()
    idle(qtbot, watched)
    assert panel(watched).watching


def test_a_connection_that_breaks_is_told(qtbot: QtBot, watched: Shell) -> None:
    found = panel(watched)
    qtbot.waitUntil(lambda: len(found.rows) > 0, timeout=LONG)
    clinic(watched).ssh.drop()
    qtbot.waitUntil(lambda: not found.watching, timeout=LONG)
    assert "lost" in found.trouble.text
    assert len(found.rows) > 0  # what was seen can still be read


def test_of_many_those_who_stopped_are_shown(qtbot: QtBot, shell: Shell) -> None:
    made = ArrivalsPanel(shell.desk)
    qtbot.addWidget(made)
    stopped = [row(n, "failed", "mistyped") for n in range(200, 205)]
    made.show_rows([*(row(n) for n in range(245)), *stopped[:0]])
    assert len(made.rows) == SHOWN
    assert "215 more" in made.more.text()
    made.show_rows([*(row(n) for n in range(200)), *stopped, *(row(n) for n in range(205, 250))])
    assert all(made.rows.row(one.mac) is not None for one in stopped)
    assert len(made.rows) == SHOWN


def test_two_hundred_and_fifty_devices_do_not_hold_up_the_window(
    qtbot: QtBot, shell: Shell
) -> None:
    made = ArrivalsPanel(shell.desk)
    qtbot.addWidget(made)
    made.show()
    rows = [row(n, "running", "has-address") for n in range(250)]
    made.show_rows(rows)
    same = [made.rows.row(one.mac) for one in rows]
    begun = time.process_time()
    for number in range(250):
        rows[number] = row(number)
        made.show_rows(rows)
    assert time.process_time() - begun < 5
    begun = time.process_time()
    for _ in range(250):
        made.show_rows(rows)
    assert time.process_time() - begun < 1  # nothing is drawn that has not changed
    assert [one for one in same if one is not None]
