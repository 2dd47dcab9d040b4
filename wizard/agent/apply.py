"""Carries an order out, step by step, each written down before it is done."""

from __future__ import annotations

import os
import secrets
import time
from typing import Any, Optional

from . import changes, disk, ending, units
from .changes import Plain, Step, StepError, Timings
from .host import Host
from .restore import conclude, restore
from .transaction import Transaction, boot_id, outcome

# How long one step may take, for the timer not to fire in the middle of it.
BUDGET = {
    "packages": 1500.0,
    "network": 180.0,
    "certificate": 120.0,
    "service": 120.0,
    "radio": 120.0,
}
BUDGET_ELSE = 30.0


class Stopped(Exception):
    """Somebody asked to end: the user ("stop") or the timer ("timeout")."""

    def __init__(self, reason: str) -> None:
        Exception.__init__(self, reason)
        self.reason = reason


class Apply:
    """One run of one order; the transaction folder was made by `serve`."""

    def __init__(self, host: Host, timings: Optional[Timings] = None) -> None:
        self.host = host
        self.timings = timings or Timings()
        self.transaction = Transaction(host, self.timings)
        self.order: Plain = {}
        self.shared: Plain = {}
        self.at = -1  # the step under way

    def run(self) -> Optional[Plain]:
        """Validate, arm, change, verify; on any failure restore. Returns the wire.Outcome."""
        transaction = self.transaction
        if not transaction.lock.take(wait=10.0, who="apply"):
            return None
        try:
            state = transaction.state()
            if state.get("state") != "prepared":
                return conclude(transaction, "now", "died") if transaction.exists() else None
            transaction.emit("state", state="prepared")
            self.order = transaction.order()
            if not self._validate():
                return None
            return self._change()
        finally:
            transaction.lock.release()

    # ---------------------------------------------------------------- validating

    def _validate(self) -> bool:
        """Check everything while nothing is changed; on a refusal the transaction is over."""
        for index, change in enumerate(self.order["changes"]):
            try:
                changes.module(change["kind"]).check(self._step(index), change)
            except Exception as error:
                code, detail = told(error)
                self.transaction.emit("step", index=index, state="failed", code=code, text=detail)
                result = outcome(
                    "nothing", self.order["id"], failed=code, detail=detail, index=index
                )
                self.transaction.set_state("rolled-back", outcome=result)
                ending.finish(self.transaction, result)
                return False
        return True

    def _step(self, index: int) -> Step:
        return Step(
            self.host,
            self.transaction.journal,
            index,
            self.timings,
            lambda text: self.transaction.emit("log", text=text),
            self.shared,
            order=self.order,
        )

    # ------------------------------------------------------------------ changing

    def _change(self) -> Optional[Plain]:
        transaction = self.transaction
        try:
            units.install_recovery(self.host)
            if self.order["confirm"]:
                transaction.arm(self.order["seconds"])
            transaction.set_state("armed")
            proved = not self.order["prove"]
            beside = False
            for index, change in enumerate(self.order["changes"]):
                self._heed()
                if change["kind"] == "network" and beside and not proved:
                    self._prove()
                    proved = True
                self._give_time(BUDGET.get(change["kind"], BUDGET_ELSE))
                self._do(index, change)
                beside = beside or change["kind"] == "address"
            self.at = -1
            self._heed()
            result = self._applied()
        except Stopped as stopped:
            return restore(transaction, "now", stopped.reason)
        except Exception as error:  # whatever went wrong, the way back is the same
            code, detail = told(error)
            return restore(transaction, "now", code, detail, self.at)
        # Confirmed is confirmed: should the ending fail, whoever comes next completes it.
        return result or ending.confirmed(transaction)

    def _do(self, index: int, change: Plain) -> None:
        self.at = index
        transaction, module, step = (
            self.transaction,
            changes.module(change["kind"]),
            self._step(index),
        )
        name = changes.name(change)
        transaction.emit("step", index=index, state="begun", text=name)
        begun = time.monotonic()
        try:
            before = module.look(step, change)
            transaction.journal.append(
                {"begin": index, "kind": change["kind"], "name": name, "before": before}
            )
            after = module.do(step, change, before)
            transaction.journal.append({"done": index, "after": after})
        except Exception as error:
            code, detail = told(error)
            seconds = time.monotonic() - begun
            transaction.emit(
                "step", index=index, state="failed", code=code, text=detail, seconds=seconds
            )
            raise
        state = "skipped" if after.get("skipped") else "done"
        seconds = time.monotonic() - begun
        transaction.emit("step", index=index, state=state, text=name, seconds=seconds)

    def _heed(self) -> None:
        """Stop here if somebody asked for it."""
        if self.transaction.asked("rollback"):
            raise Stopped("timeout")
        if self.transaction.asked("stop"):
            raise Stopped("stop")

    def _prove(self) -> None:
        """Wait for the laptop's word that it can log in at the new address.

        No word means that the laptop is gone: then the old address must not go.
        """
        address = self.order["address"] or self.order["address6"]
        seconds = self.timings.prove
        self._give_time(seconds)
        self.transaction.emit("prove", address=address, seconds=seconds)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._heed()
            if self.transaction.asked("unreachable"):
                raise StepError("unreachable", address)
            if self.transaction.asked("proved"):
                return
            time.sleep(self.timings.poll)
        raise StepError("no-answer", address)

    def _give_time(self, needed: float) -> None:
        """Keep the timer from firing in the middle of what comes now, nor much later than that."""
        left = self.transaction.seconds_left()
        wanted = max(float(self.order["seconds"]), needed + 15.0)
        if left is not None and not needed + 15.0 <= left <= wanted + 15.0:
            self.transaction.arm(wanted)

    def _applied(self) -> Optional[Plain]:
        """Return the outcome "applied", or None when nobody has to confirm."""
        transaction, order = self.transaction, self.order
        if not order["confirm"]:
            transaction.set_state("confirmed")
            return None
        if hasattr(os, "sync"):
            os.sync()  # what others wrote for us: firewall rules, links of units, packages
        # The laptop gets the whole time from now on to find its way.
        transaction.arm(order["seconds"])
        transaction.set_state(
            "applied",
            nonce=secrets.token_hex(16),
            applied_at=time.monotonic(),
            boot_id=boot_id(self.host),
        )
        result = outcome("applied", order["id"], seconds_left=transaction.seconds_left())
        transaction.emit_outcome(result)
        return result


def told(error: Any) -> "tuple[str, str]":
    """Return (code, detail) of whatever was raised; a defect tells its place, never values."""
    if isinstance(error, StepError):
        return error.code, error.detail
    if isinstance(error, disk.DiskError):
        return error.code, error.detail
    code = getattr(error, "code", None)
    if isinstance(code, str) and code.startswith(("probe-", "docker-")):
        return code, str(getattr(error, "detail", ""))
    if isinstance(error, OSError):
        return disk.code_of(error), error.strerror or type(error).__name__
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = ""
    if place is not None:
        where = "%s:%d" % (place.tb_frame.f_code.co_filename.rpartition("/")[2], place.tb_lineno)
    return "internal", "%s at %s" % (type(error).__name__, where)
