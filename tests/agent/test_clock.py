"""The server's clock: set, kept apart from this computer's, and put back, also after a restart."""

from __future__ import annotations

import os
import struct
import time
from pathlib import Path
from typing import Any

import pytest

from tests.agent import sandbox
from tests.agent.sandbox import CLOCK_OFFSET, FAST, apply, clock, file, order, put
from tests.agent.test_changes import step
from wizard.agent import names, restore, transaction
from wizard.agent.changes import StepError
from wizard.agent.changes import clock as changes
from wizard.agent.host import Host
from wizard.agent.look import services, system
from wizard.practice.host import PracticeHost

NEAR = 3.0  # seconds


@pytest.fixture
def host(tmp_path: Path) -> PracticeHost:
    return sandbox.make(tmp_path)


def ahead(host: PracticeHost) -> float:
    return host.now() - time.time()


def rtc(host: PracticeHost) -> float:
    shown = host.hardware_clock()
    assert shown is not None
    return shown - time.time()


def only_clock(offset: float = CLOCK_OFFSET) -> dict[str, Any]:
    return order([clock(offset)], confirm=False)


@pytest.mark.parametrize("offset", [CLOCK_OFFSET, -7200.0])
def test_both_clocks_are_set_and_this_computers_is_not(host: PracticeHost, offset: float) -> None:
    here = time.time() - time.monotonic()
    assert apply(host, only_clock(offset))["state"] == "confirmed"
    assert ahead(host) == pytest.approx(offset, abs=NEAR)
    assert rtc(host) == pytest.approx(offset, abs=NEAR)
    assert time.time() - time.monotonic() == pytest.approx(here, abs=1.0)


@pytest.mark.parametrize("offset", [CLOCK_OFFSET, -7200.0])
@pytest.mark.parametrize("battery", [0.0, 500.0, None])
def test_the_way_back_restores_each_clock_as_it_went(
    host: PracticeHost, offset: float, battery: float | None
) -> None:
    with host.remember() as memory:
        memory["rtc"] = battery
    changes = [clock(offset), file("/etc/missing/x", "x", before="not so")]
    wanted = order([changes[0], sandbox.service("nowhere.service", active="started")])
    assert apply(host, wanted)["state"] == "rolled-back"
    assert ahead(host) == pytest.approx(0.0, abs=NEAR)
    if battery is None:
        assert host.hardware_clock() is None
    else:
        assert rtc(host) == pytest.approx(battery, abs=NEAR)


@pytest.mark.parametrize("offset", [CLOCK_OFFSET, -CLOCK_OFFSET])
def test_after_a_power_cut_the_battery_does_not_keep_the_new_time(
    host: PracticeHost, offset: float
) -> None:
    assert apply(host, order([clock(offset)]))["state"] == "applied"
    assert ahead(host) == pytest.approx(offset, abs=NEAR)
    host.reboot()
    assert transaction.pending(host) is None
    assert ahead(host) == pytest.approx(0.0, abs=NEAR)
    assert rtc(host) == pytest.approx(0.0, abs=NEAR)


def test_without_a_battery_the_next_start_is_left_alone(host: PracticeHost) -> None:
    with host.remember() as memory:
        memory["rtc"] = None
    assert apply(host, order([clock()]))["state"] == "applied"
    host.reboot()
    assert transaction.pending(host) is None
    assert host.now() < 3600  # 1970, as it would have been without this change


def test_a_clock_that_somebody_else_has_set_meanwhile_stays(host: PracticeHost) -> None:
    """A time service has found the Internet between the change and the way back."""
    assert apply(host, order([clock()]))["state"] == "applied"
    host.set_clock(time.time() + 40.0)
    host.set_hardware_clock(time.time() + 40.0)
    restore.roll_back(host, "user", FAST)
    assert ahead(host) == pytest.approx(40.0, abs=NEAR)
    assert rtc(host) == pytest.approx(40.0, abs=NEAR)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"offset": float("nan")}, "bad-order"),
        ({"offset": float("inf")}, "bad-order"),
        ({"offset": -2e9}, "bad-order"),
        ({"reference": 0.0}, "clock-changed"),
        ({"boot_id": "another"}, "clock-changed"),
    ],
)
def test_a_clock_that_was_set_since_the_facts_is_not_set_again(
    host: PracticeHost, tmp_path: Path, wrong: dict[str, Any], code: str
) -> None:
    with pytest.raises(StepError) as caught:
        changes.check(step(host, tmp_path / "j"), {**clock(), **wrong})
    assert caught.value.code == code


def test_a_hardware_clock_that_refuses_does_not_spoil_it(
    host: PracticeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: PracticeHost, _seconds: float) -> None:
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr(PracticeHost, "set_hardware_clock", refuse)
    assert apply(host, only_clock())["state"] == "confirmed"
    assert ahead(host) == pytest.approx(CLOCK_OFFSET, abs=NEAR)


def test_a_clock_that_cannot_be_set_ends_it(
    host: PracticeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: PracticeHost, _seconds: float) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(PracticeHost, "set_clock", refuse)
    ended = apply(host, only_clock())
    assert (ended["state"], ended["failed"]) == ("rolled-back", "clock-failed")


@pytest.mark.parametrize(("third", "shift"), [("UTC", 0.0), ("LOCAL", 3 * 3600.0)])
def test_a_hardware_clock_in_local_time_stays_in_it(
    host: PracticeHost, monkeypatch: pytest.MonkeyPatch, third: str, shift: float
) -> None:
    """hwclock(8): the third line of /etc/adjtime tells."""
    monkeypatch.setenv("TZ", "EAT-3")
    time.tzset()
    try:
        put(host, "/etc/adjtime", f"0.0 0 0.0\n0\n{third}\n", 0o644)
        apply(host, only_clock())
        assert rtc(host) == pytest.approx(CLOCK_OFFSET + shift, abs=NEAR)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("path", [names.CLOCK_STAMP, names.TIMESYNCD_STAMP])
def test_the_note_of_the_last_known_time_follows_a_clock_that_is_set_back(
    path: str, host: PracticeHost
) -> None:
    """Or the next start would raise it again to what it showed before."""
    put(host, path, "", 0o644)
    apply(host, only_clock(-7200.0))
    noted = os.stat(host.path(path)).st_mtime
    assert noted == pytest.approx(time.time() - 7200.0, abs=NEAR)


@pytest.mark.parametrize(("offset", "saved"), [(-7200.0, True), (7200.0, False)])
def test_a_pretended_hardware_clock_is_saved_when_it_is_ahead(
    host: PracticeHost, offset: float, saved: bool
) -> None:
    put(host, names.FAKE_HWCLOCK_STAMP, "2026-11-22 10:00:00\n", 0o644)
    apply(host, only_clock(offset))
    assert ("fake-hwclock save" in host.memory()["carried"]) is saved


def test_the_jump_harms_neither_timer_nor_journal_nor_history(host: PracticeHost) -> None:
    """Set back by three days: what is kept is still the newest, and nothing has run out."""
    for number in range(12):
        ended = apply(host, order([clock(0.0)], confirm=False, id=f"early-{number:02}"))
        assert ended["state"] == "confirmed"
    apply(host, order([clock(-CLOCK_OFFSET)], id="late"))
    found = transaction.pending(host)
    assert found is not None
    assert found["alive"]
    assert found["seconds_left"] == pytest.approx(180.0, abs=20.0)
    assert found["since"] == pytest.approx(host.now(), abs=20.0)  # not three days from now
    connection = "192.168.50.9 40000 10.20.0.1 22"
    transaction.confirm(host, sandbox.nonce(host), connection, float("inf"), FAST)
    history = host.list(names.STATE + "/history")
    assert "late" in history
    assert len(history) == 10


# ---------------------------------------------------------------------- the machine


def test_below_another_root_the_real_clock_is_out_of_reach(tmp_path: Path) -> None:
    host = Host(str(tmp_path))
    for setter in (host.set_clock, host.set_hardware_clock):
        with pytest.raises(PermissionError):
            setter(0.0)
    assert host.hardware_clock() is None


def test_the_hardware_clock_is_written_as_the_kernel_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """RTC_SET_TIME takes struct rtc_time (rtc(4)); nothing real is opened here."""
    seen: list[Any] = []

    def pretend_open(path: str, _flags: int) -> int:
        seen.append(path)
        return 99

    monkeypatch.setattr(os, "open", pretend_open)
    monkeypatch.setattr(os, "close", lambda _descriptor: None)
    monkeypatch.setattr("fcntl.ioctl", lambda *words: seen.append(words))
    Host().set_hardware_clock(1795341600.4)
    monkeypatch.undo()
    assert seen[0] == "/dev/rtc0"
    descriptor, request, data = seen[1]
    assert (descriptor, request) == (99, 0x4024700A)
    assert struct.unpack("9i", data)[:6] == (0, 0, 10, 22, 10, 126)  # 2026-11-22 10:00:00


DPKG = b"Package: chrony\nStatus: install ok installed\nVersion: 4.3-2\n\n"


@pytest.mark.parametrize(
    ("conf", "reads"),
    [
        (None, None),
        ("confdir /etc/chrony/conf.d\npool x iburst\n", True),
        ("confdir /etc/other /etc/chrony/conf.d/\n", True),
        ("include /etc/chrony/conf.d/*.conf\n", True),
        ("# confdir /etc/chrony/conf.d\nserver 10.0.0.1\n", False),
    ],
)
def test_whether_chrony_reads_the_folder(
    host: PracticeHost, conf: str | None, reads: bool | None
) -> None:
    if conf is not None:
        put(host, "/etc/chrony/chrony.conf", conf, 0o644)
    found = system.clock(host, services.Units({}), DPKG)
    assert found["confdir"] is reads
    assert found["installed"] == ["chrony"]


def test_the_last_known_time_is_the_latest_that_anybody_keeps(host: PracticeHost) -> None:
    assert system.clock(host, services.Units({}), b"")["last_known"] is None
    for path, seconds in (
        ("/etc/fake-hwclock.data", 1000.0),
        (names.CLOCK_STAMP, 3000.0),
        ("/var/lib/systemd/timesync/clock", 2000.0),
    ):
        put(host, path, "", 0o644)
        os.utime(host.path(path), (seconds, seconds))
    assert system.clock(host, services.Units({}), b"")["last_known"] == 3000.0
