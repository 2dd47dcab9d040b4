"""Renews resources/android_roots.json, the table of which Android version knows which root.

    git clone https://android.googlesource.com/platform/system/ca-certificates
    python packaging/android_roots.py ca-certificates 5.0=android-5.0.0_r1 ... 13=android-13.0.0_r1

One VERSION=REF for each version, oldest first; a REF is a tag, branch or commit of that clone.
Read are the PEM files in its folder `files`. Only hashes are kept: the certificates carry licences
of their own. The last column, "14", is the list of 13 and what LATER names.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import warnings
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.utils import CryptographyDeprecationWarning

TARGET = Path(__file__).resolve().parents[1] / "resources" / "android_roots.json"
SOURCE = "https://android.googlesource.com/platform/system/ca-certificates"
KEY = "sha256(DER of the subject, followed by DER of the SubjectPublicKeyInfo)"
LATER = {
    # ISRG Root X2, which Android has since 14: letsencrypt.org/docs/certificate-compatibility
    "04fe9a559a78d55729b7e5d79b173eab49a194df035d011f6fb6d194638a28ed",
}


def key_of(certificate: x509.Certificate) -> str:
    """Name and key together, which stay the same when a root is issued anew."""
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(certificate.subject.public_bytes() + key).hexdigest()


def roots_at(clone: Path, ref: str) -> set[str]:
    """Return the keys of all roots that the clone has at a ref."""
    listed = _git(clone, "ls-tree", "--name-only", f"{ref}:files").decode().split()
    found = set()
    for name in listed:
        pem = _git(clone, "show", f"{ref}:files/{name}")
        start = pem.index(b"-----BEGIN CERTIFICATE-----")
        found.add(key_of(x509.load_pem_x509_certificate(pem[start:])))
    return found


def table(sets: Mapping[str, set[str]], source: str, read: str) -> str:
    """Return the file: for each root one digit per version, 1 where that version has it."""
    versions = [*sets, "14"]
    last = sets[list(sets)[-1]] | LATER
    columns = [*sets.values(), last]
    roots = {
        key: "".join("1" if key in each else "0" for each in columns)
        for key in sorted(set().union(*columns))
    }
    head = {"source": source, "read": read, "key": KEY, "versions": versions, "roots": roots}
    return json.dumps(head, indent=1) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write the table from a clone and the refs given."""
    if len(arguments) < 2 or not all("=" in each for each in arguments[1:]):
        print(__doc__, file=sys.stderr)
        return 2
    clone = Path(arguments[0])
    refs = dict(each.split("=", 1) for each in arguments[1:])
    with warnings.catch_warnings():
        # Old roots have serial numbers and names that are no longer allowed.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        sets = {version: roots_at(clone, ref) for version, ref in refs.items()}
    said = ", ".join(f"{version}: {ref}" for version, ref in refs.items())
    TARGET.write_text(table(sets, f"{SOURCE} ({said})", f"{date.today():%Y-%m-%d}"), "utf-8")
    print(", ".join(f"{version}: {len(found)}" for version, found in sets.items()))
    return 0


def _git(clone: Path, *arguments: str) -> bytes:
    return subprocess.run(
        ["git", "-C", str(clone), *arguments], check=True, capture_output=True
    ).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
