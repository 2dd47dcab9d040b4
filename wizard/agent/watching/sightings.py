"""From frames to sightings: what each device did, once, and no more than a laptop can take in.

Nothing is written anywhere, and what is remembered is bounded: devices, connections, and how many
sightings there may be in a second. Names that have nothing to do with the site are not told.
"""

from __future__ import annotations

import collections
import functools
from typing import Any, Callable, Dict, FrozenSet, List, NamedTuple, Optional, Tuple

from . import frames, names, tls
from .filter import RST, SYN
from .frames import Frame

DEVICES = 600
CONNECTIONS = 2048
AGAIN = 20.0  # seconds before the same is told of the same device again
RATE, BURST = 200.0, 1500.0  # sightings a second, and how many may come at once
ROUTINE = frozenset({"present", "leased", "check", "other"})
"""Told once of a device: they come all the time."""
_ENDS = ("opened", "unused", "refused", "refused-by-server")
_ASTRAY = ("near", "provider", "dns-elsewhere", "dot-elsewhere")
UNDOES: Dict[str, Tuple[str, ...]] = {
    "joined": ("left", "wrong-password"),
    "wrong-password": ("joined",),
    "left": ("joined", "asked", "given", "domain", "opened"),
    "given": ("other-dhcp", "refused-address"),
    "refused-address": ("given",),
    "other-dhcp": ("given",),
    "domain": _ASTRAY,
    "hello": ("hello", *_ENDS),  # of another name
    **dict.fromkeys(_ASTRAY, ("domain",)),
    **{each: tuple(other for other in _ENDS if other != each) for each in _ENDS},
}
"""What is no longer so once that was told: it is told again at once when it comes again."""

Lookup = Callable[[str], Tuple[str, str]]
"""MAC -> address and name of its lease from us, "" where there is none."""


class Place(NamedTuple):
    """Where is watched: the server's own addresses and ports, and the names that lead to it."""

    mac: str
    addresses: FrozenSet[str]
    domains: Tuple[str, ...]
    https: int = 443
    http: int = 80
    ignored: FrozenSet[str] = frozenset()  # MACs and addresses: the laptop that looks, the router
    others: FrozenSet[str] = frozenset()  # names that lead to other machines


class Device:
    """What was told of a device already."""

    def __init__(self) -> None:
        self.name = ""
        self.vendor = ""
        self.told: Dict[Tuple[str, str], float] = {}


class Sightings:
    """Takes frames and gives sightings, as plain data of wire.Sighting."""

    def __init__(self, place: Place, lease: Lookup) -> None:
        self.lost = 0  # sightings that were too many
        self._place = place
        self._lease = lease
        self._devices: "collections.OrderedDict[str, Device]" = collections.OrderedDict()
        self._open: "collections.OrderedDict[Tuple[str, int], tls.Handshake]" = (
            collections.OrderedDict()
        )
        self._ignored = set(place.ignored)
        self._budget, self._filled = BURST, 0.0
        self._found: List[Dict[str, Any]] = []
        self._now = 0.0
        self._sort = functools.lru_cache(maxsize=512)(
            lambda name: names.sort(name, place.domains, place.others)
        )

    def take(self) -> List[Dict[str, Any]]:
        """Return what was found since the last time."""
        found, self._found = self._found, []
        return found

    def hear(self, frame: bytes, now: float) -> None:
        """Look at one frame; `now` is seconds since the watch began."""
        self._now = now
        seen = frames.parse(frame)
        if seen is None:
            return
        ours = seen.mac == self._place.mac
        ignored = seen.mac in self._ignored or seen.source in self._ignored
        if ignored and len(self._ignored) < DEVICES:
            self._ignored.add(seen.mac)
        if seen.kind == frames.UDP and seen.target_port in (67, 68):
            self._dhcp(seen, ours)  # what a router answers is about a phone
        elif ignored:
            return
        elif ours:
            self._answer(seen)
        elif seen.kind == frames.ARP:
            if seen.source != "0.0.0.0":  # noqa: S104 - a probe, RFC 5227
                self._present(seen)
        elif seen.kind == frames.UDP:
            self._present(seen)
            self._dns(seen)
        else:
            self._present(seen)
            self._tcp(seen)

    def station(self, what: str, mac: str, now: float) -> None:
        """Take what hostapd says about a device."""
        self._now = now
        if mac in self._ignored:
            return
        self._tell(mac, what)
        address, _ = self._lease(mac) if what == "was-there" else ("", "")
        if address:
            self._uses_address(mac, address)

    # ------------------------------------------------------------------ kinds of frames

    def _present(self, seen: Frame) -> None:
        """A device uses an address; whether it got it from us is known by our leases."""
        if not seen.source.startswith("fe80:") and seen.source != "::":
            self._uses_address(seen.mac, seen.source)

    def _uses_address(self, mac: str, address: str) -> None:
        device = self._device(mac)
        if self._uses(device, address):
            return
        leased, name = self._lease(mac)
        device.name = device.name or name
        self._tell(mac, "leased" if leased == address else "present", address, device.name)
        device.told["present", address] = self._now

    def _dhcp(self, seen: Frame, ours: bool) -> None:
        said = frames.dhcp(seen.data)
        if said is None or said.mac == self._place.mac or said.mac in self._ignored:
            return
        if said.answer:
            self._dhcp_answer(said, ours)
            return
        device = self._device(said.mac)
        device.name, device.vendor = said.name or device.name, said.vendor or device.vendor
        if said.kind == 3 and said.server and said.server not in self._place.addresses:
            self._tell(said.mac, "other-dhcp", detail=said.server)
        elif said.kind in (1, 3):
            self._tell(said.mac, "asked", name=device.name, detail=device.vendor)

    def _dhcp_answer(self, said: frames.Dhcp, ours: bool) -> None:
        if not ours:
            if said.kind == 5:  # who takes an offer says so itself
                self._tell(said.mac, "other-dhcp", detail=said.server)
        elif said.kind == 5 and said.given != "0.0.0.0":  # noqa: S104 - an answer to INFORM
            self._tell(said.mac, "given", said.given, self._device(said.mac).name)
        elif said.kind == 6:
            self._tell(said.mac, "refused-address")

    def _dns(self, seen: Frame) -> None:
        if seen.target_port != 53:
            return
        if seen.target not in self._place.addresses and not seen.target.startswith("fe80:"):
            self._tell(seen.mac, "dns-elsewhere", seen.source, detail=seen.target)
            return
        name = frames.question(seen.data)
        kind = self._sort(name) if name else "other"
        shown = name if kind in ("domain", "near", "provider") else ""
        self._tell(seen.mac, kind, seen.source, shown)

    def _tcp(self, seen: Frame) -> None:
        own = seen.target in self._place.addresses
        if seen.target_port == 853:
            what = "dot" if own else "dot-elsewhere"
            self._tell(seen.mac, what, seen.source, detail="" if own else seen.target)
        elif not own:
            return
        elif seen.target_port == self._place.http:
            name = frames.host_header(seen.data)
            if name:
                self._tell(seen.mac, "http", seen.source, name)
        elif seen.target_port == self._place.https:
            self._secure(seen)

    def _secure(self, seen: Frame) -> None:
        key = (seen.source, seen.source_port)
        if seen.flags & (SYN | RST):
            self._open.pop(key, None)
            if seen.flags & SYN:
                self._tell(seen.mac, "knocked", seen.source)
            return
        handshake = self._open.get(key)
        if handshake is None:
            handshake = self._open[key] = tls.Handshake()
            while len(self._open) > CONNECTIONS:
                self._open.popitem(last=False)
        for what, more in handshake.hear(seen.data):
            name, detail = (more, "") if what == "hello" else ("", more)
            self._tell(seen.mac, what, seen.source, name, detail)

    def _answer(self, seen: Frame) -> None:
        """The web server refuses a handshake."""
        alert = tls.alert_of(seen.data) if seen.source_port == self._place.https else ""
        key = (seen.target, seen.target_port)
        handshake = self._open.get(key)
        if alert and handshake is not None and not handshake.over:
            handshake.over = True
            mac = next((m for m, d in self._devices.items() if self._uses(d, seen.target)), "")
            if mac:
                self._tell(mac, "refused-by-server", seen.target, detail=alert)

    @staticmethod
    def _uses(device: Device, address: str) -> bool:
        return ("present", address) in device.told or ("given", address) in device.told

    # ------------------------------------------------------------------------- telling

    def _device(self, mac: str) -> Device:
        device = self._devices.get(mac)
        if device is None:
            device = self._devices[mac] = Device()
            while len(self._devices) > DEVICES:
                self._devices.popitem(last=False)
        else:
            self._devices.move_to_end(mac)
        return device

    def _tell(
        self, mac: str, what: str, address: str = "", name: str = "", detail: str = ""
    ) -> None:
        device = self._device(mac)
        # an address is part of what is told only where it is the news
        key = (what, address if what in ("given", "present", "leased") else name or detail)
        last: Optional[float] = device.told.get(key)
        if last is not None and (what in ROUTINE or self._now - last < AGAIN):
            return
        self._budget = min(BURST, self._budget + (self._now - self._filled) * RATE)
        self._filled = self._now
        if self._budget < 1.0:
            self.lost += 1
            return
        self._budget -= 1.0
        if len(device.told) > 64:
            device.told.clear()
        for old in [old for old in device.told if old[0] in UNDOES.get(what, ())]:
            del device.told[old]
        device.told[key] = self._now
        told = {"what": what, "mac": mac, "at": round(self._now, 3)}
        told.update({"address": address} if address else {})
        told.update({"name": name} if name else {})
        told.update({"detail": detail} if detail else {})
        self._found.append(told)
