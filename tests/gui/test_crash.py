"""What happens when the program itself has a fault, and how it starts and ends."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QPushButton
from pytestqt.qtbot import QtBot

from tests.gui.conftest import Answers
from wizard.gui.crash import MOST, Crashes
from wizard.gui.dialogs import Dialogs
from wizard.gui.shell import Shell
from wizard.site.flow import Walk
from wizard.site.model import Site
from wizard.sites import SiteStore

SECRET = "correct horse 7"


@pytest.fixture
def crashes(shell: Shell, tmp_path: Path) -> Iterator[Crashes]:
    folder = tmp_path / "log"
    folder.mkdir()
    made = Crashes(folder, shell)
    made.install()
    yield made
    made.close()


def files(crashes: Crashes) -> list[Path]:
    return sorted(crashes.folder.glob("crash-*.txt"))


def break_down(password: str = SECRET) -> None:
    raise ValueError(f"bad password {password}")


def test_a_fault_in_the_visit_is_written_without_values_and_told(
    qtbot: QtBot, shell: Shell, answers: Answers, crashes: Crashes
) -> None:
    shell.desk.run(break_down, print, print, "Working")
    qtbot.waitUntil(lambda: bool(answers.asked))
    (path,) = files(crashes)
    text = path.read_text(encoding="utf-8")
    assert "in break_down\nValueError\n" in text
    assert "CHT Offline Setup" in text
    assert SECRET not in text
    assert str(path) in answers.asked[0]
    answers.actions["Copy"]()
    assert QGuiApplication.clipboard().text() == text


def test_what_was_typed_is_saved(shell: Shell, answers: Answers, crashes: Crashes) -> None:
    shell.desk.begin(Site(), Walk.SETUP)
    shell.desk.decide(Site(name="Kaloleni"))
    crashes.take(ValueError(), None)
    assert [e.name for e in SiteStore(shell.desk.data / "sites").entries()] == ["Kaloleni"]
    assert "Your answers are saved." in answers.asked[0]


def test_a_draft_that_cannot_be_saved_is_not_called_saved(
    shell: Shell, answers: Answers, crashes: Crashes
) -> None:
    shell.desk.begin(Site(), Walk.SETUP)
    (shell.desk.data / "sites").parent.mkdir(parents=True, exist_ok=True)
    (shell.desk.data / "sites").write_text("in the way")
    shell.desk.decide(Site(name="Kaloleni"))
    crashes.take(ValueError(), None)
    assert "saved" not in answers.asked[0]
    (shell.desk.data / "sites").unlink()  # so that the window may close


def test_a_fault_in_any_thread_and_in_a_slot_is_caught(
    qtbot: QtBot, answers: Answers, crashes: Crashes
) -> None:
    thread = threading.Thread(target=break_down)
    thread.start()
    thread.join()
    QTimer.singleShot(0, break_down)
    qtbot.waitUntil(lambda: len(files(crashes)) == 2)
    qtbot.waitUntil(lambda: bool(answers.asked))
    assert len(answers.asked) == 1  # one dialog at a time


def test_what_led_to_a_fault_stands_before_it(crashes: Crashes) -> None:
    try:
        try:
            break_down()
        except ValueError as error:
            raise KeyError("x") from error
    except KeyError as error:
        crashes.take(error, error.__traceback__)
    text = files(crashes)[0].read_text(encoding="utf-8")
    assert text.index("ValueError") < text.index("KeyError")


def test_the_same_fault_is_written_once_and_not_for_ever(crashes: Crashes) -> None:
    for _ in range(5):
        crashes.take(ValueError(), None)
    assert len(files(crashes)) == 1
    for number in range(2 * MOST):
        kind = type(f"Fault{number}", (Exception,), {})
        crashes.take(kind(), None)
    assert len(files(crashes)) == MOST


def test_a_fault_of_the_handler_itself_does_not_go_round_in_circles(
    monkeypatch: pytest.MonkeyPatch, answers: Answers, crashes: Crashes
) -> None:
    def fail(where: str) -> str:
        crashes.take(RuntimeError(), None)
        raise RuntimeError(where)

    monkeypatch.setattr(crashes, "_report", fail)
    crashes.take(ValueError(), None)
    assert not files(crashes)
    assert not answers.asked


def test_without_room_for_a_file_the_text_can_be_copied(
    answers: Answers, crashes: Crashes, tmp_path: Path
) -> None:
    crashes.folder = tmp_path / "nowhere"
    crashes.take(ValueError(), None)
    assert "Press Copy" in answers.asked[0]


def test_ctrl_c_closes_the_window(shell: Shell, crashes: Crashes) -> None:
    crashes.hook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert not shell.isVisible()
    assert not files(crashes)


def test_the_dialog_stays_beside_the_work(qtbot: QtBot, shell: Shell) -> None:
    over: list[bool] = []
    copied: list[bool] = []
    Dialogs().tell(
        shell,
        "It went wrong.",
        "Send this.",
        {"Copy": lambda: copied.append(True)},
        "Close",
        lambda: over.append(True),
    )
    (box,) = (d for d in shell.findChildren(QDialog) if d.isVisible() and not d.isModal())
    copy, close = box.findChildren(QPushButton)
    copy.click()
    assert box.isVisible()
    close.click()
    qtbot.waitUntil(lambda: bool(over))
    assert copied == [True]


# ------------------------------------------------------------------ a process of its own


def run(code: str, home: Path, **env: str) -> subprocess.CompletedProcess[str]:
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("DISPLAY", "WAYLAND", "QT_"))}
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        env={**keep, "HOME": str(home), "XDG_STATE_HOME": str(home / "state"), **env},
        check=False,
    )


OPEN = """
import sys
from PySide6.QtCore import QTimer
from wizard.gui import app
made = app.application()
QTimer.singleShot(200, {what})
sys.exit(app.show())
"""


def test_the_program_opens_and_ends_and_leaves_nothing_but_its_log(tmp_path: Path) -> None:
    done = run(OPEN.format(what="made.quit"), tmp_path, QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 0, done.stderr
    (log,) = (tmp_path / "state" / "cht-offline-setup").iterdir()
    lines = log.read_text(encoding="utf-8").splitlines()
    assert "wizard start" in lines[0]
    assert lines[-1].endswith("wizard end")


def test_the_last_frames_are_kept_when_the_program_is_killed_from_below(tmp_path: Path) -> None:
    what = "lambda: __import__('faulthandler')._sigsegv()"
    done = run(OPEN.format(what=what), tmp_path, QT_QPA_PLATFORM="offscreen")
    assert done.returncode != 0
    (fault,) = (tmp_path / "state" / "cht-offline-setup").glob("fault-*.txt")
    assert "Segmentation fault" in fault.read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a screen")
def test_without_a_screen_it_says_so(tmp_path: Path) -> None:
    done = run("from wizard.__main__ import main; raise SystemExit(main())", tmp_path)
    assert done.returncode == 69
    assert "The window cannot be opened here." in done.stderr


def test_the_command_line_starts_without_qt(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['cht-offline-setup', '--help']\n"
        "from wizard.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "sys.exit('PySide6' in sys.modules)"
    )
    done = run(code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "the window opens" in " ".join(done.stdout.split())
