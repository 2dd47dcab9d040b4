"""The way into a practice clinic: every address and port of it answers on loopback instead."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from wizard.problem import UserError, Words

LOOPBACK = "127.0.0.1"
NOWHERE = 1  # nobody listens there (tcpmux, RFC 1078): what is not in the clinic refuses


class DetourError(UserError):
    """The description of a practice clinic cannot be used."""

    words: ClassVar[Words] = {
        "no-clinic": (
            "There is no practice clinic at {path}.",
            "Start one with: cht-offline-setup practice --stay",
        ),
        "closed": (
            "The practice clinic is closed.",
            "Open a new one to go on practising.",
        ),
    }


@dataclass(frozen=True)
class Detour:
    """Where a pretended server and its LAN really answer.

    `ssh`: address of the server -> port of 127.0.0.1; `ports`: a port that phones use -> likewise;
    `laptop`: the address that this laptop is pretended to have in the server's network.
    """

    ssh: Mapping[str, int]
    ports: Mapping[int, int]
    laptop: str

    def to(self, host: str) -> tuple[str, int]:
        """Return where an address of the server answers SSH."""
        return LOOPBACK, self.ssh.get(host, NOWHERE)

    def connect(self, address: str, ssh_port: int) -> dict[int, tuple[str, int]]:
        """Return where the ports of the server at `address` answer, for the live check."""
        ways = {port: (LOOPBACK, real) for port, real in self.ports.items()}
        return {**ways, ssh_port: self.to(address)}

    def save(self, path: Path) -> None:
        """Write it down for other processes."""
        plain = {"ssh": dict(self.ssh), "ports": dict(self.ports), "laptop": self.laptop}
        path.write_text(json.dumps(plain, indent=1) + "\n", encoding="ascii")

    @classmethod
    def load(cls, path: Path) -> Detour:
        """Read what `save` wrote. Raises DetourError."""
        try:
            plain = json.loads(path.read_text(encoding="ascii"))
            return cls(
                ssh={str(host): int(port) for host, port in plain["ssh"].items()},
                ports={int(port): int(real) for port, real in plain["ports"].items()},
                laptop=str(plain["laptop"]),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DetourError("no-clinic", type(error).__name__, path=path) from None
