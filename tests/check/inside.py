"""Runs in a network namespace: the clinic on its real address and ports, and one whole check.

`python -m tests.check.inside SCENARIO` prints the report as JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.check.clinic import GOOD_DNS, Clinic
from wizard.check import CHECKS, LocalAddress, run

SCENARIOS: dict[str, Clinic] = {
    "well": Clinic(),
    "hosts-file": Clinic(),
    "other-dns": Clinic(around={"resolvers": ("10.20.0.254",)}),
    "wrong-network": Clinic(
        target={"address": "10.99.0.1"},
        around={"interfaces": (LocalAddress("lan1", "10.20.0.57", 24),)},
    ),
    "no-upstream": Clinic(dns=GOOD_DNS[:2]),
}


def main(name: str) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory() as where,
        SCENARIOS[name].open(Path(where), real=True) as (target, around, _),
    ):
        return run(CHECKS, target, around).plain()


if __name__ == "__main__":
    json.dump(main(sys.argv[1]), sys.stdout)
