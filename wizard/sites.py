"""The sites that this laptop remembers: their site files, and how the last visit ended."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from wizard.certificate.limits import Authority
from wizard.certificate.planner import VisitPlan, plan
from wizard.site.model import Site
from wizard.site.toml import load, resolve, save
from wizard.site.words import SiteError

SITE = "site.toml"
LAST = "last.json"


@dataclass(frozen=True)
class Last:
    """How the last visit ended, and the certificate that was in use then. Times are in UTC."""

    when: datetime
    state: str  # saved, confirmed, rolled-back, checked, broken
    certificate_end: datetime | None = None
    certificate_begin: datetime | None = None
    authority: Authority = Authority.PUBLIC

    def days_left(self, now: datetime) -> int | None:
        """Whole days until the certificate ends; negative when it has ended."""
        return (self.certificate_end - now).days if self.certificate_end else None


@dataclass(frozen=True)
class Entry:
    """One remembered site. `broken` says why its file cannot be read ("" when it can)."""

    id: str
    path: Path
    name: str = ""
    domain: str = ""
    last: Last | None = None
    broken: str = ""
    visit_every: int = 0  # days, as in the site file

    def plan(self, now: datetime) -> VisitPlan | None:
        """Plan the next visit; None while the certificate's dates are not known."""
        last = self.last
        if self.broken or last is None or not (last.certificate_begin and last.certificate_end):
            return None
        return plan(
            last.certificate_begin,
            last.certificate_end,
            now,
            every=self.visit_every,
            authority=last.authority,
        )


def by_urgency(entries: Iterable[Entry], now: datetime) -> tuple[Entry, ...]:
    """Put first what cannot wait, the earliest end first; the rest stays in its order."""

    def rank(entry: Entry) -> tuple[bool, datetime]:
        found = entry.plan(now)
        if found is None:
            return True, now
        return not found.urgent, found.end if found.urgent else now

    return tuple(sorted(entries, key=rank))


class SiteStore:
    """Site files in `folder`, each beside what is known of its last visit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str) -> Path:
        """Return where the site file of a remembered site lies."""
        return self.folder / key / SITE

    def entries(self) -> tuple[Entry, ...]:
        """Return what is remembered, the last visited first. Never raises for a broken file."""
        found = [self._entry(p.parent) for p in self.folder.glob(f"*/{SITE}")]
        oldest = datetime.min.replace(tzinfo=UTC)
        return tuple(
            sorted(found, key=lambda e: (e.last.when if e.last else oldest, e.id), reverse=True)
        )

    def _entry(self, folder: Path) -> Entry:
        last = _read_last(folder / LAST)
        try:
            site = load(folder / SITE)
        except SiteError as error:
            return Entry(folder.name, folder / SITE, last=last, broken=str(error))
        return Entry(
            folder.name,
            folder / SITE,
            site.name,
            site.domain,
            last,
            visit_every=site.visit_every,
        )

    def load(self, key: str) -> Site:
        """Read a remembered site. Raises SiteError."""
        return load(self.path(key))

    def save(self, site: Site, key: str = "") -> str:
        """Write a site and return its key; without one it gets a new key from its name.

        Raises SiteError when it cannot be written.
        """
        key = key or self._free(site.name or site.domain)
        path = self.path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise SiteError("site_not_saved", path=str(path), reason=reason) from error
        save(site, path)
        return key

    def last(self, key: str) -> Last | None:
        """Return how the last visit of a site ended; None when nothing is known."""
        return _read_last(self.path(key).with_name(LAST))

    def note(self, key: str, last: Last) -> None:
        """Remember how a visit ended; a disk that is full does not stop anybody."""
        begin, end = last.certificate_begin, last.certificate_end
        plain = {
            "when": last.when.isoformat(),
            "state": last.state,
            "certificate_begin": begin.isoformat() if begin else None,
            "certificate_end": end.isoformat() if end else None,
            "authority": last.authority.value,
        }
        with contextlib.suppress(OSError):
            self.path(key).with_name(LAST).write_text(json.dumps(plain), encoding="utf-8")

    def bring_in(self, path: Path) -> str:
        """Take a copy of a site file from elsewhere and return its key. Raises SiteError."""
        return self.save(resolve(load(path), path.parent))

    def take_out(self, key: str, path: Path) -> None:
        """Write a copy of a remembered site file somewhere else. Raises SiteError."""
        save(self.load(key), path)

    def remove(self, key: str) -> None:
        """Forget a site."""
        if key:  # the folder of all sites is not one of them
            shutil.rmtree(self.folder / key, ignore_errors=True)

    def _free(self, name: str) -> str:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40] or "site"
        number, key = 1, base
        while (self.folder / key).exists():
            number += 1
            key = f"{base}-{number}"
        return key


def _read_last(path: Path) -> Last | None:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        end, begin = plain["certificate_end"], plain.get("certificate_begin")
        return Last(
            _time(plain["when"]),
            str(plain["state"]),
            _time(end) if end else None,
            _time(begin) if begin else None,
            Authority(plain.get("authority", Authority.PUBLIC)),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
