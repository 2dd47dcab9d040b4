"""A user at the command line, in front of a practice clinic."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wizard import cli
from wizard.agent import names, transaction
from wizard.agent.host import Done
from wizard.practice.clinic import PASSWORD, Clinic

SUDO = "climb-the-baobab"
KNOWN_KEY = object()  # the label on the server is compared


@dataclass(frozen=True)
class Said:
    """What a command answered: exit code, its JSON object, and what it said to people."""

    code: int
    plain: dict[str, Any]
    text: str

    @property
    def error(self) -> str:
        """The code of what went wrong, "" when nothing did."""
        return str(self.plain.get("error", {}).get("code", ""))


class Laptop:
    """Runs commands in this process; after each, looks for secrets that got out."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.data = clinic.folder / "data"
        self.site: Path = clinic.site

    def arguments(self, command: str, *more: str, host_key: Any = KNOWN_KEY) -> list[str]:
        words = [command, "--site", str(self.site), "--data", str(self.data), "--json"]
        words += ["--clinic", str(self.clinic.folder / "clinic.json"), "--ask-pass"]
        if command in ("plan", "apply", "renew", "check"):
            words += ["--extra-roots", str(self.clinic.folder / "root.pem")]
        if host_key is KNOWN_KEY:
            host_key = self.clinic.fingerprint
        if host_key:
            words += ["--host-key", host_key]
        return [*words, *more]

    def run(
        self, command: str, *more: str, host_key: Any = KNOWN_KEY, typed: str = PASSWORD + "\n"
    ) -> Said:
        """Run one command with what the user types."""
        out, people = io.StringIO(), io.StringIO()
        before, sys.stdin = sys.stdin, io.StringIO(typed)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(people):
                code = cli.run(self.arguments(command, *more, host_key=host_key))
        finally:
            sys.stdin = before
        said = Said(code, json.loads(out.getvalue()), people.getvalue())
        self._no_secret(out.getvalue() + people.getvalue())
        return said

    def apply(self, *more: str) -> Said:
        """Set the server up, without a question."""
        return self.run("apply", "--yes", *more)

    def _no_secret(self, text: str) -> None:
        kept = b"".join(p.read_bytes() for p in self.data.rglob("*") if p.is_file())
        kept += " ".join(self.clinic.server.memory()["carried"]).encode()
        history = Path(self.clinic.server.path(names.STATE + "/history"))
        kept += b"".join(p.read_bytes() for p in history.rglob("*") if p.is_file())
        for secret in self._secrets():
            assert secret not in text
            assert secret.encode() not in kept

    def _secrets(self) -> Iterator[str]:
        yield PASSWORD
        yield SUDO
        for path in self.clinic.folder.glob("certificates/*/privkey.pem"):
            yield path.read_text().splitlines()[1]
        state = Path(self.clinic.server.path(names.STATE))
        for path in (*state.glob("certificates/*/key.pem"), *state.glob("request/key.pem")):
            yield path.read_text().splitlines()[1]


@contextmanager
def at_command(clinic: Clinic, name: str, act: Callable[[], None]) -> Iterator[None]:
    """Let something happen just before the server carries a command out for the first time."""
    server = clinic.server
    real = server.run
    waiting = [act]

    def run(argv: list[str], *rest: Any, **more: Any) -> Done:
        if os.path.basename(argv[0]) == name and waiting:
            waiting.pop()()
        return real(argv, *rest, **more)

    server.run = run  # type: ignore[method-assign]
    try:
        yield
        assert not waiting, f"{name} was never run"
    finally:
        del server.run


def standing(clinic: Clinic) -> dict[str, Any]:
    """Return all that the owner of the server would notice a change of."""
    server = clinic.server
    memory = server.memory()
    root = Path(server.root)
    skipped = ("proc/", "var/lib/cht-offline-setup/", "run/")
    files = {
        name: (path.read_bytes(), oct(path.stat().st_mode))
        for path in root.rglob("*")
        if path.is_file() and not (name := path.relative_to(root).as_posix()).startswith(skipped)
    }
    assert transaction.pending(server) is None
    return {
        "files": files,
        "addresses": server.addresses(),
        "active": sorted(memory["active"]),
        "packages": memory["packages"],
        "timers": memory["timers"],
    }
