"""What the real programs make of the clock's files: the shell, systemd, chrony, dnsmasq."""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.plan import golden
from tests.plan.lan import ROOT, lan
from wizard.agent import names, wire
from wizard.plan import clock
from wizard.plan.target import Target

# Unpacked by `make test`, where it is not installed.
CHRONYD = shutil.which("chronyd", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or shutil.which(
    "chronyd", path=str(ROOT / "build/chrony/usr/sbin")
)


def _command(key: str, stamp: Path) -> str:
    """Return what systemd would give to the shell (systemd.service(5), COMMAND LINES)."""
    text = clock.unit_file().replace(names.CLOCK_STAMP, str(stamp))
    found = re.search(rf"^{key}=-?/bin/sh -c '(.*)'$", text, re.M)
    assert found is not None
    return found[1].replace("$$", "$").replace("%%", "%")


def _start(tmp_path: Path, now: int, known: int | None) -> list[str]:
    """Run the beginning of the unit with a pretended clock; returns what it was set to.

    `date` is a stand-in: the clock of this computer is never touched.
    """
    stamp = tmp_path / "last-known"
    if known is not None:
        stamp.touch()
        os.utime(stamp, (known, known))
    told = tmp_path / "told"
    date = tmp_path / "date"
    date.write_text(f'#!/bin/sh\n[ "$1" = +%s ] && echo {now} && exit\necho "$*" >> {told}\n')
    date.chmod(0o755)
    surroundings = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    argv = ["/bin/sh", "-c", _command("ExecStartPre", stamp)]
    subprocess.run(argv, check=True, env=surroundings)
    return told.read_text().splitlines() if told.exists() else []


@pytest.mark.parametrize(
    ("now", "known", "set_to"),
    [
        (0, 1795341600, ["-u -s @1795341600"]),  # no battery: 1970
        (1795341599, 1795341600, ["-u -s @1795341600"]),
        (1795341600, 1795341600, []),
        (1795345200, 1795341600, []),  # a battery knows better
        (0, None, []),  # never noted: nothing is known
    ],
)
def test_no_start_before_the_last_known_time(
    tmp_path: Path, now: int, known: int | None, set_to: list[str]
) -> None:
    assert _start(tmp_path, now, known) == set_to


def test_the_time_is_noted_again_and_again(tmp_path: Path) -> None:
    stamp = tmp_path / "last-known"
    command = _command("ExecStart", stamp).replace("sleep 60", "sleep 0.1")
    with subprocess.Popen(["/bin/sh", "-c", command]) as work:
        try:
            noted = [_noted(stamp), 0.0]
            deadline = time.monotonic() + 10
            while noted[1] <= noted[0] and time.monotonic() < deadline:
                time.sleep(0.05)
                noted[1] = _noted(stamp)
        finally:
            work.terminate()
    assert noted[1] > noted[0]
    assert noted[1] == pytest.approx(time.time(), abs=5)


def _noted(stamp: Path) -> float:
    deadline = time.monotonic() + 10
    while not stamp.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return stamp.stat().st_mtime


def test_a_note_that_cannot_be_taken_ends_in_failure(tmp_path: Path) -> None:
    """Then systemd tries again, and a disk that is full is not hidden."""
    command = _command("ExecStart", tmp_path / "missing" / "last-known")
    assert subprocess.run(["/bin/sh", "-c", command], capture_output=True).returncode == 1


def test_only_a_good_end_is_noted(tmp_path: Path) -> None:
    """A start that could not set the clock must not overwrite the time that it knew."""
    stamp = tmp_path / "last-known"
    for result, there in (("exit-code", False), ("success", True)):
        surroundings = {**os.environ, "SERVICE_RESULT": result}
        argv = ["/bin/sh", "-c", _command("ExecStopPost", stamp)]
        subprocess.run(argv, check=True, env=surroundings)
        assert stamp.exists() == there


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / names.CLOCK_UNIT
    unit.write_text(clock.unit_file())
    argv = ["systemd-analyze", "verify", "--man=no", str(unit)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if names.CLOCK_UNIT in line]
    assert ours == []


ASK = """
import sys
from wizard.check.ask_time import ask
from wizard.check.base import Look, Notes
from wizard.check.model import Surroundings, Target
from wizard.certificate.roots import Roots
import time
target = Target("x", sys.argv[1])
look = Look(target, Surroundings(Roots(())), Notes(), time.monotonic() + 5)
told = ask(look)
print(told.stratum, told.leap, round(told.offset), told.usable)
"""


@pytest.mark.skipif(CHRONYD is None, reason="needs chrony")
def test_chrony_gives_the_time_to_the_lan_without_any_source(tmp_path: Path) -> None:
    """The real one, told not to touch the clock (-x), beside settings like Debian's own."""
    case = golden.load("firewall-ufw-ipv6-ntp")
    text = next(
        c.content or ""
        for c in case.plan().changes
        if isinstance(c, wire.WriteFile) and c.path == names.CHRONY_FILE
    )
    folder = tmp_path / "conf.d"
    folder.mkdir()
    (folder / "cht-offline-setup.conf").write_text(text.replace("rtcsync\n", ""))  # -x forbids it
    conf = tmp_path / "chrony.conf"
    conf.write_text(
        f"confdir {folder}\npool 2.debian.pool.ntp.org iburst\nmakestep 1 3\n"
        f"bindcmdaddress {tmp_path}/chronyd.sock\npidfile {tmp_path}/chronyd.pid\n"
    )
    wanted = case.site.static_ip
    with lan(wanted.interface, (wanted.address, wanted.address6)) as made:
        assert CHRONYD is not None
        argv = ["ip", "netns", "exec", made.server, CHRONYD, "-x", "-d", "-u", "root"]
        with subprocess.Popen([*argv, "-f", str(conf)], stderr=subprocess.PIPE) as server:
            try:
                for client in ("10.20.0.9/24", "fd00:20::9/64"):
                    flags = ["nodad"] if ":" in client else []
                    line = ["ip", "-n", made.client, "addr", "add", client, "dev", "c0", *flags]
                    subprocess.run(line, check=True)
                for address in (wanted.address, wanted.address6):
                    host = address.partition("/")[0]
                    asked = ["ip", "netns", "exec", made.client, sys.executable, "-c", ASK, host]
                    done = subprocess.run(asked, capture_output=True, text=True, cwd=ROOT)
                    assert done.stdout.split() == ["10", "0", "0", "True"], done.stderr
            finally:
                server.terminate()


def test_only_the_sites_networks_are_served() -> None:
    case = golden.load("firewall-ufw-ipv6-ntp")
    interface = case.facts.interface(case.site.static_ip.interface)
    assert interface is not None
    target = Target(
        interface,
        ipaddress.IPv4Interface("10.20.0.1/24"),
        "",
        None,
        (),
        accept_ra=False,
    )
    allowed = re.findall(r"^allow (.*)$", clock.settings(target), re.M)
    assert allowed == ["10.20.0.0/24"]
