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
BUTTON = "push button"
SLOW = 200.0  # seconds that the server, or a busy computer, may take
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
        """Press it, as soon as it is there and can be pressed."""
        self.ask("press", name, **more)

    def type(self, name: str, text: str) -> None:
        self.ask("type", name, text=text)

    def hears(self, name: str, seconds: float = 30, role: str = "") -> str:
        """Wait for something called so, and return its name and description."""
        _, said, more = self.ask("wait", name, seconds=seconds, role=role)
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
        assert process.stdout is not None
        process.stdin.close()
        process.wait(30)
        process.stdout.close()
        log.close()


def test_what_is_missing_is_read_with_the_input(listener: Listener) -> None:
    assert "without Internet" in listener.hears("Set up a server")
    assert "Nothing can break" in listener.hears("Practise")
    listener.press("Set up a server")
    assert listener.hears("Connect, you are here", role="list item")
    assert listener.hears("Fixed address, not yet", role="list item")
    assert "tells your sites apart" in listener.hears("Name of the site", role="text")
    listener.press("Connect", role=BUTTON)
    listener.hears("4 things to mend before you can go on")
    listener.hears("Show me: The site has no name.", role=BUTTON)
    for name, problem in (
        ("Name of the site", "The site has no name."),
        ("Server address", "The server to connect to is missing."),
        ("User", "The user name for the server is missing."),
    ):
        assert problem in listener.hears(name, role="text")
    assert "The password is missing." in listener.hears("Password", role="password text")
    listener.type("Name of the site", "Kibera clinic")
    listener.hears("3 things to mend before you can go on")
    assert "no name" not in listener.hears("Name of the site", role="text")


def test_a_server_is_set_up_by_ear(listener: Listener) -> None:
    listener.press("Practise")
    listener.press("All is well")
    said = listener.hears("The practice server's user is practice, the password ")
    password = said.split("the password ")[1].split()[0]
    listener.type("Server address", "192.168.50.23")
    listener.type("User", "practice")
    listener.type("Password", password)
    listener.press("Connect", role=BUTTON)
    listener.hears("Is this your server?")
    listener.press("It is the same")
    listener.hears("The server answers", SLOW)
    listener.press("Next", role=BUTTON)
    listener.hears("Connect, done", role="list item")
    listener.hears("Fixed address, you are here", role="list item")
    listener.press("eth0")
    listener.type("Address of the server", "10.20.0.1/24")
    listener.press("Next", role=BUTTON)
    listener.hears("Domain name, you are here", SLOW, role="list item")
    listener.type("Domain name", "cht.practice-clinic.org")
    listener.press("Next", role=BUTTON)
    listener.press("Take this certificate", seconds=SLOW)
    listener.hears("days left", SLOW)
    listener.press("Next", role=BUTTON)
    listener.hears("DNS and DHCP, you are here", SLOW, role="list item")
    listener.press("Next", role=BUTTON)
    listener.hears("Wi-Fi, you are here", SLOW, role="list item")
    listener.press("Next", role=BUTTON)
    listener.press("Apply", role=BUTTON, seconds=SLOW)
    listener.press("Change practice now", role=BUTTON)
    listener.hears("The server is set up", SLOW)
    listener.hears("Apply, you are here", role="list item")
    for step in ("Connect", "Fixed address", "Domain name", "Certificate", "DNS and DHCP"):
        listener.hears(f"{step}, done", role="list item")
