"""systemd's units, all asked at once."""

from __future__ import annotations

import contextlib
import threading
from typing import Any, Dict, List, Tuple

from .. import names
from ..host import Done, Host

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

    def wire(self, wanted: Tuple[str, ...] = names.SERVICES) -> List[Dict[str, Any]]:
        """Return wire.Service of the units that are wanted."""
        found = []
        for unit in wanted:
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


def supplicants(host: Host) -> Tuple[str, ...]:
    """Return the units that would hold a radio of this server as a Wi-Fi client."""
    return tuple(
        "wpa_supplicant@%s.service" % name
        for name in host.list("/sys/class/net")
        if host.exists("/sys/class/net/%s/phy80211" % name)
    )


def units(host: Host, more: Tuple[str, ...] = ()) -> Units:
    """Ask systemd, also about `more` units. Raises OSError when it does not answer.

    Two lists, at the same time: `systemctl show` would fetch every property of every unit, which
    takes seconds on a slow server.
    """
    wanted = list(names.SERVICES + ALSO + more)
    files: List[Done] = []

    def list_files() -> None:
        with contextlib.suppress(Exception):  # no answer, whatever the reason
            files.append(_list(host, "list-unit-files", wanted))

    asking = threading.Thread(target=list_files, daemon=True)
    asking.start()
    loaded = _list(host, "list-units", wanted)
    asking.join()
    in_memory = _rows(loaded, wanted, 4)
    on_disk = _rows(files[0], wanted, 2) if files else []
    if not loaded.ok or not (in_memory or on_disk):
        raise OSError((loaded.err.strip() or "systemctl: unexpected answer").splitlines()[0])
    states: Dict[str, Dict[str, str]] = {}
    for row in on_disk:
        masked = row[1].startswith("masked")
        load = "masked" if masked else "loaded"
        states[row[0]] = dict(DEAD, LoadState=load, UnitFileState=row[1])
    for row in in_memory:
        states.setdefault(row[0], dict(DEAD)).update(LoadState=row[1], ActiveState=row[2])
    aliases = [row[0] for row in on_disk if row[1] == "alias"]
    if aliases:  # the lists know a unit by its first name only
        states.update(_show(host, aliases))
    return Units(states)


def _list(host: Host, verb: str, wanted: List[str]) -> Done:
    plain = ["--all", "--full", "--plain", "--no-legend", "--no-pager"]
    return host.run(["systemctl", verb, *plain, "--", *wanted], timeout=10)


def _rows(done: Done, wanted: List[str], words: int) -> List[List[str]]:
    rows = [line.split() for line in done.out.splitlines()]
    return [row for row in rows if len(row) >= words and row[0] in wanted]


def _show(host: Host, wanted: List[str]) -> Dict[str, Dict[str, str]]:
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
    return states
