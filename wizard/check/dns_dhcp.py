"""Who hands out addresses and DNS servers on the site's LAN?"""

from __future__ import annotations

import ipaddress

from wizard.agent.wire import DhcpOffer
from wizard.check.base import Check, Look, Said, failed, passed, skipped, warning
from wizard.check.devices import named


class OwnLease(Check):
    """The laptop's lease is from this server, and this DNS server is the only one in it."""

    code = "lease"
    page = "dns_dhcp"
    needs = ("link",)
    limit = 3.0

    def _ask(self, look: Look) -> Said:
        target, lease = look.target, look.around.lease
        if target.connect:
            return skipped("practice")
        if not target.dns_dhcp:
            return skipped("not-ours")
        if lease is None:
            return skipped("unknown")
        if not lease.dynamic:
            return warning("static", own=lease.address)
        if lease.server and lease.server != target.address:
            return failed("other-server", server=lease.server)
        if not lease.dns:
            return failed("no-dns")
        dns = ", ".join(lease.dns)
        if any(not _is_server(each, target.address, target.address6) for each in lease.dns):
            return failed("other-dns", dns=dns)
        return passed(own=lease.address, dns=dns)


def _is_server(dns: str, address: str, address6: str) -> bool:
    plain = ipaddress.ip_address(dns.partition("%")[0])
    # A router advertisement names the server by its link-local address (RFC 8106), which tells
    # nothing that could be compared here.
    return str(plain) in (address, address6) or plain.is_link_local


class OtherDhcp(Check):
    """The DISCOVER that the agent sent found no second DHCP server (RFC 2131)."""

    code = "dhcp"
    page = "dns_dhcp"
    limit = 3.0

    def _ask(self, look: Look) -> Said:
        offers, health = look.around.offers, look.around.health
        if offers is None:
            return skipped("unknown")
        foreign = [o for o in offers if not o.ours and o.server != look.target.address]
        servers = _described(foreign)
        if look.target.dns_dhcp:
            if foreign:
                return failed("second", str(foreign), servers=servers)
            if health is not None and not health.dhcp_listening:
                return failed("silent")
            return passed()
        if not foreign:
            return warning("nobody")
        if len({each.server for each in foreign}) > 1:
            return failed("several", str(foreign), servers=servers)
        return passed("router", servers=servers)


def _described(offers: list[DhcpOffer]) -> str:
    seen = {each.server: named(each.server, each.mac) for each in offers}
    return ", ".join(seen.values())
