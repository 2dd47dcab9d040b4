"""A Wi-Fi radio: taken from whoever has it, unblocked, in its country; and given back."""

from __future__ import annotations

import re

from ..host import Host
from ..look import radios
from . import Plain, Step, StepError


def check(step: Step, change: Plain) -> None:
    """Refuse what is no radio, or is switched off by hand."""
    interface, country = change["interface"], change["country"]
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,15}", interface) or interface.startswith("-"):
        raise StepError("bad-order", "interface")
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        raise StepError("bad-order", "country")
    if change["release"]:
        return
    phy = radios.phy_of(step.host, interface)
    if not phy:
        raise StepError("no-radio", interface)
    if any(of == phy and state == "hard" for _, of, state in radios.rfkill(step.host)):
        raise StepError("radio-hard-blocked", interface)


def look(step: Step, change: Plain) -> Plain:
    """Return which switches are off, the country in force, and whether NetworkManager has it."""
    host, interface = step.host, change["interface"]
    phy = radios.phy_of(host, interface)
    country, own = radios.in_force(host, phy)
    return {
        "interface": interface,
        "phy": phy,
        "soft": [f for f, of, state in radios.rfkill(host) if of == phy and state == "soft"],
        "country": country,
        "self_managed": own,
        "networkmanager": _networkmanager(host),
        "managed": _managed(host, interface),
        "networkd": host.exists("/run/systemd/netif/links"),
        "release": change["release"],
    }


def do(step: Step, change: Plain, before: Plain) -> Plain:
    """Take the radio; nobody else changes its mode or country from here on."""
    interface = change["interface"]
    _tell_managers(step, before, "yes" if change["release"] else "no")
    if change["release"]:
        return {}
    for folder in before["soft"]:
        _switch(step.host, folder, "0")
    still = [of for _, of, state in radios.rfkill(step.host) if of == before["phy"] and state]
    if still:
        raise StepError("radio-blocked", interface)
    if change["country"] and not before["self_managed"]:
        poll = step.timings.poll
        if radios.enforce(step.host, before["phy"], change["country"], poll) != change["country"]:
            raise StepError("radio-country", change["country"])
    return {}


def undo(step: Step, before: Plain) -> None:
    """Give the radio back as it was; the files that kept others off it are gone by now."""
    for folder in before["soft"]:
        _switch(step.host, folder, "1")
    if not before["release"] and not before["self_managed"] and step.host.which("iw"):
        known = re.fullmatch(r"[A-Z]{2}", before["country"])
        country = before["country"] if known else "00"
        step.host.run(["iw", "reg", "set", country], timeout=20.0)
    _tell_managers(step, before, "yes" if before["managed"] else "no")


def _tell_managers(step: Step, before: Plain, managed: str) -> None:
    host, interface = step.host, before["interface"]
    if before["networkmanager"]:
        # Its drop-in file says the same and counts at every start.
        host.run(["nmcli", "general", "reload", "conf"], timeout=30.0)
        host.run(["nmcli", "device", "set", interface, "managed", managed], timeout=30.0)
    if before["networkd"] and host.which("networkctl"):
        host.run(["networkctl", "reload"], timeout=30.0)


def _networkmanager(host: Host) -> bool:
    return host.exists("/run/NetworkManager") and bool(host.which("nmcli"))


def _managed(host: Host, interface: str) -> bool:
    """True when NetworkManager looks after the interface."""
    if not _networkmanager(host):
        return False
    argv = ["nmcli", "--get-values", "GENERAL.STATE", "device", "show", interface]
    done = host.run(argv, timeout=20.0)
    return done.ok and not done.out.startswith("10 ")  # 10 = unmanaged (NMDeviceState)


def _switch(host: Host, folder: str, value: str) -> None:
    """Write a switch of rfkill; a radio that is gone has none."""
    try:
        with open(host.path(folder + "/soft"), "w", encoding="ascii") as stream:
            stream.write(value)
    except OSError:
        return


REASONS = (
    ("radio-blocked", r"rfkill: WLAN soft blocked|Operation not possible due to RF-kill"),
    ("radio-hard-blocked", r"rfkill: WLAN hard blocked"),
    (
        "radio-channel",
        r"Hardware does not support configured channel|Could not select hw_mode and channel"
        r"|not (?:found from|allowed for AP mode)|No channel available|hw_mode.*not support",
    ),
    ("radio-busy", r"Device or resource busy|already in use|Match already configured"),
    (
        "radio-refused",
        r"Could not configure driver mode|Failed to set beacon parameters|Operation not supported"
        r"|does not support AP",
    ),
)


def reason(text: str) -> str:
    """Return the code for why hostapd 2.9 to 2.11 did not start, by its own words."""
    return next((code for code, words in REASONS if re.search(words, text)), "radio-failed")


UNDO = {"services": undo}
