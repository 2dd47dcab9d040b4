"""The server's fixed address: the manager's files, the address beside the old one, the switch."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.agent import names, wire
from wizard.plan import cloud_init
from wizard.plan.draft import Draft
from wizard.plan.managers import MANAGERS, choose
from wizard.plan.target import Target
from wizard.site.static_ip import own_radio

TOPIC = "static_ip"
KINDS = ("ethernet", "bridge", "bond", "vlan")


@dataclass(frozen=True)
class StaticIp:
    """The changes in the three steps in which they are safe."""

    possible: bool = True  # False: the address is not there and cannot be set
    files: tuple[wire.WriteFile, ...] = ()
    beside: tuple[wire.AddAddress, ...] = ()
    switch: tuple[wire.ReloadNetwork, ...] = ()


def static_ip(draft: Draft, target: Target) -> StaticIp:
    """Plan the fixed address; nothing when it is there already or cannot be set."""
    interface = target.interface
    if own_radio(draft.site) and interface.kind == "wifi":
        return StaticIp()  # the access point brings it along
    real = target.cable or interface
    manager = choose(draft, real) if _usable(draft, target) else ""
    rendered = MANAGERS[manager](draft, target) if manager else None
    if rendered is None:
        return StaticIp(possible=_in_force(draft.facts, target))
    files = (*cloud_init.files(draft), *rendered)
    # Without a cable no manager brings an address up, so a second try would change nothing.
    if not rendered and (not interface.carrier or _in_force(draft.facts, target)):
        return StaticIp(files=files)
    # Until the bridge is there, the cable is where both addresses answer.
    there = real if _new(target) else interface
    present = {a.address for a in there.addresses}
    beside = () if str(target.address.ip) in present else (_beside(target, there),)
    by_networkmanager = "networkmanager" in (manager, draft.facts.network.renderer)
    reload = wire.ReloadNetwork(
        manager=manager,
        renderer=draft.facts.network.renderer if manager == "netplan" else "",
        interface=interface.name,
        address=str(target.address),
        address6=str(target.address6) if target.address6 else "",
        profile=names.NETWORKMANAGER_NAME if manager == "networkmanager" else "",
        old_profile=there.profile_id if by_networkmanager else "",
        port=target.cable.name if target.cable is not None else "",
    )
    if target.gateway and not target.nameservers:
        draft.problem("server-without-dns", "dns_dhcp.upstream", "note")
    return StaticIp(True, files, beside, (reload,))


def _beside(target: Target, there: wire.Interface) -> wire.AddAddress:
    return wire.AddAddress(there.name, str(target.address))


def _new(target: Target) -> bool:
    """True while the cable is no port of the bridge yet."""
    return target.cable is not None and target.cable.master != target.interface.name


def _usable(draft: Draft, target: Target) -> bool:
    """True when an address can be set; `wizard.site.problems` tells of ports and virtual ones."""
    interface = target.interface
    if interface.kind == "wifi":
        draft.problem("interface-wifi", "static_ip.interface", interface=interface.name)
    return interface.kind in KINDS and not interface.master


def _in_force(facts: wire.Facts, target: Target) -> bool:
    """True when the running system has what the files say, and no lease beside it."""
    if _new(target):
        return False
    there = {f"{a.address}/{a.prefix}" for a in target.interface.addresses if not a.dynamic}
    leased = any(
        a.dynamic and a.family == 4 and a.scope == "global" for a in target.interface.addresses
    )
    gateways = {
        r.gateway for r in facts.routes if r.family == 4 and r.interface == target.interface.name
    }
    wanted = {target.gateway} if target.gateway else set()
    return set(target.addresses) <= there and not leased and gateways == wanted
