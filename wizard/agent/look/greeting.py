"""The certificate that a TLS server shows before any secret is agreed on.

Up to TLS 1.2 it comes in the clear, right after the server's hello (RFC 5246 section 7.4.2), so
that nothing has to be computed and OpenSSL need not be loaded: on a slow server this takes a tenth
of the time of a whole handshake. A server that talks TLS 1.3 only answers nothing of use.
"""

from __future__ import annotations

import os
import socket
import struct
import time

LONGEST = 1 << 17  # bytes of the server's part; a chain has some 5 kB
# ECDHE with ECDSA and RSA, then plain RSA for old servers: whatever certificate there is.
CIPHERS = (
    0xC02B, 0xC02C, 0xCCA9, 0xC009, 0xC00A, 0xC02F, 0xC030, 0xCCA8, 0xC013, 0xC014,
    0x009E, 0x009F, 0x009C, 0x009D, 0x002F, 0x0035, 0x00FF,
)  # fmt: skip
GROUPS = (0x001D, 0x0017, 0x0018, 0x0019)  # x25519, secp256r1, secp384r1, secp521r1
SIGNATURES = (
    0x0403,
    0x0503,
    0x0603,
    0x0804,
    0x0805,
    0x0806,
    0x0401,
    0x0501,
    0x0601,
    0x0203,
    0x0201,
)
SERVER_NAME, SUPPORTED_GROUPS, POINT_FORMATS, SIGNATURE_ALGORITHMS = 0, 10, 11, 13
HANDSHAKE_RECORD, CLIENT_HELLO, CERTIFICATE = 22, 1, 11


def certificate(address: "tuple[str, int]", name: str, seconds: float) -> bytes:
    """Return the first certificate (DER) shown to somebody who asks for `name`, or b"".

    Raises OSError when nobody answers.
    """
    deadline = time.monotonic() + seconds
    with socket.socket() as connection:
        connection.settimeout(seconds)
        connection.connect(address)
        connection.sendall(hello(name))
        data = b""
        messages = b""
        while len(data) + len(messages) <= LONGEST:
            while len(data) >= 5 and len(data) >= 5 + _number(data[3:5]):
                end = 5 + _number(data[3:5])
                if data[0] != HANDSHAKE_RECORD:  # an alert: no
                    return b""
                messages, data = messages + data[5:end], data[end:]
            while len(messages) >= 4 and len(messages) >= 4 + _number(messages[1:4]):
                end = 4 + _number(messages[1:4])
                if messages[0] == CERTIFICATE:
                    first = _number(messages[7:10])
                    return messages[10 : 10 + first] if 10 + first <= end else b""
                messages = messages[end:]
            left = deadline - time.monotonic()
            if left <= 0:
                raise socket.timeout()
            connection.settimeout(left)
            more = connection.recv(1 << 14)
            if not more:
                return b""
            data += more
    return b""


def hello(name: str) -> bytes:
    """Return a ClientHello of TLS 1.2 (RFC 5246 section 7.4.1.2) in a record of its own."""
    extensions = _extension(SUPPORTED_GROUPS, _sized(2, _words(GROUPS)))
    extensions += _extension(POINT_FORMATS, b"\x01\x00")
    extensions += _extension(SIGNATURE_ALGORITHMS, _sized(2, _words(SIGNATURES)))
    if name:  # RFC 6066 section 3
        extensions += _extension(SERVER_NAME, _sized(2, b"\0" + _sized(2, name.encode("ascii"))))
    body = b"\x03\x03" + os.urandom(32) + b"\0" + _sized(2, _words(CIPHERS)) + b"\x01\0"
    body += _sized(2, extensions)
    message = bytes([CLIENT_HELLO]) + _sized(3, body)
    return bytes([HANDSHAKE_RECORD]) + b"\x03\x01" + _sized(2, message)


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _words(numbers: "tuple[int, ...]") -> bytes:
    return struct.pack(">%dH" % len(numbers), *numbers)


def _sized(width: int, data: bytes) -> bytes:
    return len(data).to_bytes(width, "big") + data


def _extension(kind: int, data: bytes) -> bytes:
    return _words((kind,)) + _sized(2, data)
