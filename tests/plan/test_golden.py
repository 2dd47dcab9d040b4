"""Every case: the plan that a person has read, a second run with nothing to do, and the rules."""

from __future__ import annotations

import difflib
import json

import pytest

from tests.plan import golden
from wizard.agent import wire
from wizard.plan import PlanError
from wizard.plan.draft import sha256
from wizard.plan.words import WORDS

CASES = golden.names()
# The failures seen elsewhere that concern planning; a case names the ones it stands for.
ROWS = {1, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 21, 26, 31}


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> golden.Case:
    return golden.load(request.param)


def test_the_plan_is_the_one_that_was_read(case: golden.Case) -> None:
    kept = case.golden.read_text("utf-8") if case.golden.exists() else ""
    new = golden.render(case)
    lines = difflib.unified_diff(kept.splitlines(), new.splitlines(), "kept", "new", lineterm="")
    assert new == kept, "\n".join([*lines, "python -m tests.plan.golden --write, and read it"])


def test_a_second_run_has_nothing_to_do(case: golden.Case) -> None:
    again = case.again()
    assert again.empty, [again.sentence(c) for c in again.changes]
    if not case.plan().forbidden:
        assert again.no_op.startswith("The server already")


def test_planning_is_pure(case: golden.Case) -> None:
    assert case.plan() == case.plan()


def test_a_file_is_only_replaced_if_it_is_what_the_facts_say(case: golden.Case) -> None:
    for change in case.plan().changes:
        if isinstance(change, wire.WriteFile):
            file, owned = case.facts.file(change.path), case.facts.owns(change.path)
            there = owned.present if owned else file.sha256 if file else ""
            assert change.before == there
            assert change.content is not None or there


def test_the_order_is_safe(case: golden.Case) -> None:
    stages = [_stage(change) for change in case.plan().changes]
    if stages[:1] == [7.5]:  # the clock before packages, or all alone
        stages[0] = 0
    assert stages == sorted(stages)


def _stage(change: wire.Change) -> float:
    """1 packages ... 9 DNS and DHCP, as `wizard.plan.planning.plan` explains them."""
    match change:
        case wire.SetClock():
            return 7.5
        case wire.InstallPackages():
            return 1
        case wire.InstallCertificate():
            return 2
        case wire.SetService(active="stopped"):
            return 3
        case wire.WriteFile(topic="dns_dhcp" | "access_point" | "clock"):
            return 3
        case wire.OpenPorts():
            return 4
        case wire.WriteFile(topic="static_ip"):
            return 5
        case wire.AddAddress():
            return 6
        case wire.ReloadNetwork():
            return 7
        case wire.SetRadio() | wire.SetService(topic="access_point"):
            return 8
        case wire.SetService():
            return 9
    raise AssertionError(change)


def test_no_secret_leaves_the_plan(case: golden.Case) -> None:
    plan = case.plan()
    assert "PRIVATE KEY" not in json.dumps(plan.plain())
    assert "PRIVATE KEY" not in repr(plan)
    assert "PRIVATE KEY" not in "".join(plan.diff(i) for i in range(len(plan.changes)))
    if case.passphrase:
        digest = sha256(f"wpa_passphrase={case.passphrase}\n")
        for text in (json.dumps(plan.plain()), repr(plan)):
            assert case.passphrase not in text
            assert digest not in text


def test_the_timer_is_armed_exactly_when_the_server_could_get_lost(case: golden.Case) -> None:
    plan = case.plan()
    if any(p.severity == "problem" for p in plan.problems):
        with pytest.raises(PlanError):
            plan.order()
        return
    order = plan.order(prove=True)
    risky = [
        c
        for c in plan.changes
        if c.kind in ("address", "network", "ports") or (isinstance(c, wire.SetRadio) and c.bridge)
    ]
    assert order.confirm == bool(risky)
    assert bool(order.address) == any(c.kind == "network" for c in plan.changes)
    assert wire.decode(wire.Order, wire.encode(order)) == order


def test_dns_is_never_started_where_somebody_else_holds_the_port(case: golden.Case) -> None:
    plan = case.plan()
    if any(p.code == "port-held" for p in plan.problems):
        assert plan.forbidden


def test_there_are_cases_for_every_row_and_every_sentence() -> None:
    loaded = [golden.load(name) for name in CASES]
    assert len(loaded) >= 40
    assert {row for case in loaded for row in case.rows} == ROWS
    seen = {p.code for case in loaded for p in case.plan().problems}
    assert set(WORDS) - seen - {"forbidden"} == set(), "sentences that no case shows"
