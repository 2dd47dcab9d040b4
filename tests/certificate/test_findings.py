"""Every finding has a case in which it is said and one in which it is not."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID

from wizard.certificate import Bundle, Filled, Roots, Severity, acceptable, describe, judge, look
from wizard.certificate.findings import NOTES, WARNINGS
from wizard.certificate.rules.case import BUILT
from wizard.certificate.stores import VERSIONS, key_of
from wizard.certificate.wording import FINDINGS

from .authority import (
    BEGIN,
    DOMAIN,
    INTERMEDIATE,
    NOW,
    PUBLIC_POLICY,
    ROOT,
    Authority,
    key,
    root,
    sign,
)

ROOTS = Roots(public=(ROOT.certificate,))
OTHER = root("Clinic Root", "Clinic A")
X1 = root("ISRG Root X1", "Internet Security Research Group")
X2 = root("ISRG Root X2", "Internet Security Research Group")
NEWEST = root("Newest Root")
DROPPED = root("Dropped Root")
RSA_ROOT = root("RSA Root", key=key("rsa", 5))
OLD = datetime(2020, 1, 1, tzinfo=UTC)


def good(issuer: Authority = INTERMEDIATE, **options: Any) -> Bundle:
    """A bundle without a fault, but for what `options` ask for."""
    mine = options.pop("key", None) or key()
    chain = () if issuer.certificate.issuer == issuer.certificate.subject else (issuer.certificate,)
    return Bundle(issuer.leaf(key=mine, **options), chain, mine)


def with_options(**options: Any) -> Callable[[], Bundle]:
    return lambda: good(**options)


def self_signed(**options: Any) -> Bundle:
    return Bundle(sign(key(), None, **options), (), key())


@dataclass(frozen=True)
class Case:
    """What is judged; `also` are the other codes that belong to the same fault."""

    code: str
    bundle: Callable[[], Bundle]
    counter: Callable[[], Bundle] = good
    domain: str = DOMAIN
    counter_domain: str = DOMAIN
    given: dict[str, Any] = field(default_factory=dict)
    counter_given: dict[str, Any] | None = None
    also: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    label: str = ""


def roots(*public: Authority, extra: tuple[Authority, ...] = ()) -> dict[str, Any]:
    return {
        "roots": Roots(
            tuple(each.certificate for each in public), tuple(each.certificate for each in extra)
        )
    }


def on_phones(**known: Sequence[str]) -> dict[str, Any]:
    """Roots that browsers know, and each Android version only as far as `known` says."""
    named = {"test": ROOT, "x1": X1, "x2": X2, "newest": NEWEST, "dropped": DROPPED}
    lists = {
        version: frozenset(
            str(key_of(named[name].certificate)) for name in known if version in known[name]
        )
        for version in VERSIONS
    }
    return {"roots": Roots(tuple(each.certificate for each in named.values()), android=lists)}


ON_PHONES = on_phones(test=VERSIONS, x1=VERSIONS[3:], x2=("14",), dropped=VERSIONS[1:8])


def cross_signed(younger: Authority, older: Authority) -> Bundle:
    """Under a young root that an older one signed as well, as Let's Encrypt's chains are."""
    also = older.intermediate(
        str(look.common_name(younger.certificate.subject)),
        organisation=look.organisations(younger.certificate.subject)[0],
        key=younger.key,
    )
    middle = younger.intermediate()
    return replace(good(middle), chain=(middle.certificate, also.certificate))


def without_chain(bundle: Bundle) -> Bundle:
    return replace(bundle, chain=())


def expired_chain(**options: Any) -> Bundle:
    return good(ROOT.intermediate("Old CA", begin=OLD, days=1000), **options)


# Cross-signed: the same authority, once under a forgotten root and once under a known one.
CROSS_KEY = key("p256", 77)
CROSS_GOOD = ROOT.intermediate("Cross CA", key=CROSS_KEY)
CROSS_EXPIRED = ROOT.intermediate("Cross CA", key=CROSS_KEY, begin=OLD, days=1000)


def cross(*chain: Authority) -> Bundle:
    return replace(good(CROSS_GOOD), chain=tuple(each.certificate for each in chain))


CASES = [
    Case("key-missing", lambda: replace(good(), key=None), says=("privkey.pem",)),
    Case(
        "key-on-server",
        lambda: replace(good(), key=None, key_place="request"),
        says=("stays on the server",),
    ),
    Case("key-mismatch", lambda: replace(good(), key=key("rsa", 1)), says=(DOMAIN,)),
    Case("domain-invalid", good, domain="my_server.example.org", says=("my_server",)),
    Case("domain-invalid", good, domain="", label="empty"),
    Case("domain-invalid", good, domain="192.168.1", label="half an address"),
    Case(
        "name-mismatch",
        lambda: good(names=("clinic-b.example.org",)),
        says=("is for clinic-b.example.org", f"domain is {DOMAIN}"),
    ),
    Case("name-missing", lambda: good(names=(), common=DOMAIN), says=(DOMAIN, "SAN")),
    Case(
        "name-is-address",
        good,
        domain="192.168.1.10",
        counter=lambda: good(names=("192.168.1.10",)),
        counter_domain="192.168.1.10",
    ),
    Case(
        "name-wildcard-depth",
        lambda: good(names=("*.example.org",)),
        counter=lambda: good(names=("*.clinic-a.example.org",)),
        says=("*.example.org", "one part"),
    ),
    Case(
        "name-wildcard-apex",
        lambda: good(names=(f"*.{DOMAIN}",)),
        counter=lambda: good(names=(f"*.{DOMAIN}", DOMAIN)),
        says=("must stand for something",),
    ),
    *(
        Case(
            "name-wildcard-public",
            with_options(names=(f"*.{suffix}",)),
            domain=f"clinic.{suffix}",
            counter=with_options(names=(f"*.{suffix}", f"clinic.{suffix}")),
            counter_domain=f"clinic.{suffix}",
            says=(f"*.{suffix}",),
            label=suffix,
        )
        for suffix in ("org", "co.uk")
    ),
    Case("no-clock", good, given={"now": OLD}, says=("2020-01-01", "2026-11-22")),
    Case(
        "no-clock",
        good,
        given={"now": OLD, "server_now": OLD},
        counter_given={"now": NOW, "server_now": NOW},
        says=("laptop", "server"),
        label="both",
    ),
    Case(
        "laptop-clock-behind",
        good,
        given={"now": OLD, "server_now": NOW},
        counter_given={"server_now": NOW},
        says=("2020-01-01",),
    ),
    Case(
        "server-clock-behind",
        good,
        given={"server_now": OLD},
        counter_given={"server_now": NOW},
        says=("2020-01-01",),
    ),
    Case(
        "clocks-differ",
        good,
        given={"server_now": NOW + timedelta(hours=1)},
        counter_given={"server_now": NOW + timedelta(minutes=29)},
        says=("One of the two is wrong",),
    ),
    Case(
        "expired",
        good,
        given={"now": NOW + timedelta(days=300)},
        says=("2027-03-01",),
    ),
    Case(
        "expired",
        lambda: good(begin=OLD, days=90),
        given={"now": OLD},
        also=("no-clock",),
        label="before the program was made, whatever the clock says",
    ),
    Case(
        "expired-by-one-clock",
        good,
        given={"server_now": NOW + timedelta(days=300)},
        counter_given={"now": NOW + timedelta(days=300), "server_now": NOW + timedelta(days=300)},
        also=("clocks-differ",),
        says=("clock of the server this", "laptop it is still good"),
    ),
    Case(
        "not-yet-valid",
        lambda: good(begin=NOW + timedelta(days=2)),
        says=("2026-12-17", "clock is wrong"),
    ),
    Case(
        "not-yet-valid-by-one-clock",
        good,
        given={"server_now": BEGIN - timedelta(days=3)},
        counter_given={"now": BEGIN - timedelta(days=3), "server_now": BEGIN - timedelta(days=3)},
        also=("clocks-differ",),
        says=("clock of the server is probably wrong",),
    ),
    Case(
        "expires-soon",
        good,
        given={"now": BEGIN + timedelta(days=60, minutes=1)},
        counter_given={"now": BEGIN + timedelta(days=60)},
        says=("2027-03-01", "Days left: 29"),
    ),
    Case("chain-reordered", lambda: replace(good(), reordered=True)),
    Case(
        "chain-filled",
        lambda: replace(good(), filled=(Filled(INTERMEDIATE.certificate),)),
        says=("Test CA 1", "own set"),
    ),
    Case(
        "chain-fetched",
        lambda: replace(good(), filled=(Filled(INTERMEDIATE.certificate, "pki.example.org"),)),
        says=("Test CA 1", "pki.example.org"),
    ),
    Case("self-signed", self_signed, says=("signed by itself", DOMAIN)),
    Case(
        "private-ca",
        lambda: good(OTHER, sct=0),
        says=("Clinic Root", "CHT app ignores it"),
    ),
    Case(
        "private-ca",
        lambda: replace(good(OTHER, sct=0), extra=(OTHER.certificate,)),
        label="with its root in the file",
    ),
    Case(
        "untrusted",
        lambda: replace(good(OTHER, policies=PUBLIC_POLICY), extra=(OTHER.certificate,)),
        counter=lambda: replace(good(OTHER, sct=0), extra=(OTHER.certificate,)),
        says=("Clinic Root",),
    ),
    Case("chain-incomplete", lambda: without_chain(good()), says=("Test CA 1", "fullchain.pem")),
    Case(
        "chain-incomplete",
        lambda: good(OTHER, sct=0, policies=PUBLIC_POLICY),
        label="known by its policy",
    ),
    Case(
        "chain-incomplete",
        lambda: without_chain(good(sct=0)),
        label="known by the name of its organisation",
    ),
    Case(
        "chain-incomplete",
        lambda: good(OTHER),
        counter=lambda: good(OTHER, sct=0),
        label="known by its timestamps",
    ),
    Case(
        "chain-certificate-expired",
        expired_chain,
        counter=lambda: cross(CROSS_EXPIRED, CROSS_GOOD),
        says=("Old CA", "2022-09-27"),
    ),
    Case("chain-certificate-expired", lambda: cross(CROSS_EXPIRED), label="cross-signed"),
    Case(
        "chain-certificate-weak",
        lambda: good(RSA_ROOT.intermediate("Weak CA", sha1=True)),
        given=roots(RSA_ROOT),
        says=("Weak CA", "SHA1"),
    ),
    Case(
        "extra-root-only",
        lambda: good(OTHER),
        given=roots(ROOT, extra=(OTHER,)),
        counter_given=roots(ROOT, extra=(OTHER,)),
        says=("Clinic Root",),
    ),
    Case(
        "practice-root",
        lambda: good(OTHER),
        given={"roots": replace(roots(ROOT, extra=(OTHER,))["roots"], practice=True)},
        counter_given={"roots": replace(roots(ROOT, extra=(OTHER,))["roots"], practice=True)},
        says=("Clinic Root",),
    ),
    Case(
        "browsers-only",
        lambda: good(OTHER, sct=0),
        given={"accept": ("private-ca",)},
        counter_given={"accept": ("private-ca",)},
        says=("Clinic Root", "CHT app refuses"),
    ),
    Case(
        "browsers-only",
        self_signed,
        given={"accept": ("self-signed",)},
        counter_given={"accept": ("self-signed",)},
        label="self-signed",
    ),
    Case(
        "root-irregular",
        lambda: good(OTHER, aki=False),
        given=roots(extra=(OTHER,)),
        counter=lambda: good(OTHER),
        also=("extra-root-only",),
        says=("Clinic Root",),
    ),
    Case(
        "android-before-7.1.1",
        lambda: good(X1),
        given=ON_PHONES,
        counter_given=ON_PHONES,
        says=("7.1.1", "ISRG Root X1"),
    ),
    Case(
        "android-before-14",
        lambda: good(X2),
        given=ON_PHONES,
        counter=lambda: good(X1),
        counter_given=ON_PHONES,
        says=("14", "ISRG Root X2"),
    ),
    Case(
        "android-before-14",
        lambda: good(NEWEST),
        given=ON_PHONES,
        counter=lambda: cross_signed(X2, X1),
        counter_given=ON_PHONES,
        label="a root that no phone was made with",
    ),
    Case(
        "android-versions",
        lambda: good(DROPPED),
        given=ON_PHONES,
        counter_given=ON_PHONES,
        says=("5.0, 12, 13, 14", "Dropped Root"),
    ),
    Case("no-sct", lambda: good(sct=0)),
    Case(
        "few-sct",
        lambda: good(sct=1),
        counter=lambda: good(sct=2, days=180),
        says=("1 times", "want 2"),
    ),
    Case(
        "few-sct",
        lambda: good(sct=2, days=181),
        counter=lambda: good(sct=3, days=181),
        says=("want 3",),
        label="more than 180 days",
    ),
    *(
        Case("key-kind", with_options(key=key(kind)), says=(word,), label=kind)
        for kind, word in [
            ("ed25519", "Ed25519"),
            ("ed448", "Ed448"),
            ("p521", "P-521"),
            ("k256", "secp256k1"),
            ("dsa", "DSA"),
        ]
    ),
    Case("key-small", lambda: good(key=key("rsa1024")), says=("RSA 1024",)),
    Case(
        "rsa-demanded",
        lambda: good(key=key("p256")),
        given={"cht_version": "4.2.4"},
        counter=lambda: good(key=key("p256")),
        counter_given={"cht_version": "4.10.0"},
        says=("EC P-256", "4.2.4"),
    ),
    Case(
        "rsa-demanded",
        lambda: good(key=key("p384")),
        given={"cht_version": "3.17.2"},
        counter_given={"cht_version": "3.17.2"},
        label="not of an RSA key",
    ),
    Case(
        "rsa-advised",
        lambda: good(key=key("p256")),
        given={"cht_version": None},
        counter=lambda: good(key=key("p256")),
        counter_given={"cht_version": "5.2"},
    ),
    Case(
        "rsa-advised",
        lambda: good(key=key("p256")),
        given={"cht_version": "local-development"},
        counter_given={"cht_version": "local-development"},
        label="a version that is none",
    ),
    Case("leaf-is-ca", lambda: good(ca=True, begin=NOW), also=("key-usage", "no-sct")),
    Case(
        "eku-no-server",
        lambda: good(eku=[ExtendedKeyUsageOID.CLIENT_AUTH]),
        counter=lambda: good(
            eku=[ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
        ),
        says=("client",),
    ),
    Case("eku-absent", lambda: good(eku=None)),
    Case(
        "key-usage",
        lambda: good(digital_signature=False),
        counter=lambda: good(key_usage=False),
    ),
    Case("must-staple", lambda: good(staple=True)),
    Case(
        "weak-signature", lambda: good(RSA_ROOT, sha1=True), given=roots(RSA_ROOT), says=("SHA1",)
    ),
    *(
        Case(
            "lifetime-too-long",
            with_options(begin=begin, days=limit + 0.5),
            counter=with_options(begin=begin, days=limit),
            given={"now": now},
            says=(f"at most {limit}",),
            label=str(limit),
        )
        for begin, limit, now in [
            (datetime(2026, 3, 14, tzinfo=UTC), 398, BUILT + timedelta(1)),
            (datetime(2026, 12, 1, tzinfo=UTC), 200, NOW),
            (datetime(2027, 3, 15, tzinfo=UTC), 100, datetime(2027, 3, 20, tzinfo=UTC)),
            (datetime(2029, 3, 15, tzinfo=UTC), 47, datetime(2029, 3, 20, tzinfo=UTC)),
        ]
    ),
    Case(
        "lifetime-unusual",
        lambda: good(OTHER, days=900),
        given=roots(extra=(OTHER,)),
        counter=lambda: good(OTHER, days=200),
        also=("extra-root-only",),
        says=("900", "200"),
    ),
    *(
        Case(
            "public-key-wildcard",
            with_options(names=(name,)),
            domain=name.replace("*", "10-0-0-5"),
            says=("never with data of patients",),
            label=name,
        )
        for name in ("*.local-ip.medicmobile.org", "*.my.local-ip.co")
    ),
    Case("unknown-critical", lambda: good(unknown_critical=True)),
    Case("chain-refused", lambda: good(aki=False)),
]


def codes(bundle: Bundle, domain: str = DOMAIN, **given: Any) -> list[str]:
    given = {"now": NOW, "cht_version": "4.21.0", "roots": ROOTS, **given}
    return [finding.code for finding in judge(bundle, domain, **given)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code} {case.label}".strip())
def test_a_fault_is_said_and_nothing_else(case: Case) -> None:
    given = {"now": NOW, "cht_version": "4.21.0", "roots": ROOTS, **case.given}
    found = {finding.code: finding for finding in judge(case.bundle(), case.domain, **given)}
    assert case.code in found
    assert set(found) == {case.code, *case.also}
    sentences = f"{found[case.code].message} {found[case.code].cure}"
    for words in case.says:
        assert words in sentences
    assert "{" not in sentences


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code} {case.label}".strip())
def test_without_the_fault_it_is_not_said(case: Case) -> None:
    given = case.given if case.counter_given is None else case.counter_given
    if case.counter is good and case.counter_given is None:
        given = {}
    assert case.code not in codes(case.counter(), case.counter_domain, **given)


def test_a_good_certificate_gives_no_finding() -> None:
    assert codes(good()) == []


def test_every_code_but_unreadable_has_a_case() -> None:
    assert {case.code for case in CASES} == set(FINDINGS) - {"unreadable"} | {"key-mismatch"}


WITHOUT_DETAIL = {"key-missing", "chain-reordered"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code} {case.label}".strip())
def test_experts_are_told_what_was_read(case: Case) -> None:
    given = {"now": NOW, "cht_version": "4.21.0", "roots": ROOTS, **case.given}
    found = {finding.code: finding for finding in judge(case.bundle(), case.domain, **given)}
    assert bool(found[case.code].detail) is (case.code not in WITHOUT_DETAIL)


def test_a_star_in_the_middle_of_a_word_fits_nothing() -> None:
    assert codes(good(names=("c*.clinic-a.example.org",))) == ["name-mismatch"]


def test_a_star_below_a_name_of_ones_own_is_fine() -> None:
    assert codes(good(names=("*.example.org",)), "cht.example.org") == []
    assert codes(good(names=("*.github.io",)), "clinic.github.io") == []


def test_a_moment_that_was_asked_for_is_not_a_clock() -> None:
    past = good(ROOT, begin=OLD, days=90)
    assert codes(past, now=OLD + timedelta(days=3), chosen=True) == []
    assert codes(past, now=OLD + timedelta(days=91), chosen=True) == ["expired"]
    assert codes(good(ROOT), now=OLD, chosen=True) == ["not-yet-valid"]


def test_severities_name_codes_that_exist() -> None:
    assert set(FINDINGS) >= WARNINGS | NOTES


def test_only_problems_make_it_unacceptable() -> None:
    warned = judge(good(staple=True), DOMAIN, now=NOW, cht_version="5.0.0", roots=ROOTS)
    assert [each.severity for each in warned] == [Severity.WARNING]
    assert acceptable(warned)
    refused = judge(good(), "other.example.org", now=NOW, cht_version="5.0.0", roots=ROOTS)
    assert not acceptable(refused)


def test_problems_come_first() -> None:
    bundle = replace(good(staple=True, names=("b.example.org",)), reordered=True)
    found = judge(bundle, DOMAIN, now=NOW, cht_version="5.0.0", roots=ROOTS)
    assert [each.severity for each in found] == ["problem", "warning", "note"]


def test_the_clock_before_the_first_day_of_a_certificate_is_the_suspect() -> None:
    found = judge(
        good(), DOMAIN, now=NOW, server_now=BUILT + timedelta(1), cht_version="5.0.0", roots=ROOTS
    )
    message = {each.code: each.message for each in found}["clocks-differ"]
    assert message.endswith("The clock of the server is probably wrong.")


def test_the_server_bears_witness_when_the_laptop_cannot() -> None:
    late = NOW + timedelta(days=300)
    assert codes(good(), now=OLD, server_now=late) == ["expired", "laptop-clock-behind"]


@pytest.mark.parametrize(
    "domain",
    [
        "CHT.Clinic-A.Example.ORG",
        f"{DOMAIN}.",
        f" {DOMAIN} ",
    ],
)
def test_the_domain_may_be_typed_loosely(domain: str) -> None:
    assert codes(good(), domain) == []


def test_an_international_domain_is_found_by_its_wire_name() -> None:
    assert codes(good(names=("xn--sant-epa.example.org",)), "Santé.example.org") == []


def test_naive_moments_are_utc() -> None:
    assert codes(good(), now=NOW.replace(tzinfo=None), server_now=NOW.replace(tzinfo=None)) == []


def test_a_missing_intermediate_is_told_where_to_get_it() -> None:
    bundle = without_chain(good(issuer_url="http://ca.example.org/1.der"))
    found = judge(bundle, DOMAIN, now=NOW, cht_version="5.0.0", roots=ROOTS)
    assert "http://ca.example.org/1.der" in found[0].detail


def test_a_namesake_of_the_intermediate_is_recognised_as_the_wrong_one() -> None:
    impostor = ROOT.intermediate(key=key("p256", 99)).certificate
    bundle = replace(without_chain(good()), extra=(impostor,))
    found = judge(bundle, DOMAIN, now=NOW, cht_version="5.0.0", roots=ROOTS)
    assert found[0].code == "chain-incomplete"
    assert "did not sign" in found[0].detail


def test_a_root_made_by_openssl_without_the_usual_extensions_may_be_added() -> None:
    plain = root("Plain Root", "Clinic A", key_usage=False, aki=False)
    leaf = good(plain, aki=False)
    assert codes(leaf, **roots(extra=(plain,))) == ["extra-root-only", "root-irregular"]
    assert codes(leaf, **roots(plain)) == ["chain-refused"]


def test_the_bundled_roots_are_used_unless_others_are_given() -> None:
    found = judge(good(sct=0, organisation="x"), DOMAIN, now=NOW, cht_version="5.0.0")
    assert [each.code for each in found] == ["private-ca"]


def broken_san() -> Bundle:
    """A signed certificate whose SAN is rubbish."""

    bad = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), b"\x30\x05\x82\x09ab")
    builder = x509.CertificateBuilder(
        issuer_name=INTERMEDIATE.certificate.subject,
        subject_name=x509.Name([]),
        public_key=key().public_key(),
        serial_number=5,
        not_valid_before=BEGIN,
        not_valid_after=BEGIN + timedelta(days=90),
    ).add_extension(bad, False)

    return Bundle(builder.sign(INTERMEDIATE.key, SHA256()), (INTERMEDIATE.certificate,), key())


def test_a_certificate_that_cannot_be_read_is_a_problem_not_a_crash() -> None:
    found = judge(broken_san(), DOMAIN, now=NOW, cht_version="5.0.0", roots=ROOTS)
    assert found[0].code == "unreadable"
    assert found[0].detail
    described = describe(broken_san(), found, DOMAIN, NOW, roots=ROOTS)
    assert described["leaf"]["names"] is None
    assert described["trusted"] is False


class TestReport:
    def test_a_good_bundle(self) -> None:
        bundle = good()
        said = json.loads(json.dumps(describe(bundle, (), DOMAIN, NOW, roots=ROOTS)))
        assert said["trusted"]
        assert said["acceptable"]
        assert said["at"] == "2026-12-15T12:00:00+00:00"
        assert said["leaf"] == {
            "subject": "",
            "names": [DOMAIN],
            "issuer": "CN=Test CA 1,O=Test Authority",
            "serial": f"{bundle.leaf.serial_number:x}",
            "not_before": "2026-12-01T00:00:00+00:00",
            "not_after": "2027-03-01T00:00:00+00:00",
            "key": "RSA 2048",
            "sha256": bundle.sha256,
            "days_left": 75,
        }
        assert [each["sha256"] for each in said["chain"]] == [bundle.chain_sha256[1]]

    @pytest.mark.parametrize(
        ("domain", "days"), [("b.example.org", 0), (DOMAIN, 90), (DOMAIN, -30)]
    )
    def test_trust_is_for_one_name_and_moment(self, domain: str, days: int) -> None:
        at = NOW + timedelta(days=days)
        found = judge(good(), domain, now=at, cht_version="5.0.0", roots=ROOTS, chosen=True)
        said = describe(good(), found, domain, at, roots=ROOTS)
        assert (said["trusted"], said["acceptable"]) == (False, False)
        assert set(said["findings"][0]) == {"code", "severity", "message", "detail", "cure"}

    def test_trust_does_not_ask_for_what_else_is_wrong(self) -> None:
        bundle = good(key=key("ed25519"))
        found = judge(bundle, DOMAIN, now=NOW, cht_version="5.0.0", roots=ROOTS)
        said = describe(bundle, found, DOMAIN, NOW, roots=ROOTS)
        assert (said["trusted"], said["acceptable"]) == (True, False)

    def test_a_private_authority_is_not_trusted(self) -> None:
        bundle = good(OTHER, sct=0)
        found = judge(bundle, DOMAIN, now=NOW, cht_version="5.0.0", roots=ROOTS)
        assert describe(bundle, found, DOMAIN, NOW, roots=ROOTS)["trusted"] is False
