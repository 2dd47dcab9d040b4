"""Every way from a certificate to a root that some client knows, not only the best one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from wizard.certificate import look
from wizard.certificate.bundle import Bundle
from wizard.certificate.roots import ChainRefused, Roots, verify_path
from wizard.certificate.stores import key_of

# Real bundles have at most four ways; chains made to keep a verifier busy have thousands.
MOST = 32
_STEPS = 500
_DEPTH = 8


@dataclass(frozen=True)
class Way:
    """A verified path, leaf first and root last. `key` is the root's, as `stores.key_of` has it.

    `end`: when the first certificate of the path ends, the root's included.
    """

    certificates: tuple[x509.Certificate, ...]
    key: str
    end: datetime

    @property
    def root(self) -> x509.Certificate:
        """The certificate of the root."""
        return self.certificates[-1]


def ways(bundle: Bundle, domain: str, at: datetime, roots: Roots) -> tuple[Way, ...]:
    """All ways that hold for the domain and the moment, the one that lasts longest first.

    A root is found by name and key, so a cross-signed certificate is one where the phone has a
    root with its key. What is served counts, and roots that came with the files; the names of
    roots that nobody gave us are not known, only their hashes. Raises nothing.
    """
    found = []
    for certificates in _walk(bundle, roots):
        key = key_of(certificates[-1])
        if key is None:
            continue
        try:
            verify_path(certificates, domain, at)
            end = min(each.not_valid_after_utc for each in certificates)
        except (ChainRefused, *look.READ_ERRORS):
            continue
        found.append(Way(certificates, key, end))
        if len(found) == MOST:
            break
    return tuple(sorted(found, key=lambda way: way.end, reverse=True))


def _walk(bundle: Bundle, roots: Roots) -> Iterator[tuple[x509.Certificate, ...]]:
    """Paths whose signatures hold, the short ones first; nothing else is verified yet."""
    sent = set(bundle.chain) - {bundle.leaf}
    pool = [each for each in dict.fromkeys((*bundle.chain, *bundle.extra)) if each != bundle.leaf]
    only_by_hash = roots.phone_keys - roots.keys
    anchors = {each for each in pool if key_of(each) in only_by_hash}
    issued = _remembering(look.issued)
    if bundle.leaf in roots.extra:
        yield (bundle.leaf,)
    queue: list[tuple[x509.Certificate, ...]] = [(bundle.leaf,)]
    for _ in range(_STEPS):
        if not queue:
            return
        path = queue.pop(0)
        below = path[-1]
        for root in _issuers(below, roots):
            if root not in path:
                yield (*path, root)
        if len(path) == _DEPTH:
            continue
        for each in pool:
            if each in path or not issued(each, below):
                continue
            if each in anchors:
                yield (*path, each)
            if each in sent and not issued(each, each):
                queue.append((*path, each))


def _issuers(below: x509.Certificate, roots: Roots) -> tuple[x509.Certificate, ...]:
    try:
        return roots.issuers_of(below)
    except look.READ_ERRORS:
        return ()


def _remembering(
    ask: Callable[[x509.Certificate, x509.Certificate], bool],
) -> Callable[[x509.Certificate, x509.Certificate], bool]:
    answers: dict[tuple[x509.Certificate, x509.Certificate], bool] = {}

    def asked(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
        pair = (issuer, certificate)
        if pair not in answers:
            answers[pair] = ask(*pair)
        return answers[pair]

    return asked
