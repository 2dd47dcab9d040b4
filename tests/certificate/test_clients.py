"""Who accepts a certificate, and until when."""

import json
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wizard.certificate import Bundle, Roots, clients, describe, judge, look, paths, stores
from wizard.certificate.checklist import phones
from wizard.certificate.clients import APPS, BROWSERS, CODES, Client, name
from wizard.certificate.findings import NOTES, WARNINGS
from wizard.certificate.rules.case import BUILT
from wizard.certificate.stores import VERSIONS, key_of

from .authority import BEGIN, DOMAIN, NOW, ROOT, Authority, key, root
from .test_findings import (
    CASES,
    OTHER,
    ROOTS,
    RSA_ROOT,
    X1,
    X2,
    cross_signed,
    good,
    on_phones,
    roots,
    self_signed,
    without_chain,
)

CHROMIUM = {*APPS, "chrome-android", "chrome"}
OLDEST = {"app-5.0", "app-6.0"}
END = BEGIN + timedelta(days=90)
EVE = BEGIN - timedelta(days=1)


def verdicts(bundle: Bundle, domain: str = DOMAIN, **given: Any) -> dict[str, Client]:
    given = {"now": NOW, "cht_version": "5.0.0", "roots": ROOTS, **given}
    findings = judge(bundle, domain, **given)
    kept = {k: v for k, v in given.items() if k not in ("cht_version", "accept")}
    return {each.code: each for each in clients(bundle, domain, findings, **kept)}


def refusing(found: dict[str, Client]) -> set[str]:
    return {code for code, each in found.items() if not each.accepted}


def test_a_good_one_is_accepted_by_all_until_its_end() -> None:
    found = verdicts(good())
    assert tuple(found) == CODES
    assert {(each.state, each.until) for each in found.values()} == {("accepted", END)}
    assert {each.reason for each in found.values()} == {'It knows the authority "Test Root".'}


def test_what_a_client_says_in_json() -> None:
    assert verdicts(good())["app-7.1"].plain() == {
        "code": "app-7.1",
        "name": "CHT app on Android 7.1",
        "accepted": True,
        "state": "accepted",
        "until": "2027-03-01T00:00:00+00:00",
        "reason": 'It knows the authority "Test Root".',
    }


def test_every_client_has_a_name() -> None:
    assert [name(code) for code in CODES] == [
        *(f"CHT app on Android {version}" for version in VERSIONS[:-1]),
        "CHT app on Android 14 and newer",
        "Chrome on Android",
        "Chrome and Edge on a computer",
        "Firefox",
        "Safari",
    ]


@pytest.mark.parametrize(
    ("bundle", "refuse", "why"),
    [
        (lambda: good(names=("b.example.org",)), set(CODES), "name-mismatch"),
        (lambda: good(names=(), common=DOMAIN), set(CODES), "name-missing"),
        (lambda: good(begin=NOW + timedelta(1)), set(CODES), "not-yet-valid"),
        (lambda: good(begin=BUILT - timedelta(90), days=80), set(CODES), "expired"),
        (lambda: without_chain(good()), set(CODES), "chain-incomplete"),
        (lambda: good(key=key("ed25519")), set(CODES), "key-kind"),
        (lambda: good(key=key("k256")), set(CODES), "key-kind"),
        (lambda: good(key=key("p521")), CHROMIUM, "key-kind"),
        (lambda: good(key=key("rsa1024")), set(CODES), "key-small"),
        (lambda: good(eku=[ExtendedKeyUsageOID.CLIENT_AUTH]), set(CODES), "eku-no-server"),
        (lambda: good(eku=None), {"safari"}, "eku-absent"),
        (lambda: good(digital_signature=False), CHROMIUM, "key-usage"),
        (lambda: good(staple=True), {"firefox"}, "must-staple"),
        (lambda: good(sct=0), set(BROWSERS), "no-sct"),
        (lambda: good(sct=1), set(BROWSERS), "few-sct"),
        (lambda: good(days=201), set(CODES), "lifetime-too-long"),
        (lambda: good(unknown_critical=True), set(CODES), "unknown-critical"),
        (lambda: replace(good(), key=key("rsa", 1)), set(CODES), "key-mismatch"),
        (lambda: replace(good(), key=None), set(), ""),
    ],
)
def test_who_refuses_what(bundle: Callable[[], Bundle], refuse: set[str], why: str) -> None:
    found = verdicts(bundle())
    assert refusing(found) == refuse
    assert {found[code].why for code in refuse} == ({why} if why else set())


def test_a_key_that_the_cht_cannot_use_reaches_nobody() -> None:
    assert refusing(verdicts(good(key=key("p256")), cht_version="4.2.4")) == set(CODES)
    assert refusing(verdicts(good(key=key("p256")), cht_version="4.3.0")) == set()


def test_an_old_signature_is_refused_by_all() -> None:
    found = verdicts(good(RSA_ROOT, sha1=True), **roots(RSA_ROOT))
    assert {each.why for each in found.values()} == {"weak-signature"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code} {case.label}".strip())
def test_what_is_a_problem_is_refused_by_somebody_and_what_is_fine_by_nobody(case: Any) -> None:
    given = {"now": NOW, "cht_version": "4.21.0", "roots": ROOTS, **case.given}
    found = verdicts(case.bundle(), case.domain, **given)
    # Strict rules that clients do not know, and a question of the server's clocks.
    if case.code in {"no-clock", "key-missing", "chain-refused"}:
        return
    if case.code not in WARNINGS | NOTES:
        assert refusing(found)
    elif case.code in {"rsa-advised", "expires-soon", "chain-reordered", "clocks-differ"}:
        assert not refusing(found)
    assert all(each.reason for each in found.values())
    assert all((each.until is not None) is each.accepted for each in found.values())


class TestRootsByVersion:
    def test_each_version_by_its_own_list(self) -> None:
        known = on_phones(x1=VERSIONS[3:])
        found = verdicts(good(X1), **known)
        assert refusing(found) == {"app-5.0", "app-6.0", "app-7.0"}
        assert found["app-7.0"].reason == 'It does not know the authority "ISRG Root X1".'

    def test_a_root_that_only_lists_of_today_have(self) -> None:
        """A phone with 14 that was never online has not got it; browsers bring it along."""
        found = verdicts(good(X2), **on_phones(x1=VERSIONS))
        assert {code for code, each in found.items() if each.state == "unsure"} == {"app-14"}
        assert refusing(found) == set(APPS)
        assert "online" in found["app-14"].reason
        assert found["app-14"].until is None

    def test_a_cross_signed_root_is_a_second_way(self) -> None:
        known = on_phones(x1=VERSIONS[3:-1], x2=("14",))
        found = verdicts(cross_signed(X2, X1), **known)
        assert refusing(found) == {"app-5.0", "app-6.0", "app-7.0"}
        assert "ISRG Root X1" in found["app-7.1"].reason
        assert "ISRG Root X2" in found["app-14"].reason

    def test_without_the_cross_sign_the_way_is_lost(self) -> None:
        known = on_phones(x1=VERSIONS[3:-1], x2=("14",))
        whole = cross_signed(X2, X1)
        found = verdicts(replace(whole, chain=whole.chain[:1]), **known)
        assert refusing(found) == set(APPS) - {"app-14"}

    def test_a_root_that_was_issued_anew_is_known_by_its_key(self) -> None:
        again = root("ISRG Root X1", "Internet Security Research Group", key=X1.key, days=8000)
        known = on_phones(x1=VERSIONS)["roots"]
        found = verdicts(good(X1), roots=replace(known, public=(again.certificate,)))
        assert refusing(found) == set()

    def test_a_forgotten_root_that_came_with_the_files_counts_for_old_phones(self) -> None:
        lists = {v: frozenset({str(key_of(OTHER.certificate))}) for v in VERSIONS[:3]}
        lists |= dict.fromkeys(VERSIONS[3:], frozenset())
        known = Roots((ROOT.certificate,), android=lists)
        bundle = replace(good(OTHER), extra=(OTHER.certificate,))
        assert refusing(verdicts(bundle, roots=known)) == set(CODES) - {
            "app-5.0",
            "app-6.0",
            "app-7.0",
        }


class TestUntil:
    def test_the_first_end_of_the_path_counts(self) -> None:
        short = ROOT.intermediate("Short CA", begin=EVE, days=41)
        found = verdicts(good(short))
        assert {each.until for each in found.values()} == {BEGIN + timedelta(days=40)}

    def test_the_root_ends_too(self) -> None:
        old = root("Old Root", begin=datetime(2020, 1, 1, tzinfo=UTC), days=2560)
        found = verdicts(good(old), **roots(old))
        assert {each.until for each in found.values()} == {datetime(2027, 1, 4, tzinfo=UTC)}

    def test_the_way_that_lasts_longest_is_taken(self) -> None:
        mine = key("p256", "twice")
        short = ROOT.intermediate("Twice CA", key=mine, begin=EVE, days=41)
        long = ROOT.intermediate("Twice CA", key=mine, begin=EVE, days=61)
        for chain in ((short, long), (long, short)):
            bundle = replace(good(short), chain=tuple(each.certificate for each in chain))
            assert verdicts(bundle)["app-9"].until == BEGIN + timedelta(days=60)

    def test_browsers_may_drop_a_root_before_its_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        last = BEGIN + timedelta(days=50)
        monkeypatch.setitem(stores._TRUST_ENDS, str(key_of(ROOT.certificate)), last)
        found = verdicts(good())
        assert found["chrome"].until == found["app-14"].until == last
        assert found["app-13"].until == END
        late = verdicts(good(), now=last + timedelta(1))
        assert refusing(late) == {*BROWSERS, "app-14"}


class TestOwnAuthority:
    def test_it_is_refused_without_a_choice(self) -> None:
        found = verdicts(good(OTHER, sct=0))
        assert refusing(found) == set(CODES)
        assert {code for code, each in found.items() if each.why == "by-hand"} == {
            *OLDEST,
            *BROWSERS,
        }
        assert "built into the phone" in found["app-7.0"].reason

    @pytest.mark.parametrize(
        ("bundle", "given"),
        [
            (lambda: good(OTHER, sct=0), roots(ROOT, extra=(OTHER,))),
            (lambda: good(OTHER, sct=0), {"accept": ("private-ca",)}),
            (lambda: self_signed(common=DOMAIN), {"accept": ("self-signed",)}),
        ],
    )
    def test_after_a_choice_browsers_may_be_told(
        self, bundle: Callable[[], Bundle], given: dict[str, Any]
    ) -> None:
        found = verdicts(bundle(), **given)
        assert {code for code, each in found.items() if each.state == "condition"} == {
            *OLDEST,
            *BROWSERS,
        }
        assert refusing(found) == set(APPS) - OLDEST
        assert found["safari"].until == END
        assert "by hand" in found["safari"].reason

    def test_a_certificate_that_signed_itself_may_be_its_own_root(self) -> None:
        bundle = self_signed(common=DOMAIN)
        found = verdicts(bundle, roots=replace(ROOTS, extra=(bundle.leaf,)))
        assert refusing(found) == set(APPS) - OLDEST

    def test_in_the_practice_clinic_it_counts_as_public(self) -> None:
        known = replace(ROOTS, extra=(OTHER.certificate,), practice=True)
        assert refusing(verdicts(good(OTHER, sct=0), roots=known)) == set()
        on_real_phones = replace(known, android=stores.android())
        assert refusing(verdicts(good(OTHER, sct=0), roots=on_real_phones)) == set()


def test_a_maze_of_authorities_is_left_in_time() -> None:
    """Ten authorities that all signed each other have millions of paths."""
    keys = [key("p256", f"maze {n}") for n in range(10)]
    nodes = [ROOT.intermediate(f"Maze {n}", key=mine) for n, mine in enumerate(keys)]
    between = [
        above.intermediate(f"Maze {n}", key=below.key).certificate
        for n, below in enumerate(nodes)
        for above in nodes
        if above is not below
    ]
    leaf = Authority(nodes[0].certificate, nodes[0].key).leaf(key=key())
    bundle = Bundle(leaf, tuple(between), key())
    started = datetime.now(UTC)
    assert paths.ways(bundle, DOMAIN, NOW, ROOTS) == ()
    assert datetime.now(UTC) - started < timedelta(seconds=20)


SAMPLES = [
    good().leaf.public_bytes(Encoding.DER),
    good(key=key("p384"), staple=True).leaf.public_bytes(Encoding.DER),
    cross_signed(X2, X1).chain[1].public_bytes(Encoding.DER),
]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4),
    st.sampled_from([(), ("private-ca", "self-signed")]),
    st.sampled_from(["leaf", "chain", "extra", "root"]),
)
def test_a_spoilt_certificate_is_judged_like_any(
    der: bytes, flips: list[tuple[float, int]], accept: tuple[str, ...], place: str
) -> None:
    raw = bytearray(der)
    for where, value in flips:
        raw[min(int(where * len(raw)), len(raw) - 1)] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd serial numbers, old curves
        try:
            spoilt = x509.load_der_x509_certificate(bytes(raw))
            hash(spoilt.subject)
        except look.READ_ERRORS:
            return
        bundle, known = good(), ROOTS
        match place:
            case "leaf":
                bundle = replace(bundle, leaf=spoilt)
            case "chain":
                bundle = replace(bundle, chain=(spoilt, *bundle.chain))
            case "extra":
                bundle = replace(bundle, extra=(spoilt,))
            case "root":
                known = replace(ROOTS, extra=(spoilt,))
        findings = judge(bundle, DOMAIN, now=NOW, roots=known, accept=accept)
        found = clients(bundle, DOMAIN, findings, now=NOW, roots=known)
        said = json.loads(json.dumps(describe(bundle, findings, DOMAIN, NOW, verdicts=found)))
    assert [each["code"] for each in said["clients"]] == list(CODES)
    assert phones(found)
