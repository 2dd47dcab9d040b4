"""One visit over pipes: the protocol, and a whole apply with a process that is really detached."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.agent import sandbox
from tests.agent.sandbox import FAST, file, order, standing, tree
from wizard.agent import names, wire
from wizard.agent.serve import Serve
from wizard.agent.transaction import Transaction, pending
from wizard.practice.host import PracticeHost

NEW = "192.168.50.9 40000 10.20.0.1 22"
ROOT = Path(__file__).parents[2]


class Visit:
    """A laptop's end of a real pair of pipes."""

    def __init__(self, host: PracticeHost, connection: str = NEW) -> None:
        there, self._out = os.pipe()
        self._in, back = os.pipe()
        self.input = os.fdopen(self._out, "wb", buffering=0)
        self.output = os.fdopen(self._in, "rb")
        self.there = os.fdopen(there, "rb")
        self.number = 0

        def serve() -> None:
            with os.fdopen(back, "wb") as outgoing:
                Serve(host, connection, self.there, outgoing, FAST).run()

        self.thread = threading.Thread(target=serve)
        self.thread.start()
        self.hello = self.read()["hello"]

    def send(self, value: Any) -> None:
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.input.write(data + b"\n")

    def read(self) -> Any:
        return json.loads(self.output.readline())

    def ask(self, verb: str, **arguments: Any) -> int:
        self.number += 1
        self.send({"id": self.number, "verb": verb, "arguments": arguments})
        return self.number

    def answer(self, events: list[Any] | None = None, **answers: str) -> Any:
        """Return the answer; `answers` are words to say when an event of that kind comes."""
        while True:
            line = self.read()
            assert line["id"] == self.number
            if "event" not in line:
                return line
            wire.decode(wire.Event, line["event"])
            if events is not None:
                events.append(line["event"])
            word = answers.get(line["event"]["kind"])
            if word:
                self.send({"id": self.number, "control": word})

    def call(self, verb: str, **arguments: Any) -> Any:
        self.ask(verb, **arguments)
        line = self.answer()
        assert "result" in line, line
        return line["result"]

    def refusal(self, verb: str, **arguments: Any) -> Any:
        self.ask(verb, **arguments)
        return self.answer()["error"]

    def close(self) -> None:
        self.input.close()
        self.thread.join(20)
        assert not self.thread.is_alive()
        self.output.close()
        self.there.close()


@pytest.fixture
def host(tmp_path: Path) -> PracticeHost:
    return sandbox.make(tmp_path)


@pytest.fixture
def visit(host: PracticeHost) -> Iterator[Visit]:
    visit = Visit(host)
    yield visit
    visit.close()
    host.join()


def test_hello_and_bye(host: PracticeHost) -> None:
    visit = Visit(host)
    assert visit.hello["python"].count(".") == 2
    assert visit.call("bye") == {}
    visit.thread.join(10)
    assert not visit.thread.is_alive()
    visit.close()


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"", "bad-request"),
        (b"not json", "bad-request"),
        (b"\xff\xfe", "bad-request"),
        (b"[" * 100_000, "bad-request"),
        (b"[1, 2]", "bad-request"),
        (b'{"id": 1}', "bad-request"),
        (b'{"id": 1, "verb": 5}', "bad-request"),
        (b'{"id": 1, "verb": "reboot"}', "unknown-verb"),
        (b'{"id": 1, "verb": "__init__"}', "unknown-verb"),
        (b'{"id": 1, "verb": "status", "arguments": [1]}', "bad-request"),
        (b'{"id": 1, "verb": "apply"}', "bad-order"),
        (b'{"id": 1, "verb": "apply", "arguments": {"order": 5}}', "bad-order"),
        (b'{"id": 1, "verb": "find-dhcp"}', "internal"),
        (b'{"id": 1, "verb": "confirm"}', "nothing-pending"),
        (b'{"id": 1, "verb": "rollback"}', "nothing-pending"),
        (b'{"id": 1, "verb": "attach"}', "nothing-pending"),
        (b'{"id": 1, "verb": "attach", "arguments": {"after": "x"}}', "bad-request"),
        (b'{"id": 1, "verb": "more-time"}', "bad-request"),
    ],
)
def test_nonsense_is_answered_and_the_visit_goes_on(visit: Visit, line: bytes, code: str) -> None:
    visit.send(line)
    assert visit.read()["error"]["code"] == code
    assert visit.call("status")["pending"] is None


def test_a_line_without_end_is_refused_without_filling_the_memory(visit: Visit) -> None:
    for _ in range(20):
        visit.input.write(b"x" * (1 << 20))
    visit.send(b"")
    assert visit.read()["error"]["code"] == "bad-request"
    assert visit.call("status")["pending"] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "../../etc"),
        ("id", ""),
        ("id", ".hidden"),
        ("seconds", 5),
        ("seconds", True),
        ("seconds", 1e9),
        ("confirm", 1),
        ("changes", {}),
        ("changes", [{"kind": "shell", "command": "reboot"}]),
        ("changes", [{"kind": "file", "path": "/etc/x"}]),
        ("changes", [dict(sandbox.PORTS, ports="53/udp")]),
        ("address", None),
    ],
)
def test_an_order_that_does_not_fit(visit: Visit, field: str, value: Any) -> None:
    refusal = visit.refusal("apply", order={**order(), field: value})
    assert refusal["code"] == "bad-order"
    assert field in refusal["detail"]


def test_apply_prove_confirm(host: PracticeHost, visit: Visit) -> None:
    events: list[Any] = []
    visit.ask("apply", order=order(prove=True))
    result = visit.answer(events, prove="proved")["result"]
    outcome = wire.decode(wire.Outcome, result)
    assert outcome.state == "applied"
    steps = [(e["index"], e["state"]) for e in events if e["kind"] == "step"]
    assert steps == [(index, state) for index in range(14) for state in ("begun", "done")]
    kinds = [e["kind"] for e in events]
    assert kinds.index("armed") < kinds.index("step") < kinds.index("prove")
    found = wire.decode(wire.Pending, visit.call("status")["pending"])
    # This visit began before the change: it may not confirm, a new one may.
    assert visit.refusal("confirm", nonce=found.nonce)["code"] == "wrong-connection"
    later = Visit(host)
    assert later.refusal("apply", order=order(id="other"))["code"] == "busy"
    assert later.call("more-time", seconds=300)["seconds_left"] > 200
    assert later.call("confirm", nonce=found.nonce)["state"] == "confirmed"
    later.close()
    status = visit.call("status")
    assert status["pending"] is None
    assert status["last"]["state"] == "confirmed"
    replayed: list[Any] = []
    visit.ask("attach", after=3)
    assert visit.answer(replayed)["result"]["state"] == "confirmed"
    assert replayed[: len(events) - 4] == events[4:]


def test_stop_in_the_middle(host: PracticeHost, visit: Visit) -> None:
    before = tree(host), standing(host)
    events: list[Any] = []
    visit.ask("apply", order=order(prove=True))
    result = visit.answer(events, prove="stop")["result"]
    assert result["state"] == "stopped"
    assert [e["state"] for e in events if e["kind"] == "step"].count("undone") == 9
    assert (tree(host), standing(host)) == before


def test_a_control_word_of_another_request_is_not_heard(host: PracticeHost, visit: Visit) -> None:
    visit.ask("apply", order=order(prove=True))
    while True:
        line = visit.read()
        if "event" in line and line["event"]["kind"] == "prove":
            break
    visit.send({"id": 99, "control": "proved"})
    assert visit.read() == {
        "id": 99,
        "error": {"code": "bad-request", "arguments": {}, "detail": "control"},
    }
    visit.send({"id": visit.number, "control": "format-disk"})
    assert visit.read()["error"]["code"] == "bad-request"
    visit.send({"id": visit.number, "control": "stop"})
    assert visit.answer()["result"]["state"] == "stopped"


def test_other_requests_wait_while_an_apply_runs(visit: Visit) -> None:
    visit.ask("apply", order=order([file("/etc/motd", "x")], confirm=False, address=""))
    visit.send({"id": 77, "verb": "status"})
    assert visit.answer()["result"]["state"] == "confirmed"
    assert visit.read()["id"] == 77


def test_a_lost_laptop_does_not_stop_the_apply(host: PracticeHost) -> None:
    visit = Visit(host)
    visit.ask("apply", order=order())
    visit.read()
    visit.close()  # the cable is pulled
    host.join()
    found = pending(host)
    assert found is not None
    assert found["state"] == "applied"
    later = Visit(host)
    events: list[Any] = []
    later.ask("attach", after=-1)
    assert later.answer(events)["result"]["state"] == "applied"
    assert events[0]["state"] == "prepared"
    later.ask("rollback")
    undone: list[Any] = []
    assert later.answer(undone)["result"]["state"] == "rolled-back"
    assert undone[0]["state"] == "rolling-back"  # nothing of what was told before
    later.close()
    host.join()


def test_two_wizards_at_once(host: PracticeHost) -> None:
    """Of ten that begin in the same moment one is served; nine are told by whom they are beaten."""
    visits = [Visit(host) for _ in range(10)]
    for number, visit in enumerate(visits):
        visit.ask("apply", order=order([file("/etc/motd", "x")], id=f"o{number}", who=f"w{number}"))
    answers = [visit.answer() for visit in visits]
    results = [a["result"] for a in answers if "result" in a]
    errors = [a["error"] for a in answers if "error" in a]
    assert [r["state"] for r in results] == ["applied"]
    assert len(errors) == 9
    assert {e["code"] for e in errors} == {"busy"}
    winner = "w" + results[0]["id"][1:]
    assert {e["arguments"]["who"] for e in errors} <= {winner, ""}
    for visit in visits:
        visit.close()
    host.join()


def test_what_a_dead_run_left_is_cleaned_before_the_next(host: PracticeHost, visit: Visit) -> None:
    Transaction(host).create(order(id="dead"))
    assert visit.call("status")["pending"]["alive"] is False
    visit.ask("apply", order=order([file("/etc/motd", "x")], id="next", confirm=False, address=""))
    assert visit.answer()["result"]["state"] == "confirmed"
    assert "dead" in host.list(names.STATE + "/history")


def test_leftovers_on_request(host: PracticeHost, visit: Visit) -> None:
    assert visit.call("recover-leftovers")["state"] == "nothing"
    Transaction(host).create(order(id="dead"))
    assert visit.call("recover-leftovers")["id"] == "dead"
    assert visit.call("status")["pending"] is None


def test_no_start_no_transaction(host: PracticeHost, visit: Visit) -> None:
    before = tree(host)
    with host.remember() as memory:
        memory["broken"] = ["systemd-run"]
    assert visit.refusal("apply", order=order())["code"] == "start-failed"
    assert visit.call("status")["pending"] is None
    assert tree(host) == before


def test_uninstall(host: PracticeHost, visit: Visit) -> None:
    before = tree(host), standing(host)
    visit.ask("apply", order=order())
    visit.answer()
    assert visit.refusal("uninstall")["code"] == "busy"
    later = Visit(host)
    later.call("confirm", nonce=sandbox.nonce(host))
    result = later.call("uninstall", packages=True)
    later.close()
    assert result["left"] == []
    assert names.INTERFACES_FILE in result["kept"]
    assert "certificate of the web server" in result["kept"]
    assert "package dnsmasq-base" in result["removed"]
    for path in (names.STATE, names.SETTINGS, names.DNSMASQ_UNIT_FILE, names.LIBRARY):
        assert not host.exists(path), path
    assert "allow in on eth0" not in (host.read("/etc/ufw/user.rules") or "")
    assert standing(host)["packages"] == before[1]["packages"]
    assert names.DNSMASQ_UNIT not in standing(host)["active"]
    assert host.read(names.INTERFACES_FILE)


@pytest.mark.parametrize(
    ("server", "taken", "refused"),
    [
        ("10.20.0.1", "-4 address del 10.20.0.1/24 dev wlan0", True),
        ("fd00:20::1", "-6 address del fd00:20::1/64 dev wlan0", True),
        ("fe80::1%wlan0", "-4 address del 10.20.0.1/24 dev wlan0", True),
        ("192.168.1.50", "-4 address del 10.20.0.1/24 dev wlan0", False),
        ("10.20.0.1", "-4 address del 10.20.0.10/24 dev wlan0", False),
    ],
)
def test_uninstall_does_not_switch_off_the_wifi_that_it_is_asked_over(
    host: PracticeHost, server: str, taken: str, refused: bool
) -> None:
    text = sandbox.UNIT.replace("[Service]\n", f"[Service]\nExecStopPost=-/sbin/ip {taken}\n")
    sandbox.put(host, names.HOSTAPD_UNIT_FILE, text, 0o644)
    before = tree(host)
    visit = Visit(host, f"10.20.0.99 40000 {server} 22")
    if refused:
        assert visit.refusal("uninstall")["code"] == "uninstall-over-wifi"
        assert tree(host) == before
    else:
        assert names.HOSTAPD_UNIT_FILE in visit.call("uninstall")["removed"]
    visit.close()


def test_uninstall_leaves_what_is_not_only_ours(host: PracticeHost, visit: Visit) -> None:
    """Other interfaces are defined there as well: without it the next start has no network."""
    path = "/etc/network/interfaces.d/office"
    change = file(path, "auto lo\niface lo inet loopback\n")
    visit.ask("apply", order=order([change], confirm=False, address=""))
    assert visit.answer()["result"]["state"] == "confirmed"
    result = visit.call("uninstall")
    assert path in result["kept"]
    assert host.read(path) == "auto lo\niface lo inet loopback\n"


def test_facts_and_health_fit_their_types(visit: Visit) -> None:
    facts = wire.decode(wire.Facts, visit.call("facts", domain="cht.example.org"))
    assert facts.pending is None
    health = wire.decode(wire.Health, visit.call("health"))
    assert health.pending is None


def test_the_command_line_over_real_pipes(tmp_path: Path) -> None:
    """The process itself, as SSH starts it, ending with its input."""
    done = subprocess.run(
        [sys.executable, "-m", "wizard.agent", "serve", "--connection", NEW],
        cwd=ROOT,
        input=b'{"id": 1, "verb": "status"}\n{"id": 2, "verb": "no"}\n',
        capture_output=True,
        timeout=30,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert "hello" in lines[0]
    assert lines[1]["id"] == 1
    assert lines[2]["error"]["code"] == "unknown-verb"
    assert done.returncode == 0
    assert done.stderr == b""


def test_bye_ends_the_process_while_its_input_is_open() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "wizard.agent", "serve", "--connection", NEW],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b'{"id": 1, "verb": "bye"}\n')
        process.stdin.flush()
        assert process.wait(20) == 0
        assert process.stdout.read().count(b"\n") == 2
        assert process.stderr is not None
        assert process.stderr.read() == b""


@pytest.mark.parametrize("words", [[], ["dance"], ["recover"], ["recover", "--stage", "x"]])
def test_a_wrong_command_line_says_how(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "wizard.agent", *words], cwd=ROOT, capture_output=True, timeout=30
    )
    assert done.returncode == 2
    assert b"agent serve" in done.stderr


def test_streams_that_break_end_the_visit(host: PracticeHost) -> None:
    class Broken(io.BytesIO):
        def write(self, _: Any) -> int:
            raise BrokenPipeError

    begun = time.monotonic()
    Serve(host, NEW, io.BytesIO(b""), Broken()).run()
    assert time.monotonic() - begun < 5
