"""Which names a certificate is for, and what counts as a name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.certificate import covers, days_left, domains, names
from wizard.certificate.rules.key import version_of

from .authority import DOMAIN, INTERMEDIATE, NOW

PLAIN = INTERMEDIATE.leaf(names=("cht.example.org", "CHT2.Example.Org", "10.0.0.5", "fd00::5"))
STAR = INTERMEDIATE.leaf(names=("*.example.org", "c*.example.net", "*.xn--sant-epa.example"))
BARE = INTERMEDIATE.leaf(names=(), common="cht.example.org")


@pytest.mark.parametrize(
    ("certificate", "domain", "covered"),
    [
        (PLAIN, "cht.example.org", True),
        (PLAIN, "CHT.example.ORG.", True),
        (PLAIN, "cht2.example.org", True),
        (PLAIN, "x.cht.example.org", False),
        (PLAIN, "example.org", False),
        (PLAIN, "10.0.0.5", True),
        (PLAIN, "10.0.0.6", False),
        (PLAIN, "fd00:0::0005", True),
        (PLAIN, "fe80::1%eth0", False),
        (STAR, "cht.example.org", True),
        (STAR, "a.b.example.org", False),
        (STAR, "example.org", False),
        (STAR, ".example.org", False),
        (STAR, "*.example.org", False),
        (STAR, "cht.example.net", False),
        (STAR, "my_server.example.org", False),
        (STAR, "cht.santé.example", True),
        (STAR, "cht.SANTÉ.example", True),
        (STAR, "", False),
        (BARE, "cht.example.org", False),
    ],
)
def test_covers(certificate: object, domain: str, covered: bool) -> None:
    assert covers(certificate, domain) is covered  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "domain",
    ["", ".", "..", "a..b", "-a.org", "a-.org", "a b.org", "a_b.org", "a/b", "https://a.org",
     "a.org:443", "*.a.org", "10.0.0", "10.0.0.300", "x" * 64 + ".org", "a." * 130 + "org",
     "\u2603\u200d.example.org", "fe80::1%1"],
)  # fmt: skip
def test_what_is_no_name(domain: str) -> None:
    with pytest.raises(domains.BadDomain):
        domains.normal(domain)


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_a_name_or_is_not(text: str) -> None:
    try:
        name = domains.normal(text)
    except domains.BadDomain:
        assert not covers(STAR, text)
    else:
        assert domains.normal(name) == name


def test_names_are_those_of_the_san_only() -> None:
    assert names(PLAIN) == ("cht.example.org", "CHT2.Example.Org", "10.0.0.5", "fd00::5")
    assert names(BARE) == ()


def test_days_left() -> None:
    leaf = INTERMEDIATE.leaf(names=(DOMAIN,))
    assert days_left(leaf, NOW) == 75
    assert days_left(leaf, leaf.not_valid_after_utc) == 0
    assert days_left(leaf, leaf.not_valid_after_utc.replace(second=1)) == -1


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("4.2.1", (4, 2, 1)),
        ("v4.10.0-beta.2", (4, 10, 0)),
        ("5.0", (5, 0, 0)),
        (" 3.17.2 ", (3, 17, 2)),
        ("4", None),
        ("master", None),
        ("", None),
        (None, None),
        ("99999999.1", None),
    ],
)
def test_version_of(text: str | None, version: tuple[int, int, int] | None) -> None:
    assert version_of(text) == version
