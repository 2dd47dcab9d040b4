"""What stays when a transaction is over: who owns which file, its history without secrets."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

from . import disk, names, units
from .changes import Plain

if TYPE_CHECKING:
    from .transaction import Transaction

HISTORY = 10
# All that history keeps: neither the order nor the before-images, which hold keys.
KEPT = ("journal.jsonl", "events.jsonl", "state.json")


def confirmed(transaction: "Transaction") -> Plain:
    """Finish a transaction in state "confirmed"; may be repeated after a power cut."""
    from . import pairs
    from .transaction import outcome

    own(transaction)
    pairs.file_away(transaction)
    result = outcome("confirmed", transaction.state()["id"])
    finish(transaction, result)
    return result


def finish(transaction: "Transaction", result: Plain, keep_images: bool = False) -> None:
    """Note the outcome, make the transaction disappear, and take away what guarded it.

    The guards go last: a cut at any point leaves either a transaction that is still guarded, or
    guards with nothing to do, which `tidy` removes.
    """
    host = transaction.host
    disk.land(host.path(names.STATE + "/last.json"), json.dumps(result).encode(), 0o600)
    transaction.emit_outcome(result)
    base = os.path.join(transaction.base, "history")
    disk.make_folder(base, 0o700)
    name = str(transaction.state().get("id") or "unknown")
    timers = transaction.timers()
    hidden = os.path.join(base, "." + name)
    shutil.rmtree(hidden, ignore_errors=True)
    os.rename(transaction.folder, hidden)  # from here on there is no transaction
    disk.sync_folder(transaction.base)
    for timer in timers:
        units.disarm(host, timer)
    units.remove_recovery(host)
    _file_away(base, name, keep_images)


def _file_away(base: str, name: str, keep_images: bool) -> None:
    """Move the hidden folder into the history, its secrets removed on the way."""
    hidden, final = os.path.join(base, "." + name), os.path.join(base, name)
    for entry in os.listdir(hidden):
        path = os.path.join(hidden, entry)
        if entry in KEPT or (keep_images and entry == "before"):
            continue
        if os.path.isdir(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            disk.remove(path)
    shutil.rmtree(final, ignore_errors=True)
    os.rename(hidden, final)
    disk.sync_folder(base)
    _prune(base, HISTORY, name)


def tidy(transaction: "Transaction") -> None:
    """Remove what a cut left of a transaction that is over; the lock is ours."""
    if transaction.exists():
        return
    host = transaction.host
    units.remove_recovery(host)
    for entry in host.list(names.STATE):
        if entry.startswith(("new-", "scratch-")):
            shutil.rmtree(os.path.join(transaction.base, entry), ignore_errors=True)
    history = os.path.join(transaction.base, "history")
    for entry in host.list(names.STATE + "/history"):
        if entry.startswith("."):
            _file_away(history, entry[1:], keep_images=False)


def _prune(base: str, keep: int, newest: str) -> None:
    """Keep the newest ones; which one that is is told, as the clock may have been set back."""
    entries = [e for e in os.listdir(base) if not e.startswith(".") and e != newest]
    entries.sort(key=lambda e: os.stat(os.path.join(base, e)).st_mtime, reverse=True)
    for entry in entries[keep - 1 :]:
        shutil.rmtree(os.path.join(base, entry), ignore_errors=True)


# ------------------------------------------------------------------------ owning


def own(transaction: "Transaction") -> None:
    """Note which files, ports and packages are ours from now on.

    owned.json: path -> {written: SHA-256, secret}; made.json: {ports, packages, staying: [...]}.
    """
    host = transaction.host
    owned = _read(host.read(names.STATE + "/owned.json"))
    made = _read(host.read(names.STATE + "/made.json"))
    ports = made.setdefault("ports", [])
    packages = made.setdefault("packages", [])
    staying = made.setdefault("staying", [])
    kinds = {r["begin"]: r["kind"] for r in transaction.journal.begun()}
    for index, after in sorted(transaction.journal.done().items()):
        kind = kinds.get(index)
        if after.get("skipped"):
            continue
        if kind == "file" and after["sha256"]:
            owned[after["path"]] = {"written": after["sha256"], "secret": after["secret"]}
        elif kind == "file":
            owned.pop(after["path"], None)
        elif kind == "ports":
            for port in after["ports"]:
                rule = {k: after[k] for k in ("firewall", "interface", "zone")}
                rule["ports"] = [port]
                if rule in ports:
                    ports.remove(rule)
                if not after["close"]:
                    ports.append(rule)
        elif kind == "packages":
            # What took the place of another package stays, or the server would have neither.
            place = staying if after["replaced"] else packages
            place.extend(p for p in after["installed"] if p not in place)
    for name, value in (("owned.json", owned), ("made.json", made)):
        path = host.path(names.STATE + "/" + name)
        disk.land(path, json.dumps(value, sort_keys=True).encode(), 0o600)


def _read(text: "str | None") -> Plain:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        value = {}
    return value if isinstance(value, dict) else {}
