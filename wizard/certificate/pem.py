"""A tolerant PEM reader: finds the blocks in text that nginx and OpenSSL would refuse."""

import base64
import re
from dataclasses import dataclass

# Word processors turn "--" into one of these.
_DASHES = "\\-\u2010-\u2015\u2212"
# A mark is known by its words, with a dash on either side. So "-----END X----------BEGIN X-----"
# on one line, a lost or doubled dash and "---- BEGIN SSH2 ..." need no rule of their own.
_MARK = re.compile(
    rf"(?<=[{_DASHES}])[ \t]*(BEGIN|END) "
    # Only what ends like a label of RFC 7468: people write "--- BEGIN CHAIN ---" as a remark.
    r"((?:[A-Z0-9]{1,12} ){0,4}(?:CERTIFICATE|REQUEST|KEY|PKCS7|PKCS12|CMS|PARAMETERS|CRL))"
    rf"[ \t]*(?=[{_DASHES}])"
)
_HEADER = re.compile(r"^([A-Za-z][A-Za-z0-9-]*):[ \t]*(.*)$")
# Quoted mail, a byte order mark between glued files, zero-width spaces of web pages.
_NOISE = dict.fromkeys(map(ord, ">\ufeff\u200b\u200c\u200d\u2060\0"))


class CutOff(ValueError):
    """A block has a beginning without its end, or an end without its beginning."""


class Damaged(ValueError):
    """The text between the marks is not base64."""


@dataclass(frozen=True)
class Block:
    """One PEM block; `headers` are the RFC 1421 lines of old encrypted keys."""

    label: str
    der: bytes
    headers: tuple[tuple[str, str], ...] = ()

    def pem(self) -> bytes:
        """The block written the strict way (RFC 7468, with the headers of RFC 1421)."""
        lines = [f"-----BEGIN {self.label}-----"]
        if self.headers:
            lines += [f"{name}: {value}" for name, value in self.headers] + [""]
        body = base64.b64encode(self.der).decode()
        lines += [body[i : i + 64] for i in range(0, len(body), 64)]
        lines += [f"-----END {self.label}-----", ""]
        return "\n".join(lines).encode()


def text_of(raw: bytes) -> str:
    """Decode a text file of unknown origin; never fails.

    PowerShell's `>` writes UTF-16, Notepad a byte order mark, Word's dashes are cp1252.
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    half = len(raw) // 2
    if half and raw[1::2].count(0) > half * 0.9:
        return raw.decode("utf-16-le", "replace")
    if half and raw[0::2].count(0) > half * 0.9:
        return raw.decode("utf-16-be", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def blocks(text: str) -> list[Block]:
    """All PEM blocks in the order of the text; raises `CutOff` or `Damaged`."""
    found = []
    begun: re.Match[str] | None = None
    for mark in _MARK.finditer(text):
        if mark[1] == "BEGIN":
            if begun is not None:
                raise CutOff(begun[2])
            begun = mark
        elif begun is None or begun[2] != mark[2]:
            raise CutOff(mark[2])
        else:
            found.append(_block(mark[2], text[begun.end() : mark.start()]))
            begun = None
    if begun is not None:
        raise CutOff(begun[2])
    return found


def _block(label: str, inner: str) -> Block:
    headers = []
    body = []
    for line in (
        inner.translate(_NOISE).strip("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212").split("\n")
    ):
        if header := _HEADER.match(line.strip()):
            headers.append((header[1], header[2].strip()))
        else:
            body.append("".join(line.split()))
    joined = "".join(body)
    # Some tools, and some careless copying, drop the padding.
    joined = joined.rstrip("=")
    try:
        der = base64.b64decode(joined + "=" * (-len(joined) % 4), validate=True)
    except ValueError as error:  # binascii.Error, or a letter beyond ASCII
        raise Damaged(label) from error
    return Block(label, der, tuple(headers))
