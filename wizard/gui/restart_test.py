"""The restart test: the server is restarted, and the live check proves that all came back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from wizard.agent import wire
from wizard.certificate import Bundle
from wizard.check import Report
from wizard.restarting import Restarted
from wizard.visit import Visit

AGAIN = 15.0  # seconds between two checks while the CHT starts
PATIENCE = 900.0  # seconds: with a large database the CHT takes minutes to start


@dataclass(frozen=True)
class Tested:
    """How the test ended: the restart, the last live check, and the facts after it."""

    restarted: Restarted
    report: Report
    facts: wire.Facts


def restart_test(
    visit: Visit,
    bundle: Bundle | None,
    cancel: threading.Event,
    still: Callable[[Report], None],
    *,
    again: float = AGAIN,
    patience: float = PATIENCE,
) -> Tested:
    """Restart the server and check until all is back, for `patience` seconds at most.

    `still` is told each check that found something broken. `cancel` ends the waiting, not the
    restart. Raises VisitError and RemoteError as `Visit.restart` does.
    """
    restarted = visit.restart(cancel=cancel)
    give_up = time.monotonic() + patience
    while True:
        facts = visit.facts()
        report = visit.check(facts, bundle, cancel=cancel)
        late = time.monotonic() + again > give_up
        if report.first_broken is None or late or cancel.is_set():
            return Tested(restarted, report, facts)
        still(report)
        if cancel.wait(again):
            return Tested(restarted, report, facts)
