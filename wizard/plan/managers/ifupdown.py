"""ifupdown: the interface's stanzas move into a file of ours; all else stays byte for byte."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from wizard.agent import names, wire
from wizard.plan.draft import Draft
from wizard.plan.target import Target
from wizard.plan.templates import render as fill

TOPIC = "static_ip"
WHERE = "static_ip.interface"
MAIN = "/etc/network/interfaces"
BEGIN = "# cht-offline-setup begin"
END = "# cht-offline-setup end"

# interfaces(5): words that begin a stanza and so end the one before.
STARTS = ("iface", "mapping", "auto", "source", "source-directory", "no-auto-down", "no-scripts")
# What this program decides; other options of the old stanza (bridge_ports, mtu ...) are kept.
ADDRESSING = re.compile(
    r"accept_ra|address|autoconf|broadcast|client|dad-\w+|dhcp|dns-\w+|gateway|hostname|lease\w+"
    r"|metric|netmask|network|pointopoint|preferred-lifetime|privext|request_prefix|scope|vendor"
)
SCRIPTS = re.compile(r"(pre-|post-)?(up|down)")


@dataclass(frozen=True)
class Line:
    """One logical line: `raw` with its ends of line and continuations, and its words."""

    raw: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """What the files say about the interface."""

    path: str
    rest: str  # the file's text without the interface's stanzas
    options: tuple[tuple[str, str], ...]  # what is kept of them
    removed: bool


def render(draft: Draft, target: Target) -> tuple[wire.WriteFile, ...] | None:
    """Plan our stanzas and the removal of the old ones. Source: interfaces(5)."""
    name = (target.cable or target.interface).name
    if draft.facts.file(MAIN) is None:
        draft.problem("file-unread", WHERE, path=MAIN, interface=name)
        return None
    found: list[Found] = []
    automatic = False
    for file in _files(draft.facts):
        text = _without_ours(file.text)
        lines = list(_lines(text))
        if not _decidable(draft, file.path, lines, name):
            return None
        found.append(_split(file.path, lines, name))
        automatic = automatic or any(
            (w[0] == "auto" or w[0].startswith("allow-"))
            and any(fnmatch.fnmatchcase(name, word) for word in w[1:])
            for w in (line.words for line in lines if line.words)
        )
    kept = _kept(draft, found, name)
    ours = _stanzas(target, kept, automatic)
    by_itself = _covers(draft.facts)
    own = draft.write(names.INTERFACES_FILE, ours if by_itself else None, TOPIC, 0o644)
    if own is None:
        return None
    changed: list[wire.WriteFile] = []
    for one in found:
        content = one.rest
        if one.path == MAIN and not by_itself:
            content = f"{content.rstrip(chr(10))}\n\n{BEGIN}\n{ours}{END}\n"
        elif not one.removed:
            continue
        files = draft.rewrite(one.path, content, TOPIC, _mode(draft.facts, one.path))
        if files is None:
            return None
        changed += files
    return (*own, *changed)


def _files(facts: wire.Facts) -> list[wire.TextFile]:
    return [
        f
        for f in facts.network.files
        if f.path.startswith("/etc/network/")
        and not f.path.startswith("/etc/network/if-")  # programs, not settings
        and f.path != names.INTERFACES_FILE
    ]


def _mode(facts: wire.Facts, path: str) -> int:
    file = facts.file(path)
    return file.mode if file is not None else 0o644


def _lines(text: str) -> Iterator[Line]:
    raw = ""
    for piece in text.splitlines(keepends=True):
        raw += piece
        body = piece.rstrip("\r\n")
        if body.endswith("\\") and not raw.lstrip().startswith("#"):
            continue
        yield _line(raw)
        raw = ""
    if raw:
        yield _line(raw)


def _line(raw: str) -> Line:
    joined = re.sub(r"\\\r?\n", " ", raw).strip()
    return Line(raw, () if joined.startswith("#") else tuple(joined.split()))


def _starts(line: Line) -> bool:
    return bool(line.words) and (
        line.words[0] in STARTS or line.words[0].startswith("allow-") or line.words[0] == "rename"
    )


def _decidable(draft: Draft, path: str, lines: list[Line], name: str) -> bool:
    """Refuse what maps, inherits or matches by pattern: it cannot be told apart from here."""
    for line in lines:
        words = line.words
        if len(words) < 2:
            continue
        mapped = words[0] in ("mapping", "rename") and any(
            fnmatch.fnmatchcase(name, word.split("=")[0]) for word in words[1:]
        )
        inherits = words[0] == "iface" and "inherits" in words and name in words
        pattern = words[0] == "iface" and words[1] != name and fnmatch.fnmatchcase(name, words[1])
        logical = words[0] == "auto" and any(w.startswith(name + "=") for w in words[1:])
        if mapped or inherits or pattern or logical:
            draft.problem(
                "ifupdown-undecidable", WHERE, path=path, interface=name, line=" ".join(words)
            )
            return False
    return True


def _split(path: str, lines: list[Line], name: str) -> Found:
    """Cut the interface's `iface` stanzas out; comments and blank lines after them stay."""
    rest: list[str] = []
    options: list[tuple[str, str]] = []
    between: list[str] = []  # comments and blank lines that may belong to the stanza
    inside = removed = False
    for line in lines:
        if _starts(line):
            inside = line.words[:2] == ("iface", name)
            rest += between
            between = []
            if inside:
                removed = True
                continue
        if not inside:
            rest.append(line.raw)
        elif line.words:
            between = []
            options.append((line.words[0], " ".join(line.words[1:])))
        else:
            between.append(line.raw)
    return Found(path, "".join(rest + between), tuple(options), removed)


def _kept(draft: Draft, found: list[Found], name: str) -> list[str]:
    """The options that go into our stanza; scripts among them want a look."""
    own = draft.facts.file(names.INTERFACES_FILE) or draft.facts.owns(names.INTERFACES_FILE)
    options = [(one.path, option) for one in found for option in one.options]
    if own is not None:
        ours = _split(names.INTERFACES_FILE, list(_lines(own.text)), name)
        options += [(names.INTERFACES_FILE, option) for option in ours.options]
    main = draft.facts.file(MAIN)
    if main is not None and BEGIN in main.text:
        ours = _split(MAIN, list(_lines(main.text)), name)
        options += [(names.INTERFACES_FILE, option) for option in ours.options]
    kept: list[str] = []
    for path, (key, value) in options:
        if ADDRESSING.fullmatch(key) or value == _join(name):
            continue
        if SCRIPTS.fullmatch(key) and path != names.INTERFACES_FILE:
            draft.problem(
                "ifupdown-scripts",
                WHERE,
                "warning",
                path=path,
                interface=name,
                lines=f"{key} {value}",
            )
        if (line := f"{key} {value}".strip()) not in kept:
            kept.append(line)
    return kept


def _stanzas(target: Target, kept: list[str], automatic: bool) -> str:
    name = target.interface.name
    lines: list[str] = []
    if target.cable is None:
        lines += [] if automatic else [f"auto {name}"]
        lines += [f"iface {name} inet static"]
    else:
        cable = target.cable.name
        lines += [] if automatic else [f"auto {cable}"]
        lines += [f"iface {cable} inet manual"]
        lines += [f"    {line}" for line in (*kept, f"up {_join(cable)}")]
        lines += [f"auto {name}", f"iface {name} inet static"]
        lines += [f"    pre-up {line}" for line in (_make(target), _join(cable))]
        kept = []
    lines.append(f"    address {target.address}")
    if target.gateway:
        lines.append(f"    gateway {target.gateway}")
    if target.nameservers:
        lines.append(f"    dns-nameservers {' '.join(target.nameservers)}")
    lines += [f"    {line}" for line in kept]
    if target.address6:
        lines += [
            f"iface {name} inet6 static",
            f"    address {target.address6}",
            f"    accept_ra {1 if target.accept_ra else 0}",
        ]
    return fill("interfaces", stanzas="\n".join(lines))


def _make(target: Target) -> str:
    """The bridge by iproute2: bridge-utils, which knows `bridge_ports`, may not be installed."""
    name, mac = target.interface.name, target.interface.mac
    # With its address from the start, or udev gives it one (systemd.link(5), MACAddressPolicy=).
    made = f"ip link add name {name} address {mac} type bridge forward_delay 0 stp_state 0"
    return f"test -e /sys/class/net/{name} || {made}"


def _join(cable: str) -> str:
    """Whichever of the two comes up later brings them together."""
    return f"ip link set dev {cable} up master {names.BRIDGE} || true"


def _covers(facts: wire.Facts) -> bool:
    """True when a source line of the main file takes in the file of ours."""
    main = facts.file(MAIN)
    for line in _lines(main.text) if main is not None else ():
        for pattern in line.words[1:]:
            full = posixpath.join("/etc/network", pattern)
            if line.words[0] == "source" and fnmatch.fnmatchcase(names.INTERFACES_FILE, full):
                return True
            if line.words[0] == "source-directory" and fnmatch.fnmatchcase(
                posixpath.dirname(names.INTERFACES_FILE), full.rstrip("/")
            ):
                return True
    return False


def _without_ours(text: str) -> str:
    """The main file without the block that an earlier run put at its end."""
    begin, end = text.find(BEGIN + "\n"), text.find(END + "\n")
    if begin < 0 or end < begin:
        return text
    return text[:begin].rstrip("\n") + "\n" + text[end + len(END) + 1 :]
