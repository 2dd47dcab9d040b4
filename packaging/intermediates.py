"""Renews `resources/intermediates/intermediates.pem`, the certificates that chains often lack.

`make intermediates` fetches Mozilla's list of all intermediates under the roots that it trusts for
websites (CCADB, "MozillaIntermediateCertsCSVReport": unexpired and not revoked, with PEM).
`python packaging/intermediates.py FILE...` takes CSV or PEM files that were got otherwise and adds
them to what is there. Either way a certificate is kept only if it is an authority for servers, not
expired, and leads over valid signatures to a root of certifi.
"""

from __future__ import annotations

import csv
import io
import re
import sys
import urllib.request
import warnings
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

OURS = Path(__file__).resolve().parents[1] / "resources" / "intermediates" / "intermediates.pem"
CCADB = "https://ccadb.my.salesforce-sites.com/mozilla/MozillaIntermediateCertsCSVReport"
LIMIT = 64 * 1024 * 1024  # bytes; the list has some 5 MB
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")
_ANY = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)


def certificates(text: str) -> Iterator[x509.Certificate]:
    """Yield the certificates of a PEM file, or of a CSV file of the CCADB with its PEM column."""
    csv.field_size_limit(1024 * 1024)
    found: Iterable[str] = _PEM.findall(text)
    if not text.lstrip().startswith(("-----BEGIN", "#")):
        rows = csv.reader(io.StringIO(text))
        found = (pem for row in rows for cell in row for pem in _PEM.findall(cell))
    for pem in found:
        try:
            yield x509.load_pem_x509_certificate(pem.encode())
        except ValueError:
            print("passed over: one that cannot be read", file=sys.stderr)


def kept(offered: Iterable[x509.Certificate], at: datetime) -> list[x509.Certificate]:
    """Return those that lead to a root of certifi, by subject; says why others do not stay."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an old root has the serial number 0
        roots = x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes())
    above: dict[x509.Name, list[x509.Certificate]] = {}
    for root in roots:
        above.setdefault(root.subject, []).append(root)
    waiting = {each.fingerprint(SHA256()): each for each in offered if _fit(each, at)}
    found: list[x509.Certificate] = []
    while led := [each for each in waiting.values() if _signed(each, above)]:
        for each in led:
            del waiting[each.fingerprint(SHA256())]
            above.setdefault(each.subject, []).append(each)
            found.append(each)
    for each in waiting.values():
        print(f"passed over: no way to a root: {each.subject.rfc4514_string()}", file=sys.stderr)
    return sorted(found, key=lambda each: (each.subject.rfc4514_string(), each.serial_number))


def _fit(certificate: x509.Certificate, at: datetime) -> bool:
    try:
        extensions = certificate.extensions
        if not extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        if not certificate.not_valid_before_utc <= at < certificate.not_valid_after_utc:
            return False
        if certificate.subject == certificate.issuer:
            return False
        usage = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound as missing:
        return missing.oid == x509.ExtendedKeyUsage.oid
    except ValueError:
        return False
    return any(each in usage for each in _ANY)


def _signed(certificate: x509.Certificate, above: dict[x509.Name, list[x509.Certificate]]) -> bool:
    for issuer in above.get(certificate.issuer, []):
        try:
            certificate.verify_directly_issued_by(issuer)
        except Exception:  # noqa: S112 # whatever speaks against it, another issuer may do
            continue
        return True
    return False


def written(found: Iterable[x509.Certificate], at: datetime, origin: str) -> str:
    """Return the file: where the certificates come from, then each with its names and dates."""
    lines = [
        "# Certificates between sites and the roots that phones know, published by their owners.",
        "# Each leads to a root of Mozilla's list (certifi) over signatures that were verified.",
        f"# From: {origin}",
        f"# Checked on {at:%Y-%m-%d}. Renewed with `make intermediates`.",
    ]
    for each in found:
        mark = each.fingerprint(SHA256()).hex()
        lines += [
            "",
            f"# {each.subject.rfc4514_string()}",
            f"# issued by {each.issuer.rfc4514_string()}",
            f"# until {each.not_valid_after_utc:%Y-%m-%d}, sha256 {mark}",
            each.public_bytes(Encoding.PEM).decode().rstrip(),
        ]
    return "\n".join(lines) + "\n"


def main(paths: list[str]) -> int:
    """Renew the file; with paths, add to it."""
    at = datetime.now(UTC)
    if paths:
        origin = "authorities' own publications; see README.md beside this file"
        texts = [Path(path).read_text("utf-8") for path in paths]
        texts += [OURS.read_text("utf-8")] if OURS.exists() else []
    else:
        origin = CCADB
        with urllib.request.urlopen(CCADB, timeout=60) as answer:
            texts = [answer.read(LIMIT).decode("utf-8")]
    found = kept((each for text in texts for each in certificates(text)), at)
    if not found:
        print("nothing was found; the file stays as it is", file=sys.stderr)
        return 1
    OURS.parent.mkdir(parents=True, exist_ok=True)
    OURS.write_text(written(found, at, origin), "utf-8", newline="\n")
    print(f"{len(found)} certificates in {OURS}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
