"""Live checks from the laptop's side of the LAN; none needs the Internet or a gateway."""

from wizard.check.access_point import Joined, OtherDns, OtherRouter, PhonesRange, Wifi
from wizard.check.base import Check
from wizard.check.certificate import Tcp443, Tls, TlsHandshake, TlsSame
from wizard.check.cht import HttpRedirect, Monitoring, SetupPoll
from wizard.check.clock import Clocks, TimeService
from wizard.check.dns_dhcp import OtherDhcp, OwnLease
from wizard.check.domain import (
    DnsAaaa,
    DnsNegative,
    DnsOtherTypes,
    DnsPtr,
    DnsSystem,
    DnsTcp,
    DnsUdp,
)
from wizard.check.inside import Boot, Confirmed, Containers
from wizard.check.model import Lease, LocalAddress, Result, Surroundings, Target
from wizard.check.report import Report
from wizard.check.runner import run
from wizard.check.served import served_now
from wizard.check.static_ip import Link, Server, Ssh

# What comes first has to work first: `Report.first_broken` relies on this order. Whether the
# certificate is the imported one comes before whether it is good: a bad old one is no news then.
CHECKS: tuple[Check, ...] = (
    Link(),
    Server(),
    Ssh(),
    Wifi(),
    OwnLease(),
    OtherDhcp(),
    OtherRouter(),
    OtherDns(),
    PhonesRange(),
    Joined(),
    DnsUdp(),
    DnsTcp(),
    DnsAaaa(),
    DnsOtherTypes(),
    DnsNegative(),
    DnsPtr(),
    DnsSystem(),
    Tcp443(),
    TlsHandshake(),
    TlsSame(),
    Tls(),
    HttpRedirect(),
    SetupPoll(),
    Monitoring(),
    TimeService(),
    Clocks(),
    Boot(),
    Containers(),
    Confirmed(),
)

__all__ = [
    "CHECKS",
    "Check",
    "Lease",
    "LocalAddress",
    "Report",
    "Result",
    "Surroundings",
    "Target",
    "run",
    "served_now",
]
