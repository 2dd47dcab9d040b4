"""A small signed package repository on the LAN: it makes "a server with its own Internet", without
any Internet."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

from tests.lab import prepare
from tests.lab.images import CACHE, REPOSITORY_NAME
from tests.lab.network import Dnsmasq, Host, wait_for
from tests.lab.prepare import gpg, locked, stop_gpg_agent

ADDRESS = "10.77.0.9"


def build(kinds: Sequence[str] = ("ifupdown", "netplan")) -> Path:
    """The repository's folder, made of the packages that were downloaded along with the images."""
    images = [prepare.image(kind) for kind in kinds]
    sources = [image.debs for image in images]
    (suite,) = {image.suite for image in images}
    place = CACHE / f"repository-{'-'.join(image.folder.name for image in images)}"
    with locked("repository"):
        if (place / "complete").exists():
            return place
        shutil.rmtree(place, ignore_errors=True)
        root = place / "debian"
        pool = root / "pool"
        pool.mkdir(parents=True)
        for source in sources:
            for deb in source.glob("*.deb"):
                # apt writes an epoch's colon as %3a, which a web server would decode
                shutil.copy(deb, pool / deb.name.replace("%3a", "."))
        index = root / "dists" / suite / "main" / "binary-amd64"
        index.mkdir(parents=True)
        packages = _run(["apt-ftparchive", "packages", "pool"], root)
        (index / "Packages").write_text(packages)
        release = _run(
            [
                "apt-ftparchive",
                *("-o", "APT::FTPArchive::Release::Origin=Lab"),
                *("-o", f"APT::FTPArchive::Release::Suite={suite}"),
                *("-o", f"APT::FTPArchive::Release::Codename={suite}"),
                *("-o", "APT::FTPArchive::Release::Architectures=amd64"),
                *("-o", "APT::FTPArchive::Release::Components=main"),
                "release",
                f"dists/{suite}",
            ],
            root,
        )
        dist = root / "dists" / suite
        (dist / "Release").write_text(release)
        gpg("--clearsign", "--output", str(dist / "InRelease"), str(dist / "Release"))
        stop_gpg_agent()
        (place / "complete").touch()
    return place


class Repository:
    """The repository, served over HTTP by a host on the LAN; `router` tells the guests of it."""

    router: Dnsmasq

    def __init__(self, host: Host, folder: Path) -> None:
        self.host = host
        host.add_address(f"{ADDRESS}/24")
        self._log = host.folder / "repository.log"
        program = textwrap.dedent(
            """
            import functools, http.server, sys
            handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
            http.server.ThreadingHTTPServer(("", 80), handler).serve_forever()
            """
        )
        with self._log.open("ab") as log:
            host.popen([sys.executable, "-c", program, str(folder)], stdout=log, stderr=log)
        wait_for("the package repository", self._listening, 20)

    @property
    def log(self) -> str:
        """The requests so far."""
        return self._log.read_text(errors="replace")

    @property
    def router_line(self) -> str:
        """What the office router's dnsmasq must know, so that the guests find the repository by its
        name."""
        return f"address=/{REPOSITORY_NAME}/{ADDRESS}"

    def _listening(self) -> bool:
        return ":80 " in self.host.run(["ss", "-Hltn"]).stdout


def _run(command: list[str], folder: Path) -> str:
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
