"""Each part of the self-test passes here, and one that fails, crashes or hangs is told."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from wizard.agent import build
from wizard.cli import run as command_line
from wizard.selftest import looks, report
from wizard.selftest.model import PARTS, Part, Result, SelfTestError
from wizard.selftest.run import run
from wizard.selftest.words import FAILED, GOOD


def play(program: str, part: Part, parts: int = 1) -> Sequence[Result]:
    """Let a small Python program stand where ours is started."""
    told: list[Result] = []
    command = (sys.executable, "-c", program)
    results = run(told.append, command=command, parts=(part,) * parts)
    assert list(results) == told
    return results


def test_all_but_the_clinic(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window is really drawn, in a process without a display."""
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    saved = tmp_path / "report.txt"
    code = command_line(["self-test", "--quick", "--json", "--report", str(saved)])
    said = json.loads(capsys.readouterr().out)
    assert [part for part in said["parts"] if not part["passed"]] == []
    assert (code, said["passed"]) == (0, True)
    assert [part["code"] for part in said["parts"]] == [p.code for p in PARTS if not p.long]
    assert saved.read_text("utf-8").count("passed  ") == len(said["parts"])


def test_every_part_has_its_sentences() -> None:
    assert {part.code for part in PARTS} == set(GOOD)
    assert {part.code for part in PARTS} <= set(FAILED)
    assert set(looks.LOOKS) == {part.code for part in PARTS if part.command[0] == "self-test"}


@pytest.mark.parametrize(
    ("program", "code", "cure", "detail"),
    [
        ("import os; os.abort()", "imports", "report", "exit code"),
        ("raise SystemExit('no display :7')", "window", "terminal on the desktop", "display :7"),
        ("import time; time.sleep(60)", "ssh", "Close other programs", ""),
        ("raise SystemExit(1)", "tour", "report", "exit code 1"),
    ],
)
def test_a_part_that_goes_wrong(program: str, code: str, cure: str, detail: str) -> None:
    results = play(program, Part(code, (), 1.0), 2)
    assert len(results) == 2, "the next part still runs"
    for result in results:
        assert not result.passed
        assert cure in result.cure
        assert detail in result.detail
        assert result.message


def test_a_program_that_is_gone() -> None:
    (result,) = run(lambda _: None, command=["/nowhere/at-all"], parts=PARTS[:1])
    assert not result.passed
    assert "could not be started" in result.message
    assert "FAILED  imports" in report.text([result])
    assert result.cure in report.text([result])


def test_a_part_says_itself_what_failed() -> None:
    error = SelfTestError("imports", "wizard.x: ImportError", names="wizard.x")
    program = f"import json; print(json.dumps({{'error': {error.plain()!r}}})); raise SystemExit(1)"
    (result,) = play(program, Part("imports", (), 20.0))
    assert result.message == "The program is not complete. Missing, or broken: wizard.x."
    assert result.detail == "wizard.x: ImportError"


# -------------------------------------------------------------------------- single looks


def test_a_library_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "LIBRARIES", ("rich", "no_such_library"))
    with pytest.raises(SelfTestError, match="no_such_library"):
        looks.imports()


def test_a_library_that_is_broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "broken_library.py").write_text("import no_library_of_that_name")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(looks, "LIBRARIES", ("broken_library",))
    with pytest.raises(SelfTestError) as caught:
        looks.imports()
    assert "No module named 'no_library_of_that_name'" in caught.value.detail


@pytest.fixture
def packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Resources as an installer carries them."""
    import runpy
    import shutil

    root = Path(__file__).resolve().parents[2]
    folder = tmp_path / "resources"
    shutil.copytree(root / "resources", folder)
    runpy.run_path(str(root / "packaging" / "sums.py"))["write"](folder)
    monkeypatch.setattr(looks, "resource", lambda *parts: folder.joinpath(*parts))
    return folder


def test_whole_resources(packed: Path) -> None:
    count = sum(path.is_file() for path in packed.rglob("*")) - 1
    assert looks.resources() == {"files": count}


@pytest.mark.parametrize("harm", ["gone", "cut", "changed"])
def test_harmed_resources(packed: Path, harm: str) -> None:
    victim = packed / "icons" / "app.svg"
    if harm == "gone":
        victim.unlink()
    elif harm == "cut":
        victim.write_bytes(victim.read_bytes()[:-100])
    else:
        victim.write_bytes(victim.read_bytes() + b" ")
    with pytest.raises(SelfTestError, match=r"icons/app\.svg"):
        looks.resources()


def test_no_resources_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "resource", lambda *parts: tmp_path.joinpath(*parts))
    with pytest.raises(SelfTestError):
        looks.resources()


def test_an_agent_without_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is where sources were left out, because compiled modules seemed to be enough."""
    whole = list(build._files())
    monkeypatch.setattr(build, "_files", lambda: iter(whole[:-1]))
    build.zipapp_bytes.cache_clear()
    try:
        with pytest.raises(SelfTestError, match=whole[-1][0]):
            looks.agent()
    finally:
        build.zipapp_bytes.cache_clear()


def test_a_folder_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with pytest.raises(SelfTestError, match="cannot save"):
        looks.folders()


def test_a_connection_that_does_not_come_about(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr("socket.create_connection", refuse)
    monkeypatch.setattr(looks, "PATIENCE", 0.2)
    with pytest.raises(SelfTestError, match="Connection refused"):
        looks.tls()


def test_every_dependency_is_imported() -> None:
    """A library that is added to the program is added here."""
    import re
    import tomllib

    root = Path(__file__).resolve().parents[2]
    settings = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    names = {
        "pyside6-essentials": "PySide6",
        "dnspython": "dns",
        "netifaces-plus": "netifaces",
        "tomli-w": "tomli_w",
    }
    tops = {library.partition(".")[0] for library in looks.LIBRARIES}
    for dependency in settings["project"]["dependencies"]:
        name = re.split(r"[<>=]", dependency)[0].lower()
        assert names.get(name, name) in tops
