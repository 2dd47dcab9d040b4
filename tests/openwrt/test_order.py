"""From the site to the access point: what is missing is said before anybody logs in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wizard.openwrt.order import wanted
from wizard.openwrt.words import OpenWrtError
from wizard.site.model import AccessPoint, DnsDhcp, Site, StaticIp

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
