"""Looks into a zip file without unpacking it to the disk, and knows other archives by sight."""

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from wizard.certificate.files import LIMIT, MOST
from wizard.certificate.problems import CertificateError

TOTAL = 16 * 1024 * 1024  # bytes, unpacked; the largest archive of an authority has 200 kB
_BEGIN = (b"PK\x03\x04", b"PK\x05\x06")  # with entries, without any (APPNOTE.TXT 4.3)
_END = b"PK\x05\x06"
_OTHER = (b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"BZh", b"\xfd7zXZ\0")
# What zipfile raises besides: for damaged data, nonsense in a header (an entry without a name, a
# size that is none), a way of packing that it does not know.
_NONSENSE = (
    EOFError, LookupError, OSError, OverflowError, RuntimeError, ValueError,
    lzma.LZMAError, struct.error, zlib.error,
)  # fmt: skip
_ENCRYPTED = 0x1  # general purpose bit 0 (APPNOTE.TXT 4.4.4)


def is_zip(raw: bytes) -> bool:
    """Whether these are the bytes of a zip file, by content."""
    return raw.startswith(_BEGIN)


def is_other_archive(raw: bytes) -> bool:
    """Whether this is an archive that is not opened: gzip, bzip2, xz, tar, 7z, rar."""
    return raw.startswith(_OTHER) or raw[257:262] == b"ustar"


def members(raw: bytes, file: str) -> Iterator[tuple[str, bytes]]:
    """Yield (name without folders, bytes) of what is inside; too large members are passed over.

    Never more than `TOTAL` bytes are unpacked, whatever the entries claim. A link is yielded as
    the text of its target. Raises CertificateError: zip-locked, zip-too-large, cut-off, damaged.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            yield from _each(archive, file)
    except zipfile.BadZipFile as error:
        code = "damaged" if _END in raw else "cut-off"
        raise CertificateError(code, file=file) from error
    except _NONSENSE as error:
        raise CertificateError("damaged", file=file) from error


def _each(archive: zipfile.ZipFile, file: str) -> Iterator[tuple[str, bytes]]:
    entries = [each for each in archive.infolist() if not each.is_dir()]
    if len(entries) > MOST:
        raise CertificateError("zip-too-large", file=file)
    left = TOTAL
    for entry in entries:
        name = PurePosixPath(entry.filename.replace("\\", "/"))
        if _hidden(name):
            continue
        if entry.flag_bits & _ENCRYPTED:
            raise CertificateError("zip-locked", file=file)
        with archive.open(entry) as stream:
            inside = stream.read(LIMIT + 1)
        left -= len(inside)
        if left < 0:
            raise CertificateError("zip-too-large", file=file)
        if len(inside) <= LIMIT:
            yield name.name, inside


def _hidden(name: PurePosixPath) -> bool:
    """What macOS adds (__MACOSX), and what begins with a dot."""
    return any(part.startswith((".", "__MACOSX")) for part in name.parts)
