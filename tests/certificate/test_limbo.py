"""x509-limbo, the test suite of path validation, as a judge of `trusted`.

Runs where CHT_LIMBO names its limbo.json.xz (https://x509-limbo.com, Apache-2.0). Of its cases
those for a server with a DNS name count, without what the suite's own harness for `cryptography`
leaves out, and without `webpki::cn`: that a common name must stand in the SAN binds authorities,
no client.
"""

import json
import lzma
import os
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning

from wizard.certificate import Bundle, Roots, clients, describe, judge
from wizard.certificate.bundle import chain_of

FILE = os.environ.get("CHT_LIMBO", "")

pytestmark = pytest.mark.skipif(not FILE, reason="CHT_LIMBO does not name a limbo.json.xz")

LEFT_OUT_FEATURES = {
    "has-crl",
    "has-policy-constraints",
    "name-constraint-dn",
    "pedantic-public-suffix-wildcard",
    "pedantic-rfc5280",
    "pedantic-webpki-eku",
    "pedantic-webpki-subscriber-key",
    "rfc5280-incompatible-with-webpki",
}
LEFT_OUT = {
    "pathlen::max-chain-depth-1-self-issued",
    "pathlen::self-issued-certs-pathlen",
    "pathlen::validation-ignores-pathlen-in-leaf",
    "pathological::pathological-chain-same-subject-same-key",
    "rfc5280::aki::intermediate-missing-aki",
    "rfc5280::ca-as-leaf",
    "rfc5280::serial::zero",
    "rfc5280::ski::intermediate-missing-ski",
    "rfc5280::ski::root-missing-ski",
    "webpki::aki::root-with-aki-ski-mismatch",
}
OF_A_VERIFIER = "asks for a limit of the path's length that the caller sets; a phone sets none"
DISAGREE: dict[str, str] = {
    "pathlen::max-chain-depth-0-exhausted": OF_A_VERIFIER,
    "pathlen::max-chain-depth-1-exhausted": OF_A_VERIFIER,
}
"""Cases whose expected result `trusted` does not give -> why."""


def cases() -> list[dict[str, Any]]:
    with lzma.open(FILE) as stream:
        everything = json.load(stream)["testcases"]
    return [
        case
        for case in everything
        if case["validation_kind"] == "SERVER"
        and (case["expected_peer_name"] or {}).get("kind") == "DNS"
        and not LEFT_OUT_FEATURES & set(case["features"])
        and case["id"] not in LEFT_OUT
        and not case["id"].startswith("webpki::cn::")
    ]


def load(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def trusted(case: dict[str, Any]) -> bool:
    """What `inspect` says about the files of the case, with its roots as extra ones."""
    leaf = load(case["peer_certificate"])
    given = [load(pem) for pem in case["untrusted_intermediates"]]
    chain = chain_of(leaf, given)
    bundle = Bundle(leaf, chain, extra=tuple(each for each in given if each not in chain))
    roots = Roots((), tuple(load(pem) for pem in case["trusted_certs"]))
    when = case["validation_time"]
    at = datetime.fromisoformat(when) if when else datetime.now(UTC)
    domain = case["expected_peer_name"]["value"]
    findings = judge(bundle, domain, now=at, roots=roots, chosen=True)
    verdicts = clients(bundle, domain, findings, now=at, roots=roots, chosen=True)
    said = describe(bundle, findings, domain, at, verdicts=verdicts, roots=roots)
    return bool(json.loads(json.dumps(said))["trusted"])


def test_trusted_agrees_with_the_suite() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # of spoilt certificates
        selected = cases()
        differ = {
            case["id"]
            for case in selected
            if trusted(case) is not (case["expected_result"] == "SUCCESS")
        }
    agreed = len(selected) - len(differ)
    print(f"{agreed} of {len(selected)} agree")
    assert len(selected) == 142, Path(FILE)
    assert differ == set(DISAGREE)
    assert agreed >= 138
