"""The Wi-Fi, and what an access point does that is still a router - as values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.check.clinic import HEALTH
from tests.check.test_lan import TARGET, ask, outcome
from wizard.agent.wire import Advertiser, Company, Neighbour, Sending

UP = Sending("wlan0", "ENABLED", 6, "KE", 2)
ROUTER = Advertiser("50:c7:bf:20:31:0a", "fe80::1", ("fd00:99::/64",), (), 1800)
BOX = Neighbour("10.20.0.7", "50:c7:bf:20:31:0a")
NOBODY = Company((), (), ())
WIFI = replace(TARGET, country="KE")


@pytest.mark.parametrize(
    ("around", "target", "expected"),
    [
        ({"health": replace(HEALTH, sending=UP)}, WIFI, "passed:ok"),
        ({"health": replace(HEALTH, sending=UP)}, TARGET, "skipped:not-ours"),
        ({}, WIFI, "skipped:no-health"),
        ({"health": HEALTH}, WIFI, "failed:none"),
        ({"health": replace(HEALTH, sending=replace(UP, state=""))}, WIFI, "failed:down"),
        ({"health": replace(HEALTH, sending=replace(UP, state="DISABLED"))}, WIFI, "failed:down"),
        ({"health": replace(HEALTH, sending=replace(UP, country="US"))}, WIFI, "failed:country"),
    ],
)
def test_wifi(around: dict[str, Any], target: Any, expected: str) -> None:
    assert outcome(ask("wifi", around, target)) == expected


@pytest.mark.parametrize(
    ("code", "company", "change", "expected"),
    [
        ("router", None, {}, "skipped:unknown"),
        ("router", NOBODY, {}, "passed:ok"),
        ("router", replace(NOBODY, routers=(ROUTER,)), {}, "failed:second"),
        (
            "router",
            replace(NOBODY, routers=(ROUTER,)),
            {"gateway": "10.20.0.254"},
            "warning:known",
        ),
        ("dns_second", None, {}, "skipped:unknown"),
        ("dns_second", NOBODY, {"dns_dhcp": False}, "skipped:not-ours"),
        ("dns_second", NOBODY, {}, "passed:ok"),
        ("dns_second", replace(NOBODY, dns=(BOX,)), {}, "warning:second"),
        ("dns_second", replace(NOBODY, dns=(BOX,)), {"gateway": BOX.address}, "passed:ok"),
        ("range", None, {}, "skipped:unknown"),
        ("range", NOBODY, {"dns_dhcp": False}, "skipped:not-ours"),
        ("range", NOBODY, {}, "passed:ok"),
        ("range", replace(NOBODY, strangers=(BOX,)), {}, "warning:taken"),
        ("range", replace(NOBODY, strangers=(BOX,)), {"laptop": BOX.address}, "passed:ok"),
    ],
)
def test_company(code: str, company: Any, change: dict[str, Any], expected: str) -> None:
    result = ask(code, {"company": company}, replace(TARGET, **change))
    assert outcome(result) == expected
    if expected.startswith(("failed", "warning")):
        assert "50:c7:bf:20:31:0a" in result.message
