"""The package, from a bare system to one without it: install, test, start, upgrade, purge."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installers.linux.built import ROOT, figure, one
from tests.installers.linux.roots import USER, Root
from tests.installers.linux.screen import picture, press, screen

NAME = "cht-offline-setup"
SITE = f".local/share/{NAME}/sites/clinic/site.toml"
BROWSER = """#!/bin/sh
{ echo "$1"; env; } > ~/opened.part
mv ~/opened.part ~/opened
"""
pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package of a version before, with a file that the new one has not."""
    folder = tmp_path_factory.mktemp("older")
    subprocess.run(["dpkg-deb", "-R", str(one("*.deb")), str(folder / "root")], check=True)
    control = folder / "root" / "DEBIAN" / "control"
    lines = control.read_text().splitlines(keepends=True)
    new = ["Version: 0.0.1\n" if line.startswith("Version:") else line for line in lines]
    control.write_text("".join(new))
    (folder / "root" / "usr" / "lib" / NAME / "_internal" / "old-part").write_text("of old")
    target = folder / "older.deb"
    subprocess.run(["dpkg-deb", "-Znone", "-b", str(folder / "root"), str(target)], check=True)
    return target


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def root(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, older: Path
) -> Iterator[Root]:
    made = Root(tmp_path_factory.mktemp("roots") / request.param, request.param)
    for name, source in (("older.deb", older), ("new.deb", one("*.deb"))):
        target = made.folder / "tmp" / name
        target.hardlink_to(source) if _same_disk(source, target) else target.write_bytes(
            source.read_bytes()
        )
    yield made
    subprocess.run(["rm", "-rf", "--one-file-system", str(made.folder)], check=True)


def _same_disk(source: Path, target: Path) -> bool:
    return source.stat().st_dev == target.parent.stat().st_dev


def install(root: Root, name: str) -> float:
    begun = time.monotonic()
    root.must("apt-get", "-q", "-y", "install", "--no-install-recommends", f"/tmp/{name}")
    return time.monotonic() - begun


def version(root: Root) -> str:
    return root.must("dpkg-query", "-W", "-f", "${Version} ${db:Status-Abbrev}", NAME).strip()


# The tests of one system follow one another.


def test_an_older_version_is_installed(root: Root) -> None:
    install(root, "older.deb")
    assert version(root) == "0.0.1 ii"
    site = root.home / SITE
    site.parent.mkdir(parents=True)
    site.write_text('name = "A clinic"\n')
    root.must("chown", "-R", f"{USER}:", f"/home/{USER}")


def test_the_new_one_takes_its_place(root: Root) -> None:
    seconds = install(root, "new.deb")
    figure(f"{root.suite}: install", f"{seconds:.1f} s, without fetching dependencies")
    assert version(root) == "0.1.0 ii"
    assert root.must("dpkg", "--verify", NAME) == ""
    assert root.found("old-part") == set()
    assert (root.home / SITE).read_text() == 'name = "A clinic"\n'


def test_the_command_is_found(root: Root) -> None:
    begun = time.monotonic()
    assert root.must(NAME, "--version", user=USER).strip() == "0.1.0"
    figure(f"{root.suite}: first start of the command line", f"{time.monotonic() - begun:.1f} s")


def test_no_library_is_missing(root: Root) -> None:
    """Of whatever is packed, every library is in the package or comes with what it depends on."""
    script = (
        f"find /usr/lib/{NAME} -type f -name '*.so*' "
        '-exec sh -c \'for f; do ldd "$f" | sed "s|^|$f: |"; done\' sh {} +'
    )
    # Extension modules find the program's own libraries through the program.
    said = root.must("sh", "-c", script, LD_LIBRARY_PATH=f"/usr/lib/{NAME}/_internal")
    assert [line for line in said.splitlines() if "not found" in line] == []


def test_it_tests_itself(root: Root) -> None:
    done = root.run(NAME, "self-test", user=USER, seconds=1100)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All 9 parts of the self-test passed." in done.stdout


def test_the_window_opens(root: Root) -> None:
    """On X11, as the desktop starts it. Look at the picture in build/."""
    target = ROOT / "build" / "installers" / f"window-{root.suite}.png"
    target.unlink(missing_ok=True)
    with screen() as display:
        begun = time.monotonic()
        program = subprocess.Popen(
            root.command(NAME, user=USER),
            env=root.surroundings(USER, DISPLAY=display),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            picture(display, target)
            figure(f"{root.suite}: first start of the window", f"{time.monotonic() - begun:.1f} s")
            assert program.poll() is None
        finally:
            program.terminate()
            print(program.communicate(timeout=30)[0])
    assert target.stat().st_size > 10_000


def test_f1_leads_to_the_whole_guide(root: Root) -> None:
    """By the keyboard, in the system's own browser, which must not get the packed libraries."""
    browser = root.folder / "usr" / "local" / "bin" / "xdg-open"
    browser.write_text(BROWSER)
    browser.chmod(0o755)
    said = root.home / "opened"
    target = ROOT / "build" / "installers" / f"help-{root.suite}.png"
    with (
        screen() as display,
        subprocess.Popen(
            root.command(NAME, user=USER), env=root.surroundings(USER, DISPLAY=display)
        ) as program,
    ):
        try:
            press(display, "CHT Offline Setup", "F1")
            press(display, "Help", "alt+w")
            picture(display, target)
            end = time.monotonic() + 30
            while not said.exists() and time.monotonic() < end:
                time.sleep(0.2)
        finally:
            program.terminate()
    browser.unlink()
    page, *surroundings = said.read_text().splitlines()
    assert page == f"file:///usr/share/doc/{NAME}/guide/help/start.html"
    assert "user-guide.html#help-start" in (root.folder / page.removeprefix("file:///")).read_text()
    names = {line.partition("=")[0] for line in surroundings}
    assert "DISPLAY" in names
    assert names.isdisjoint({"LD_LIBRARY_PATH", "QT_PLUGIN_PATH", "QML2_IMPORT_PATH"})


def test_purge_leaves_the_sites_alone(root: Root) -> None:
    begun = time.monotonic()
    root.must("apt-get", "-q", "-y", "purge", NAME)
    figure(f"{root.suite}: uninstall", f"{time.monotonic() - begun:.1f} s")
    left = {path for path in root.found(f"*{NAME}*") if not path.startswith(f"/home/{USER}/")}
    assert left == set()
    assert (root.home / SITE).read_text() == 'name = "A clinic"\n'
