"""A fresh Windows for tests: a Wine prefix of its own, on a screen of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

SHIMS = Path(__file__).with_name("windows_shims")
DLLS = {"bcryptprimitives": "bcryptprimitives", "icuuc": "icuuc", "windows_ui": "Windows.UI"}
PROGRAMS = Path("/usr/lib/wine")
FONTS = Path("/usr/share/fonts/truetype/dejavu")
USER_FOLDERS = ("Desktop", "Documents", "Downloads", "Music", "Pictures", "Videos")


class Wine:
    """Windows 10 as Wine plays it, in `folder`; `close` ends all that runs there.

    Nothing of the Linux user's own folders can be reached through the user's folders in there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.drive = folder / "prefix" / "drive_c"
        self.display = _free_display()
        home = folder / "home"
        home.mkdir(parents=True)
        self._screen = subprocess.Popen(
            ["Xvfb", self.display, "-screen", "0", "1280x900x24", "-nolisten", "tcp"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "USER": "nurse",
            "LOGNAME": "nurse",
            "LANG": "C.UTF-8",
            "DISPLAY": self.display,
            "WINEPREFIX": str(self.drive.parent),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            # Neither .NET nor a browser, and no entries for Linux's menus beside the shortcuts.
            "WINEDLLOVERRIDES": "mscoree,mshtml,winemenubuilder.exe=",
        }
        self.run("wineboot", "-i")
        self.run("winecfg", "-v", "win10")
        self.user = next(p for p in (self.drive / "users").iterdir() if p.name != "Public")
        for name in USER_FOLDERS:
            place = self.user / name
            if place.is_symlink():
                place.unlink()
            place.mkdir(exist_ok=True)
        for font in FONTS.glob("DejaVuSans*.ttf"):  # Wine's own are of no use without a screen
            shutil.copy(font, self.drive / "windows" / "Fonts")
        for source, name in DLLS.items():
            _compile(SHIMS / f"{source}.c", self.drive / "windows" / "system32" / f"{name}.dll")

    @property
    def local(self) -> Path:
        """%LOCALAPPDATA%."""
        return self.user / "AppData" / "Local"

    def start(self, *command: str, cwd: Path | None = None) -> subprocess.Popen[bytes]:
        """Start a program of Windows. All its streams are pipes: Wine has trouble with others."""
        return subprocess.Popen(
            [str(PROGRAMS / "wine64"), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environment,
            cwd=cwd or self.folder,
        )

    def run(self, *command: str, seconds: float = 300, code: int | None = 0) -> str:
        """Run a program of Windows to its end and return what it says.

        It has to end with `code`, if one is given.
        """
        with self.start(*command) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            end = time.monotonic() + seconds
            os.set_blocking(process.stdout.fileno(), False)
            said, ended = b"", None
            # What the program leaves running holds its output open: nobody waits for that.
            while ended is None:
                if time.monotonic() > end:
                    process.kill()
                    raise AssertionError(f"{command} takes too long: {said.decode()}")
                time.sleep(0.05)
                ended = process.poll()
                said += process.stdout.read() or b""
        text = said.decode("utf-8", "replace")
        assert code is None or ended == code, (command, ended, text)
        return text

    def registry(self, key: str) -> str:
        """Return what the registry has under a key of the user's, "" when there is none."""
        file = self.folder / "registry.txt"
        file.unlink(missing_ok=True)
        self.run("reg", "export", f"HKCU\\{key}", f"Z:{file}", "/y", code=None)
        return file.read_text("utf-16") if file.exists() else ""

    def picture(self, path: Path) -> int:
        """Take a picture of the screen into a PNG file; returns how many colours it has."""
        path.parent.mkdir(parents=True, exist_ok=True)
        argv = ["import", "-display", self.display, "-window", "root", str(path)]
        subprocess.run(argv, check=True, timeout=60)
        argv = ["identify", "-format", "%k", str(path)]
        return int(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)

    def windows(self) -> str:
        """Return the titles of the windows on the screen, a line each."""
        argv = ["xdotool", "search", "--onlyvisible", "--name", "", "getwindowname", "%@"]
        done = subprocess.run(
            argv, env=self.environment, capture_output=True, text=True, timeout=60
        )
        return done.stdout

    def keys(self, title: str, *keys: str) -> None:
        """Press keys in the window whose title begins like this."""
        argv = ["xdotool", "search", "--onlyvisible", "--name", f"^{title}", "windowfocus"]
        subprocess.run([*argv, "key", *keys], env=self.environment, check=True, timeout=60)

    def wait_for_window(self, title: str, seconds: float = 60) -> float:
        """Wait until a window's title begins like this; returns the seconds that took."""
        begun = time.monotonic()
        while not any(line.startswith(title) for line in self.windows().splitlines()):
            assert time.monotonic() < begun + seconds, f"{title}: {self.windows()}"
            time.sleep(0.1)
        return time.monotonic() - begun

    def shut_down(self) -> None:
        """End all that runs. The next program starts Windows anew, in its own network namespace.

        Wine opens the sockets of all programs in one process (wineserver(1)).
        """
        subprocess.run(
            [str(PROGRAMS / "wineserver64"), "-k", "-w"], env=self.environment, timeout=60
        )

    def close(self) -> None:
        self.shut_down()
        self._screen.terminate()
        self._screen.wait(10)
        shutil.rmtree(self.drive.parent, ignore_errors=True)


def _compile(source: Path, to: Path) -> None:
    argv = ["x86_64-w64-mingw32-gcc", "-shared", "-O2", "-s", "-Wall", "-Werror"]
    subprocess.run([*argv, "-o", str(to), str(source), "-ladvapi32"], check=True)


def _free_display() -> str:
    number = 140
    while Path(f"/tmp/.X11-unix/X{number}").exists() or Path(f"/tmp/.X{number}-lock").exists():
        number += 1
    return f":{number}"
