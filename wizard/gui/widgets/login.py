"""Who logs in to the server, and how: with a password or with a key file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from wizard.gui.desk import Secrets
from wizard.gui.dialogs import Dialogs
from wizard.gui.theme import SPACE
from wizard.gui.widgets.field import Field, line_edit
from wizard.gui.widgets.fold import Fold
from wizard.gui.widgets.password import PasswordEdit
from wizard.gui.widgets.text import label
from wizard.site import model


class Login(QWidget):
    """User, then password or key file; what is rarely needed is folded away.

    `fields` are by their path; the secrets ("server.password", "server.passphrase",
    "server.sudo") are part of no site. `way_changed`: the user chose another way to log in;
    `key_left`: a key file or its passphrase was entered, which is worth a look.
    """

    way_changed = Signal()
    key_left = Signal()

    def __init__(self, dialogs: Dialogs) -> None:
        super().__init__()
        self._dialogs = dialogs
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        self.user = Field(
            "server.user",
            self.tr("&User"),
            line_edit(),
            self.tr("root, or somebody who may use sudo"),
            technical=True,
        )
        self.password = self._secret(
            "server.password", self.tr("Pass&word"), self.tr("Not written into any file")
        )
        self.key = Field(
            "server.key",
            self.tr("&File of the key"),
            line_edit(),
            self.tr("The private half, often called id_ed25519"),
            technical=True,
        )
        self.passphrase = self._secret(
            "server.passphrase", self.tr("Passphrase of the ke&y"), self.tr("Empty if it has none")
        )
        port = QSpinBox()
        port.setRange(1, 65535)
        port.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.port = Field("server.port", self.tr("Por&t of SSH"), port)
        self.sudo = self._secret(
            "server.sudo",
            self.tr("Passwor&d for sudo"),
            self.tr("Only if it is not the password of the login"),
        )
        fields = (self.user, self.password, self.key, self.passphrase, self.port, self.sudo)
        self.fields: Mapping[str, Field] = {field.path: field for field in fields}
        column.addLayout(self._ways())
        top = Qt.AlignmentFlag.AlignTop
        first = QHBoxLayout()
        first.setSpacing(2 * SPACE)
        for field in (self.user, self.password, self.passphrase):
            first.addWidget(field, 1, top)
        column.addWidget(self._file())
        column.addLayout(first)
        self.remember = QCheckBox(self.tr("Keep the password in this &laptop's password store"))
        column.addWidget(self.remember)
        self.fold = Fold("")
        rare = QHBoxLayout()
        rare.setSpacing(2 * SPACE)
        rare.addWidget(self.port, 1, top)
        rare.addWidget(self.sudo, 2, top)
        self.fold.body.addLayout(rare)
        column.addWidget(self.fold)
        self.shorten(False)
        self._show_way()

    @staticmethod
    def _secret(path: str, caption: str, hint: str) -> Field:
        return Field(path, caption, PasswordEdit(), hint)

    def _ways(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2 * SPACE)
        about = label(self.tr("Log in with"), "label")
        about.setWordWrap(False)
        row.addWidget(about)
        self.by_password = QRadioButton(self.tr("a &password"))
        self.by_key = QRadioButton(self.tr("a &key file"))
        self.by_password.setAccessibleName(self.tr("Log in with a password"))
        self.by_key.setAccessibleName(self.tr("Log in with a key file"))
        self.by_password.setChecked(True)
        group = QButtonGroup(self)
        for way in (self.by_password, self.by_key):
            group.addButton(way)
            row.addWidget(way)
        group.buttonClicked.connect(self._choose)
        row.addStretch(1)
        return row

    def _file(self) -> QWidget:
        self._key = QWidget()
        row = QHBoxLayout(self._key)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        row.addWidget(self.key, 1)
        self.browse = QPushButton(self.tr("B&rowse"))
        self.browse.setAutoDefault(False)
        self.browse.setAccessibleName(self.tr("Browse for the key file"))
        self.browse.clicked.connect(self._browse)
        row.addWidget(self.browse)
        for field in (self.key, self.passphrase):
            editor = field.editor
            assert isinstance(editor, QLineEdit)
            editor.editingFinished.connect(self.key_left)
        return self._key

    @property
    def with_key(self) -> bool:
        """Whether a key file is used."""
        return self.by_key.isChecked()

    def shorten(self, short: bool) -> None:
        """Leave out what a remembered site says already."""
        self.port.setVisible(not short)
        long = self.tr("More: port, another password for sudo")
        self.fold.set_title(self.tr("Another password for sudo") if short else long)

    def show_login(self, login: model.Login) -> None:
        """Show who logs in, and how."""
        self.user.show_value(login.user)
        self.port.show_value(login.port)
        if login.key:
            self.key.show_value(login.key)
            self.by_key.setChecked(True)
            self._show_way()

    def use_password(self, user: str, password: str) -> None:
        """Fill user and password in."""
        self.user.show_value(user)
        self.password.show_value(password)
        self.by_password.setChecked(True)
        self._choose()

    def show_password(self, password: str) -> None:
        """Fill a password in that was kept, unless one was typed meanwhile."""
        if not _text(self.password):
            self.password.show_value(password)

    def read(self, login: model.Login) -> model.Login:
        """Return the login with what was entered; no secret is in it."""
        key = self.key.value if self.with_key else ""
        return replace(login, user=self.user.value, port=int(self.port.value), key=key)

    def keep(self, secrets: Secrets) -> None:
        """Put the secrets where they are kept until the window closes; blanks count."""
        secrets.password = "" if self.with_key else _text(self.password)
        secrets.key_passphrase = _text(self.passphrase) if self.with_key else ""
        secrets.sudo_password = _text(self.sudo)

    def _choose(self) -> None:
        self._show_way()
        self.way_changed.emit()

    def _show_way(self) -> None:
        self._key.setVisible(self.with_key)
        self.passphrase.setVisible(self.with_key)
        self.password.setVisible(not self.with_key)

    def _browse(self) -> None:
        def taken(path: Path) -> None:
            self.key.show_value(str(path))
            self.key.edited.emit()
            self.key_left.emit()

        title = self.tr("Choose the key file")
        self._dialogs.open_file(self, title, self.tr("All files (*)"), taken)


def _text(field: Field) -> str:
    editor = field.editor
    assert isinstance(editor, QLineEdit)
    return editor.text()
