"""Phones arriving: a row for each device on the LAN, for as long as somebody looks."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QPushButton

from wizard.arrivals import Arrivals, Count, Row, count
from wizard.gui.announce import announce
from wizard.gui.desk import Desk
from wizard.gui.theme import SPACE
from wizard.gui.widgets.card import Card, Notice
from wizard.gui.widgets.rows import Rows
from wizard.gui.widgets.text import label
from wizard.problem import UserError
from wizard.watching import Watcher

LOOK = 300  # milliseconds between two looks at what was heard: no more often is anything drawn
SHOWN = 30
"""Rows at once. Of more devices those are left out that opened the CHT longest ago."""


class ArrivalsPanel(Card):
    """Watches between `begin` and `end`; what was seen last stays to be read."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(self.tr("Phones arriving"))
        self._desk = desk
        self._watcher: Watcher | None = None
        self._room: Arrivals | None = None
        self._told: dict[str, Row] = {}
        self._paused = False
        self.standing = Count()
        self._what = label("", "hint")
        self.body.addWidget(self._what)
        self.trouble = Notice()
        self.body.addWidget(self.trouble)
        line = QHBoxLayout()
        line.setSpacing(SPACE)
        self.counts = label("", "label")
        self.button = QPushButton()
        self.button.setAutoDefault(False)
        self.button.clicked.connect(self._press)
        line.addWidget(self.counts, 1)
        line.addWidget(self.button)
        self.body.addLayout(line)
        self.rows = Rows()
        self.body.addWidget(self.rows)
        self.more = label("", "hint")
        self.body.addWidget(self.more)
        self._timer = QTimer(self, interval=LOOK)
        self._timer.timeout.connect(self.look)
        self._show()

    # ------------------------------------------------------------------- watching

    @property
    def watching(self) -> bool:
        """Whether it watches now."""
        return self._watcher is not None

    def begin(self) -> None:
        """Watch from now on, unless it was stopped by hand."""
        visit = self._desk.visit
        if self.watching or self._paused or visit is None or not self._desk.connected:
            return
        try:
            watching = visit.watching()
        except UserError:  # the connection went just now; whoever asks next is told
            return
        self.trouble.tell("warn", "")
        self._room = Arrivals(visit.expected())
        self._told.clear()
        self.rows.clear()
        self.counts.setText("")
        self.standing = Count()
        self._watcher = Watcher(watching)
        self._timer.start()
        self._show()

    def end(self) -> None:
        """Watch no more: nobody looks."""
        self._timer.stop()
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher = None
        self._show()

    def leave(self) -> None:
        """The page is left: when it is entered again, it watches again."""
        self._paused = False
        self.end()

    def _press(self) -> None:
        self._paused = self.watching
        if self.watching:
            self.end()
        else:
            self.begin()

    def look(self) -> None:
        """Show what was heard since the last look, and who has stopped by now."""
        watcher, room = self._watcher, self._room
        if watcher is None or room is None:
            return
        room.hear(watcher.take())
        self.show_rows(room.rows(watcher.now))
        if not watcher.running:
            error = watcher.error
            self._paused = True  # begun again by hand only
            self.end()
            if isinstance(error, UserError):
                self.trouble.tell("warn", error.message, error.cure)
            elif error is not None:
                self._desk.runner.defect.emit(error)

    # -------------------------------------------------------------------- showing

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show how devices stand; only what has changed is drawn anew."""
        chosen = _chosen(rows)
        for mac in [mac for mac in self._told if mac not in {row.mac for row in chosen}]:
            self.rows.forget(mac)
            del self._told[mac]
        news = []
        for row in chosen:
            before = self._told.get(row.mac)
            if before is not None and _looks(before) == _looks(row):
                continue
            self._told[row.mac] = row
            through = row.state == "passed"
            so_far = self.tr("So far: {steps}").format(steps=row.trail) if row.trail else ""
            text = "\n".join(filter(None, (row.about, "" if through else so_far)))
            title = f"{row.title}: {row.message}"
            seconds = row.seconds if through else 0.0
            self.rows.tell(row.mac, row.state, title, text, row.cure, seconds)
            if row.state != "running" and (before is None or before.state != row.state):
                news.append(f"{row.title}: {row.message}")
        found = self.standing = count(rows)
        if found.sentence != self.counts.text() and self.watching:
            self.counts.setText(found.sentence or self.tr("Nobody has come yet."))
        left = len(rows) - len(chosen)
        self.more.setText(self.tr("{count} more are not shown.").format(count=left))
        self.more.setVisible(left > 0)
        announce(self, news[0] if len(news) == 1 else found.sentence if news else "")

    def _show(self) -> None:
        if self.watching:
            what = self.tr(
                "The server tells who comes. Switch the Wi-Fi of a phone off and on, then open "
                "the CHT on it. Nothing of this is kept."
            )
            if self._desk.practice:
                what = self.tr("These phones are pretended; what they send is real.") + f" {what}"
            self._what.setText(what)
            self.counts.setText(self.counts.text() or self.tr("Nobody has come yet."))
        else:
            self._what.setText(self.tr("Nobody watches now."))
        self.button.setText(self.tr("Stop &watching") if self.watching else self.tr("&Watch"))
        self.more.setVisible(bool(self.more.text()) and self.more.isVisibleTo(self))


def _looks(row: Row) -> tuple[object, ...]:
    """What can be seen of a row."""
    return row.state, row.code, row.title, row.about, row.message, row.steps


def _chosen(rows: Sequence[Row]) -> list[Row]:
    """Leave out those that are through, then those on the way, until the rest can be shown."""
    over = len(rows) - SHOWN
    if over <= 0:
        return list(rows)
    order = {"passed": 0, "running": 1, "warning": 2, "failed": 3}
    out = {row.mac for row in sorted(rows, key=lambda row: order[row.state])[:over]}
    return [row for row in rows if row.mac not in out]
