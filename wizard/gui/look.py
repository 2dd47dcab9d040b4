"""A look at the window for the self-test: is there a screen, is anything drawn, are texts there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QLibraryInfo, QTranslator, qVersion
from PySide6.QtGui import QColor, QGuiApplication, QPixmap
from PySide6.QtWidgets import QVBoxLayout, QWidget

from wizard.gui.app import application
from wizard.gui.driver import breathe
from wizard.gui.icons import icon
from wizard.gui.widgets.text import label
from wizard.resource import resource
from wizard.selftest.model import SelfTestError

SIZE = (240, 120)
COLOUR = QColor("#1b6e37")


def look() -> Mapping[str, Any]:
    """Show a window for a moment and read what was drawn.

    Returns platform, screen (WIDTHxHEIGHT), Qt's version and how many languages Qt's texts are
    in. Raises SelfTestError "window" or "translations". Without any screen Qt ends the program.
    """
    application()
    _draw()
    languages = _languages()
    size = QGuiApplication.primaryScreen().size()
    return {
        "platform": QGuiApplication.platformName(),
        "screen": f"{size.width()}x{size.height()}",
        "qt": qVersion(),
        "languages": languages,
    }


def _draw() -> None:
    window = QWidget()
    window.setWindowTitle("CHT Offline Setup")
    window.setStyleSheet(f"background: {COLOUR.name()}")
    column = QVBoxLayout(window)
    column.addWidget(label(window.windowTitle()))
    picture = icon("app").pixmap(48, 48)
    window.resize(*SIZE)
    window.show()
    breathe(200)
    seen = window.grab()
    window.close()
    if _colours(seen) < 2 or seen.toImage().pixelColor(1, 1) != COLOUR:
        raise SelfTestError("window", "nothing was drawn")
    if _colours(picture) < 2:
        raise SelfTestError("window", "no icon was drawn")


def _colours(picture: QPixmap) -> int:
    image = picture.toImage()
    return len(
        {image.pixel(x, y) for x in range(image.width()) for y in range(0, image.height(), 2)}
    )


def _languages() -> int:
    """Load every translation there is; return how many of Qt's own there are."""
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    qt = sorted(Path(folder).glob("qtbase_*.qm"))
    broken = [
        path.name
        for path in (*qt, *resource("translations").glob("*.qm"))
        if not QTranslator().load(str(path))
    ]
    if broken or not qt:
        raise SelfTestError("translations", names=", ".join(broken) or "qtbase_*.qm")
    return len(qt)
