"""Every code the agent can answer with has its sentence."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from wizard.wording import AGENT, STEPS, VisitError

AGENT_ROOM = Path(__file__).resolve().parents[1] / "wizard" / "agent"
RAISED = {"Refused", "StepError", "ProbeError", "DiskError", "DockerError"}


def codes() -> set[str]:
    """Find the literal first argument of everything the agent raises for the laptop."""
    found = set()
    for path in AGENT_ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            first = node.args[0]
            if node.func.id in RAISED and isinstance(first, ast.Constant):
                found.add(str(first.value))
    return found


def test_the_search_finds_codes() -> None:
    assert {"busy", "network-failed", "read-only"} <= codes() | set(AGENT)
    assert len(codes()) > 25


@pytest.mark.parametrize("code", sorted(codes()))
def test_code_has_a_sentence(code: str) -> None:
    assert code in AGENT or code in STEPS


@pytest.mark.parametrize("code", sorted({**STEPS, **AGENT}))
def test_sentence_stands_alone(code: str) -> None:
    """It can be said whatever arguments the agent sends along."""
    error = VisitError(
        code, who="Ann on laptop", when="14:05", what=code, wanted="", old="", new="", names=""
    )
    assert error.message.endswith(".")
    assert error.cure.endswith(".") or "sudo" in error.cure
