"""A request for a certificate: its names, the file to carry away, what the site remembers."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from wizard.agent import disk, wire
from wizard.certificate import domains
from wizard.site.model import Request, Site
from wizard.wording import VisitError


def request_names(domain: str, more: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the names of a request as DNS has them, the domain first, each once.

    Raises VisitError: no-domain, bad-name.
    """
    if not domain.strip():
        raise VisitError("no-domain")
    return tuple(dict.fromkeys(_name(each) for each in (domain, *more) if each.strip()))


def _name(text: str) -> str:
    wanted = text.strip()
    star, plain = ("*.", wanted[2:]) if wanted.startswith("*.") else ("", wanted)
    try:
        normal = domains.normal(plain)
    except domains.BadDomain:
        raise VisitError("bad-name", name=wanted) from None
    if domains.is_address(normal) or "." not in normal:
        raise VisitError("bad-name", name=wanted)
    return star + normal


def same(request: wire.KeyRequest, key_kind: str, names: Sequence[str]) -> bool:
    """Whether a request that waits is just what is wanted: then it is saved once more."""
    return (request.key_kind, request.names) == (key_kind, tuple(names))


def made_on(request: wire.KeyRequest) -> str:
    """The day on which it was made, by the clock of the server: "2026-11-22"."""
    return f"{datetime.fromtimestamp(request.at):%Y-%m-%d}"


def remember(site: Site, request: wire.KeyRequest | None) -> Site:
    """Return the site with what it shall know of a request; None: none waits any more."""
    known = Request()
    if request is not None:
        known = Request(made_on(request), request.names, request.spki_sha256)
    return site if site.request == known else replace(site, request=known)


def write(path: Path, request: wire.KeyRequest) -> None:
    """Write the request into a file that may be shown to anybody; an old file is replaced whole.

    Raises VisitError "not-written".
    """
    try:
        handle, temporary = tempfile.mkstemp(prefix=".request-", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="ascii", newline="\n") as file:
                file.write(request.csr)
            disk.replace(temporary, str(path))
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise VisitError("not-written", path=str(path), reason=reason) from error
