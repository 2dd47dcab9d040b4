"""The list of what is right and wrong, the phones, and what forbids a certificate."""

from datetime import timedelta

import pytest
from cryptography import x509

from wizard.certificate import Bundle, CertificateError, Finding, Roots, judge
from wizard.certificate.checklist import ASPECTS, checklist, in_the_way, own_name, phones
from wizard.certificate.findings import NOTES, WARNINGS
from wizard.certificate.wording import FINDINGS

from .authority import DOMAIN, NOW, key
from .test_findings import ROOTS, X1, X2, good, self_signed

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


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ([], ["newer", "older"]),
        (["expired"], ["none"]),
        (["android-before-7.1.1"], ["newer-7.1.1", "older-7.1.1"]),
        (["android-before-14", "no-sct"], ["newer-14", "older-14", "chrome"]),
        (["extra-root-only"], ["own-app"]),
        (["extra-root-only", "name-mismatch"], ["none"]),
    ],
)
def test_phones(found: list[str], told: list[str]) -> None:
    words = {"date": "2027-01-01", "domain": DOMAIN, "issuer": "X", "names": "y"}
    assert [item.code for item in phones([Finding(code, words) for code in found])] == told


@pytest.mark.parametrize(("anchor", "first"), [(X1, "newer-7.1.1"), (X2, "newer-14")])
def test_phones_of_lets_encrypt(anchor: object, first: str) -> None:
    roots = Roots(public=(anchor.certificate,))  # type: ignore[attr-defined]
    bundle = good(anchor.intermediate())  # type: ignore[attr-defined]
    findings = judge(bundle, DOMAIN, now=NOW, cht_version="5.0.0", roots=roots)
    assert phones(findings)[0].code == first


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
