"""Start of the program: the window, or with arguments the command line."""

from __future__ import annotations

import io
import os
import sys


def main() -> int:
    """Open the window, or run the command line, which does without Qt; return the exit code."""
    _streams()
    arguments = sys.argv[1:]
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


def _streams() -> None:
    """Have standard streams that take every sentence, in UTF-8 as JSON has to be (RFC 8259).

    Windows gives a program without a console none at all, and for files and other programs the
    code page of old, which has no sign for "passed".
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper) and not stream.isatty():
            stream.reconfigure(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
