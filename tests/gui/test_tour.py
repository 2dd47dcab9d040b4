"""The tour as `make run` takes it: what it leaves behind, and what it must never leave behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from icalendar import Calendar
from PySide6.QtGui import QImage

from wizard.check import Report
from wizard.gui.shell import SIZE
from wizard.gui.tour import Stop, Tour
from wizard.practice.clinic import DOMAIN, NEW, PASSWORD
from wizard.site.flow import WALKS, Walk

NAMES = {  # page -> what its pictures are called
    "static_ip": "static-ip",
    "dns_dhcp": "dns-dhcp",
    "access_point": "access-point",
    "live_check": "live-check",
}
Taken = tuple[Path, list[Stop], tuple[tuple[str, Report], ...]]

# One worker takes the tour once for all tests.
pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("tour")]


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    folder = tmp_path_factory.mktemp("tour")
    stops: list[Stop] = []
    reports = Tour(folder, stops.append, looks=("light",)).run()
    return folder, stops, reports


def test_there_is_a_picture_of_every_page(taken: Taken) -> None:
    folder, stops, _ = taken
    seen = {(stop.walk, stop.name) for stop in stops}
    for walk, prefix in ((Walk.SETUP, "set-up"), (Walk.RENEW, "renew")):
        for step in WALKS[walk]:
            assert (prefix, NAMES.get(step, str(step))) in seen
    pictures = sorted((folder / "light").glob("*.png"))
    assert len(pictures) == len(stops)
    for path in pictures:
        picture = QImage(str(path))
        assert (picture.width(), picture.height()) == SIZE, path
        shades = {picture.pixel(x, y) for x in range(0, SIZE[0], 9) for y in range(0, SIZE[1], 9)}
        assert len(shades) > 4, f"{path} is empty"
    contents = {path.read_bytes() for path in pictures}
    assert len(contents) > len(pictures) - 4  # both walks end alike


def test_every_check_passed(taken: Taken) -> None:
    _, _, reports = taken
    assert [walk for walk, _ in reports] == ["set-up", "renew"]
    for _, report in reports:
        assert report.exit_code == 0
        assert {r.state for r in report.results} == {"passed", "skipped"}
        assert sum(r.state == "passed" for r in report.results) > 15


def test_what_staff_take_away_is_there(taken: Taken) -> None:
    folder, _, _ = taken
    (sheet,) = folder.glob("*.pdf")
    assert sheet.read_bytes().startswith(b"%PDF-")
    assert sheet.stat().st_size > 10_000
    (entry,) = folder.glob("*.ics")
    events = Calendar.from_ical(entry.read_text(encoding="utf-8")).walk("VEVENT")
    assert all(DOMAIN in f"{e['SUMMARY']} {e.get('DESCRIPTION', '')}" for e in events)
    assert events
    (page,) = folder.glob("*.html")
    assert DOMAIN in page.read_text(encoding="utf-8")
    (plain,) = folder.glob("*.json")
    assert NEW in json.dumps(json.loads(plain.read_text(encoding="utf-8")))


def test_no_password_is_left_behind(taken: Taken) -> None:
    folder, _, _ = taken
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".png"]
    assert len(files) >= 4
    for path in files:
        data = path.read_bytes()
        for secret in (PASSWORD.encode(), b"PRIVATE KEY"):
            assert secret not in data, path
