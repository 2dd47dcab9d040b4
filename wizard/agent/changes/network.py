"""The moment of the break: the network manager takes up the new files, or the old ones again."""

from __future__ import annotations

import fnmatch
import time
from typing import Any, Dict, List

from .. import names
from ..host import Host
from . import Plain, Step, StepError, address, bridge, said

MANAGERS = ("netplan", "networkmanager", "networkd", "ifupdown")


def check(step: Step, change: Plain) -> None:
    """Refuse an unknown manager; keep ifupdown's old configuration, which `ifdown` needs."""
    if change["manager"] not in MANAGERS:
        raise StepError("bad-order", "network manager %r" % (change["manager"],))
    if change["port"] and change["interface"] != names.BRIDGE:
        raise StepError("bad-order", "bridge %r" % (change["interface"],))
    real = change["port"] or change["interface"]  # a bridge may not be there yet
    address.check(step, {"interface": real, "address": change["address"]})
    if change["address6"]:
        address.split(change["address6"])
    step.shared["interfaces-before"] = merged_interfaces(step.host)


def look(step: Step, change: Plain) -> Plain:
    """Return addresses, profile and, for ifupdown, both configurations as kept images."""
    port = change["port"]
    makes = bool(port) and bridge.master(step.host, port) != change["interface"]
    interface = port if makes else change["interface"]  # that has the addresses now
    profile = change["old_profile"]
    if "networkmanager" in (change["manager"], change["renderer"]) and not profile:
        argv = ["nmcli", "--get-values", "GENERAL.CON-UUID", "device", "show", interface]
        profile = step.host.run(argv, timeout=20.0).out.strip()
    before: Plain = {
        "manager": change["manager"],
        "renderer": change["renderer"],
        "interface": interface,
        "bridge": change["interface"] if makes else "",
        "port": port,
        "guest": "" if makes else bridge.guest(step.host, interface),
        "address": change["address"],
        "address6": change["address6"],
        "profile": change["profile"],
        "old_profile": profile,
        "addresses": [
            one for one in address.addresses(step.host, interface) if one["scope"] == "global"
        ],
        "routes": default_routes(step.host, interface),
    }
    if change["manager"] == "ifupdown":
        old = step.shared.get("interfaces-before", "")
        before["old_interfaces"] = step.keep("interfaces-old", old.encode())
        new = merged_interfaces(step.host)
        before["new_interfaces"] = step.keep("interfaces-new", new.encode())
    return before


def default_routes(host: Host, interface: str) -> List[str]:
    """Return the gateways of an interface's IPv4 default routes."""
    done = host.run(["ip", "-4", "route", "show", "default", "dev", interface], timeout=20.0)
    words = [line.split() for line in done.out.splitlines()]
    return [line[line.index("via") + 1] for line in words if "via" in line[:-1]]


def do(step: Step, change: Plain, before: Plain) -> Plain:
    """Let the manager take up its files, and wait until the interface really shows it."""
    manager, interface = change["manager"], change["interface"]
    seconds = step.timings.reload
    code = "network-failed"
    if "networkd" in (manager, change["renderer"]) or before["bridge"]:
        _clear_the_way(step)
    if manager == "netplan":
        step.run(["netplan", "apply"], seconds, code)
    elif manager == "networkmanager":
        _networkmanager(step, change, seconds, code)
    elif manager == "networkd":
        step.run(["networkctl", "reload"], seconds, code)
        for name in _together(before["port"], interface):
            bridge.await_link(step, name)
            step.run(["networkctl", "reconfigure", name], seconds, code)
    else:
        wanted = [change["address"], change["address6"]]
        kept = [] if before["bridge"] else [w for w in wanted if w]
        _ifupdown(step, before, before["old_interfaces"], kept, code)
        if before["bridge"]:
            step.run(["ifup", "--force", interface], seconds, code)
    if change["port"]:
        bridge.await_port(step, change["port"], interface)
    _await_new(step, change, before)
    bridge.bring_back(step, before["guest"], interface)
    return {}


def _together(port: str, interface: str) -> List[str]:
    """The cable first: without it a bridge has no link, and takes up no address."""
    return [port, interface] if port else [interface]


def _networkmanager(step: Step, change: Plain, seconds: float, code: str) -> None:
    files = [names.NETWORKMANAGER_FILE]
    profiles = [change["profile"]]
    if change["port"]:
        files.append(names.NETWORKMANAGER_PORT_FILE)
        # A port brings its bridge along.
        profiles = [names.NETWORKMANAGER_PORT_NAME, *profiles]
    load = ["nmcli", "connection", "load", *(step.host.path(f) for f in files)]
    step.run(load, seconds, code)
    for profile in profiles:
        step.run(["nmcli", "--wait", "60", "connection", "up", profile], seconds, code)


def _clear_the_way(step: Step) -> None:
    """Take away what was put beside the old address; it has proved itself by now.

    Where the new address is of the old one's subnet it is a secondary one, and systemd-networkd
    (252) that finds the address it shall set as such spins for a minute and fails (ERANGE).
    """
    for interface, beside in step.shared.pop("beside", []):
        address.remove(step.host, interface, beside)


def _await_new(step: Step, change: Plain, before: Plain) -> None:
    interface = change["interface"]
    wanted = [a for a in (change["address"], change["address6"]) if a]
    keep = {address.split(a)[0] for a in wanted}
    leases = {
        one["address"]
        for one in before["addresses"]
        if one["dynamic"] and one["family"] == 4 and one["address"] not in keep
    }

    def arrived() -> bool:
        there = address.addresses(step.host, interface)
        ready = {(one["address"], one["prefix"]) for one in there if one["ready"]}
        return all(address.split(a) in ready for a in wanted) and not leases & {
            one["address"] for one in there
        }

    if not step.wait(arrived, step.timings.address):
        there = ", ".join(
            "%(address)s/%(prefix)d" % one for one in address.addresses(step.host, interface)
        )
        raise StepError("network-failed", "%s has %s" % (interface, there or "no address"))


def undo(step: Step, before: Plain) -> None:
    """With the old files back, let the manager take them up and wait for an old address.

    Raises StepError "old-address-missing" when none came back by itself; then the old
    addresses are put on the interface by hand, so that the server answers there all the same.
    """
    manager, interface = before["manager"], before["interface"]
    failure = ""
    try:
        if before["bridge"]:
            _take_apart(step, before)
        _take_up_old(step, before)
    except StepError as error:
        failure = error.detail
    back = step.wait(lambda: _old_is_back(step, before), step.timings.old_address / 2)
    if not back:
        _insist(step, manager)
        back = step.wait(lambda: _old_is_back(step, before), step.timings.old_address / 2)
    old = {one["address"] for one in before["addresses"]}
    for new in (before["address"], before["address6"]):
        if new and address.split(new)[0] not in old:
            address.remove(step.host, interface, new)
    bridge.bring_back(step, before.get("guest", ""), interface)
    if not back:
        _by_hand(step, before)
        raise StepError("old-address-missing", failure or interface)


def _take_apart(step: Step, before: Plain) -> None:
    """Let the manager forget the bridge, or it would make it anew, and take it away."""
    manager = before["manager"]
    forget = {
        "netplan": [["netplan", "generate"]],
        "networkmanager": [["nmcli", "connection", "reload"]],
        "networkd": [["networkctl", "reload"]],
        "ifupdown": [],
    }[manager]
    if before["renderer"] == "networkmanager":
        forget.append(["nmcli", "connection", "reload"])
    if manager == "ifupdown":
        image = step.journal.images + "/" + before["new_interfaces"]
        forget.append(["ifdown", "--force", "-i", image, before["bridge"]])
    for argv in forget:
        step.host.run(argv, timeout=step.timings.reload)
    bridge.take_apart(step.host, before["bridge"], before["port"])


def _take_up_old(step: Step, before: Plain) -> None:
    manager, interface = before["manager"], before["interface"]
    seconds, code = step.timings.reload, "undo-network"
    if manager == "netplan":
        step.run(["netplan", "apply"], seconds, code)
    elif manager == "networkmanager":
        step.run(["nmcli", "connection", "reload"], seconds, code)
        if before["old_profile"]:
            step.run(
                ["nmcli", "--wait", "60", "connection", "up", "uuid", before["old_profile"]],
                seconds,
                code,
            )
    elif manager == "networkd":
        step.run(["networkctl", "reload"], seconds, code)
        step.run(["networkctl", "reconfigure", interface], seconds, code)
    else:
        _ifupdown(step, before, before["new_interfaces"], [], code)


def _old_is_back(step: Step, before: Plain) -> bool:
    """True when the interface has an address that it could have had before."""
    old = [one for one in before["addresses"] if one["family"] == 4] or before["addresses"]
    if not old:
        return True  # a bare cable: there was none
    new = address.split(before["address"])[0]
    known = {one["address"] for one in old}
    leased = any(one["dynamic"] for one in old)
    for one in address.addresses(step.host, before["interface"]):
        if one["scope"] != "global" or not one["ready"]:
            continue
        if one["address"] in known and (one["dynamic"] or not leased):
            return True
        # DHCP may give another address than the last time.
        leases = leased and one["dynamic"] and one["family"] == old[0]["family"]
        if leases and one["address"] != new:
            return True
    return False


def _insist(step: Step, manager: str) -> None:
    """Start the manager anew: the stronger medicine, when taking up its files was not enough."""
    unit = {"networkmanager": "NetworkManager.service", "ifupdown": "networking.service"}.get(
        manager, "systemd-networkd.service"
    )
    step.host.run(["systemctl", "restart", "--", unit], timeout=step.timings.service)


def _by_hand(step: Step, before: Plain) -> None:
    interface = before["interface"]
    there = {one["address"] for one in address.addresses(step.host, interface)}
    for one in before["addresses"]:
        if one["address"] not in there:
            exact = "%s/%d" % (one["address"], one["prefix"])
            step.host.run(["ip", "address", "add", exact, "dev", interface], timeout=20.0)
    for gateway in before["routes"]:
        step.host.run(
            ["ip", "route", "add", "default", "via", gateway, "dev", interface], timeout=20.0
        )


def _ifupdown(step: Step, before: Plain, leaving: str, keep: List[str], code: str) -> None:
    """Leave the configuration kept as image `leaving`, then take up what the files say now.

    ifdown has to be told the configuration that is in force, or it does not end its DHCP client.
    It takes the link down, and with it the IPv6 link-local address: up again at once.
    """
    interface, seconds = before["interface"], step.timings.reload
    image = step.journal.images + "/" + leaving
    step.host.run(["ifdown", "--force", "-i", image, interface], timeout=seconds)
    step.host.run(["ip", "link", "set", "dev", interface, "up"], timeout=20.0)
    wanted = {address.split(a)[0] for a in keep}
    for one in address.addresses(step.host, interface):
        if one["scope"] == "global" and one["address"] not in wanted:
            exact = "%s/%d" % (one["address"], one["prefix"])
            step.host.run(["ip", "address", "del", exact, "dev", interface], timeout=20.0)
    argv = ["ifup", "--force", interface]
    done = step.host.run(argv, timeout=seconds)
    if not done.ok:
        # ifup fails when an address is there already, which is what was wanted.
        time.sleep(step.timings.poll)
        if not keep or not all(address.has(step.host, interface, a) for a in keep):
            raise StepError(code, said(done, argv))


def merged_interfaces(host: Host, path: str = "/etc/network/interfaces", depth: int = 0) -> str:
    """Return ifupdown's configuration as one text, with what it sources in place.

    See interfaces(5): `source` takes a pattern, `source-directory` a folder.
    """
    text = host.read(path)
    if text is None or depth > 5:
        return ""
    lines: List[str] = []
    for line in text.splitlines():
        words = line.split()
        if len(words) > 1 and words[0] in ("source", "source-directory"):
            pattern = words[1]
            if not pattern.startswith("/"):
                pattern = path.rpartition("/")[0] + "/" + pattern
            if words[0] == "source-directory":
                pattern = pattern.rstrip("/") + "/*"
            for found in _matching(host, pattern):
                lines.append(merged_interfaces(host, found, depth + 1))
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def _matching(host: Host, pattern: str) -> List[str]:
    folder, _, name = pattern.rpartition("/")
    if not any(c in name for c in "*?["):
        return [pattern]
    return [
        folder + "/" + entry
        for entry in host.list(folder)
        if not entry.startswith(".") and fnmatch.fnmatchcase(entry, name)
    ]


UNDO: Dict[str, Any] = {"network": undo}
