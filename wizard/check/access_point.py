"""The Wi-Fi: is the server's own radio up, and is an access point of their own only that."""

from __future__ import annotations

from collections.abc import Iterable

from wizard.agent.wire import Company, Neighbour
from wizard.check.base import Check, Look, Said, failed, passed, skipped, warning
from wizard.check.devices import named
from wizard.check.model import Target


class Wifi(Check):
    """hostapd says that the access point is up, in the country that was chosen."""

    code = "wifi"
    page = "access_point"
    limit = 3.0

    def _ask(self, look: Look) -> Said:
        target, health = look.target, look.around.health
        if not target.country:
            return skipped("not-ours")
        if health is None:
            return skipped("no-health")
        sending = health.sending
        if sending is None:
            return failed("none")
        if sending.state != "ENABLED":
            return failed("down", sending.state or "hostapd does not answer")
        if sending.country != target.country:
            return failed("country", country=sending.country or "-", wanted=target.country)
        return passed(channel=sending.channel, country=sending.country, phones=sending.phones)


class OtherRouter(Check):
    """Nobody else announces himself as a router by IPv6 (RFC 4861)."""

    code = "router"
    page = "access_point"
    limit = 3.0

    def _ask(self, look: Look) -> Said:
        company = look.around.company
        if company is None:
            return skipped("unknown")
        if not company.routers:
            return passed()
        routers = ", ".join(named(r.address, r.mac) for r in company.routers)
        detail = str(company.routers)
        if look.target.gateway:
            return warning("known", detail, routers=routers)
        return failed("second", detail, routers=routers)


class _Serving(Check):
    """One that matters where the server itself gives addresses and names."""

    page = "access_point"
    limit = 3.0

    def _ask(self, look: Look) -> Said:
        if look.around.company is None:
            return skipped("unknown")
        if not look.target.dns_dhcp:
            return skipped("not-ours")
        return self._judge(look.target, look.around.company)

    def _judge(self, target: Target, company: Company) -> Said:
        raise NotImplementedError


class OtherDns(_Serving):
    """No other device in the network answers DNS questions."""

    code = "dns_second"

    def _judge(self, target: Target, company: Company) -> Said:
        # A router that is the way to the Internet answers, and nobody is sent there.
        others = [d for d in company.dns if d.address not in (target.address, target.gateway)]
        if others:
            return warning("second", devices=_described(others))
        return passed()


class PhonesRange(_Serving):
    """Nobody has given himself an address that phones get."""

    code = "range"

    def _judge(self, target: Target, company: Company) -> Said:
        strangers = [d for d in company.strangers if d.address != target.laptop]
        if strangers:
            return warning("taken", devices=_described(strangers))
        return passed()


class Joined(Check):
    """Somebody has joined through an access point of their own, and the address came from us.

    Proof is a device that answers at an address for phones and is in the server's list of
    leases; else the laptop's own lease, whose DHCP server is ours (RFC 2132, option 54).
    """

    code = "joined"
    page = "access_point"
    needs = ("dhcp",)
    limit = 3.0

    def _ask(self, look: Look) -> Said:
        target, company, lease = look.target, look.around.company, look.around.lease
        if not target.own_ap or not target.dns_dhcp:
            return skipped("not-ours")
        if company is None:
            return skipped("unknown")
        there = [d for d in company.leased if d.address not in (target.laptop, target.address)]
        if there:
            return passed(devices=_described(there))
        if lease is not None and lease.dynamic and lease.server == target.address:
            return passed("laptop", own=lease.address)
        return skipped("nobody")


def _described(devices: Iterable[Neighbour]) -> str:
    return ", ".join(named(each.address, each.mac) for each in devices)
