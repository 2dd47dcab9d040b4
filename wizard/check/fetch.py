"""One HTTP GET over a connection of our own, bounded in bytes and time."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from wizard.check.base import Look
from wizard.check.reach import connect
from wizard.check.served import open_tls

MOST = 1 << 20  # bytes; /api/v2/monitoring is some kilobytes
_CHUNK = 1 << 16


class FetchFailed(Exception):
    """No whole answer; `variant` is broken, slow or too-large."""

    def __init__(self, variant: str, detail: str) -> None:
        super().__init__(detail)
        self.variant, self.detail = variant, detail


@dataclass(frozen=True)
class Answer:
    """What came back; header names in lower case; `at` is the laptop's clock then."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    at: float

    def date(self) -> float | None:
        """Return the Date header in seconds since 1970, if there is a readable one."""
        try:
            return parsedate_to_datetime(self.headers.get("date", "")).timestamp()
        except (ValueError, TypeError, OverflowError):
            return None


def fetch(look: Look, path: str, *, secure: bool = True) -> Answer:
    """GET a path from the target by its address, with its domain as SNI and Host.

    `Accept: application/json`, because CHT's start-up page is a 200 in HTML otherwise. Redirects
    are not followed. Raises Unreached, TlsFailed or FetchFailed.
    """
    target = look.target
    connection = open_tls(look) if secure else connect(look, target.http_port)
    client = http.client.HTTPConnection(target.domain)
    client.auto_open = 0
    client.sock = connection
    host = (
        target.host if secure or target.http_port == 80 else (f"{target.domain}:{target.http_port}")
    )
    try:
        connection.settimeout(look.left())
        client.request(
            "GET", path, headers={"Host": host, "Accept": "application/json", "Connection": "close"}
        )
        response = client.getresponse()
        at = look.now()
        body = _body(look, connection, response)
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, body, at)
    except TimeoutError as error:
        raise FetchFailed("slow", f"{path}: {error}") from error
    except (http.client.HTTPException, OSError) as error:
        raise FetchFailed("broken", f"{path}: {type(error).__name__}: {error}") from error
    finally:
        client.close()
        connection.close()


def _body(look: Look, connection: socket.socket, response: http.client.HTTPResponse) -> bytes:
    body = b""
    while chunk := response.read1(_CHUNK):
        body += chunk
        if len(body) > MOST:
            raise FetchFailed("broken", f"more than {MOST} bytes")
        # A server that sends a byte now and then never runs into the socket's own timeout.
        if time.monotonic() >= look.deadline:
            raise TimeoutError("the answer does not end")
        if connection.fileno() >= 0:
            connection.settimeout(look.left())
    if response.length:  # `read1` does not mind, unlike `read`
        raise FetchFailed("broken", f"{response.length} bytes are missing")
    return body
