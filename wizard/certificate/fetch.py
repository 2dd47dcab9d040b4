"""Fetches what a chain lacks from the addresses in its certificates, if the user agrees.

RFC 5280 4.2.2.1 (caIssuers): one certificate in DER, or several in PKCS#7; some send PEM. Nothing
that comes is believed: it must have signed the certificate that names the address.
"""

import contextlib
import http.client
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from wizard.certificate import look
from wizard.certificate.bundle import Bundle
from wizard.certificate.contents import harvest
from wizard.certificate.intermediates import Filled, missing
from wizard.certificate.problems import CertificateError
from wizard.certificate.roots import Roots

STEPS = 3  # certificates fetched at most; no public chain lacks more
REDIRECTS = 3  # for each of them
LIMIT = 128 * 1024  # bytes of an answer; the largest PKCS#7 of an authority has some 10 kB
SECONDS = 20.0  # for one certificate with its redirects, name look-up apart
_WAIT = 8.0  # seconds for a connection, and between two bytes

Dial = Callable[[str, int, float], socket.socket]
"""Opens a connection to (host, port) within seconds; raises OSError."""


def _dial(host: str, port: int, seconds: float) -> socket.socket:
    return socket.create_connection((host, port), seconds)


def source_of_missing(bundle: Bundle, roots: Roots) -> str:
    """The host from which the next missing certificate of a chain can be fetched; "" for none.

    None either where nothing is missing: the chain reaches a known root.
    """
    end = _end(bundle, roots)
    return "" if end is None else next((u.hostname or "" for u in _addresses(end)), "")


def fetch_missing(bundle: Bundle, roots: Roots, *, dial: Dial | None = None) -> Bundle:
    """Return the bundle with what its chain lacked; itself where nothing is missing.

    Only plain http addresses are followed, as authorities publish them; redirects may lead to
    others by http. Raises CertificateError: fetch-nowhere, fetch-failed, fetch-useless.
    """
    for _ in range(STEPS):
        end = _end(bundle, roots)
        if end is None:
            break
        issuer, host = _issuer(end, bundle, dial or _dial)
        chain = (*bundle.chain, issuer)
        filled = (*bundle.filled, Filled(issuer, host))
        more = missing(bundle.leaf, chain)
        bundle = replace(
            bundle,
            chain=(*chain, *more),
            extra=tuple(each for each in bundle.extra if each != issuer),
            filled=(*filled, *map(Filled, more)),
        )
    return bundle


def keep(bundle: Bundle, folder: Path) -> tuple[Path, ...]:
    """Write what was fetched for a bundle into a folder, for a later visit; return the files.

    Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = []
    for each in bundle.filled:
        if each.source:
            title = re.sub(r"[^A-Za-z0-9]+", "-", look.title(each.certificate.subject)).strip("-")
            kept.append(folder / f"{title[:40]}-{look.sha256(each.certificate)[:8]}.pem")
            kept[-1].write_bytes(each.certificate.public_bytes(Encoding.PEM))
    return tuple(kept)


def _end(bundle: Bundle, roots: Roots) -> x509.Certificate | None:
    """The certificate whose issuer is missing; None when a root is reached or none can be."""
    whole = (bundle.leaf, *bundle.chain)
    nothing: tuple[x509.Certificate, ...] = ()
    if any(look.or_else(partial(roots.issuers_of, each), nothing) for each in whole):
        return None
    return None if look.self_signed(whole[-1]) else whole[-1]


def _addresses(certificate: x509.Certificate) -> list[SplitResult]:
    nothing: tuple[str, ...] = ()
    found = []
    for each in look.or_else(lambda: look.issuer_addresses(certificate), nothing):
        address = _address(each)
        if address is not None:
            found.append(address)
    return found


def _address(text: str) -> SplitResult | None:
    """An http address with a host; None for anything else (ldap, https, nonsense)."""
    try:
        address = urlsplit(text)
        usable = address.scheme == "http" and address.hostname and text.isascii()
        _ = address.port  # raises where it is none
    except ValueError:
        return None
    # A space or a control character would end the request line early.
    return address if usable and text.isprintable() and " " not in text else None


def _issuer(end: x509.Certificate, bundle: Bundle, dial: Dial) -> tuple[x509.Certificate, str]:
    """Return the certificate that signed this one, and the host that had it."""
    error = CertificateError("fetch-nowhere")
    for address in _addresses(end):
        host = address.hostname or ""
        try:
            found = harvest(_get(address, dial), host, None).certificates
        except (OSError, http.client.HTTPException, ValueError) as failure:
            error = CertificateError("fetch-failed", detail=_reason(failure), host=host)
            continue
        except CertificateError as useless:
            error = CertificateError("fetch-useless", detail=useless.message, host=host)
            continue
        signers = [each for each in found if _leads_up(each, end)]
        if signers and signers[0] not in bundle.chain:
            return signers[0], host
        error = CertificateError("fetch-useless", host=host)
    raise error


def _leads_up(found: x509.Certificate, end: x509.Certificate) -> bool:
    """Whether it signed the certificate, and is not a root: phones take none from a server."""
    ca = look.or_else(partial(look.is_ca, found), False)
    return ca and look.issued(found, end) and not look.self_signed(found)


def _reason(failure: Exception) -> str:
    return f"{type(failure).__name__}: {failure}"


class _Connection(http.client.HTTPConnection):
    """A connection that is opened by `dial`."""

    def __init__(self, host: str, port: int, dial: Dial, seconds: float) -> None:
        super().__init__(host, port, timeout=seconds)
        self._dial, self._seconds = dial, seconds

    def connect(self) -> None:
        """Open the connection."""
        self.sock = self._dial(self.host, self.port, self._seconds)


def _get(address: SplitResult, dial: Dial) -> bytes:
    """The body of a GET; raises OSError, HTTPException, ValueError."""
    end = time.monotonic() + SECONDS
    for _ in range(REDIRECTS + 1):
        connection = _Connection(address.hostname or "", address.port or 80, dial, _WAIT)
        # A host that sends a byte now and then would never run into a time limit of a socket.
        limit = threading.Timer(max(0.0, end - time.monotonic()), _cut, [connection])
        limit.daemon = True
        limit.start()
        try:
            path = (address.path or "/") + (f"?{address.query}" if address.query else "")
            connection.request("GET", path, headers={"Accept": "*/*", "Connection": "close"})
            answer = connection.getresponse()
            if answer.status == http.client.OK:
                return _body(answer)
            where = answer.getheader("Location") if 300 <= answer.status < 400 else None
        finally:
            limit.cancel()
            connection.close()
        if where is None:
            raise ValueError(f"the answer was {answer.status} {answer.reason}")
        following = _address(urljoin(address.geturl(), where))
        if following is None:
            raise ValueError("redirected to something that is no http address")
        address = following
    raise ValueError("too many redirects")


def _cut(connection: _Connection) -> None:
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _body(answer: http.client.HTTPResponse) -> bytes:
    found = answer.read(LIMIT + 1)
    if len(found) > LIMIT:
        raise ValueError("the answer is too large")
    if not found:
        raise ValueError("the answer is empty")
    return found
