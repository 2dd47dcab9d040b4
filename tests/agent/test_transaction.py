"""Apply, confirm and the ways back, on a pretended server with real files."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.agent import sandbox
from tests.agent.sandbox import FAST, apply, everything, file, order, service, standing, tree
from tests.plan.pair import bundle
from wizard.agent import names, restore, transaction, wire
from wizard.agent.apply import Apply
from wizard.agent.changes import Timings
from wizard.agent.transaction import Refused, Transaction, confirm, more_time, pending
from wizard.practice.host import PracticeHost

NEW = "192.168.50.9 40000 10.20.0.1 22"
OLD = "192.168.50.9 40000 192.168.50.23 22"
LATE = float("inf")


@pytest.fixture
def host(tmp_path: Path) -> PracticeHost:
    return sandbox.make(tmp_path)


@pytest.fixture
def untouched(host: PracticeHost) -> Iterator[None]:
    """The scenario has to leave the server exactly as it was."""
    before = tree(host), standing(host)
    yield
    assert pending(host) is None
    assert tree(host) == before[0]
    assert standing(host) == before[1]
    again = tree(host)
    restore.recover(host, "files", FAST)
    restore.recover(host, "containers", FAST)
    assert tree(host) == again


def test_confirmed_stays_and_is_owned(host: PracticeHost) -> None:
    assert apply(host)["state"] == "applied"
    assert len(standing(host)["timers"]) == 1
    result = confirm(host, sandbox.nonce(host), NEW, LATE, FAST)
    assert result["state"] == "confirmed"
    assert wire.decode(wire.Outcome, result) == wire.decode(wire.Outcome, transaction.last(host))
    assert standing(host)["timers"] == []
    assert not host.exists("/etc/systemd/system/" + names.RECOVER_UNIT)
    before = tree(host)
    host.reboot()
    assert tree(host) == before
    owned = json.loads(host.read(names.STATE + "/owned.json") or "")
    assert owned[names.DNSMASQ_CONF] == {"written": sandbox.sha("port=53\n"), "secret": False}
    assert "/etc/network/interfaces.d/eth0" not in owned
    made = json.loads(host.read(names.STATE + "/made.json") or "")
    assert made["packages"] == ["dnsmasq-base", "libdnsmasq-base"]
    assert [rule["ports"] for rule in made["ports"]] == [["53/udp"], ["53/tcp"]]
    assert os.stat(host.path(names.STATE)).st_mode & 0o777 == 0o700


def test_no_secret_outlives_the_transaction(host: PracticeHost) -> None:
    apply(host)
    assert sandbox.SECRET.encode() in sandbox.state_text(host)  # or the search proves nothing
    events = host.read(names.STATE + "/transaction/events.jsonl") or ""
    journal = host.read(names.STATE + "/transaction/journal.jsonl") or ""
    nonce = sandbox.nonce(host)
    confirm(host, nonce, NEW, LATE, FAST)
    kept = sandbox.state_text(host)
    for secret in (sandbox.SECRET, "TheOldSecretBytes"):
        assert secret.encode() not in kept
        assert secret not in events + journal + " ".join(host.memory()["carried"])
    pairs = host.list(names.STATE + "/certificates")
    assert len(pairs) == 1
    key = Path(host.path(f"{names.STATE}/certificates/{pairs[0]}/key.pem"))
    assert key.read_text(encoding="ascii") == sandbox.KEY
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.parent.stat().st_mode & 0o777 == 0o700


def test_history_and_certificates_do_not_grow(host: PracticeHost) -> None:
    for number in range(12):
        chain = bundle(number + 1).chain_pem()
        change = dict(sandbox.CERTIFICATE, chain=chain)
        done = apply(host, order([change], id=f"order-{number}", confirm=False, address=""))
        assert done["state"] == "confirmed"
    assert len(host.list(names.STATE + "/history")) == 10
    assert len(host.list(names.STATE + "/certificates")) == 3


def test_without_confirmation_no_timer_but_the_same_guards(host: PracticeHost) -> None:
    carried: list[str] = []
    result = apply(host, order([file("/etc/motd", "hello\n")], confirm=False, address=""))
    carried = host.memory()["carried"]
    assert result["state"] == "confirmed"
    assert not any(line.startswith("systemd-run") for line in carried)
    assert f"systemctl enable {names.RECOVER_UNIT}" in carried


# ------------------------------------------------------------------- the ways back


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("reason", ["user", "timeout", "restart"])
def test_applied_and_taken_back(host: PracticeHost, reason: str) -> None:
    apply(host)
    if reason == "user":
        restore.roll_back(host, "user", FAST)
    elif reason == "timeout":
        _expire(host)
        assert host.fire_timers() == 1
    else:
        host.reboot()
    last = transaction.last(host)
    assert last is not None
    assert (last["state"], last["failed"]) == ("rolled-back", reason)
    assert len(last["undone"]) == len(everything())
    assert last["left"] == []


def _expire(host: PracticeHost) -> None:
    """Let the time of the armed timer be over."""
    place = Path(host.path(names.STATE + "/transaction/timer.json"))
    timer = json.loads(place.read_text(encoding="ascii"))
    place.write_text(json.dumps(dict(timer, deadline=time.monotonic() - 1)), encoding="ascii")


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("broken", "code", "index"),
    [
        ("cht-offline-dns.service", "service-failed", 11),
        ("ufw allow", "firewall-failed", 12),
    ],
)
def test_a_failing_step_takes_everything_back(
    host: PracticeHost, broken: str, code: str, index: int
) -> None:
    with host.remember() as memory:
        memory["broken"] = [broken]
    result = apply(host)
    assert (result["state"], result["failed"], result["index"]) == ("rolled-back", code, index)
    assert len(result["undone"]) == index + 1
    assert result["left"] == []
    assert all("\n" not in line for line in result["undone"])


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("index", range(len(everything())))
def test_failure_at_each_step(host: PracticeHost, index: int, monkeypatch: Any) -> None:
    """Whatever kind it is: the act is done in full, and then said to have failed."""
    from wizard.agent import changes

    kind = everything()[index]["kind"]
    real = changes.module(kind).do

    def do(step: Any, change: Any, before: Any) -> Any:
        after = real(step, change, before)
        if step.index == index:
            raise RuntimeError("a defect with a secret in it")
        return after

    monkeypatch.setattr(changes.module(kind), "do", do)
    result = apply(host)
    assert (result["state"], result["failed"], result["index"]) == (
        "rolled-back",
        "internal",
        index,
    )
    assert "secret" not in result["detail"]
    assert result["detail"].startswith("RuntimeError at ")


@pytest.mark.usefixtures("untouched")
def test_an_address_that_does_not_come_is_taken_back(host: PracticeHost) -> None:
    with host.remember() as memory:
        memory["broken"] = ["networkctl"]
    host.manager = "networkd"
    change = dict(sandbox.NETWORK, manager="networkd")
    result = apply(host, order([file(names.NETWORKD_FILE, "x"), sandbox.ADDRESS, change]))
    assert result["failed"] == "network-failed"


def test_what_cannot_be_put_back_is_said_and_the_rest_is(host: PracticeHost) -> None:
    before = tree(host)
    apply(host)
    with host.remember() as memory:
        memory["broken"] = ["ufw"]
    result = restore.roll_back(host, "user", FAST)
    assert result is not None
    assert result["left"] == ["ports 53/udp 53/tcp: firewall-failed"]
    after = tree(host)
    assert {p for p in before | after if before.get(p) != after.get(p)} == {"/etc/ufw/user.rules"}
    # For whoever has to mend it by hand, the before-images stay, for root alone.
    assert host.exists(f"{names.STATE}/history/order-1/before")


# ---------------------------------------------------------------------- stopping


class Running:
    """An apply in a thread, which waits at its first `prove` for what the test has to say."""

    def __init__(self, host: PracticeHost, wanted: dict[str, Any], timings: Timings = FAST) -> None:
        self.host = host
        self.transaction = Transaction(host, timings)
        self.transaction.create(wanted)
        self.result: Any = None
        self.thread = threading.Thread(target=self._run, args=[timings])
        self.thread.start()
        self.until('"prove"')

    def _run(self, timings: Timings) -> None:
        self.result = Apply(self.host, timings).run()

    def until(self, text: str) -> None:
        deadline = time.monotonic() + 20
        while text not in (self.host.read(names.STATE + "/transaction/events.jsonl") or ""):
            assert time.monotonic() < deadline, text
            assert self.thread.is_alive()
            time.sleep(0.01)

    def end(self) -> Any:
        self.thread.join(30)
        assert not self.thread.is_alive()
        return self.result


@pytest.mark.usefixtures("untouched")
def test_stop_ends_after_the_step_and_takes_back(host: PracticeHost) -> None:
    running = Running(host, order(prove=True))
    running.transaction.ask("stop")
    result = running.end()
    assert (result["state"], result["failed"]) == ("stopped", "")
    assert result["undone"][0] == "address 10.20.0.1/24 on eth0"
    assert not any(line.startswith("network") for line in result["undone"])


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(("word", "code"), [("unreachable", "unreachable"), ("", "no-answer")])
def test_the_old_address_stays_unless_the_new_one_is_proved(
    host: PracticeHost, word: str, code: str
) -> None:
    timings = Timings(settle=0, prove=5.0 if word else 0.3, old_address=0.3, poll=0.01)
    running = Running(host, order(prove=True), timings)
    here = {a["local"] for a in standing(host)["addresses"]["eth0"]}
    assert here == {"192.168.50.23", "10.20.0.1"}  # make before break
    if word:
        running.transaction.ask(word)
    result = running.end()
    assert (result["state"], result["failed"]) == ("rolled-back", code)


def test_proved_goes_on(host: PracticeHost) -> None:
    running = Running(host, order(prove=True))
    running.transaction.ask("proved")
    assert running.end()["state"] == "applied"
    assert [a["local"] for a in standing(host)["addresses"]["eth0"]] == ["10.20.0.1"]


@pytest.mark.usefixtures("untouched")
def test_the_timer_fires_while_apply_still_runs(host: PracticeHost) -> None:
    """The running apply is told, ends its step and restores by itself; nothing is done twice."""
    running = Running(host, order(prove=True))
    _expire(host)
    assert host.fire_timers() == 1
    assert running.end()["failed"] == "timeout"
    assert host.memory()["carried"].count("ifup --force eth0") == 0


@pytest.mark.usefixtures("untouched")
def test_a_rollback_asked_for_during_apply(host: PracticeHost) -> None:
    running = Running(host, order(prove=True))
    assert restore.roll_back(host, "user", FAST) is None  # the apply has done it
    assert running.end()["state"] == "stopped"


def test_a_second_wizard_is_told_who_is_there(host: PracticeHost) -> None:
    running = Running(host, order(prove=True))
    with pytest.raises(Refused) as refused:
        Transaction(host).create(order(id="other", who="doctor on tablet"))
    assert refused.value.code == "busy"
    assert refused.value.arguments["who"] == "nurse on laptop"
    assert refused.value.arguments["state"] == "armed"
    assert 0 < refused.value.arguments["seconds_left"] <= 180
    found = pending(host)
    assert found is not None
    assert found["alive"]
    assert wire.decode(wire.Pending, found).since == pytest.approx(host.now(), abs=60)
    running.transaction.ask("stop")
    running.end()
    Transaction(host).create(order(id="other"))


# -------------------------------------------------------------------- confirming


@pytest.mark.parametrize(
    ("nonce", "connection", "started", "code"),
    [
        ("wrong", NEW, LATE, "wrong-nonce"),
        ("", NEW, LATE, "wrong-nonce"),
        (None, OLD, LATE, "wrong-connection"),
        (None, "", LATE, "wrong-connection"),
        (None, "a b c d", LATE, "wrong-connection"),
        (None, NEW, 0.0, "wrong-connection"),  # a process from before the change
    ],
)
def test_confirm_wants_proof(
    host: PracticeHost, nonce: str | None, connection: str, started: float, code: str
) -> None:
    apply(host)
    given = sandbox.nonce(host) if nonce is None else nonce
    with pytest.raises(Refused) as refused:
        confirm(host, given, connection, started, FAST)
    assert refused.value.code == code
    found = pending(host)
    assert found is not None
    assert found["state"] == "applied"
    assert len(standing(host)["timers"]) == 1  # still guarded


@pytest.mark.parametrize(
    ("address", "address6", "server"),
    [
        ("10.20.0.1", "", "::ffff:10.20.0.1"),
        ("10.20.0.1", "fd00:20::1", "fd00:20:0::1"),
        ("", "", "192.168.50.23"),
        ("", "fe80::1", "fe80::1%eth0"),
    ],
)
def test_confirm_over_any_spelling_of_the_address(
    host: PracticeHost, address: str, address6: str, server: str
) -> None:
    apply(host, order([file("/etc/motd", "x")], address=address, address6=address6))
    result = confirm(host, sandbox.nonce(host), f"192.168.50.9 4 {server} 22", LATE, FAST)
    assert result["state"] == "confirmed"


def test_confirm_with_nothing_to_confirm(host: PracticeHost) -> None:
    with pytest.raises(Refused, match="nothing-pending"):
        confirm(host, "x", NEW, LATE, FAST)
    with pytest.raises(Refused, match="nothing-pending"):
        more_time(host, 60, FAST)


def test_more_time_never_leaves_a_gap(host: PracticeHost) -> None:
    apply(host)
    with host.remember() as memory:
        memory["carried"] = []
    assert more_time(host, 600, FAST)["seconds_left"] == pytest.approx(600, abs=5)
    carried = host.memory()["carried"]
    armed = next(i for i, line in enumerate(carried) if line.startswith("systemd-run"))
    stopped = next(i for i, line in enumerate(carried) if line.startswith("systemctl stop"))
    assert armed < stopped
    assert len(standing(host)["timers"]) == 1
    # The old timer firing in that very moment does not roll back.
    assert restore.roll_back(host, "timeout", FAST) is None
    assert pending(host) is not None


def test_more_time_that_cannot_be_armed_leaves_the_old_timer(host: PracticeHost) -> None:
    apply(host)
    with host.remember() as memory:
        memory["broken"] = ["systemd-run"]
    before = standing(host)["timers"]
    with pytest.raises(Refused, match="timer-failed"):
        more_time(host, 600, FAST)
    assert standing(host)["timers"] == before


@pytest.mark.parametrize("seconds", [0, 9, 3601, True, "60", None])
def test_more_time_within_reason(host: PracticeHost, seconds: Any) -> None:
    apply(host)
    with pytest.raises(Refused, match="bad-request"):
        more_time(host, seconds, FAST)


# --------------------------------------------------------------------- refusing

REFUSED = [
    ([file("/etc/hosts", "x", "what the facts saw")], "changed-by-hand"),
    ([file("/etc/new", "x", "what the facts saw")], "changed-by-hand"),
    ([file("/etc/hosts", "x")], "changed-by-hand"),
    ([file("/etc/a/../hosts", "x")], "bad-path"),
    ([file("etc/hosts", "x")], "bad-path"),
    ([file("/etc/ssl", "x")], "not-a-file"),
    ([file("/tmp/open/x", "x")], "unsafe-folder"),
    ([file("/etc/x", "x", owner="nobody-here:root")], "unknown-owner"),
    ([service("--now")], "bad-order"),
    ([dict(sandbox.ADDRESS, interface="eth9")], "no-interface"),
    ([dict(sandbox.ADDRESS, address="10.20.0.256/24")], "bad-order"),
    ([dict(sandbox.ADDRESS, address="10.20.0.1")], "bad-order"),
    ([dict(sandbox.NETWORK, manager="connman")], "bad-order"),
    ([dict(sandbox.PORTS, firewall="iptables")], "bad-order"),
    ([dict(sandbox.PORTS, ports=["0/tcp"])], "bad-order"),
    ([dict(sandbox.PACKAGES, names=["-o", "x"])], "bad-order"),
    ([dict(sandbox.CERTIFICATE, chain="")], "bad-order"),
    ([dict(sandbox.CERTIFICATE, key=sandbox.OLD_KEY)], "certificate-unfit"),
    ([dict(sandbox.CERTIFICATE, key="", source="request")], "no-request"),
    ([dict(sandbox.CERTIFICATE, key="", source="kept:../../etc")], "no-kept-pair"),
    ([dict(sandbox.CERTIFICATE, target="container", container="x")], "no-container"),
]


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(("changes", "code"), REFUSED)
def test_a_refusal_changes_nothing(
    host: PracticeHost, changes: list[dict[str, Any]], code: str
) -> None:
    folder = Path(host.path("/tmp/open"))
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    inodes = {path: os.lstat(host.path(path)).st_ino for path in tree(host)}
    result = apply(host, order([file("/etc/first", "x"), *changes]))
    assert (result["state"], result["failed"], result["index"]) == ("nothing", code, 1)
    assert result["undone"] == []
    assert inodes == {path: os.lstat(host.path(path)).st_ino for path in tree(host)}
    assert not any(line.startswith("systemd-run") for line in host.memory()["carried"])
    folder.rmdir()
    folder.parent.rmdir()


@pytest.mark.skipif(not os.path.exists("/usr/sbin/dnsmasq"), reason="needs dnsmasq-base")
@pytest.mark.usefixtures("untouched")
def test_a_configuration_that_dnsmasq_refuses_changes_nothing(host: PracticeHost) -> None:
    with host.remember() as memory:
        memory["packages"].append("dnsmasq-base")
    wanted = file(names.DNSMASQ_CONF, "port=53\nno-such-option\n", check="dnsmasq")
    result = apply(host, order([wanted]))
    assert (result["state"], result["failed"]) == ("nothing", "check-failed")
    assert names.DNSMASQ_CONF in result["detail"]
    assert host.root not in result["detail"]
    with host.remember() as memory:
        memory["packages"].remove("dnsmasq-base")


def test_a_leftover_of_a_dead_run_is_seen_and_taken_back(host: PracticeHost) -> None:
    before = tree(host)
    Transaction(host).create(order())
    found = pending(host)
    assert found is not None
    assert (found["state"], found["alive"]) == ("prepared", False)
    assert restore.leftover(host)
    assert restore.roll_back(host, "leftover", FAST) is not None
    assert pending(host) is None
    assert tree(host) == before


def test_died_does_not_touch_what_waits_for_confirmation(host: PracticeHost) -> None:
    """systemd runs `rollback --reason died` after every apply, the successful ones too."""
    apply(host)
    assert restore.roll_back(host, "died", FAST) is None
    assert len(standing(host)["timers"]) == 1
    assert confirm(host, sandbox.nonce(host), NEW, LATE, FAST)["state"] == "confirmed"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounts as root")
def test_a_disk_that_fills_up_during_apply(tmp_path: Path) -> None:
    """On a real small file system: the apply fails, and the way back still works."""
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)], check=True)
    try:
        host = sandbox.make(place, memory=tmp_path / "memory.json")
        with pytest.raises(Refused) as refused:
            transaction.preflight(host)
        assert refused.value.code == "disk-full"
        before = tree(host)
        huge = [file("/etc/huge", "x" * 7_500_000)]
        with pytest.raises(Refused, match="disk-full"):
            Transaction(host).create(order(huge))
        assert pending(host) is None
        big = [file(f"/etc/big-{n}", "x" * 700_000) for n in range(6)]
        change = file("/etc/hosts", "new\n", "127.0.0.1 localhost\n")
        result = apply(host, order([change, *big]))
        assert (result["state"], result["failed"]) == ("rolled-back", "disk-full")
        assert result["left"] == []
        assert tree(host) == before
        assert pending(host) is None
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        with pytest.raises(Refused) as refused:
            transaction.preflight(host)
        assert refused.value.code == "read-only"
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_no_systemd_is_refused(host: PracticeHost) -> None:
    os.rmdir(host.path("/run/systemd/system"))
    with pytest.raises(Refused, match="no-systemd"):
        transaction.preflight(host)
