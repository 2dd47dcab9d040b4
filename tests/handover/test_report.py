"""The report: complete, self-contained, and free of secrets."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.certificate import authority
from tests.handover.example import PASSPHRASE, SITE, handover, hostile, report
from wizard.certificate import Bundle
from wizard.check import Result
from wizard.handover import Certificate, Handover, calendar, qr, sheet
from wizard.handover.report import html, plain, to_json
from wizard.site.model import CertificateFiles, Login


class Reader(HTMLParser):
    """Collects tags and the addresses of other files."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.elsewhere: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.elsewhere += [str(v) for n, v in attrs if n in ("src", "href", "srcset", "data")]


def secretive() -> tuple[Handover, list[bytes]]:
    """A handover of a real key and a site with all that is private; and all that must not leak."""
    key = authority.key()
    leaf = authority.INTERMEDIATE.leaf(names=(SITE.domain,), days=90, key=key)
    bundle = Bundle(leaf, key=key)
    site = replace(
        SITE,
        server=Login("10.20.0.1", 22, "wanjiru", "/home/wanjiru/.ssh/id_ed25519"),
        certificate=CertificateFiles(("/home/wanjiru/keys/privkey.pem",)),
    )
    made = handover(site=site, certificate=Certificate.of(bundle))
    lines = [line for line in bundle.key_pem().splitlines() if "-----" not in line]
    number = key.private_numbers()
    return made, [
        PASSPHRASE.encode(),
        qr.wifi_text("Kaloleni CHT", PASSPHRASE, "wpa2-wpa3").encode(),
        b"PRIVATE KEY",
        *(line.encode() for line in lines),
        f"{number.d}".encode(),
        f"{number.p:x}".encode(),
        b"wanjiru",
    ]


def test_no_secret_leaves() -> None:
    made, secrets = secretive()
    files = {
        "html": html(made).encode(),
        "json": to_json(made).encode(),
        "ics": calendar.ics(made),
        "sheet": sheet.compose(made).html.encode(),
        "repr": repr(replace(made, site=SITE)).encode(),
    }
    for name, data in files.items():
        folded = data.replace(b"\r\n ", b"")
        found = [each for each in secrets if each in folded]
        assert not found, name


def test_the_search_finds_secrets() -> None:
    made, secrets = secretive()
    data = sheet.compose(made, with_passphrase=True).html.encode()
    assert secrets[0] in data
    assert len(secrets) > 20


@pytest.mark.parametrize("made", [handover(), hostile()])
def test_the_page_needs_nothing_else(made: Handover) -> None:
    text = html(made)
    read = Reader(text)
    assert not read.elsewhere
    assert not {"script", "link", "iframe", "object", "img", "form"} & set(read.tags)
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_hostile_values_are_only_text() -> None:
    text = html(hostile())
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert text.count("</style>") == 1
    assert "{{ 7*7 }}" in text
    assert "\x00" not in text
    assert "\u202e" not in text


def test_the_page_says_all() -> None:
    broken = Result(
        "tcp_443",
        "The web server answers",
        "failed",
        "Nobody answers at port 443.",
        "The CHT does not run.",
        "Start it.",
    )
    made = handover(report=report(broken), readiness=handover().readiness, practice=True)
    text = html(made)
    for part in (
        "Practice only.",
        "Live check: failed at “The web server answers”",
        "Likely cause: The CHT does not run.",
        "What to do: Start it.",
        "All changes are made and confirmed.",
        "CHT app on Android 7.1; Firefox: accepted until 2027-03-10.",
        "Let enp1s0 change over",
        "3f" * 32,
        "Let&#39;s Encrypt",
        "b0:be:76:11:22:33",
        "The disk of the server is not encrypted: whoever takes it away can read it.",
        "Plan to install the server anew with an encrypted disk.",
        "CHT Offline Setup 0.1.0",
        "Next visit no later than",
        "a third of its life is over then",
        "10 December 2026 to 10 March 2027",
        "From 16 February 2028 on, Let&#39;s Encrypt gives 45 days.",
        "<svg",
    ):
        assert part in text


def test_the_form_of_the_json() -> None:
    data = json.loads(to_json(handover()))
    assert data == plain(handover())
    assert (data["schema"], data["version"]) == ("cht-offline-setup/report", 2)
    assert data["when"] == "2026-12-15T14:05:00+03:00"
    assert data["certificate"]["clocks"]["until"] == "2027-03-10T09:30:00+00:00"
    assert data["next_visit"]["no_later_than"] == "2027-03-01"
    assert data["next_visit"]["limits"][0]["since"] == "2027-02-10"
    assert data["applied"]["outcome"] == "confirmed"
    assert len(data["applied"]["changes"]) == 4
    assert data["check"]["exit_code"] == 0
    assert data["findings"][0]["code"] == "android-before-7.1.1"
    assert [each["accepted"] for each in data["clients"]] == [False, True, True]
    assert data["readiness"][5]["answer"] == "Two USB disks, changed on Fridays."
    assert data["wifi"] == {
        "kind": "own",
        "ssid": "Kaloleni CHT",
        "security": "wpa2-wpa3",
        "hidden": False,
    }


def test_every_key_is_described() -> None:
    described = plain.__doc__ or ""
    apart = {"check", "next_visit"}  # each is described where it is made

    def keys(data: object) -> set[str]:
        if isinstance(data, dict):
            return {*data, *(k for n, v in data.items() if n not in apart for k in keys(v))}
        return {k for each in data for k in keys(each)} if isinstance(data, list) else set()

    assert [key for key in sorted(keys(plain(handover()))) if key not in described] == []


def test_json_of_a_hostile_site_comes_back_whole() -> None:
    made = hostile()
    assert json.loads(to_json(made))["site"]["name"] == made.site.name


def test_a_visit_that_only_looked(tmp_path: Path) -> None:
    bare = handover(
        certificate=None, findings=(), changes=(), outcome="", report=None, readiness=(), wifi=None
    )
    page = tmp_path / "report.html"
    page.write_text(html(bare), "utf-8")
    for part in ("There was nothing to change.", "Not checked yet", "No certificate was looked at"):
        assert part in page.read_text("utf-8")
    data = plain(bare)
    assert data["certificate"] is data["check"] is data["wifi"] is None
