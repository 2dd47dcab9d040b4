"""The machines of a test run, each booted once and set back for every test."""

from __future__ import annotations

from typing import Protocol

from tests.lab.images import Image
from tests.lab.machine import Machine
from tests.lab.network import LabError, Lan


class MachineFactory(Protocol):
    def __call__(self, kind: str, *, kernel_arguments: str = ..., memory: int = ...) -> Machine: ...


class Garage:
    """Boots each kind of machine once per run; every test finds it as it was right after that
    boot."""

    def __init__(self, images: dict[str, Image], lan: Lan) -> None:
        self._images = images
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
            machine = Machine(
                self._images[kind], self._lan, kernel_arguments=kernel_arguments, memory=memory
            )
            self._machines[key] = machine
            machine.start()
            boot(machine)
            machine.savevm("booted")
        else:
            machine.loadvm("booted")
        self._in_use.add(key)
        return machine

    def put_back(self) -> None:
        for key in self._in_use:
            machine = self._machines[key]
            if machine.running:
                machine.pause()
        self._in_use.clear()


def boot(machine: Machine) -> None:
    """Until a machine that was switched on has booted, has its address, and serves CHT's
    stand-in."""
    machine.wait_boot()
    machine.wait_address()
    machine.wait_until(STANDIN_READY, timeout=180)


STANDIN_READY = (
    'python3 -c "import ssl, urllib.request as u; '
    "url = 'https://127.0.0.1/setup/poll'; "
    'u.urlopen(url, context=ssl._create_unverified_context(), timeout=20).read()"'
)
