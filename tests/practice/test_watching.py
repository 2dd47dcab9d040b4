"""Phones arriving at the practice clinic: over real SSH, beside other questions."""

from __future__ import annotations

import io
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import replace

import pytest

from tests.practice.laptop import Laptop
from tests.practice.test_walks import make_visit
from tests.practice.test_wifi import AP, WORD, decide, visiting
from wizard import cli
from wizard.arrivals import Arrivals, Row
from wizard.practice.clinic import PASSWORD, USER, Clinic
from wizard.remote.login import Credentials
from wizard.visit import Visit
from wizard.watching import Watcher

ENDS = {
    "Pixel-6a": "opened",
    "Galaxy-A12": "mistyped",
    "TECNO-SPARK-8": "private-dns",
    "A phone with Android 6": "certificate",
}


@pytest.fixture
def visit(clinic: Clinic) -> Iterator[Visit]:
    """A server that is set up; phones come quickly."""
    clinic.phone_pause = 0.05
    with make_visit(clinic) as visit:
        visit.connect(Credentials(USER, password=PASSWORD), accept=clinic.fingerprint)
        assert visit.apply(visit.plan(visit.facts(), visit.bundle())).state == "confirmed"
        visit.facts()
        yield visit


def watch_until(
    visit: Visit, watcher: Watcher, done: Callable[[dict[str, Row]], bool]
) -> dict[str, Row]:
    room = Arrivals(visit.expected())
    end = time.monotonic() + 30
    while True:
        room.hear(watcher.take())
        rows = {row.title: row for row in room.rows(watcher.now)}
        if done(rows):
            return rows
        assert watcher.running, watcher.error
        assert time.monotonic() < end, rows
        time.sleep(0.05)


def test_every_phone_comes_to_its_end(visit: Visit) -> None:
    watcher = Watcher(visit.watching())
    rows = watch_until(visit, watcher, lambda found: {t: r.code for t, r in found.items()} == ENDS)
    assert rows["Pixel-6a"].steps == ("address", "name", "opened")
    assert rows["Galaxy-A12"].maker == "Samsung"
    assert "cht.practice-clini.org" in rows["Galaxy-A12"].message
    watcher.stop(wait=5.0)
    assert not watcher.running
    assert watcher.error is None


def test_who_joins_the_servers_own_wifi(clinic: Clinic) -> None:
    clinic.phone_pause = 0.05
    with visiting(clinic, AP) as visit:
        _, plan = decide(visit, WORD)
        assert visit.apply(plan).state == "confirmed"
        visit.facts()
        watcher = Watcher(visit.watching())
        rows = watch_until(
            visit, watcher, lambda found: {r.code for r in found.values()} == set(ENDS.values())
        )
        assert rows["Pixel-6a"].steps == ("joined", "address", "name", "opened")
        watcher.stop(wait=5.0)


def test_whether_the_server_itself_serves_is_expected(clinic: Clinic) -> None:
    with make_visit(clinic) as visit:
        assert visit.expected().serves
        dns_dhcp = replace(visit.site.dns_dhcp, enabled=False)
        visit.decide(replace(visit.site, dns_dhcp=dns_dhcp), clinic.folder)
        assert not visit.expected().serves


def test_other_questions_do_not_wait_for_it(visit: Visit) -> None:
    watcher = Watcher(visit.watching())
    watch_until(visit, watcher, bool)
    begun = time.monotonic()
    assert visit.facts().system.hostname == "practice"
    assert time.monotonic() - begun < 5
    assert watcher.running
    watcher.stop(wait=5.0)


def test_it_ends_with_the_visit(visit: Visit) -> None:
    watcher = Watcher(visit.watching())
    watch_until(visit, watcher, bool)
    visit.close()
    end = time.monotonic() + 10
    while watcher.running and time.monotonic() < end:
        time.sleep(0.02)
    assert not watcher.running
    assert watcher.error is None


def test_a_watch_does_not_keep_its_visit_alive(visit: Visit) -> None:
    """Else a widget that the visit talks to might be let go by the thread of the watch."""
    begin = visit.watching()._begin
    closure = getattr(begin, "__closure__", None)
    assert closure
    assert all(cell.cell_contents is not visit for cell in closure)


def test_one_that_is_stopped_at_once_leaves_nothing(visit: Visit, clinic: Clinic) -> None:
    watchers = [Watcher(visit.watching()) for _ in range(3)]
    for watcher in watchers:
        watcher.stop()
    for watcher in watchers:
        watcher.stop(wait=10.0)
        assert (watcher.running, watcher.error) == (False, None)
    end = time.monotonic() + 5
    while clinic.segment.mirror.say(b"") and time.monotonic() < end:
        time.sleep(0.02)
    assert not clinic.segment.mirror.say(b"")
    assert not [t.name for t in threading.enumerate() if t.name == "watch"]


def test_the_command(visit: Visit, clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop = Laptop(clinic)
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD + "\n"))
    out = io.StringIO()
    with redirect_stdout(out):
        assert cli.run(laptop.arguments("watch", "--for", "8")) == 0
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    last = {one["name"]: one["code"] for one in told}
    assert last == ENDS
