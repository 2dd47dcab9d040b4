"""What is read before Apply, and how it ended, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from wizard import review
from wizard.agent import wire
from wizard.outcome import OWNERS, told
from wizard.plan import Plan
from wizard.site.flow import DECISIONS, Step
from wizard.site.model import AccessPoint, CertificateFiles, DnsDhcp, Site, StaticIp
from wizard.wording import VisitError

SITE = Site(
    name="Clinic <A>",
    domain="cht.example.org",
    static_ip=StaticIp("eth0", "10.20.0.1/24"),
    dns_dhcp=DnsDhcp(first="10.20.0.100", last="10.20.0.200"),
    certificate=CertificateFiles(("a.pem", "a.key")),
)
CHANGES = (
    wire.InstallPackages(("dnsmasq-base",)),
    wire.InstallCertificate("container", "cht-nginx-1", "cht", "CHAIN", "KEY"),
    wire.WriteFile("/etc/x.conf", "secret = 1\n", "", "dns_dhcp", secret=True),
    wire.OpenPorts("ufw", ("53/udp",), "eth0"),
    wire.ReloadNetwork("netplan", "networkd", "eth0", "10.20.0.1/24", "", "", ""),
)


def plan(*changes: wire.Change, renew: bool = False) -> Plan:
    return Plan(tuple(changes), (), datetime(2026, 11, 22, tzinfo=UTC), renew=renew)


def test_without_a_plan_there_are_the_decisions_alone() -> None:
    found = review.sections(SITE, None, None, renew=False)
    assert [part.step for part in found] == list(DECISIONS)
    assert all(part.changes is None for part in found)
    said = {part.topic: " ".join(part.decided) for part in found}
    assert "10.20.0.1/24 on eth0" in said["static_ip"]
    assert said["domain"] == "cht.example.org"
    assert "Files that were chosen: 2" in said["certificate"]
    assert "10.20.0.100 to 10.20.0.200" in said["dns_dhcp"]


def test_an_empty_site_says_what_is_open() -> None:
    said = {p.topic: p.decided for p in review.sections(Site(), None, None, renew=False)}
    assert said["static_ip"] == said["domain"] == said["dns_dhcp"] == ("Not decided yet.",)
    assert said["certificate"] == ("None is chosen yet. The one that is on the server stays.",)


@pytest.mark.parametrize(
    ("kind", "sentence"), [("server", "own radio"), ("own", "own access"), ("none", "No Wi-Fi")]
)
def test_wifi(kind: str, sentence: str) -> None:
    site = replace(SITE, access_point=AccessPoint(kind=kind, ssid="clinic"))
    assert sentence in review.sections(site, None, None, renew=False)[4].decided[0]


def test_every_change_is_in_one_section() -> None:
    the_plan = plan(*CHANGES)
    found = review.sections(SITE, the_plan, None, renew=False)
    sentences = [text for part in found for text in part.changes or ()]
    assert sorted(sentences) == sorted(the_plan.sentence(change) for change in CHANGES)
    firewall = next(part for part in found if part.topic == "firewall")
    assert (firewall.step, firewall.decided) == (None, ())
    domain = next(part for part in found if part.topic == "domain")
    assert domain.changes == ()


def test_a_renewal_is_about_the_certificate() -> None:
    found = review.sections(SITE, plan(CHANGES[1], renew=True), None, renew=True)
    assert [part.topic for part in found] == ["certificate"]


def test_secrets_are_hidden_in_files_and_on_paper() -> None:
    the_plan = plan(*CHANGES)
    (file,) = review.files(the_plan)
    assert (file.path, file.state) == ("/etc/x.conf", "new")
    assert "secret = 1" not in file.diff
    html = review.sheet(SITE, review.sections(SITE, the_plan, None, renew=False), the_plan)
    assert "secret = 1" not in html
    assert "KEY" not in html
    assert "Clinic &lt;A&gt;" in html
    assert "/etc/x.conf" in html


def test_the_way_back_is_told_where_there_is_one() -> None:
    assert review.WAY_BACK in review.interrupted(plan(*CHANGES))
    assert review.WAY_BACK not in review.interrupted(plan(CHANGES[1]))
    assert review.interrupted(plan()) == ""


@pytest.mark.parametrize(
    ("outcome", "tone", "owner", "headline"),
    [
        (wire.Outcome("confirmed", "1"), "ok", None, "is set up"),
        (wire.Outcome("stopped", "1"), "warn", None, "Stopped as you asked"),
        (wire.Outcome("rolled-back", "1", "unconfirmed"), "err", Step.STATIC_IP, "put back"),
        (
            wire.Outcome("rolled-back", "1", "certificate-failed", index=1),
            "err",
            Step.CERTIFICATE,
            "put back",
        ),
        (wire.Outcome("rolled-back", "1", "disk-error", index=2), "err", Step.DNS_DHCP, "put back"),
        (wire.Outcome("rolled-back", "1", "firewall-failed", index=3), "err", None, "put back"),
        (wire.Outcome("nothing", "1", "packages-unreachable"), "err", None, "Nothing was changed"),
        (
            wire.Outcome("rolled-back", "1", "service-failed", left=("file /etc/x",)),
            "err",
            None,
            "could not be put back: file /etc/x",
        ),
    ],
)
def test_endings(outcome: wire.Outcome, tone: str, owner: Step | None, headline: str) -> None:
    ending = told(plan(*CHANGES), outcome)
    assert (ending.tone, ending.owner) == (tone, owner)
    assert headline in ending.headline
    assert bool(ending.why) == bool(outcome.failed)


def test_a_renewal_ends_in_its_own_words() -> None:
    ending = told(plan(CHANGES[1], renew=True), wire.Outcome("confirmed", "1"))
    assert "certificate" in ending.headline


def test_owners_are_codes_of_the_agent() -> None:
    from wizard.wording import SURVEY

    assert set(OWNERS) <= set(VisitError.words) | set(SURVEY)
