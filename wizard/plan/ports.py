"""Who holds the ports that DNS, DHCP and HTTPS need."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

from wizard.agent import names, wire
from wizard.plan.draft import Draft
from wizard.plan.target import Target

WHAT = {53: "DNS questions (port 53)", 67: "DHCP requests (port 67)"}


def ports(draft: Draft, target: Target) -> None:
    """Note everybody who would keep our DNS or DHCP from starting.

    Holders of loopback addresses (systemd-resolved, NetworkManager's dnsmasq) and of other
    interfaces (libvirt, LXD) do not disturb, because ours binds to its own addresses only.
    """
    if not draft.site.dns_dhcp.enabled:
        return
    held(draft, target.interface, target.addresses)


def held(draft: Draft, interface: wire.Interface, wanted: Collection[str] = ()) -> None:
    """Note who else listens for DNS and DHCP on an interface.

    `wanted` are addresses, with prefix, that it gets besides those that it has.
    """
    mine = {str(ipaddress.ip_interface(a).ip) for a in wanted}
    mine |= {a.address for a in interface.addresses}
    holders: dict[tuple[str, str], list[wire.Listener]] = {}
    for one in draft.facts.listeners:
        asked = one.port == 53 or (one.port, one.protocol) == (67, "udp")
        if asked and one.unit != names.DNSMASQ_UNIT and _disturbs(one.address, interface, mine):
            holders.setdefault((one.process, one.unit), []).append(one)
    for (process, unit), listeners in holders.items():
        draft.problem(
            "port-held",
            "dns_dhcp.enabled",
            process=process or "Something",
            of_unit=f" ({unit})" if unit else "",
            what=" and ".join(WHAT[port] for port in sorted({one.port for one in listeners})),
            address=", ".join(dict.fromkeys(one.address for one in listeners)),
            interface=interface.name,
        )


def https(draft: Draft, repaired: bool) -> None:
    """Note when nothing is behind port 443. `repaired`: the plan brings the web server up."""
    facts = draft.facts
    # Kubernetes and Docker without its proxy process forward ports without a listener.
    served = (
        repaired
        or bool(facts.kubernetes)
        or any(item.port == 443 and item.protocol == "tcp" for item in facts.listeners)
        or any(web.https_port == 443 and web.running for web in facts.web)
    )
    if not served:
        others = [
            f" {web.container or web.unit} is on port {web.https_port}."
            for web in facts.web
            if web.https_port and web.https_port != 443
        ]
        draft.problem("https-not-served", "server", "warning", elsewhere="".join(others))


def _disturbs(address: str, interface: wire.Interface, mine: Collection[str]) -> bool:
    host, _, device = address.strip("[]").partition("%")
    if device and device != interface.name:
        return False
    if host in ("*", ""):
        return True
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return False
    return ip.is_unspecified or str(ip) in mine
