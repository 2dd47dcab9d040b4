"""NetworkManager: a profile of our own that goes before all others of the interface."""

from __future__ import annotations

import configparser
import ipaddress
import uuid
from functools import partial

from wizard.agent import names, wire
from wizard.plan.draft import Draft
from wizard.plan.target import Target
from wizard.plan.templates import render as fill

TOPIC = "static_ip"
WHERE = "static_ip.interface"
NAMESPACE = uuid.UUID("5d0a9a3c-7c0b-4f6e-9a43-3f0d1f2f8f10")
PRIORITY = 100
OURS = (names.NETWORKMANAGER_FILE, names.NETWORKMANAGER_PORT_FILE)
HIGHEST = 999  # nm-settings-keyfile(5), connection.autoconnect-priority


def render(draft: Draft, target: Target) -> tuple[wire.WriteFile, ...] | None:
    """Plan our keyfile; the old profile stays, only not in use.

    Source: nm-settings-keyfile(5). Only plain Ethernet: somebody else's bridge or bond profile
    also makes the interface, and its ports refer to it. For our own bridge there are two.
    """
    interface = target.cable or target.interface
    if interface.kind != "ethernet":
        draft.problem("networkmanager-kind", WHERE, interface=interface.name, kind=interface.kind)
        return None
    priority = PRIORITY
    for path, other in _profiles(draft.facts, interface.name):
        if other >= HIGHEST:
            draft.problem("networkmanager-priority", WHERE, path=path, interface=interface.name)
            return None
        priority = max(priority, other + 1)
    gateway = f",{target.gateway}" if target.gateway else ""
    mtu = f"mtu={interface.mtu}" if interface.mtu != 1500 else ""
    uuid_of = partial(profile_uuid, draft.facts.system.machine_id)
    files: tuple[wire.WriteFile, ...] | None = ()
    if target.cable is not None:
        port = fill(
            "networkmanager-cable.nmconnection",
            id=names.NETWORKMANAGER_PORT_NAME,
            uuid=uuid_of(f"{interface.name}/{names.BRIDGE}"),
            cable=interface.name,
            master=names.BRIDGE,
            priority=str(priority),
            mtu=mtu,
        )
        files = draft.write(names.NETWORKMANAGER_PORT_FILE, port, TOPIC, 0o600)
        mtu = ""  # that of its ports
    content = fill(
        "networkmanager.nmconnection",
        id=names.NETWORKMANAGER_NAME,
        uuid=uuid_of(target.interface.name),
        kind="bridge" if target.cable else "ethernet",
        interface=target.interface.name,
        priority=str(priority),
        mac=f"cloned-mac-address={target.interface.mac}" if target.cable else "",
        mtu=mtu,
        bridge="[bridge]\nstp=false\n" if target.cable else "",
        address=f"{target.address}{gateway}",
        dns="dns=" + "".join(f"{n};" for n in _family(target, 4)) if _family(target, 4) else "",
        method6=method6(target),
        address6=f"address1={target.address6}" if target.address6 else "",
        dns6="dns=" + "".join(f"{n};" for n in _family(target, 6)) if _family(target, 6) else "",
    )
    own = draft.write(names.NETWORKMANAGER_FILE, content, TOPIC, 0o600)
    return None if own is None or files is None else (*files, *own)


def profile_uuid(machine_id: str, interface: str) -> str:
    """Return the profile's UUID: the same at every run for one interface of one machine."""
    return str(uuid.uuid5(NAMESPACE, f"{machine_id}/{interface}"))


def _family(target: Target, version: int) -> list[str]:
    return [n for n in target.nameservers if ipaddress.ip_address(n).version == version]


def method6(target: Target) -> str:
    """Return ipv6.method, never "disabled": the link-local address is a change's lifeline."""
    if target.accept_ra:
        return "auto"
    return "manual" if target.address6 else "link-local"


def _profiles(facts: wire.Facts, interface: str) -> list[tuple[str, int]]:
    """The other profiles of the interface and their priorities."""
    found: list[tuple[str, int]] = []
    for file in facts.network.files:
        if not file.path.endswith(".nmconnection") or file.path in OURS:
            continue
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
        try:
            parser.read_string(file.text)
            connection = dict(parser["connection"])
            priority = int(connection.get("autoconnect-priority") or 0)
        except (configparser.Error, KeyError, ValueError):
            continue
        wired = connection.get("type") in ("ethernet", "802-3-ethernet")
        if wired and connection.get("interface-name") in (None, "", interface):
            found.append((file.path, priority))
    return found
