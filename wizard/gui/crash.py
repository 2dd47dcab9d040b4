"""What happens when the program itself has a fault: nothing typed is lost, and it can be told."""

from __future__ import annotations

import faulthandler
import logging
import os
import platform
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TextIO

import PySide6
from PySide6.QtCore import QObject, QThread, Slot
from PySide6.QtGui import QGuiApplication

from wizard import __version__
from wizard.gui.log import frames
from wizard.gui.mailbox import Mailbox
from wizard.gui.shell import Shell
from wizard.problem import UserError

MOST = 20  # files of one run: a fault while painting happens sixty times a second


class Crashes(QObject):
    """Catches what nobody caught, in every thread, from `install` to `close`.

    It keeps the draft, writes `crash-TIME.txt` into `folder` (frames without values, versions; no
    text of an exception, for that may hold anything) and says so beside the work. The same fault
    is written once. `fault-PID.txt` is where Python puts its last frames when Qt or the system
    ends the program; it is there after the run only if that happened.
    """

    def __init__(self, folder: Path, shell: Shell) -> None:
        super().__init__()
        self.folder, self.shell = folder, shell
        self._lock = threading.RLock()
        self._at_work = False
        self._seen: set[str] = set()
        self._told = False
        self._fault: TextIO | None = None
        self._mailbox = Mailbox(self)
        shell.desk.runner.defect.connect(self.defect)

    def install(self) -> None:
        """Take over all hooks."""
        self._hooks = sys.excepthook, threading.excepthook
        sys.excepthook = self.hook
        threading.excepthook = self.thread_hook
        try:
            self._fault = (self.folder / f"fault-{os.getpid()}.txt").open("w", encoding="utf-8")
        except OSError:
            return
        faulthandler.enable(self._fault)

    def close(self) -> None:
        """Give all hooks back."""
        sys.excepthook, threading.excepthook = self._hooks
        if self._fault is not None:
            faulthandler.disable()
            path = Path(self._fault.name)
            self._fault.close()
            if not path.stat().st_size:
                path.unlink()

    # -------------------------------------------------------------------- the ways in

    def hook(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Take what reached the top of the window's thread."""
        if issubclass(kind, KeyboardInterrupt):
            self.shell.close()
        else:
            self.take(error, trace)

    def thread_hook(self, args: threading.ExceptHookArgs) -> None:
        """Take what ended another thread."""
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            self.take(args.exc_value, args.exc_traceback)

    @Slot(object)
    def defect(self, error: BaseException) -> None:
        """Take what a worker raised that is no message for a user."""
        self.take(error, error.__traceback__)

    def take(self, error: BaseException, trace: TracebackType | None) -> None:
        """Note a fault. Callable from every thread; a fault in here ends in the log."""
        with self._lock:
            if self._at_work:
                return
            self._at_work = True
            try:
                told = self._note(error, trace)
            except Exception:
                logging.getLogger("wizard").critical("defect in the crash handler")
                return
            finally:
                self._at_work = False
        if told is None:
            return
        if QThread.currentThread() is self.thread():  # at once: a fatal fault may follow
            self._tell(*told)
        else:
            self._mailbox.post(self._tell, *told)

    def _note(self, error: BaseException, trace: TracebackType | None) -> tuple[str, str] | None:
        """Write it down; return report and path, or None for a fault that is known already."""
        where = "\n".join(_chain(error, trace))
        if where in self._seen or len(self._seen) >= MOST:
            return None
        self._seen.add(where)
        logging.getLogger("wizard").error("defect", exc_info=(type(error), error, trace))
        text = self._report(where)
        return text, self._write(text)

    # ------------------------------------------------------------------- the report

    def _report(self, where: str) -> str:
        desk = self.shell.desk
        return "\n".join(
            (
                f"CHT Offline Setup {__version__}, {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
                f"Python {platform.python_version()}, PySide6 {PySide6.__version__}",
                f"{platform.platform()}, {QGuiApplication.platformName()}",
                f"walk {desk.flow.walk}, step {desk.flow.step}, practice {desk.practice}, "
                f"thread {threading.current_thread().name}",
                "",
                "Places in the program, without values:",
                where,
                "",
            )
        )

    def _write(self, text: str) -> str:
        """Return the path of the file, "" when there is no room for one."""
        moment = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        path = self.folder / f"crash-{moment}-{len(self._seen)}.txt"
        try:
            path.write_text(text, encoding="utf-8")
        except OSError:
            return ""
        return str(path)

    def _tell(self, text: str, path: str) -> None:
        kept = self._keep()
        if self._told:
            return
        self._told = True
        more = [self.tr("You can go on. If the window behaves oddly, close it and open it again.")]
        if kept:
            more.insert(0, self.tr("Your answers are saved."))
        more.append(
            self.tr("If a server was being changed, it ends that or puts everything back itself.")
        )
        if path:
            ask = self.tr("Send this file to whoever supports you. It holds no passwords: {path}")
            more.append("\n\n" + ask.format(path=path))
        else:
            ask = self.tr("Press Copy and send the text to whoever supports you.")
            more.append("\n\n" + ask)
        self.shell.dialogs.tell(
            self.shell,
            self.tr("Something in this program went wrong."),
            " ".join(more).replace(" \n", "\n"),
            {self.tr("Copy"): lambda: QGuiApplication.clipboard().setText(text)},
            self.tr("Close"),
            self._over,
        )

    def _over(self) -> None:
        self._told = False

    def _keep(self) -> bool:
        """Save the draft; return whether it lies in a file now."""
        desk, failed = self.shell.desk, []

        def not_saved(error: UserError) -> None:
            failed.append(error)

        desk.not_saved.connect(not_saved)
        try:
            desk.save()
        finally:
            desk.not_saved.disconnect(not_saved)
        return bool(desk.key) and not failed


def _chain(error: BaseException, trace: TracebackType | None) -> list[str]:
    """Return the frames of an exception and of those that led to it, the first one first."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    found = _chain(before, before.__traceback__) if before is not None else []
    return [*found, *frames(type(error), trace)]
