"""From a site's decisions to the access point that an OpenWrt device shall be."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Interface

from wizard.openwrt.model import Wanted
from wizard.openwrt.plan import free_address, judge_address
from wizard.openwrt.words import OpenWrtError
from wizard.site import passphrase as phrases
from wizard.site.addresses import ipv4, lan
from wizard.site.dns_dhcp import range_of
from wizard.site.model import Site
from wizard.site.radio import NEAR

CHANNEL = NEAR[0]
FACTORY = "192.168.1.1"


def wanted(
    site: Site,
    passphrase: str,
    *,
    address: str = "",
    here: str = "",
    others: Iterable[str] = (),
    country: str = "",
    channel: int = 0,
) -> Wanted:
    """Return what the device shall be; what is not given comes from the site, or is proposed.

    `address`, `here` and `others` are as of `address_for`. Raises OpenWrtError with what is
    missing or wrong.
    """
    ap = site.access_point
    whole = address_for(site, address, here=here, others=others)
    country = (country or ap.country).upper()
    size = len(ap.ssid.encode("utf-8", "surrogatepass"))
    if not 0 < size <= 32 or not ap.ssid.strip() or any(ord(c) < 32 for c in ap.ssid):
        raise OpenWrtError("site-ssid")
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise OpenWrtError("site-country")
    if not passphrase or phrases.flaw(passphrase):
        raise OpenWrtError("site-passphrase")
    chosen = channel or ap.channel
    return Wanted(
        address=whole,
        ssid=ap.ssid,
        passphrase=passphrase,
        country=country,
        channel=chosen if chosen in NEAR else CHANNEL,
        security=ap.security,
    )


def address_for(
    site: Site, address: str = "", *, here: str = "", others: Iterable[str] = ()
) -> IPv4Interface:
    """Return the device's address: the one given, else the one it has, else a free one.

    All are without prefix. `here` is where it answers now, `others` are access points set up
    before. An address it has is kept if it fits, but not the one of every new device. Raises
    OpenWrtError.
    """
    own = lan(site)
    if own is None:
        raise OpenWrtError("site-address")
    phones = range_of(site.dns_dhcp) if site.dns_dhcp.enabled else None
    if site.dns_dhcp.enabled and phones is None:
        raise OpenWrtError("site-range")
    has = ipv4(here) if here != FACTORY else None
    used = _used(site, others, has)
    if address:
        chosen = ipv4(address)
        if chosen is None:
            raise OpenWrtError("address-invalid", address=address)
        judge_address(chosen, own, phones, used)
    else:
        chosen = free_address(own, phones, used)
        if has is not None:
            with contextlib.suppress(OpenWrtError):
                judge_address(has, own, phones, used)
                chosen = has
    return IPv4Interface((chosen, own.network.prefixlen))


def _used(site: Site, others: Iterable[str], has: IPv4Address | None) -> set[IPv4Address]:
    """What other devices have; a name or a reservation of the device's own address is its own."""
    dns = site.dns_dhcp
    texts = [*(r.address for r in dns.reservations), *(n.address for n in dns.names), *others]
    found = {ipv4(text) for text in texts} - {has}
    found.add(ipv4(site.static_ip.gateway))
    return {one for one in found if one is not None}
