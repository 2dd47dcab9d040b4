"""Stories of devices, sighting by sighting, and what is said of them in the end."""

from __future__ import annotations

import re

import pytest

from wizard.agent import wire
from wizard.arrivals import Arrivals, Expected, Row, count
from wizard.arrivals.room import MOST
from wizard.arrivals.words import WORDS

DOMAIN = "cht.clinic-a.example.org"
MAC = "00:12:47:00:00:01"
ADDRESS = "10.20.0.100"


def seen(story: str, mac: str = MAC) -> wire.Watched:
    """Sightings of a story such as "0 asked=Galaxy, 1 given": a time, what, and what it said."""
    sightings = []
    for part in filter(None, story.split(", ")):
        at, what = part.split(" ", 1)
        what, _, said = what.partition("=")
        named = what in ("asked", "given", "domain", "near", "provider", "hello", "http")
        address = "" if what in ("asked", "joined", "was-there") else ADDRESS
        sightings.append(
            wire.Sighting(
                what, mac, float(at), address, said if named else "", "" if named else said
            )
        )
    return wire.Watched("seen", tuple(sightings))


def row(story: str, now: float, wifi: bool = False, serves: bool = True) -> Row:
    room = Arrivals(Expected(DOMAIN, serves=serves))
    room.hear([wire.Watched("begun", wifi=wifi), seen(story)])
    (found,) = room.rows(now)
    return found


LEASE = "0 asked=Galaxy-A12, 0.1 given=Galaxy-A12"
HELLO = f"{LEASE}, 3 domain, 3.1 knocked, 3.2 hello={DOMAIN}"

STORIES = [
    # on the way
    ("0 joined", 1, "came"),
    ("0 was-there", 4000, "was-there"),
    ("0 was-there, 0 leased", 4000, "has-address"),
    ("0 was-there, 0 leased, 50 asked, 50.1 given", 4000, "has-address"),  # its lease goes on
    ("0 was-there, 0 leased, 9 left, 20 joined", 90, "silent"),
    ("0 joined, 1 asked", 2, "asks-address"),
    (LEASE, 5, "has-address"),
    (f"{LEASE}, 1 check", 20, "has-address"),
    (f"{LEASE}, 3 domain", 5, "asked-name"),
    (HELLO, 4, "opening"),
    # there
    (f"{HELLO}, 3.3 finished, 3.4 opened", 4, "opened"),
    (f"{HELLO}, 3.3 finished, 3.4 opened", 4000, "opened"),
    ("0 leased, 0 opened", 1, "uses"),
    ("0 was-there, 0 leased, 9 opened", 10, "uses"),
    # the Wi-Fi and the address
    ("0 wrong-password", 1, "wrong-password"),
    ("0 wrong-password, 5 joined", 6, "came"),
    ("0 joined", 30, "joined-only"),
    ("0 joined, 5 left", 6, "left"),
    ("0 was-there, 5 left", 6, "left"),
    ("0 was-there, 5 left, 20 joined", 40, "joined-only"),
    ("0 asked, 4 asked, 9 asked", 14, "no-address"),
    ("0 asked, 1 other-dhcp=192.168.1.1", 2, "other-dhcp"),
    ("0 asked, 1 other-dhcp=192.168.1.1, 1.2 present", 90, "other-dhcp"),
    ("0 given, 60 other-dhcp=192.168.1.1, 60.2 present", 190, "other-dhcp"),
    ("0 other-dhcp=192.168.1.1, 9 given", 10, "has-address"),
    ("0 present", 1, "own-address"),
    (f"0 present, 1 domain, 2 hello={DOMAIN}, 2.1 opened", 3, "uses"),  # it works all the same
    # the name
    (LEASE, 60, "silent"),
    (f"{LEASE}, 1 check, 2 other", 60, "no-question"),
    (f"{LEASE}, 1 provider=dns.google", 3, "has-address"),
    (f"{LEASE}, 1 provider=dns.google, 3 provider=dns.google", 8, "private-dns"),
    (f"{LEASE}, 1 provider=dns.google, 2 domain", 5, "asked-name"),
    (f"{LEASE}, 1 dns-elsewhere=8.8.8.8", 8, "other-dns"),
    (f"{LEASE}, 1 dot-elsewhere=1.1.1.1", 8, "other-dns"),
    (f"{LEASE}, 1 dot", 60, "silent"),  # Private DNS on Automatic is no fault
    (f"{LEASE}, 1 near=cht.clinic-a.exmple.org", 2, "mistyped"),
    (f"{LEASE}, 1 near=cht.clinic-a.exmple.org, 9 domain", 10, "asked-name"),
    # the server
    (f"{LEASE}, 3 domain", 30, "not-come"),
    (f"{LEASE}, 3 domain, 3.1 knocked", 30, "no-handshake"),
    (HELLO, 30, "no-handshake"),
    (f"{HELLO}, 3.3 refused", 4, "certificate"),
    (f"{HELLO}, 3.3 refused=46", 4, "certificate"),
    (f"{HELLO}, 3.3 refused=45", 4, "certificate-time"),
    (f"{HELLO}, 3.3 finished, 3.4 unused", 4, "unused"),
    (f"{HELLO}, 3.3 refused-by-server=70", 4, "too-old"),
    (f"{LEASE}, 3 hello=other.example.org, 3.1 refused", 4, "wrong-name"),
    (f"{LEASE}, 3 hello=, 3.1 refused", 4, "by-number"),
    # what was wrong before is over
    (f"{HELLO}, 3.3 refused, 60 hello={DOMAIN}, 60.2 opened", 61, "opened"),
    (f"{HELLO}, 3.4 opened, 60 hello={DOMAIN}, 60.2 refused", 61, "certificate"),
    # other apps of a phone that opened the CHT, and connections that a browser holds in reserve
    (f"{HELLO}, 3.4 opened, 60 dns-elsewhere=8.8.8.8", 70, "opened"),
    (f"{HELLO}, 3.4 opened, 60 dot-elsewhere=8.8.8.8", 70, "opened"),
    (f"{HELLO}, 3.4 opened, 60 provider=dns.google", 70, "opened"),
    (f"{HELLO}, 3.4 opened, 60 near=clinic-a.example.org", 70, "opened"),
    (f"{HELLO}, 3.4 opened, 60 near=clinic-a.example.org, 70 domain", 90, "opened"),
    (f"{HELLO}, 3.4 opened, 30 hello={DOMAIN}, 30.1 finished", 50, "opened"),
    (f"{HELLO}, 3.4 opened, 66 unused", 70, "opened"),
    (f"{HELLO}, 3.4 opened, 50 provider=dns.google, 60 refused=48", 70, "certificate"),
    (f"{LEASE}, 2 unused, 3 refused=48", 4, "certificate"),  # begun before somebody looked
    (f"{LEASE}, 3 hello=, 3.1 unused", 4, "by-number"),
]


@pytest.mark.parametrize(("story", "now", "code"), STORIES)
def test_where_a_device_stands(story: str, now: float, code: str) -> None:
    found = row(story, now)
    assert found.code == code
    assert not re.search(r"[{}]", found.message + found.cure)
    assert bool(found.cure) == (found.state in ("warning", "failed"))


@pytest.mark.parametrize(
    ("story", "now", "code"),
    [
        ("0 asked, 4 asked, 9 asked", 14, "asks-address"),
        ("0 asked, 1 other-dhcp=10.20.0.254", 90, "has-address"),
        ("0 present", 90, "has-address"),
        ("0 present, 1 dns-elsewhere=10.20.0.254", 90, "has-address"),
        ("0 present, 1 dot-elsewhere=10.20.0.254, 2 provider=dns.google", 90, "has-address"),
        ("0 present, 1 near=cht.clinic-a.exmple.org", 90, "mistyped"),
        (f"0 asked, 1 other-dhcp=10.20.0.254, 2 hello={DOMAIN}, 2.1 refused", 3, "certificate"),
        (f"0 asked, 1 other-dhcp=10.20.0.254, 2 hello={DOMAIN}, 2.1 opened", 3, "opened"),
    ],
)
def test_where_another_device_gives_addresses_and_names(story: str, now: float, code: str) -> None:
    assert row(story, now, serves=False).code == code


def test_every_sentence_has_a_story() -> None:
    assert {code for _, _, code in STORIES} == set(WORDS)


def test_what_is_known_of_a_device() -> None:
    found = row(f"0 joined, {HELLO}, 3.4 opened, 70 opened", 99, wifi=True)
    assert (found.title, found.maker, found.address) == ("Galaxy-A12", "Samsung", ADDRESS)
    assert found.steps == ("joined", "address", "name", "opened")
    assert found.seconds == pytest.approx(3.4)
    assert row(HELLO, 9).steps == ("address", "name")


def test_a_device_with_an_address_of_its_own_may_be_a_printer() -> None:
    assert row("0 present", 1).state == "warning"


def test_a_phone_that_hides_its_maker_and_has_no_name() -> None:
    room = Arrivals(Expected(DOMAIN))
    sighting = wire.Sighting("asked", "da:a1:19:00:00:01", 0.0, detail="android-dhcp-14")
    room.hear([wire.Watched("seen", (sighting,))])
    (found,) = room.rows(1)
    assert (found.title, found.maker) == ("A phone with Android 14", "hides its maker")


def test_an_ipv6_address_does_not_hide_the_other_one() -> None:
    room = Arrivals(Expected(DOMAIN))
    room.hear([seen(LEASE), wire.Watched("seen", (wire.Sighting("domain", MAC, 1, "fd00::5"),))])
    assert room.rows(2)[0].address == ADDRESS


def test_many_are_counted_and_no_more_are_kept_than_can_be() -> None:
    room = Arrivals(Expected(DOMAIN))
    assert count(room.rows(0)).sentence == ""
    for number in range(MOST + 50):
        story = f"{number} leased, {number} opened" if number % 2 else f"{number} leased"
        room.hear([seen(story, f"00:12:47:00:{number >> 8:02x}:{number & 255:02x}")])
    assert len(room) == MOST
    found = count(room.rows(10_000))
    assert (found.passed, found.failed, found.devices) == (300, 300, MOST)
    assert found.sentence == "600 devices were seen · 300 opened the CHT · 300 stopped"
    assert [r.mac for r in room.rows(0)] == [r.mac for r in room.rows(10_000)]
