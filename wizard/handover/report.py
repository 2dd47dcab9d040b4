"""The report of a visit: as HTML to read and print without Internet, and as JSON."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup

from wizard.certificate.checklist import phones
from wizard.handover import picture, sheet, visits
from wizard.handover.model import Certificate, Handover, Wifi
from wizard.handover.sheet import checked, names_rows, server_rows
from wizard.handover.templates import render
from wizard.handover.words import (
    CHECK_STATES,
    OUTCOMES,
    SECURITIES,
    SEVERITIES,
    STATES,
    clock_time,
    long_date,
    say,
    spoken,
)

SCHEMA = "cht-offline-setup/report"
VERSION = 2
"""Grows when a reader of the JSON would have to change; new keys alone do not count."""


def html(handover: Handover) -> str:
    """Return one page that needs no other file and fetches nothing; light or dark as the reader.

    No passphrase, password or key is in it, nor who logged in to the server and with what.
    """
    plan = handover.visits
    return render(
        "report.html",
        handover=handover,
        as_of=say("as_of", day=long_date(handover.when.date()), time=clock_time(handover.when)),
        checked=checked(handover),
        outcome=spoken(OUTCOMES).get(handover.outcome, handover.outcome),
        # Its values were escaped when it was drawn.
        picture=Markup(picture.network(handover).decode()),  # noqa: S704
        server=tuple(server_rows(handover)),
        names=tuple(names_rows(handover)),
        security=spoken(SECURITIES)[handover.wifi.security] if handover.wifi else "",
        check_states=spoken(CHECK_STATES),
        severities=spoken(SEVERITIES),
        phones=phones(handover.clients),
        states=spoken(STATES),
        visit=sheet.next_visit(handover),
        advice=visits.advice(plan, handover.when.tzinfo) if plan is not None else (),
        changes=visits.changes(plan) if plan is not None else (),
    )


def to_json(handover: Handover) -> str:
    """Return `plain` as text, two spaces deep, names of all scripts as they are."""
    return json.dumps(plain(handover), ensure_ascii=False, indent=2) + "\n"


def plain(handover: Handover) -> dict[str, Any]:
    """Return the report as plain data, as free of secrets as the page.

    ::

        schema, version          "cht-offline-setup/report", 2
        program                  version of this program
        practice                 true: nothing of it is real
        when                     ISO 8601 with offset, like all times
        site                     name, domain, url
        server                   os, cht (version), hostname, interface, mac, https_port
        network                  address and address6 with prefix, gateway
        dns_dhcp                 enabled, first, last, lease ("12h"), upstream, ntp,
                                 router_advertisements,
                                 reservations [{mac, address, name}], names [{name, address}]
        wifi                     null, or kind (none, server, own), ssid, security, hidden
        certificate              null, or names, issuer, not_before, not_after, sha256,
                                 clocks {from, until}: where a phone's clock must stand
        next_visit               null, or as wizard.handover.visits.plain describes it
        findings                 [{code, severity, message, detail, cure}] of the certificate
        clients                  [{code, name, accepted, state, until, reason}]: who accepts it;
                                 state is one of accepted, condition, unsure, refused
        applied                  outcome (confirmed, rolled-back, ...; "" = no change), changes
        check                    null, or what `cht-offline-setup check --json` prints
        readiness                [{topic, title, state, sentence, cure, answer}]; state is one
                                 of good, attention, unknown, asked

    Text that is not known is "".
    """
    site, server, plan = handover.site, handover.server, handover.visits
    static_ip, dns_dhcp = site.static_ip, site.dns_dhcp
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "program": handover.program,
        "practice": handover.practice,
        "when": handover.when.isoformat(),
        "site": {"name": site.name, "domain": site.domain, "url": handover.url},
        "server": {
            "os": server.os,
            "cht": server.cht,
            "hostname": server.hostname,
            "interface": server.interface or static_ip.interface,
            "mac": server.mac,
            "https_port": server.https_port,
        },
        "network": {
            "address": static_ip.address,
            "address6": static_ip.address6,
            "gateway": static_ip.gateway,
        },
        "dns_dhcp": {
            "enabled": dns_dhcp.enabled,
            "first": dns_dhcp.first,
            "last": dns_dhcp.last,
            "lease": dns_dhcp.lease,
            "upstream": list(dns_dhcp.upstream),
            "ntp": dns_dhcp.ntp,
            "router_advertisements": dns_dhcp.router_advertisements,
            "reservations": [
                {"mac": each.mac, "address": each.address, "name": each.name}
                for each in dns_dhcp.reservations
            ],
            "names": [{"name": each.name, "address": each.address} for each in dns_dhcp.names],
        },
        "wifi": _wifi(handover.wifi, site.access_point.kind),
        "certificate": _certificate(handover.certificate),
        "next_visit": visits.plain(plan, handover.when.tzinfo) if plan is not None else None,
        "findings": [each.plain() for each in handover.findings],
        "clients": [each.plain() for each in handover.clients],
        "applied": {"outcome": handover.outcome, "changes": list(handover.changes)},
        "check": handover.report.plain() if handover.report else None,
        "readiness": [
            {
                "topic": each.topic,
                "title": each.title,
                "state": each.state,
                "sentence": each.sentence,
                "cure": each.cure,
                "answer": each.answer,
            }
            for each in handover.readiness
        ],
    }


def _wifi(wifi: Wifi | None, kind: str) -> dict[str, Any] | None:
    if wifi is None:
        return None
    return {"kind": kind, "ssid": wifi.ssid, "security": wifi.security, "hidden": wifi.hidden}


def _certificate(certificate: Certificate | None) -> dict[str, Any] | None:
    if certificate is None:
        return None
    return {
        "names": list(certificate.names),
        "issuer": certificate.issuer,
        "not_before": certificate.not_before.isoformat(),
        "not_after": certificate.not_after.isoformat(),
        "sha256": certificate.sha256,
        "clocks": {
            "from": certificate.clocks[0].isoformat(),
            "until": certificate.clocks[1].isoformat(),
        },
    }
