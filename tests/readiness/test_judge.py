"""What is said about servers in all sorts of states, and about answers."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.readiness.server import (
    DATA,
    DISK,
    GIGABYTE,
    GOOD,
    NOW,
    SITE,
    answering,
    disk,
    items,
    part,
    service,
    with_access_point,
)
from wizard.agent import names, wire
from wizard.readiness import STATES, TOPICS, judge, topic
from wizard.readiness.words import WORDS
from wizard.site.model import Site
from wizard.site.readiness import TOPICS as KNOWN

Case = tuple[str, str, str, dict[str, Any]]
HOUR = 3600.0


def job(**more: Any) -> dict[str, Any]:
    made = wire.BackupJob("/etc/cron.d/cht", "borg", True, None)
    return {"backups": (replace(made, **more),)}


def database(size: int | None, complete: bool = True) -> dict[str, Any]:
    return {"databases": (wire.Database("cht-couchdb-1", DATA, size, complete),)}


# topic, code, state, what is changed on a server in good order ("site": another site)
CASES: list[Case] = [
    ("hardware", "memory-enough", "good", {}),
    ("hardware", "memory-enough", "good", {"memory": 7850 * 2**20}),  # sold as 8 GB
    ("hardware", "memory-small", "attention", {"memory": 4 * 2**30}),
    ("hardware", "memory-unknown", "unknown", {"memory": 0}),
    ("hardware", "cpus-enough", "good", {"cpus": 8}),
    ("hardware", "cpus-few", "attention", {"cpus": 2}),
    ("hardware", "cpus-unknown", "unknown", {"cpus": None}),
    ("hardware", "architecture-unfit", "attention", {"architecture": "armhf"}),
    ("hardware", "disk-enough", "good", disk(total=98 * GIGABYTE)),
    ("hardware", "disk-small", "attention", disk(total=64 * GIGABYTE)),
    ("hardware", "disk-unknown", "unknown", {"file_systems": None}),
    ("hardware", "disk-read-only", "attention", disk(read_only=True)),
    ("hardware", "disk-errors", "attention", disk(errors=3)),
    ("hardware", "drive-good", "good", {}),
    ("hardware", "drive-failing", "attention", {
        "drives": (wire.Drive("/dev/sda", True), wire.Drive("/dev/sdb", False))}),
    ("hardware", "drive-unknown", "unknown", {"drives": None}),
    ("hardware", "drive-unknown", "unknown", {"drives": (wire.Drive("/dev/sda", None),)}),
    ("hardware", "clock-kept", "good", {}),
    ("hardware", "clock-none", "attention", {
        "clock": wire.Clock(0.0, True, False, ("systemd-timesyncd",), 0.0)}),
    ("power", "parts-return", "good", {}),
    ("power", "parts-return", "good", {
        "containers": (part("cht-api", restart_policy="unless-stopped"),)}),
    ("power", "parts-stay", "attention", {
        "containers": (part("cht-api", restart_policy="no"), part("cht-nginx"))}),
    ("power", "parts-stay", "attention", {
        "containers": (part("cht-api", restart_policy="on-failure"),)}),
    ("power", "parts-stopped", "attention", {
        "containers": (part("cht-api", running=False), part("cht-nginx"))}),
    ("power", "parts-none", "unknown", {"containers": ()}),
    ("power", "parts-unknown", "unknown", {"containers": None}),
    ("power", "services-return", "good", {}),
    ("power", "services-stay", "attention", {
        "services": (service("docker.service", "disabled"), service(names.DNSMASQ_UNIT))}),
    # nothing applied yet: the program's own service is not there at all
    ("power", "services-stay", "attention", {
        "services": (service("docker.service"),
                     wire.Service(names.DNSMASQ_UNIT, "not-found", "", "inactive"))}),
    ("power", "services-stay", "attention", {
        "site": with_access_point(),
        "services": (service("docker.service"), service(names.DNSMASQ_UNIT),
                     wire.Service("cht-offline-wifi.service", "masked", "masked", "inactive"))}),
    ("power", "services-stay", "attention", {
        "services": (service("nginx.service", "disabled"), service(names.DNSMASQ_UNIT))}),
    ("power", "services-unknown", "unknown", {"services": None}),
    ("power", "version-stays", "attention", {"containers": (part("cht-api", "4.5.0"),)}),
    ("power", "version-stays", "attention", {"containers": (part("cht-api", "4.0.0"),)}),
    ("power", "ups-watched", "good", {}),
    ("power", "ups-unwatched", "attention", {"ups": (wire.Ups("usb", "EATON Ellipse"),)}),
    ("power", "battery", "good", {"ups": (wire.Ups("battery", "BAT0"),)}),
    ("power", "ups-none", "attention", {"ups": ()}),
    ("power", "ups-told", "unknown", {"ups": (), "site": answering(power="A UPS, 40 minutes")}),
    ("power", "ups-unknown", "unknown", {"ups": None}),
    ("power", "ends-planned", "good", {}),
    ("power", "ends-unplanned", "attention", {
        "restarts": wire.Restarts(5, 2, NOW.timestamp() - HOUR)}),
    ("power", "ends-unknown", "unknown", {"restarts": None}),
    ("power", "ends-unknown", "unknown", {"restarts": wire.Restarts(0, 0, None)}),
    ("power", "passphrase-at-start", "asked", {}),
    ("backups", "backups-run", "good", {}),
    ("backups", "backups-run", "good", job()),
    ("backups", "backups-run", "good", job(last=NOW.timestamp() - 7.5 * 24 * HOUR)),
    ("backups", "backups-old", "attention", job(last=NOW.timestamp() - 30 * 24 * HOUR)),
    ("backups", "backups-idle", "attention", job(runs=False)),
    ("backups", "backups-never", "attention", job(never=True)),
    ("backups", "backups-none", "attention", {"backups": ()}),
    ("backups", "backups-none", "attention", {"backups": (), "site": answering(backups="  ")}),
    ("backups", "backups-told", "unknown", {
        "backups": (), "site": answering(backups="By hand, on Fridays")}),
    ("backups", "backups-unknown", "unknown", {"backups": None}),
    ("scale", "space-enough", "good", {}),
    ("scale", "space-enough", "good", {**database(10 * GIGABYTE), **disk(free=50 * GIGABYTE)}),
    ("scale", "space-short", "attention", {
        **database(10 * GIGABYTE), **disk(free=50 * GIGABYTE - 1)}),
    ("scale", "space-short", "attention", database(61 * GIGABYTE, complete=False)),
    ("scale", "space-uncounted", "unknown", database(2 * GIGABYTE, complete=False)),
    ("scale", "space-unknown", "unknown", {"databases": ()}),
    ("scale", "space-unknown", "unknown", {"databases": None}),
    ("scale", "space-unknown", "unknown", database(None, complete=False)),
    ("scale", "space-unknown", "unknown", {"file_systems": None}),
    ("updates", "updates-automatic", "good", {}),
    ("updates", "updates-restart", "attention", {"updates": wire.Updates(True, True)}),
    ("updates", "updates-none", "attention", {"updates": wire.Updates(False, True)}),
    ("updates", "updates-told", "unknown", {
        "updates": wire.Updates(False, False), "site": answering(updates="Every summer")}),
    ("updates", "updates-unknown", "unknown", {"updates": None}),
    ("security", "encrypted", "good", {}),
    ("security", "not-encrypted", "attention", disk(encrypted=False)),
    # what counts is where the data lies, not the system
    ("security", "not-encrypted", "attention", {
        "file_systems": (replace(DISK, path="/"), replace(DISK, encrypted=False))}),
    ("security", "encryption-unknown", "unknown", disk(encrypted=None)),
    ("security", "ssh-keys", "good", {}),
    ("security", "ssh-passwords", "attention", {"ssh": wire.SshAccess(True, "no")}),
    ("security", "ssh-root", "attention", {"ssh": wire.SshAccess(True, "yes")}),
    ("security", "ssh-keys", "good", {"ssh": wire.SshAccess(False, "yes")}),
    ("security", "ssh-unknown", "unknown", {"ssh": None}),
    ("security", "firewall-on", "good", {}),
    ("security", "firewall-off", "attention", {"firewall": wire.Firewall("none", False)}),
    ("security", "firewall-unknown", "unknown", {"firewall": None}),
    ("renewals", "certificate-lasts", "good", {}),
    ("renewals", "certificate-lasts", "good", {"end": NOW + timedelta(days=21)}),
    ("renewals", "certificate-soon", "attention", {"end": NOW + timedelta(days=20, hours=23)}),
    ("renewals", "certificate-over", "attention", {"end": NOW}),
    ("renewals", "certificate-unknown", "unknown", {"end": None}),
    ("privacy", "open", "asked", {}),
    ("privacy", "answered", "good", {"site": answering(privacy="All phones have a {PIN}")}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("topic_code", "code", "state", "changed"), CASES, ids=[f"{c[1]}-{i}" for i, c in
                                                           enumerate(CASES)],
)  # fmt: skip
def test_what_is_said(topic_code: str, code: str, state: str, changed: dict[str, Any]) -> None:
    of_topic = [item for item in items(**changed) if item.topic == topic_code]
    [item] = [item for item in of_topic if item.code == code]
    assert item.state == state
    family = code.partition("-")[0]
    others = {each.code for each in of_topic if each.code.partition("-")[0] == family} - {code}
    beside = {"disk": {"disk-enough", "disk-small", "disk-read-only"}, "parts": {"parts-stopped"}}
    assert others <= beside.get(family, set()), "one family says one thing"


def test_every_sentence_has_its_case() -> None:
    assert {code for _, code, _, _ in CASES} | {"not-looked"} == set(WORDS)


def test_a_server_in_good_order_leaves_only_questions() -> None:
    said = items()
    assert {item.code for item in said if item.state != "good"} == {"open", "passphrase-at-start"}
    done = answering(**dict.fromkeys(KNOWN, "Yes"))
    plain = disk(encrypted=False)  # nobody has to type a passphrase
    left = {item.code for item in items(done, **plain) if item.state != "good"}
    assert left == {"not-encrypted"}


def test_a_server_that_tells_nothing_is_never_good() -> None:
    empty: dict[str, Any] = {
        field.name: None for field in dataclasses.fields(GOOD) if "Optional" in str(field.type)
    }
    said = items(end=None, memory=0, architecture="",
                 clock=wire.Clock(0.0, False, False, (), 0.0), **empty)  # fmt: skip
    assert {item.state for item in said} == {"unknown", "asked", "attention"}
    assert {item.code for item in said if item.state == "attention"} == {"clock-none"}


def test_without_a_server_the_questions_stay_and_the_certificate() -> None:
    said = judge(None, SITE, certificate_end=NOW + timedelta(days=1), now=NOW)
    assert [item.topic for item in said if item.code == "open"] == list(KNOWN)
    assert {item.topic for item in said if item.code == "not-looked"} == {
        "hardware", "power", "backups", "scale", "updates", "security",
    }  # fmt: skip
    assert len(said) == len(KNOWN) + 6 + 1


@pytest.mark.parametrize("case", CASES, ids=[f"{c[1]}-{i}" for i, c in enumerate(CASES)])
def test_sentences_are_whole(case: Case) -> None:
    for item in items(**case[3]):
        assert item.state in STATES
        assert bool(item.cure) == (item.state != "good"), item.code
        for text in (item.sentence, item.cure):
            assert not re.search(r"\{\w+\}|None|  |\.\.", text.replace("{PIN}", "")), text
        assert item.sentence[-1] in ".?" or item.code == "answered", item.sentence
        assert "!" not in item.sentence + item.cure


def test_what_counts_is_in_the_sentence() -> None:
    said = {item.code: item for item in items(
        memory=4 * 2**30, ups=(), restarts=wire.Restarts(5, 2, NOW.timestamp()),
        containers=(part("cht-api", restart_policy="no"), part("cht-couchdb", restart_policy="")),
        **database(10 * GIGABYTE), **disk(free=40 * GIGABYTE, total=500 * GIGABYTE),
    )}  # fmt: skip
    assert "4.0 GB" in said["memory-small"].sentence
    assert "10.0 GB" in said["space-short"].sentence
    assert "40.0 GB" in said["space-short"].sentence
    assert said["parts-stay"].cure.endswith("--restart always cht-api-1 cht-couchdb-1")
    assert "5 runs" in said["ends-unplanned"].sentence
    assert said["ends-unplanned"].detail == "last on 2026-11-22"


def test_what_could_not_be_read_says_why_to_support() -> None:
    said = items(ssh=None, problems=("ssh: sshd -T: no answer", "ups: else"))
    [item] = [each for each in said if each.code == "ssh-unknown"]
    assert item.detail == "ssh: sshd -T: no answer"
    assert item.plain()["detail"] == item.detail


def test_every_topic_of_the_site_file_is_explained() -> None:
    assert tuple(each.code for each in TOPICS) == KNOWN
    for each in TOPICS:
        assert topic(each.code) is each
        assert each.question.endswith("?")
        assert each.why.endswith(".")
        assert each.example.endswith(".")
        assert 1 <= len(re.findall(r"[.?](?:\s|$)", each.why)) <= 2, each.why
    with pytest.raises(KeyError):
        topic("temperature")


def test_topics_come_in_their_order() -> None:
    seen = list(dict.fromkeys(item.topic for item in items(Site())))
    assert seen == list(KNOWN)


def test_an_answer_of_several_lines_is_one_sentence() -> None:
    said = items(answering(privacy=" All phones\n\n have a PIN.\n", alerting="\n \t"))
    [answer] = [item for item in said if item.code == "answered"]
    assert answer.sentence == "You wrote down: All phones have a PIN."


def test_dns_that_somebody_else_does_is_not_missed() -> None:
    elsewhere = replace(SITE, dns_dhcp=replace(SITE.dns_dhcp, enabled=False))
    found = (service("docker.service"),
             wire.Service(names.DNSMASQ_UNIT, "not-found", "", "inactive"))  # fmt: skip
    [item] = [i for i in items(elsewhere, services=found) if i.code.startswith("services")]
    assert (item.code, item.sentence) == (
        "services-return", "These services start by themselves: Docker.",
    )  # fmt: skip
