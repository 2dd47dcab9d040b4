"""A small screen reader for tests: runs with the system's Python, which has AT-SPI's bindings.

Reads one JSON object per line and answers with one: {"do": "names" | "press" | "type" | "wait",
"name": ..., "text": ..., "role": ..., "seconds": ...}. It knows of the window only what a screen
reader is told.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402

APP = "cht-offline-setup"
SHOWING = Atspi.StateType.SHOWING
NEEDS = {"press": Atspi.StateType.ENABLED, "type": Atspi.StateType.EDITABLE}


def nodes() -> Iterator[Any]:
    """Yield everything that is showing, depth first."""
    desktop = Atspi.get_desktop(0)
    for index in range(desktop.get_child_count()):
        app = desktop.get_child_at_index(index)
        if app is not None and app.get_name() == APP:
            yield from below(app)


def below(node: Any) -> Iterator[Any]:
    for index in range(node.get_child_count()):
        child = node.get_child_at_index(index)
        if child is None:
            continue
        if child.get_role() in (Atspi.Role.FRAME, Atspi.Role.DIALOG) or showing(child):
            yield child
            yield from below(child)


def showing(node: Any) -> bool:
    return bool(node.get_state_set().contains(SHOWING))


def find(name: str, role: str = "", state: Any = None) -> Any:
    """Return what is called so, or begins so; the shortest name, in a role and a state if given."""
    best = None
    for node in nodes():
        if role and node.get_role_name() != role:
            continue
        said = (node.get_name() or "").replace("&", "")
        if not said.startswith(name) or (best is not None and len(said) >= len(best.get_name())):
            continue
        if state is None or node.get_state_set().contains(state):
            best = node
    return best


def act(order: dict[str, Any]) -> Any:
    what, name = order["do"], order.get("name", "")
    if what == "names":
        return [[n.get_role_name(), n.get_name(), n.get_description()] for n in nodes()]
    end = time.monotonic() + order.get("seconds", 30)
    node, trouble = None, ""
    while node is None and time.monotonic() < end:
        try:
            node = find(name, order.get("role", ""), NEEDS.get(what))
        except Exception as error:  # what was just there may be gone: look again
            trouble = str(error)
        if node is None:
            time.sleep(0.2)
    if node is None:
        raise LookupError(f"nothing is called {name!r} {trouble}")
    if what == "press":
        action = node.get_action_iface()
        names = [action.get_action_name(i) for i in range(action.get_n_actions())]
        wanted = [i for i, n in enumerate(names) if n.lower() in ("press", "click", "toggle")]
        if not action.do_action(wanted[0] if wanted else 0):
            raise LookupError(f"{name!r} cannot be pressed")
    elif what == "type":
        editable = node.get_editable_text_iface()
        if editable is None or not editable.set_text_contents(order["text"]):
            raise LookupError(f"{name!r} cannot be typed into")
    return [node.get_role_name(), node.get_name(), node.get_description()]


def main() -> None:
    for line in sys.stdin:
        try:
            answer = {"ok": act(json.loads(line))}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
