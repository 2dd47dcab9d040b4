"""Clean minimal Debian systems in folders, to install something in; root only.

Each is made once and kept in the cache folder of the user. A command in it has file systems of
its own that end with it, so nothing stays mounted.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.lab.images import _apt_options, package_sources

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
USER = "nurse"
ENTER = """
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
screens=/tmp/.X11-unix
[ ! -d $screens ] || { mkdir -p "$0$screens"; mount --bind $screens "$0$screens"; }
exec chroot "$@"
"""


class Root:
    """A Debian system of its own in `folder`."""

    def __init__(self, folder: Path, suite: str) -> None:
        self.folder, self.suite = folder, suite
        folder.mkdir()
        subprocess.run(["tar", "-xf", str(_tar(suite)), "-C", str(folder)], check=True)
        for name in ("resolv.conf", "hosts"):
            if Path("/etc", name).exists():
                shutil.copy(Path("/etc", name), folder / "etc" / name)
        options = "".join(f"{line};\n" for line in _apt_options())
        (folder / "etc/apt/apt.conf.d/90machine").write_text(options)
        # No service may start: this is not a machine.
        policy = folder / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        self.must("useradd", "--create-home", USER)
        self.must("apt-get", "-q", "update")

    @property
    def home(self) -> Path:
        """The home folder of the user, seen from outside."""
        return self.folder / "home" / USER

    def command(self, *command: str, user: str = "") -> Sequence[str]:
        """Return a command of this machine that runs one in there, as root or as a user."""
        who = [f"--userspec={user}:{user}"] if user else []
        inside = [*who, str(self.folder), *command]
        return ["unshare", "--mount", "sh", "-e", "-c", ENTER, str(self.folder), *inside]

    def surroundings(self, user: str = "", **more: str) -> Mapping[str, str]:
        """Return the environment of a login in there."""
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        home = f"/home/{user}" if user else "/root"
        fixed = {"PATH": path, "HOME": home, "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        return {**fixed, **more}

    def run(
        self, *command: str, user: str = "", seconds: float = 600, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in there."""
        return subprocess.run(
            self.command(*command, user=user),
            env=self.surroundings(user, **more),
            capture_output=True,
            text=True,
            timeout=seconds,
        )

    def must(self, *command: str, user: str = "", seconds: float = 600, **more: str) -> str:
        """Run a command that has to go well; returns what it printed."""
        done = self.run(*command, user=user, seconds=seconds, **more)
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def found(self, pattern: str) -> set[str]:
        """Return the paths in there whose last part is like a pattern."""
        said = self.must("find", "/", "-xdev", "-name", pattern, "-not", "-path", "/proc/*")
        return set(said.split())


def _tar(suite: str) -> Path:
    sources = package_sources(suite)
    key = hashlib.sha256("\n".join(sources).encode()).hexdigest()[:12]
    tar = CACHE / "cht-offline-setup" / "roots" / f"{suite}-{key}.tar"
    if not tar.exists():
        tar.parent.mkdir(parents=True, exist_ok=True)
        fresh = tar.with_suffix(".fresh.tar")
        command = [
            "mmdebstrap", "--variant=minbase", "--mode=root", "--quiet",
            *(f"--aptopt={option}" for option in _apt_options()), suite, str(fresh), *sources,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        fresh.rename(tar)
    return tar
