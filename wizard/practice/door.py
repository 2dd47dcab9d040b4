"""Ports of loopback that are open only while what is pretended behind them is there."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Callable, Iterable

TICK = 0.02  # seconds between two looks at what is there
LOOPBACK = "127.0.0.1"


class Door:
    """A port of 127.0.0.1 that takes connections while it is open, and else refuses them."""

    def __init__(self, port: int = 0) -> None:
        self.open = False
        self._socket = _bound(port)
        self.port = int(self._socket.getsockname()[1])

    def set(self, wanted: bool) -> None:
        """Open or shut the door. A port that nobody listens on stays ours all the same."""
        if wanted and not self.open:
            self._socket.listen(16)
        elif self.open and not wanted:
            self._socket.close()
            self._socket = _bound(self.port)
        self.open = wanted

    def fileno(self) -> int:
        """Let `select` wait for a connection."""
        return self._socket.fileno()

    def accept(self) -> socket.socket:
        """Take a connection."""
        return self._socket.accept()[0]

    def close(self) -> None:
        """Give the port back."""
        self.open = False
        self._socket.close()


Wanted = Callable[[], bool]
Welcome = Callable[[socket.socket], None]


class Porter:
    """Opens doors while they are wanted and lets everybody in; use `close`.

    `welcome` of a door gets each connection, in a thread of its own, and closes it. It may be
    ended at any time: then its connection is shut down.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._doors: dict[Door, tuple[Wanted, Welcome]] = {}
        self._guard = threading.Lock()
        self._inside: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self.closing = threading.Event()
        self._keeper = self.start("doors", self._keep)

    def keep(self, door: Door, wanted: Wanted, welcome: Welcome) -> None:
        """Look after one more door."""
        door.set(wanted())
        with self._guard:
            self._doors[door] = (wanted, welcome)

    def start(self, what: str, work: Callable[[], None]) -> threading.Thread:
        """Start a thread that `close` waits for."""

        def run() -> None:
            try:
                work()
            finally:
                with self._guard:
                    self._threads.discard(thread)

        thread = threading.Thread(target=run, name=f"practice-{self._name}-{what}", daemon=True)
        with self._guard:
            self._threads.add(thread)
        thread.start()
        return thread

    def let_in(self, connection: socket.socket, welcome: Welcome) -> None:
        """Serve a connection in a thread of its own."""
        # What `welcome` makes of it may be another object: this one still ends the connection.
        handle = connection.dup()
        with self._guard:
            self._inside.add(handle)

        def serve() -> None:
            try:
                with connection, contextlib.suppress(OSError):
                    welcome(connection)
            finally:
                with self._guard:
                    self._inside.discard(handle)
                handle.close()

        self.start("visitor", serve)

    def end_all(self) -> None:
        """Shut every connection down."""
        with self._guard:
            inside = list(self._inside)
        for handle in inside:
            with contextlib.suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End every connection, give the ports back, wait for the threads."""
        self.closing.set()
        self._keeper.join(5.0)  # nobody comes in any more
        self.end_all()
        with self._guard:
            threads = list(self._threads)
        for thread in threads:
            thread.join(5.0)
        for door in self._doors:
            door.close()

    def _keep(self) -> None:
        while not self.closing.is_set():
            with self._guard:
                doors = dict(self._doors)
            for door, (wanted, _) in doors.items():
                door.set(wanted())
            listening = [door for door in doors if door.open]
            if not listening:
                self.closing.wait(TICK)
                continue
            for door in _ready(listening):
                with contextlib.suppress(OSError):
                    self.let_in(door.accept(), doors[door][1])


def _ready(doors: Iterable[Door]) -> list[Door]:
    return select.select(list(doors), [], [], TICK)[0]


def _bound(port: int) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((LOOPBACK, port))
    return sock
