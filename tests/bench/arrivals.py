"""`python -m tests.bench.arrivals`: 250 phones at once, as after a power cut, against the real
dnsmasq with the settings of a plan; and what watching them costs the server.

Everything lives in two network namespaces, on a bridge of the server as in a clinic.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.agent.watching.lan import ROOT, Lan, Looker, ip
from tests.lab.network import LabError
from tests.plan import golden
from wizard.agent import names, wire

CASE = "ifupdown-other-subnet"
CLIENTS = 250
ROUNDS = 3
TOOLS = {"dnsmasq": "dnsmasq-base", "perfdhcp": "kea-admin", "dnsperf": "dnsperf"}
RATE = 250  # clients that ask in the same second
QUERIES = 40  # names that each client asks for when it comes
A_SECOND = 2500  # queries: ten of each client in the same second
ROUNDS_MOST = 30
LATE = 1_000_000  # microseconds in which an answer is waited for after the last question
IDLE = 10.0  # seconds
TICK = os.sysconf("SC_CLK_TCK")

Plain = dict[str, Any]
Note = Callable[[str, float], None]


def tool(name: str) -> str:
    """Return where a program is. Raises LabError with the package that brings it."""
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if found is None:
        raise LabError(f"{name} is missing: apt-get install {TOOLS[name]}")
    return found


def settings(folder: Path) -> tuple[str, str]:
    """Return the settings as the plan renders them, for 250 phones, and the domain.

    Only the range, which is the site's choice, and the place of the lease file are changed.
    """
    case = golden.load(CASE)
    text = next(
        c.content or ""
        for c in case.plan().changes
        if isinstance(c, wire.WriteFile) and c.path == names.DNSMASQ_CONF
    )
    text = text.replace(names.LEASES, str(folder))
    text = re.sub(r"(?m)^interface=\S+$", "interface=eth0", text)
    text = re.sub(r"(?m)^(dhcp-range=)[0-9.]+,[0-9.]+", r"\g<1>10.20.0.2,10.20.0.251", text)
    text = re.sub(r"(?m)^dhcp-lease-max=\d+", f"dhcp-lease-max={CLIENTS}", text)
    return text, case.site.domain


@contextlib.contextmanager
def served(lan: Lan) -> Iterator[str]:
    """Run dnsmasq with the leases that are there, and yield the domain."""
    conf, pid = lan.folder / "dnsmasq.conf", lan.folder / "dnsmasq.pid"
    text, domain = settings(lan.folder)
    conf.write_text(text)
    argv = [tool("dnsmasq"), f"--conf-file={conf}", f"--pid-file={pid}"]
    subprocess.run(lan.argv(lan.server, *argv), check=True, timeout=20)
    number = int(pid.read_text())
    try:
        yield domain
    finally:
        os.kill(number, 15)
        while Path(f"/proc/{number}").exists():
            time.sleep(0.02)


def leases(lan: Lan) -> Plain:
    """Let 250 clients ask for an address until each has one; those that got none ask again.

    perfdhcp asks once; a phone asks again after 4, 8, 16 s (RFC 2131, 4.1), so rounds follow, in
    which those that have one ask anew.
    """
    stamp, lost, rounds = time.time(), 0, 0
    answered = 0
    while (answered < CLIENTS or held(lan) < CLIENTS) and rounds < ROUNDS_MOST:
        argv = [tool("perfdhcp"), "-4", "-l", "lan0", "-r", str(RATE), "-R", str(CLIENTS),
                "-n", str(CLIENTS), "-s", "1", "-W", str(LATE)]  # fmt: skip
        out = lan.run(lan.phone, *argv).stdout
        exchange = re.findall(r"received packets: (\d+)", out)
        if len(exchange) < 2:
            raise LabError(f"perfdhcp said nothing of what it got:\n{out}")
        answered = int(exchange[1])
        lost += max(0, CLIENTS - answered)  # one that comes late may count for two
        rounds += 1
    # The file is written anew with every lease that is given or renewed
    written = (lan.folder / "dnsmasq.leases").stat().st_mtime - stamp
    return {"given": held(lan), "lost": lost, "seconds": written}


def held(lan: Lan) -> int:
    """Return how many leases dnsmasq has written down."""
    file = lan.folder / "dnsmasq.leases"
    return len(file.read_text().splitlines()) if file.exists() else 0


def queries(lan: Lan, domain: str) -> Plain:
    """Let 250 clients ask what phones ask when they come."""
    data = lan.folder / "queries"
    asked = [f"{domain} A", f"{domain} AAAA", "connectivitycheck.gstatic.com A",
             "www.google.com A", f"{domain} HTTPS"]  # fmt: skip
    data.write_text("\n".join(asked) + "\n")
    argv = [tool("dnsperf"), "-s", "10.20.0.1", "-d", str(data), "-c", str(CLIENTS), "-T", "1",
            "-n", str(CLIENTS * QUERIES // len(asked)), "-Q", str(A_SECOND)]  # fmt: skip
    out = lan.run(lan.phone, *argv).stdout
    figure = {
        name: float(found[1])
        for name, text in (
            ("sent", "Queries sent"),
            ("lost", "Queries lost"),
            ("rate", "Queries per second"),
            ("seconds", r"Run time \(s\)"),
        )
        if (found := re.search(rf"{text}:\s+([0-9.]+)", out))
    }
    if len(figure) != 4:
        raise LabError(f"dnsperf said:\n{out}")
    return figure


def cost(pid: int) -> tuple[float, int]:
    """Return seconds of CPU and the peak memory in bytes of a process (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text()
    peak = re.search(r"VmHWM:\s+(\d+)", status)
    assert peak is not None
    return (int(fields[11]) + int(fields[12])) / TICK, int(peak[1]) * 1024


def measure() -> Plain:
    """Return everything that was measured."""
    found: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        found.setdefault(name, []).append(value)

    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(prefix="bench-") as where:
            folder = Path(where)
            folder.chmod(0o755)
            lan = Lan(folder)
            try:
                # dnsperf's and perfdhcp's own address is outside the range
                ip("-n", lan.phone, "addr", "add", "10.20.0.252/24", "dev", "lan0")
                _first_day(lan, note)
                for watched in (False, True):
                    _power_cut(lan, watched, note)
            finally:
                lan.close()
    return {
        name: {"median": median(each), "min": min(each), "max": max(each)}
        for name, each in found.items()
    }


def _first_day(lan: Lan, note: Note) -> None:
    """Nobody has an address yet: dnsmasq looks whether one is taken before it gives it."""
    with served(lan):
        _tell("first day", leases(lan), note)


def _tell(mark: str, given: Plain, note: Note) -> None:
    note(f"{mark}: clients with an address in the end", given["given"])
    note(f"{mark}: exchanges that were lost", given["lost"])
    note(f"{mark}: seconds until the last had its address", given["seconds"])


def _power_cut(lan: Lan, watched: bool, note: Note) -> None:
    """All come back at once, and have a lease."""
    mark = "power cut, watched" if watched else "power cut"
    with served(lan) as domain, contextlib.ExitStack() as stack:
        look = Looker(lan, (domain,)) if watched else None
        spent, peak = 0.0, 0
        if look is not None:
            stack.callback(look.close)
            spent, peak = cost(look.process.pid)
            time.sleep(IDLE)
            now, _ = cost(look.process.pid)
            note("watch, nobody comes: CPU, %", 100 * (now - spent) / IDLE)
            note("watch, nobody comes: memory, MB", peak / 1e6)
            spent = now
        _tell(mark, leases(lan), note)
        asked = queries(lan, domain)
        note(f"{mark}: queries", asked["sent"])
        note(f"{mark}: queries that were lost", asked["lost"])
        note(f"{mark}: seconds until all were answered", asked["seconds"])
        if look is not None:
            time.sleep(1.0)
            now, peak = cost(look.process.pid)
            note("watch, all come: CPU, s", now - spent)
            note("watch, all come: peak memory, MB", peak / 1e6)
            note("watch, all come: devices told", len({one.mac for one in look.seen}))
            note("watch, all come: sightings lost", look.stop()["lost"])
            look.close()
            left = lan.run(lan.server, "cat", "/proc/net/packet").stdout.splitlines()[1:]
            note("nobody looks: sockets left", sum(row.split()[3] == "0003" for row in left))


def main() -> None:
    """Measure, show, and keep build/arrivals.json."""
    if os.geteuid() != 0:
        sys.exit("namespaces need root")
    try:
        found = measure()
    except LabError as problem:
        sys.exit(str(problem))
    folder = ROOT / "build"
    folder.mkdir(exist_ok=True)
    (folder / "arrivals.json").write_text(json.dumps(found, indent=1) + "\n")
    table = Table("250 phones at once", "median", "least", "most")
    for name, spread in found.items():
        table.add_row(name, *(f"{spread[key]:.2f}" for key in ("median", "min", "max")))
    Console().print(table)


if __name__ == "__main__":
    main()
