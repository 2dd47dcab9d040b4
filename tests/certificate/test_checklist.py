"""The list of what is right and wrong, the phones, and what forbids a certificate."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from wizard.certificate import Bundle, CertificateError, Finding, Roots, judge
from wizard.certificate.checklist import ASPECTS, checklist, in_the_way, own_name, phones
from wizard.certificate.clients import BROWSERS, Client, clients, together
from wizard.certificate.findings import NOTES, WARNINGS
from wizard.certificate.stores import VERSIONS, key_of
from wizard.certificate.wording import FINDINGS

from .authority import DOMAIN, NOW, ROOT, key
from .test_findings import ROOTS, good, self_signed

RIGHT = ["key", "name", "dates", "chain", "authority", "use"]


def codes(bundle: Bundle, domain: str = DOMAIN, roots: Roots = ROOTS) -> list[str]:
    findings = judge(bundle, domain, now=NOW, cht_version="5.0.0", roots=roots)
    return [item.code for item in checklist(bundle, findings, domain, NOW)]


def test_everything_right_is_said() -> None:
    bundle = good()
    findings = judge(bundle, DOMAIN, now=NOW, cht_version="5.0.0", roots=ROOTS)
    items = checklist(bundle, findings, DOMAIN, NOW)
    assert [item.code for item in items] == RIGHT
    assert {item.state for item in items} == {"good"}
    text = " ".join(item.message for item in items)
    assert DOMAIN in text
    assert "Days left:" in text


def test_the_worst_comes_first_and_takes_the_place_of_what_is_right() -> None:
    bundle = good(begin=NOW - timedelta(days=80), days=90)
    wrong = Bundle(bundle.leaf, bundle.chain, key(which=7))
    found = codes(wrong)
    assert found[:2] == ["key-mismatch", "expires-soon"]
    assert "key" not in found
    assert "dates" not in found
    assert found[2:] == ["name", "chain", "authority", "use"]


def test_a_certificate_that_signed_itself_has_neither_chain_nor_authority() -> None:
    found = codes(self_signed())
    assert found[0] == "self-signed"
    assert not {"chain", "authority"} & set(found)


def test_nothing_is_called_right_where_a_part_cannot_be_read() -> None:
    bundle = good()
    items = checklist(bundle, [Finding("unreadable")], DOMAIN, NOW)
    assert [item.code for item in items] == ["unreadable"]


def test_without_a_domain_the_names_are_told() -> None:
    bundle = good()
    findings = judge(bundle, own_name(bundle), now=NOW, cht_version="5.0.0", roots=ROOTS)
    items = {item.code: item for item in checklist(bundle, findings, "", NOW)}
    assert items["name"].message == f"It is for {DOMAIN}."


def test_every_problem_takes_something_right_away() -> None:
    against = frozenset[str]().union(*ASPECTS.values())
    problems = set(FINDINGS) - WARNINGS - NOTES - {"unreadable"}
    assert problems - against == set()
    assert against <= set(FINDINGS) | {"key-mismatch"}


YEAR = datetime(2027, 3, 1, tzinfo=UTC)


def verdict(code: str, state: str = "accepted", until: datetime | None = YEAR) -> Client:
    return Client(code, state, "known", "", until if state == "accepted" else None)


def test_clients_that_say_the_same_stand_in_one_row_the_worst_first() -> None:
    old = [verdict(f"app-{v}", "refused") for v in ("5.0", "6.0", "7.0")]
    new = [verdict(f"app-{v}") for v in VERSIONS[3:-1]]
    last = verdict("app-14", "unsure")
    rest = [verdict(code) for code in BROWSERS]
    items = phones([*old, *new, last, *rest])
    assert [(item.code, item.state) for item in items] == [
        ("app-5.0", "problem"),
        ("app-14", "unknown"),
        ("app-7.1", "good"),
    ]
    assert [item.message for item in items] == [
        "CHT app on Android 5.0 to 7.0: refused.",
        "CHT app on Android 14 and newer: some of them accept it.",
        "CHT app on Android 7.1 to 13; Chrome on Android; Chrome and Edge on a computer; Firefox; "
        "Safari: accepted until 2027-03-01.",
    ]


def test_a_single_version_and_a_gap_are_told() -> None:
    group = [verdict("app-5.0"), verdict("app-7.0"), verdict("app-13"), verdict("app-14")]
    assert together(group) == (
        "CHT app on Android 5.0; CHT app on Android 7.0; CHT app on Android 13 and newer"
    )


def test_what_nobody_accepts_is_one_row() -> None:
    bundle = good(names=("b.example.org",))
    findings = judge(bundle, DOMAIN, now=NOW, cht_version="5.0.0", roots=ROOTS)
    found = clients(bundle, DOMAIN, findings, now=NOW, roots=ROOTS)
    assert [(item.code, item.cure) for item in phones(found)] == [("none", findings[0].message)]


@pytest.mark.parametrize(
    ("known", "rows"),
    [
        (VERSIONS[3:], [("app-5.0", "problem"), ("app-7.1", "good")]),
        (("14",), [("app-5.0", "problem"), ("app-14", "good")]),
        (VERSIONS, [("app-5.0", "good")]),
    ],
)
def test_phones_that_know_a_root(known: tuple[str, ...], rows: list[tuple[str, str]]) -> None:
    key = key_of(ROOT.certificate)
    lists = {v: frozenset({str(key)}) if v in known else frozenset[str]() for v in VERSIONS}
    roots = replace(ROOTS, android=lists)
    findings = judge(good(), DOMAIN, now=NOW, cht_version="5.0.0", roots=roots)
    items = phones(clients(good(), DOMAIN, findings, now=NOW, roots=roots))
    assert [(item.code, item.state) for item in items] == rows


def test_only_problems_are_in_the_way() -> None:
    warning = Finding("expires-soon", {"date": "2027-01-01", "days": "9"})
    problem = Finding("expired", {"date": "2026-01-01", "domain": DOMAIN})
    found = in_the_way([problem, warning])
    assert [(p.code, p.field, p.severity) for p in found] == [
        ("expired", "certificate.files", "problem")
    ]
    assert found[0].message == problem.message
    error = CertificateError("html", file="a.pem")
    assert [p.code for p in in_the_way([], error)] == ["html"]
    assert in_the_way([warning]) == ()


@pytest.mark.parametrize(
    ("names", "offered"),
    [
        ((DOMAIN,), DOMAIN),
        (("*.example.org",), "cht.example.org"),
        (("*.example.org", "a.example.org"), "a.example.org"),
    ],
)
def test_the_name_that_is_offered_as_domain(names: tuple[str, ...], offered: str) -> None:
    assert own_name(good(names=names)) == offered


def test_the_old_way_of_naming_is_offered_too() -> None:
    bundle = good(names=None, common="old.example.org")
    assert isinstance(bundle.leaf, x509.Certificate)
    assert own_name(bundle) == "old.example.org"
