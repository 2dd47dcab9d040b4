"""What the agent is asked when phones are watched."""

from __future__ import annotations

from wizard.site.model import DnsDhcp, Name, Site, StaticIp
from wizard.watching import question

DOMAIN = "cht.clinic-a.example.org"


def test_the_router_and_other_machines_are_told_apart_from_phones() -> None:
    static = StaticIp("eth0", "10.20.0.1/24", "10.20.0.254", "fd00:20::1/64")
    names = (
        Name("clinic.lan", "10.20.0.1"),
        Name("six.clinic.lan", "FD00:20:0::1"),
        Name("printer.lan", "10.20.0.9"),
        Name("six.printer.lan", "FD00:20:0::9"),
    )
    asked = question(Site(domain=DOMAIN, static_ip=static, dns_dhcp=DnsDhcp(names=names)), None)
    assert asked["names"] == [DOMAIN, "clinic.lan", "six.clinic.lan"]
    assert asked["others"] == ["printer.lan", "six.printer.lan"]
    assert asked["ignored"] == ["10.20.0.254", "10.20.0.9", "fd00:20::9"]


def test_a_site_without_a_router() -> None:
    asked = question(Site(domain=DOMAIN, static_ip=StaticIp("eth0", "10.20.0.1/24")), None)
    assert (asked["ignored"], asked["others"]) == ([], [])
    assert (asked["https_port"], asked["http_port"]) == (443, 80)
