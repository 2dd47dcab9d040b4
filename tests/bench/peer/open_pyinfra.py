"""pyinfra in a Python that is already running: one answer line for each line of input.

Runs in pyinfra's own virtual environment; the arguments are the inventory's JSON and a deploy's.
"""

import json
import sys
import time
from typing import Any

from gevent import monkey  # type: ignore[import-untyped]

monkey.patch_all()  # as pyinfra's own command does

from pyinfra.api import Config, Inventory, State  # type: ignore[import-not-found]  # noqa: E402
from pyinfra.api.connect import (  # type: ignore[import-not-found]  # noqa: E402
    connect_all,
    disconnect_all,
)
from pyinfra.api.operation import add_op  # type: ignore[import-not-found]  # noqa: E402
from pyinfra.api.operations import run_ops  # type: ignore[import-not-found]  # noqa: E402
from pyinfra.operations import apt, files, systemd  # type: ignore[import-not-found]  # noqa: E402


def once(host: list[Any], wanted: dict[str, Any]) -> int:
    """Make the server as it is wanted and return how many operations changed something."""
    inventory = Inventory(([tuple(host)], {}))
    state = State(inventory, Config())
    state.check_for_changes = False  # as `pyinfra -y`: one pass, not two
    connect_all(state)
    told = [add_op(state, files.put, **file) for file in wanted["files"]]
    told.append(add_op(state, apt.packages, packages=wanted["packages"]))
    for unit in wanted["services"]:
        told.append(add_op(state, systemd.service, service=unit, running=True, enabled=True))
    run_ops(state)
    disconnect_all(state)
    return sum(meta.did_change() for by_host in told for meta in by_host.values())


def main() -> None:
    """Read wishes until the end of the input."""
    host, wanted = json.loads(sys.argv[1]), json.loads(sys.argv[2])
    for _ in sys.stdin:
        begun = time.perf_counter()
        changed = once(host, wanted)
        answer = {"seconds": time.perf_counter() - begun, "changed": changed}
        print("answer " + json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
