"""The help: one section for each step, in a window beside the work."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QTextBlockFormat, QTextCursor
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from wizard.gui.theme import SPACE, theme
from wizard.gui.widgets.text import label
from wizard.resource import resource
from wizard.site.flow import Step

START = "start"
TOPICS = (START, *(step.value for step in Step))
SIZE = (560, 600)


class Help(QDialog):
    """Shows `resources/help/TOPIC.md`; it stays open while people work, and needs no Internet.

    Where the documents were built as a site (`make site`), a button leads to this section of them.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Help"))
        self.topic = START
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(int(1.5 * SPACE))
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        self.choice = QComboBox()
        self.choice.setAccessibleName(self.tr("Section"))
        for topic in TOPICS:
            self.choice.addItem(heading(topic), topic)
        caption = label(self.tr("&Section"), "label")
        caption.setBuddy(self.choice)
        row.addWidget(caption)
        row.addWidget(self.choice, 1)
        column.addLayout(row)
        self.browser = QTextBrowser()
        self.browser.setOpenLinks(False)
        self.browser.anchorClicked.connect(self._follow)
        self.browser.setAccessibleName(self.tr("Help"))
        column.addWidget(self.browser, 1)
        self.guide = QPushButton(self.tr("&Whole guide"))
        self.guide.setToolTip(self.tr("Opens in the browser, at this section. No Internet needed."))
        self.guide.setAutoDefault(False)
        self.guide.clicked.connect(self._open_guide)
        close = QPushButton(self.tr("&Close"))
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        last = QHBoxLayout()
        last.addWidget(self.guide)
        last.addStretch(1)
        last.addWidget(close)
        column.addLayout(last)
        self.choice.activated.connect(lambda _: self._show(self.choice.currentData()))
        theme().changed.connect(self._redraw)
        self.resize(*SIZE)

    def show_topic(self, topic: str) -> None:
        """Open the window at a section, or bring it to the front there."""
        self._show(topic)
        self.show()
        self.raise_()
        self.activateWindow()
        self.browser.setFocus()

    def _show(self, topic: str) -> None:
        self.topic = topic
        self.guide.setVisible(guide(topic) is not None)
        self.choice.setCurrentIndex(self.choice.findData(topic))
        document = self.browser.document()
        document.setDocumentMargin(2 * SPACE)
        self.browser.setMarkdown(text(topic))
        cursor = QTextCursor(document)
        cursor.select(QTextCursor.SelectionType.Document)
        airy = QTextBlockFormat()
        airy.setLineHeight(130, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor.mergeBlockFormat(airy)
        self.browser.verticalScrollBar().setValue(0)

    def _open_guide(self) -> None:
        path = guide(self.topic)
        if path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    def _redraw(self) -> None:
        if self.browser.toPlainText():
            self._show(self.topic)

    def _follow(self, link: QUrl) -> None:
        topic = link.fileName().removesuffix(".md")
        if topic in TOPICS:
            self._show(topic)


def guide(topic: str) -> Path | None:
    """Return the page that leads to a section of the whole guide; None where it was not built."""
    # Where a package leads elsewhere by a link, browsers that are shut in see only that place.
    path = resource("site", "help", f"{topic}.html").resolve()
    return path if path.is_file() else None


def text(topic: str) -> str:
    """Return the Markdown of a section. Raises OSError for one that is not there."""
    return (resource("help") / f"{topic}.md").read_text(encoding="utf-8")


def heading(topic: str) -> str:
    """Return the first line of a section, which is its title."""
    return text(topic).partition("\n")[0].removeprefix("# ").strip()
