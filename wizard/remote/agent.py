"""The agent on the server: started as root, delivered when it is not there yet, spoken to.

One command starts everything, so that a visit costs one round trip before the first verb. The
sudo password goes over standard input only, and only after sudo asked for it with a prompt made
for this one start, so that neither a banner nor an echo can be taken for the question.
"""

from __future__ import annotations

import contextlib
import json
import queue
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from wizard.remote.launch import FAILED, WANTED, command
from wizard.remote.session import Session
from wizard.remote.words import Lost, RemoteError

START = 60.0  # seconds from the command to the agent's hello; a slow server needs three
SILENCE = 120.0  # seconds without a word from the agent during a verb
_CHUNK = 1 << 16
_NOISE = 64 * 1024  # characters of stderr, and of what a shell says by itself, that are kept
_LONGEST = 64 << 20  # bytes of one line of the agent

OnEvent = Callable[[Mapping[str, Any]], None]

# What sudo says in the C locale (1.8, 1.9 and sudo-rs), and what it means.
_SUDO = (
    ("sudo-tty", ("must have a tty", "no tty present", "terminal is required")),
    ("sudo-expired", ("expired", "account validation failure", "account is locked")),
    (
        "sudo-not-allowed",
        (
            "not in the sudoers",
            "is not allowed to",
            "may not run sudo",
            "afraid i can't do that",
            "not allowed to run sudo",
        ),
    ),
    ("sudo-password-wrong", ("incorrect password", "sorry, try again", "authentication failed")),
)


_REFUSED = {"bad-delivery": "agent-damaged", "wrong-digest": "agent-damaged"}


class AgentError(Exception):
    """The agent refused or failed; the code and its arguments are the agent's own."""

    def __init__(self, code: str, arguments: Mapping[str, Any], detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.arguments = arguments
        self.detail = detail


@dataclass(frozen=True)
class Package:
    """The agent as it is delivered.

    Its SHA-256 in hexadecimal, where its bytes are from, and the Python program that reads
    `LENGTH SHA256`, a line end and the bytes, and becomes the agent.
    """

    digest: str
    data: Callable[[], bytes]
    bootstrap: str


def our_package() -> Package:
    """Return the agent that belongs to this version of the program."""
    from wizard.agent import build

    return Package(build.digest(), build.zipapp_bytes, build.bootstrap())


class AgentLink:
    """A running agent. One verb at a time; `control` may be called from another thread.

    `hello` is the agent's greeting, `round_trips` counts how often this side waited for it,
    `stderr` is the last of what it complained about.
    """

    def __init__(self, session: Session, package: Package) -> None:
        self.session = session
        self.hello: Mapping[str, Any] = {}
        self.round_trips = 0
        self._package = package
        self._prompt = f"[cht-{secrets.token_hex(8)}]"
        self._inbox: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self._stderr = ""
        self._noise = ""
        self._turn = threading.Lock()
        self._pen = threading.Lock()
        self._last = 0
        self._running: int | None = None
        self._channel = session.channel(command(package.digest, package.bootstrap, self._prompt))
        self._readers = [
            threading.Thread(target=self._read_lines, name="agent-out", daemon=True),
            threading.Thread(target=self._read_complaints, name="agent-err", daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @classmethod
    def start(
        cls,
        session: Session,
        sudo_password: str | None = None,
        *,
        timeout: float = START,
        package: Package | None = None,
    ) -> AgentLink:
        """Start the agent as root and wait for its hello.

        Raises RemoteError: the sudo-*, python-* and agent-* codes, read-only, disk-full,
        password-expired; Lost.
        """
        link = cls(session, package or our_package())
        try:
            link._await_hello(sudo_password, timeout)
        except BaseException:
            link.close()
            raise
        return link

    @property
    def stderr(self) -> str:
        """The last of what came on the agent's standard error."""
        return self._stderr

    def call(
        self,
        verb: str,
        arguments: Mapping[str, Any] | None = None,
        on_event: OnEvent | None = None,
        timeout: float = SILENCE,
    ) -> dict[str, Any]:
        """Ask for one verb and return its result.

        `on_event` gets each event in the calling thread. `timeout` is the longest silence, in
        seconds. Raises AgentError, and Lost when the agent fell silent or the connection broke;
        then the link is closed, as a late answer must not be taken for the next one's.
        """
        with self._turn:
            self._last += 1
            number = self._running = self._last
            self.round_trips += 1
            try:
                self._send({"id": number, "verb": verb, "arguments": dict(arguments or {})})
                return self._answer(number, on_event, timeout)
            except Lost:
                self.close()
                raise
            finally:
                self._running = None

    def control(self, word: str) -> None:
        """Tell the running verb something ("stop"); nothing happens when none runs."""
        number = self._running
        if number is not None:
            self._send({"id": number, "control": word})

    def close(self) -> None:
        """End the agent: it stops at the end of its input. The session stays open."""
        with contextlib.suppress(OSError, EOFError):
            self._channel.shutdown_write()
        self._channel.close()
        for reader in self._readers:
            if reader is not threading.current_thread():
                reader.join(2.0)

    def __enter__(self) -> AgentLink:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # ------------------------------------------------------------------- one verb

    def _answer(self, number: int, on_event: OnEvent | None, timeout: float) -> dict[str, Any]:
        while True:
            kind, data = self._next(timeout)
            if kind != "line":
                continue
            said = _parse(data)
            if said is None or said.get("id") != number:
                self._complain(data.decode("utf-8", "replace") + "\n")
            elif "event" in said:
                if on_event is not None:
                    on_event(said["event"])
            elif "error" in said:
                error = said["error"]
                raise AgentError(
                    str(error.get("code", "")),
                    error.get("arguments") or {},
                    str(error.get("detail", "")),
                )
            else:
                result: dict[str, Any] = said.get("result") or {}
                return result

    def _next(self, timeout: float) -> tuple[str, bytes]:
        try:
            kind, data = self._inbox.get(timeout=max(timeout, 0.0))
        except queue.Empty:
            raise Lost("agent-silent", self._diagnosis(), seconds=timeout) from None
        if kind == "end":
            self._inbox.put((kind, data))  # for whoever asks next
            raise Lost("lost", self._diagnosis())
        return kind, data

    def _send(self, message: Mapping[str, Any]) -> None:
        self._write(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    def _write(self, data: bytes) -> None:
        try:
            with self._pen:
                self._channel.sendall(data)
        except (OSError, EOFError) as error:
            raise Lost("lost", self._diagnosis() or str(error)) from None

    # -------------------------------------------------------------------- reading

    def _read_lines(self) -> None:
        rest = bytearray()
        with contextlib.suppress(OSError, EOFError):
            while data := self._channel.recv(_CHUNK):
                rest += data
                if b"\n" not in data:
                    if len(rest) > _LONGEST:
                        break
                    continue
                *lines, last = bytes(rest).split(b"\n")
                rest = bytearray(last)
                for line in lines:
                    self._inbox.put(("line", line))
        if rest:
            self._inbox.put(("line", bytes(rest)))
        self._inbox.put(("end", b""))

    def _read_complaints(self) -> None:
        with contextlib.suppress(OSError, EOFError):
            while data := self._channel.recv_stderr(_CHUNK):
                self._complain(data.decode("utf-8", "replace"))
                if not self.hello:
                    self._inbox.put(("complaint", b""))

    def _complain(self, text: str) -> None:
        self._stderr = (self._stderr + text)[-_NOISE:]

    def _diagnosis(self) -> str:
        text = (self._stderr.replace(self._prompt, "") + self._noise)[-4000:].strip()
        return text or self.session.log

    # --------------------------------------------------------------------- start

    def _await_hello(self, password: str | None, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        answered = False
        self.round_trips = 1
        while True:
            asked = self._stderr.count(self._prompt)
            if asked > 1:
                raise self._error("sudo-password-wrong")
            if asked and not answered:
                if password is None:
                    raise self._error("sudo-password-needed")
                answered = True
                self.round_trips += 1
                self._write(password.encode() + b"\n")
            try:
                kind, data = self._inbox.get(timeout=max(deadline - time.monotonic(), 0.0))
            except queue.Empty:
                raise self._too_slow(timeout) from None
            if kind == "end":
                raise self._why()
            if kind == "line" and self._heard(data):
                return

    def _heard(self, line: bytes) -> bool:
        """Take one line before the hello: the hello, a wish, a failure, or a shell's noise."""
        text = line.decode("utf-8", "replace").strip()
        if text == WANTED:
            self.round_trips += 1
            data = self._package.data()
            self._write(f"{len(data)} {self._package.digest}\n".encode() + data)
            return False
        if text.startswith(FAILED):
            code, _, detail = text.removeprefix(FAILED).strip().partition(" ")
            raise self._error(code, detail)
        said = _parse(line)
        if said is not None and isinstance(said.get("hello"), dict):
            self.hello = said["hello"]
            return True
        if said is not None and isinstance(said.get("error"), dict):  # the bootstrap's refusal
            code = str(said["error"].get("code"))
            raise self._error(_REFUSED.get(code, code), f"{code} {said['error'].get('detail')}")
        self._noise = (self._noise + text + "\n")[-_NOISE:]
        return False

    def _too_slow(self, seconds: float) -> RemoteError:
        code = "agent-silent" if self._noise or "sudo" not in self._stderr else "sudo-silent"
        if code == "sudo-silent":
            return RemoteError(code, self._diagnosis(), seconds=seconds)
        return Lost(code, self._diagnosis(), seconds=seconds)

    def _why(self) -> RemoteError:
        """Say why the command ended before the hello."""
        self._readers[1].join(1.0)  # the last complaint may still be on its way
        if not self.session.alive:
            return Lost("lost", self._diagnosis())
        text = self._stderr.lower()
        if "password change required" in text:
            return self._error("password-expired")
        for code, signs in _SUDO:
            if any(sign in text for sign in signs):
                return self._error(code)
        if "sudo: " in text:
            return self._error("sudo-failed")
        return self._error("agent-start")

    def _error(self, code: str, detail: str = "") -> RemoteError:
        return RemoteError(
            code if code in RemoteError.words else "agent-start",
            detail or self._diagnosis(),
            user=self.session.user,
            address=self.session.server_address,
            version=detail,
        )


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
