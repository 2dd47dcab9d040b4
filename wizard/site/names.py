"""Names: of hosts in the DNS (RFC 1123, RFC 5890), and of interfaces on Linux."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

from wizard.site.addresses import ip

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_PORT = re.compile(r"(.*?):[0-9]*")
_LDH = re.compile(r"[A-Za-z0-9-]+")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")

# Names that resolvers treat specially and never ask a server for: RFC 6761, 7686, 9476.
_NEVER_ASKED = ("localhost", "invalid", "onion", "alt")

# net/core/dev.c dev_valid_name: less than 16 bytes, no slash, colon or white space. Quotes and
# the like are possible there too, but nobody has them and they would have to be escaped in
# five languages of configuration files.
_INTERFACE = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9_.][A-Za-z0-9_.-]{0,14}")

Flaw = tuple[str, dict[str, Any]]


def flaw(name: str) -> Flaw | None:
    """Return what keeps a text from being the name of a host: (code of NAME_FLAWS, arguments).

    Single words pass. Only the first flaw is told; mending it may show the next.
    """
    return _typed(name) or _labels(name) or _ending(name)


def is_label(text: str) -> bool:
    """Whether the text is one part of a host's name: letters, digits, hyphens; at most 63."""
    return _LABEL.fullmatch(text) is not None


def is_interface(text: str) -> bool:
    """Whether Linux can have an interface of this name."""
    return _INTERFACE.fullmatch(text) is not None


def has_control(text: str) -> bool:
    """Whether the text has line breaks or other characters that cannot be shown."""
    return not text.isprintable()


def bare(name: str) -> str:
    """Return the host in a web address, as far as there is one."""
    rest = _SCHEME.sub("", name.strip(), count=1)
    host = re.split(r"[/?#\\]", rest, maxsplit=1)[0].rpartition("@")[2]
    port = _PORT.fullmatch(host)
    return port[1] if port else host


def _typed(name: str) -> Flaw | None:
    """What people type instead of a name."""
    if "/" in name:
        return "url", {"host": bare(name)}
    if any(c.isspace() for c in name):
        return "spaces", {}
    if ip(name.strip("[]")) is not None:
        return "ip", {}
    if _PORT.fullmatch(name):
        return "port", {"host": bare(name)}
    if "*" in name:
        return "wildcard", {}
    if name.endswith(".") and name.strip("."):
        return "trailing_dot", {"host": name.rstrip(".")}
    return None


def _labels(name: str) -> Flaw | None:
    """What is wrong with the characters and the parts of a name."""
    if "" in name.split("."):
        return "empty_label", {}
    if not name.isascii():
        return _international(name)
    if "_" in name:
        return "underscore", {}
    if len(name) > 253:
        return "long", {}
    for label in name.split("."):
        if not _LDH.fullmatch(label):
            return "characters", {}
        if len(label) > 63:
            return "label_long", {}
        if label[0] == "-" or label[-1] == "-":
            return "hyphen", {"label": label}
        if label.lower().startswith("xn--") and unicode_label(label) is None:
            return "punycode", {"label": label}
    return None


def _ending(name: str) -> Flaw | None:
    """What is wrong with the last part of a name."""
    last = name.lower().rpartition(".")[2]
    if last.isdigit():
        return "numeric", {}
    if last == "local" and "." in name:
        return "local", {}
    if last in _NEVER_ASKED:
        return "special", {"tld": last}
    return None


def _international(name: str) -> Flaw:
    import idna  # its tables take a while to load, and hardly any name needs them

    try:
        return "idn", {"ascii": idna.encode(name, uts46=True).decode("ascii")}
    except UnicodeError:  # IDNAError is one
        return "idn_broken", {}


def unicode_label(label: str) -> str | None:
    """Return what an xn-- label stands for, or None when that is nothing (RFC 5891)."""
    import idna

    try:
        return idna.ulabel(label)
    except UnicodeError:
        return None


def is_public_suffix(name: str) -> bool:
    """Whether others register their names directly under this one ("co.ke", "duckdns.org")."""
    name = _unicode(name)
    rules = _suffixes()
    parent = name.partition(".")[2]
    return name in rules or (f"*.{parent}" in rules and f"!{name}" not in rules)


def is_known_ending(name: str) -> bool:
    """Whether the last part of the name is a top-level domain of the Internet."""
    # Some, such as .za, have no rule of their own but only longer ones (co.za).
    return _unicode(name).rpartition(".")[2] in _endings()


def _unicode(name: str) -> str:
    labels = name.lower().split(".")
    return ".".join((unicode_label(x) or x) if x.startswith("xn--") else x for x in labels)


@functools.cache
def _suffixes() -> frozenset[str]:
    """The rules of the Public Suffix List as they stand in its file.

    Its package can answer more, but takes over 50 ms to get ready; here two look-ups are wanted.
    """
    import publicsuffixlist

    text = Path(publicsuffixlist.PSLFILE).read_text(encoding="utf-8")
    return frozenset(line.split()[0] for line in text.splitlines() if line and line[0] not in "/ ")


@functools.cache
def _endings() -> frozenset[str]:
    return frozenset(rule.rpartition(".")[2] for rule in _suffixes())
