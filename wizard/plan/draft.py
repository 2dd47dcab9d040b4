"""What the topics share while a plan is made: what is there, what was found wrong."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

from wizard.agent import wire
from wizard.plan.words import WORDS
from wizard.problem import Problem, say
from wizard.site.model import Site


@dataclass(frozen=True)
class Present:
    """A file as the facts know it. `mode` is None when they do not say."""

    sha256: str  # "" = not there
    text: str
    mode: int | None
    edited: bool  # not as this program left it
    redacted: bool


def sha256(text: str) -> str:
    """Return the SHA-256 of a text file's content."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def present(facts: wire.Facts, path: str) -> Present:
    """Return what the facts know of a file. Of an unknown file they know that it is not there.

    If it is there all the same, the agent refuses to write, because `WriteFile.before` says "".
    """
    owned, file = facts.owns(path), facts.file(path)
    mode = file.mode if file is not None else None
    redacted = file.redacted if file is not None else False
    if owned is not None:
        edited = owned.present not in ("", owned.written)
        return Present(owned.present, owned.text, mode, edited, redacted)
    if file is not None:
        return Present(file.sha256, file.text, mode, True, redacted)
    return Present("", "", None, False, False)


@dataclass
class Draft:
    """The site, the facts and the problems found so far."""

    site: Site
    facts: wire.Facts
    problems: list[Problem] = field(default_factory=list)

    def problem(self, code: str, where: str, severity: str = "problem", **arguments: Any) -> None:
        """Note a problem of this room; the same one is noted once.

        A warning that the staff accepted ("code", or "code:path") becomes a note.
        """
        message, cure = say(WORDS, code, arguments)
        found = Problem(code, where, message, cure, severity, arguments)
        found = soften(self.site, found)
        if found not in self.problems:
            self.problems.append(found)

    def write(
        self, path: str, content: str | None, topic: str, mode: int = 0o644, check: str = ""
    ) -> tuple[wire.WriteFile, ...] | None:
        """Bring a file of our own to `content` (None: away); no change when it is so already.

        Three hashes decide: what we wrote, what is there, what we want. Where the first two
        differ, somebody else was here, and the file is left alone until that is accepted: None.
        """
        there = present(self.facts, path)
        if content is None and not there.sha256:
            return ()
        if content is not None and there.sha256 == sha256(content):
            if there.mode in (None, mode):
                return ()
        elif there.sha256 and there.edited:
            self.problem("edited-by-hand", path, "warning", path=path)
            if not accepted(self.site, "edited-by-hand", path):
                return None
        return (wire.WriteFile(path, content, there.sha256, topic, mode, check=check),)

    def rewrite(
        self, path: str, content: str | None, topic: str, mode: int, check: str = ""
    ) -> tuple[wire.WriteFile, ...] | None:
        """Change a file that belongs to somebody else; None when it was not shown in full."""
        there = present(self.facts, path)
        if content is not None and there.redacted:
            interface = self.site.static_ip.interface
            self.problem("file-redacted", "static_ip.interface", path=path, interface=interface)
            return None
        if content is not None and there.sha256 == sha256(content):
            return ()
        return (wire.WriteFile(path, content, there.sha256, topic, mode, check=check),)


def accepted(site: Site, code: str, path: str = "") -> bool:
    """True when the staff accepted a warning, everywhere or for one path."""
    return code in site.accept or (bool(path) and f"{code}:{path}" in site.accept)


def soften(site: Site, found: Problem) -> Problem:
    """Turn an accepted warning into a note."""
    path = str(found.arguments.get("path", ""))
    if found.severity == "warning" and accepted(site, found.code, path):
        return replace(found, severity="note")
    return found
