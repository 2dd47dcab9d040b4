"""The fixed address: an interface, an address that is the server's to have, a way out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv6Interface

from wizard.agent import names as agent_names
from wizard.agent import wire
from wizard.problem import Problem
from wizard.site import bridge, names
from wizard.site.addresses import (
    CGNAT,
    PRIVATE,
    Network,
    ends,
    interface4,
    interface6,
    ip,
    ipv4,
    ipv6,
    lan,
    network,
    special4,
    special6,
    usable,
)
from wizard.site.model import Site
from wizard.site.words import finding

INTERFACE = "static_ip.interface"
ADDRESS = "static_ip.address"
GATEWAY = "static_ip.gateway"
ADDRESS6 = "static_ip.address6"

# Bridges that container and virtual machine software makes for itself.
_INNER = re.compile(r"docker\d+|br-[0-9a-f]{12}|virbr\d+|lxdbr\d+|lxcbr\d+|cni\d+|podman\d+")


def check(site: Site, facts: wire.Facts | None) -> Iterator[Problem]:
    """Yield what is wrong with the address, and with its place among what the server has."""
    yield from _interface(site)
    present = bridge.lan(facts, site.static_ip.interface) if facts is not None else None
    if facts is not None and names.is_interface(site.static_ip.interface):
        yield from _interface_there(site, facts, present)
    yield from _address(site.static_ip.address)
    if facts is not None:
        yield from _address_there(site, facts, present)
    yield from _gateway(site)
    if facts is not None and present is not None:
        yield from _way_out(site, facts, present)
    yield from _address6(site)
    if facts is not None:
        yield from _address6_there(site, facts, present)


def _interface(site: Site) -> Iterator[Problem]:
    name = site.static_ip.interface
    if not name.strip():
        yield finding("interface_missing", INTERFACE)
    elif name == "lo":
        yield finding("interface_loopback", INTERFACE)
    elif not names.is_interface(name):
        yield finding("interface_invalid", INTERFACE, value=name)


def _interface_there(
    site: Site, facts: wire.Facts, present: wire.Interface | None
) -> Iterator[Problem]:
    name = site.static_ip.interface
    if name == "lo":
        return
    if present is None:
        known = ", ".join(i.name for i in facts.interfaces if outer(i)) or "-"
        yield finding("interface_unknown", INTERFACE, value=name, known=known)
        return
    if not outer(present):
        yield finding("interface_virtual", INTERFACE, value=name)
        return
    if present.master and present.master != agent_names.BRIDGE:
        yield finding("interface_member", INTERFACE, value=name, master=present.master)
    if own_radio(site) and present.kind == "wifi":
        return  # no cable, no other manager: the access point brings the address along
    if not present.carrier:
        yield finding("interface_no_link", INTERFACE, value=name)
    if present.kind == "wifi":
        yield finding("interface_wifi", INTERFACE, value=name)
    other = facts.network.manager
    if not present.manager:
        yield finding("interface_unmanaged", INTERFACE, value=name)
    elif other and present.manager != other:
        manager = present.manager
        yield finding(
            "interface_other_manager", INTERFACE, value=name, manager=manager, other=other
        )


def own_radio(site: Site) -> bool:
    """Whether the Wi-Fi of the server's own radio is the LAN itself."""
    ap = site.access_point
    return ap.kind == "server" and not ap.bridge and ap.interface == site.static_ip.interface


def outer(interface: wire.Interface) -> bool:
    """Whether a cable or radio can lead to the interface."""
    return interface.kind not in ("loopback", "virtual") and not _INNER.fullmatch(interface.name)


def _address(text: str) -> Iterator[Problem]:
    own = interface4(text)
    if own is None:
        yield _address_form(text)
        return
    value, net = str(own.ip), own.network
    kind = special4(own.ip)
    if kind:
        yield finding(f"address_{kind}", ADDRESS, value=value)
    elif not any(net.subnet_of(block) for block in (*PRIVATE, CGNAT)):
        yield finding("address_beyond_private", ADDRESS, value=value, network=str(net))
    elif net.prefixlen < 16:
        yield finding("address_prefix_large", ADDRESS, network=str(net))
    if own.ip in CGNAT:
        yield finding("address_cgnat", ADDRESS, value=value)
    if not usable(net):
        yield finding("address_prefix_small", ADDRESS, prefix=net.prefixlen)
    elif own.ip == net.network_address:
        yield finding(
            "address_network", ADDRESS, value=value, first=f"{ends(net)[0]}/{net.prefixlen}"
        )
    elif own.ip == net.broadcast_address:
        yield finding(
            "address_broadcast", ADDRESS, value=value, first=f"{ends(net)[0]}/{net.prefixlen}"
        )


def _address_form(text: str) -> Problem:
    address, slash, length = text.partition("/")
    if not text.strip():
        return finding("address_missing", ADDRESS)
    if ipv6(address) is not None:
        return finding("address_is_ipv6", ADDRESS, value=text)
    if ipv4(address) is None:
        return finding("address_invalid", ADDRESS, value=text)
    if not slash:
        return finding("address_prefix_missing", ADDRESS, value=text)
    if ipv4(length) is not None:
        return finding("address_netmask", ADDRESS, value=text)
    return finding("address_prefix_invalid", ADDRESS, value=text)


def _address_there(
    site: Site, facts: wire.Facts, present: wire.Interface | None
) -> Iterator[Problem]:
    own = interface4(site.static_ip.address)
    if own is None:
        return
    yield from _overlaps(own, ADDRESS, site, facts)
    here = [interface4(f"{a.address}/{a.prefix}") for a in (present.addresses if present else ())]
    if own not in here and any(a is not None and a.network == own.network for a in here):
        yield finding("address_same_network", ADDRESS, value=str(own.ip), network=str(own.network))


def _overlaps(
    own: IPv4Interface | IPv6Interface, path: str, site: Site, facts: wire.Facts
) -> Iterator[Problem]:
    """Yield which other network of the server shares addresses with the chosen one."""
    docker = [n for n in map(network, facts.docker.networks) if n is not None]
    clash = next((n for n in docker if n.version == own.version and own.network.overlaps(n)), None)
    if clash is not None:
        yield finding("address_overlaps_docker", path, network=str(own.network), other=str(clash))
    chosen = site.static_ip.interface
    for other in facts.interfaces:
        # A bridge and its ports are one link; the plan moves the address between them.
        master = next((i.master for i in facts.interfaces if i.name == chosen), "")
        if other.name in (chosen, master) or other.master == chosen or other.kind == "loopback":
            continue
        if other.kind == "wifi" and _leaves_radio(site, facts):
            continue
        problem = _overlap(own, path, other, docker)
        if problem is not None:
            yield problem


def _leaves_radio(site: Site, facts: wire.Facts) -> bool:
    """Whether our access point lets go of the radio's address before all else, to end or to join.

    Its unit is stopped early where it is removed or changed.
    """
    service = facts.service(agent_names.HOSTAPD_UNIT)
    running = service is not None and service.active == "active"
    return running and (site.access_point.kind != "server" or site.access_point.bridge)


def _overlap(
    own: IPv4Interface | IPv6Interface,
    path: str,
    other: wire.Interface,
    docker: list[Network],
) -> Problem | None:
    for address in other.addresses:
        there = network(f"{address.address}/{address.prefix}")
        if there is None or there.version != own.version or address.scope != "global":
            continue
        if ip(address.address) == own.ip:
            value = str(own.ip)
            return finding("address_on_other_interface", path, value=value, interface=other.name)
        if own.network.overlaps(there) and there not in docker:
            return finding(
                "address_overlaps_interface",
                path,
                network=str(own.network),
                other=str(there),
                interface=other.name,
            )
    return None


def _gateway(site: Site) -> Iterator[Problem]:
    text = site.static_ip.gateway
    if not text:
        return
    gateway, own = ipv4(text), lan(site)
    if gateway is None:
        yield finding("gateway_invalid", GATEWAY, value=text)
    elif own is None:
        return
    elif gateway not in own.network:
        yield finding("gateway_outside", GATEWAY, value=text, network=str(own.network))
    elif gateway == own.ip:
        yield finding("gateway_is_server", GATEWAY, value=text)
    elif gateway in (own.network.network_address, own.network.broadcast_address):
        yield finding("gateway_not_host", GATEWAY, value=text)


def _way_out(site: Site, facts: wire.Facts, present: wire.Interface) -> Iterator[Problem]:
    ways = [r for r in facts.routes if r.family == 4]
    # A default route through another interface stays as it is.
    if site.static_ip.gateway or any(r.interface != present.name for r in ways):
        return
    for route in ways[:1]:
        yield finding("gateway_dropped", GATEWAY, value=route.gateway)


def _address6(site: Site) -> Iterator[Problem]:
    text = site.static_ip.address6
    if not text:
        return
    own = interface6(text)
    if own is None:
        yield _address6_form(text)
        return
    value = str(own.ip)
    kind = special6(own.ip)
    if kind:
        yield finding(f"address6_{kind}", ADDRESS6, value=value)
    elif own.ip.packed[0] == 0xFC:
        yield finding("address6_not_fd", ADDRESS6, value=value)
    if own.network.prefixlen != 64:
        wanted = site.dns_dhcp.router_advertisements
        code = "address6_prefix_64" if wanted else "address6_prefix_unusual"
        yield finding(code, ADDRESS6, prefix=own.network.prefixlen)
    # All zeros behind the prefix is the anycast address of routers, RFC 4291 2.6.1.
    elif own.ip == own.network.network_address:
        yield finding("address6_network", ADDRESS6, value=value, first=f"{own.ip + 1}/64")


def _address6_form(text: str) -> Problem:
    address, slash, _ = text.partition("/")
    if ipv4(address) is not None:
        return finding("address6_is_ipv4", ADDRESS6, value=text)
    if ipv6(address) is not None and not slash:
        return finding("address6_prefix_missing", ADDRESS6, value=text)
    return finding("address6_invalid", ADDRESS6, value=text)


def _address6_there(
    site: Site, facts: wire.Facts, present: wire.Interface | None
) -> Iterator[Problem]:
    own = interface6(site.static_ip.address6)
    if own is not None:
        yield from _overlaps(own, ADDRESS6, site, facts)
    if present is None or present.ipv6 or not outer(present):
        return
    if site.static_ip.address6:
        value = site.static_ip.address6
        yield finding("ipv6_disabled", ADDRESS6, interface=present.name, value=value)
    elif not own_radio(site):
        yield finding("no_lifeline", INTERFACE, interface=present.name)
