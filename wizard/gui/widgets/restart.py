"""The offered restart test: what it does, its progress, and what it proved."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QPushButton

from wizard.check import Report
from wizard.gui.widgets.card import Card, Notice
from wizard.gui.widgets.rows import Rows
from wizard.gui.widgets.text import label
from wizard.restarting import Restarted
from wizard.visit import Progress

PHASES = ("restart", "restart-down", "check")


class RestartCard(Card):
    """Shows the test; the page owns what it does."""

    def __init__(self) -> None:
        super().__init__(self.tr("Does everything come back by itself?"))
        self.body.addWidget(
            label(
                self.tr(
                    "The restart test shows it: it restarts the server, waits until it is back, "
                    "and runs the live check. Phones cannot reach the CHT for some minutes. What "
                    "they have not sent yet stays on them and is sent afterwards."
                )
            )
        )
        self.notice = Notice()
        self.body.addWidget(self.notice)
        self.rows = Rows()
        self.rows.hide()
        self.body.addWidget(self.rows)
        row = QHBoxLayout()
        self.button = QPushButton(self.tr("&Restart test…"))
        self.button.setAutoDefault(False)
        row.addWidget(self.button)
        row.addStretch(1)
        self.body.addLayout(row)

    def begin(self) -> None:
        """Show that it begins."""
        self.notice.tell("info", "")
        self.rows.clear()
        for phase, text in zip(PHASES, self._texts(), strict=True):
            self.rows.tell(phase, "waiting", text)
        self.rows.show()

    def _texts(self) -> tuple[str, str, str]:
        return (
            self.tr("Restart the server"),
            self.tr("Wait until it lets us in again"),
            self.tr("Live check, until the CHT has started"),
        )

    def progress(self, progress: Progress) -> None:
        """Show where it is."""
        if progress.kind != "phase" or progress.code not in PHASES or not len(self.rows):
            return
        reached = PHASES.index(progress.code)
        for number, phase in enumerate(PHASES):
            state = "done" if number < reached else "running" if number == reached else "waiting"
            self.rows.tell(phase, state)

    def still(self, report: Report) -> None:
        """Tell that not everything is back yet."""
        broken = report.first_broken
        if broken is not None:
            text = self.tr("Not everything is back yet: “{name}”. Looking again.")
            self.rows.tell("check", "running", text=text.format(name=broken.name))

    def end(self, restarted: Restarted | None, report: Report | None) -> None:
        """Show what was proved; None: it did not come to that."""
        self.rows.hide()
        if restarted is None or report is None:
            return
        away = self.tr("The server was away for {seconds} s.").format(seconds=round(restarted.down))
        broken = report.first_broken
        if broken is not None:
            text = self.tr("After the restart this is broken: “{name}”.").format(name=broken.name)
            self.notice.tell("err", text, f"{broken.message} {broken.cure} {away}".strip())
        elif report.cancelled:
            text = self.tr("The server is back. The live check was stopped, so more is not proved.")
            self.notice.tell("warn", text, away)
        else:
            text = self.tr("After a restart everything came back by itself.")
            self.notice.tell("ok", text, away)
