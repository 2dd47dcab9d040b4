"""A restart on purpose: who may not have one, and that it really comes after the answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.agent import sandbox
from tests.agent.sandbox import FAST, order, put
from wizard.agent import names, transaction
from wizard.agent.changes import StepError
from wizard.agent.restart import restart
from wizard.agent.transaction import Refused, Transaction
from wizard.practice.host import PracticeHost


@pytest.fixture
def host(tmp_path: Path) -> Iterator[PracticeHost]:
    host = sandbox.make(tmp_path)
    yield host
    host.join()


def asked(host: PracticeHost) -> Any:
    return host.memory()["timers"].get(names.RESTART_UNIT)


def refusal(host: PracticeHost) -> Refused:
    with pytest.raises(Refused) as caught:
        restart(host, "nurse on laptop", FAST)
    assert asked(host) is None
    return caught.value


def test_it_answers_first_and_restarts_then(host: PracticeHost) -> None:
    before = transaction.boot_id(host)
    assert restart(host, "nurse on laptop", FAST) == {"boot_id": before, "seconds": 2}
    assert transaction.boot_id(host) == before
    assert asked(host)["argv"] == ["systemctl", "reboot"]
    host.fire_timers()
    assert transaction.boot_id(host) != before
    assert "ssh.service" in host.memory()["active"]


def test_afterwards_others_may_work(host: PracticeHost) -> None:
    restart(host, "nurse on laptop", FAST)
    host.fire_timers()
    # The clock of that order was measured before the restart.
    assert sandbox.apply(host, order(sandbox.everything()[1:]))["state"] == "applied"


@pytest.mark.parametrize("state", ["armed", "applied"])
def test_not_while_a_change_is_unfinished(host: PracticeHost, state: str) -> None:
    if state == "applied":
        sandbox.apply(host)
    else:
        Transaction(host, FAST).create(order())
    refused = refusal(host)
    assert refused.code == "busy"
    assert refused.arguments["who"] == "nurse on laptop"


@pytest.mark.parametrize("lock", ["lock", "start_lock"])
def test_not_while_somebody_else_works(host: PracticeHost, lock: str) -> None:
    held = getattr(Transaction(host, FAST), lock)
    assert held.take(who="Amina on another laptop")
    assert refusal(host).code == "busy"
    held.release()
    assert restart(host, "nurse on laptop", FAST)


def test_not_while_packages_are_installed(host: PracticeHost) -> None:
    put(host, "/var/lib/dpkg/lock-frontend", "", 0o640)
    inode = Path(host.path("/var/lib/dpkg/lock-frontend")).stat().st_ino
    put(host, "/proc/locks", f"1: POSIX  ADVISORY  WRITE 4711 fe:01:{inode} 0 EOF\n", 0o444)
    put(host, "/proc/4711/comm", "apt-get\n", 0o444)
    refused = refusal(host)
    assert (refused.code, refused.detail) == ("packages-locked", "apt-get")


def test_twice_is_once(host: PracticeHost) -> None:
    restart(host, "nurse on laptop", FAST)
    with pytest.raises(StepError, match="restart-failed") as caught:
        restart(host, "nurse on laptop", FAST)
    assert "already loaded" in caught.value.detail
    assert host.fire_timers() == 1
