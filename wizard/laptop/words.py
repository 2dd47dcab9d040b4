"""What is said when this laptop is not in the server's network, and what to do about it."""

from __future__ import annotations

from wizard.problem import UserError, Words

WORDS: Words = {
    "no-link": (
        "This laptop is not connected to any network.",
        "Plug in the cable to the server or its switch, or join its Wi-Fi.",
    ),
    "other-subnet": (
        "This laptop has no address in the network {network}: it has {present}.",
        "When the server hands out addresses: {renew}. Otherwise give the laptop the address "
        "{example} for the time being: {add}.",
    ),
    "no-address": (
        "This laptop is connected but has no address yet.",
        "When the server hands out addresses: {renew}. Otherwise give the laptop the address "
        "{example} for the time being: {add}.",
    ),
    "own-address": (
        "{address} is an address of this very laptop.",
        "Give the server another address, or take this one off the laptop.",
    ),
    "not-an-address": (
        "{given} is not an address with a prefix.",
        "Write it like 192.168.1.10/24.",
    ),
}


class LaptopError(UserError):
    """Something about this laptop that its user can mend."""

    words = WORDS


# platform -> (how to renew the lease, how to add an address)
HOW = {
    "linux": (
        'pull the cable and plug it in again, or run: nmcli device reapply "{name}"',
        'sudo ip address add {example} dev "{name}"',
    ),
    "win32": (
        'open a command prompt and run: ipconfig /renew "{name}"',
        "open a command prompt as administrator and run: "
        'netsh interface ip set address "{name}" static {host} {mask} - and afterwards, to undo '
        'it: netsh interface ip set address "{name}" dhcp',
    ),
}
