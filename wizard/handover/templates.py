"""The templates of sheet, picture and report, with every value escaped."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from jinja2 import Environment, FunctionLoader, StrictUndefined

from wizard.handover.words import long_date, say
from wizard.resource import resource

# What may not stand in XML 1.0 (2.2 Char), and what turns the direction of the text around it.
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
_TURNING = re.compile(r"[\u202A-\u202E\u2066-\u2069]")
_FSI, _PDI = "\u2068", "\u2069"


def render(name: str, **values: object) -> str:
    """Return the template of that name, filled in.

    Raises jinja2.UndefinedError when a value is missing, jinja2.TemplateNotFound.
    """
    return _environment().get_template(name).render(values)


def shown(value: object) -> str:
    """A value as it may stand within other text: no control characters, its direction its own.

    An Arabic network name would otherwise pull the words after it to its side (UAX #9).
    """
    text = clean(str(value))
    turns = any(unicodedata.bidirectional(each) in ("R", "AL", "AN") for each in text)
    return f"{_FSI}{text}{_PDI}" if turns else text


def clean(text: str) -> str:
    """The text without control characters, which neither XML nor a calendar may hold."""
    return _TURNING.sub("", _FORBIDDEN.sub("\ufffd", text))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = shown
    environment.filters["day"] = long_date
    environment.globals["say"] = say
    return environment


def _source(name: str) -> str | None:
    path = resource("templates", "handover", name)
    return path.read_text("utf-8") if path.is_file() else None
