"""Every code the agent can answer with has its sentence."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from wizard.wording import AGENT, STEPS, VisitError

AGENT_ROOM = Path(__file__).resolve().parents[1] / "wizard" / "agent"
RAISED = {"Refused", "StepError", "ProbeError", "DiskError", "DockerError"}


def codes() -> set[str]:
    """Find every literal that the agent raises for the laptop, or hands on as a `code`."""
    trees = [ast.parse(p.read_text(encoding="utf-8")) for p in sorted(AGENT_ROOM.rglob("*.py"))]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    places = dict.fromkeys(RAISED, 0)
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            names = [a.arg for a in node.args.args if a.arg != "self"]
            if "code" in names:
                places.setdefault(node.name, names.index("code"))
    return {str(value) for node in nodes for value in _literals(node, places)}


def _literals(node: ast.AST, places: dict[str, int]) -> Iterator[object]:
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        given = node.args[places[name] :][:1] if name in places else []
        given += [k.value for k in node.keywords if k.arg == "code"]
    elif isinstance(node, ast.Assign):
        given = [value for target in node.targets for value in _paired(target, node.value)]
    else:
        given = []
    for value in given:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


def _paired(target: ast.expr, value: ast.expr) -> Iterator[ast.expr]:
    """Yield what is assigned to a variable called `code`, in a tuple, too."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, other in zip(target.elts, value.elts, strict=True):
            yield from _paired(one, other)
    elif isinstance(target, ast.Name) and target.id == "code":
        yield value


def test_the_search_finds_codes() -> None:
    assert {"busy", "network-failed", "read-only"} <= codes() | set(AGENT)
    assert {"packages-busy", "undo-network", "undo-service"} <= codes()
    assert len(codes()) > 60


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
