"""Chains as servers may send them, right and wrong in every way that matters to a browser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.certificate.authority import Authority, key, root, usage

DOMAIN = "cht.clinic-a.example.org"
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
BEGIN = NOW - 5 * DAY
ROOT = root("Judge Root", begin=NOW - 900 * DAY)
RSA_ROOT = root("Judge RSA Root", key=key("rsa", "judge"), begin=NOW - 900 * DAY)
PLAIN_ROOT = root("Judge Plain Root", begin=NOW - 900 * DAY, key_usage=False, aki=False)
STRANGER = root("Strange Root", begin=NOW - 900 * DAY)
TRUSTED = (ROOT, RSA_ROOT, PLAIN_ROOT)
SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
ANY = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE


@dataclass(frozen=True)
class Served:
    """What is served for a name: the leaf first, then `chain` in this order."""

    label: str
    leaf: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    key: Any
    domain: str = DOMAIN


def middle(common: str = "Judge CA", above: Authority = ROOT, **options: Any) -> Authority:
    options = {"begin": NOW - 400 * DAY, "days": 2000, **options}
    return above.intermediate(common, **options)


ISSUER = middle()


def served(
    label: str,
    *above: Authority,
    domain: str = DOMAIN,
    chain: Sequence[Authority | x509.Certificate] | None = None,
    **options: Any,
) -> Served:
    """A leaf by the first of `above` (by ISSUER if none), which are served; or `chain` is."""
    mine = options.pop("key", None) or key("p256", "leaf")
    authorities = above or (ISSUER,)
    options = {"begin": BEGIN, **options}
    leaf = authorities[0].leaf(key=mine, **options)
    sent = [each for each in authorities if each not in TRUSTED] if chain is None else chain
    certificates = [each.certificate if isinstance(each, Authority) else each for each in sent]
    return Served(label, leaf, tuple(certificates), mine, domain)


def cases() -> list[Served]:
    parts = (keys, names, dates, chains, crossed, authorities, uses, transparency)
    return [case for part in parts for case in part()]


def keys() -> Iterator[Served]:
    for kind in ("rsa", "p256", "p384", "p521", "ed25519", "ed448", "k256", "rsa1024"):
        yield served(f"key {kind}", key=key(kind, "leaf"))
    for kind in ("rsa", "p384", "p521"):
        yield served(f"authority's key {kind}", middle(f"CA {kind}", key=key(kind, "ca")))
    yield served("signature sha1", RSA_ROOT, sha1=True)
    weak = middle("SHA-1 CA", RSA_ROOT, sha1=True)
    yield served("authority's signature sha1", weak)


def names() -> Iterator[Served]:
    for label, listed in {
        "the name": (DOMAIN,),
        "the name in capitals": (DOMAIN.upper(),),
        "the name among others": ("a.example.org", DOMAIN, "b.example.org"),
        "another name": ("b.example.org",),
        "a longer name": (f"a.{DOMAIN}",),
        "a star for one part": ("*.clinic-a.example.org",),
        "a star for two parts": ("*.example.org",),
        "a star below the name": (f"*.{DOMAIN}",),
        "a star below, and the name": (f"*.{DOMAIN}", DOMAIN),
        "a star within a part": ("c*.clinic-a.example.org",),
        "a star in the middle": ("cht.*.example.org",),
        "two stars": ("*.*.example.org",),
        "an address": ("192.168.1.10",),
        "no name": (),
    }.items():
        yield served(f"SAN: {label}", names=listed)
    yield served("common name only", names=(), common=DOMAIN)
    yield served("common name of another", common="b.example.org")
    yield served("address: right", domain="127.0.0.1", names=("127.0.0.1",))
    yield served("address: another", domain="127.0.0.1", names=("127.0.0.2",))
    yield served("address: as common name", domain="127.0.0.1", names=(), common="127.0.0.1")
    yield served("address: under a name", domain="127.0.0.1")
    yield served("a star under a public suffix", domain="example.org", names=("*.org",))
    yield served("underscore", domain="my_server.example.org", names=("my_server.example.org",))
    yield served(
        "underscore under a star", domain="my_server.example.org", names=("*.example.org",)
    )
    yield served("a dot at the end", domain=f"{DOMAIN}.")
    wire = "xn--sant-epa.example.org"
    yield served("international name", domain=wire, names=(wire,))
    yield served("international name under a star", domain=wire, names=("*.example.org",))


def dates() -> Iterator[Served]:
    for label, begin, days in (
        ("ended an hour ago", NOW - 30 * DAY, 30 - 1 / 24),
        ("ended long ago", NOW - 300 * DAY, 90),
        ("ends in an hour", NOW - 30 * DAY, 30 + 1 / 24),
        ("begins in an hour", NOW + DAY / 24, 90),
        ("begins next year", NOW + 365 * DAY, 90),
        ("began an hour ago", NOW - DAY / 24, 90),
        ("200 days", BEGIN, 200),
        ("398 days, issued when that was right", datetime(2026, 2, 1, tzinfo=UTC), 398),
        ("201 days", BEGIN, 201),
        ("400 days", BEGIN, 400),
        ("900 days", BEGIN, 900),
    ):
        yield served(f"dates: {label}", begin=begin, days=days)
    gone = middle("Ended CA", begin=NOW - 400 * DAY, days=399)
    yield served("dates: authority ended", gone)
    yield served("dates: authority not begun", middle("Young CA", begin=NOW + DAY, days=99))


def chains() -> Iterator[Served]:
    second = middle("Judge CA 2", ISSUER)
    third = middle("Judge CA 3", second)
    yield served("chain: from the root itself", ROOT)
    yield served("chain: two authorities", second, ISSUER)
    yield served("chain: three authorities", third, second, ISSUER)
    yield served("chain: wrong order", third, chain=(ISSUER, second, third))
    yield served("chain: with the root", chain=(ISSUER, ROOT))
    yield served("chain: root before the authority", chain=(ROOT, ISSUER))
    yield served("chain: twice", chain=(ISSUER, ISSUER))
    yield served("chain: with strangers", chain=(middle("Else", STRANGER), ISSUER, STRANGER))
    yield served("chain: authority missing", chain=())
    yield served("chain: upper authority missing", second, chain=(second,))
    yield served("chain: lower authority missing", second, chain=(ISSUER,))
    namesake = middle(key=key("p256", "namesake"))
    yield served("chain: a namesake of the authority", chain=(namesake,))
    yield served("chain: a namesake and the authority", chain=(namesake, ISSUER))
    yield served("unknown root", middle("Strange CA", STRANGER))
    yield served("unknown root, sent along", chain=(middle("Strange CA", STRANGER), STRANGER))
    alone = root(DOMAIN, "Clinic A", begin=BEGIN, days=90)
    yield Served("self-signed authority", alone.certificate, (), alone.key)
    unsigned = Authority(alone.certificate, alone.key).leaf(begin=BEGIN, key=key("p256", "x"))
    yield Served("under a self-signed leaf", unsigned, (alone.certificate,), key("p256", "x"))


def crossed() -> Iterator[Served]:
    mine = key("p256", "crossed")
    good = middle("Cross CA", key=mine)
    strange = middle("Cross CA", STRANGER, key=mine)
    ended = middle("Cross CA", key=mine, begin=NOW - 400 * DAY, days=399)
    for label, sent in {
        "good first": (good, strange),
        "strange first": (strange, good),
        "ended first": (ended, good),
        "strange and ended": (strange, ended),
    }.items():
        yield served(f"cross-signed: {label}", good, chain=sent)
    again = middle("Judge Root", STRANGER, organisation="Test Authority", key=ROOT.key)
    yield served("cross-signed: the root itself", chain=(ISSUER, again))


def authorities() -> Iterator[Served]:
    none = middle("No CA", swap=[(x509.BasicConstraints(ca=False, path_length=None), True)])
    yield served("authority that is none", none)
    yield served(
        "authority without basicConstraints", middle("Bare CA", drop=[x509.BasicConstraints])
    )
    short = middle("Short CA", swap=[(x509.BasicConstraints(ca=True, path_length=0), True)])
    yield served("path length kept", short)
    yield served("path length exceeded", middle("Below", short), short)
    ours, others = [x509.DNSName("example.org")], [x509.DNSName("example.com")]
    for label, permitted, excluded in (
        ("permits", ours, None),
        ("permits others", others, None),
        ("excludes", None, ours),
        ("excludes others", None, others),
    ):
        limits = x509.NameConstraints(permitted, excluded)
        limited = middle(f"Limited {label}", swap=[(limits, True)])
        yield served(f"name constraints: {label}", limited)
    for label, uses in {"server": [SERVER], "client": [CLIENT], "any": [ANY]}.items():
        able = middle(f"For {label}", swap=[(x509.ExtendedKeyUsage(uses), False)])
        yield served(f"authority for {label}", able)
    yield served("authority without key usage", middle("Free CA", key_usage=False))
    yield served(
        "authority that may not sign", middle("Mute CA", swap=[(usage(False, ca=False), True)])
    )
    yield served("root without key usage", middle("Under plain", PLAIN_ROOT))
    yield served("leaf without AKI", aki=False)
    yield served("leaf without SKI", drop=[x509.SubjectKeyIdentifier])
    yield served("authority without SKI", middle("No SKI", drop=[x509.SubjectKeyIdentifier]))


def uses() -> Iterator[Served]:
    signing = ExtendedKeyUsageOID.CODE_SIGNING
    for label, listed in {
        "server and client": [SERVER, CLIENT],
        "client": [CLIENT],
        "signing of programs": [signing],
        "none": None,
        "any": [ANY],
    }.items():
        yield served(f"EKU: {label}", eku=listed)
    yield served("EKU: critical", swap=[(x509.ExtendedKeyUsage([SERVER]), True)])
    yield served("key usage: absent", key_usage=False)
    yield served("key usage: no signature", digital_signature=False)
    yield served("key usage: no signature, RSA", digital_signature=False, key=key("rsa", "leaf"))
    yield served("basicConstraints: absent", drop=[x509.BasicConstraints])
    authority = (x509.BasicConstraints(ca=True, path_length=None), True)
    yield served("leaf is an authority", swap=[authority])
    yield served(
        "leaf is an authority for signing only", swap=[authority, (usage(False, ca=True), True)]
    )
    yield served("must-staple", staple=True)
    yield served("unknown critical extension", unknown_critical=True)
    harmless = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.2"), b"\5\0")
    yield served("unknown extension", swap=[(harmless, False)])


def transparency() -> Iterator[Served]:
    yield served("no timestamps", sct=0)
    yield served("one timestamp", sct=1)
    yield served("two timestamps", sct=2)
