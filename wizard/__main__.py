"""Start of the program: the window, or with arguments the command line."""

from __future__ import annotations

import io
import sys


def main() -> int:
    """Open the window, or run the command line, which does without Qt; return the exit code."""
    arguments = sys.argv[1:]
    _speak_utf8()
    if arguments and arguments[0] != "window":
        from wizard.cli import run

        return run(arguments)
    try:
        import PySide6.QtWidgets  # noqa: F401 - its own libraries need some of the system's
    except ImportError as error:
        sys.stderr.write(
            "The window cannot be opened, because a library is missing on this computer. The "
            f"command line works: cht-offline-setup --help\n{error}\n"
        )
        return 69  # EX_UNAVAILABLE of sysexits.h
    from wizard.gui.start import main as window

    return window(arguments[1:])


def _speak_utf8() -> None:
    """Write what goes into a file or to another program in UTF-8, as JSON has to be (RFC 8259).

    Windows would take the code page of old, which has no sign for "passed".
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.isatty():
            stream.reconfigure(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
