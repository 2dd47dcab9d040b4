"""Start of the window: application, look, shell."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from wizard.gui.desk import Desk
from wizard.gui.dialogs import Dialogs
from wizard.gui.pages.registry import PAGES
from wizard.gui.pages.start import StartPage
from wizard.gui.shell import Shell
from wizard.gui.theme import theme
from wizard.problem import speak


def application(argv: list[str] | None = None) -> QApplication:
    """Return the application, made on first use."""
    found = QApplication.instance()
    if isinstance(found, QApplication):
        return found
    app = QApplication([sys.argv[0], *(argv or [])])
    speak(lambda template: QCoreApplication.translate("rooms", template))
    app.setApplicationName("cht-offline-setup")
    app.setDesktopFileName("cht-offline-setup")
    return app


def window(data: Path | None = None, dialogs: Dialogs | None = None) -> Shell:
    """Return the window on its start page, not shown yet."""
    theme().apply()
    shell = Shell(Desk(data), StartPage, PAGES, dialogs)
    shell.go_home()
    return shell
