"""Which files are meant: what was dropped now, alone or together with what was there before."""

import os
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from wizard.certificate import files, look
from wizard.certificate.bundle import Bundle, read
from wizard.certificate.contents import Contents, harvest
from wizard.certificate.problems import CertificateError

MOST = 200  # entries of a folder that are looked at

Files = tuple[Path, ...]


def choose(
    added: Sequence[Path], present: Sequence[Path] = (), passphrase: str | None = None
) -> tuple[Files, Bundle]:
    """Return the files that make a certificate with its key, and that certificate.

    A certificate and its key may come one after the other; a new pair takes the place of an old
    one. So what was added counts alone where it is complete, else together with the file or the
    files of `present` that complete it. Folders stand for what is useful in them. Raises
    CertificateError: what is wrong with what was added.
    """
    new = unfold(added)
    old = tuple(each for each in present if each not in new)
    error: CertificateError | None = None
    leaf: Bundle | None = None
    try:
        leaf = read(new, passphrase)
    except CertificateError as caught:
        error = caught
    if leaf is not None and leaf.key is not None:
        return new, leaf
    if old and (error is None or error.code in ("no-certificate", "key-mismatch")):
        brought = [harvest(files.contents(each), each.name, passphrase) for each in new]
        for more in (old, *((each,) for each in reversed(old))):
            both = (*more, *new)
            made = _complete(both, passphrase)
            if made is not None and _of(made, brought):
                return both, made
    if error is not None:
        raise error
    assert leaf is not None
    return new, leaf


def unfold(paths: Iterable[Path]) -> Files:
    """Return the files meant by paths; a folder stands for the useful files in it, by name.

    Raises CertificateError when a folder has none.
    """
    found: list[Path] = []
    for path in paths:
        for each in _inside(path) if path.is_dir() else (path,):
            if each not in found:
                found.append(each)
    return tuple(found)


def _inside(folder: Path) -> Files:
    try:
        entries = sorted(os.listdir(folder))[:MOST]
    except OSError as error:
        raise CertificateError("file-no-permission", file=folder.name) from error
    inside = tuple(folder / name for name in entries if _useful(folder / name))
    if not inside:
        raise CertificateError("not-certificate", file=folder.name)
    return inside


def _useful(path: Path) -> bool:
    if path.name.startswith(".") or path.is_dir():
        return False
    try:
        found = harvest(files.contents(path), path.name, None)
    except CertificateError as error:
        return error.code == "passphrase-needed"
    return bool(found.certificates or found.keys)


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


def _complete(paths: Files, passphrase: str | None) -> Bundle | None:
    try:
        bundle = read(paths, passphrase)
    except CertificateError:
        return None
    return bundle if bundle.key is not None else None
