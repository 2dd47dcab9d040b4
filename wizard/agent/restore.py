"""The one way back: used by a failed step, a stop, the user, the timer and the next start."""

from __future__ import annotations

import contextlib
from typing import Any, Callable, Dict, List, Optional, Tuple

from . import disk, ending, units
from .changes import Plain, Step, StepError, Timings, module
from .changes.service import reload_units
from .host import Host
from .transaction import Transaction, boot_id, busy, outcome

# Within a phase the last step is undone first. Files before everything that reads them; units
# are disabled before their files go (systemctl cannot do it afterwards) and enabled after the
# old ones are back; the network as early as can be; packages last, as nothing uses them then. The
# clock comes before the service that notes the last known time is stopped: it notes it then.
PHASES: Dict[str, Tuple[str, ...]] = {
    "now": ("clock", "release", "files", "enable", "network", "address", "services", "ports", "web",
            "packages"),
    "files": ("release", "files", "enable", "early"),
    "containers": ("clock", "services", "web", "packages"),
}  # fmt: skip


def roll_back(host: Host, reason: str, timings: Optional[Timings] = None) -> Optional[Plain]:
    """Undo the unfinished transaction; returns its wire.Outcome, or None when there is none.

    reason: "timeout" (the timer; ignored when it was armed anew), "died" (the process of apply
    ended; ignored unless it left work half done), "user", "leftover". Waits for an apply that
    runs to stop by itself, then ends it. Raises Refused "busy".
    """
    transaction = Transaction(host, timings)
    state = transaction.state().get("state")
    if state is None and not transaction.exists():
        if transaction.lock.take():
            ending.tidy(transaction)
            transaction.lock.release()
        return None
    if reason == "timeout" and (transaction.seconds_left() or 0.0) > 2.0:
        return None
    if reason == "died":
        if units.shutting_down(host):
            return None  # the next start does it, with nothing else going on
        if state == "applied" and transaction.state()["boot_id"] == boot_id(host):
            return None
    if not _take(transaction, reason):
        raise busy(transaction)
    try:
        if not transaction.exists():
            return None
        if reason == "timeout" and (transaction.seconds_left() or 0.0) > 2.0:
            return None
        return conclude(transaction, "now", reason)
    finally:
        transaction.lock.release()


def _take(transaction: Transaction, reason: str) -> bool:
    if transaction.lock.take(who=reason):
        return True
    transaction.ask("stop" if reason == "user" else "rollback")
    if transaction.lock.take(wait=transaction.timings.takeover, who=reason):
        return True
    # It hangs in a step. Its unit holds everything that it started.
    state = transaction.state()
    if state:
        units.stop(transaction.host, units.apply_unit(state["id"]))
    return transaction.lock.take(wait=30.0, who=reason)


def recover(host: Host, stage: str, timings: Optional[Timings] = None) -> Optional[Plain]:
    """Undo at boot, in two stages; a power cut in between is repeated at the next start.

    Returns the outcome in the stage "containers", else None.
    """
    if stage not in ("files", "containers"):
        raise ValueError(stage)
    transaction = Transaction(host, timings)
    if not transaction.lock.take(wait=30.0, who="boot"):
        return None
    try:
        if transaction.exists():
            return conclude(transaction, stage, "restart")
        if stage == "containers":
            ending.tidy(transaction)
        return None
    finally:
        transaction.lock.release()


def conclude(transaction: Transaction, when: str, failed: str) -> Optional[Plain]:
    """Bring an unfinished transaction to its end, whatever its state; the lock is ours."""
    state = transaction.state()
    if not state:  # a folder without a state was never begun
        transaction.set_state("rolled-back", id="unknown", boot_id=boot_id(transaction.host))
        state = transaction.state()
    if when == "files" and state["state"] in ("confirmed", "rolled-back"):
        return None  # only the ending is missing: that has time until systemd is up
    if state["state"] == "confirmed":
        return ending.confirmed(transaction)
    if state["state"] == "rolled-back":
        result = state.get("outcome") or outcome("rolled-back", state["id"], failed=failed)
        ending.finish(transaction, result)
        return result
    return restore(transaction, when, failed)


def restore(
    transaction: Transaction, when: str, failed: str, detail: str = "", index: int = -1
) -> Optional[Plain]:
    """Undo every step that was begun, going on past what cannot be undone; the lock is ours.

    Returns the outcome: "nothing" when no step was begun, "stopped" after a stop, else
    "rolled-back", with what was put back and what was left. None in the stage "files".
    """
    host = transaction.host
    was = transaction.state()
    failed = was.get("failed", failed)  # the first reason counts when restoring is repeated
    detail = was.get("detail", detail)
    index = was.get("index", index)
    left: List[str] = list(was.get("left", ())) if when == "containers" else []
    begun = transaction.journal.begun()
    with contextlib.suppress(OSError):
        disk.remove(transaction.folder + "/reserve")
    with contextlib.suppress(OSError):  # the disk is full all the same: the old state will do
        transaction.set_state("rolling-back", failed=failed, detail=detail, index=index)
    shared: Plain = {}
    for phase in PHASES[when]:
        for record in reversed(begun):
            undo = module(record["kind"]).UNDO.get(phase)
            if undo is not None:
                step = Step(
                    host,
                    transaction.journal,
                    record["begin"],
                    transaction.timings,
                    lambda text: transaction.emit("log", text=text),
                    shared,
                    when=when,
                )
                _undo(transaction, step, record, undo, left)
        if phase == "files":
            _after_files(host, when, shared, left, transaction.timings)
    if when == "files":
        transaction.set_state("rolling-back", left=left)
        return None
    return _ended(transaction, begun, left)


def _undo(
    transaction: Transaction,
    step: Step,
    record: Plain,
    undo: Callable[[Step, Plain], Any],
    left: List[str],
) -> None:
    try:
        undo(step, record["before"])
    except StepError as error:
        problem, code = error.detail, error.code
    except Exception as error:  # whatever it is, the other steps must still be undone
        problem, code = type(error).__name__, "internal"
    else:
        return
    text = "%s: %s" % (record["name"], code)
    if text not in left:
        left.append(text)
    transaction.emit("step", index=record["begin"], state="undo-failed", text=problem, code=code)


def _after_files(host: Host, when: str, shared: Plain, left: List[str], timings: Timings) -> None:
    """Let those who read files at the start of the system read the old ones now.

    At boot netplan's generator ran before us, with the new files: what it wrote to /run has to
    be made again. systemd has loaded the new unit files likewise; a reload is allowed while it
    starts, and jobs already queued are carried out with the old definitions. Nothing is started
    or stopped here: that waits for the second stage.
    """
    if when == "files":
        if shared.pop("netplan-changed", False):
            done = host.run(["netplan", "generate"], timeout=60.0)
            if not done.ok:
                left.append("netplan generate: %s" % done.err.strip()[-200:])
        shared["units-changed"] = True
    step = Step(host, None, -1, timings, print, shared)  # type: ignore[arg-type]
    try:
        reload_units(step)
    except StepError as error:
        left.append("systemctl daemon-reload: %s" % error.code)


def _ended(transaction: Transaction, begun: List[Plain], left: List[str]) -> Plain:
    state = transaction.state()
    bad = {text.rpartition(": ")[0] for text in left}
    undone = []
    for record in reversed(begun):
        if record["name"] not in bad:
            undone.append(record["name"])
            transaction.emit("step", index=record["begin"], state="undone", text=record["name"])
    failed = state.get("failed", "")
    how = "rolled-back"
    if failed == "stop":
        how = "stopped"
    elif not begun:
        how = "nothing"
    result = outcome(
        how,
        state["id"],
        failed="" if failed == "stop" else failed,
        detail=state.get("detail", ""),
        index=state.get("index", -1),
        undone=undone,
        left=left,
    )
    transaction.set_state("rolled-back", outcome=result)
    ending.finish(transaction, result, keep_images=bool(left))
    return result


def leftover(host: Host, timings: Optional[Timings] = None) -> bool:
    """True when there is an unfinished transaction that nobody will end by himself."""
    transaction = Transaction(host, timings)
    return transaction.exists() and not transaction.alive()
