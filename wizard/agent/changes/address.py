"""An address beside the present ones: the new one answers before the old one goes."""

from __future__ import annotations

import json
import socket
from typing import Any, Dict, List

from ..host import Host
from . import Plain, Step, StepError, said


def addresses(host: Host, interface: str) -> List[Dict[str, Any]]:
    """Return the addresses of an interface: address, prefix, family, scope, dynamic, ready.

    `ready` is False while duplicate address detection runs or has failed.
    Raises StepError "no-interface".
    """
    argv = ["ip", "-j", "address", "show", "dev", interface]
    done = host.run(argv, timeout=20.0)
    if not done.ok:
        raise StepError("no-interface", said(done, argv))
    try:
        links = json.loads(done.out or "[]")
    except ValueError:
        raise StepError("no-interface", "ip: not understood") from None
    found = []
    for link in links:
        for one in link.get("addr_info", ()):
            found.append(
                {
                    "address": one.get("local", ""),
                    "prefix": one.get("prefixlen", 0),
                    "family": 6 if one.get("family") == "inet6" else 4,
                    "scope": one.get("scope", ""),
                    "dynamic": bool(one.get("dynamic")),
                    "ready": not (one.get("tentative") or one.get("dadfailed")),
                }
            )
    return found


def split(address: str) -> "tuple[str, int]":
    """Return (canonical address, prefix length) of "10.20.0.1/24"; raises StepError."""
    text, slash, prefix = address.partition("/")
    for family, bits in ((socket.AF_INET, 32), (socket.AF_INET6, 128)):
        try:
            plain = socket.inet_ntop(family, socket.inet_pton(family, text))
        except OSError:
            continue
        if slash and prefix.isdigit() and int(prefix) <= bits:
            return plain, int(prefix)
    raise StepError("bad-order", "address %r" % (address,))


def has(host: Host, interface: str, address: str) -> bool:
    """True when the interface has that address ("10.20.0.1/24"), ready to be used."""
    plain, prefix = split(address)
    return any(
        one["address"] == plain and one["prefix"] == prefix and one["ready"]
        for one in addresses(host, interface)
    )


def check(step: Step, change: Plain) -> None:
    """Refuse an address that is none, or an interface that is not there."""
    split(change["address"])
    name = change["interface"]
    if not name or name.startswith("-") or "/" in name:
        raise StepError("bad-order", "interface %r" % (name,))
    addresses(step.host, name)


def look(step: Step, change: Plain) -> Plain:
    """Return whether the interface has the address already."""
    plain, _ = split(change["address"])
    there = [one["address"] for one in addresses(step.host, change["interface"])]
    return {
        "interface": change["interface"],
        "address": change["address"],
        "there": plain in there,
    }


def do(step: Step, change: Plain, before: Plain) -> Plain:
    """Add the address, with its route: without one the answers to the laptop have no way."""
    if before["there"]:
        return {"skipped": True}
    interface, address = change["interface"], change["address"]
    argv = ["ip", "address", "add", address, "dev", interface]
    step.run(argv, 20.0, "address-failed")
    if not step.wait(lambda: has(step.host, interface, address), 10.0):
        raise StepError("address-failed", "%s does not get ready (is it in use?)" % address)
    step.shared.setdefault("beside", []).append((interface, address))
    return {}


def remove(host: Host, interface: str, address: str) -> None:
    """Take an address away if it is there; raises StepError "undo-address"."""
    plain, _ = split(address)
    for one in addresses(host, interface):
        if one["address"] == plain:
            exact = "%s/%d" % (plain, one["prefix"])
            argv = ["ip", "address", "del", exact, "dev", interface]
            done = host.run(argv, timeout=20.0)
            if not done.ok:
                raise StepError("undo-address", said(done, argv))


def undo(step: Step, before: Plain) -> None:
    """Take the address away if it was not there before."""
    if not before["there"]:
        remove(step.host, before["interface"], before["address"])


UNDO = {"address": undo}
