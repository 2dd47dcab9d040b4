"""The sites that a laptop remembers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wizard.certificate.limits import Authority
from wizard.site.model import CertificateFiles, Login, Site
from wizard.site.toml import load, save
from wizard.site.words import SiteError
from wizard.sites import Last, SiteStore

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> SiteStore:
    return SiteStore(tmp_path / "sites")


def test_nothing_is_remembered_at_first(store: SiteStore) -> None:
    assert store.entries() == ()


def test_a_site_comes_back_as_it_was(store: SiteStore) -> None:
    site = Site(name="Kibera clinic", domain="cht.kibera.example.org")
    key = store.save(site)
    assert key == "kibera-clinic"
    assert store.load(key) == site
    entry = store.entries()[0]
    assert (entry.id, entry.name, entry.domain) == (key, "Kibera clinic", "cht.kibera.example.org")
    assert entry.path == store.path(key)
    assert entry.last is None
    assert not entry.broken


def test_saving_again_changes_the_same_site(store: SiteStore) -> None:
    key = store.save(Site(name="Clinic"))
    assert store.save(Site(name="Clinic, renamed"), key) == key
    assert [e.name for e in store.entries()] == ["Clinic, renamed"]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Kibera clinic", "kibera-clinic"),
        ("Hôpital de Bè", "hopital-de-be"),
        ("क्लिनिक", "site"),
        ("../../etc", "etc"),
        ("...", "site"),
        ("x" * 90, "x" * 40),
        ("", "site"),
    ],
)
def test_a_key_is_a_plain_folder_name(store: SiteStore, name: str, key: str) -> None:
    assert store.save(Site(name=name)) == key
    assert store.path(key).parent.parent == store.folder


def test_the_domain_names_a_site_without_a_name(store: SiteStore) -> None:
    assert store.save(Site(domain="cht.a.example.org")) == "cht-a-example-org"


def test_two_sites_of_one_name_do_not_touch_each_other(store: SiteStore) -> None:
    keys = [store.save(Site(name="Clinic", domain=f"{n}.example.org")) for n in "abc"]
    assert keys == ["clinic", "clinic-2", "clinic-3"]
    assert [store.load(k).domain for k in keys] == [
        "a.example.org",
        "b.example.org",
        "c.example.org",
    ]


def test_how_a_visit_ended_is_remembered(store: SiteStore) -> None:
    key = store.save(Site(name="Clinic"))
    assert store.last(key) is None
    last = Last(NOW, "confirmed", NOW + timedelta(days=40), NOW, authority=Authority.LETS_ENCRYPT)
    store.note(key, last)
    assert store.last(key) == store.entries()[0].last == last


def test_a_note_of_an_older_program_is_read_without_a_plan(store: SiteStore) -> None:
    key = store.save(Site(name="Clinic"))
    old = {"when": NOW.isoformat(), "state": "checked", "certificate_end": NOW.isoformat()}
    store.path(key).with_name("last.json").write_text(json.dumps(old))
    (entry,) = store.entries()
    assert entry.last == Last(NOW, "checked", NOW)
    assert entry.plan(NOW) is None


def test_the_last_visited_comes_first(store: SiteStore) -> None:
    first, second, never = (store.save(Site(name=n)) for n in ("first", "second", "never"))
    store.note(first, Last(NOW, "confirmed"))
    store.note(second, Last(NOW + timedelta(hours=1), "checked"))
    assert [e.id for e in store.entries()] == [second, first, never]
    store.note(first, Last(NOW + timedelta(hours=2), "checked"))
    assert [e.id for e in store.entries()] == [first, second, never]


@pytest.mark.parametrize(
    ("end", "days"),
    [
        (None, None),
        (NOW + timedelta(days=30), 30),
        (NOW + timedelta(hours=23), 0),
        (NOW, 0),
        (NOW - timedelta(minutes=1), -1),
        (NOW - timedelta(days=9, hours=1), -10),
    ],
)
def test_days_are_whole_and_negative_after_the_end(end: datetime | None, days: int | None) -> None:
    assert Last(NOW, "confirmed", end).days_left(NOW) == days


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"when": "yesterday", "state": "checked", "certificate_end": null}',
        '{"when": 5, "state": "checked", "certificate_end": null}',
        '{"when": "2026-11-22T10:00:00+00:00", "state": "checked"}',
    ],
)
def test_a_broken_note_is_as_none(store: SiteStore, text: str) -> None:
    key = store.save(Site(name="Clinic"))
    store.path(key).with_name("last.json").write_text(text)
    assert store.last(key) is None
    assert [e.name for e in store.entries()] == ["Clinic"]


def test_a_time_without_a_zone_is_in_utc(store: SiteStore) -> None:
    keys = [store.save(Site(name=n)) for n in ("a", "b")]
    store.note(keys[0], Last(NOW, "checked"))
    plain = '{"when": "2026-11-22T11:00:00", "state": "checked", "certificate_end": null}'
    store.path(keys[1]).with_name("last.json").write_text(plain)
    assert [e.id for e in store.entries()] == ["b", "a"]


def test_a_broken_site_is_shown_as_broken_and_hides_no_other(store: SiteStore) -> None:
    good, bad = store.save(Site(name="Good")), store.save(Site(name="Bad"))
    store.path(bad).write_text("name = 'Bad\n")
    store.note(bad, Last(NOW, "confirmed"))
    broken, whole = store.entries()
    assert (whole.id, whole.broken) == (good, "")
    assert broken.id == bad
    assert "cannot be understood" in broken.broken
    assert broken.last is not None
    with pytest.raises(SiteError):
        store.load(bad)


def test_a_note_without_a_site_is_no_site(store: SiteStore) -> None:
    (store.folder / "empty").mkdir(parents=True)
    store.note("empty", Last(NOW, "checked"))
    assert store.entries() == ()


def test_a_note_of_a_removed_site_is_not_written(store: SiteStore) -> None:
    key = store.save(Site(name="Clinic"))
    store.remove(key)
    store.note(key, Last(NOW, "checked"))
    assert store.entries() == ()
    assert not store.path(key).parent.exists()


def test_removing_takes_one_site_away(store: SiteStore) -> None:
    first, second = store.save(Site(name="First")), store.save(Site(name="Second"))
    store.remove(first)
    store.remove("not-there")
    store.remove("")
    assert [e.id for e in store.entries()] == [second]


def test_bringing_in_a_file_keeps_its_certificate_reachable(
    store: SiteStore, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    site = Site(
        name="Clinic",
        server=Login("10.0.0.1", user="nurse", key="keys/id"),
        certificate=CertificateFiles(("pair/cert.pem",)),
    )
    save(site, stick / "site.toml")
    taken = store.load(store.bring_in(stick / "site.toml"))
    assert taken.certificate.files == (str(stick / "pair" / "cert.pem"),)
    assert taken.server.key == str(stick / "keys" / "id")


def test_a_broken_file_is_not_brought_in(store: SiteStore, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("password = 'x'\n")
    with pytest.raises(SiteError) as caught:
        store.bring_in(wrong)
    assert caught.value.code == "secret_key"
    assert store.entries() == ()


def test_a_file_taken_out_is_the_site(store: SiteStore, tmp_path: Path) -> None:
    site = Site(name="Clinic", domain="cht.a.example.org")
    key = store.save(site)
    store.take_out(key, tmp_path / "copy.toml")
    assert load(tmp_path / "copy.toml") == site
    with pytest.raises(SiteError):
        store.take_out("not-there", tmp_path / "other.toml")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "sites").write_text("a file where the folder should be")
    with pytest.raises(SiteError) as caught:
        SiteStore(tmp_path / "sites").save(Site(name="Clinic"))
    assert caught.value.code == "site_not_saved"


def test_a_new_folder_is_for_its_owner_alone(store: SiteStore) -> None:
    key = store.save(Site(name="Clinic"))
    assert store.path(key).parent.stat().st_mode & 0o077 == 0
    assert store.path(key).stat().st_mode & 0o077 == 0
