"""The snapshot: when to renew, and what is taken from facts and bundle."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.certificate import authority
from tests.handover.example import CERTIFICATE, PASSPHRASE, WHEN, handover
from wizard.certificate import Bundle
from wizard.handover import Certificate

BEGIN = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("life", "before"),
    [
        (398, 30),
        (200, 30),
        (90, 30),  # both rules agree
        (64, 64 / 3),
        (47, 47 / 3),
        (6, 2),
    ],
)
def test_when_to_renew(life: int, before: float) -> None:
    end = BEGIN + timedelta(days=life)
    certificate = replace(CERTIFICATE, not_before=BEGIN, not_after=end)
    assert certificate.renew_at == end - timedelta(days=before)


def test_certificate_of_a_bundle() -> None:
    leaf = authority.INTERMEDIATE.leaf(names=("a.example.org", "b.example.org"), days=90)
    certificate = Certificate.of(Bundle(leaf))
    assert certificate.names == ("a.example.org", "b.example.org")
    assert certificate.not_after == leaf.not_valid_after_utc
    assert certificate.issuer
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
