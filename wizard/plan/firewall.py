"""The firewall: what phones and this program need is open on the site's interface."""

from __future__ import annotations

from wizard.agent import wire
from wizard.plan.draft import Draft
from wizard.plan.target import Target

Port = tuple[int, str]


def firewall(draft: Draft, target: Target) -> tuple[wire.OpenPorts, ...]:
    """Plan the ports that are still closed; a hand-made rule set is only warned about."""
    state, interface = draft.facts.firewall, target.interface.name
    if not state.active or state.kind not in ("ufw", "firewalld", "nftables"):
        return ()
    wanted = needed(draft)
    if state.kind == "nftables":
        draft.problem(
            "firewall-by-hand",
            "static_ip.interface",
            "warning",
            interface=interface,
            ports=", ".join(f"{port}/{protocol}" for port, protocol in wanted),
        )
        return ()
    if unread := next((p for p in draft.facts.problems if p.startswith("firewalld: ")), ""):
        draft.problem("firewall-unread", "static_ip.interface", why=unread.partition(": ")[2])
        return ()
    zone, rules = state.zone if state.kind == "firewalld" else "", set(state.rules)
    if state.kind == "firewalld" and draft.facts.interface(interface) is None:
        zone, rules = "", set()  # a new bridge comes into the default zone, whatever the cable's is
    closed = tuple(
        f"{port}/{protocol}"
        for port, protocol in wanted
        if not {f"{port}/{protocol}", f"{port}/{protocol}@{interface}"} & rules
    )
    return (wire.OpenPorts(state.kind, closed, interface, zone),) if closed else ()


def needed(draft: Draft) -> tuple[Port, ...]:
    """Return the ports that have to be open: SSH first, without which nothing can be mended."""
    site, connection = draft.site, draft.facts.connection
    ports: list[Port] = [(connection.server_port if connection else site.server.port, "tcp")]
    ports += [(80, "tcp"), (443, "tcp")]
    if site.dns_dhcp.enabled:
        ports += [(53, "udp"), (53, "tcp"), (67, "udp")]
        if site.dns_dhcp.ntp:
            ports.append((123, "udp"))
        if site.dns_dhcp.router_advertisements and site.static_ip.address6:
            ports.append((547, "udp"))
    return tuple(ports)
