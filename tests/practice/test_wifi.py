"""The server's own radio, from an untouched server to a proven Wi-Fi, and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.practice.test_walks import make_visit
from wizard.agent import names, wire
from wizard.check import Report
from wizard.plan import Plan
from wizard.practice.clinic import PASSWORD, USER, Clinic
from wizard.practice.segment import Neighbour
from wizard.remote.login import Credentials
from wizard.site.access_point import arranged
from wizard.site.model import AccessPoint
from wizard.visit import Progress, Visit

WORD = "seven brave cranes"
AP = AccessPoint("server", "wlan0", "Practice", "KE")


@contextmanager
def visiting(clinic: Clinic, ap: AccessPoint, log: list[Progress] | None = None) -> Iterator[Visit]:
    visit = make_visit(clinic)
    if log is not None:
        visit.say = log.append
    with visit:
        visit.connect(Credentials(USER, password=PASSWORD), accept=clinic.fingerprint)
        site = replace(visit.site, access_point=ap)
        visit.decide(arranged(site, visit.facts()), clinic.folder)
        yield visit


def decide(visit: Visit, word: str = "") -> tuple[wire.Facts, Plan]:
    facts = visit.facts()
    return facts, visit.plan(facts, visit.bundle(), passphrase=word)


def soft(clinic: Clinic) -> str:
    return (clinic.server.read("/sys/class/rfkill/rfkill0/soft") or "").strip()


def variants(report: Report) -> dict[str, str]:
    return {r.code: f"{r.state}:{r.variant}" for r in report.results}


def test_from_an_untouched_server_to_a_proven_wifi(clinic: Clinic) -> None:
    log: list[Progress] = []
    with visiting(clinic, AP, log) as visit:
        facts, the_plan = decide(visit, WORD)
        assert not the_plan.forbidden, the_plan.problems
        assert not the_plan.confirm, "the cable stays as it is"
        clinic.scenario = "second-dhcp"  # on the cable, which is not asked
        assert visit.survey(the_plan) == ()
        clinic.scenario = "plain"
        assert visit.apply(the_plan).state == "confirmed"
        facts, again = decide(visit)
        assert again.empty, [again.sentence(c) for c in again.changes]
        report = visit.check(facts, visit.bundle())
        assert report.first_broken is None
        assert variants(report)["wifi"] == "passed:ok"
        conf = facts.owns(names.HOSTAPD_CONF)
        assert conf is not None
        assert "channel=11\n" in conf.text  # a neighbour is loud on 1, two are on 6
        radio = facts.radio("wlan0")
        assert radio is not None
        assert radio.country == "KE"
        visit.restart()
        facts = visit.facts()
        assert variants(visit.check(facts, visit.bundle()))["wifi"] == "passed:ok"
    secret = Path(clinic.server.path(names.HOSTAPD_SECRET))
    assert secret.read_text() == f"wpa_passphrase={WORD}\n"
    assert secret.stat().st_mode & 0o777 == 0o600
    told = repr(log) + repr(the_plan) + clinic.site.read_text()
    assert WORD not in told
    elsewhere = [p for p in clinic.folder.rglob("*") if p.is_file() and p != secret]
    assert not [p for p in elsewhere if WORD.encode() in p.read_bytes()], "kept in one place only"


def test_cable_and_wifi_become_one_network(clinic: Clinic) -> None:
    """The address moves to a bridge; a second visit finds it there and has nothing to do."""
    with visiting(clinic, replace(AP, bridge=True)) as visit:
        assert visit.site.static_ip.interface == "eth0"
        _, the_plan = decide(visit, WORD)
        assert not the_plan.forbidden, the_plan.problems
        assert the_plan.confirm, "the server could get lost"
        assert visit.apply(the_plan).state == "confirmed"
        assert visit.no_lifeline == "bridge", "link-local addresses move along"
        facts, again = decide(visit)
        assert again.empty, [again.sentence(c) for c in again.changes]
        bridge, cable = facts.interface(names.BRIDGE), facts.interface("eth0")
        assert bridge is not None
        assert cable is not None
        assert [a.address for a in bridge.addresses] == [visit.site.static_ip.address.split("/")[0]]
        assert bridge.mac == cable.mac
        assert not cable.addresses
        assert visit.check(facts, visit.bundle()).first_broken is None
        visit.restart()
        facts, again = decide(visit)
        assert again.empty, [again.sentence(c) for c in again.changes]
        # the Wi-Fi goes, the bridge stays
        site = replace(visit.site, access_point=replace(AP, kind="none"))
        visit.decide(arranged(site, facts), clinic.folder)
        _, the_plan = decide(visit)
        assert "network" not in [c.kind for c in the_plan.changes]
        assert visit.apply(the_plan).state == "confirmed"
        assert decide(visit)[1].empty


def test_a_wifi_that_does_not_come_up_takes_the_bridge_apart(clinic: Clinic) -> None:
    with visiting(clinic, replace(AP, bridge=True)) as visit:
        _, the_plan = decide(visit, WORD)
        with clinic.server.remember() as memory:
            memory["broken"].append(names.HOSTAPD_UNIT)
        outcome = visit.apply(the_plan)
        assert outcome.state == "rolled-back"
        assert not outcome.left
        assert visit.facts().interface(names.BRIDGE) is None
        assert not clinic.server.exists(names.INTERFACES_FILE)


def test_a_radio_that_does_not_come_up_is_given_back(clinic: Clinic) -> None:
    clinic.server.put("/sys/class/rfkill/rfkill0/soft", "1\n")
    with clinic.server.remember() as memory:
        memory["broken"].append(names.HOSTAPD_UNIT)
    with visiting(clinic, AP) as visit:
        _, the_plan = decide(visit, WORD)
        outcome = visit.apply(the_plan)
        assert (outcome.state, outcome.failed) == ("rolled-back", "radio-failed")
        assert not outcome.left
        assert soft(clinic) == "1"
        facts = visit.facts()
        assert facts.radios[0].country == "00"
        for path in (names.HOSTAPD_CONF, names.HOSTAPD_SECRET, names.HOSTAPD_UNIT_FILE):
            assert not clinic.server.exists(path)


def test_a_blocked_radio_is_switched_on(clinic: Clinic) -> None:
    clinic.server.put("/sys/class/rfkill/rfkill0/soft", "1\n")
    with visiting(clinic, AP) as visit:
        facts, the_plan = decide(visit, WORD)
        assert facts.radios[0].blocked == "soft"
        assert facts.scan is not None
        assert not facts.scan.scanned
        assert visit.apply(the_plan).state == "confirmed"
        assert soft(clinic) == "0"


def test_the_password_stays_until_another_one_is_typed(clinic: Clinic) -> None:
    with visiting(clinic, AP) as visit:
        missing = decide(visit)[1]
        assert "ap-passphrase-missing" in [p.code for p in missing.problems]
        assert visit.apply(decide(visit, WORD)[1]).state == "confirmed"
        assert decide(visit)[1].empty
        assert decide(visit, WORD)[1].empty
        other = decide(visit, "nine quiet owls")[1]
        assert [c.kind for c in other.changes] == ["file", "radio", "service"]
        assert visit.apply(other).state == "confirmed"
        assert "owls" in (clinic.server.read(names.HOSTAPD_SECRET) or "")


def test_the_wifi_ends_when_it_is_not_wanted_any_more(clinic: Clinic) -> None:
    with visiting(clinic, AP) as visit:
        assert visit.apply(decide(visit, WORD)[1]).state == "confirmed"
        site = replace(visit.site, access_point=replace(AP, kind="none"))
        visit.decide(arranged(site, visit.facts()), clinic.folder)
        assert visit.site.static_ip.interface == "eth0"
        _, the_plan = decide(visit)
        kinds = [c.kind for c in the_plan.changes]
        assert "network" in kinds
        assert not the_plan.forbidden, the_plan.problems
        assert visit.apply(the_plan).state == "confirmed"
        assert not clinic.server.exists(names.HOSTAPD_SECRET)
        assert decide(visit)[1].empty


def test_a_country_where_the_kernel_tells_less(clinic: Clinic) -> None:
    with visiting(clinic, replace(AP, channel=149)) as visit:
        assert "ap_channel_illegal" in [p.code for p in decide(visit, WORD)[1].problems]
        assert clinic.server.radio.country == "00", "only looking leaves nothing behind"
    with visiting(clinic, replace(AP, channel=149, country="US")) as visit:
        assert not decide(visit, WORD)[1].forbidden


def test_a_device_that_took_an_address_of_the_phones_is_named(clinic: Clinic) -> None:
    box = Neighbour("access point", "50:c7:bf:20:31:0b", "10.20.0.120")
    with visiting(clinic, AccessPoint("own", ssid="Clinic")) as visit:
        assert visit.apply(decide(visit)[1]).state == "confirmed"
        before = clinic.segment._neighbours
        clinic.segment._neighbours = lambda: (*before(), box)
        report = visit.check(visit.facts(), visit.bundle())
        assert variants(report)["range"] == "warning:taken"
        message = next(r.message for r in report.results if r.code == "range")
        assert "10.20.0.120 (MAC 50:c7:bf:20:31:0b, TP-Link)" in message
