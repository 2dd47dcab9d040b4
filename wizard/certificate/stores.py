"""Which roots the phones of each Android version know, and until when a root is trusted at all."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256

from cryptography import x509

from wizard.certificate import look
from wizard.resource import resource

Stores = Mapping[str, frozenset[str]]
"""Android version ("7.1") -> the keys, as `key_of` makes them, of the roots it knows."""

UPDATED = "14"
"""From this version on the list of roots is renewed by Google Play, where there is Internet."""

VERSIONS = ("5.0", "6.0", "7.0", "7.1", "8", "9", "10", "11", "12", "13", UPDATED)


@cache
def android() -> Stores:
    """The lists of all `VERSIONS`, from resources/android_roots.json.

    A phone keeps the list that it was made with up to Android 13. "14" is the list of 13 and ISRG
    Root X2: what any phone with 14 has, were it never online.
    """
    table = json.loads(resource("android_roots.json").read_text("utf-8"))
    return {
        version: frozenset(key for key, known in table["roots"].items() if known[column] == "1")
        for column, version in enumerate(table["versions"])
    }


def key_of(certificate: x509.Certificate) -> str | None:
    """Name and public key as one hash; it stays the same when a root is issued anew.

    None when the certificate cannot be read.
    """
    key = look.public_bytes(certificate)
    if key is None:
        return None
    return look.or_else(lambda: sha256(certificate.subject.public_bytes() + key).hexdigest(), None)


_TRUST_ENDS = {
    # ISRG Root X1: letsencrypt.org/certificates. Browsers drop a root 15 years after its key was
    # made, whatever its certificate says (Mozilla Root Store Policy 7.4).
    "da43f86604eb9619893c744d6afbc37a7a57a0fba3841e8d95488f5c798b150a": datetime(
        2030, 6, 4, tzinfo=UTC
    ),
}


def trust_end(key: str) -> datetime | None:
    """When up-to-date clients stop to trust a root before its own end, if that is known."""
    return _TRUST_ENDS.get(key)
