"""From a site's decisions to the access point that an OpenWrt device shall be."""

from __future__ import annotations

import re
from ipaddress import IPv4Interface

from wizard.openwrt.model import Wanted
from wizard.openwrt.plan import free_address, judge_address
from wizard.openwrt.words import OpenWrtError
from wizard.site import passphrase as phrases
from wizard.site.addresses import lan
from wizard.site.dns_dhcp import range_of
from wizard.site.model import Site
from wizard.site.radio import NEAR

CHANNEL = NEAR[0]


def wanted(
    site: Site, passphrase: str, *, address: str = "", country: str = "", channel: int = 0
) -> Wanted:
    """Return what the device shall be; what is not given comes from the site, or is proposed.

    `address` is without prefix. Raises OpenWrtError with what is missing or wrong.
    """
    own, ap = lan(site), site.access_point
    if own is None:
        raise OpenWrtError("site-address")
    phones = range_of(site.dns_dhcp) if site.dns_dhcp.enabled else None
    if site.dns_dhcp.enabled and phones is None:
        raise OpenWrtError("site-range")
    country = (country or ap.country).upper()
    size = len(ap.ssid.encode("utf-8", "surrogatepass"))
    if not 0 < size <= 32 or not ap.ssid.strip() or any(ord(c) < 32 for c in ap.ssid):
        raise OpenWrtError("site-ssid")
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise OpenWrtError("site-country")
    if not passphrase or phrases.flaw(passphrase):
        raise OpenWrtError("site-passphrase")
    given = address or str(free_address(own, phones))
    try:
        whole = IPv4Interface(f"{given}/{own.network.prefixlen}")
    except ValueError:
        raise OpenWrtError("address-invalid", address=given) from None
    judge_address(whole.ip, own, phones)
    chosen = channel or ap.channel
    return Wanted(
        address=whole,
        ssid=ap.ssid,
        passphrase=passphrase,
        country=country,
        channel=chosen if chosen in NEAR else CHANNEL,
        security=ap.security,
    )
