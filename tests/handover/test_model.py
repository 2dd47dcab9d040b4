"""The snapshot: when to renew, and what is taken from facts and bundle."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tests.certificate import authority
from tests.handover.example import CERTIFICATE, PASSPHRASE, SITE, WHEN, handover
from wizard.certificate import Bundle
from wizard.handover import Certificate


def test_the_next_visit_follows_the_answer_of_the_site() -> None:
    made = handover(site=replace(SITE, visit_every=60))
    plan = made.visits
    assert plan is not None
    assert (plan.every, plan.authority) == (60, CERTIFICATE.authority)
    assert made.day(plan.latest) == date(2027, 3, 1)
    assert handover(certificate=None).visits is None


def test_certificate_of_a_bundle() -> None:
    leaf = authority.INTERMEDIATE.leaf(names=("a.example.org", "b.example.org"), days=90)
    certificate = Certificate.of(Bundle(leaf))
    assert certificate.names == ("a.example.org", "b.example.org")
    assert certificate.not_after == leaf.not_valid_after_utc
    assert certificate.issuer
    assert certificate.clocks == (leaf.not_valid_before_utc, leaf.not_valid_after_utc)
    assert len(certificate.sha256) == 64


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        handover(when=WHEN.replace(tzinfo=None))


def test_days_are_those_of_the_laptop() -> None:
    late = datetime(2027, 3, 10, 22, 30, tzinfo=UTC)
    assert handover().day(late) == date(2027, 3, 11)


def test_the_passphrase_has_no_repr() -> None:
    assert PASSPHRASE not in repr(handover())
    assert handover().wifi is not None


@pytest.mark.parametrize(
    ("port", "url"),
    [(443, "https://cht.kaloleni.example.org"), (8443, "https://cht.kaloleni.example.org:8443")],
)
def test_address_to_type(port: int, url: str) -> None:
    usual = handover()
    assert replace(usual, server=replace(usual.server, https_port=port)).url == url
