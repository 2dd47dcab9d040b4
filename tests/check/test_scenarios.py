"""One broken thing at a time, made real on loopback: which check says what."""

from __future__ import annotations

import json
import ssl
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.certificate import authority
from tests.check.clinic import (
    ADDRESS,
    BEGIN,
    DOMAIN,
    GOOD,
    GOOD_DNS,
    HEALTH,
    KEY,
    LOWER,
    MIDDLE,
    NGINX,
    NOW,
    UNIT,
    Clinic,
    leaf,
)
from tests.check.parts import BAD_GATEWAY, MONITORING, START_PAGE, poll
from wizard.agent import wire
from wizard.check import CHECKS, Report, Result, run
from wizard.problem import UserError, Words

# On loopback the laptop's own side cannot be judged; tests/check/test_namespace.py does it.
WELL = {each.code: "passed:ok" for each in CHECKS} | {
    "link": "skipped:practice",
    "lease": "skipped:practice",
    "wifi": "skipped:not-ours",
    "joined": "skipped:not-ours",
    "dns_system": "skipped:practice",
    "dns_aaaa": "passed:nodata",
    "clock": "passed:phones",
    "time_service": "skipped:off",
}
NO_HEALTH = dict.fromkeys(("boot", "containers", "confirmed"), "skipped:no-health")
NO_CHAIN = {"clock": "passed:ok"}
NOT_OURS = dict.fromkeys(
    (
        "dns_second",
        "range",
        "dns_udp",
        "dns_tcp",
        "dns_aaaa",
        "dns_other_types",
        "dns_negative",
        "dns_ptr",
    ),
    "skipped:not-ours",
)
INF = float("inf")
# nginx of CHT 4.0 to 4.2: RSA with SHA-1 MACs only.
OLD_CHT = {"ciphers": "ECDHE-RSA-AES256-SHA", "highest": ssl.TLSVersion.TLSv1_2}


class Refused(UserError):
    words: ClassVar[Words] = {"no-key": ("The key {file} is gone.", "Choose it again.")}


def refuse() -> str:
    raise Refused("no-key", file="id")


def cut() -> str:
    raise ConnectionResetError("gone")


def page(path: str, status: int, body: Any, kind: str = "application/json") -> dict[str, Any]:
    return {"paths": {path: (status, kind, body)}}


def monitoring(status: int = 200, **changes: Any) -> dict[str, Any]:
    return page("/api/v2/monitoring", status, MONITORING | changes)


def setup(status: int = 200, **changes: Any) -> dict[str, Any]:
    return page("/setup/poll", status, poll(**changes))


def health(**changes: Any) -> dict[str, Any]:
    return {"health": replace(HEALTH, **changes)}


def pending(alive: bool, left: float | None) -> wire.Pending:
    return wire.Pending("1", "armed", "ann on laptop", 0.0, alive, left)


OTHER = leaf(days=80)
EXPIRED = leaf(begin=BEGIN - timedelta(days=90), days=89)
EARLY = leaf(begin=NOW + timedelta(days=5))
WRONG_NAME = leaf(names=("cht.clinic-b.example.org", "*.clinic-c.example.org"))
DEEP = leaf(LOWER)
PRIVATE = authority.root("Clinic CA", "Clinic IT").leaf(names=(DOMAIN,), begin=BEGIN, sct=False)
SELF = authority.sign(
    authority.key(), None, common=DOMAIN, names=(), begin=BEGIN, days=365, eku=None, sct=False
)
ECDSA = leaf(key=authority.key("p256", "site"))
TOP, SECOND = MIDDLE.certificate, LOWER.certificate
BARE = tuple(line for line in GOOD_DNS if "local" not in line)
NO_LEAD = tuple(line for line in GOOD_DNS if line != "local=/#/")

CASES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "all-well": ({}, {}),
    # ------------------------------------------------------------------ server
    "other-host-key": (
        {"around": {"expected_fingerprint": KEY[:-1] + "b"}},
        {"ssh": "failed:other-key"},
    ),
    "login-refused": ({"around": {"ssh": refuse}}, {"ssh": "failed:refused"}),
    "login-cut": ({"around": {"ssh": cut}}, {"ssh": "failed:failed"}),
    "no-login": ({"around": {"ssh": None}}, {"ssh": "skipped:not-asked"}),
    # --------------------------------------------------------------------- DNS
    "wrong-address": (
        {"dns": (f"local=/{DOMAIN}/", f"host-record={DOMAIN},10.20.0.9", "local=/#/")},
        {"dns_udp": "failed:wrong"},
    ),
    "name-unknown": ({"dns": ("local=/#/",)}, {"dns_udp": "failed:missing"}),
    "other-types-refused": (
        {"dns": BARE},
        {"dns_aaaa": "failed:missing", "dns_other_types": "failed:missing"},
    ),
    "ipv6-right": (
        {
            "dns": (f"local=/{DOMAIN}/", f"host-record={DOMAIN},{ADDRESS},fd00:20::1", "local=/#/"),
            "target": {"address6": "fd00:20:0::1"},
        },
        {"dns_aaaa": "passed:ok"},
    ),
    "ipv6-wrong": (
        {
            "dns": (f"local=/{DOMAIN}/", f"host-record={DOMAIN},{ADDRESS},fd00:20::2", "local=/#/"),
            "target": {"address6": "fd00:20::1"},
        },
        {"dns_aaaa": "failed:wrong"},
    ),
    "ipv6-unplanned": (
        {"dns": (f"local=/{DOMAIN}/", f"host-record={DOMAIN},{ADDRESS},fd00:20::2", "local=/#/")},
        {"dns_aaaa": "failed:wrong"},
    ),
    "ipv6-missing": ({"target": {"address6": "fd00:20::1"}}, {"dns_aaaa": "failed:missing"}),
    "unplanned-mx": (
        {"dns": (*GOOD_DNS, f"mx-host={DOMAIN},mail.example.org,50")},
        {"dns_other_types": "failed:surplus"},
    ),
    "every-name-is-us": (
        {"dns": (*NO_LEAD, f"address=/#/{ADDRESS}")},
        {"dns_negative": "failed:wildcard"},
    ),
    "refused-is-quick-too": ({"dns": NO_LEAD}, {"dns_negative": "passed:ok"}),
    "upstream-black-hole": (
        {"dns": NO_LEAD, "upstream": INF},
        {"dns_negative": "failed:no-reply"},
    ),
    "upstream-slow": ({"dns": NO_LEAD, "upstream": 1.3}, {"dns_negative": "failed:slow"}),
    "upstream-wanted": (
        {"dns": NO_LEAD, "upstream": INF, "target": {"upstream": True}},
        {"dns_negative": "skipped:upstream"},
    ),
    "no-tcp": ({"dns_tcp": False}, {"dns_tcp": "failed:no-reply"}),
    "no-ptr": (
        {"dns": (f"local=/{DOMAIN}/", f"address=/{DOMAIN}/{ADDRESS}", "local=/#/")},
        {"dns_ptr": "warning:missing"},
    ),
    "other-ptr": (
        {"dns": (*GOOD_DNS[:1], f"host-record=box.lan,{DOMAIN},{ADDRESS}", "local=/#/")},
        {"dns_ptr": "warning:wrong"},
    ),
    "dns-silent": ({"dns": None, "health": None}, {"dns_udp": "failed:no-reply", **NO_HEALTH}),
    "dns-blocked": ({"dns": None}, {"dns_udp": "failed:blocked"}),
    "dns-stopped": (
        {"dns": None, **health(dns_listening=False)},
        {"dns_udp": "failed:not-running"},
    ),
    "dns-elsewhere": (
        {"dns": None, "target": {"dns_dhcp": False}},
        NOT_OURS | {"dhcp": "warning:nobody"},
    ),
    # --------------------------------------------------------------------- TLS
    "https-closed": ({"https": "closed"}, {"tcp_443": "failed:refused", **NO_CHAIN}),
    "https-hangs": ({"https": "hang"}, {"tls_handshake": "failed:no-answer", **NO_CHAIN}),
    "https-is-plain": ({"https": "plain"}, {"tls_handshake": "failed:not-tls", **NO_CHAIN}),
    "https-cut": ({"https": "cut"}, {"tls_handshake": "failed:broken", **NO_CHAIN}),
    "tls-1.2-only": ({"highest": ssl.TLSVersion.TLSv1_2}, {}),
    "tls-1.3-only": ({"lowest": ssl.TLSVersion.TLSv1_3}, {}),
    "old-cht": (OLD_CHT, {}),
    "old-cht-ecdsa": (
        {**OLD_CHT, "chain": (ECDSA, TOP), "key": authority.key("p256", "site")},
        {"tls_handshake": "failed:protocol", **NO_CHAIN},
    ),
    "no-intermediate": (
        {"chain": (GOOD,), "imported": (GOOD, TOP)},
        {"tls_same": "failed:chain-shorter", "tls": "failed:chain-incomplete"},
    ),
    "one-of-two-intermediates": (
        {"chain": (DEEP, SECOND), "imported": (DEEP, SECOND, TOP)},
        {"tls_same": "failed:chain-shorter", "tls": "failed:chain-incomplete"},
    ),
    "other-order": (
        {"chain": (DEEP, TOP, SECOND), "imported": (DEEP, SECOND, TOP)},
        {"tls_same": "failed:chain-other"},
    ),
    "not-reloaded": ({"imported": (OTHER, TOP)}, {"tls_same": "failed:other"}),
    "old-one-still-served": (
        {"chain": (EXPIRED, TOP), "imported": (GOOD, TOP)},
        {"tls_same": "failed:other", "tls": "failed:expired"},
    ),
    "nothing-imported": ({"imported": ()}, {"tls_same": "skipped:unknown"}),
    "expired": ({"chain": (EXPIRED, TOP)}, {"tls": "failed:expired"}),
    # No authority signs for the future, so it is rather the clocks that are behind.
    "not-yet-valid": (
        {"chain": (EARLY, TOP)},
        {"tls": "failed:not-yet-valid", "clock": "failed:both"},
    ),
    "wrong-name": ({"chain": (WRONG_NAME, TOP)}, {"tls": "failed:wrong-name"}),
    "private-authority": ({"chain": (PRIVATE,)}, {"tls": "failed:private-ca"}),
    "cht-self-signed": (
        {"chain": (SELF,), "imported": (GOOD, TOP)},
        {"tls_same": "failed:other", "tls": "failed:self-signed"},
    ),
    "root-sent-along": ({"chain": (GOOD, TOP, authority.ROOT.certificate)}, {}),
    "ends-soon": ({"chain": (leaf(days=25), TOP)}, {"tls": "warning:remark"}),
    "weak-key": (
        {
            "chain": (leaf(key=authority.key("rsa1024")), TOP),
            "key": authority.key("rsa1024"),
            "ciphers": "DEFAULT@SECLEVEL=0",
        },
        {"tls": "failed:finding"},
    ),
    # -------------------------------------------------------------------- HTTP
    "http-closed": ({"http": "closed"}, {"http_redirect": "warning:closed"}),
    "http-unpublished": ({"target": {"http_port": 0}}, {"http_redirect": "skipped:not-published"}),
    "http-leads-away": (
        {"location": "https://portal.example.com/login"},
        {"http_redirect": "failed:elsewhere"},
    ),
    "http-stays-plain": (
        {"location": f"http://{DOMAIN}/login"},
        {"http_redirect": "failed:elsewhere"},
    ),
    "http-nonsense": ({"location": "https://[1/"}, {"http_redirect": "failed:elsewhere"}),
    "http-page": ({"location": ""}, {"http_redirect": "warning:plain"}),
    "https-on-10443": ({"target": {"https_port": 10443}}, {"http_redirect": "warning:port-lost"}),
    # --------------------------------------------------------------------- CHT
    "start-page": ({"paths": {"/setup/poll": START_PAGE}}, {"setup_poll": "failed:page"}),
    "starting": (
        page("/setup/poll", 503, {"error": "Service unavailable"}),
        {"setup_poll": "failed:starting"},
    ),
    "api-down": ({"paths": {"/setup/poll": BAD_GATEWAY}}, {"setup_poll": "failed:api-down"}),
    "not-ready": (setup(ready=False), {"setup_poll": "failed:not-ready"}),
    "ready-in-words": (setup(ready="true"), {"setup_poll": "failed:not-ready"}),
    "other-handler": (setup(handler="nginx"), {"setup_poll": "failed:other-handler"}),
    "a-list": (page("/setup/poll", 200, []), {"setup_poll": "failed:page"}),
    "deep-json": (page("/setup/poll", 200, b"[" * 200_000), {"setup_poll": "failed:page"}),
    "forbidden": (setup(403), {"setup_poll": "failed:status"}),
    "redirected": (setup(302), {"setup_poll": "failed:status"}),
    "huge-answer": (page("/setup/poll", 200, b" " * 3_000_000), {"setup_poll": "failed:broken"}),
    "no-http": (
        {"raw": b"SSH-2.0-OpenSSH\r\n"},
        {"setup_poll": "failed:broken", "http_redirect": "warning:broken"},
    ),
    "cut-short": (
        {"raw": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"},
        {"setup_poll": "failed:broken", "http_redirect": "warning:broken"},
    ),
    "endless": ({"drip": True}, {"setup_poll": "failed:slow", "http_redirect": "warning:broken"}),
    "old-version": (page("/api/v2/monitoring", 404, b""), {"monitoring": "warning:old"}),
    "database-gone": (
        monitoring(couchdb={"medic": {"name": "", "doc_count": -1}}),
        {"monitoring": "failed:database"},
    ),
    "database-unnamed": (
        monitoring(version={"app": "5.1.0", "couchdb": ""}),
        {"monitoring": "failed:database"},
    ),
    "version-unknown": (
        monitoring(version={"app": "", "couchdb": "3.5.0"}),
        {"monitoring": "failed:version"},
    ),
    "monitoring-fails": (monitoring(500), {"monitoring": "failed:status"}),
    "monitoring-garbled": (page("/api/v2/monitoring", 200, b"{"), {"monitoring": "failed:garbled"}),
    "plain-web-server": (
        {"target": {"web": "files"}},
        dict.fromkeys(("setup_poll", "monitoring", "containers"), "skipped:not-cht"),
    ),
    # ------------------------------------------------------------------- clock
    "server-11-minutes-ahead": ({"skew": 660.0}, {"clock": "failed:differ"}),
    "server-11-minutes-behind": ({"skew": -660.0}, {"clock": "failed:differ"}),
    "server-3-minutes-ahead": ({"skew": 180.0}, {"clock": "warning:differ"}),
    "server-1-minute-behind": ({"skew": -60.0}, {}),
    "server-in-2020": ({"skew": -6 * 365 * 86400.0}, {"clock": "failed:server"}),
    "server-in-2020-no-login": (
        {"skew": -6 * 365 * 86400.0, "health": None},
        {"clock": "failed:server", **NO_HEALTH},
    ),
    "time-of-health-unknown": (
        {**health(clock=1000.0), "around": {"health_at": None}},
        {},
    ),
    "laptop-in-2020": ({"laptop": -6 * 365 * 86400.0}, {"clock": "failed:laptop"}),
    "both-in-2020": (
        {"laptop": -6 * 365 * 86400.0, "skew": -6 * 365 * 86400.0},
        {"clock": "failed:both"},
    ),
    # ------------------------------------------------------------------ inside
    "dns-not-enabled": (
        health(services=(replace(UNIT, enabled="disabled"),)),
        {"boot": "failed:disabled"},
    ),
    "dns-not-there": (health(services=()), {"boot": "failed:disabled"}),
    "dns-unit-failed": (
        health(services=(replace(UNIT, active="failed"),)),
        {"boot": "failed:inactive"},
    ),
    "docker-not-enabled": (health(docker_enabled=False), {"boot": "failed:disabled"}),
    "container-stays-away": (
        health(containers=(replace(NGINX, restart_policy="on-failure"),)),
        {"boot": "failed:disabled"},
    ),
    "container-stopped": (
        health(containers=(replace(NGINX, running=False),)),
        {"boot": "failed:inactive"},
    ),
    "inner-name-lost": (
        health(lookups=(wire.Lookup("cht-nginx-1", "api", False, "timed out"),)),
        {"containers": "failed:lost"},
    ),
    "nothing-looked-up": (health(lookups=()), {"containers": "skipped:none"}),
    "unconfirmed": (health(pending=pending(True, 91.4)), {"confirmed": "failed:waiting"}),
    "somebody-at-work": (health(pending=pending(True, None)), {"confirmed": "failed:running"}),
    "leftovers": (health(pending=pending(False, None)), {"confirmed": "failed:remains"}),
    "not-asked-inside": ({"health": None}, NO_HEALTH),
}

# These wait until a limit is reached; the limits themselves are judged in test_runner.py.
SLOW = {
    "upstream-black-hole",
    "no-tcp",
    "dns-silent",
    "dns-blocked",
    "dns-stopped",
    "https-hangs",
    "endless",
}


def expected(changes: dict[str, str]) -> dict[str, str]:
    """The well clinic with the changes, and with everything that they make pointless."""
    whole: dict[str, str] = WELL | changes
    for check in CHECKS:
        if any(
            whole[need].startswith("failed") or whole[need] == "skipped:dependency"
            for need in check.needs
        ):
            whole[check.code] = "skipped:dependency"
    return whole


def said(report: Report) -> dict[str, str]:
    return {each.code: f"{each.state}:{each.variant}" for each in report.results}


@pytest.mark.parametrize("name", CASES)
def test_scenario(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, changes = CASES[name]
    if name in SLOW:
        for check in CHECKS:
            monkeypatch.setattr(type(check), "limit", 5.0)
            # Sockets give up long before the runner does, also on a busy machine.
            monkeypatch.setattr(type(check), "SHARE", 0.35)
    with Clinic(**settings).open(tmp_path) as (target, around, _):
        report = run(CHECKS, target, around)
    assert said(report) == expected(changes)
    broken = next((code for code, how in expected(changes).items() if how.startswith("failed")), "")
    assert (report.first_broken.code if report.first_broken else "") == broken
    assert report.exit_code == bool(broken)
    for each in report.results:
        assert each.message
        assert "{" not in each.message + each.cause
        if each.state in ("failed", "warning"):
            assert each.cure
        assert Result.from_plain(json.loads(json.dumps(each.plain()))) == each


def test_every_outcome_of_the_table_is_another_sentence() -> None:
    """No two codes of one check may be told to the user in the same words."""
    from wizard.check.words import SENTENCES

    for code, table in SENTENCES.items():
        messages = [each.message for each in table.values() if each.message != "{reason}"]
        assert len(set(messages)) == len(messages), code


def test_cht_is_asked_as_the_app_asks(tmp_path: Path) -> None:
    """By address, with the domain as Host; and for JSON, or the start page would be a 200."""
    with Clinic().open(tmp_path) as (target, around, web):
        run(CHECKS, target, around)
    asked = dict(web.seen)
    assert set(asked) == {"/", "/setup/poll", "/api/v2/monitoring"}
    for headers in asked.values():
        assert headers["host"] == DOMAIN
        assert headers["accept"] == "application/json"


def test_the_message_names_what_is_served(tmp_path: Path) -> None:
    with Clinic(chain=(WRONG_NAME, TOP), imported=(GOOD, TOP)).open(tmp_path) as (t, around, _):
        report = run(CHECKS, t, around)
    tls, same = report.result("tls"), report.result("tls_same")
    assert tls is not None
    assert "cht.clinic-b.example.org, *.clinic-c.example.org" in tls.message
    assert same is not None
    assert "cht.clinic-b.example.org" in same.message
    # The app's own words, so that staff with a phone in their hand find the line.
    assert "Unable to contact server" in tls.cause


def test_what_the_certificate_room_found_is_told_in_its_words(tmp_path: Path) -> None:
    settings, _ = CASES["weak-key"]
    with Clinic(**settings).open(tmp_path) as (target, around, _):
        tls = run(CHECKS, target, around).result("tls")
    assert tls is not None
    assert "1024" in tls.message
    assert tls.cure
