"""The domain: a name that phones look up and that a public authority certifies."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.problem import Problem
from wizard.site import names
from wizard.site.model import Site
from wizard.site.words import finding

FIELD = "domain"

# RFC 6761 and 8375, and ICANN's resolution of 2024-07-29 for .internal: never delegated, so no
# public authority issues for them (CA/Browser Forum Baseline Requirements 4.2.2).
_RESERVED = ("test", "example", "internal", "home.arpa", "arpa")

# Wildcard certificates whose private key can be downloaded: medic/nginx-local-ip, local-ip.co.
_SHARED_KEY = ("local-ip.medicmobile.org", "local-ip.co")


def check(site: Site) -> Iterator[Problem]:
    """Yield what is wrong with the domain; first its form, then its meaning."""
    typed = site.domain
    if not typed.strip():
        yield finding("domain_missing", FIELD)
        return
    flaw = names.flaw(typed)
    if flaw is not None:
        code, arguments = flaw
        yield finding(f"domain_{code}", FIELD, value=typed, **arguments)
        return
    if "." not in typed:
        yield finding("domain_single_label", FIELD, value=typed)
        return
    yield from _meaning(typed)
    if typed != typed.lower():
        yield finding("domain_uppercase", FIELD, value=typed, lower=typed.lower())


def _meaning(typed: str) -> Iterator[Problem]:
    name = typed.lower()
    reserved = next((r for r in _RESERVED if name == r or name.endswith(f".{r}")), "")
    if reserved:
        yield finding("domain_reserved", FIELD, value=typed, tld=reserved)
    elif not names.is_known_ending(name):
        yield finding("domain_unknown_ending", FIELD, value=typed, tld=name.rpartition(".")[2])
    elif names.is_public_suffix(name):
        yield finding("domain_public_suffix", FIELD, value=typed)
    elif name.endswith(tuple(f".{s}" for s in _SHARED_KEY)):
        yield finding("domain_shared_key", FIELD, value=typed)
