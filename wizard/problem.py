"""The one family of things that go wrong in a way a user can mend: code, arguments, cure."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

Words = Mapping[str, tuple[str, str]]
"""code -> (message template, cure template), in str.format style; one table per room."""


class UserError(Exception):
    """Stops what was asked; `message` says what is wrong and `cure` what to do about it.

    A room makes its own subclass with its own table of sentences. Everything else that is
    raised is a defect of the program.
    """

    words: ClassVar[Words] = {}

    def __init__(self, code: str, detail: str = "", **arguments: Any) -> None:
        if code not in self.words:
            raise KeyError(f"no sentence for {code}")
        self.code = code
        self.detail = detail
        self.arguments = arguments
        self.message, self.cure = say(self.words, code, arguments)
        super().__init__(f"{self.message} {self.cure}".strip())

    def plain(self) -> dict[str, Any]:
        """Return the JSON form that every command prints."""
        return {
            "code": self.code,
            "message": self.message,
            "cure": self.cure,
            "detail": self.detail,
        }


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, or doubtful, with what was decided.

    `field` is the path in the site file ("dhcp.first"); severity is "problem" (must be mended),
    "warning" (may be accepted) or "note".
    """

    code: str
    field: str
    message: str
    cure: str
    severity: str = "problem"
    arguments: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """Return the JSON form that every command prints."""
        return {
            "code": self.code,
            "field": self.field,
            "severity": self.severity,
            "message": self.message,
            "cure": self.cure,
        }


_translate: Callable[[str], str] = str


def speak(translate: Callable[[str], str]) -> None:
    """Let every sentence be said in another language; what is given is the template."""
    global _translate
    _translate = translate


def tr(template: str) -> str:
    """Return a template in the language that is spoken; "" stays ""."""
    return _translate(template) if template else ""


def say(words: Words, code: str, arguments: Mapping[str, Any]) -> tuple[str, str]:
    """Return (message, cure) of a code with its arguments filled in."""
    message, cure = words[code]
    return tr(message).format(**arguments), tr(cure).format(**arguments)
