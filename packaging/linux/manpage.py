"""The man page, made from the very parsers that `--help` prints, so that both say the same."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime

PROGRAM = "cht-offline-setup"
FILES = (
    ("~/.local/share/cht-offline-setup", "Sites and known servers; the sites are worth a copy."),
    ("~/.config/cht-offline-setup", "Settings of the window."),
    ("~/.local/state/cht-offline-setup", "Logs, and what was kept of a defect."),
)
EXIT = (
    ("0", "All is well."),
    ("1", "It was refused, or failed and was put back, or a check failed."),
    ("2", "The command was not understood."),
    ("3", "Something could not be put back: the server wants a look."),
    ("69", "The window cannot be opened here."),
    ("70", "The program has a defect."),
)


def page(parser: argparse.ArgumentParser, window: argparse.ArgumentParser, at: int) -> str:
    """Return the page as roff; `at` is its date in seconds since 1970."""
    return "\n".join([*_lines(parser, window, at), ""])


def _lines(
    parser: argparse.ArgumentParser, window: argparse.ArgumentParser, at: int
) -> Iterator[str]:
    date = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
    yield f'.TH CHT\\-OFFLINE\\-SETUP 1 "{date}" "CHT Offline Setup" "User Commands"'
    yield ".SH NAME"
    description = parser.description or ""
    yield f"{_text(PROGRAM)} \\- {_text(description[0].lower() + description[1:].rstrip('.'))}"
    yield ".SH SYNOPSIS"
    yield f".B {_text(PROGRAM)}"
    yield f".br\n.B {_text(PROGRAM)}\n.I COMMAND\n.RI [ OPTIONS ]"
    yield ".SH DESCRIPTION"
    yield _text(description)
    yield _text((parser.epilog or "").replace("`", ""))
    yield ".SH COMMANDS"
    yield from _command("window", window)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, sub in action.choices.items():
                yield from _command(name, sub)
    yield ".SH FILES"
    for path, about in FILES:
        yield f".TP\n.I {_text(path)}\n{_text(about)}"
    yield ".SH EXIT STATUS"
    for code, about in EXIT:
        yield f".TP\n.B {code}\n{_text(about)}"


def _command(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    yield f".SS {_text(name)}"
    yield _text(parser.description or "")
    for action in parser._actions:
        if action.help is not argparse.SUPPRESS and action.dest != "help":
            yield ".TP"
            yield _synopsis(action)
            yield _text(action.help or _plain(action))


def _synopsis(action: argparse.Action) -> str:
    names = ", ".join(f"\\fB{_text(option)}\\fR" for option in action.option_strings)
    if action.nargs == 0:
        return names
    value = _value(action)
    more = " ..." if action.nargs == "+" else ""
    return f"{names} \\fI{_text(value)}\\fR{more}".strip()


def _value(action: argparse.Action) -> str:
    if action.choices is not None:
        return "|".join(map(str, action.choices))
    return str(action.metavar or action.dest.upper())


def _plain(action: argparse.Action) -> str:
    """What can be said of an option that says nothing of itself."""
    words = action.dest.replace("_", " ")
    default = action.default
    return f"{words} (default: {default})" if default is not None else words


def _text(text: str) -> str:
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + plain if plain.startswith((".", "'")) else plain
