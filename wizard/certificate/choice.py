"""Which files are meant: what was dropped now, alone or together with what was there before."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from wizard.certificate import look
from wizard.certificate.bundle import Bundle, read
from wizard.certificate.collect import gather
from wizard.certificate.contents import Contents
from wizard.certificate.problems import CertificateError

Files = tuple[Path, ...]


def choose(
    added: Sequence[Path],
    present: Sequence[Path] = (),
    passphrase: str | None = None,
    *,
    domain: str = "",
) -> tuple[Files, Bundle]:
    """Return the files that make a certificate with its key, and that certificate.

    A certificate and its key may come one after the other; a new pair takes the place of an old
    one. So what was added counts alone where it is complete, else together with the file or the
    files of `present` that complete it. A folder or a zip file counts as one file. Raises
    CertificateError: what is wrong with what was added.
    """
    new = tuple(dict.fromkeys(added))
    old = tuple(each for each in present if each not in new)
    error: CertificateError | None = None
    leaf: Bundle | None = None
    try:
        leaf = read(new, passphrase, domain=domain)
    except CertificateError as caught:
        error = caught
    if leaf is not None and leaf.key is not None:
        return new, leaf
    if old and (error is None or error.code in ("no-certificate", "key-mismatch")):
        brought = gather(new, passphrase)
        for more in (old, *((each,) for each in reversed(old))):
            both = (*more, *new)
            made = _complete(both, passphrase, domain)
            if made is not None and _of(made, brought):
                return both, made
    if error is not None:
        raise error
    assert leaf is not None
    return new, leaf


def _of(whole: Bundle, brought: Sequence[Contents]) -> bool:
    """Whether what was brought has a part in the whole: its certificate, its key, or its chain.

    An old pair must not hide that the new one is incomplete.
    """
    certificates = [each for file in brought for each in file.certificates]
    if not certificates:
        keys = [look.public_bytes(key) for file in brought for key in file.keys]
        return look.public_bytes(whole.leaf) in keys
    return whole.leaf in certificates or all(
        each in (*whole.chain, *whole.extra) and look.or_else(partial(look.is_ca, each), False)
        for each in certificates
    )


def _complete(paths: Files, passphrase: str | None, domain: str) -> Bundle | None:
    try:
        bundle = read(paths, passphrase, domain=domain)
    except CertificateError:
        return None
    return bundle if bundle.key is not None else None
