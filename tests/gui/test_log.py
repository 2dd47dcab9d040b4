"""The log: what may stand in it, and what never does."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import qWarning

from wizard.gui.log import FILE, KEPT, SIZE, Log, QtMessages, note
from wizard.gui.shell import Shell
from wizard.site.flow import Step, Walk
from wizard.site.model import Site
from wizard.visit import Progress

SECRET = "correct horse 7"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made = Log(tmp_path, lambda: (SECRET, ""))
    yield made
    made.close()


def written(log: Log) -> str:
    return log.path.read_text(encoding="utf-8")


def test_a_run_begins_with_its_versions(log: Log) -> None:
    assert "info wizard start program=" in written(log)
    assert "qt=6." in written(log)


def test_fields_that_are_not_listed_are_left_out(log: Log) -> None:
    note("login", step="connect", user="anna", host="10.1.2.3", seconds=3)
    assert "step=connect user=<left out> host=<left out> seconds=3" in written(log)
    assert "anna" not in written(log)


def test_a_listed_field_holds_words_not_texts(log: Log) -> None:
    note("odd", code="a\nb", state="x" * 121)
    assert "odd code=<left out> state=<left out>\n" in written(log)


def test_arguments_of_a_message_are_not_filled_in(log: Log) -> None:
    logging.getLogger("wizard.remote").warning("%s was refused", "anna")
    assert "warning wizard.remote %s was refused\n" in written(log)
    assert "anna" not in written(log)


def test_only_listed_programs_write_and_paramiko_only_from_warnings_on(log: Log) -> None:
    logging.getLogger("urllib3").critical("somebody else")
    logging.getLogger("paramiko.transport").info("Authentication (password) successful!")
    logging.getLogger("wizard.remote.ssh").info("Connected (version 2.0, client a_name)")
    logging.getLogger("paramiko.transport").warning("Oops, unhandled type 3")
    assert "somebody else" not in written(log)
    assert "Authentication" not in written(log)
    assert "a_name" not in written(log)
    assert "warning paramiko.transport Oops, unhandled type 3" in written(log)


def test_a_line_with_a_secret_in_it_is_not_written(log: Log) -> None:
    logging.getLogger("paramiko.transport").error("server says: " + SECRET)
    assert "error paramiko.transport <left out>" in written(log)
    assert SECRET not in written(log)


def test_an_exception_is_its_places_and_its_type(log: Log) -> None:
    def open_the_door(password: str) -> None:
        raise ValueError(f"bad password {password}")

    try:
        open_the_door(SECRET)
    except ValueError:
        logging.getLogger("wizard").exception("defect")
    assert "in open_the_door\nValueError\n" in written(log)
    assert SECRET not in written(log)


def test_the_walk_is_told_and_what_the_server_says_is_not(shell: Shell, log: Log) -> None:
    log.follow(shell.desk)
    shell.desk.begin(Site(name="Kaloleni"), Walk.RENEW)
    shell.desk.go(Step.REVIEW)
    shell.desk.go(Step.REVIEW)
    shell.desk.progress.emit(Progress("log", "command", "useradd anna"))
    shell.desk.progress.emit(Progress("step", "file", "Write /etc/x", 3, "done", 0.25))
    text = written(log)
    assert text.count("walk=renew step=review practice=False connected=False") == 1
    assert "kind=step code=file index=3 state=done seconds=0.25" in text
    for private in ("anna", "/etc/x", "Kaloleni"):
        assert private not in text


def test_qt_speaks_through_the_log(log: Log) -> None:
    messages = QtMessages()
    try:
        qWarning("QThing: this is odd")
    finally:
        messages.close()
    assert "warning qt QThing: this is odd" in written(log)


def test_the_log_does_not_grow_without_end(log: Log, tmp_path: Path) -> None:
    for _ in range(6 * SIZE // 10_000):
        logging.getLogger("wizard").warning("x" * 10_000)
    assert len(list(tmp_path.glob(f"{FILE}*"))) == KEPT + 1
    assert all(p.stat().st_size <= SIZE for p in tmp_path.glob(f"{FILE}*"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk to write to")
def test_a_full_disk_stops_nobody(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    os.symlink("/dev/full", tmp_path / FILE)
    log = Log(tmp_path)
    note("step", step="connect")
    log.close()
    assert capfd.readouterr() == ("", "")


def test_no_place_for_a_log_stops_nobody(tmp_path: Path) -> None:
    log = Log(tmp_path / "missing")
    note("step", step="connect")
    log.close()
    assert not list(tmp_path.iterdir())


def test_after_the_end_everything_is_as_before(tmp_path: Path) -> None:
    level, handlers = logging.getLogger("wizard").level, list(logging.getLogger().handlers)
    log = Log(tmp_path)
    log.close()
    assert logging.getLogger("wizard").level == level
    assert logging.getLogger().handlers == handlers
    assert written(log).endswith("info wizard end\n")
