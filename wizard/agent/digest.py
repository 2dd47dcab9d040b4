"""SHA-256 from Python's own C code.

`hashlib` would load OpenSSL for it, which takes a slow server longer than all the hashing. These
modules are what hashlib itself falls back to; where they have another name, hashlib is used.
"""

from __future__ import annotations

from typing import Any


def _maker() -> Any:
    for name in ("_sha2", "_sha256"):  # Python 3.12 and later, before
        try:
            return __import__(name).sha256
        except ImportError:
            continue
    import hashlib

    return hashlib.sha256


_new = _maker()


def sha256(data: bytes) -> str:
    """Return the SHA-256 in hexadecimal."""
    return str(_new(data).hexdigest())
