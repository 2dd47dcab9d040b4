"""The picture of the site's network: who reaches the server, how, at which addresses."""

from __future__ import annotations

from typing import NamedTuple

from wizard.handover.model import Handover
from wizard.handover.templates import render, shown
from wizard.handover.words import say

WIDTH, HEIGHT = 688, 156
_ROOM = 196  # units that a label may be wide
_SMALLEST = 8.0
_CHARACTER = 0.64  # width of one, in sizes: the bold of a wide font (DejaVu Sans)


class Label(NamedTuple):
    """A text and the font size at which it fits, in units of the picture."""

    text: str
    size: float


def size_for(text: str, size: float, room: float) -> float:
    """The size, not above the one wished, at which a text is not wider than `room`."""
    return round(min(size, room / (_CHARACTER * max(1, len(text)))), 1)


def fit(text: str, size: float, room: float = _ROOM) -> Label:
    """Make a text smaller until it fits; beyond that its middle goes, for its ends tell most."""
    wanted = size_for(text, size, room)
    if wanted >= _SMALLEST:
        return Label(shown(text), wanted)
    most = int(room / (_CHARACTER * _SMALLEST))
    return Label(shown(f"{text[: most // 2]}…{text[-(most // 2 - 1) :]}"), _SMALLEST)


def network(handover: Handover) -> bytes:
    """Return the picture as SVG, 688 by 156 units, to be shown on white."""
    site, ap = handover.site, handover.site.access_point
    dns_dhcp = site.dns_dhcp
    middle = {"own": "picture_own", "server": "picture_server_ap"}.get(ap.kind, "picture_none")
    ssid = handover.wifi.ssid if handover.wifi else ap.ssid
    if dns_dhcp.enabled:
        given = say("picture_range", first=dns_dhcp.first, last=dns_dhcp.last)
    else:
        given = say("picture_other")
    gateway = site.static_ip.gateway
    router = say("picture_router", address=gateway) if gateway else say("picture_no_router")
    return render(
        "network.svg",
        width=WIDTH,
        height=HEIGHT,
        described=shown(
            say(
                "picture",
                clients=say("picture_clients"),
                domain=site.domain,
                address=handover.address,
                middle=say(middle),
            )
        ),
        clients=fit(say("picture_clients"), 13),
        given=fit(given, 12),
        note=fit(say("picture_given"), 11) if dns_dhcp.enabled else None,
        middle=fit(say(middle), 13),
        wireless=ap.kind != "none" or bool(ssid),
        inside=ap.kind == "server",
        ssid=fit(ssid, 12) if ssid else None,
        router=fit(router, 11),
        gateway=bool(gateway),
        domain=fit(site.domain, 13),
        address=fit(site.static_ip.address, 12),
        serves=fit(say("picture_serves" if dns_dhcp.enabled else "picture_serves_cht"), 11),
    ).encode()
