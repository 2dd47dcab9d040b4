"""The one unfinished change a server may have: its folder, its state, its timer, its voice.

    prepared -> armed -> applied -> confirmed
         \\________\\_________\\____-> rolling-back -> rolled-back

The folder STATE/transaction is there exactly while a transaction is unfinished; it appears and
disappears by one rename. Who works on it holds STATE/lock.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import Any, List, Optional

from . import disk, names, units
from .changes import Plain, StepError, Timings
from .host import Host
from .journal import Journal
from .lock import Lock

NEEDED = 50 << 20  # bytes free: before-images, journal, a package's unpacking are checked by apt
RESERVE = 1 << 20  # given back before restoring, which must work on a full disk
GRACE = 30.0  # seconds after which an expired timer has failed to do its work


class Refused(Exception):
    """A request that cannot be granted now; `code` has a sentence on the laptop."""

    def __init__(self, code: str, detail: str = "", **arguments: Any) -> None:
        Exception.__init__(self, "%s: %s" % (code, detail))
        self.code = code
        self.detail = detail
        self.arguments = arguments


class Transaction:
    """The transaction folder of one machine; it need not be there."""

    def __init__(self, host: Host, timings: Optional[Timings] = None) -> None:
        self.host = host
        self.timings = timings or Timings()
        self.base = host.path(names.STATE)
        self.folder = os.path.join(self.base, "transaction")
        self.journal = Journal(self.folder)
        self.lock = Lock(os.path.join(self.base, "lock"))
        self.start_lock = Lock(os.path.join(self.base, "start.lock"))
        self.events = os.path.join(self.folder, "events.jsonl")

    # -------------------------------------------------------------------- folder

    def exists(self) -> bool:
        """True while there is an unfinished transaction."""
        return os.path.isdir(self.folder)

    def create(self, order: Plain) -> None:
        """Make the folder with everything in it, at once.

        Raises Refused: "busy" if there is one, disk-full, read-only, disk-error.
        """
        prepare_state(self.host)
        fresh = os.path.join(self.base, "new-%d" % os.getpid())
        _remove_tree(fresh)
        try:
            self._fill(fresh, order)
        except OSError as error:
            _remove_tree(fresh)
            raise Refused(disk.code_of(error), names.STATE) from None
        try:
            os.rename(fresh, self.folder)
        except OSError:
            _remove_tree(fresh)
            raise busy(self) from None
        disk.sync_folder(self.base)

    def _fill(self, fresh: str, order: Plain) -> None:
        disk.make_folder(os.path.join(fresh, "control"), 0o700)
        disk.land(os.path.join(fresh, "order.json"), json.dumps(order).encode(), 0o600)
        state = {
            "state": "prepared",
            "id": order["id"],
            "who": order["who"],
            "since": self.host.now(),
            "monotonic": time.monotonic(),  # `since` on a clock that a change may set
            "boot_id": boot_id(self.host),
            "confirm": order["confirm"],
        }
        disk.land(os.path.join(fresh, "state.json"), json.dumps(state).encode(), 0o600)
        disk.land(os.path.join(fresh, "events.jsonl"), b"", 0o600)
        disk.reserve(os.path.join(fresh, "reserve"), RESERVE)
        disk.sync_folder(fresh)

    def order(self) -> Plain:
        """Return the order; it holds secrets and is gone once the transaction is over."""
        return self._read("order.json")

    def _read(self, name: str) -> Plain:
        try:
            with open(os.path.join(self.folder, name), "rb") as stream:
                value = json.loads(stream.read().decode("utf-8"))
        except (OSError, ValueError):
            return {}
        return value if isinstance(value, dict) else {}

    def _write(self, name: str, value: Plain) -> None:
        disk.land(os.path.join(self.folder, name), json.dumps(value).encode(), 0o600)

    # --------------------------------------------------------------------- state

    def state(self) -> Plain:
        """Return {state, id, who, since, boot_id, confirm, nonce, applied_at}; {} without one."""
        return self._read("state.json")

    def set_state(self, state: str, **more: Any) -> None:
        """Write the state down, durable, and tell it."""
        value = self.state()
        value.update(more, state=state)
        self._write("state.json", value)
        self.emit("state", state=state)

    def seconds_left(self) -> Optional[float]:
        """Return the seconds until the timer rolls back, or None when none is armed."""
        timer = self._read("timer.json")
        if not timer or timer.get("boot_id") != boot_id(self.host):
            return None
        return max(0.0, float(timer["deadline"]) - time.monotonic())

    def arm(self, seconds: float) -> None:
        """Arm the timer, or arm it anew: the next one runs before the old one is stopped.

        Raises StepError "timer-failed".
        """
        alone = Lock(os.path.join(self.base, "timer.lock"))
        if not alone.take(wait=30.0):
            raise StepError("timer-failed", "somebody else is at it")
        try:
            self._arm(seconds)
        finally:
            alone.release()
        self.emit("armed", seconds=float(seconds))

    def _arm(self, seconds: float) -> None:
        old = self._read("timer.json")
        number = int(old.get("number", 0)) + 1
        unit = units.timer_name(self.state()["id"], number)
        if units.is_armed(self.host, unit):  # left by a crash between arming and noting it
            units.disarm(self.host, unit)
        deadline = time.monotonic() + seconds
        units.arm(self.host, unit, seconds)
        # From here on the old timer, should it fire, sees that it is not its turn any more.
        self._write(
            "timer.json",
            {
                "unit": unit,
                "number": number,
                "deadline": deadline,
                "boot_id": boot_id(self.host),
            },
        )
        if old.get("boot_id") == boot_id(self.host):
            units.disarm(self.host, old["unit"])

    def timers(self) -> List[str]:
        """Return the names of all timers that may be armed now."""
        timer = self._read("timer.json")
        current = timer.get("boot_id") == boot_id(self.host)
        number = int(timer["number"]) if current else 0
        # A crash between arming and noting it leaves one with the next number.
        return [units.timer_name(self.state()["id"], n) for n in (number, number + 1) if n]

    # -------------------------------------------------------------------- voices

    def emit(self, kind: str, **fields: Any) -> None:
        """Append an event for whoever is attached; a full disk does not stop the work."""
        event = {"kind": kind, "at": time.monotonic()}
        event.update(fields)
        self._tell({"event": event})

    def emit_outcome(self, outcome: Plain) -> None:
        """Append the outcome: the end of what an attached laptop waits for."""
        self._tell({"outcome": outcome})

    def _tell(self, line: Plain) -> None:
        with contextlib.suppress(OSError), open(self.events, "ab") as stream:
            stream.write(json.dumps(line).encode() + b"\n")

    def ask(self, control: str) -> None:
        """Leave a word for the running apply: stop, proved, unreachable, rollback."""
        with contextlib.suppress(OSError):
            disk.land(os.path.join(self.folder, "control", control), b"", 0o600)

    def asked(self, control: str) -> bool:
        """True when that word was left."""
        return os.path.exists(os.path.join(self.folder, "control", control))

    # -------------------------------------------------------------------- standing

    def worked_on(self, starting: bool = True) -> bool:
        """True while a process works on it or, with `starting`, is about to."""
        if self.lock.holder() is not None:
            return True
        return starting and self.start_lock.holder() is not None

    def alive(self, starting: bool = True) -> bool:
        """True when the transaction can still end by itself: a worker, or a timer that runs."""
        if self.worked_on(starting):
            return True
        state = self.state()
        if state.get("state") != "applied" or state.get("boot_id") != boot_id(self.host):
            return False
        timer = self._read("timer.json")
        return bool(timer) and float(timer["deadline"]) + GRACE > time.monotonic()


def pending(host: Host) -> Optional[Plain]:
    """Return wire.Pending of the unfinished transaction, or None."""
    transaction = Transaction(host)
    state = transaction.state()
    if not state:
        return None
    return {
        "id": state["id"],
        "state": {"confirmed": "applied", "rolled-back": "rolling-back"}.get(
            state["state"], state["state"]
        ),
        "who": state["who"],
        "since": _since(host, state),
        "alive": transaction.alive(),
        "seconds_left": transaction.seconds_left(),
        "nonce": state.get("nonce", "") if state["state"] == "applied" else "",
    }


def _since(host: Host, state: Plain) -> float:
    """Return when a transaction began, by the clock as it goes now."""
    begun = state.get("monotonic")
    if begun is None or state.get("boot_id") != boot_id(host):
        return float(state["since"])
    return host.now() - (time.monotonic() - float(begun))


def last(host: Host) -> Optional[Plain]:
    """Return wire.Outcome of the transaction that ended last, or None."""
    try:
        value = json.loads(host.read(names.STATE + "/last.json") or "null")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def busy(transaction: Transaction) -> Refused:
    """Return the refusal that tells who is at work, since when, and for how long at most."""
    found = pending(transaction.host) or transaction.start_lock.holder() or {}
    return Refused(
        "busy",
        who=found.get("who", ""),
        since=found.get("since", 0.0),
        state=found.get("state", ""),
        seconds_left=found.get("seconds_left"),
    )


def outcome(state: str, transaction: str, **fields: Any) -> Plain:
    """Return a wire.Outcome as plain data."""
    value: Plain = {
        "state": state,
        "id": transaction,
        "failed": "",
        "detail": "",
        "index": -1,
        "undone": [],
        "left": [],
        "seconds_left": None,
    }
    value.update(fields)
    return value


# ---------------------------------------------------------------------- refusing


def preflight(host: Host) -> None:
    """Refuse a server on which nothing may or can be changed safely.

    Raises Refused: not-root, no-systemd, read-only, disk-full (with `free`, `needed` in bytes).
    """
    if not host.root and not disk.may_chown():
        raise Refused("not-root")
    if not units.running(host):
        raise Refused("no-systemd")
    for path in ("/", "/etc", names.STATE):
        free, read_only = disk.room(host.path(path))
        if read_only:
            raise Refused("read-only", path)
        if free < NEEDED:
            raise Refused("disk-full", path, free=free, needed=NEEDED)
    try:
        prepare_state(host)
    except OSError as error:
        raise Refused(disk.code_of(error), names.STATE) from None


def prepare_state(host: Host) -> None:
    """Make the state folder, for root alone."""
    folder = host.path(names.STATE)
    disk.make_folder(folder, 0o700)
    os.chmod(folder, 0o700)


# -------------------------------------------------------------------- confirming


def confirm(
    host: Host, nonce: str, connection: str, started: float, timings: Optional[Timings] = None
) -> Plain:
    """Make a change permanent, for a laptop that proves that it reaches the server as it is now.

    `connection` is SSH_CONNECTION of the laptop's session and `started` the monotonic time at
    which its agent process started. Raises Refused: nothing-pending, not-applied, too-late,
    wrong-nonce, wrong-connection, busy.
    """
    import hmac

    from . import ending

    transaction = Transaction(host, timings)
    if not transaction.exists():
        raise Refused("nothing-pending")
    if not transaction.lock.take(wait=5.0, who="confirm"):
        if transaction.state().get("state") == "rolling-back":
            raise Refused("too-late")
        raise busy(transaction)
    try:
        state = transaction.state()
        if not state:
            raise Refused("nothing-pending")
        if state["state"] in ("rolling-back", "rolled-back"):
            raise Refused("too-late")
        if state["state"] != "applied" or state["boot_id"] != boot_id(host):
            raise Refused("not-applied", state["state"])
        if not hmac.compare_digest(str(nonce).encode(), str(state["nonce"]).encode()):
            raise Refused("wrong-nonce")
        if started <= state["applied_at"]:
            raise Refused("wrong-connection", "made before the change")
        order = transaction.order()
        wanted = [canonical(a) for a in (order["address"], order["address6"]) if a]
        words = connection.split()
        here = canonical(words[2]) if len(words) == 4 else ""
        if wanted and here not in wanted:
            raise Refused("wrong-connection", here, wanted=" ".join(wanted))
        transaction.set_state("confirmed")  # the point of no return
        return ending.confirmed(transaction)
    finally:
        transaction.lock.release()


def canonical(address: str) -> str:
    """Return an address in one spelling, without scope; an IPv4-mapped one as IPv4."""
    import socket

    text = address.partition("%")[0]
    if text.lower().startswith("::ffff:") and "." in text:
        text = text[7:]
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            return socket.inet_ntop(family, socket.inet_pton(family, text))
        except OSError:
            continue
    return ""


def more_time(host: Host, seconds: int, timings: Optional[Timings] = None) -> Plain:
    """Arm the timer anew for `seconds` from now; returns {"seconds_left": ...}.

    Raises Refused: nothing-pending, too-late, no-timer, bad-request.
    """
    from .order import LONGEST, SHORTEST

    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise Refused("bad-request", "seconds")
    if not SHORTEST <= seconds <= LONGEST:
        raise Refused("bad-request", "seconds")
    transaction = Transaction(host, timings)
    state = transaction.state()
    if not state:
        raise Refused("nothing-pending")
    if state["state"] not in ("armed", "applied"):
        raise Refused("too-late", state["state"])
    if transaction.seconds_left() is None:
        raise Refused("no-timer")
    try:
        transaction.arm(seconds)
    except StepError as error:
        raise Refused(error.code, error.detail) from None
    return {"seconds_left": transaction.seconds_left()}


# ------------------------------------------------------------------ small things


def boot_id(host: Host) -> str:
    """Return the kernel's name for this start (random(4))."""
    return (host.read("/proc/sys/kernel/random/boot_id") or "").strip()


def _remove_tree(path: str) -> None:
    import shutil

    shutil.rmtree(path, ignore_errors=True)
