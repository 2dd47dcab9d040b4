"""From the site to the access point: what is missing is said before anybody logs in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wizard.openwrt.order import address_for, wanted
from wizard.openwrt.words import OpenWrtError
from wizard.site.model import AccessPoint, DnsDhcp, Name, Reservation, Site, StaticIp

SITE = Site(
    name="Clinic A",
    static_ip=StaticIp("eth0", "10.20.0.1/24"),
    dns_dhcp=DnsDhcp(first="10.20.0.100", last="10.20.0.199"),
    access_point=AccessPoint("own", ssid="Clinic", country="KE"),
)
WORD = "seven brave cranes"


def test_the_site_says_enough() -> None:
    made = wanted(SITE, WORD)
    assert (str(made.address), made.channel, made.country) == ("10.20.0.2/24", 1, "KE")
    assert wanted(SITE, WORD, address="10.20.0.9", channel=11, country="tz").country == "TZ"
    assert WORD not in repr(made)


def test_without_dhcp_no_range_is_needed() -> None:
    site = replace(SITE, dns_dhcp=DnsDhcp(enabled=False, first="10.20.0.x"))
    assert str(wanted(site, WORD).address) == "10.20.0.2/24"


USED = replace(
    SITE,
    static_ip=StaticIp("eth0", "10.20.0.1/24", "10.20.0.2"),
    dns_dhcp=DnsDhcp(
        first="10.20.0.100",
        last="10.20.0.199",
        reservations=(Reservation("52:54:00:00:00:09", "10.20.0.3"),),
        names=(Name("printer", "10.20.0.4"), Name("six", "fd00:20::4")),
    ),
)


def test_an_address_of_somebody_else_is_not_proposed() -> None:
    assert str(address_for(USED)) == "10.20.0.5/24"
    assert str(address_for(USED, others=("10.20.0.5", "10.20.0.6"))) == "10.20.0.7/24"
    assert str(wanted(USED, WORD, others=("10.20.0.5",)).address) == "10.20.0.6/24"


@pytest.mark.parametrize("last", range(1, 6))
def test_an_address_of_somebody_else_is_refused(last: int) -> None:
    with pytest.raises(OpenWrtError) as refused:
        address_for(USED, f"10.20.0.{last}", others=("10.20.0.5",))
    assert refused.value.code == "address-taken"
    assert "10.20.0.6" in refused.value.cure


@pytest.mark.parametrize(
    ("here", "address"),
    [
        ("10.20.0.5", "10.20.0.5"),  # set up before
        ("10.20.0.3", "10.20.0.3"),  # always gets it
        ("10.20.0.4", "10.20.0.4"),  # has a name
        ("10.20.0.2", "10.20.0.6"),  # the gateway's
        ("10.20.0.1", "10.20.0.6"),
        ("10.20.0.150", "10.20.0.6"),
        ("192.168.1.1", "10.20.0.6"),
        ("openwrt.lan", "10.20.0.6"),
    ],
)
def test_a_device_keeps_an_address_that_fits(here: str, address: str) -> None:
    assert str(address_for(USED, here=here, others=("10.20.0.5",))) == f"{address}/24"


def test_the_address_of_every_new_device_is_not_kept() -> None:
    """The next one out of its box would disturb it."""
    site = replace(
        SITE,
        static_ip=StaticIp("eth0", "192.168.1.10/24"),
        dns_dhcp=DnsDhcp(first="192.168.1.100", last="192.168.1.199"),
    )
    assert str(address_for(site, here="192.168.1.1")) == "192.168.1.11/24"
    assert str(address_for(site, here="192.168.1.11")) == "192.168.1.11/24"
    assert str(address_for(site, "192.168.1.1").ip) == "192.168.1.1", "somebody asked for it"


@pytest.mark.parametrize(
    ("site", "given", "code"),
    [
        (replace(SITE, static_ip=StaticIp()), {}, "site-address"),
        (replace(SITE, dns_dhcp=DnsDhcp(first="10.20.0.x", last="10.20.0.9")), {}, "site-range"),
        (replace(SITE, dns_dhcp=DnsDhcp(first="10.20.0.9", last="10.20.0.300")), {}, "site-range"),
        (replace(SITE, dns_dhcp=DnsDhcp(first="10.20.0.9", last="10.20.0.8")), {}, "site-range"),
        (replace(SITE, dns_dhcp=DnsDhcp()), {}, "site-range"),
        (replace(SITE, access_point=AccessPoint("own", country="KE")), {}, "site-ssid"),
        (replace(SITE, access_point=AccessPoint("own", ssid="ä" * 17)), {}, "site-ssid"),
        (replace(SITE, access_point=AccessPoint("own", ssid="A")), {}, "site-country"),
        (SITE, {"passphrase": "short"}, "site-passphrase"),
        (SITE, {"passphrase": ""}, "site-passphrase"),
        (SITE, {"address": "10.20.0.300"}, "address-invalid"),
        (SITE, {"address": "10.20.0.150"}, "address-in-range"),
    ],
)
def test_what_is_missing_or_wrong_is_told(site: Site, given: dict[str, str], code: str) -> None:
    with pytest.raises(OpenWrtError) as refused:
        wanted(site, given.get("passphrase", WORD), address=given.get("address", ""))
    assert refused.value.code == code
    assert refused.value.cure
