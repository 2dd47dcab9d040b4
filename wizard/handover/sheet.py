"""The handover sheet: one or two A4 pages for the wall or the folder of the site.

Its HTML is the subset that Qt's rich text knows (no flexbox, no rounded corners, sizes in
pixels of 1/96 inch), laid out for A4 by wizard.gui.printing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from wizard.certificate.planner import State as Due
from wizard.handover import picture, qr, visits
from wizard.handover.model import Handover, Item, State
from wizard.handover.templates import render, shown
from wizard.handover.words import (
    MESSAGES,
    PHONE,
    POWER,
    SECURITIES,
    STATES,
    WHITE_PAGE,
    Message,
    Step,
    clock_time,
    lease_time,
    long_date,
    say,
    spoken,
)
from wizard.problem import tr
from wizard.site.addresses import interface4

RESERVATIONS = 6
"""So many kept addresses stand on the sheet; the report has them all."""

_WORST: tuple[State, ...] = ("attention", "asked", "unknown", "good")

# Pixels on the page: sizes of text, and the width of a card without and beside its QR code.
_LARGE, _EXACT, _SMALL = 17.0, 14.0, 11.0
_CARD, _BESIDE_CODE = 314, 196


class Row(NamedTuple):
    """One fact: what it is, and its value."""

    label: str
    value: str


class Visit(NamedTuple):
    """The next visit: what the day is, the day ("" = not known), and what else to know of it.

    `warned`: what speaks against going on as usual, "" = nothing.
    """

    label: str
    day: str
    text: str
    warned: str = ""


class Consideration(NamedTuple):
    """One topic of readiness in one row."""

    title: str
    state: State
    text: str


@dataclass(frozen=True)
class Sheet:
    """A sheet ready to be laid out. `images`: name in the HTML -> SVG."""

    title: str
    html: str = field(repr=False)
    images: Mapping[str, bytes] = field(repr=False)


def compose(handover: Handover, *, with_passphrase: bool = False) -> Sheet:
    """Make the sheet. The Wi-Fi passphrase stands on it only if the caller says so here."""
    wifi = handover.wifi
    secret = wifi.passphrase if wifi is not None and with_passphrase else ""
    images = {"network": picture.network(handover), "address": qr.svg(handover.url)}
    if wifi is not None and secret:
        text = qr.wifi_text(wifi.ssid, secret, wifi.security, hidden=wifi.hidden)
        images["wifi"] = qr.svg(text)
    html = render(
        "sheet.html",
        handover=handover,
        as_of=say("as_of", day=long_date(handover.when.date()), time=clock_time(handover.when)),
        checked=checked(handover),
        url=_headline(handover.url),
        ssid=_headline(wifi.ssid if wifi else ""),
        secret=secret,
        secret_size=max(_SMALL, picture.size_for(secret, _EXACT, _BESIDE_CODE)),
        security=spoken(SECURITIES)[wifi.security] if wifi else "",
        picture_size=(picture.WIDTH, picture.HEIGHT),
        server=tuple(server_rows(handover)),
        names=tuple(names_rows(handover)),
        reservations=handover.site.dns_dhcp.reservations[:RESERVATIONS],
        more=max(0, len(handover.site.dns_dhcp.reservations) - RESERVATIONS),
        certificate=_certificate_line(handover),
        visit=next_visit(handover),
        steps=tuple(phone_steps(handover, bool(secret))),
        messages=tuple(_messages()),
        power=tuple(power_steps(handover)),
        considerations=tuple(considerations(handover.readiness)),
        states=spoken(STATES),
    )
    return Sheet(f"{say('sheet')}: {shown(handover.title)}", html, images)


def checked(handover: Handover) -> tuple[str, str]:
    """Return tone (good, attention, bad, unknown) and sentence of the live check."""
    report = handover.report
    if report is None:
        return "unknown", say("check_none")
    if report.first_broken is not None:
        return "bad", say("check_failed", name=report.first_broken.name)
    if report.cancelled:
        return "unknown", say("check_cancelled")
    if warnings := sum(each.state == "warning" for each in report.results):
        return "attention", say("check_warnings", count=warnings)
    count = sum(each.state == "passed" for each in report.results)
    return "good", say("check_good", count=count)


def server_rows(handover: Handover) -> Iterator[Row]:
    """Yield what is known of the server."""
    server, static_ip = handover.server, handover.site.static_ip
    yield Row(say("address"), handover.address or say("unknown"))
    if own := interface4(static_ip.address):
        yield Row(say("network"), str(own.network))
    if static_ip.address6:
        yield Row(say("address6"), static_ip.address6)
    yield Row(say("gateway"), static_ip.gateway or say("gateway_none"))
    interface = server.interface or static_ip.interface
    yield Row(say("interface"), " · ".join(filter(None, (interface, server.mac))))
    if server.hostname:
        yield Row(say("hostname"), server.hostname)
    yield Row(say("os"), server.os or say("unknown"))
    yield Row(say("cht"), server.cht or say("unknown"))


def names_rows(handover: Handover) -> Iterator[Row]:
    """Yield what the server's DNS and DHCP tell phones."""
    site = handover.site
    dns_dhcp = site.dns_dhcp
    yield Row(say("domain"), site.domain)
    if not dns_dhcp.enabled:
        yield Row(say("dns_dhcp_other"), say("dns_dhcp_other_text"))
        return
    yield Row(say("dns"), say("dns_own", address=handover.address))
    yield Row(say("dhcp"), say("range", first=dns_dhcp.first, last=dns_dhcp.last))
    yield Row(say("lease"), lease_time(dns_dhcp.lease))
    for name in dns_dhcp.names:
        yield Row(say("extra_name"), say("extra_name_text", name=name.name, address=name.address))
    if dns_dhcp.upstream:
        servers = ", ".join(dns_dhcp.upstream)
        yield Row(say("upstream"), say("upstream_text", servers=servers))
    if dns_dhcp.ntp:
        yield Row(say("ntp"), say("dns_own", address=handover.address))


def next_visit(handover: Handover) -> Visit | None:
    """Return what a sheet says of the next visit; None while no certificate is known."""
    plan, zone = handover.visits, handover.when.tzinfo
    if plan is None:
        return None
    if not plan.knows_day:
        return Visit(say("visit"), "", visits.headline(plan, zone))
    if plan.state in (Due.OVERDUE, Due.ENDED):
        return Visit(say("visit"), say("visit_now"), visits.headline(plan, zone))
    return Visit(
        say("visit_by"),
        long_date(handover.day(plan.latest)),
        visits.renew_from(plan, zone),
        visits.warned(plan, zone),
    )


def _certificate_line(handover: Handover) -> str:
    """What else the certificate says; its fingerprint is for the report."""
    certificate = handover.certificate
    if certificate is None:
        return ""
    return say(
        "certificate_line",
        issuer=certificate.issuer,
        names=", ".join(certificate.names),
        begin=long_date(handover.day(certificate.not_before)),
    )


def _headline(text: str) -> picture.Label:
    """A text that is to be typed: as large as the card allows, and whole in any case."""
    size = picture.size_for(text, _LARGE, _CARD)
    if size >= _SMALL:
        return picture.Label(shown(text), size)
    return picture.Label(shown(text).replace(".", ".\u200b"), _SMALL)  # may break at its dots


def phone_steps(handover: Handover, code: bool) -> Iterator[Step]:
    """Yield how to set up a phone; `code`: the Wi-Fi code stands on the sheet."""
    wifi = "wifi_code" if code else "wifi_name" if handover.wifi else "wifi"
    ssid = handover.wifi.ssid if handover.wifi else ""
    certificate = handover.certificate
    date = "date" if certificate is None else "date_between"
    begin, end = ("", "") if certificate is None else map(_day_of(handover), certificate.clocks)
    for key in ("update", date, wifi, "stay", "mobile", "private_dns", "address"):
        title, text = map(tr, PHONE[key])
        yield Step(title, text.format(ssid=ssid, url=handover.url, begin=begin, end=end))


def _day_of(handover: Handover) -> Callable[[datetime], str]:
    return lambda moment: long_date(handover.day(moment))


def power_steps(handover: Handover) -> Iterator[str]:
    """Yield what to do after a power failure."""
    first = "on_server" if handover.site.access_point.kind == "server" else "on"
    for key in (first, "look", "again", "clock", "call"):
        yield tr(POWER[key]).format(url=handover.url)
    if _stays_down(handover.server.cht):
        yield tr(POWER["old_cht"]).format(version=handover.server.cht)


def _messages() -> Iterator[Message]:
    # The app shows them in English, whatever is spoken here; they are not translated.
    for message in MESSAGES:
        yield Message(f"“{message.shown}”", tr(message.cure))
    yield Message(tr(WHITE_PAGE.shown), tr(WHITE_PAGE.cure))


def considerations(items: Iterable[Item]) -> Iterator[Consideration]:
    """Yield one row per topic: its worst state, what there is to do, and what was answered."""
    for _, group in groupby(items, key=lambda each: each.topic):
        parts = tuple(group)
        state = min((each.state for each in parts), key=_WORST.index)
        to_do = [each.sentence for each in parts if each.state == "attention"]
        answers = [each.answer for each in parts if each.answer]
        rest = [each.sentence for each in parts if each.state == state][:1]
        yield Consideration(parts[0].title, state, " ".join((*to_do, *answers) or rest))


def _stays_down(version: str) -> bool:
    """Whether CHT's parts lose each other at a restart (cht-core#8205, cht-core#9284)."""
    found = re.match(r"4\.(\d+)\.", version)
    return found is not None and int(found[1]) < 10
