"""The program's own set of intermediates, and what is missing in a chain added from it."""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography import x509

from wizard.certificate import look
from wizard.resource import resource

STEPS = 4  # the longest chain of a public authority has three intermediates


@dataclass(frozen=True)
class Filled:
    """A certificate that was added to a chain; `source` is the host it was fetched from.

    "" means this program's own set (resources/intermediates).
    """

    certificate: x509.Certificate
    source: str = ""


def missing(
    leaf: x509.Certificate,
    chain: Sequence[x509.Certificate],
    pool: Iterable[x509.Certificate] | None = None,
) -> tuple[x509.Certificate, ...]:
    """Return what the set (or another pool) has above the ends of this chain, nearest first.

    Also above a root that a laptop knows: old phones may know only the one that cross-signed it.
    A self-signed leaf has nothing above it.
    """
    if look.self_signed(leaf):
        return ()
    known = _by_subject(ours() if pool is None else tuple(pool))
    whole = [leaf, *chain]
    found: list[x509.Certificate] = []
    for _ in range(STEPS):
        above = [
            each
            for end in whole
            if not any(look.issued(other, end) for other in whole)
            for each in _signers(end, known)
            if each not in whole
        ]
        if not above:
            break
        added = list(dict.fromkeys(above))
        found += added
        whole += added
    return tuple(found)


@functools.cache
def ours() -> tuple[x509.Certificate, ...]:
    """The set that comes with the program; empty where the file is lost."""
    try:
        raw = resource("intermediates", "intermediates.pem").read_bytes()
        return tuple(x509.load_pem_x509_certificates(raw))
    except (OSError, ValueError):
        return ()


Known = dict[x509.Name, list[x509.Certificate]]


@functools.lru_cache(maxsize=4)
def _by_subject(pool: tuple[x509.Certificate, ...]) -> Known:
    known: Known = {}
    for each in pool:
        known.setdefault(each.subject, []).append(each)
    return known


def _signers(end: x509.Certificate, known: Known) -> list[x509.Certificate]:
    nothing: list[x509.Certificate] = []
    candidates = look.or_else(lambda: known.get(end.issuer, nothing), nothing)
    return [each for each in candidates if look.issued(each, end)]
