"""Old ciphers that some builds of OpenSSL no longer open (the "legacy provider")."""

import functools

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers.algorithms import RC2
from cryptography.hazmat.primitives.ciphers import Cipher, modes

# Password schemes with RC2, RC4 or DES, as the bytes of their object identifiers
# (RFC 7292 appendix C, RFC 8018 appendix A.3).
_OLD = (
    *(b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01" + bytes([last]) for last in (1, 2, 5, 6)),
    *(b"\x2a\x86\x48\x86\xf7\x0d\x01\x05" + bytes([last]) for last in (1, 3, 4, 6, 10, 11)),
)


def closed(der: bytes) -> bool:
    """Whether the file is locked with a cipher that cannot be opened here, whatever the password.

    The library says "invalid password" then, which would send people looking for another one.
    """
    return not available() and any(each in der for each in _OLD)


@functools.cache
def available() -> bool:
    """Whether this build opens old ciphers."""
    try:
        Cipher(RC2(bytes(16)), modes.CBC(bytes(8))).encryptor()
    except UnsupportedAlgorithm:
        return False
    return True
