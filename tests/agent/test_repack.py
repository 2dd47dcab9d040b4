"""A package that makes room comes back as it was: judged by dpkg itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.agent import sandbox
from tests.agent.sandbox import FAST, apply, order, put, standing, tree
from wizard.agent import restore
from wizard.agent.changes import StepError
from wizard.agent.changes.packages import POLICY_TEXT
from wizard.agent.changes.repack import repack
from wizard.agent.host import Done, Host
from wizard.practice.host import PracticeHost

DPKG = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg")
CONTROL = (
    "Package: systemd-timesyncd\nStatus: install ok installed\nArchitecture: amd64\n"
    "Version: 252.39-1\nMaintainer: nobody <n@example.org>\nConffiles:\n"
    " /etc/systemd/timesyncd.conf 0123\nDescription: keeps the time\n and nothing else\n\n"
)
LISTED = "/.\n/etc\n/etc/systemd\n/etc/systemd/timesyncd.conf\n/lib\n/lib/timesyncd\n/lib/alias\n"


@pytest.fixture
def host(tmp_path: Path) -> PracticeHost:
    made = sandbox.make(tmp_path)
    with made.remember() as memory:
        memory["packages"].append("systemd-timesyncd")
    put(made, "/var/lib/dpkg/status", CONTROL, 0o644)
    put(made, "/var/lib/dpkg/info/systemd-timesyncd.list", LISTED, 0o644)
    put(made, "/var/lib/dpkg/info/systemd-timesyncd.postinst", "#!/bin/sh\nexit 0\n", 0o755)
    conffiles = "/etc/systemd/timesyncd.conf\n"
    put(made, "/var/lib/dpkg/info/systemd-timesyncd.conffiles", conffiles, 0o644)
    put(made, "/etc/systemd/timesyncd.conf", "[Time]\n", 0o640)
    put(made, "/lib/timesyncd", "program", 0o755)
    os.symlink("timesyncd", made.path("/lib/alias"))
    os.makedirs(made.path("/lib/systemd/system"))
    return made


@DPKG
def test_dpkg_reads_what_was_packed(host: PracticeHost, tmp_path: Path) -> None:
    deb = tmp_path / "t.deb"
    deb.write_bytes(repack(host, "systemd-timesyncd"))
    fields = _dpkg("--field", deb)
    assert "Version: 252.39-1" in fields
    assert "Status" not in fields
    assert "Conffiles" not in fields
    assert "./etc/systemd/timesyncd.conf" in _dpkg("--contents", deb)
    out = tmp_path / "out"
    _dpkg("--raw-extract", deb, out)
    assert (out / "lib/timesyncd").stat().st_mode & 0o777 == 0o755
    assert (out / "etc/systemd/timesyncd.conf").stat().st_mode & 0o777 == 0o640
    assert os.readlink(out / "lib/alias") == "timesyncd"
    assert (out / "DEBIAN/postinst").stat().st_mode & 0o111
    assert (out / "DEBIAN/conffiles").read_text() == "/etc/systemd/timesyncd.conf\n"


@DPKG
def test_a_real_package_of_this_machine_comes_out_whole(tmp_path: Path) -> None:
    name = "hostname"  # essential on every Debian, and small
    if not any(n.startswith(name + ".") for n in os.listdir("/var/lib/dpkg/info")):
        pytest.skip("not a Debian")
    deb = tmp_path / "h.deb"
    deb.write_bytes(repack(Host(), name))
    out = tmp_path / "out"
    _dpkg("--raw-extract", deb, out)
    assert (out / "bin/hostname").read_bytes() == Path("/bin/hostname").read_bytes()


def _dpkg(verb: str, *words: object) -> str:
    argv = ["dpkg-deb", verb, *map(str, words)]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("gone", ["/lib/timesyncd", "/var/lib/dpkg/info/systemd-timesyncd.list"])
def test_what_is_not_whole_is_not_removed(host: PracticeHost, gone: str) -> None:
    os.unlink(host.path(gone))
    with pytest.raises(StepError):
        repack(host, "systemd-timesyncd")


def _chrony() -> dict[str, object]:
    names = {"names": ["chrony"], "replaces": ["systemd-timesyncd"]}
    return {"kind": "packages", "topic": "packages", **names}


def test_it_makes_room_and_comes_back(host: PracticeHost) -> None:
    before = tree(host), standing(host)
    result = apply(host, order([_chrony()]))
    assert result["state"] == "applied", result
    there = standing(host)["packages"]
    assert "chrony" in there
    assert "systemd-timesyncd" not in there
    restore.roll_back(host, "user", FAST)
    assert (tree(host), standing(host)) == before


def test_nothing_else_may_go_with_it(host: PracticeHost) -> None:
    real = host._commands["apt-get"]

    def more(words: list[str], env: dict[str, str]) -> Done:
        done = real(words, env)
        if "--simulate" in words:
            return done._replace(out=done.out + "Remv docker-ce [1.0]\n")
        return done

    host._commands["apt-get"] = more
    before = tree(host), standing(host)
    result = apply(host, order([_chrony()]))
    assert (result["state"], result["failed"]) == ("nothing", "packages-failed")
    assert "docker-ce" in result["detail"]
    assert (tree(host), standing(host)) == before


def test_the_ban_on_starts_lets_what_is_removed_be_stopped(tmp_path: Path) -> None:
    """Debian policy 9.11: maintainer scripts ask it before they start, and before they stop."""
    script = tmp_path / "policy-rc.d"
    script.write_bytes(POLICY_TEXT)
    for action, answer in (("start", 101), ("restart", 101), ("stop", 0)):
        argv = ["/bin/sh", str(script), "systemd-timesyncd.service", action]
        assert subprocess.run(argv, check=False).returncode == answer
