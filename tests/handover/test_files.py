"""Files to take away: names that fit everywhere, and disks that cannot be written."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.handover.example import handover
from wizard.handover.files import LONGEST, FileError, file_name, write


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Kaloleni Health Centre", "Report - Kaloleni Health Centre.html"),
        ("عيادة الأمل", "Report - عيادة الأمل.html"),
        ('A/B\\C:D*?"<>|', "Report - A B C D.html"),
        ("Clinic\u202egnp.\n", "Report - Clinic gnp.html"),
        ("...", "Report.html"),
        ("x" * 300, f"Report - {'x' * LONGEST}.html"),
    ],
)
def test_a_name_fits_every_file_system(name: str, wanted: str) -> None:
    example = handover()
    site = replace(example.site, name=name)
    assert file_name("Report", replace(example, site=site), ".html") == wanted


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "full"),
        (errno.EDQUOT, "full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "read-only"),
        (errno.EIO, "not-written"),
    ],
)
def test_an_older_file_stays_whole_when_the_new_one_fails(
    tmp_path: Path, number: int, code: str
) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")

    def make(part: Path) -> None:
        part.write_text("half")
        raise OSError(number, os.strerror(number))

    with pytest.raises(FileError) as caught:
        write(path, make)
    assert caught.value.code == code
    assert "report.html was not written" in caught.value.message
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["report.html"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk to write to")
def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    (tmp_path / "report.html.part").symlink_to("/dev/full")
    with pytest.raises(FileError) as caught:
        write(tmp_path / "report.html", lambda part: part.write_text("x"))
    assert caught.value.code == "full"
    assert "memory stick" in caught.value.cure
    assert os.listdir(tmp_path) == []


def test_what_is_written_is_there(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ics", lambda part: part.write_bytes(b"x"))
    assert path.read_bytes() == b"x"
    assert os.listdir(tmp_path) == ["a.ics"]
