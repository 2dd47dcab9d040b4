"""One visit of a laptop: JSON lines in, JSON lines out, one request after the other."""

from __future__ import annotations

import collections
import json
import os
import queue
import sys
import threading
import time
from typing import IO, Any, Callable, Deque, Dict, Iterator, Optional, Tuple

from . import VERSION
from .changes import Plain, StepError, Timings
from .host import Host
from .transaction import Refused, Transaction

LINE_LIMIT = 8 << 20  # bytes of one request; an order with certificate and files has some 50 kB
TAIL = 0.05  # seconds between two looks at the events of a running apply
START = 30.0  # seconds for the detached agent to come up on a slow machine
ORPHANED = 5.0  # seconds in which systemd starts the agent that follows a dead apply
CLEAN_UP = 300.0  # seconds to restore what a dead run left: services, network, packages
CONTROLS = ("stop", "proved", "unreachable", "on")


class Ended(Exception):
    """The laptop is gone."""


class Serve:
    """Answers one laptop over a pair of binary streams."""

    def __init__(
        self,
        host: Host,
        connection: str,
        incoming: IO[bytes],
        outgoing: IO[bytes],
        timings: Optional[Timings] = None,
    ) -> None:
        self.host = host
        self.connection = connection
        self.timings = timings or Timings()
        self.started = time.monotonic()
        self._incoming = incoming
        self._outgoing = outgoing
        self._lines: "queue.Queue[Optional[bytes]]" = queue.Queue()
        self._waiting: Deque[Any] = collections.deque()
        self._gone = False
        self._id: Any = None  # of the request at hand
        self._detached = 0
        self._verbs: Dict[str, Callable[[Plain], Any]] = {
            "facts": self._facts,
            "apply": self._apply,
            "attach": self._attach,
            "confirm": self._confirm,
            "more-time": self._more_time,
            "rollback": self._rollback,
            "status": self._status,
            "find-dhcp": self._find_dhcp,
            "find-address": self._find_address,
            "clock": self._clock,
            "scan": self._scan,
            "company": self._company,
            "watch": self._watch,
            "health": self._health,
            "readiness": self._readiness,
            "request": self._request,
            "restart": self._restart,
            "recover-leftovers": self._recover_leftovers,
            "uninstall": self._uninstall,
        }

    def run(self) -> None:
        """Serve until `bye` or the end of the input."""
        uid = os.geteuid() if hasattr(os, "geteuid") else 0
        python = "%d.%d.%d" % sys.version_info[:3]
        try:
            self._say({"hello": {"agent": VERSION, "python": python, "uid": uid}})
            reader = threading.Thread(target=self._read, name="reader", daemon=True)
            reader.start()
            while True:
                request = self._next()
                if not self._answer(request):
                    return
        except Ended:
            return

    # ------------------------------------------------------------------- streams

    def _read(self) -> None:
        while True:
            try:
                line = self._incoming.readline(LINE_LIMIT)
                while line and not line.endswith(b"\n") and len(line) >= LINE_LIMIT:
                    rest = self._incoming.readline(LINE_LIMIT)
                    line = b"\n" if rest.endswith(b"\n") else line[:LINE_LIMIT] if rest else b""
            except (OSError, ValueError):
                line = b""
            self._lines.put(line or None)
            if not line:
                return

    def _say(self, message: Plain) -> None:
        try:
            self._outgoing.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
            self._outgoing.flush()
        except (OSError, ValueError):
            raise Ended() from None

    def _next(self) -> Any:
        """Return the next request, parsed; raises Ended."""
        if self._waiting:
            return self._waiting.popleft()
        if self._gone:
            raise Ended()
        return self._parse(self._lines.get())

    def _parse(self, line: Optional[bytes]) -> Any:
        if line is None:
            raise Ended()
        try:
            return json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError):
            return None

    def _listen(self, ask: Callable[[str], None]) -> None:
        """Hand control lines on while a request is worked on; everything else waits its turn."""
        while True:
            try:
                line = self._lines.get_nowait()
            except queue.Empty:
                return
            if line is None:
                self._gone = True
                return
            message = self._parse(line)
            if isinstance(message, dict) and "control" in message:
                if message["control"] in CONTROLS and message.get("id") == self._id:
                    ask(message["control"])
                else:
                    self._fail(message.get("id"), "bad-request", "control")
            else:
                self._waiting.append(message)

    def _fail(
        self, request: Any, code: str, detail: str = "", arguments: Optional[Plain] = None
    ) -> None:
        error = {"code": code, "arguments": arguments or {}, "detail": detail}
        self._say({"id": request, "error": error})

    def _answer(self, request: Any) -> bool:
        """Answer one request; False after `bye`."""
        if not isinstance(request, dict) or not isinstance(request.get("verb"), str):
            if isinstance(request, dict) and "control" in request:
                return True  # the apply that it was meant for is over
            self._fail(request.get("id") if isinstance(request, dict) else None, "bad-request")
            return True
        verb, arguments = request["verb"], request.get("arguments") or {}
        self._id = request.get("id")
        if verb == "bye":
            self._say({"id": self._id, "result": {}})
            return False
        act = self._verbs.get(verb)
        if act is None or not isinstance(arguments, dict):
            self._fail(self._id, "bad-request" if act else "unknown-verb", verb[:40])
            return True
        try:
            result = act(arguments)
        except Ended:
            raise
        except Refused as refused:
            self._fail(self._id, refused.code, refused.detail, refused.arguments)
        except StepError as error:
            self._fail(self._id, error.code, error.detail)
        except Exception as error:  # the next request may still be answered
            from .apply import told

            code, detail = told(error)
            self._fail(self._id, code, detail)
        else:
            self._say({"id": self._id, "result": result})
        return True

    # --------------------------------------------------------------------- verbs

    def _facts(self, arguments: Plain) -> Plain:
        from .facts import facts

        return facts(self.host, self.connection, str(arguments.get("domain", "")))

    def _status(self, _arguments: Plain) -> Plain:
        from . import pairs, request, transaction

        return {
            "pending": transaction.pending(self.host),
            "last": transaction.last(self.host),
            "pairs": pairs.names_of(self.host),
            "request": request.pending(self.host),
            "boot_id": transaction.boot_id(self.host),
            "monotonic": time.monotonic(),
        }

    def _clock(self, _arguments: Plain) -> Plain:
        """Tell the time at once, so that the way there and back can be measured."""
        from .transaction import boot_id

        now, passed = self.host.now(), time.monotonic()
        return {"now": now, "monotonic": passed, "boot_id": boot_id(self.host)}

    def _apply(self, arguments: Plain) -> Plain:
        from . import order, transaction, units

        wanted = order.check(arguments.get("order"))
        current = Transaction(self.host, self.timings)
        transaction.preflight(self.host)
        if not current.start_lock.take(wait=1.0, who=wanted["who"]):
            raise transaction.busy(current)
        try:
            if current.exists():
                # Our own start lock is held: only a worker or a timer counts as alive.
                if current.alive(starting=False):
                    raise transaction.busy(current)
                self._clean_up(current)
            current.create(wanted)
            events = _Events(current)
            try:
                units.detach(
                    self.host,
                    units.apply_unit(wanted["id"]),
                    ["run-apply"],
                    ["rollback", "--reason", "died"],
                )
            except StepError as error:
                from . import ending

                events.close()
                result = transaction.outcome("nothing", wanted["id"], failed=error.code)
                ending.finish(current, result)
                raise
        except BaseException:
            current.start_lock.release()
            raise
        with events:
            self._await_start(current, events)
            current.start_lock.release()
            return self._follow(current, events, 0)

    def _clean_up(self, current: Transaction) -> None:
        """Undo what a dead run left, before anything new begins."""
        from . import transaction

        self._restore("leftover")
        deadline = time.monotonic() + CLEAN_UP
        while current.exists():
            if time.monotonic() > deadline:
                raise transaction.busy(current)
            time.sleep(TAIL)

    def _await_start(self, current: Transaction, events: "_Events") -> None:
        deadline = time.monotonic() + START
        while time.monotonic() < deadline:
            if current.lock.holder() is not None or events.any() or not current.exists():
                return
            time.sleep(TAIL)

    def _attach(self, arguments: Plain) -> Plain:
        from . import transaction

        after = arguments.get("after", -1)
        if isinstance(after, bool) or not isinstance(after, int):
            raise Refused("bad-request", "after")
        current = Transaction(self.host, self.timings)
        if current.exists():
            with _Events(current) as events:
                return self._follow(current, events, after + 1)
        found = transaction.last(self.host)
        if found is None:
            raise Refused("nothing-pending")
        with _Events(current, found["id"]) as events:
            for number, line in events.read():
                if "event" in line and number > after:
                    self._say({"id": self._id, "event": line["event"], "number": number})
        return found

    def _follow(self, current: Transaction, events: "_Events", first: int) -> Plain:
        """Stream events until the work at hand has an outcome, and return that.

        The laptop's end ends this process, not the work.
        """
        result: Optional[Plain] = None
        idle_since = time.monotonic()
        while True:
            working = current.worked_on()
            news = False
            for number, line in events.read():
                news = True
                if "outcome" in line:
                    result = line["outcome"]
                elif number >= first:
                    self._say({"id": self._id, "event": line["event"], "number": number})
            if news or working:
                idle_since = time.monotonic()
            elif result is not None:
                return result
            elif not current.exists() and not events.more():
                from . import transaction

                return transaction.last(self.host) or transaction.outcome("nothing", "")
            elif time.monotonic() - idle_since > ORPHANED:
                # Its worker died and nobody took over: what is half done is undone now.
                self._restore("died")
                idle_since = time.monotonic()
            self._listen(current.ask)
            if self._gone:
                raise Ended()
            time.sleep(TAIL)

    def _restore(self, reason: str) -> None:
        """Roll back in a unit of its own: this session may go down with the network."""
        from . import names, units

        self._detached += 1
        unit = "%s-%s-%d-%d" % (names.APPLY_UNIT, reason, os.getpid(), self._detached)
        units.detach(self.host, unit, ["rollback", "--reason", reason], [])

    def _rollback(self, _arguments: Plain) -> Plain:
        current = Transaction(self.host, self.timings)
        if not current.exists():
            raise Refused("nothing-pending")
        with _Events(current) as events:
            first = 0
            for number, _ in events.read():
                first = number + 1
            self._restore("user")
            deadline = time.monotonic() + START
            while time.monotonic() < deadline and not events.more() and current.exists():
                time.sleep(TAIL)
            return self._follow(current, events, first)

    def _recover_leftovers(self, _arguments: Plain) -> Plain:
        from . import restore, transaction

        if restore.leftover(self.host, self.timings):
            return self._rollback({})
        if transaction.pending(self.host) is not None:
            raise transaction.busy(Transaction(self.host))
        return transaction.outcome("nothing", "")

    def _confirm(self, arguments: Plain) -> Plain:
        from . import transaction

        return transaction.confirm(
            self.host,
            str(arguments.get("nonce", "")),
            self.connection,
            self.started,
            self.timings,
        )

    def _more_time(self, arguments: Plain) -> Plain:
        from . import transaction

        seconds = arguments.get("seconds", 0)
        return transaction.more_time(self.host, seconds, self.timings)

    def _find_dhcp(self, arguments: Plain) -> Plain:
        from .probe import find_dhcp

        seconds = min(self.timings.probe, float(arguments.get("seconds", 4)))
        return {"offers": find_dhcp(self.host, str(arguments["interface"]), seconds)}

    def _find_address(self, arguments: Plain) -> Any:
        from .probe import find_address

        seconds = min(self.timings.probe, 3.0)
        interface, address = str(arguments["interface"]), str(arguments["address"])
        return find_address(self.host, interface, address, seconds)

    def _scan(self, arguments: Plain) -> Plain:
        from .scan import scan

        interface, country = str(arguments["interface"]), str(arguments["country"])
        return scan(self.host, interface, country, self.timings)

    def _company(self, arguments: Plain) -> Plain:
        from .company import company

        interface = str(arguments["interface"])
        first, last = str(arguments.get("first", "")), str(arguments.get("last", ""))
        return company(self.host, interface, first, last, min(self.timings.probe, 4.0))

    def _watch(self, arguments: Plain) -> Any:
        from .watching.watch import watch

        def say(event: Plain) -> None:
            self._say({"id": self._id, "event": event})

        def listen(ask: Callable[[str], None]) -> None:
            self._listen(ask)
            if self._gone:
                raise Ended()

        return watch(self.host, arguments, self.connection, say, listen)

    def _health(self, arguments: Plain) -> Plain:
        from .health import health

        return health(self.host, str(arguments.get("domain", "")))

    def _readiness(self, _arguments: Plain) -> Plain:
        from .readiness import readiness

        return readiness(self.host)

    def _request(self, arguments: Plain) -> Plain:
        from .request import request

        return request(
            self.host,
            str(arguments.get("key_kind", "rsa")),
            arguments.get("names", []),
            arguments.get("replace") is True,
        )

    def _restart(self, arguments: Plain) -> Plain:
        from .restart import restart

        return restart(self.host, str(arguments.get("who", "")), self.timings)

    def _uninstall(self, arguments: Plain) -> Plain:
        from .uninstall import uninstall

        return uninstall(self.host, arguments.get("packages") is True, self.connection)


class _Events:
    """Reads a transaction's events as they are written; goes on after the folder was moved."""

    def __init__(self, transaction: Transaction, past: str = "") -> None:
        path = transaction.events
        if past:
            path = os.path.join(transaction.base, "history", os.path.basename(past), "events.jsonl")
        try:
            self._stream: Optional[IO[bytes]] = open(path, "rb")  # noqa: SIM115 - as long as self
        except OSError:
            self._stream = None
        self._number = 0
        self._part = b""

    def __enter__(self) -> "_Events":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop reading."""
        if self._stream is not None:
            self._stream.close()

    def read(self) -> Iterator[Tuple[int, Plain]]:
        """Return (number, line) of all whole lines that came since the last time.

        Events are numbered from 0; an outcome has the number of the event before it.
        """
        if self._stream is None:
            return
        data = self._part + self._stream.read()
        lines = data.split(b"\n")
        self._part = lines.pop()
        for text in lines:
            try:
                line = json.loads(text.decode("utf-8"))
            except ValueError:
                continue
            if "event" in line:
                yield self._number, line
                self._number += 1
            else:
                yield self._number - 1, line

    def more(self) -> bool:
        """True when there is something that was not read yet."""
        if self._stream is None:
            return False
        return os.fstat(self._stream.fileno()).st_size > self._stream.tell()

    def any(self) -> bool:
        """True when anything was written at all."""
        return self._stream is not None and os.fstat(self._stream.fileno()).st_size > 0
