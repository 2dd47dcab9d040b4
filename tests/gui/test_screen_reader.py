"""The program as somebody who cannot see it has it: started for real, under Xvfb, over AT-SPI."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
# One display, one bus, both ended with the shell. The registry has to be there before the program.
SCRIPT = """
/usr/libexec/at-spi-bus-launcher --launch-immediately &
"$PROGRAM" -m wizard &
program=$!
/usr/bin/python3 "$READER" >&3
kill $program 2>/dev/null
wait $program 2>/dev/null
kill %1 2>/dev/null
exit 0
"""


class Listener:
    """Asks the screen reader, one order after another."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, do: str, name: str = "", **more: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, "name": name, **more}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the screen reader is gone"
        answer = json.loads(line)
        assert "ok" in answer, (answer, self.names() if do != "names" else "")
        return answer["ok"]

    def press(self, name: str, **more: object) -> None:
        self.ask("press", name, **more)

    def type(self, name: str, text: str) -> None:
        self.ask("type", name, text=text)

    def hears(self, name: str, seconds: float = 30) -> str:
        """Wait for something called so, and return its name and description."""
        _, said, more = self.ask("wait", name, seconds=seconds)
        return f"{said} {more}"

    def names(self) -> list[str]:
        return [f"{role}: {name}" for role, name, _ in self.ask("names") if name]


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "xcb",
        "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
        "NO_AT_BRIDGE": "0",
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_RUNTIME_DIR": str(tmp_path),
        "SCRIPT": SCRIPT,
        "PROGRAM": sys.executable,
        "READER": str(HERE / "screen_reader.py"),
    }
    log = (tmp_path / "program.log").open("w")
    process = subprocess.Popen(
        ["sh", "-c", 'exec 3>&1 1>&2; exec xvfb-run -a dbus-run-session -- sh -c "$SCRIPT"'],
        cwd=CHECKOUT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    try:
        yield Listener(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)
        log.close()


def test_the_first_page_is_read_out(listener: Listener) -> None:
    listener.hears("Set up a server")
    listener.press("Set up a server")
    listener.hears("Connect, you are here")
    listener.type("Name of this site", "Clinic A")
    print(listener.names())
