"""The last pairs of certificate and key that were served, kept so that one can be put back.

Each lies in a folder of its own below names.PAIRS, for root alone: `chain.pem` and `key.pem`, in
no container's volume. Its name is the time when it was put in place (or, for one that somebody
else had put there, when it was replaced) and the beginning of its fingerprint:
`20261122-101500-0123456789abcdef`. The order of the names is the order in which they were served,
also where a clock was set back: a name is later than every other by a second at least.
"""

from __future__ import annotations

import calendar
import contextlib
import os
import re
import shutil
import time
from typing import TYPE_CHECKING, List, Optional, Tuple

from . import disk, names
from .changes import Plain, StepError
from .host import Host

if TYPE_CHECKING:
    from .transaction import Transaction

KEEP = 3
NAME = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{16}")
TIME, TIME_LENGTH = "%Y%m%d-%H%M%S", len("20261122-101500")
Pair = Tuple[bytes, bytes]  # chain, key


def names_of(host: Host) -> List[str]:
    """Return the names of the kept pairs, the newest first."""
    return sorted(filter(NAME.fullmatch, host.list(names.PAIRS)), reverse=True)


def kept(host: Host) -> List[Plain]:
    """Return wire.KeptPair of every kept pair, the newest first; never a key."""
    from .look.web import hashes

    found = []
    for name in names_of(host):
        chain = host.read("%s/%s/chain.pem" % (names.PAIRS, name)) or ""
        leaf = hashes(chain.encode())[:1]
        if leaf and host.exists("%s/%s/key.pem" % (names.PAIRS, name)):
            found.append({"name": name, "sha256": leaf[0], "chain": chain})
    return found


def read(host: Host, name: str) -> Optional[Pair]:
    """Return a kept pair, or None when there is none of that name."""
    if not NAME.fullmatch(name):
        return None
    folder = "%s/%s/" % (names.PAIRS, name)
    chain, key = host.read_bytes(folder + "chain.pem"), host.read_bytes(folder + "key.pem")
    return None if chain is None or key is None else (chain, key)


def meant(host: Host, change: Plain) -> Pair:
    """Return the pair that an order to install a certificate means.

    Raises StepError: no-kept-pair, no-request.
    """
    source, chain = change["source"], change["chain"].encode()
    if source.startswith("kept:"):
        found = read(host, source[len("kept:") :])
        if found is None:
            raise StepError("no-kept-pair", source)
        return chain, found[1]
    if source == "request":
        key = host.read_bytes(names.REQUEST + "/key.pem")
        if key is None:
            raise StepError("no-request")
        return chain, key
    return chain, change["key"].encode()


def file_away(transaction: "Transaction") -> None:
    """Keep what was put in place and what it replaced, and throw away what is older.

    A part of the transaction's ending, which may be repeated after a power cut. The key of a
    request is not a request's any more once its certificate is served.
    """
    host = transaction.host
    done, before = transaction.journal.done(), {}
    for record in transaction.journal.begun():
        before[record["begin"]] = record["before"]
    since = transaction.state().get("since") or time.time()
    for index, change in enumerate(transaction.order().get("changes", ())):
        if change["kind"] != "certificate" or index not in done:
            continue
        replaced = _replaced(transaction, before.get(index) or {})
        if replaced is not None and not _same(read(host, (names_of(host) or [""])[0]), replaced):
            _keep(host, replaced, since - 1)
        try:
            _keep(host, meant(host, change), since)
        except StepError:
            continue  # repeated: it is kept already, and its request or its old name are gone
        if change["source"] == "request":
            shutil.rmtree(host.path(names.REQUEST), ignore_errors=True)
    for old in names_of(host)[KEEP:]:
        shutil.rmtree(host.path("%s/%s" % (names.PAIRS, old)), ignore_errors=True)


def _replaced(transaction: "Transaction", before: Plain) -> Optional[Pair]:
    """Return the pair that was there before, if it was the one that was served: it worked."""
    from .look.web import hashes

    found = []
    for old in before.get("old", ()):
        data = transaction.journal.kept(old["image"]) if old["image"] else None
        if data is None:
            return None
        found.append(data)
    if len(found) != 2 or not before["served"] or hashes(found[0])[:1] != [before["served"]]:
        return None
    return found[0], found[1]


def _keep(host: Host, pair: Pair, at: float) -> None:
    """Keep a pair as the newest; one that is kept already gets the new time."""
    from .look.web import hashes

    there = names_of(host)
    if there and _same(read(host, there[0]), pair):
        return
    if there:
        with contextlib.suppress(ValueError):  # no such day: not a name of ours
            newest = time.strptime(there[0][:TIME_LENGTH], TIME)
            at = max(at, calendar.timegm(newest) + 1)
    leaf = (hashes(pair[0]) or ["0" * 64])[0][:16]
    name = "%s-%s" % (time.strftime(TIME, time.gmtime(at)), leaf)
    base = host.path(names.PAIRS)
    fresh, final = os.path.join(base, ".new-" + name), os.path.join(base, name)
    disk.make_folder(base, 0o700)
    if not _same(read(host, name), pair):
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(final, ignore_errors=True)
        disk.make_folder(fresh, 0o700)
        disk.land(os.path.join(fresh, "chain.pem"), pair[0], 0o600)
        disk.land(os.path.join(fresh, "key.pem"), pair[1], 0o600)
        os.rename(fresh, final)
        disk.sync_folder(base)
    for other in names_of(host):
        if other != name and _same(read(host, other), pair):
            shutil.rmtree(os.path.join(base, other), ignore_errors=True)
    for left in host.list(names.PAIRS):  # of a power cut
        if left.startswith(".new-"):
            with contextlib.suppress(OSError):
                shutil.rmtree(os.path.join(base, left))


def _same(one: Optional[Pair], other: Pair) -> bool:
    return one == other
