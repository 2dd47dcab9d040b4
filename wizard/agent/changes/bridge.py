"""The bridge that joins cable and radio: what `ip` shows of it, and its end."""

from __future__ import annotations

import json
import re
from typing import Any, Dict

from .. import names
from ..host import Host
from . import Step, StepError, address


def link(host: Host, name: str) -> Dict[str, Any]:
    """Return what `ip -j address` says of an interface; {} when it is not there."""
    done = host.run(["ip", "-j", "address", "show", "dev", name], timeout=20.0)
    try:
        found = json.loads(done.out or "[]") if done.ok else []
    except ValueError:
        found = []
    return dict(found[0]) if found else {}


def master(host: Host, port: str) -> str:
    """Return the bridge that an interface is a port of, or ""."""
    return str(link(host, port).get("master", ""))


def guest(host: Host, bridge: str) -> str:
    """Return the access point's radio when it is a port of this bridge, else ""."""
    conf = host.read(names.HOSTAPD_CONF) or ""
    found = re.search(r"^interface=(\S+)$", conf, re.M)
    return found.group(1) if found and master(host, found.group(1)) == bridge else ""


def bring_back(step: Step, radio: str, bridge: str) -> None:
    """Let the access point join the bridge again, if its network manager has put it out.

    NetworkManager does that whenever it takes up the bridge's profile anew.
    """
    if radio and master(step.host, radio) != bridge:
        argv = ["systemctl", "try-restart", "--", names.HOSTAPD_UNIT]
        step.host.run(argv, timeout=step.timings.service)


def await_link(step: Step, name: str) -> None:
    """Wait until an interface is there; raises StepError "network-failed"."""
    if not step.wait(lambda: bool(link(step.host, name)), step.timings.address):
        raise StepError("network-failed", "there is no %s" % name)


def await_port(step: Step, port: str, bridge: str) -> None:
    """Wait until a cable is a port of the bridge, and take its addresses away: they moved.

    Raises StepError "network-failed".
    """
    await_link(step, bridge)
    if not step.wait(lambda: master(step.host, port) == bridge, step.timings.address):
        raise StepError("network-failed", "%s is no port of %s" % (port, bridge))
    for one in address.addresses(step.host, port):
        if one["scope"] == "global":
            exact = "%s/%d" % (one["address"], one["prefix"])
            step.host.run(["ip", "address", "del", exact, "dev", port], timeout=20.0)


def take_apart(host: Host, bridge: str, port: str) -> None:
    """Make the cable an interface of its own again, and remove the bridge."""
    if master(host, port) == bridge:
        host.run(["ip", "link", "set", "dev", port, "nomaster"], timeout=20.0)
    if link(host, bridge):
        host.run(["ip", "link", "delete", "dev", bridge, "type", "bridge"], timeout=20.0)
