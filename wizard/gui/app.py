"""Start of the window: application, look, shell."""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from wizard.detour import Detour
from wizard.gui.crash import Crashes
from wizard.gui.desk import Desk
from wizard.gui.dialogs import Dialogs
from wizard.gui.help import Help
from wizard.gui.log import Log, QtMessages
from wizard.gui.mailbox import Sweeper
from wizard.gui.pages.registry import PAGES
from wizard.gui.pages.start import StartPage
from wizard.gui.shell import Shell
from wizard.gui.theme import theme
from wizard.laptop.folders import log_folder
from wizard.problem import speak
from wizard.resource import resource

APP_ID = "cht-offline-setup"
NO_SCREEN = 69  # EX_UNAVAILABLE of sysexits.h


def application(argv: list[str] | None = None) -> QApplication:
    """Return the application, made on first use."""
    found = QApplication.instance()
    if isinstance(found, QApplication):
        return found
    _say_who_we_are()
    app = QApplication([sys.argv[0], *(argv or [])])
    Sweeper(app)
    _translate(app)
    speak(lambda template: QCoreApplication.translate("rooms", template))
    app.setApplicationName(APP_ID)
    app.setDesktopFileName(APP_ID)
    return app


def _say_who_we_are() -> None:
    """Have a place of our own in Windows' taskbar, not Python's (AppUserModelIDs)."""
    if sys.platform == "win32":
        ctypes.WinDLL("shell32").SetCurrentProcessExplicitAppUserModelID(APP_ID)


def _translate(app: QApplication) -> None:
    """Speak the system's language where there are texts in it, Qt's own dialogs first."""
    places = (
        ("qtbase", Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))),
        ("cht-offline-setup", resource("translations")),
    )
    for name, folder in places:
        translator = QTranslator(app)
        if translator.load(QLocale(), name, "_", str(folder)):
            app.installTranslator(translator)


def window(
    data: Path | None = None,
    dialogs: Dialogs | None = None,
    *,
    extra_roots: Sequence[Path] = (),
    detour: Detour | None = None,
) -> Shell:
    """Return the window on its start page, not shown yet; see Desk for the rest."""
    desk = Desk(data, extra_roots=extra_roots, detour=detour)
    theme().choose(desk.settings.appearance)
    shell = Shell(desk, StartPage, PAGES, dialogs)
    shell.help = Help(shell).show_topic
    shell.go_home()
    return shell


def show(argv: list[str] | None = None) -> int:
    """Open the window and return when it is closed; log and crash handler are on meanwhile."""
    messages = QtMessages(on_fatal=_no_screen)
    app = application(argv)
    messages.on_fatal = None
    folder = _log_folder()
    shell = window()
    log = Log(folder, lambda: vars(shell.desk.secrets).values())
    log.follow(shell.desk)
    crashes = Crashes(folder, shell)
    crashes.install()
    try:
        shell.show()
        return app.exec()
    finally:
        shell.desk.close()
        crashes.close()
        log.close()
        messages.close()


def _log_folder() -> Path:
    try:
        return log_folder()
    except OSError:  # no home, or one that cannot be written
        return Path(tempfile.mkdtemp(prefix="cht-offline-setup-"))


def _no_screen(text: str) -> None:
    """Qt ends the program when it finds no screen: say why before it does."""
    sys.stderr.write(
        "The window cannot be opened here. Start it on a laptop with a desktop, or use the "
        f"command line: cht-offline-setup --help\n{text.strip()}\n"
    )
    sys.stderr.flush()
    os._exit(NO_SCREEN)
