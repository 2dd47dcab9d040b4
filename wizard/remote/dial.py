"""The TCP connection to a server: names, scopes and what stands in the way, each told apart."""

from __future__ import annotations

import errno
import ipaddress
import socket
import sys
import threading
import time
from typing import Any

from wizard.remote.words import RemoteError

_UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN}
_RESOLVE = 10.0  # seconds; a system resolver without a server to ask can take a minute


def dial(
    host: str, port: int, timeout: float, through: tuple[str, int] | None = None
) -> socket.socket:
    """Connect to a server within `timeout` seconds over all of its addresses.

    `host` is a name, an IPv4 or IPv6 address, or a link-local address with its interface
    (fe80::1%eth0; the scope is a number on Windows, RFC 4007 section 11). `through` is where it
    really answers, for the practice clinic. Raises RemoteError.
    """
    targets = resolve(*(through or (host, port)), min(timeout, _RESOLVE))
    deadline = time.monotonic() + timeout
    last: OSError | None = None
    address = host
    for index, (family, target) in enumerate(targets):
        left = deadline - time.monotonic()
        # The first of several addresses may be a dead one: leave time for the others.
        share = max(left / (len(targets) - index), 0.05)
        sock = socket.socket(family, socket.SOCK_STREAM)
        address = host if through else str(target[0])
        try:
            sock.settimeout(share)
            sock.connect(target)
        except OSError as error:
            sock.close()
            last = error
            continue
        _tune(sock)
        return sock
    raise _reason(last, address, port, timeout)


def resolve(host: str, port: int, timeout: float) -> list[tuple[socket.AddressFamily, Any]]:
    """Return (family, socket address) of a host, in the system's order of preference."""
    host = host.strip().strip("[]")
    bare, _, scope = host.partition("%")
    try:
        literal = ipaddress.ip_address(bare)
    except ValueError:
        literal = None
    if literal is not None and literal.is_link_local and literal.version == 6:
        if not scope:
            raise RemoteError("scope-missing", host=host, example=_example())
        if not _scope_exists(scope):
            raise RemoteError("scope-unknown", scope=scope, example=_example())
    answer: list[Any] = []

    def ask() -> None:
        try:
            answer.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answer.append(error)

    if literal is not None:
        ask()
    else:
        # getaddrinfo knows no time limit of its own.
        thread = threading.Thread(target=ask, name="resolve", daemon=True)
        thread.start()
        thread.join(timeout)
    if not answer:
        raise RemoteError("name-slow", host=host)
    if isinstance(answer[0], Exception):
        raise RemoteError("name-unknown", str(answer[0]), host=host)
    return [(row[0], row[4]) for row in answer[0]]


def _scope_exists(scope: str) -> bool:
    names = socket.if_nameindex()
    return any(scope in (str(index), name) for index, name in names)


def _example() -> str:
    rows = [row for row in socket.if_nameindex() if not row[1].startswith(("lo", "Loopback"))]
    index, name = rows[0] if rows else (1, "eth0")
    return str(index) if sys.platform == "win32" else name


def _tune(sock: socket.socket) -> None:
    """Small messages at once; a dead peer is noticed."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def _reason(error: OSError | None, address: str, port: int, timeout: float) -> RemoteError:
    detail = str(error or "")
    if isinstance(error, TimeoutError):
        return RemoteError("connect-timeout", detail, address=address, port=port, seconds=timeout)
    if isinstance(error, ConnectionRefusedError):
        return RemoteError("refused", detail, address=address, port=port)
    if error is not None and error.errno in _UNREACHABLE:
        return RemoteError("no-route", detail, address=address)
    return RemoteError("connect-failed", detail, address=address, port=port)
