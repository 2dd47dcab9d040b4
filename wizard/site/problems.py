"""Everything that is wrong, or doubtful, with what was decided for a site."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator

from wizard.agent import wire
from wizard.problem import Problem
from wizard.site import access_point, certificate, dns_dhcp, domain, readiness, server, static_ip
from wizard.site.model import VERSION, Site
from wizard.site.words import NOTES, PROBLEMS, WARNINGS, finding

LONGEST_BETWEEN_VISITS = 730  # days; no certificate lasts longer

_CODE = re.compile(r"[a-z0-9_.:-]{1,100}")


def problems(
    site: Site, facts: wire.Facts | None = None, *, acceptable: Collection[str] | None = None
) -> tuple[Problem, ...]:
    """Return every contradiction in the decisions, in the order of the wizard's pages.

    With facts also those between the decisions and the server. `acceptable` are the codes of
    warnings that other rooms can raise; without it an accepted code that is unknown here is
    told only when it looks like a misspelt one. Pure; never raises, whatever the fields hold.
    """
    return tuple(_all(site, facts, acceptable))


def unaccepted(found: Iterable[Problem], accept: Collection[str]) -> tuple[Problem, ...]:
    """Return what still stands in the way: problems, and warnings that nobody accepted."""
    return tuple(
        p
        for p in found
        if p.severity == "problem" or (p.severity == "warning" and p.code not in accept)
    )


def _all(
    site: Site, facts: wire.Facts | None, acceptable: Collection[str] | None
) -> Iterator[Problem]:
    yield from _site(site)
    yield from server.check(site)
    yield from static_ip.check(site, facts)
    yield from domain.check(site)
    yield from certificate.check(site, facts)
    yield from dns_dhcp.check(site)
    yield from access_point.check(site, facts)
    yield from readiness.check(site)
    yield from _accept(site.accept, acceptable)


def _site(site: Site) -> Iterator[Problem]:
    if site.version != VERSION:
        yield finding("version_unknown", "version", found=site.version, known=VERSION)
    if not site.name.strip():
        yield finding("site_name_missing", "name")
    # It goes into comments of configuration files, where a line break would end the comment.
    elif len(site.name) > 100 or not site.name.isprintable():
        yield finding("site_name_invalid", "name")
    if not 0 <= site.visit_every <= LONGEST_BETWEEN_VISITS:
        yield finding(
            "visit_every_invalid",
            "visit_every",
            value=site.visit_every,
            most=LONGEST_BETWEEN_VISITS,
        )


def _accept(codes: tuple[str, ...], acceptable: Collection[str] | None) -> Iterator[Problem]:
    known = {*WARNINGS, *(acceptable or ())}
    for index, code in enumerate(codes):
        path = f"accept[{index}]"
        if code in known or code in NOTES:
            continue
        if code in PROBLEMS:
            yield finding("accept_not_warning", path, value=code)
        elif not _CODE.fullmatch(code):
            yield finding("accept_invalid", path, value=code)
        else:
            near = difflib.get_close_matches(code, sorted(known), n=1, cutoff=0.85)
            if near:
                yield finding("accept_unknown_near", path, value=code, near=near[0])
            elif acceptable is not None:
                yield finding("accept_unknown", path, value=code)
