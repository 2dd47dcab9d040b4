"""Wi-Fi radios: what the kernel says that each of them can do, and may do where it is.

The answers are those of `iw` (nl80211), read for one radio at a time: two radios of one server
differ, and words such as "AP" occur in many places of its answer.
"""

from __future__ import annotations

import re
import time
from typing import Any, Dict, List, Tuple

from ..host import Host

# The firmware behind brcmfmac (Raspberry Pi) names the cipher for protected management frames,
# and then phones cannot join: raspberrypi/linux issue 3619.
NO_MFP = ("brcmfmac",)
SETTLE = 4.0  # seconds; the kernel answers at once, a USB radio's driver may take one


def radios(host: Host) -> List[Dict[str, Any]]:
    """Return wire.Radio of every Wi-Fi radio; `iw` is asked only when there is one."""
    phys = host.list("/sys/class/ieee80211")
    if not phys:
        return []
    asked = host.run(["iw", "phy"], timeout=10)
    parts = split(asked.out)
    countries = regulatory(host.run(["iw", "reg", "get"], timeout=10).out) if asked.ok else {}
    blocked = {phy: state for _, phy, state in rfkill(host)}
    found = []
    for phy in phys:
        name = interface_of(host, phy)
        driver = driver_of(host, name)
        one = {
            "phy": phy,
            "interface": name,
            "blocked": blocked.get(phy, ""),
            "driver": driver,
            "read": phy in parts,
        }
        one.update(describe(parts.get(phy, ""), driver))
        country, own = countries.get(phy, countries.get("", ("", False)))
        one.update(country=country, self_managed=own)
        found.append(one)
    return found


def interface_of(host: Host, phy: str) -> str:
    """Return the interface of a radio, or ""."""
    # hwsim radios share one device: the interface itself says which radio is its own
    for name in host.list("/sys/class/net"):
        if _line(host, "/sys/class/net/%s/phy80211/name" % name) == phy:
            return name
    there = host.list("/sys/class/ieee80211/%s/device/net" % phy)
    return there[0] if there else ""


def phy_of(host: Host, interface: str) -> str:
    """Return the radio behind an interface, or ""."""
    return _line(host, "/sys/class/net/%s/phy80211/name" % interface)


def driver_of(host: Host, interface: str) -> str:
    """Return the name of an interface's driver, or ""."""
    return host.link_target("/sys/class/net/%s/device/driver" % interface).rpartition("/")[2]


def rfkill(host: Host) -> List[Tuple[str, str, str]]:
    """Return (folder, radio, state) of every switch: "" on, "soft", "hard" (kernel: rfkill)."""
    found = []
    for name in host.list("/sys/class/rfkill"):
        folder = "/sys/class/rfkill/" + name
        state = ""
        if _line(host, folder + "/hard") == "1":
            state = "hard"
        elif _line(host, folder + "/soft") == "1":
            state = "soft"
        found.append((folder, _line(host, folder + "/name"), state))
    return found


def split(text: str) -> Dict[str, str]:
    """Split what `iw phy` says by radio."""
    parts = re.split(r"(?m)^Wiphy ", text)[1:]
    return {part.split(None, 1)[0]: part for part in parts if part.strip()}


def describe(part: str, driver: str = "") -> Dict[str, Any]:
    """Return what one radio's part of `iw phy` says, as fields of wire.Radio."""
    modes = re.search(r"Supported interface modes:\s*\n((?:\s+\* .+\n?)+)", part)
    extended = "SAE_OFFLOAD_AP" in part
    # BIP-CMAC-128 protects management frames (IEEE 802.11, 00-0f-ac:6)
    mfp = "00-0f-ac:6)" in part and driver not in NO_MFP
    sae = extended or "Device supports SAE with AUTHENTICATE command" in part
    return {
        "ap": bool(modes and re.search(r"\* AP\s*$", modes.group(1), re.M)),
        "channels": channels(part),
        "mfp": mfp,
        "sae": sae and mfp,  # WPA3 without protected management frames is none
        "ht": bool(re.search(r"^\s+HT20", part, re.M)),
        "vht": "VHT Capabilities" in part,
        "he": bool(re.search(r"HE Iftypes:.*\bAP\b", part)),
    }


def channels(part: str) -> List[Dict[str, Any]]:
    """Return wire.Channel of the lines "* 2412 MHz [1] (20.0 dBm) (no IR, radar detection)".

    Older versions say "passive scanning" or "no IBSS" where newer ones say "no IR".
    """
    found = []
    line = r"^\s+\* (\d+)(?:\.\d+)? MHz \[(\d+)\](.*)$"
    for mhz, number, rest in re.findall(line, part, re.M):
        bar = ""
        if "disabled" in rest:
            bar = "disabled"
        elif "radar" in rest:
            bar = "radar"
        elif re.search(r"no.IR|no.IBSS|passive.scan", rest, re.I):
            bar = "no-ir"
        found.append({"number": int(number), "mhz": int(mhz), "bar": bar})
    return found


def regulatory(text: str) -> Dict[str, Tuple[str, bool]]:
    """Return {radio: (country, self-managed)} from `iw reg get`; "" is everybody else's.

    A radio may have an entry without being self-managed (brcmfmac: "country 99"). Once a country
    was set by hand the kernel goes by the global one there, and that entry stays what it was
    (reg_get_regdomain in net/wireless/reg.c).
    """
    found: Dict[str, Tuple[str, bool]] = {}
    at, own = "", False
    for line in text.splitlines():
        head = re.match(r"phy#(\d+)(.*)$", line)
        if line.startswith("global"):
            at, own = "", False
        elif head:
            at, own = "phy" + head.group(1), "self-managed" in head.group(2)
        country = re.match(r"country (\w\w):", line)
        if country and at not in found and (own or not at):
            found[at] = (country.group(1), own)
    return found


def in_force(host: Host, phy: str) -> Tuple[str, bool]:
    """Return the country in force for a radio, and whether its driver has one of its own."""
    found = regulatory(host.run(["iw", "reg", "get"], timeout=20.0).out)
    return found.get(phy, found.get("", ("", False)))


def enforce(host: Host, phy: str, country: str, pause: float, limit: float = SETTLE) -> str:
    """Put a country in force; return the one that then is.

    The kernel reads the countries' rules when it meets its first radio. Where the package with
    them came later, it has to be told to read them again.
    """
    for again in (False, True):
        if again:
            host.run(["iw", "reg", "reload"], timeout=20.0)
        host.run(["iw", "reg", "set", country], timeout=20.0)
        deadline = time.monotonic() + limit
        while in_force(host, phy)[0] != country and time.monotonic() < deadline:
            time.sleep(pause)
        if in_force(host, phy)[0] == country:
            break
    return in_force(host, phy)[0]


def _line(host: Host, path: str) -> str:
    return (host.read(path) or "").strip()
