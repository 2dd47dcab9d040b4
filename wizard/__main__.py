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
    """Make the standard streams take every sentence.

    Windows gives a program without a console none at all, and for files and pipes an encoding of
    the country, which lacks the marks that we print.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif sys.platform == "win32" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    sys.exit(main())
