"""The practice server's Wi-Fi radio: what its kernel, `iw` and hostapd would say.

Nothing is sent: no phone sees this Wi-Fi. The settings that were pushed are what is judged.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from wizard.agent import names
from wizard.agent.host import Done
from wizard.practice.segment import Speaker

INTERFACE = "wlan0"
PHY = "phy0"
MAC = "00:c0:ca:12:34:56"
LAWS = {"00": (11, False), "US": (11, True), "CA": (11, True)}  # last channel, upper 5 GHz
ELSEWHERE = (13, False)
FILES = {
    f"/sys/class/ieee80211/{PHY}/name": f"{PHY}\n",
    f"/sys/class/net/{INTERFACE}/phy80211/name": f"{PHY}\n",
    f"/sys/class/net/{INTERFACE}/address": f"{MAC}\n",
    f"/sys/class/net/{INTERFACE}/flags": "0x1003\n",
    "/sys/class/rfkill/rfkill0/name": f"{PHY}\n",
    "/sys/class/rfkill/rfkill0/soft": "0\n",
    "/sys/class/rfkill/rfkill0/hard": "0\n",
}
# A quiet village: one strong network on channel 1, two weak ones on channel 6.
HEARD = ((2412, -44.0), (2437, -79.0), (2437, -83.0))


class Radio:
    """Answers for one radio; `read` reads a file of the server, `running` asks about a unit."""

    def __init__(self, read: Callable[[str], str | None], running: Callable[[str], bool]) -> None:
        self._read = read
        self._running = running
        self.country = "00"
        self.events = Speaker()  # hostapd's control socket

    def iw(self, words: list[str], _env: dict[str, str]) -> Done:
        """Pretend iw(8), as far as the agent asks it."""
        if words == ["phy"]:
            return Done(0, self._phy(), "")
        if words == ["reg", "get"]:
            return Done(0, f"global\ncountry {self.country}: DFS-UNSET\n", "")
        if words[:2] == ["reg", "set"]:
            self.country = words[2]
            return Done(0, "", "")
        if words == ["dev", INTERFACE, "info"]:
            kind = "AP" if self._running(names.HOSTAPD_UNIT) else "managed"
            return Done(0, f"Interface {INTERFACE}\n\ttype {kind}\n", "")
        if words == ["dev", INTERFACE, "scan"]:
            if (self._read("/sys/class/rfkill/rfkill0/soft") or "").strip() == "1":
                return Done(156, "", "command failed: Network is down (-100)\n")
            rows = [
                f"BSS 02:00:00:00:00:{n:02x}(on {INTERFACE})\n"
                f"\tfreq: {mhz}\n\tsignal: {level:.2f} dBm\n"
                for n, (mhz, level) in enumerate(HEARD)
            ]
            return Done(0, "".join(rows), "")
        return Done(1, "", "iw: not pretended")

    def _phy(self) -> str:
        last, upper = LAWS.get(self.country, ELSEWHERE)
        rows = [
            f"Wiphy {PHY}",
            "\tSupported Ciphers:",
            "\t\t* CCMP-128 (00-0f-ac:4)",
            "\t\t* CMAC (00-0f-ac:6)",
            "\tSupported interface modes:",
            "\t\t * managed",
            "\t\t * AP",
            "\tBand 1:",
            "\t\tCapabilities: 0x1fe",
            "\t\t\tHT20/HT40",
            "\t\tFrequencies:",
        ]
        for number in range(1, 15):
            mhz = 2484 if number == 14 else 2407 + 5 * number
            bar = " (disabled)" if number > last else " (20.0 dBm)"
            rows.append(f"\t\t\t* {mhz} MHz [{number}]{bar}")
        rows += ["\tBand 2:", "\t\tFrequencies:"]
        for number in (*range(36, 65, 4), *range(149, 166, 4)):
            if number in range(52, 65):
                bar = " (20.0 dBm) (no IR, radar detection)"
            elif self.country == "00" or (number > 140 and not upper):
                bar = " (20.0 dBm) (no IR)"
            else:
                bar = " (23.0 dBm)"
            rows.append(f"\t\t\t* {5000 + 5 * number} MHz [{number}]{bar}")
        rows.append("\tDevice supports SAE with AUTHENTICATE command")
        return "\n".join(rows) + "\n"

    def settings(self) -> dict[str, str]:
        """Return the pushed settings of hostapd."""
        text = self._read(names.HOSTAPD_CONF) or ""
        return dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))

    def hostapd(self, words: list[str], _env: dict[str, str]) -> Done:
        """Judge a file as hostapd's parser does where this program could get it wrong."""
        text = self._read_real(words[0])
        found = dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))
        size = len(found.get("wpa_passphrase", ""))
        if not 8 <= size <= 63:
            said = f"Line 1: invalid WPA passphrase length {size} (expected 8..63)\n"
            return Done(1, said + f"1 errors found in configuration file '{words[0]}'\n", "")
        return Done(1, f"Could not open configuration file '{words[-1]}' for reading.\n", "")

    @staticmethod
    def _read_real(place: str) -> str:
        with open(place, encoding="utf-8") as stream:
            return stream.read()

    def hostapd_cli(self, _words: list[str], _env: dict[str, str]) -> Done:
        """Tell of the access point."""
        if not self._running(names.HOSTAPD_UNIT):
            return Done(255, "", "Failed to connect to hostapd")
        channel = self.settings().get("channel", "0")
        return Done(0, f"state=ENABLED\nchannel={channel}\nnum_sta[0]=0\n", "")

    def addresses(self, unit: str) -> list[str]:
        """Return the addresses that a unit's file gives to the radio."""
        text = self._read(f"/etc/systemd/system/{unit}") or ""
        pattern = rf"^ExecStartPost=\S+ -[46] address replace (\S+) dev {INTERFACE}\b"
        return re.findall(pattern, text, re.MULTILINE)

    def link(self, number: int, addresses: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the interface as `ip -j -d addr` tells it."""
        up = self._running(names.HOSTAPD_UNIT)
        return {
            "ifindex": number,
            "ifname": INTERFACE,
            "addr_info": addresses,
            "flags": ["UP", "LOWER_UP"] if up else ["UP"],
            "mtu": 1500,
            "operstate": "UP" if up else "DOWN",
            "link_type": "ether",
            "address": MAC,
        }
