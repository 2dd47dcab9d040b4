"""The log: what happened, by a white list, so that it can be sent to anybody.

A line holds nothing but words of this program's own: an event's name, fields whose names stand
in `SAFE`, codes, and places in the code. What people typed, what servers said and what
exceptions carry is left out, because nobody can know what is in it.
"""

from __future__ import annotations

import contextlib
import logging
import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler, qVersion

from wizard import __version__
from wizard.gui.desk import Desk
from wizard.remote.login import LOG as SSH
from wizard.visit import Progress

FILE = "window.log"
SIZE, KEPT = 500_000, 3  # bytes of a file, and how many older ones stay

SAFE = frozenset(
    {
        "code", "connected", "file", "index", "kind", "platform", "practice", "program", "python",
        "qt", "seconds", "state", "step", "walk",
    }
)  # fmt: skip
"""Names of fields whose values are this program's own words or numbers."""

HIDDEN = "<left out>"

_OURS, _QT = "wizard", "qt"
_FOREIGN = {"paramiko": logging.WARNING, SSH: logging.WARNING, _QT: logging.WARNING}
"""Others who may write here, and from which level on; paramiko also writes under a name of ours."""

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}

Secrets = Callable[[], Iterable[str]]
OnFatal = Callable[[str], None]


def note(event: str, **fields: object) -> None:
    """Write an event; `event` is a literal, fields outside `SAFE` are left out."""
    logging.getLogger(_OURS).info(event, extra={"fields": fields})


class WhiteList(logging.Formatter):
    """Makes a line of what is known to be harmless, and of nothing else.

    `secrets` returns what is secret at this moment: the last net, for words of paramiko and Qt.
    """

    def __init__(self, secrets: Secrets) -> None:
        super().__init__()
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        moment = datetime.fromtimestamp(record.created, UTC)
        head = f"{moment:%Y-%m-%dT%H:%M:%S}Z {record.levelname.lower()} {record.name}"
        words = [str(record.msg), *self._fields(record)]
        line = " ".join(each.replace("\n", " ") for each in words)
        if any(secret in line for secret in self._secrets() if secret):
            line = HIDDEN
        if record.exc_info and record.exc_info[0] is not None:
            line = "\n".join([line, *frames(record.exc_info[0], record.exc_info[2])])
        return f"{head} {line}"

    def _fields(self, record: logging.LogRecord) -> Iterator[str]:
        for name, value in getattr(record, "fields", {}).items():
            known = name in SAFE and (isinstance(value, int | float) or _plain(value))
            yield f"{name}={value if known else HIDDEN}"


def _plain(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and len(value) <= 120


class Listed(logging.Filter):
    """Lets nobody write but those who are listed: paramiko tells what servers say."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether this record may be written."""
        name = record.name
        for room, level in _FOREIGN.items():
            if name == room or name.startswith(f"{room}."):
                return record.levelno >= level
        return name == _OURS or name.startswith(f"{_OURS}.")


def frames(kind: type[BaseException], trace: TracebackType | None) -> list[str]:
    """Return where an exception came from: files and lines without values, then its type.

    A value may be a password, and so may the text of an exception.
    """
    found = []
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append(f"  {code.co_filename}, line {trace.tb_lineno}, in {code.co_name}")
        trace = trace.tb_next
    return [*found, f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")]


class _File(RotatingFileHandler):
    """Says nothing when it cannot write: a full disk must not stop anybody."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Let the line be lost."""

    def close(self) -> None:
        """Close, written or not."""
        with contextlib.suppress(OSError):
            super().close()


class Log:
    """The log of one run in `folder`; `close` ends it.

    Without a place to write (a full or read-only disk) there is no log, and nobody is stopped.
    """

    def __init__(self, folder: Path, secrets: Secrets = tuple) -> None:
        self.path = folder / FILE
        self._handler: logging.Handler = logging.NullHandler()
        try:
            self._handler = _File(self.path, maxBytes=SIZE, backupCount=KEPT, encoding="utf-8")
        except OSError:
            self.path = Path()
        self._handler.setFormatter(WhiteList(secrets))
        self._handler.addFilter(Listed())
        ours = logging.getLogger(_OURS)
        self._level = ours.level
        ours.setLevel(logging.INFO)
        logging.getLogger().addHandler(self._handler)
        note(
            "start",
            program=__version__,
            python=platform.python_version(),
            qt=qVersion(),
            platform=f"{sys.platform} {platform.machine()} {platform.release()}",
        )

    def follow(self, desk: Desk) -> None:
        """Write down the walk and what the visit does, without what it is done with."""
        last: list[tuple[object, ...]] = []

        def step() -> None:
            now = (desk.flow.walk.value, desk.flow.step.value, desk.practice, desk.connected)
            if last != [now]:
                last[:] = [now]
                note("step", walk=now[0], step=now[1], practice=now[2], connected=now[3])

        def progress(progress: Progress) -> None:
            if progress.kind != "log":  # a log line of the server's is not ours
                note(
                    "progress",
                    kind=progress.kind,
                    code=progress.code,
                    index=progress.index,
                    state=progress.state,
                    seconds=progress.seconds,
                )

        desk.flow_changed.connect(step)
        desk.progress.connect(progress)

    def close(self) -> None:
        """Write no more."""
        note("end")
        ours, root = logging.getLogger(_OURS), logging.getLogger()
        ours.setLevel(self._level)
        root.removeHandler(self._handler)
        self._handler.close()


class QtMessages:
    """Leads what Qt has to say into the log; `on_fatal` hears what Qt is about to die of."""

    def __init__(self, on_fatal: OnFatal | None = None) -> None:
        self.on_fatal = on_fatal
        self._before = qInstallMessageHandler(self._hear)

    def _hear(self, kind: QtMsgType, _context: QMessageLogContext, message: str | None) -> None:
        text = message or ""
        logging.getLogger(_QT).log(_LEVELS.get(kind, logging.WARNING), text)
        if kind is QtMsgType.QtFatalMsg and self.on_fatal is not None:
            self.on_fatal(text)

    def close(self) -> None:
        """Give Qt its own way back."""
        qInstallMessageHandler(self._before)
