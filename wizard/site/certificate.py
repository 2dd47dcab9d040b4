"""Which certificate files, for which web server. Whether they are good is judged elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wizard.agent import wire
from wizard.problem import Problem
from wizard.site import names
from wizard.site.model import Site
from wizard.site.words import finding

FIELD = "certificate"

_UNIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@:-]{0,254}")  # a container's or a systemd unit's name


def check(site: Site, facts: wire.Facts | None) -> Iterator[Problem]:
    """Yield what is wrong with the choice of files and of the web server."""
    files, web = site.certificate.files, site.certificate.web
    if not files:
        yield finding("certificate_none", f"{FIELD}.files")
    for index, name in enumerate(files):
        path = f"{FIELD}.files[{index}]"
        if not name.strip() or names.has_control(name):
            yield finding("certificate_path", path)
        elif name in files[:index]:
            yield finding("certificate_repeated", path, value=name)
    if web and not _UNIT.fullmatch(web):
        yield finding("certificate_web_invalid", f"{FIELD}.web", value=web)
    elif facts is not None and files:
        yield from _web(web, facts)


def _web(web: str, facts: wire.Facts) -> Iterator[Problem]:
    called = [w.container or w.unit for w in facts.web]
    # A CHT goes before any other web server of the machine.
    first = [w for w in facts.web if w.kind in ("cht", "cht3")] or facts.web
    known = ", ".join(called) or "-"
    if web and web not in called:
        yield finding("certificate_web_unknown", f"{FIELD}.web", value=web, known=known)
    elif not web and len(first) > 1:
        yield finding("certificate_web_several", f"{FIELD}.web", known=known)
