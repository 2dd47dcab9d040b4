"""The machines of a test run, each booted once and set back for every test."""

from __future__ import annotations

import hashlib
import inspect
import subprocess
import time
from pathlib import Path
from typing import Protocol

from tests.lab import prepare
from tests.lab.images import CACHE, Image
from tests.lab.machine import KERNEL_ARGUMENTS, Machine
from tests.lab.network import LabError, Lan


class MachineFactory(Protocol):
    def __call__(self, kind: str, *, kernel_arguments: str = ..., memory: int = ...) -> Machine: ...


class Garage:
    """Boots each kind of machine once per run; every test finds it as it was right after that
    boot."""

    def __init__(self, lan: Lan) -> None:
        self._lan = lan
        self._machines: dict[tuple[str, str, int], Machine] = {}
        self._in_use: set[tuple[str, str, int]] = set()

    def get(self, kind: str, kernel_arguments: str, memory: int) -> Machine:
        key = (kind, kernel_arguments, memory)
        if key in self._in_use:
            raise LabError(f"this test already has a machine {key}")
        for other in self._machines.keys() - self._in_use:
            if other[0] == kind and other != key:  # the same card on the same LAN
                self._machines.pop(other).close()
        machine = self._machines.get(key)
        if machine is None:
            machine = self._machines[key] = self._first(key)
        else:
            machine.loadvm("booted")
        self._in_use.add(key)
        return machine

    def _first(self, key: tuple[str, str, int]) -> Machine:
        """Boot, or go on from an earlier run's boot that is so recent that its lease holds."""
        kind, kernel_arguments, memory = key
        image = prepare.image(kind)
        kept = _kept_boot(image, kernel_arguments, memory)
        usable = kept.exists() and time.time() - kept.stat().st_mtime < KEPT_FOR
        machine = Machine(
            image,
            self._lan,
            kernel_arguments=kernel_arguments,
            memory=memory,
            overlay=kept if usable else None,
        )
        if usable:
            machine.start(load="booted")
            boot(machine, booted=True)
            return machine
        machine.start()
        boot(machine)
        machine.pause()  # what is copied below must not change meanwhile
        machine.savevm("booted")
        unfinished = kept.with_suffix(f".{machine.lan.prefix}")
        subprocess.run(["cp", "--sparse=always", str(machine.disk), str(unfinished)], check=True)
        for old in CACHE.glob(f"booted-{kind}-*"):
            if time.time() - old.stat().st_mtime > KEPT_FOR:
                old.unlink(missing_ok=True)
        unfinished.rename(kept)
        machine.resume()
        return machine

    def put_back(self) -> None:
        for key in self._in_use:
            machine = self._machines[key]
            if machine.running:
                machine.pause()
        self._in_use.clear()


# Seconds. dhclient goes by the wall clock: after half of the office's eight days it would renew,
# after all of them drop the address, and either would happen in the middle of a test.
KEPT_FOR = 3 * 24 * 3600


def _kept_boot(image: Image, kernel_arguments: str, memory: int) -> Path:
    """Where the booted state is kept; another QEMU or other devices need another."""
    version = subprocess.run(
        ["qemu-system-x86_64", "--version"], check=True, capture_output=True, text=True
    ).stdout
    parts = (
        image.folder.name,
        kernel_arguments,
        memory,
        version,
        KERNEL_ARGUMENTS,
        inspect.getsource(Machine.start),
    )
    key = hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
    return CACHE / f"booted-{image.kind}-{key}.qcow2"


def boot(machine: Machine, booted: bool = False) -> None:
    """Until a machine that was switched on is up, has its address, and serves CHT's stand-in."""
    if not booted:
        machine.wait_boot()
    machine.wait_address()
    machine.wait_until(STANDIN_READY, timeout=180)


STANDIN_READY = (
    'python3 -c "import ssl, urllib.request as u; '
    "url = 'https://127.0.0.1/setup/poll'; "
    'u.urlopen(url, context=ssl._create_unverified_context(), timeout=20).read()"'
)
