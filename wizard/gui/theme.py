"""Colours, type sizes and spacing as tokens; palette and style sheet are made from them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from string import Template

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget

from wizard.resource import resource

SPACE = 8  # logical pixels; every distance is a multiple of half of it
PICTURES = ("tick", "arrow")  # in resources/style, one for each scheme


@dataclass(frozen=True)
class Tokens:
    """The colours of one scheme, by role. A test holds 4.5:1 for all pairs of text on ground."""

    window: str
    surface: str
    side: str
    text: str
    muted: str
    line: str
    control: str  # the border of inputs: 3:1 on surface (WCAG 2.2, 1.4.11)
    accent: str
    accent_hover: str
    on_accent: str
    accent_soft: str
    ok: str
    ok_soft: str
    warn: str
    warn_soft: str
    err: str
    err_soft: str
    practice: str
    on_practice: str


LIGHT = Tokens(
    window="#f6f7f9",
    surface="#ffffff",
    side="#eceff3",
    text="#18212b",
    muted="#55616f",
    line="#d9dfe6",
    control="#7f8a97",
    accent="#0b6570",
    accent_hover="#084e57",
    on_accent="#ffffff",
    accent_soft="#dff0f1",
    ok="#1b6e37",
    ok_soft="#e2f3e6",
    warn="#7d5000",
    warn_soft="#fcf0d6",
    err="#a8231b",
    err_soft="#fbe7e5",
    practice="#5b3a8c",
    on_practice="#ffffff",
)

DARK = Tokens(
    window="#13171c",
    surface="#1b2128",
    side="#171c22",
    text="#e8ecf1",
    muted="#a7b2bf",
    line="#313b46",
    control="#75818e",
    accent="#56bcc8",
    accent_hover="#7bd0da",
    on_accent="#07191c",
    accent_soft="#173439",
    ok="#74cc8e",
    ok_soft="#18301f",
    warn="#e8b95c",
    warn_soft="#352a14",
    err="#f5968f",
    err_soft="#3b1f1d",
    practice="#c4a8ef",
    on_practice="#1d1030",
)

SHEET = Template("""
QDialog, QStackedWidget, QScrollArea, #page { background: $window; }
#side { background: $side; }
#footer { background: $surface; }
QFrame[role="line"] { background: $line; border: none; }
QLabel[role="brand"] { font-size: ${brand}pt; font-weight: 600; }
QLabel[role="title"] { font-size: ${title}pt; font-weight: 600; color: $text; }
QLabel[role="lead"] { font-size: ${lead}pt; color: $muted; }
QLabel[role="heading"] { font-size: ${heading}pt; font-weight: 600; }
QLabel[role="label"] { font-weight: 600; }
QLabel[role="hint"] { color: $muted; }
QLabel[role="err"] { color: $err; }
QLabel[role="warn"] { color: $warn; }
QLabel[role="ok"] { color: $ok; }
QLabel[role="figure"] { font-size: ${title}pt; font-weight: 600; }
QLabel#practice { background: $practice; color: $on_practice; padding: 5px 16px; }

QFrame[role="card"] { background: $surface; border: 1px solid $line; border-radius: 8px; }
QFrame[role="drop"] { background: $surface; border: 2px dashed $control; border-radius: 8px; }
QFrame[role="drop"][state="over"] { background: $accent_soft; border-color: $accent; }
QFrame[role="notice"] { border-radius: 8px; border: 1px solid $line; background: $surface; }
QFrame[role="notice"][tone="ok"] { background: $ok_soft; border-color: $ok; }
QFrame[role="notice"][tone="warn"] { background: $warn_soft; border-color: $warn; }
QFrame[role="notice"][tone="err"] { background: $err_soft; border-color: $err; }
QFrame[role="notice"][tone="info"] { background: $accent_soft; border-color: $accent; }

QLineEdit, QComboBox, QSpinBox, QPlainTextEdit, QTextEdit {
    background: $surface; color: $text; border: 1px solid $control; border-radius: 6px;
    padding: 5px 8px; selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit:focus, QComboBox:focus, QSpinBox:focus, QPlainTextEdit:focus, QTextEdit:focus {
    border: 2px solid $accent; padding: 4px 7px;
}
QLineEdit[state="err"], QComboBox[state="err"], QSpinBox[state="err"] {
    border: 2px solid $err; padding: 4px 7px;
}
QLineEdit[state="warn"], QComboBox[state="warn"], QSpinBox[state="warn"] {
    border: 2px solid $warn; padding: 4px 7px;
}
QLineEdit:disabled, QComboBox:disabled, QSpinBox:disabled { color: $muted; background: $window; }

QPushButton {
    background: $surface; color: $text; border: 1px solid $control; border-radius: 6px;
    padding: 6px 14px;
}
QPushButton:hover { background: $accent_soft; border-color: $accent; }
QPushButton:focus { border: 2px solid $accent; padding: 5px 13px; }
QPushButton:disabled { color: $muted; border-color: $line; background: $window; }
QPushButton[primary="true"] {
    background: $accent; color: $on_accent; border-color: $accent; font-weight: 600;
    padding: 6px 20px;
}
QPushButton[primary="true"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[primary="true"]:focus { border: 2px solid $text; padding: 5px 19px; }
QPushButton[primary="true"]:disabled { background: $line; border-color: $line; color: $muted; }
QPushButton[role="link"] {
    background: transparent; border: 2px solid transparent; color: $accent; padding: 2px 4px;
    text-align: left;
}
QPushButton[role="link"]:hover { text-decoration: underline; }
QPushButton[role="link"]:focus { border: 2px solid $accent; }
QPushButton[role="choice"] {
    background: $surface; border: 1px solid $line; border-radius: 8px; padding: 0; text-align: left;
}
QPushButton[role="choice"]:hover { border-color: $accent; background: $accent_soft; }
QPushButton[role="choice"]:focus { border: 2px solid $accent; }
QPushButton[role="choice"]:checked { border: 2px solid $accent; background: $accent_soft; }

QListWidget#steps { background: transparent; border: none; outline: none; }
QTableView, QTreeView, QListView {
    background: $surface; border: 1px solid $line; border-radius: 6px;
    gridline-color: $line; selection-background-color: $accent_soft; selection-color: $text;
}
QTableView:focus, QTreeView:focus, QListView:focus { border: 2px solid $accent; }
QHeaderView::section {
    background: $side; color: $muted; border: none; border-bottom: 1px solid $line;
    padding: 5px 8px; font-weight: 600;
}
QTabWidget::pane { border: 1px solid $line; border-radius: 6px; background: $surface; }
QTabBar::tab {
    padding: 7px 16px; color: $muted; background: transparent; border: 2px solid transparent;
}
QTabBar::tab:selected { color: $text; font-weight: 600; border-bottom-color: $accent; }
QTabBar::tab:focus { border: 2px solid $accent; }
QProgressBar { background: $line; border: none; border-radius: 3px; max-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url("$arrow"); width: 14px; height: 14px; }
QCheckBox::indicator {
    width: ${box}px; height: ${box}px; border: 1px solid $control; border-radius: 4px;
    background: $surface;
}
QCheckBox::indicator:checked {
    background: $accent; border-color: $accent; image: url("$tick");
}
QRadioButton::indicator {
    width: ${round}px; height: ${round}px; border: 1px solid $control;
    border-radius: ${radius}px; background: $surface;
}
QRadioButton::indicator:checked {
    border-color: $accent;
    background: qradialgradient(cx: 0.5, cy: 0.5, radius: 0.5, fx: 0.5, fy: 0.5,
        stop: 0 $accent, stop: 0.55 $accent, stop: 0.62 $surface, stop: 1 $surface);
}
QCheckBox::indicator:disabled { border-color: $line; background: $window; }
QCheckBox, QRadioButton { spacing: 8px; padding: 2px; border: 2px solid transparent; }
QCheckBox:focus, QRadioButton:focus { border: 2px solid $accent; border-radius: 6px; }
QToolTip { background: $surface; color: $text; border: 1px solid $line; padding: 4px; }
""")


def palette(tokens: Tokens) -> QPalette:
    """Return the palette of one scheme, for whatever the style sheet does not name."""
    made = QPalette()
    role = QPalette.ColorRole
    for target, colour in (
        (role.Window, tokens.window),
        (role.WindowText, tokens.text),
        (role.Base, tokens.surface),
        (role.AlternateBase, tokens.window),
        (role.ToolTipBase, tokens.surface),
        (role.ToolTipText, tokens.text),
        (role.PlaceholderText, tokens.muted),
        (role.Text, tokens.text),
        (role.Button, tokens.surface),
        (role.ButtonText, tokens.text),
        (role.Highlight, tokens.accent),
        (role.HighlightedText, tokens.on_accent),
        (role.Link, tokens.accent),
        (role.LinkVisited, tokens.accent),
        (role.Mid, tokens.line),
        (role.Accent, tokens.accent),
    ):
        made.setColor(target, QColor(colour))
    for target in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, target, QColor(tokens.muted))
    return made


def sheet(tokens: Tokens, points: float) -> str:
    """Return the style sheet of one scheme for a base font of so many points."""
    sizes = {"brand": 1.15, "title": 1.75, "lead": 1.1, "heading": 1.2}
    colours = {f.name: getattr(tokens, f.name) for f in fields(tokens)}
    scheme = "dark" if tokens is DARK else "light"
    pictures = {name: (pictures_folder() / f"{name}_{scheme}.svg").as_posix() for name in PICTURES}
    scaled = {k: f"{points * v:.1f}" for k, v in sizes.items()}
    ring = 2 * round(points * 0.7)  # even, so that half of it makes a circle
    return SHEET.substitute(
        colours,
        **scaled,
        **pictures,
        box=round(points * 1.5),
        round=ring,
        radius=ring // 2 + 1,
    )


def pictures_folder() -> Path:
    """Return where the pictures of the style sheet lie: it cannot draw in a colour of its own."""
    return resource("style")


class Theme(QObject):
    """The look of the whole program; `choose` takes "system", "light" or "dark".

    With a high-contrast setting of the system nothing of ours is laid over it.
    """

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._choice = "system"
        self.tokens = LIGHT
        self.plain = False
        self._system = QPalette(app.palette())
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self.apply)
        hints.accessibility().contrastPreferenceChanged.connect(self.apply)

    def choose(self, choice: str) -> None:
        """Follow the system, or always light, or always dark."""
        self._choice = choice
        self.apply()

    def apply(self) -> None:
        """Lay the look over the application."""
        hints = QGuiApplication.styleHints()
        self.plain = (
            hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast
        )
        dark = self._choice == "dark" or (
            self._choice == "system" and hints.colorScheme() == Qt.ColorScheme.Dark
        )
        self.tokens = DARK if dark else LIGHT
        self._app.setStyle(QStyleFactory.create("Fusion"))
        if self.plain:
            self._app.setPalette(self._system)
            self._app.setStyleSheet("")
        else:
            self._app.setPalette(palette(self.tokens))
            self._app.setStyleSheet(sheet(self.tokens, self._app.font().pointSizeF()))
        self.changed.emit()


def theme() -> Theme:
    """Return the theme of the running application; made on first use."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise RuntimeError("there is no application yet")
    found = app.findChild(Theme)
    return found if isinstance(found, Theme) else Theme(app)


def restyle(widget: QWidget, **properties: object) -> None:
    """Set dynamic properties and let the style sheet see them."""
    for name, value in properties.items():
        widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
