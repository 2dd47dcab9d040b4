"""What may be different at a site, walked with a visit and seen by the real agent."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.practice.test_walks import make_visit
from wizard import certificate
from wizard.agent import probe, transaction, wire
from wizard.certificate import CertificateError
from wizard.practice.authority import PASSPHRASE, SOON
from wizard.practice.clinic import NEW, OLD, PASSWORD, USER, WAIT, Clinic
from wizard.practice.words import CERTIFICATES, SCENARIOS
from wizard.remote.login import Credentials
from wizard.visit import Progress, Visit


def enter(clinic: Clinic, say: Callable[[Progress], None] = lambda _: None) -> Visit:
    visit = make_visit(clinic, "data")
    visit.say = say
    visit.connect(Credentials(USER, password=PASSWORD), accept=clinic.fingerprint)
    return visit


def test_every_scenario_has_its_words() -> None:
    assert set(SCENARIOS) == {"plain", "second-dhcp", "taken-address", "cable"}
    for scenario in SCENARIOS.values():
        assert scenario.name
        assert scenario.story.endswith(".")
    assert NEW in SCENARIOS["taken-address"].story


def test_a_scenario_that_is_none(clinic: Clinic) -> None:
    with pytest.raises(ValueError, match="earthquake"):
        clinic.scenario = "earthquake"
    assert clinic.scenario == "plain"


# ----------------------------------------------------------------- who else is there


def test_a_second_dhcp_server_is_named_until_it_is_switched_off(clinic: Clinic) -> None:
    clinic.scenario = "second-dhcp"
    with enter(clinic) as visit:
        facts, bundle = visit.facts(), visit.bundle()
        the_plan = visit.plan(facts, bundle)
        found = visit.survey(the_plan)
        assert [p.code for p in found] == ["other-dhcp"]
        assert "192.168.50.1" in found[0].message
        assert "50:c7:bf" in found[0].message
        assert visit.apply(the_plan).state == "confirmed"
        facts = visit.facts()
        broken = visit.check(facts, bundle).first_broken
        assert broken is not None
        assert (broken.code, broken.variant) == ("dhcp", "second")
        assert "192.168.50.1 (MAC 50:c7:bf:20:31:0a, TP-Link)" in broken.message
        clinic.mend()
        report = visit.check(facts, bundle)
        assert report.first_broken is None
        assert {r.code: r.variant for r in report.results}["dhcp"] == "ok"


def test_an_offer_is_a_whole_one(clinic: Clinic) -> None:
    clinic.scenario = "second-dhcp"
    offers = probe.find_dhcp(clinic.server, "eth0", 0.4)
    assert [wire.decode(wire.DhcpOffer, offer) for offer in offers] == [
        wire.DhcpOffer(
            server="192.168.50.1", mac="50:c7:bf:20:31:0a", offered="192.168.50.31",
            mask="255.255.255.0", router=("192.168.50.1",), dns=("192.168.50.1",), domain="",
            ours=False,
        )
    ]  # fmt: skip
    clinic.unplug()
    assert probe.find_dhcp(clinic.server, "eth0", 0.4) == []


def test_frames_that_are_no_questions_stay_unanswered(clinic: Clinic) -> None:
    clinic.scenario = "second-dhcp"
    question = probe._discover(bytes(6), b"abcd", 0)
    at = question.index(b"\x35\x01\x01")
    request = question[:at] + b"\x35\x01\x03" + question[at + 3 :]
    with clinic.server.wire("eth0", 0x0800) as cable:
        cable.settimeout(0.3)
        for frame in (b"", b"\x00" * 60, question[:40], request, question[:14] + bytes(400)):
            cable.send(frame)
            with pytest.raises(TimeoutError):
                cable.recv(2000)
        cable.settimeout(5)
        cable.send(question)
        assert probe._offer(cable.recv(2000), b"abcd") is not None


def test_a_taken_address_is_found_before_anything_is_changed(clinic: Clinic) -> None:
    clinic.scenario = "taken-address"
    with enter(clinic) as visit:
        the_plan = visit.plan(visit.facts(), visit.bundle())
        found = visit.survey(the_plan)
        assert [p.code for p in found] == ["address-taken"]
        assert NEW in found[0].message
        assert "3c:d9:2b:5e:70:44" in found[0].message
        clinic.mend()
        assert visit.survey(the_plan) == ()


def test_the_router_has_its_address_in_every_scenario(clinic: Clinic) -> None:
    for scenario in SCENARIOS:
        clinic.scenario = scenario
        assert probe.find_address(clinic.server, "eth0", "192.168.50.1", 2)["mac"]
        assert probe.find_address(clinic.server, "eth0", "10.20.0.9", 0.2) == {"mac": ""}


# ---------------------------------------------------------------------------- the cable


def test_the_cable_comes_out_once_and_the_way_back_is_shown(clinic: Clinic) -> None:
    clinic.scenario = "cable"
    seen: list[tuple[str, bool]] = []
    with enter(clinic, lambda p: seen.append((p.code, clinic.plugged))) as visit:
        the_plan = visit.plan(visit.facts(), visit.bundle())
        outcome = visit.apply(the_plan, seconds=WAIT)
        assert (outcome.state, outcome.failed, outcome.left) == ("rolled-back", "timeout", ())
        assert ("confirm", False) in seen
        assert clinic.plugged
        assert clinic.server.addresses() == {OLD}
        assert transaction.pending(clinic.server) is None
        again = visit.plan(visit.facts(), visit.bundle())
        assert again.changes == the_plan.changes
        assert visit.apply(again).state == "confirmed"
        assert clinic.server.addresses() == {NEW}


# ------------------------------------------------------------------------- certificates


def codes(clinic: Clinic, kind: str, passphrase: str | None = None) -> set[str]:
    """Return what is found wrong with a certificate, apart from its practice authority."""
    clinic.write_site(kind)
    with enter(clinic) as visit:
        bundle = visit.bundle(passphrase)
        assert bundle is not None
        findings = visit.findings(bundle, visit.facts())
    return {finding.code for finding in findings} - {"extra-root-only"}


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("good", set()),
        ("newer", set()),
        ("ending-soon", {"expires-soon"}),
        ("expired", {"expired"}),
        ("wrong-name", {"name-mismatch"}),
        ("missing-intermediate", {"chain-incomplete"}),
    ],
)
def test_what_is_wrong_with_each_certificate(clinic: Clinic, kind: str, found: set[str]) -> None:
    assert codes(clinic, kind) == found


def test_a_locked_certificate_asks_for_its_password(clinic: Clinic) -> None:
    with pytest.raises(CertificateError) as error:
        codes(clinic, "with-password")
    assert "passphrase" in error.value.code
    assert codes(clinic, "with-password", PASSPHRASE) == set()
    assert CERTIFICATES["with-password"].endswith(f": {PASSPHRASE}.")


def test_a_wrong_key_is_told(clinic: Clinic) -> None:
    with pytest.raises(CertificateError) as error:
        codes(clinic, "wrong-key")
    assert error.value.code == "key-mismatch"


def test_every_certificate_has_its_words_and_they_are_true(clinic: Clinic) -> None:
    assert set(CERTIFICATES) == set(clinic.certificates)
    clinic.write_site("ending-soon")
    bundle = certificate.read([str(p) for p in clinic.certificates["ending-soon"]])
    left = bundle.leaf.not_valid_after_utc - datetime.now(UTC)
    assert round(left.total_seconds() / 86400) == SOON == 9


def test_many_probes_leave_no_thread_behind(clinic: Clinic) -> None:
    before = threading.active_count()
    for number in range(100):
        address = socket.inet_ntoa(struct.pack("!I", 0x0A140002 + number))
        probe.find_address(clinic.server, "eth0", address, 0.0)
    assert threading.active_count() <= before + 2
