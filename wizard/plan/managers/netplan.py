"""netplan: our file defines the interface completely, and nobody else defines it any more."""

from __future__ import annotations

import copy
import fnmatch
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wizard.agent import names, wire
from wizard.plan.draft import Draft
from wizard.plan.managers import networkmanager
from wizard.plan.target import Target
from wizard.plan.templates import render as fill
from wizard.plan.yaml import emit

TOPIC = "static_ip"
FOLDER = "/etc/netplan/"
WHERE = "static_ip.interface"
SECTIONS = ("ethernets", "bridges", "bonds", "vlans", "wifis")
PHYSICAL = ("ethernet", "wifi")

# What this program decides; everything else of a definition (match, set-name, mtu, optional,
# wakeonlan, the ports of a bridge ...) is carried over.
ADDRESSING = re.compile(
    r"accept-ra|addresses|dhcp-identifier|dhcp[46](-overrides)?|gateway[46]|link-local|nameservers"
    r"|ipv6-(address-generation|address-token|privacy)|networkmanager|routes|routing-policy"
)


@dataclass(frozen=True)
class Definition:
    """One definition of the interface in one file."""

    path: str
    section: str
    id: str
    content: Mapping[str, Any]


def render(draft: Draft, target: Target) -> tuple[wire.WriteFile, ...] | None:
    """Plan our netplan file and the removal of the interface's other definitions.

    netplan merges the lists of all files in /etc/netplan (netplan(5), "General structure"), so a
    second definition with `dhcp4: true` or another address would add to ours.
    """
    documents = draft.facts.network.netplan
    interface = target.cable or target.interface
    read = {posixpath.basename(path) for path in documents}  # one name shadows another
    for file in draft.facts.network.files:
        if file.path.startswith(FOLDER) and posixpath.basename(file.path) not in read:
            draft.problem("file-unread", WHERE, path=file.path, interface=interface.name)
            return None
    found = list(_definitions(documents, interface))
    if not _decidable(draft, interface, documents, found):
        return None
    text = fill("netplan.yaml", document=emit(_document(draft.facts, target, found)).rstrip())
    ours = draft.write(names.NETPLAN_FILE, text, TOPIC, 0o600, "netplan")
    if ours is None:
        return None
    old = [d for d in found if d.path != names.NETPLAN_FILE and d.content]
    changed: list[wire.WriteFile] = []
    for path in dict.fromkeys(d.path for d in old):
        rest = _without(documents, path, [d for d in old if d.path == path])
        content = fill("netplan-rest.yaml", document=emit(rest).rstrip()) if rest else None
        files = draft.rewrite(path, content, TOPIC, 0o600, "netplan" if content else "")
        if files is None:
            return None
        changed += files
    # Ours first: between the two the server has one definition too many, never none.
    return (*ours, *changed)


def _definitions(documents: Mapping[str, Any], interface: wire.Interface) -> Iterator[Definition]:
    for path in sorted(documents, key=posixpath.basename):
        network = _network(documents[path])
        for section in SECTIONS:
            for name, content in _items(network.get(section)):
                if _matches(name, content, interface):
                    yield Definition(path, section, name, content)


def _network(document: Any) -> Mapping[str, Any]:
    network = document.get("network") if isinstance(document, Mapping) else None
    return network if isinstance(network, Mapping) else {}


def _items(section: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(section, Mapping):
        for name, content in section.items():
            yield str(name), content if isinstance(content, Mapping) else {}


def _matches(name: str, content: Mapping[str, Any], interface: wire.Interface) -> bool:
    """True when a definition is for the interface: netplan(5), "match" and "set-name"."""
    if content.get("set-name") == interface.name:
        return True
    if "match" not in content:
        return name == interface.name
    match = content["match"] or {}
    drivers = match.get("driver", "*")
    return (
        str(match.get("macaddress", interface.mac)).lower() == interface.mac.lower()
        and fnmatch.fnmatchcase(interface.name, str(match.get("name", "*")))
        and any(
            fnmatch.fnmatchcase(interface.driver, str(driver))
            for driver in (drivers if isinstance(drivers, list) else [drivers])
        )
    )


def _decidable(
    draft: Draft, interface: wire.Interface, documents: Mapping[str, Any], found: list[Definition]
) -> bool:
    name = interface.name
    for one in found:
        others = [
            i.name
            for i in draft.facts.interfaces
            if i.name != name and i.kind in PHYSICAL and _matches(one.id, one.content, i)
        ]
        if others:
            draft.problem(
                "netplan-shared",
                WHERE,
                id=one.id,
                path=one.path,
                interface=name,
                others=", ".join(others),
            )
            return False
        if not one.path.startswith(FOLDER):
            draft.problem("netplan-elsewhere", WHERE, path=one.path, interface=name)
            return False
        if "(hidden)" in str(one.content):
            draft.problem("file-redacted", WHERE, path=one.path, interface=name)
            return False
    if any(one.section == "wifis" for one in found):
        draft.problem("interface-wifi", WHERE, interface=name)
        return False
    sections = sorted({one.section for one in found})
    if len(sections) > 1:
        draft.problem("netplan-twice", WHERE, interface=name, sections=", ".join(sections))
        return False
    ids = {one.id for one in found} | {name}
    for document in documents.values():
        for section in ("bridges", "bonds"):
            for master, content in _items(_network(document).get(section)):
                if master != names.BRIDGE and ids & {
                    str(port) for port in content.get("interfaces") or ()
                }:
                    draft.problem("interface-port", WHERE, interface=name, master=master)
                    return False
    routes = [
        f"{route.get('to')} via {route.get('via')}"
        for one in found
        if one.path != names.NETPLAN_FILE
        for route in one.content.get("routes") or ()
        if isinstance(route, Mapping) and route.get("to") not in ("default", "0.0.0.0/0", "::/0")
    ]
    if routes:
        draft.problem("routes-dropped", WHERE, "warning", interface=name, routes=", ".join(routes))
    return True


def _document(facts: wire.Facts, target: Target, found: list[Definition]) -> dict[str, Any]:
    """Our document: the same id as before, because VLANs and others refer to it."""
    name = (target.cable or target.interface).name
    section = found[0].section if found else "ethernets"
    one_id = found[0].id if found else name
    kept: dict[str, Any] = {}
    for one in found:
        kept.update((k, v) for k, v in one.content.items() if not ADDRESSING.fullmatch(k))
    if "match" in kept and not kept["match"]:
        kept["match"] = {"name": name}
    definition: dict[str, Any] = {key: kept[key] for key in sorted(kept)}
    if target.cable is not None:
        cable = definition | _renderer(facts) | {"dhcp4": False, "dhcp6": False, "link-local": []}
        ours = _bridge(target, one_id) | _addressing(facts, target)
        sections = {section: {one_id: cable}, "bridges": {target.interface.name: ours}}
        return {"network": {"version": 2, **sections}}
    definition |= _addressing(facts, target)
    return {"network": {"version": 2, section: {one_id: definition}}}


def _renderer(facts: wire.Facts) -> dict[str, Any]:
    """What NetworkManager is told: our profile goes before any that it made by itself."""
    if facts.network.renderer != "networkmanager":
        return {}
    passthrough = {"connection.autoconnect-priority": str(networkmanager.PRIORITY)}
    return {"renderer": "NetworkManager", "networkmanager": {"passthrough": passthrough}}


def _bridge(target: Target, port: str) -> dict[str, Any]:
    return {
        "interfaces": [port],
        "macaddress": target.interface.mac,
        # nobody waits for a spanning tree: there is one cable
        "parameters": {"forward-delay": 0, "stp": False},
    }


def _addressing(facts: wire.Facts, target: Target) -> dict[str, Any]:
    definition = _renderer(facts)
    if facts.network.renderer == "networkmanager":
        # What netplan would leave to chance: without an IPv6 address it writes "ignore".
        definition["networkmanager"]["passthrough"] |= {
            "ipv6.method": networkmanager.method6(target),
            "ipv6.addr-gen-mode": "eui64",
        }
    definition |= {
        "dhcp4": False,
        "dhcp6": False,
        "accept-ra": target.accept_ra,
        "link-local": ["ipv6"],
        "addresses": list(target.addresses),
    }
    if target.gateway:
        definition["routes"] = [{"to": "default", "via": target.gateway}]
    if target.nameservers:
        definition["nameservers"] = {"addresses": list(target.nameservers)}
    return definition


def _without(documents: Mapping[str, Any], path: str, gone: list[Definition]) -> dict[str, Any]:
    """Return a document without some definitions; empty when nothing of worth remains.

    A renderer stays, because it counts for the other files too. Where a VLAN or a bridge refers
    to a definition, its bare name stays: netplan reads files in order and wants it defined by
    then.
    """
    rest: dict[str, Any] = copy.deepcopy(dict(documents[path]))
    network = rest["network"]
    for one in gone:
        del network[one.section][one.id]
        others = [rest, *(document for key, document in documents.items() if key != path)]
        if any(_refers(document, one.id) for document in others):
            network[one.section][one.id] = {}
        if not network[one.section]:
            del network[one.section]
    return rest if set(network) - {"version"} or set(rest) - {"network"} else {}


def _refers(value: Any, name: str) -> bool:
    """True when a definition's id is the value of some setting (`link`, `interfaces` ...)."""
    if isinstance(value, Mapping):
        return any(_refers(item, name) for key, item in value.items() if key != "set-name")
    if isinstance(value, (list, tuple)):
        return any(_refers(item, name) for item in value)
    return bool(value == name)
