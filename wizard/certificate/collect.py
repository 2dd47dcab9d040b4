"""What lies behind the paths somebody chose: files, folders and zip files, by content."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from wizard.certificate import archive, files
from wizard.certificate.contents import Contents, harvest
from wizard.certificate.problems import CertificateError

DEEPEST = 5  # folders below the one that was chosen: all of certbot's, or an authority's zip


def gather(paths: Iterable[str | os.PathLike[str]], passphrase: str | None) -> list[Contents]:
    """Return what each file holds, folders and zip files opened.

    Raises CertificateError for a chosen file that is of no use. What is of no use in a folder or
    a zip file is left out; its error is kept in `Contents.error`, because it may explain later
    why something is missing.
    """
    found: list[Contents] = []
    for path in paths:
        name = Path(path).name or str(path)
        if os.path.isdir(path):
            found += _of_folder(Path(path), name, passphrase)
            continue
        raw = files.contents(path)
        if archive.is_zip(raw):
            found += _of_zip(raw, name, passphrase)
        else:
            found.append(harvest(raw, name, passphrase))
    return found


def _of_zip(raw: bytes, name: str, passphrase: str | None) -> list[Contents]:
    found = [_member(inside, each, passphrase) for each, inside in archive.members(raw, name)]
    return _useful(found, name)


def _of_folder(folder: Path, name: str, passphrase: str | None) -> list[Contents]:
    found: list[Contents] = []
    for path in _below(folder, name):
        try:
            raw = files.contents(path)
        except CertificateError as error:
            if error.code not in ("file-too-large", "file-empty"):
                found.append(Contents(path.name, inside=True, error=error))
            continue
        if archive.is_zip(raw):
            found += _of_zip(raw, path.name, passphrase)
        else:
            found.append(_member(raw, path.name, passphrase))
    return _useful(found, name)


def _below(folder: Path, name: str) -> Iterator[Path]:
    """Yield the files of a folder, in order, without hidden ones; links to folders not followed.

    Raises CertificateError: folder-too-large, file-no-permission.
    """

    def refuse(error: OSError) -> None:
        if error.filename == str(folder):
            raise CertificateError("file-no-permission", file=name) from error

    count = 0
    for place, folders, names in os.walk(folder, onerror=refuse):
        depth = len(Path(place).relative_to(folder).parts)
        folders[:] = sorted(each for each in folders if each[0] != "." and depth < DEEPEST)
        count += len(names) + len(folders)
        if count > files.MOST:
            raise CertificateError("folder-too-large", file=name)
        yield from (Path(place, each) for each in sorted(names) if each[0] != ".")


def _member(raw: bytes, name: str, passphrase: str | None) -> Contents:
    if archive.is_zip(raw):
        # Not opened: archives in archives are how zip bombs are made.
        return Contents(name, inside=True, oddities=["zip-inside"])
    if not raw.strip(b"\0 \t\r\n"):
        return Contents(name, inside=True)
    try:
        found = harvest(raw, name, passphrase)
    except CertificateError as error:
        return Contents(name, inside=True, error=error)
    found.inside = True
    return found


def _useful(found: list[Contents], name: str) -> list[Contents]:
    """Return what may be of use or explains something; raises when there is nothing at all."""
    told = [each for each in found if each.error or set(each.oddities) - {"not-certificate"}]
    if not told and not any(each.certificates or each.keys for each in found):
        raise CertificateError("nothing-inside", file=name)
    return found
