"""Waiting for a restart: a server that refuses logins while it starts, and a stranger."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest

from wizard import restarting
from wizard.remote.words import Lost, RemoteError
from wizard.restarting import Restarting
from wizard.wording import VisitError


class Fake:
    """A session, and the agent in it."""

    def __init__(self, boot: str) -> None:
        self.boot = boot
        self.closed = 0

    def call(self, verb: str, _arguments: Any, **_: Any) -> dict[str, str]:
        if not self.boot:
            raise Lost("lost")
        return {"boot_id": self.boot}

    def close(self) -> None:
        self.closed += 1


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restarting, "LOOK", 0.01)
    monkeypatch.setattr(restarting, "REFUSED", 0.01)


def waiting(logins: Iterator[Any]) -> Restarting:
    def login() -> Any:
        found = next(logins)
        if isinstance(found, Exception):
            raise found
        return found

    return Restarting("old", lambda: False, lambda: False, login, lambda _: None, threading.Event())


def refused(code: str) -> RemoteError:
    words = ["user", "address", "key_type", "fingerprint", "file", "lines"]
    return RemoteError(code, **dict.fromkeys(words, "x"))


def test_refused_logins_while_it_starts_are_no_answer() -> None:
    """pam_nologin refuses everybody but root until the start is complete."""
    cut, old, new = Fake(""), Fake("old"), Fake("new")
    logins = [refused("password-wrong"), None, (cut, cut), (old, old), (new, new)]
    done, session, link = waiting(iter(logins)).wait()
    assert (done.before, done.after) == ("old", "new")
    assert cast(Any, session) is cast(Any, link) is new
    assert (cut.closed, old.closed, new.closed) == (2, 2, 0)


def test_a_stranger_is_not_asked_again() -> None:
    with pytest.raises(RemoteError) as caught:
        waiting(iter([None, refused("host-key-changed")])).wait()
    assert caught.value.code == "host-key-changed"


def test_the_last_refusal_is_told_to_support(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restarting, "BACK", 0.1)
    error = refused("password-wrong")
    with pytest.raises(VisitError) as caught:
        waiting(iter(lambda: error, 0)).wait()
    assert caught.value.code == "restart-lost"
    assert caught.value.detail == str(error)
