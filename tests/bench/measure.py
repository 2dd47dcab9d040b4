"""One server, one laptop, everything in turns: A, B, C, A, B, C, ... so that a busy machine is
equally busy for all."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.laptop import peak
from tests.bench.peer import CHECKOUT, Pyinfra, Wanted
from tests.lab.ca import Ca
from tests.lab.clinic import Clinic, wait_ssh
from tests.lab.garage import Garage
from tests.lab.machine import KEY, Machine
from tests.lab.network import Host, LabError, Lan, stop_process
from wizard.agent import build, names

ADDRESS = "10.20.0.1"
USER = "deploy"
PLAIN, SUDO = "ssh, python", "ssh, sudo, python"
VISIT, PLANNED = "our visit", "our process"
OPEN_PEER, PEER = "pyinfra, open", "pyinfra process"
KINDS = (PLAIN, SUDO, VISIT, PLANNED, OPEN_PEER, PEER)
# (what, over what): the first two are promises, the others tell where the time goes
RATIOS = (
    (VISIT, SUDO),
    (VISIT, PLAIN),
    (PLANNED, SUDO),
    (OPEN_PEER, VISIT),
    (PEER, PLANNED),
)
RENEWALS = 3
APPLY, BY_HAND = "renewal, from Apply on", "renewal by hand"

Plain = dict[str, Any]
Log = Callable[[str], None]


class Worker:
    """A process in the laptop's namespace that answers one line for each line."""

    def __init__(self, laptop: Host, argv: list[str], cwd: Path) -> None:
        self._process = laptop.popen(argv, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, task: str, **more: Any) -> Plain:
        """Return the answer to one task. Raises LabError when the process ended instead."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"task": task, **more}).encode() + b"\n")
        process.stdin.flush()
        for line in process.stdout:
            if line.startswith(b"answer "):
                answer: Plain = json.loads(line[7:])
                return answer
        raise LabError(f"{task}: the measuring process ended")

    def close(self) -> None:
        """End it."""
        stop_process(self._process)


def measure(folder: Path, rounds: int, version: str, log: Log) -> Plain:
    """Return everything that was measured, as plain data."""
    with contextlib.ExitStack() as stack:
        lan = stack.enter_context(Lan())
        office = lan.host("office").office_router()
        laptop = lan.host("laptop")
        server = Garage(lan).get("networkd", "", 1024)
        clinic = Clinic(server, laptop, Ca(), folder)
        # In both networks, so that nobody waits for a lease in the middle of a measurement.
        laptop.add_address("10.77.0.2/24")
        laptop.add_address("10.20.0.99/24")
        laptop.use_name_servers(ADDRESS)
        clinic.decide(host=server.wait_address())
        office.stop()
        wait_ssh(server, laptop)
        program = stack.enter_context(_worker(laptop, folder))
        log("setting the server up")
        found, wanted = _set_up(clinic, program)
        clinic.decide(host=ADDRESS)
        host_key = server.output("cat /etc/ssh/ssh_host_ed25519_key.pub")
        (folder / "known").write_text(f"{ADDRESS} {host_key}\n")
        peer = Pyinfra(folder / "pyinfra", ADDRESS, USER, KEY, folder / "known", wanted)
        open_peer = Worker(laptop, peer.open(), peer.folder)
        stack.callback(open_peer.close)
        kinds = _kinds(folder, program, open_peer, peer)
        seconds: dict[str, list[float]] = {kind: [] for kind in KINDS}
        parts: dict[str, list[Plain]] = {}
        for number in range(rounds + 1):  # the first is not counted: caches, first contact
            log(f"round {number} of {rounds}" if number else "once, uncounted")
            for kind in KINDS:
                _settle(server)
                answer = kinds[kind]()
                program.ask("close")
                if number:
                    seconds[kind].append(answer["seconds"])
                    for part in ("connect", "facts", "plan", "visit"):
                        if part in answer:
                            parts.setdefault(part, []).append(answer[part])
                log(f"  {kind}: {answer['seconds']:.2f} s")
        program.ask("visit")
        found["agent memory after facts"] = _agent_memory(server)
        log("nothing to do, renewal, check")
        parts["apply, nothing to do"] = [_nothing(program) for _ in range(RENEWALS)]
        for _ in range(RENEWALS):  # in turns, so that a busy machine is equally busy for both
            for name, row in _renew(clinic, program).items():
                parts.setdefault(name, []).append(row)
            parts.setdefault(BY_HAND, []).append(_by_hand(clinic, program))
        parts["check"] = [_check(program) for _ in range(RENEWALS)]
        memory = program.ask("memory")["bytes"]
    parts["full apply"] = [found.pop("full apply")]
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "rounds": rounds,
        "pyinfra": version,
        "operations": peer.operations,
        "python": ".".join(str(n) for n in sys.version_info[:3]),
        "seconds": {kind: _spread(values) for kind, values in seconds.items()},
        "ratios": {
            f"{one} / {other}": _spread(
                [a / b for a, b in zip(seconds[one], seconds[other], strict=True)]
            )
            for one, other in RATIOS
        }
        | {
            f"{APPLY} / {BY_HAND}": _spread(
                [
                    one["seconds"] / other["seconds"]
                    for one, other in zip(parts[APPLY], parts[BY_HAND], strict=True)
                ]
            )
        },
        "parts": {name: _part(rows) for name, rows in parts.items()},
        "bytes": {
            "zipapp": len(build.zipapp_bytes()),
            **{name: value for name, value in found.items() if isinstance(value, int)},
            "laptop memory": memory,
        },
    }


@contextlib.contextmanager
def _worker(laptop: Host, folder: Path) -> Iterator[Worker]:
    worker = Worker(laptop, [sys.executable, "-m", "tests.bench.laptop", str(folder)], CHECKOUT)
    try:
        yield worker
    finally:
        worker.close()


def _set_up(clinic: Clinic, program: Worker) -> tuple[Plain, Wanted]:
    """First contact and full apply; what was measured, and what the server then has."""
    first = program.ask("visit", accept=clinic.fingerprint)
    applied = program.ask("apply")
    if applied["state"] != "confirmed":
        raise LabError(f"the server could not be set up: {applied}")
    program.ask("close")
    # The session to the address that is gone: the server does not know yet that nobody is there.
    clinic.server.run(f"pkill -u {USER} -x sshd", check=False)
    size = clinic.server.output(f"stat -c %s {build.path()}")
    found = {
        "full apply": _sum(first["visit"], applied["survey"], applied["apply"]),
        "zipapp on the server": int(size),
    }
    files = {f["path"]: (f["content"], f["mode"]) for f in first["files"]}
    return found, Wanted(files, ("dnsmasq-base",), (names.DNSMASQ_UNIT, "docker.service"))


def _kinds(
    folder: Path, program: Worker, open_peer: Worker, peer: Pyinfra
) -> dict[str, Callable[[], Plain]]:
    ssh = [
        "ssh", "-F", "none", "-i", str(KEY), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
        "-o", "StrictHostKeyChecking=yes", "-o", f"UserKnownHostsFile={folder / 'known'}",
        f"{USER}@{ADDRESS}",
    ]  # fmt: skip
    plan = [
        sys.executable, "-m", "wizard", "plan", "--json", "--site", str(folder / "site.toml"),
        "--data", str(folder / "data"), "--extra-roots", str(folder / "root.pem"),
    ]  # fmt: skip
    return {
        PLAIN: lambda: _ran(program, [*ssh, "python3 -c pass"]),
        SUDO: lambda: _ran(program, [*ssh, "sudo -n python3 -c pass"]),
        VISIT: lambda: _unchanged(program.ask("visit")),
        PLANNED: lambda: _planned(_ran(program, plan, CHECKOUT)),
        OPEN_PEER: lambda: _untouched(open_peer.ask("run")),
        PEER: lambda: _peer(peer, _ran(program, peer.command(), peer.folder)),
    }


def _ran(program: Worker, argv: list[str], cwd: Path | None = None) -> Plain:
    answer = program.ask("run", argv=argv, cwd=str(cwd) if cwd else None)
    if answer["code"]:
        raise LabError(f"{argv[0]} ended with {answer['code']}:\n{answer['out']}{answer['err']}")
    return answer


def _unchanged(answer: Plain) -> Plain:
    if answer["changes"]:
        raise LabError(f"a server that is set up wants changes: {answer['changes']}")
    return answer


def _planned(answer: Plain) -> Plain:
    _unchanged(json.loads(answer["out"]))
    return answer


def _untouched(answer: Plain) -> Plain:
    if answer["changed"]:
        raise LabError(f"pyinfra changed {answer['changed']} things of a server that is set up")
    return answer


def _peer(peer: Pyinfra, answer: Plain) -> Plain:
    return {**answer, **_untouched({"changed": peer.changed(answer["out"] + answer["err"])})}


def _settle(server: Machine) -> None:
    """End what an earlier session left on the server (pyinfra may leave one): all begin alike."""
    server.run(f"pkill -u {USER} -x sshd", check=False)
    server.wait_until(f"! pgrep -u {USER} -x sshd", timeout=120)


def _agent_memory(server: Machine) -> int:
    """The most that the agent of the open visit ever had, in bytes."""
    told = server.output(
        "for p in /proc/[0-9]*; do "
        f"grep -qz '{names.LIBRARY}' $p/cmdline 2>/dev/null && grep -q python $p/comm && "
        "grep VmHWM $p/status; done | sort | tail -1"
    )
    return peak(told + "\n")


def _nothing(program: Worker) -> Plain:
    return _sum(_unchanged(program.ask("visit"))["visit"])


def _renew(clinic: Clinic, program: Worker) -> Plain:
    clinic.bring(clinic.ca.renewed)
    first = program.ask("visit", renew=True)
    applied = program.ask("apply")
    if applied["state"] != "confirmed":
        raise LabError(f"no renewal: {applied}")
    whole = _sum(first["visit"], applied["survey"], applied["apply"])
    return {"renewal": whole, APPLY: applied["apply"]}


# What the CHT's documentation has people do, and a look at what is served then.
HAND = """set -e
ssh="-F none -i {key} -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=yes"
ssh="$ssh -o UserKnownHostsFile={known}"
scp -q $ssh fullchain.pem privkey.pem {user}@{address}:
ssh $ssh {user}@{address} "sudo -n docker cp fullchain.pem {web}:{private}/cert.pem &&
sudo -n docker cp privkey.pem {web}:{private}/key.pem && rm privkey.pem &&
sudo -n docker exec {web} nginx -s reload"
until openssl s_client -connect {address}:443 -servername {domain} </dev/null 2>/dev/null |
openssl x509 -noout -fingerprint -sha256 | tr -d : | grep -qi {leaf}; do sleep 0.1; done
"""


def _by_hand(clinic: Clinic, program: Worker) -> Plain:
    clinic.bring(clinic.ca.good)
    script = HAND.format(
        key=KEY,
        known=clinic.folder / "known",
        user=USER,
        address=ADDRESS,
        web="cht-nginx-1",
        private="/etc/nginx/private",
        domain=clinic.ca.domain,
        leaf=clinic.ca.good.fingerprint,
    )
    answer = _ran(program, ["sh", "-c", script], clinic.folder)
    return {"seconds": answer["seconds"], "round_trips": 0, "logins": 2}


def _check(program: Worker) -> Plain:
    _unchanged(program.ask("visit"))
    answer = program.ask("check")
    if answer["code"]:
        raise LabError("the live check found something broken")
    return _sum(answer["check"])


def _sum(*parts: Plain) -> Plain:
    return {key: sum(part[key] for part in parts) for key in ("seconds", "round_trips", "logins")}


def _part(rows: list[Plain]) -> Plain:
    return {
        "seconds": _spread([row["seconds"] for row in rows]),
        "round_trips": max(row["round_trips"] for row in rows),
        "logins": max(row["logins"] for row in rows),
    }


def _spread(values: list[float]) -> Plain:
    return {
        "median": median(values),
        "min": min(values),
        "max": max(values),
        "all": [round(value, 4) for value in values],
    }
