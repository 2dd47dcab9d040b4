"""The handover sheet: what stands on it for which site, and that no value can break it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from jinja2 import UndefinedError

from tests.handover.example import BAD, PASSPHRASE, SITE, handover, hostile
from wizard.handover import picture, sheet
from wizard.handover.model import Handover, Server, Wifi
from wizard.handover.templates import render, shown
from wizard.problem import speak
from wizard.site.model import AccessPoint, DnsDhcp, Name, Reservation

# Of doc.qt.io/qt-6.11/richtext-html-subset.html, what a sheet may use.
TAGS = {
    *("html", "head", "title", "style", "body", "table", "tr", "td", "p", "span", "img", "br"),
}
ATTRIBUTES = {
    *("class", "style", "width", "height", "cellspacing", "cellpadding", "colspan"),
    *("align", "valign", "src"),
}


class Reader(HTMLParser):
    """Collects tags, attributes and the visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.images: set[str] = set()
        self._words: list[str] = []
        self._hidden = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.images |= {str(value) for name, value in attrs if name == "src"}
        self._hidden += tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag == "style"

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._words.append(data)

    @property
    def text(self) -> str:
        """The text as it is read, with single spaces."""
        return " ".join(" ".join(self._words).split())


def text(made: Handover, *, with_passphrase: bool = False) -> str:
    return Reader(sheet.compose(made, with_passphrase=with_passphrase).html).text


def test_everything_that_is_asked_for_stands_on_it() -> None:
    said = text(handover())
    for part in (
        "Kaloleni Health Centre",
        "https://cht.kaloleni.example.org",
        "10.20.0.1",
        "10.20.0.0/24",
        "10.20.0.100 to 10.20.0.200",
        "12 hours",
        "10.20.0.2 · access-point",
        "52:54:00:12:34:56",
        "4.21.1",
        "1 March 2027",
        "From 9 January 2027 on, renew it at any visit",
        "From 10 February 2027 on, Let's Encrypt gives 64 days.",
        "outside 10 December 2026 to 10 March 2027 the phone refuses",
        "10 March 2027",
        "Let's Encrypt",
        "Unable to contact server",
        "Private DNS",
        "Two USB disks, changed on Fridays.",
        "Who to call",
        "As of 15 December 2026, 14:05",
        "Live check: all 3 passed",
    ):
        assert part in said
    assert "Practice" not in said


def test_the_passphrase_only_when_asked_for() -> None:
    without = sheet.compose(handover())
    assert PASSPHRASE not in without.html
    assert "wifi" not in without.images
    assert not any(PASSPHRASE.encode() in each for each in without.images.values())
    assert "Not printed here" in Reader(without.html).text
    with_it = sheet.compose(handover(), with_passphrase=True)
    assert PASSPHRASE in with_it.html
    assert "wifi" in with_it.images
    assert PASSPHRASE not in repr(with_it)


def test_no_passphrase_no_code() -> None:
    made = sheet.compose(handover(wifi=Wifi("Clinic")), with_passphrase=True)
    assert "wifi" not in made.images
    assert "type its password" in Reader(made.html).text


def test_a_site_without_known_wifi() -> None:
    made = handover(wifi=None, site=replace(SITE, access_point=AccessPoint()))
    assert "Join the Wi-Fi of the clinic." in text(made, with_passphrase=True)
    assert "Access point or switch" in picture.network(made).decode()


def test_names_and_addresses_from_another_device() -> None:
    made = handover(site=replace(SITE, dns_dhcp=DnsDhcp(enabled=False)))
    assert "from another device, not from this server" in text(made)
    assert "addresses from another device" in picture.network(made).decode()


def test_with_a_router_and_more() -> None:
    made = handover(
        site=replace(
            SITE,
            static_ip=replace(SITE.static_ip, gateway="10.20.0.254", address6="fd00:20::1/64"),
            dns_dhcp=replace(
                SITE.dns_dhcp, names=(Name("printer.lan", "10.20.0.20"),), upstream=("1.1.1.1",)
            ),
        )
    )
    said = text(made)
    for part in ("10.20.0.254", "fd00:20::1/64", "printer.lan is 10.20.0.20", "asked at 1.1.1.1"):
        assert part in said
    assert "Router 10.20.0.254" in picture.network(made).decode()


def test_many_reservations_are_cut_short() -> None:
    many = tuple(Reservation("", f"10.20.0.{n}", f"device{n}") for n in range(10, 20))
    said = text(handover(site=replace(SITE, dns_dhcp=replace(SITE.dns_dhcp, reservations=many))))
    assert "device15" in said
    assert "device16" not in said
    assert "and 4 more, see the report" in said


@pytest.mark.parametrize(
    ("version", "warned"),
    [("4.2.1", True), ("4.9.0", True), ("4.10.0", False), ("5.1.0", False), ("", False)],
)
def test_a_cht_that_stays_down_after_a_power_failure(version: str, warned: bool) -> None:
    said = text(handover(server=Server(cht=version)))
    assert ("may not come back by itself" in said) is warned


def test_practice_is_marked() -> None:
    assert "Practice only." in text(handover(practice=True))


def test_nothing_known_but_the_domain() -> None:
    bare = Handover(replace(SITE, name=""), handover().when, "0.1.0")
    said = text(bare, with_passphrase=True)
    assert sheet.compose(bare).title == "Handover sheet: cht.kaloleni.example.org"
    assert "No certificate was looked at" in said
    assert "Nothing was answered yet." in said
    assert "Not checked yet" in said


@pytest.mark.parametrize("made", [handover(), handover(practice=True, wifi=None), hostile()])
def test_only_what_qt_knows(made: Handover) -> None:
    one = sheet.compose(made, with_passphrase=True)
    read = Reader(one.html)
    assert set(read.tags) <= TAGS
    assert read.attributes <= ATTRIBUTES
    assert read.images == set(one.images)


def test_hostile_values_are_only_text() -> None:
    usual, bad = (
        Reader(sheet.compose(each, with_passphrase=True).html).tags
        for each in (handover(), hostile())
    )
    assert "script" not in bad
    assert bad.count("style") == bad.count("title") == usual.count("style") == 1
    said = text(hostile())
    assert '<script>alert("1")</script>' in said
    assert "{{ 7*7 }}" in said
    assert "&amp;" in said
    assert "\x00" not in said
    assert "\u202e" not in said


@pytest.mark.parametrize("made", [handover(), hostile()])
def test_pictures_are_well_formed(made: Handover) -> None:
    for data in sheet.compose(made, with_passphrase=True).images.values():
        tags = {each.tag.rpartition("}")[2] for each in ET.fromstring(data).iter()}
        assert tags <= {"svg", "title", "g", "path", "rect", "text"}


def test_arabic_keeps_to_itself() -> None:
    assert shown("عيادة") == "\u2068عيادة\u2069"
    assert shown("Clinic 🏥") == "Clinic 🏥"
    assert shown("a\u2069\u202eb") == "ab"
    ssid = "عيادة 🏥"
    assert f"\u2068{ssid}\u2069" in text(handover(wifi=Wifi(ssid)))


def test_one_row_for_each_consideration() -> None:
    rows = {row.title: row for row in sheet.considerations(handover().readiness)}
    assert len(rows) == 11
    assert rows["Hardware"] == ("Hardware", "good", "Locked cupboard in the pharmacy.")
    assert rows["Updates"].state == "asked"
    assert rows["Updates"].text.startswith("Who brings updates")
    privacy = rows["Privacy"]
    assert privacy.state == "attention"
    assert privacy.text.startswith("The disk of the server is not encrypted")
    assert privacy.text.endswith("All phones have a screen lock.")


def test_it_speaks_another_language() -> None:
    speak(lambda template: template.replace("March", "Mars").replace("Who to call", "Qui appeler"))
    try:
        said = text(handover())
    finally:
        speak(str)
    assert "10 Mars 2027" in said
    assert "Qui appeler" in said


def test_labels_fit() -> None:
    assert picture.fit("Server", 13) == ("Server", 13)
    smaller = picture.fit("cht.kaloleni-district.example.org", 13)
    assert smaller.text == "cht.kaloleni-district.example.org"
    assert 8 <= smaller.size < 13
    cut = picture.fit("a" * 60 + ".example.org", 13)
    assert cut.size == 8
    assert "…" in cut.text
    assert cut.text.endswith(".example.org")


def test_a_missing_value_is_a_defect() -> None:
    with pytest.raises(UndefinedError):
        render("sheet.html", handover=handover())


def test_bad_is_bad() -> None:
    """The example has everything that HTML, XML, Jinja or a terminal could trip over."""
    assert all(each in BAD for each in ("<", ">", "&", '"', "'", "{{", "\x00", "\u202e"))
