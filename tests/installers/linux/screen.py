"""A screen that nobody sees, and a picture of what is on it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PICTURE = """
import sys, time
from PySide6.QtGui import QGuiApplication
app = QGuiApplication([])
end = time.monotonic() + float(sys.argv[2])
while time.monotonic() < end:
    image = app.primaryScreen().grabWindow(0).toImage()
    rows, columns = range(0, image.height(), 4), range(0, image.width(), 4)
    if len({image.pixel(x, y) for x in columns for y in rows}) > 40:
        time.sleep(1)
        sys.exit(0 if app.primaryScreen().grabWindow(0).save(sys.argv[1]) else 3)
    time.sleep(0.1)
sys.exit(4)
"""


@contextmanager
def screen(size: str = "1280x800x24") -> Iterator[str]:
    """Start Xvfb; yields the display's name."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", size, "-ac", "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as said:
            yield f":{said.readline().strip()}"
    finally:
        process.terminate()
        process.wait(20)


def press(display: str, title: str, key: str, seconds: float = 60) -> None:
    """Wait for the window with that title, give it the keyboard, press a key."""
    command = ["xdotool", "search", "--sync", "--onlyvisible", "--name", f"^{title}$"]
    subprocess.run(
        [*command, "windowfocus", "--sync", "sleep", "0.5", "key", key],
        env={**os.environ, "DISPLAY": display},
        check=True,
        timeout=seconds,
    )


def picture(display: str, target: Path, seconds: float = 60) -> None:
    """Wait until a window is drawn, and save what the screen shows."""
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [sys.executable, "-c", PICTURE, str(target), str(seconds)],
        env={**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"},
        check=True,
        timeout=seconds + 60,
    )
