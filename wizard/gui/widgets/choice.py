"""One of a few answers, each on a card that says what it means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from wizard.gui.theme import SPACE
from wizard.gui.widgets.picture import Picture
from wizard.gui.widgets.text import label


@dataclass(frozen=True)
class Option:
    """An answer: its value, what it is called, what to know of it, and an icon."""

    value: str
    title: str
    text: str = ""
    icon: str = ""


class ChoiceCard(QPushButton):
    """A button as wide as the page: icon, title, text, and a mark while it is chosen."""

    def __init__(self, option: Option) -> None:
        super().__init__()
        self.option = option
        self.setProperty("role", "choice")
        self.setAutoDefault(False)
        self.setCheckable(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(int(1.5 * SPACE), SPACE, int(1.5 * SPACE), SPACE)
        row.setSpacing(int(1.5 * SPACE))
        self._mark = Picture("circle", "muted", em=1.1)
        row.addWidget(self._mark)
        if option.icon:
            row.addWidget(Picture(option.icon, "accent", em=1.5))
        column = QVBoxLayout()
        column.setSpacing(SPACE // 4)
        column.addWidget(label(option.title, "label"))
        if option.text:
            column.addWidget(label(option.text, "hint"))
        row.addLayout(column, 1)
        for part in self.findChildren(QWidget):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(option.title)
        self.setAccessibleDescription(option.text)
        self.toggled.connect(self._draw)

    def _draw(self, checked: bool) -> None:
        self._mark.show_icon("ok" if checked else "circle", "accent" if checked else "muted")

    def sizeHint(self) -> QSize:
        """As large as what is inside."""
        inside = self.layout()
        return inside.sizeHint() if inside is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        """As small as what is inside."""
        inside = self.layout()
        return inside.minimumSize() if inside is not None else super().minimumSizeHint()


class Choices(QWidget):
    """Cards of which one is chosen; arrow keys go from one to the next.

    `chosen` carries the value that the user chose. Fits as the editor of a `Field`.
    """

    chosen = Signal(str)

    def __init__(self, options: Sequence[Option] = ()) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE)
        self._group = QButtonGroup(self)
        self._group.buttonClicked.connect(self._choose)
        self._cards: dict[str, ChoiceCard] = {}
        self.offer(options)

    def offer(self, options: Sequence[Option]) -> None:
        """Show other answers, unless they are the same; the value stays where it can."""
        if [card.option for card in self._cards.values()] == list(options):
            return
        value, focused = self.value, self._focused()
        for card in self._cards.values():
            self._group.removeButton(card)
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = {}
        before = self._before()
        for option in options:
            card = ChoiceCard(option)
            self._cards[option.value] = card
            self._group.addButton(card)
            self._column.addWidget(card)
            if before is not None:  # new widgets come last on the page otherwise
                QWidget.setTabOrder(before, card)
                before = card
        self.choose(value)
        if focused:
            self.setFocus()

    @property
    def value(self) -> str:
        """The value of the card that is chosen; "" while none is."""
        return next((value for value, card in self._cards.items() if card.isChecked()), "")

    def choose(self, value: str) -> None:
        """Show this answer, without telling anybody; with an unknown one none is chosen."""
        # An exclusive group keeps its last one.
        self._group.setExclusive(False)
        for own, card in self._cards.items():
            card.setChecked(own == value)
        self._group.setExclusive(True)
        proxy = self._cards.get(value) or next(iter(self._cards.values()), None)
        if proxy is not None:
            self.setFocusProxy(proxy)

    def card(self, value: str) -> ChoiceCard:
        """Return the card of a value."""
        return self._cards[value]

    def setAccessibleDescription(self, text: str) -> None:
        """Say a problem at the card that has the keyboard too."""
        super().setAccessibleDescription(text)
        for card in self._cards.values():
            own = card.option.text
            card.setAccessibleDescription(f"{own} {text}".strip())

    def _before(self) -> QWidget | None:
        """What Tab reaches right before the cards."""
        at = self.previousInFocusChain()
        while at is not None and at is not self and at.window() is self.window():
            if at.focusPolicy() & Qt.FocusPolicy.TabFocus and not self.isAncestorOf(at):
                return at
            at = at.previousInFocusChain()
        return None

    def _focused(self) -> bool:
        return any(card.hasFocus() for card in self._cards.values())

    def _choose(self, card: ChoiceCard) -> None:
        self.setFocusProxy(card)
        self.chosen.emit(card.option.value)
