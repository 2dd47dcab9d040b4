"""DNS and DHCP of the site: dnsmasq's settings, the unit that runs it, and its start."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from wizard.agent import names, wire
from wizard.plan.draft import Draft
from wizard.plan.target import Target
from wizard.plan.templates import render
from wizard.site.model import Site

TOPIC = "dns_dhcp"

# What dnsmasq(8) keeps after it has given root away (raw sockets and ARP entries for DHCP, low
# ports), and what it needs to get there (change user, own and reopen its lease file).
CAPABILITIES = (
    "CAP_NET_ADMIN CAP_NET_RAW CAP_NET_BIND_SERVICE"
    " CAP_SETUID CAP_SETGID CAP_CHOWN CAP_DAC_OVERRIDE"
)


@dataclass(frozen=True)
class DnsDhcp:
    """The changes in the three steps in which they are safe."""

    stop: tuple[wire.SetService, ...] = ()
    files: tuple[wire.WriteFile, ...] = ()
    start: tuple[wire.SetService, ...] = ()


def dns_dhcp(draft: Draft, target: Target) -> DnsDhcp:
    """Plan the service; or its end, when the site does not want it any more."""
    service = draft.facts.service(names.DNSMASQ_UNIT)
    if not draft.site.dns_dhcp.enabled:
        return _removal(draft, service)
    conf = draft.write(names.DNSMASQ_CONF, settings(draft.site, target), TOPIC, check="dnsmasq")
    unit = draft.write(names.DNSMASQ_UNIT_FILE, unit_file(), TOPIC, check="systemd")
    files = (*(conf or ()), *(unit or ()))
    enabled = service is not None and service.enabled == "enabled"
    running = service is not None and service.active == "active"
    if not files and enabled and running:
        return DnsDhcp()
    start = wire.SetService(
        unit=names.DNSMASQ_UNIT,
        topic=TOPIC,
        enabled=None if enabled else True,
        active="restarted" if files and running else None if running else "started",
        masked=False if service is not None and service.load == "masked" else None,
    )
    return DnsDhcp(files=files, start=(start,))


def settings(site: Site, target: Target) -> str:
    """Return dnsmasq's configuration. Source: dnsmasq(8)."""
    return render(
        "dnsmasq.conf",
        interface=target.interface.name,
        names="\n".join(_names(site, target)),
        others="\n".join(_others(site)),
        dhcp="\n".join(_dhcp(site, target)),
        router_advertisements="\n".join(_router_advertisements(site, target)),
    )


def unit_file() -> str:
    """Return the systemd unit. Source: systemd.service(5), systemd.exec(5)."""
    return render(
        "cht-offline-dns.service",
        conf=names.DNSMASQ_CONF,
        state=names.LEASES.rpartition("/")[2],
        capabilities=CAPABILITIES,
    )


def _removal(draft: Draft, service: wire.Service | None) -> DnsDhcp:
    files = (
        *(draft.write(names.DNSMASQ_UNIT_FILE, None, TOPIC) or ()),
        *(draft.write(names.DNSMASQ_CONF, None, TOPIC) or ()),
    )
    if service is None or (service.active != "active" and service.enabled != "enabled"):
        return DnsDhcp(files=files)
    stop = wire.SetService(names.DNSMASQ_UNIT, TOPIC, enabled=False, active="stopped")
    return DnsDhcp(stop=(stop,), files=files)


def _names(site: Site, target: Target) -> list[str]:
    """Our names with their addresses; a question for another type gets NODATA through `local`."""
    addresses: dict[str, list[str]] = {
        site.domain: [str(ipaddress.ip_interface(a).ip) for a in target.addresses]
    }
    for extra in site.dns_dhcp.names:
        known = addresses.setdefault(extra.name, [])
        if extra.address not in known:
            known.append(extra.address)
    lines: list[str] = []
    for name, known in addresses.items():
        v4 = [a for a in known if ":" not in a]
        v6 = [a for a in known if ":" in a]
        # A host record holds one address of each family; further ones need further records.
        for index in range(max(len(v4), len(v6))):
            lines.append(
                ",".join([f"host-record={name}", *v4[index : index + 1], *v6[index : index + 1]])
            )
        lines.append(f"local=/{name}/")
    return lines


def _others(site: Site) -> list[str]:
    if site.dns_dhcp.upstream:
        return [
            "# All other names are asked for here.",
            *(f"server={address}" for address in site.dns_dhcp.upstream),
            "cache-size=1000",
        ]
    return [
        "# All other names: “there is no such name”, at once, because nobody could be asked.",
        "local=/#/",
    ]


def _dhcp(site: Site, target: Target) -> list[str]:
    dns, address = site.dns_dhcp, target.address
    lines = [
        "# Addresses for phones. The router is always given, because Android takes a network",
        "# without one for broken; and only one DNS server, because phones would use a second.",
        "dhcp-authoritative",
        f"dhcp-range={dns.first},{dns.last},{address.netmask},{dns.lease}",
        f"dhcp-lease-max={_size(dns.first, dns.last) + len(dns.reservations)}",
        f"dhcp-leasefile={names.LEASES}/dnsmasq.leases",
        "# What a device calls itself is not answered as a name.",
        "dhcp-ignore-names",
        f"dhcp-option=option:router,{target.gateway or address.ip}",
        f"dhcp-option=option:dns-server,{address.ip}",
    ]
    if dns.ntp:
        lines.append(f"dhcp-option=option:ntp-server,{address.ip}")
    lines += [
        ",".join(part for part in (f"dhcp-host={r.mac}", r.address, r.name) if part)
        for r in dns.reservations
    ]
    return lines


def _size(first: str, last: str) -> int:
    return int(ipaddress.IPv4Address(last)) - int(ipaddress.IPv4Address(first)) + 1


def _router_advertisements(site: Site, target: Target) -> list[str]:
    """IPv6 by router advertisement (RFC 4861), with the DNS server in it (RFC 8106)."""
    if not site.dns_dhcp.router_advertisements or target.address6 is None:
        return []
    network = target.address6.network
    time = [f"dhcp-option=option6:ntp-server,[{target.address6.ip}]"] if site.dns_dhcp.ntp else []
    return [
        "# IPv6: the prefix and the DNS server are announced. The server does not offer itself as",
        "# the way to the Internet (router lifetime 0), because it leads nowhere.",
        "enable-ra",
        f"ra-param={target.interface.name},60,0",
        f"dhcp-range={network.network_address},ra-stateless,{network.prefixlen},{site.dns_dhcp.lease}",
        f"dhcp-option=option6:dns-server,[{target.address6.ip}]",
        *time,
    ]
