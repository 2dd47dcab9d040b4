"""What a radio may do in a country, and how busy the air is there.

The country has to be in force before the channels are read: without one, the kernel allows only
what is legal everywhere. What was in force before is put back.
"""

from __future__ import annotations

import contextlib
import re
from typing import Any, Dict, Iterator, List

from .changes import StepError, Timings
from .host import Host
from .look import radios


def scan(host: Host, interface: str, country: str, timings: Timings) -> Dict[str, Any]:
    """Return wire.RadioScan. Raises StepError: no-radio, radio-unread, bad-order."""
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise StepError("bad-order", "country")
    phy = radios.phy_of(host, interface) if interface and "/" not in interface else ""
    if not phy:
        raise StepError("no-radio", interface)
    if not host.which("iw"):
        raise StepError("radio-unread", "iw")
    with _country(host, phy, country, timings) as in_force:
        part = radios.split(host.run(["iw", "phy"], timeout=10).out).get(phy, "")
        heard, error = _listen(host, interface)
        return {
            "interface": interface,
            "country": country,
            "in_force": in_force,
            "self_managed": radios.in_force(host, phy)[1],
            "channels": radios.channels(part),
            "heard": heard,
            "scanned": not error,
            "error": error,
        }


@contextlib.contextmanager
def _country(host: Host, phy: str, country: str, timings: Timings) -> Iterator[str]:
    """Put a country in force for a moment; yields the one that then is."""
    before, own = radios.in_force(host, phy)
    if own or before == country:
        yield before
        return
    try:
        limit = min(radios.SETTLE, timings.probe)
        yield radios.enforce(host, phy, country, timings.poll, limit)
    finally:
        # "98" and "99" are what the kernel calls a mixture; it takes letters or 00 only.
        back = before if re.fullmatch(r"[A-Z]{2}", before) else "00"
        host.run(["iw", "reg", "set", back], timeout=10)


def _listen(host: Host, interface: str) -> "tuple[List[Dict[str, Any]], str]":
    """Return wire.Heard of every network, and why there is none to tell of."""
    about = host.run(["iw", "dev", interface, "info"], timeout=10).out
    if re.search(r"^\s*type AP$", about, re.M):
        return [], "it is an access point now"
    flags = host.read("/sys/class/net/%s/flags" % interface) or "0x1"
    down = not int(flags, 16) & 1
    if down:
        host.run(["ip", "link", "set", "dev", interface, "up"], timeout=10)
    try:
        done = host.run(["iw", "dev", interface, "scan"], timeout=20)
    finally:
        if down:
            host.run(["ip", "link", "set", "dev", interface, "down"], timeout=10)
    if not done.ok:
        return [], (done.err.strip() or "it did not answer")[-200:]
    return heard(done.out), ""


def heard(text: str) -> List[Dict[str, Any]]:
    """Return wire.Heard from what `iw dev scan` says; names and addresses are left out."""
    found = []
    for part in re.split(r"(?m)^BSS ", text)[1:]:
        mhz = re.search(r"^\s*freq: (\d+)", part, re.M)
        signal = re.search(r"^\s*signal: (-?\d+(?:\.\d+)?) dBm", part, re.M)
        if mhz:
            level = float(signal.group(1)) if signal else -100.0
            found.append({"mhz": int(mhz.group(1)), "signal": level})
    return found
