"""Wi-Fi: the shape of what was decided. What a radio can do is told by the radio itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from wizard.agent import names as agent_names
from wizard.agent import wire
from wizard.problem import Problem
from wizard.site import bridge, names, radio
from wizard.site.model import AccessPoint, Site
from wizard.site.words import finding

FIELD = "access_point"
KINDS = ("none", "server", "own")
SECURITIES = ("wpa2-wpa3", "wpa2", "wpa3")

CLEAR = (1, 6, 11)  # do not overlap on 2.4 GHz
_OVERLAPPING = tuple(n for n in range(1, 14) if n not in CLEAR)
QUIET = (36, 40, 44, 48, 149, 153, 157, 161, 165)
_RADAR = (*range(52, 65, 4), *range(100, 145, 4))  # ETSI EN 301 893, FCC part 15.407


def check(site: Site, facts: wire.Facts | None) -> Iterator[Problem]:
    """Yield what is wrong with the access point; its own device needs no more than a name."""
    ap = site.access_point
    if ap.kind not in KINDS:
        yield finding("ap_kind_unknown", f"{FIELD}.kind", value=ap.kind)
        return
    if ap.kind == "server":
        yield from _radio(site, facts)
    if ap.kind != "none":
        yield from _ssid(ap)
    if ap.kind == "server":
        yield from _country(ap.country)
        yield from _channel(ap.channel)
    if ap.kind != "none" and ap.security not in SECURITIES:
        yield finding("ap_security_unknown", f"{FIELD}.security", value=ap.security)
    if ap.kind == "server" and facts is not None:
        yield from _possible(ap, facts)


def _possible(ap: AccessPoint, facts: wire.Facts) -> Iterator[Problem]:
    """Yield what the radio cannot do, by the kernel's own word."""
    present = facts.radio(ap.interface)
    if present is None or not present.read or not present.ap:
        return
    if ap.security == "wpa3" and not present.sae:
        yield finding("ap_security_unable", f"{FIELD}.security", value=ap.interface)
    elif ap.security == "wpa2-wpa3" and not present.sae:
        yield finding("ap_security_less", f"{FIELD}.security", value=ap.interface)
    if not re.fullmatch(r"[A-Z]{2}", ap.country):
        return
    if (refused := radio.refused(ap, facts)) and not radio.without_rules(ap, facts):
        code = "ap_country_fixed" if radio.self_managed(ap, facts) else "ap_country_refused"
        yield finding(code, f"{FIELD}.country", value=ap.country, country=refused)
        return
    known = radio.channels(ap, facts)
    if known is None:
        return
    allowed = radio.allowed(known)
    if not allowed:
        yield finding("ap_channel_none", f"{FIELD}.country", value=ap.interface, country=ap.country)
    elif ap.channel and ap.channel not in allowed:
        yield finding(
            "ap_channel_illegal",
            f"{FIELD}.channel",
            value=ap.channel,
            country=ap.country,
            known=", ".join(str(n) for n in allowed),
        )


def arranged(site: Site, facts: wire.Facts | None) -> Site:
    """Return the site with the server's radio in its LAN: joined with a bridge, else the LAN.

    Where the fixed address is on a bridge the radio joins it. On a cable both are joined if that
    is wanted; else the radio takes the address along. Without either the address is the cable's.
    """
    ap, lan = site.access_point, site.static_ip.interface
    present = bridge.lan(facts, lan) if facts is not None else None
    if ap.kind != "server" or ap.bridge:
        on_radio = bool(lan) and lan == ap.interface
        cables = [i for i in facts.interfaces if i.kind == "ethernet"] if facts else []
        cables.sort(key=lambda i: not i.carrier)
        if not on_radio or not cables:
            return site
        return replace(site, static_ip=replace(site.static_ip, interface=cables[0].name))
    if present is not None and present.kind == "bridge":
        return replace(site, access_point=replace(ap, bridge=True))
    if not ap.interface.strip():
        return site
    return replace(site, static_ip=replace(site.static_ip, interface=ap.interface, gateway=""))


def _radio(site: Site, facts: wire.Facts | None) -> Iterator[Problem]:
    name, path = site.access_point.interface, f"{FIELD}.interface"
    if not name.strip():
        yield finding("ap_interface_missing", path)
        return
    if not names.is_interface(name):
        yield finding("ap_interface_invalid", path, value=name)
        return
    if facts is not None:
        yield from _radio_there(name, path, facts, joins=site.access_point.bridge)
    yield from _layout(site, facts)


def _layout(site: Site, facts: wire.Facts | None) -> Iterator[Problem]:
    """Either the radio is the LAN and has the server's address, or it is joined with the cable."""
    name, lan = site.access_point.interface, site.static_ip.interface
    if site.access_point.bridge:
        if name == lan:
            yield finding("ap_bridge_same", f"{FIELD}.bridge", value=name)
            return
        there = facts.interface(lan) if facts is not None else None
        if there is not None and there.kind not in ("bridge", "ethernet"):
            yield finding("ap_bridge_none", f"{FIELD}.bridge", value=lan)
    elif lan and name != lan:
        yield finding("ap_layout", f"{FIELD}.interface", value=name, lan=lan)
    elif site.static_ip.gateway:
        yield finding("ap_gateway", "static_ip.gateway", value=site.static_ip.gateway)


def _radio_there(name: str, path: str, facts: wire.Facts, *, joins: bool) -> Iterator[Problem]:
    present = facts.interface(name)
    found = facts.radio(name)
    if found is None and (present is None or present.kind != "wifi"):
        known = ", ".join(i.name for i in facts.interfaces if i.kind == "wifi") or "-"
        yield finding("ap_interface_unknown", path, value=name, known=known)
    elif found is not None and found.read and not found.ap:
        yield finding("ap_radio_unable", path, value=name)
    if found is not None and found.blocked == "hard":
        yield finding("ap_radio_off", path, value=name)
    # An access point of ours comes back by itself, but not before the cable's address is proved.
    carries = facts.connection is not None and facts.connection.interface == name
    if carries and (joins or _client(facts)):
        yield finding("ap_radio_carries", path, value=name)


def _client(facts: wire.Facts) -> bool:
    """True when the radio is in somebody else's Wi-Fi: an access point of ours is no client."""
    service = facts.service(agent_names.HOSTAPD_UNIT)
    return service is None or service.active != "active"


def _ssid(ap: AccessPoint) -> Iterator[Problem]:
    path = f"{FIELD}.ssid"
    # IEEE 802.11: 0 to 32 bytes of any kind; phones show them as UTF-8.
    size = len(ap.ssid.encode("utf-8", "surrogatepass"))
    if not ap.ssid.strip():
        if ap.kind == "server" or ap.ssid:
            yield finding("ap_ssid_missing", path)
    elif names.has_control(ap.ssid):
        yield finding("ap_ssid_control", path)
    elif size > 32:
        yield finding("ap_ssid_long", path, value=ap.ssid, size=size)
    elif ap.ssid != ap.ssid.strip():
        yield finding("ap_ssid_spaces", path)


def _country(country: str) -> Iterator[Problem]:
    if not country.strip():
        yield finding("ap_country_missing", f"{FIELD}.country")
    elif not re.fullmatch(r"[A-Z]{2}", country):  # ISO 3166-1; the kernel's "00" and "98" are not
        yield finding("ap_country_invalid", f"{FIELD}.country", value=country)


def _channel(channel: int) -> Iterator[Problem]:
    path = f"{FIELD}.channel"
    if channel in _OVERLAPPING:
        yield finding("ap_channel_overlap", path, value=channel)
    elif channel in _RADAR:
        yield finding("ap_channel_radar", path, value=channel)
    elif channel not in (0, *CLEAR, *QUIET):
        yield finding("ap_channel_unknown", path, value=channel)
