"""From any files to one bundle: the site's certificate, its chain in order, and its key."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from wizard.certificate import look
from wizard.certificate.collect import gather
from wizard.certificate.contents import Contents
from wizard.certificate.domains import covers
from wizard.certificate.intermediates import Filled, missing
from wizard.certificate.problems import CertificateError

# The user gave this as the key, so it explains why the key is missing.
_NO_KEY_ODDITIES = {"ssh-key", "putty-key", "java-key-store", "zip-inside", "link-broken"}


@dataclass(frozen=True, eq=False)
class Bundle:
    """A certificate as the server needs it. Two bundles are equal when they would serve the same.

    `chain`: intermediates, the issuer of the leaf first; never the self-signed root, always the
    cross-signed ones, which phones need though they bear the name of a root.
    `extra`: what was in the files and is not served: roots, duplicates, foreign certificates.
    """

    leaf: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()
    key: PrivateKeyTypes | None = field(default=None, repr=False)
    extra: tuple[x509.Certificate, ...] = ()
    key_place: str = ""
    """Where the key lies on the server, as wire.InstallCertificate.source; "" when it does not."""
    reordered: bool = False
    """Whether a file had the chain in another order; nginx would have refused or misled."""
    filled: tuple[Filled, ...] = ()
    """What of the chain was in no file, and where it was taken from."""

    @property
    def sha256(self) -> str:
        """Fingerprint of the leaf in lower-case hexadecimal digits."""
        return look.sha256(self.leaf)

    @property
    def chain_sha256(self) -> tuple[str, ...]:
        """Fingerprints in the order of `chain_pem`, the leaf first."""
        return tuple(map(look.sha256, (self.leaf, *self.chain)))

    @property
    def spki_sha256(self) -> str:
        """SHA-256 of the leaf's public key (SubjectPublicKeyInfo); "" where it is unreadable."""
        public = look.public_bytes(self.leaf)
        return "" if public is None else hashlib.sha256(public).hexdigest()

    def chain_pem(self) -> str:
        """Leaf and chain as nginx wants them; written anew, because nginx is strict (RFC 7468)."""
        whole = (self.leaf, *self.chain)
        return "".join(each.public_bytes(Encoding.PEM).decode() for each in whole)

    def key_pem(self) -> str:
        """The key as unencrypted PKCS#8: nginx cannot ask for a passphrase. A secret.

        Raises CertificateError("no-key").
        """
        if self.key is None:
            raise CertificateError("no-key")
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Bundle):
            return NotImplemented
        return self._served() == other._served()

    def __hash__(self) -> int:
        return hash(self.chain_sha256)

    def _served(self) -> tuple[tuple[str, ...], str | None]:
        return self.chain_sha256, None if self.key is None else self.key_pem()


def read(
    paths: Iterable[str | os.PathLike[str]], passphrase: str | None = None, *, domain: str = ""
) -> Bundle:
    """Read certificate, chain and key from files, folders and zip files of any (known) format.

    Of several pairs the newest counts; where they are for different sites, the newest for
    `domain`. What the chain lacks is added from the program's own set. Raises CertificateError
    when there is no certificate, when the key fits none, or when a file cannot be read. A missing
    key is no error here: it may lie on the server.
    """
    found = gather(paths, passphrase)
    if not found:
        raise CertificateError("nothing-chosen")
    certificates = [each for file in found for each in file.certificates]
    if not certificates:
        raise _no_certificate(found)
    unique = list({look.sha256(each): each for each in certificates}.values())
    keys = [key for file in found for key in file.keys]
    try:
        key, leaf = _pair(keys, unique, domain)
    except CertificateError as error:
        raise _unread(found) or error from error
    if key is None and (hidden := _unread(found) or _instead_of_key(found)):
        raise hidden
    if (hidden := _unread(found)) and _superseded(leaf, unique):
        raise hidden
    chain = chain_of(leaf, unique)
    added = missing(leaf, chain)
    return Bundle(
        leaf=leaf,
        chain=(*chain, *added),
        key=key,
        extra=_left_out(certificates, (leaf, *chain)),
        reordered=any(_disordered(file, (leaf, *chain)) for file in found),
        filled=tuple(map(Filled, added)),
    )


def of_der(chain: Sequence[bytes]) -> Bundle | None:
    """What a server sent, leaf first, as a bundle without its key; None when it sent nothing."""
    try:
        leaf, *others = map(x509.load_der_x509_certificate, chain)
    except look.READ_ERRORS:
        return None
    return Bundle(leaf, tuple(others))


def of_pem(chain: str, key_place: str = "") -> Bundle | None:
    """What the server keeps, leaf first, with its key at a place there; None when unreadable."""
    try:
        leaf, *others = x509.load_pem_x509_certificates(chain.encode())
    except look.READ_ERRORS:
        return None
    return Bundle(leaf, tuple(others), key_place=key_place)


def chain_of(
    leaf: x509.Certificate, pool: Sequence[x509.Certificate]
) -> tuple[x509.Certificate, ...]:
    """The certificates of the pool that lead upwards from the leaf, nearest first.

    Where an authority has several certificates (cross-signed by others) all are kept: which one
    a phone needs depends on its age. Only self-signed ones are left out; phones have their own.
    """
    if look.self_signed(leaf):
        return ()
    rest = [each for each in pool if each != leaf and not look.self_signed(each)]
    chain: list[x509.Certificate] = []
    queue = [leaf]
    while queue:
        below = queue.pop(0)
        above = [each for each in rest if look.issued(each, below)]
        rest = [each for each in rest if each not in above]
        chain += above
        queue += above
    return tuple(chain)


def _no_certificate(found: Sequence[Contents]) -> CertificateError:
    if error := _unread(found):
        return error
    for file in found:
        for code in file.oddities:
            if code != "not-certificate":
                return CertificateError(code, file=file.file)
    if any(file.keys for file in found):
        return CertificateError("no-certificate")
    return CertificateError("not-certificate", file=found[0].file)


def _unread(found: Sequence[Contents]) -> CertificateError | None:
    """Why a part of a folder could not be read; a password that is missing explains the most."""
    errors = [file.error for file in found if file.error is not None]
    errors.sort(key=lambda each: not each.code.startswith("passphrase"))
    return errors[0] if errors else None


def _superseded(leaf: x509.Certificate, certificates: Sequence[x509.Certificate]) -> bool:
    """Whether a newer certificate for the same site is there, whose key then is missing."""
    return _newest([leaf, *(each for each in certificates if _names(each) & _names(leaf))]) != leaf


def _instead_of_key(found: Sequence[Contents]) -> CertificateError | None:
    for file in found:
        for code in file.oddities:
            if code in _NO_KEY_ODDITIES:
                return CertificateError(code, file=file.file)
    return None


def _pair(
    keys: Sequence[PrivateKeyTypes], certificates: Sequence[x509.Certificate], domain: str
) -> tuple[PrivateKeyTypes | None, x509.Certificate]:
    """The newest certificate that belongs to one of the keys, with that key."""
    if not keys:
        return None, _without_key(_meant(certificates, domain))
    distinct = {look.public_bytes(key): key for key in keys}
    distinct.pop(None, None)
    mine = [each for each in certificates if look.public_bytes(each) in distinct]
    if not mine:
        wanted = _without_key(_meant(certificates, domain))
        raise CertificateError("key-mismatch", names=shown_names(wanted))
    newest = {
        public: _newest([each for each in mine if look.public_bytes(each) == public])
        for public in map(look.public_bytes, mine)
    }
    leaves = _meant(list(newest.values()), domain)
    if not _one_site(leaves):
        raise CertificateError("several-keys")
    leaf = _newest(leaves)
    return distinct[look.public_bytes(leaf)], leaf


def _meant(certificates: Sequence[x509.Certificate], domain: str) -> Sequence[x509.Certificate]:
    """Those for the domain with everything that is no site's; all of them where none is for it."""
    if not any(covers(each, domain) for each in certificates):
        return certificates
    return [each for each in certificates if covers(each, domain) or not _names(each)]


def _one_site(leaves: Sequence[x509.Certificate]) -> bool:
    """Whether the certificates follow each other: each shares a name with the newest."""
    wanted = _names(_newest(leaves))
    return len(leaves) < 2 or all(wanted & _names(each) for each in leaves)


def _names(certificate: x509.Certificate) -> frozenset[str]:
    nothing: tuple[str, ...] = ()
    return frozenset(look.or_else(lambda: look.names(certificate), nothing))


def _without_key(certificates: Sequence[x509.Certificate]) -> x509.Certificate:
    sites = [each for each in certificates if not look.or_else(partial(look.is_ca, each), False)]
    if sites:
        return _newest(sites)
    # All are authorities, as with `openssl req -x509`: take one that signed none of the others.
    ends = [
        each
        for each in certificates
        if not any(look.issued(each, other) for other in certificates if other != each)
    ]
    return _newest(ends or certificates)


def _newest(certificates: Sequence[x509.Certificate]) -> x509.Certificate:
    """The one that ends last: certbot's archive keeps the older ones beside it."""
    return max(certificates, key=lambda each: look.or_else(partial(_end, each), 0.0))


def _end(certificate: x509.Certificate) -> float:
    return certificate.not_valid_after_utc.timestamp()


def shown_names(certificate: x509.Certificate) -> str:
    """The names for a sentence, shortened; the subject where there are none."""
    nothing: tuple[str, ...] = ()
    names = look.or_else(lambda: look.names(certificate), nothing)
    if not names:
        return look.or_else(lambda: look.title(certificate.subject), "?")
    more = len(names) - 5
    return ", ".join(names[:5]) + (f" (+{more})" if more > 0 else "")


def _left_out(
    certificates: Sequence[x509.Certificate], served: Sequence[x509.Certificate]
) -> tuple[x509.Certificate, ...]:
    """Everything that is not served, each occurrence beyond the first one included."""
    unused = list(served)
    extra = []
    for each in certificates:
        if each in unused:
            unused.remove(each)
        else:
            extra.append(each)
    return tuple(extra)


def _disordered(file: Contents, served: Sequence[x509.Certificate]) -> bool:
    """Whether the served certificates stand in this one file in another order.

    A root before the leaf counts; a root first in a file of its own does not.
    """
    if not file.ordered or len(file.certificates) < 2:
        return False
    places = [served.index(each) for each in file.certificates if each in served]
    root_first = 0 in places and file.certificates[0] not in served
    return places != sorted(places) or root_first
