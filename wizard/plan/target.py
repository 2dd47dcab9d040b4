"""The address that the server shall have, parsed and checked against its interfaces."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace

from wizard.agent import names, wire
from wizard.plan.draft import Draft
from wizard.site import bridge


@dataclass(frozen=True)
class Target:
    """What the network manager is told.

    With `cable`, `interface` is the bridge that this program makes, there or not yet, and the
    cable is its port.
    """

    interface: wire.Interface
    address: ipaddress.IPv4Interface
    gateway: str  # "" = no default route
    address6: ipaddress.IPv6Interface | None
    nameservers: tuple[str, ...]  # for the server itself
    accept_ra: bool  # take IPv6 addresses and routes that a router announces
    cable: wire.Interface | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """All addresses with their prefix lengths, IPv4 first."""
        return (str(self.address), *((str(self.address6),) if self.address6 else ()))


def target(draft: Draft) -> Target | None:
    """Return what the site wants; None when that does not make sense on this server.

    What is wrong with the values is said by `wizard.site.problems`, not here.
    """
    wanted = draft.site.static_ip
    try:
        address = ipaddress.IPv4Interface(wanted.address)
        address6 = ipaddress.IPv6Interface(wanted.address6) if wanted.address6 else None
        gateway = str(ipaddress.IPv4Address(wanted.gateway)) if wanted.gateway else ""
    except ValueError:
        return None
    if "/" not in wanted.address or not wanted.interface:
        return None
    interface = draft.facts.interface(wanted.interface)
    if interface is None:
        return None
    cable = _cable(draft, interface)
    if cable is not None:
        interface = _bridge(draft.facts, cable)
    dns = draft.site.dns_dhcp
    return Target(
        interface=interface,
        address=address,
        gateway=gateway,
        address6=address6,
        nameservers=dns.upstream if gateway else (),
        # Without a way out nobody else may hand the server addresses and routes; and a server
        # that announces the LAN's prefix itself does not listen to others.
        accept_ra=bool(gateway) and not dns.router_advertisements,
        cable=cable,
    )


def _cable(draft: Draft, interface: wire.Interface) -> wire.Interface | None:
    """Return the cable that is, or shall be, a port of our bridge.

    A bridge that is there stays when the Wi-Fi goes: with one port it is as good as the cable.
    """
    if interface.name == names.BRIDGE:
        return bridge.cable(draft.facts)
    ap = draft.site.access_point
    wanted = ap.kind == "server" and ap.bridge and interface.kind == "ethernet"
    joined = interface.master == names.BRIDGE or (wanted and not interface.master)
    return interface if joined else None


def _bridge(facts: wire.Facts, cable: wire.Interface) -> wire.Interface:
    """Our bridge as it is, or as it will be: with the cable's MAC, so that the server stays
    the same one for everybody who knows it by that.
    """
    there = facts.interface(names.BRIDGE)
    if there is not None and cable.master == there.name:
        return there
    return replace(cable, name=names.BRIDGE, kind="bridge", driver="bridge", addresses=())
