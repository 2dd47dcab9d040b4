"""A server whose clock is wrong: named, set with everything else, kept over a power cut."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.practice.laptop import Laptop, Said
from tests.practice.test_walks import make_visit
from wizard.agent import names
from wizard.practice.clinic import PASSWORD, USER, Clinic
from wizard.remote.login import Credentials
from wizard.site.toml import load, save

BEHIND = datetime(2021, 6, 1, tzinfo=UTC).timestamp()
NEAR = 3.0  # seconds


def wrong_clock(clinic: Clinic, moment: float = BEHIND, *, battery: bool = True) -> float:
    """Set the server's clock; returns how far it is ahead of the laptop's then."""
    clinic.server.set_clock(moment)
    with clinic.server.remember() as memory:
        memory["rtc"] = memory["clock"] if battery else None
    return ahead(clinic)


def gives_time(clinic: Clinic) -> None:
    site = load(clinic.site)
    save(replace(site, dns_dhcp=replace(site.dns_dhcp, ntp=True)), clinic.site)


def ahead(clinic: Clinic) -> float:
    return clinic.server.now() - time.time()


def result(said: Said, code: str) -> dict[str, Any]:
    results = said.plain.get("check", said.plain)["results"]
    return next(r for r in results if r["code"] == code)


def kinds(said: Said) -> list[str]:
    return [change["kind"] for change in said.plain["changes"]]


def test_the_wrong_clock_is_named_and_nothing_happens(clinic: Clinic, laptop: Laptop) -> None:
    wrong = wrong_clock(clinic)
    said = laptop.apply()
    assert (said.code, said.plain["state"]) == (1, "refused")
    assert "server-clock-wrong" in {p["code"] for p in said.plain["plan"]["problems"]}
    assert "Set the server's clock from this laptop" in said.text
    assert ahead(clinic) == pytest.approx(wrong, abs=NEAR)


def test_it_is_set_from_the_laptop_and_then_there_is_nothing_to_do(
    clinic: Clinic, laptop: Laptop
) -> None:
    wrong_clock(clinic)
    before = time.time() - time.monotonic()
    said = laptop.apply("--set-clock")
    assert said.code == 0, said.text
    assert said.plain["state"] == "confirmed"
    assert ahead(clinic) == pytest.approx(0.0, abs=NEAR)
    shown = clinic.server.hardware_clock()
    assert shown is not None
    assert shown == pytest.approx(time.time(), abs=NEAR)
    assert result(said, "clock")["state"] == "passed"
    assert time.time() - time.monotonic() == pytest.approx(before, abs=1.0)  # this one's own
    again = laptop.run("plan", "--set-clock")
    assert again.plain["empty"], again.text


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="only Linux has a clock for it")
def test_a_laptop_that_sleeps_before_the_apply(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """time.monotonic() stands still meanwhile; the server's clock does not."""
    slept, read = 0.0, time.clock_gettime
    monkeypatch.setattr(
        time, "clock_gettime", lambda c: read(c) + (slept if c == time.CLOCK_BOOTTIME else 0.0)
    )
    with make_visit(clinic) as visit:
        visit.connect(Credentials(USER, password=PASSWORD), accept=clinic.fingerprint)
        facts = visit.facts()
        slept = 2700.0
        later = visit.as_of_now(facts)
    assert later.clock.now - facts.clock.now == pytest.approx(slept, abs=60.0)
    assert later.clock.now - later.clock.monotonic == pytest.approx(
        facts.clock.now - facts.clock.monotonic
    )


def test_undone_with_everything_else(clinic: Clinic, laptop: Laptop) -> None:
    wrong = wrong_clock(clinic)
    with clinic.server.remember() as memory:
        memory["broken"].append(names.DNSMASQ_UNIT)
    said = laptop.apply("--set-clock")
    assert said.plain["state"] == "rolled-back", said.text
    assert ahead(clinic) == pytest.approx(wrong, abs=NEAR)
    assert not clinic.server.exists(names.CLOCK_UNIT_FILE)


def test_without_a_battery_it_never_starts_before_the_last_known_time(
    clinic: Clinic, laptop: Laptop
) -> None:
    wrong_clock(clinic, 86400.0, battery=False)
    assert laptop.apply("--set-clock", "--no-check").code == 0
    clinic.server.reboot()
    assert -60.0 < ahead(clinic) <= NEAR
    told = laptop.run("facts").plain["clock"]
    assert told["rtc_now"] is None
    assert told["last_known"] == pytest.approx(time.time(), abs=60.0)


def test_the_server_gives_the_time(clinic: Clinic, laptop: Laptop) -> None:
    gives_time(clinic)
    plan = laptop.run("plan")
    assert "chrony" in plan.plain["changes"][0]["names"]
    said = laptop.apply()
    assert said.code == 0, said.text
    assert result(said, "time_service")["variant"] == "ok"
    conf = Path(clinic.server.path(names.DNSMASQ_CONF)).read_text()
    assert "dhcp-option=option:ntp-server,10.20.0.1" in conf
    clinic.server.run(["systemctl", "stop", names.CHRONY_UNIT])
    checked = laptop.run("check")
    assert result(checked, "time_service")["state"] == "warning"
    assert kinds(laptop.run("plan")) == ["service"]  # it is started again


def test_uninstall_leaves_a_plain_chrony(clinic: Clinic, laptop: Laptop) -> None:
    gives_time(clinic)
    laptop.apply("--no-check")
    said = laptop.run("uninstall", "--yes")
    assert said.code == 0, said.text
    for gone in (names.CHRONY_FILE, names.CLOCK_UNIT_FILE, names.CLOCK):
        assert not clinic.server.exists(gone)
    assert not clinic.server.active(names.CLOCK_UNIT)
    assert clinic.server.active(names.CHRONY_UNIT)
    assert "try-restart chrony.service" in " ".join(clinic.server.memory()["carried"])
