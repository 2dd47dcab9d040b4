"""The verb `watch`: streams what devices on the LAN do, for as long as somebody looks.

A packet socket with a filter in the kernel, because dnsmasq and nginx cannot be told to log
without a restart, a log on the disk would keep what phones ask for, and what a phone thinks of a
certificate stands in no log at all. It ends with the laptop: by the word "stop", with the channel,
or when the laptop has not said "on" for a while, as one that was closed does not.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import struct
import time
from typing import Any, Callable, Dict, FrozenSet, List, Optional, Tuple

from .. import names
from ..host import Host
from ..probe import ProbeError, hearing, mac_of
from .sightings import Place, Sightings
from .stations import Stations

TICK = 0.25  # seconds for which frames are gathered: one wake-up for many
LISTEN = 0.5  # seconds between two looks at what the laptop says, when nothing happens
BEAT = 10.0  # seconds between two signs of life
UNHEARD = 45.0  # seconds without the laptop's "on"
AT_ONCE = 4000  # frames between two looks at the laptop
SOL_PACKET, PACKET_STATISTICS, PACKET_OUTGOING = 263, 6, 4  # linux/if_packet.h

Say = Callable[[Dict[str, Any]], None]


class Watch:
    """One look at an interface. `listen` brings what the laptop says to `ask`; `say` is its ear."""

    def __init__(self, host: Host, arguments: Dict[str, Any], laptop: str, say: Say) -> None:
        """Raises ProbeError: probe-no-interface, probe-denied, probe-link-down."""
        self._host = host
        self._say = say
        self._begun = self._heard = time.monotonic()
        self._why = ""
        interface = hearing(host, str(arguments.get("interface", "")))
        https, http = (int(arguments.get(name) or port) for name, port in _PORTS)
        domains, others = (
            tuple(str(name).lower() for name in arguments.get(key, ()))
            for key in ("names", "others")
        )
        own = addresses(host, interface)
        devices = frozenset(str(address) for address in arguments.get("ignored", ()))
        self._mac = mac_of(host, interface)
        place = Place(
            ":".join("%02x" % b for b in self._mac),
            own,
            domains,
            https,
            http,
            laptop_of(host, laptop) | (devices - own),
            frozenset(others),
        )
        self._sightings = Sightings(place, Leases(host).of)
        self._stations: Optional[Stations] = None
        self._dropped = 0
        self._taps: List[Any] = []
        # At the ports of a bridge, not at itself: Docker's packet filter (br_netfilter) comes in
        # between, and has given what is for the CHT the address of a container there.
        try:
            for port in host.list("/sys/class/net/%s/brif" % interface) or [interface]:
                self._taps.append(host.tap(port, https, http))
        except OSError as error:
            self.close()
            if isinstance(error, PermissionError):
                raise ProbeError("probe-denied", interface) from None
            raise ProbeError("probe-link-down", "%s: %s" % (interface, error)) from None

    def ask(self, word: str) -> None:
        """Take a word of the laptop."""
        if word == "on":
            self._heard = time.monotonic()
        elif word == "stop":
            self._why = "stopped"

    def run(self, listen: Callable[[], None]) -> Dict[str, Any]:
        """Watch until it is over; returns seconds, why, lost."""
        try:
            for tap in self._taps:
                tap.setblocking(False)
            self._stations = Stations.of(self._host)
            self._say({"kind": "begun", "wifi": self._stations is not None})
            beat = self._begun
            while not self._why:
                now = time.monotonic()
                if now - self._heard > UNHEARD:
                    self._why = "unheard"
                if now >= beat:
                    beat = now + BEAT
                    self._say({"kind": "beat", "lost": self._lost()})
                sources = [*self._taps, *([self._stations] if self._stations is not None else [])]
                if select.select(sources, [], [], LISTEN)[0]:
                    time.sleep(TICK)
                    self._gather()
                listen()
        finally:
            self.close()
        return {
            "seconds": round(time.monotonic() - self._begun, 1),
            "why": self._why,
            "lost": self._sightings.lost + self._dropped,
        }

    def close(self) -> None:
        """Look no more."""
        for tap in self._taps:
            tap.close()
        if self._stations is not None:
            self._stations.close()

    def _gather(self) -> None:
        for tap in self._taps:
            self._hear(tap)
        if self._stations is not None:
            for what, mac in self._stations.hear():
                self._sightings.station(what, mac, time.monotonic() - self._begun)
        seen = self._sightings.take()
        if seen:
            self._say({"kind": "seen", "seen": seen})

    def _hear(self, tap: Any) -> None:
        for _ in range(AT_ONCE):
            try:
                frame, where = tap.recvfrom(1 << 13)
            except OSError:  # nothing more, or the interface went down
                break
            # What a bridge only passes on was heard where it came in.
            leaves = isinstance(where, tuple) and len(where) > 2 and where[2] == PACKET_OUTGOING
            if not leaves or frame[6:12] == self._mac:
                self._sightings.hear(frame, time.monotonic() - self._begun)

    def _lost(self) -> int:
        """Return how much was too much so far; the kernel forgets its count when it is read."""
        for tap in self._taps:
            with contextlib.suppress(OSError):
                counts = tap.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
                self._dropped += struct.unpack("II", counts)[1]
        return self._sightings.lost + self._dropped


class Leases:
    """dnsmasq's own file, read anew only when it has changed."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._path = names.LEASES + "/dnsmasq.leases"
        self._stamp: Tuple[float, int] = (0.0, -1)
        self._known: Dict[str, Tuple[str, str]] = {}

    def of(self, mac: str) -> Tuple[str, str]:
        """Return address and name of a device's lease, "" where there is none."""
        with contextlib.suppress(OSError):
            status = os.stat(self._host.path(self._path))
            stamp = (status.st_mtime, status.st_size)
            if stamp != self._stamp:
                self._stamp = stamp
                self._known = dict(self._read())
        return self._known.get(mac, ("", ""))

    def _read(self) -> List[Tuple[str, Tuple[str, str]]]:
        found = []
        for line in (self._host.read(self._path) or "").splitlines():
            words = line.split()  # 1763800000 52:54:00:12:34:56 10.20.0.100 name client-id
            if len(words) >= 4:
                found.append((words[1].lower(), (words[2], words[3].replace("*", ""))))
        return found


_PORTS = (("https_port", 443), ("http_port", 80))


def addresses(host: Host, interface: str) -> FrozenSet[str]:
    """Return the addresses that an interface has."""
    done = host.run(["ip", "-j", "address", "show", "dev", interface], timeout=10.0)
    try:
        told = json.loads(done.out or "[]")
    except ValueError:
        told = []
    return frozenset(
        str(one["local"]) for link in told for one in link.get("addr_info", ()) if "local" in one
    )


def laptop_of(host: Host, connection: str) -> FrozenSet[str]:
    """Return address and MAC of the laptop that looks: it is no phone that arrives."""
    address = (connection.split() or [""])[0]
    if not address:
        return frozenset()
    found = {address}
    for line in (host.read("/proc/net/arp") or "").splitlines()[1:]:
        words = line.split()  # address, type, flags, MAC, mask, device
        if len(words) > 3 and words[0] == address and words[3] != "00:00:00:00:00:00":
            found.add(words[3].lower())
    return frozenset(found)


def watch(
    host: Host,
    arguments: Dict[str, Any],
    laptop: str,
    say: Say,
    listen: Callable[[Callable[[str], None]], None],
) -> Dict[str, Any]:
    """Do it all; `listen` hands each word of the laptop to what it is given."""
    looking = Watch(host, arguments, laptop, say)
    return looking.run(lambda: listen(looking.ask))
