"""The system's store of passwords: a real one, in a session bus of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from wizard.laptop.passwords import PasswordStore

TALK = """
from wizard.laptop.passwords import password_store

store = password_store()
assert store is not None
assert store.recall("clinic-a") == ""
assert store.keep("clinic-a", "correct horse")
assert store.keep("clinic-b", "battery")
assert (store.recall("clinic-a"), store.recall("clinic-b")) == ("correct horse", "battery")
store.forget("clinic-a")
store.forget("clinic-a")
assert (store.recall("clinic-a"), store.recall("clinic-b")) == ("", "battery")
"""
NONE = "from wizard.laptop.passwords import password_store; assert password_store() is None"
UNLOCKED = 'echo unlock | gnome-keyring-daemon --unlock --components=secrets >/dev/null; exec "$@"'


def ask(folder: Path, *argv: str) -> None:
    """Run it with nothing of the session that the tests run in."""
    folder.chmod(0o700)
    env = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "PATH": os.environ["PATH"]}
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_password_is_kept_under_the_name_of_its_site(tmp_path: Path) -> None:
    python = [sys.executable, "-c", TALK]
    ask(tmp_path, "dbus-run-session", "--", "sh", "-c", UNLOCKED, "sh", *python)


def test_without_a_desktop_there_is_no_store(tmp_path: Path) -> None:
    ask(tmp_path, sys.executable, "-c", NONE)


def test_a_store_that_fails_has_nothing() -> None:
    class Locked:
        def __getattr__(self, name: str) -> object:
            raise RuntimeError("the user dismissed the question")

    store = PasswordStore(Locked())
    assert store.recall("clinic-a") == ""
    assert not store.keep("clinic-a", "correct horse")
    store.forget("clinic-a")
