"""The window from the command line: open it, or let it take the tour by itself."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from wizard.console import Screen
from wizard.problem import UserError


def main(argv: list[str]) -> int:
    """Open the window and return when it is closed, or take the tour; returns the exit code."""
    arguments = parser().parse_args(argv)
    if arguments.look:
        return _look()
    if arguments.tour or (arguments.or_tour and not _screen()):
        return _tour(Path(arguments.tour or arguments.or_tour))
    from wizard.gui.app import show

    return show()


def parser() -> argparse.ArgumentParser:
    """Describe the options of the command `window`."""
    made = argparse.ArgumentParser(
        prog="cht-offline-setup window", description="Open the window. Without a screen: the tour."
    )
    tours = made.add_mutually_exclusive_group()
    tours.add_argument(
        "--tour", metavar="FOLDER", help="walk the practice clinic by itself; pictures go there"
    )
    tours.add_argument(
        "--or-tour", metavar="FOLDER", help="open the window, or without a screen take the tour"
    )
    tours.add_argument(
        "--look", action="store_true", help="show a window for a moment, and tell what was drawn"
    )
    return made


def _screen() -> bool:
    """Whether there is a screen to open a window on."""
    if sys.platform != "linux":
        return True
    return any(os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _look() -> int:
    if not _screen():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from wizard.gui.look import look

    screen = Screen(as_json=True)
    try:
        screen.result(look())
    except UserError as error:
        screen.result({"error": error.plain()})
        return 1
    return 0


def _tour(folder: Path) -> int:
    os.environ["QT_QPA_PLATFORM"] = os.environ.get("QT_QPA_PLATFORM") or "offscreen"
    if sys.platform == "win32":  # where a screen that nobody sees finds no fonts by itself
        os.environ.setdefault("QT_QPA_FONTDIR", os.path.expandvars(r"%WINDIR%\Fonts"))
    from wizard.gui.driver import Astray
    from wizard.gui.tour import Stop, Tour

    screen = Screen()
    screen.say("The window takes a tour of the practice clinic; no real server is changed.", "bold")

    def told(stop: Stop) -> None:
        screen.row("passed", f"{stop.walk}: {stop.name} ({stop.seconds:.1f} s)")

    try:
        reports = Tour(folder, told).run()
    except Astray as astray:
        screen.error(f"The tour went astray: {astray}.", "Please report this with the above.")
        return 1
    for walk, report in reports:
        screen.heading(walk)
        screen.check_table(report)
    good = all(report.exit_code == 0 for _, report in reports)
    if good:
        screen.say(f"Every check passed. Pictures, sheet, report and calendar entry: {folder}")
    return 0 if good else 1
