"""Asking for the time: a real socket answers well, wrongly, late, or not at all."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from wizard.certificate.roots import Roots
from wizard.check import CHECKS, Surroundings, Target, run
from wizard.check.ask_time import EPOCH, ERA
from wizard.practice.network import Time

Reply = Callable[[bytes], bytes | None]
SETTINGS = "local stratum 10\nallow 10.20.0.0/24\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Callable[[Reply], Target]]:
    """Answers on loopback what it is told to."""
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    own.bind(("127.0.0.1", 0))
    own.settimeout(0.05)
    over = threading.Event()
    threads: list[threading.Thread] = []

    def start(reply: Reply) -> Target:
        def work() -> None:
            while not over.is_set():
                try:
                    question, asking = own.recvfrom(1024)
                except TimeoutError:
                    continue
                answer = reply(question)
                if answer is not None:
                    own.sendto(answer, asking)

        threads.append(threading.Thread(target=work))
        threads[0].start()
        place = own.getsockname()
        ways = {22: place, 123: place}
        return Target("cht.example.org", "10.20.0.1", ntp=True, connect=ways)

    yield start
    over.set()
    for thread in threads:
        thread.join()
    own.close()


def told(target: Target, now: Callable[[], float] = time.time) -> dict[str, tuple[str, str, str]]:
    """Run both checks of time; the server itself is taken for reachable."""
    checks = [c for c in CHECKS if c.code in ("time_service", "clock")]
    report = run(tuple(checks), target, Surroundings(Roots.bundled(), now=now))
    return {r.code: (r.state, r.variant, r.message) for r in report.results}


def chrony(tmp_path: Path, ahead: float = 0.0, settings: str = SETTINGS) -> Time:
    place = tmp_path / "drop-in.conf"
    place.write_text(settings)
    return Time(place, lambda: time.time() + ahead, lambda: True)


def test_it_answers(server: Callable[[Reply], Target], tmp_path: Path) -> None:
    found = told(server(chrony(tmp_path).answer))
    assert found["time_service"][:2] == ("passed", "ok")
    assert "0 seconds" in found["time_service"][2]
    assert found["clock"][:2] == ("passed", "ok")


@pytest.mark.parametrize(
    ("ahead", "state"), [(90.0, "passed"), (300.0, "warning"), (-3600.0, "failed")]
)
def test_what_it_says_counts_among_the_clocks(
    server: Callable[[Reply], Target], tmp_path: Path, ahead: float, state: str
) -> None:
    found = told(server(chrony(tmp_path, ahead).answer))
    assert found["time_service"][0] == "passed"
    assert found["clock"][0] == state


def test_a_server_that_waits_for_the_internet_is_no_use(
    server: Callable[[Reply], Target], tmp_path: Path
) -> None:
    found = told(server(chrony(tmp_path, settings="allow 10.20.0.0/24\n").answer))
    assert found["time_service"][:2] == ("warning", "unusable")
    assert found["clock"][:2] == ("skipped", "unknown")


def test_silence_and_answers_to_somebody_else(
    server: Callable[[Reply], Target], tmp_path: Path
) -> None:
    """Without `allow` chrony says nothing; and an answer must carry our mark (RFC 5905, 9.2)."""
    service = chrony(tmp_path)

    def other(question: bytes) -> bytes | None:
        answer = service.answer(question)
        return None if answer is None else answer[:24] + bytes(8) + answer[32:]

    assert told(server(other))["time_service"][:2] == ("warning", "silent")
    assert chrony(tmp_path, settings="local stratum 10\n").answer(bytes([0x23]) + bytes(47)) is None


def test_nobody_there() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        place = free.getsockname()
    target = Target("cht.example.org", "10.20.0.1", ntp=True, connect={123: place})
    begun = time.monotonic()
    assert told(target)["time_service"][:2] == ("warning", "silent")
    assert time.monotonic() - begun < 2.0  # a refusal is not waited for


def test_it_is_not_asked_where_it_is_not_given() -> None:
    found = told(replace(Target("cht.example.org", "10.20.0.1"), ntp=False))
    assert found["time_service"][:2] == ("skipped", "off")


def test_the_year_2036_does_not_end_time(server: Callable[[Reply], Target], tmp_path: Path) -> None:
    """NTP's seconds begin anew on 7 February 2036; the era nearest to our own clock is meant."""
    later = ERA - EPOCH + 1000.0 - time.time()
    target = server(chrony(tmp_path, later).answer)
    found = told(target, now=lambda: time.time() + later)
    assert "0 seconds" in found["time_service"][2]
    answer = chrony(tmp_path, later).answer(bytes([0x23]) + bytes(47)) or b""
    assert struct.unpack("!I", answer[40:44])[0] < 2000
