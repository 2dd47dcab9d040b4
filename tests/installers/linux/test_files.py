"""What lies in the package and in the AppImage's payload, as the desktop's own judges see it."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.installers.linux.built import BUILD, PACKED, ROOT, SIZES, figure, one, size

NAME = "cht-offline-setup"
pytestmark = pytest.mark.timeout(1200)


def judge(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deb") / "root"
    subprocess.run(["dpkg-deb", "-x", str(one("*.deb")), str(folder)], check=True)
    return folder


@pytest.fixture(scope="module")
def appdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("payload") / "AppDir"
    command = ["unsquashfs", "-quiet", "-no-progress", "-d", str(folder), str(one("*.squashfs"))]
    subprocess.run(command, check=True)
    return folder


def test_sizes() -> None:
    bare = sum(
        size(path)
        for name in ("PySide6", "shiboken6")
        for path in (BUILD.parent / "packer").glob(f"lib/python3*/site-packages/{name}")
    )
    figure("PySide6-Essentials as pip installs it, without a program", f"{bare:.1f} MB")
    for what, path in (("bundle", PACKED), ("deb", one("*.deb")), ("payload", one("*.squashfs"))):
        figure(what, f"{size(path):.1f} MB, limit {SIZES[what]}")
        assert size(path) <= SIZES[what]


def test_the_menu_entry(opened: Path) -> None:
    entry = opened / "usr" / "share" / "applications" / f"{NAME}.desktop"
    assert judge(["desktop-file-validate", str(entry)]) == ""
    text = entry.read_text("utf-8")
    assert (opened / "usr" / "bin" / re.findall(r"^Exec=(\S+)", text, re.M)[0]).exists()
    icon = re.findall(r"^Icon=(\S+)", text, re.M)[0]
    assert len(list((opened / "usr/share/icons/hicolor").rglob(f"{icon}.png"))) == 7


def test_the_entry_for_software_centres(opened: Path) -> None:
    (about,) = (opened / "usr" / "share" / "metainfo").iterdir()
    judge(["appstreamcli", "validate", "--no-net", str(about)])


def test_the_man_page(opened: Path) -> None:
    """In each command's own section it says what that command's `--help` says, and no more."""
    page = opened / "usr" / "share" / "man" / "man1" / f"{NAME}.1.gz"
    command = ["man", "--warnings", "--nh", "--nj", "-E", "ascii", "-l", str(page)]
    wide = {"MANWIDTH": "1000", "COLUMNS": "1000", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, capture_output=True, text=True, env=wide)
    assert (done.returncode, done.stderr) == (0, "")
    parts = re.split(r"^   ([a-z-]+)$", done.stdout.partition("\nFILES\n")[0], flags=re.M)
    said = dict(zip(parts[1::2], map(_paragraphs, parts[2::2]), strict=True))

    def helped(*command: str) -> str:
        program = [str(PACKED / NAME), *command, "--help"]
        return subprocess.run(program, capture_output=True, text=True, env=wide, check=True).stdout

    assert set(said) == {"window", *re.findall(r"^    ([a-z-]+)(?: |$)", helped(), re.M)}
    assert len(said) > 10
    for name, paragraphs in said.items():
        _usage, about, *groups = helped(name).split("\n\n")
        entries = [e for group in groups for e in re.split(r"^  (?=\S)", group, flags=re.M)[1:]]
        wanted = [re.split(r"\s\s+", entry.strip(), maxsplit=1) for entry in entries]
        wanted = [entry for entry in wanted if "--help" not in entry[0]]
        assert paragraphs[0] == " ".join(about.split()), name
        assert len(paragraphs) == 1 + len(wanted), name
        for synopsis, *text in wanted:
            (found,) = [p for p in paragraphs[1:] if p.split()[0] == synopsis.split()[0]]
            assert found.endswith(" ".join(" ".join(text).split())), name


def _paragraphs(section: str) -> list[str]:
    """Split a section of a rendered man page; what belongs to an option is indented below it."""
    found = re.split(r"^       (?=\S)", section, flags=re.M)[1:]
    return [" ".join(paragraph.split()) for paragraph in found]


def test_lintian() -> None:
    done = subprocess.run(
        ["lintian", "--fail-on", "error,warning", "--tag-display-limit", "0", str(one("*.deb"))],
        capture_output=True,
        text=True,
        timeout=900,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr


def test_licence_texts(opened: Path) -> None:
    folder = opened / "usr" / "lib" / NAME / "licences"
    listed = (folder / "LIST.txt").read_text("utf-8").splitlines()
    libraries = re.findall(r"^(\S+)==", (ROOT / "packaging/lock/run.txt").read_text(), re.M)
    named = {re.sub(r"[_.]", "-", line.split(" ")[0].lower()) for line in listed if ": " in line}
    here = [name for name in libraries if name not in ("pywin32-ctypes", "backports-tarfile")]
    assert set(here) - named <= {"importlib-metadata", "zipp", "lazy-importer", "typing-extensions"}
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in (folder / "LGPL-3.txt").read_text("utf-8")


def test_the_whole_guide_is_in_it(opened: Path, appdir: Path) -> None:
    """As F1 finds it; in the package it is where browsers that are shut in may read."""
    for root in (opened, appdir):
        site = root / "usr" / "lib" / NAME / "_internal" / "wizard" / "_resources" / "site"
        guide = (site / "user-guide.html").read_text("utf-8")
        for help_text in (ROOT / "resources" / "help").glob("*.md"):
            led = (site / "help" / f"{help_text.stem}.html").read_text("utf-8")
            assert f"../user-guide.html#help-{help_text.stem}" in led
            assert f'id="help-{help_text.stem}"' in guide
        assert {path.stem for path in (ROOT / "docs").glob("*.md")} <= {
            path.stem for path in site.glob("*.html")
        }
    inside = opened / "usr" / "lib" / NAME / "_internal" / "wizard" / "_resources" / "site"
    assert inside.resolve() == (opened / "usr" / "share" / "doc" / NAME / "guide").resolve()


def test_qt_stays_replaceable(opened: Path) -> None:
    """As the LGPL wants it: files of their own."""
    folder = opened / "usr" / "lib" / NAME / "_internal" / "PySide6" / "Qt" / "lib"
    assert {f"libQt6{part}.so.6" for part in ("Core", "Gui", "Widgets")} <= {
        path.name for path in folder.iterdir()
    }


def test_links_lead_somewhere(opened: Path) -> None:
    assert [path for path in opened.rglob("*") if path.is_symlink() and not path.exists()] == []


def test_the_payload_starts(appdir: Path, tmp_path: Path) -> None:
    """As the AppImage's runtime would start it, after mounting."""
    done = subprocess.run(
        [str(appdir / "AppRun"), "self-test"],
        env={"APPDIR": str(appdir), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=1100,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in (f"{NAME}.desktop", f"{NAME}.png", ".DirIcon"):
        assert (appdir / name).exists()


def test_only_the_pinned_runtime_is_put_in_front(tmp_path: Path) -> None:
    runtime, target = tmp_path / "runtime", tmp_path / "X.AppImage"
    runtime.write_bytes(b"\x7fELF of somebody")
    payload = one("*.squashfs")
    program = str(ROOT / "packaging" / "linux" / "appimage.py")
    digest = hashlib.sha256(runtime.read_bytes()).hexdigest()
    join = [sys.executable, program, str(payload), str(runtime)]
    wrong = subprocess.run([*join, "0" * 64, str(target)], capture_output=True, text=True)
    assert wrong.returncode == 1
    assert digest in wrong.stderr
    assert not target.exists()
    judge([*join, digest, str(target)])
    data = target.read_bytes()
    assert data == runtime.read_bytes() + payload.read_bytes()
    assert target.stat().st_mode & 0o111
