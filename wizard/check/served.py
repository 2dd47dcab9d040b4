"""A TLS connection as a phone makes it, and the certificates as the server sends them.

Nothing is verified here: what the server really sends has to be seen even when it is wrong, and
the laptop's own store and cached intermediates must have no part in the verdict.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable
from typing import Protocol, cast

from wizard.check.base import Look, Notes
from wizard.check.model import Surroundings, Target
from wizard.check.reach import Unreached, connect

# What Chrome and Android's WebView offer below TLS 1.3. Python's own choice leaves out CBC with
# SHA-1, which is all that CHT 4.0 to 4.2 accepts: phones would work where the check does not.
_CIPHERS = (
    "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA:"
    "AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA:AES256-SHA"
)

NAME_OF_DER = 2  # _ssl.ENCODING_DER


ONCE = 5.0  # seconds for a look outside of a check


class TlsFailed(Exception):
    """No TLS connection; `variant` is not-tls, protocol, no-answer or broken."""

    def __init__(self, variant: str, detail: str) -> None:
        super().__init__(detail)
        self.variant, self.detail = variant, detail


class _Certificate(Protocol):
    def public_bytes(self, encoding: int, /) -> bytes: ...


def open_tls(look: Look) -> ssl.SSLSocket:
    """Connect to the target's HTTPS port with SNI. Raises Unreached or TlsFailed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # see the module's docstring
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
    raw = connect(look, look.target.https_port)
    try:
        raw.settimeout(look.left())
        return context.wrap_socket(raw, server_hostname=look.target.domain)
    except Exception as error:
        raw.close()
        raise TlsFailed(_variant(error), f"{type(error).__name__}: {error}") from error


def served_now(target: Target, around: Surroundings) -> tuple[bytes, ...]:
    """Return what the target serves now, leaf first, as DER; () when nothing answers."""
    look = Look(target, around, Notes(), time.monotonic() + ONCE)
    try:
        with open_tls(look) as connection:
            return served_chain(connection)
    except (Unreached, TlsFailed):
        return ()


def _variant(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no-answer"
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "broken"
    if isinstance(error, ssl.SSLError):
        plain = error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL")
        return "not-tls" if plain else "protocol"
    if isinstance(error, OSError):
        return "broken"
    raise error


def served_chain(connection: ssl.SSLSocket) -> tuple[bytes, ...]:
    """Return what the server sent, in its order, leaf first, as DER; () if it sent nothing.

    Python 3.13 has this as a public method; 3.10 to 3.12 have it one level deeper, where it
    gives objects instead of bytes.
    """
    public = getattr(connection, "get_unverified_chain", None)
    if public is not None:
        return tuple(cast("Callable[[], Iterable[bytes]]", public)())
    inner = getattr(connection, "_sslobj")  # noqa: B009 - typeshed does not know it
    ask = cast("Callable[[], Iterable[_Certificate] | None]", inner.get_unverified_chain)
    return tuple(each.public_bytes(NAME_OF_DER) for each in ask() or ())
