"""systemd's units, all asked with one command."""

from __future__ import annotations

from typing import Any, Dict, List

from .. import names
from ..host import Host

ALSO = (
    "NetworkManager.service",
    "systemd-networkd.service",
    "networking.service",
    "dhcpcd.service",
    "connman.service",
    "wicked.service",
    "wickedd.service",
    "nftables.service",
    "netfilter-persistent.service",
    "docker.socket",
    "caddy.service",
    "systemd-timesyncd.service",
    "chrony.service",
    "chronyd.service",
    "ntpsec.service",
    "ntp.service",
    "ntpd.service",
    "openntpd.service",
)
PROPERTIES = "Id,LoadState,UnitFileState,ActiveState"
DEAD = {"LoadState": "not-found", "UnitFileState": "", "ActiveState": "inactive"}


class Units:
    """What systemd said about the units that matter."""

    def __init__(self, states: Dict[str, Dict[str, str]]) -> None:
        self.states = states

    def active(self, unit: str) -> bool:
        """True when the unit runs, or is about to."""
        return self.get(unit)["ActiveState"] in ("active", "activating", "reloading")

    def enabled(self, unit: str) -> bool:
        """True when the unit starts at boot."""
        return self.get(unit)["UnitFileState"] in ("enabled", "enabled-runtime")

    def get(self, unit: str) -> Dict[str, str]:
        """Return the properties of a unit."""
        return self.states.get(unit, DEAD)

    def wire(self) -> List[Dict[str, Any]]:
        """Return wire.Service for names.SERVICES."""
        found = []
        for unit in names.SERVICES:
            state = self.get(unit)
            found.append(
                {
                    "unit": unit,
                    "load": state["LoadState"],
                    "enabled": state["UnitFileState"],
                    "active": state["ActiveState"],
                }
            )
        return found


def units(host: Host) -> Units:
    """Ask systemd. Raises OSError when it does not answer."""
    wanted = list(names.SERVICES + ALSO)
    done = host.run(["systemctl", "show", "--no-pager", "-p", PROPERTIES, *wanted], timeout=10)
    # the answers come in the order of the question; Id is no key, as an alias has another one
    parts = [part for part in done.out.split("\n\n") if part.strip()]
    if len(parts) != len(wanted):
        raise OSError((done.err.strip() or "systemctl: unexpected answer").splitlines()[0])
    states = {}
    for unit, part in zip(wanted, parts):  # noqa: B905 Python 3.8 has no strict
        state = dict(DEAD)
        for line in part.splitlines():
            name, equals, value = line.partition("=")
            if equals and name in state:
                state[name] = value
        states[unit] = state
    return Units(states)
