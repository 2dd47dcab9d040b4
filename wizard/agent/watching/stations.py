"""Who joins the server's own Wi-Fi, as hostapd says it over its control socket."""

from __future__ import annotations

import re
import select
import socket
from typing import Dict, List, Optional, Tuple

from .. import names
from ..host import Host

# hostapd's src/common/wpa_ctrl.h; those behind are the words of this program. Who is on the Wi-Fi
# when it is asked "was-there": nobody saw when it joined.
EVENTS = {
    "AP-STA-CONNECTED": "joined",
    "AP-STA-DISCONNECTED": "left",
    "AP-STA-POSSIBLE-PSK-MISMATCH": "wrong-password",
}
MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
MOST = 512  # stations; hostapd's own limit is 2007

Said = Tuple[str, str]


class Stations:
    """The control socket of one radio; `close` ends it. Nothing is sent but questions."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire
        self._asked = 0
        self._say("ATTACH")
        self._say("STA-FIRST")

    @classmethod
    def of(cls, host: Host) -> "Optional[Stations]":
        """Return those of the server's own Wi-Fi, in a bridge or not; None when it has none."""
        found = re.search(r"(?m)^interface=(\S+)$", host.read(names.HOSTAPD_CONF) or "")
        if not found:
            return None
        interface = found.group(1)
        try:
            return cls(host.control(names.HOSTAPD_RUN + "/control/" + interface))
        except OSError:
            return None

    def fileno(self) -> int:
        """Let `select` wait for news."""
        return self._wire.fileno()

    def hear(self) -> List[Said]:
        """Return (what, MAC) of what was said since the last time."""
        said: List[Said] = []
        while select.select([self._wire], [], [], 0)[0]:
            try:
                text = self._wire.recv(4096).decode("utf-8", "replace")
            except OSError:
                break
            said += self._told(text)
        return said

    def _told(self, text: str) -> List[Said]:
        if text.startswith("<"):  # <3>AP-STA-CONNECTED 02:00:00:00:00:01
            words = text.partition(">")[2].split()
            if len(words) > 1 and words[0] in EVENTS and MAC.fullmatch(words[1].lower()):
                return [(EVENTS[words[0]], words[1].lower())]
            return []
        mac = text.split("\n", 1)[0].strip().lower()
        if not MAC.fullmatch(mac) or self._asked >= MOST:
            return []
        self._asked += 1
        self._say("STA-NEXT " + mac)
        flags: Dict[str, str] = {
            key: value for key, _, value in (row.partition("=") for row in text.split("\n")[1:])
        }
        return [("was-there", mac)] if "[AUTHORIZED]" in flags.get("flags", "") else []

    def _say(self, words: str) -> None:
        try:
            self._wire.send(words.encode())
        except OSError:
            return

    def close(self) -> None:
        """Leave it."""
        self._say("DETACH")
        self._wire.close()
