"""The heart of the program: from what is and what is wanted to the changes between them."""

from __future__ import annotations

import ipaddress
from datetime import datetime

from wizard.agent import wire
from wizard.certificate.bundle import Bundle
from wizard.plan import ports, sentences
from wizard.plan.access_point import AccessPoint, access_point
from wizard.plan.certificate import certificate
from wizard.plan.clock import Clock, clock, wrong
from wizard.plan.dns_dhcp import DnsDhcp, dns_dhcp
from wizard.plan.draft import Draft, present, soften
from wizard.plan.firewall import firewall
from wizard.plan.model import Plan
from wizard.plan.packages import packages
from wizard.plan.static_ip import StaticIp, static_ip
from wizard.plan.target import Target, target
from wizard.problem import Problem
from wizard.site.model import Site
from wizard.site.problems import problems as site_problems
from wizard.site.static_ip import own_radio


def plan(
    site: Site,
    facts: wire.Facts,
    bundle: Bundle | None,
    *,
    now: datetime,
    renew: bool = False,
    who: str = "",
    passphrase: str = "",
) -> Plan:
    """Return the changes that make a server what its site wants; pure, reads and asks nothing.

    The order keeps every instant safe:

    0. the clock, if packages follow: by a wrong one their source is refused;
    1. packages, which need the way to the Internet that the old address still has;
    2. the certificate: tried where it is, and a failure here costs no network;
    3. the end of services that are not wanted, and files that nobody reads yet;
    4. the firewall, so that the new address finds its ports open, SSH first;
    5. the network manager's files, which count from the next reload (or start) on;
    6. the new address beside the old one: the laptop tries it while both answer;
    7. the network's reload, the one moment of the break;
       Then the clock, if it was not set before: a DHCP client that goes by it (dhclient) would
       drop the old address;
    8. the time, and the access point, which its phones see before anybody answers them;
    9. DNS and DHCP, which belong to the new address and would disturb the old network.

    `renew` plans the certificate alone. `passphrase` is the Wi-Fi's; "" keeps the one that the
    server has.
    """
    draft = Draft(site, facts)
    set_clock = wrong(draft, now, bundle)
    wanted = None if renew else target(draft)
    install = () if renew else packages(draft)
    new_certificate = certificate(draft, bundle, renew=renew)
    address, service, wifi, time = StaticIp(), DnsDhcp(), AccessPoint(), Clock()
    opened: tuple[wire.OpenPorts, ...] = ()
    if wanted is not None:
        address = static_ip(draft, wanted)
        wifi = access_point(draft, wanted, passphrase, address.possible)
        if own_radio(site) and not wifi.possible:
            address = StaticIp(possible=False)
        ports.ports(draft, wanted)
        # Without the address there is nothing that DNS and DHCP could be bound to.
        if address.possible:
            opened = firewall(draft, wanted)
        if address.possible and _named(site, wanted):
            service = dns_dhcp(draft, wanted)
    if not renew:
        time = clock(draft, wanted if address.possible else None)
        ports.https(draft, repaired=any(c.https_port == 443 for c in new_certificate))
    moved = () if renew or set_clock is None else (set_clock,)
    changes: tuple[wire.Change, ...] = (
        *(moved if install else ()),
        *install,
        *new_certificate,
        *time.stop,
        *service.stop,
        *time.files,
        *wifi.stop,
        *service.files,
        *wifi.files,
        *opened,
        *address.files,
        *address.beside,
        *address.switch,
        *(() if install else moved),
        *time.start,
        *wifi.start,
        *service.start,
    )
    files = [c.path for c in changes if isinstance(c, wire.WriteFile)]
    problems = _problems(site, facts, draft.problems, renew)
    hindered = any(p.severity != "note" or p.code == "ap-radio-unread" for p in problems)
    return Plan(
        changes=changes,
        problems=problems,
        now=now,
        interface=wanted.interface.name if wanted is not None else site.static_ip.interface,
        who=who,
        renew=renew,
        no_op=sentences.no_op(site, renew, hindered),
        before={path: present(facts, path).text for path in files},
    )


def _named(site: Site, wanted: Target) -> bool:
    """True when the site says enough for DNS and DHCP; else `site.problems` says what lacks."""
    dns = site.dns_dhcp
    if not dns.enabled:
        return True
    try:
        first, last = ipaddress.IPv4Address(dns.first), ipaddress.IPv4Address(dns.last)
    except ValueError:
        return False
    return bool(site.domain) and first <= last and first in wanted.address.network


# What this room knows better than the site's own check: planning's word replaces that one.
REPLACES = {
    "interface-wifi": "interface_wifi",
    "manager-none": "interface_unmanaged",
    "manager-several": "interface_unmanaged",
    "manager-unsupported": "interface_unmanaged",
    "no-certificate": "certificate_none",
    "web-several": "certificate_web_several",
    "web-unknown": "certificate_web_unknown",
}
RENEWAL = ("certificate", "domain")  # the parts of a site that a renewal is about


def _problems(
    site: Site, facts: wire.Facts, own: list[Problem], renew: bool
) -> tuple[Problem, ...]:
    """The site's contradictions and what planning found, the worst first."""
    replaced = {REPLACES[p.code] for p in own if p.code in REPLACES}
    found = [
        soften(site, p)
        for p in site_problems(site, facts)
        if p.code not in replaced
        and (not renew or p.field.startswith(RENEWAL))
        # The site's check does not know that a warning can be accepted for one path.
        and not str(p.arguments.get("value", "")).startswith("edited-by-hand:")
    ]
    order = {"problem": 0, "warning": 1, "note": 2}
    return tuple(sorted([*found, *own], key=lambda p: order[p.severity]))
