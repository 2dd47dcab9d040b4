"""What is said about an OpenWrt device, and what to do about it."""

from __future__ import annotations

from wizard.problem import UserError, Words

WORDS: Words = {
    "not-openwrt": (
        "The device at {host} is not one with OpenWrt.",
        "Set it by hand, as told on the page Wi-Fi.",
    ),
    "unreadable": (
        "The settings of the OpenWrt device could not be read ({where}).",
        "Set it by hand, as told on the page Wi-Fi.",
    ),
    "no-lan": (
        "The OpenWrt device has no network called lan.",
        "Reset it to its factory settings, or set it by hand.",
    ),
    "no-radio": (
        "The OpenWrt device has no Wi-Fi radio for 2.4 GHz.",
        "Use another device as the access point.",
    ),
    "vlans": (
        "The LAN of the OpenWrt device is divided into VLANs.",
        "Somebody has set this up on purpose. Ask them, or set it by hand.",
    ),
    "uplink-wifi": (
        "The OpenWrt device is in another Wi-Fi itself.",
        "Reset it to its factory settings and connect it by cable, or set it by hand.",
    ),
    "wpa3-unable": (
        "The OpenWrt device cannot protect its Wi-Fi with WPA3.",
        "Choose WPA2 and WPA3, or WPA2 only.",
    ),
    "site-address": (
        "The site has no fixed address yet, so there is no network for the access point.",
        "First decide it on the page Fixed address.",
    ),
    "site-range": (
        "The range of addresses for phones is missing or wrong.",
        "Mend it on the page DNS and DHCP.",
    ),
    "site-ssid": (
        "The Wi-Fi has no name yet, or one that phones would not show.",
        "Write one with 1 to 32 bytes on the page Wi-Fi.",
    ),
    "site-country": (
        "The country is missing: the law decides which channels the access point may use.",
        "Give its two letters, such as KE.",
    ),
    "site-passphrase": (
        "The Wi-Fi has no password yet, or one that Wi-Fi does not take.",
        "Use 8 to 63 letters, digits and signs of the English keyboard.",
    ),
    "address-invalid": (
        "“{address}” is not an address.",
        "Write one such as 10.20.0.2",
    ),
    "address-in-range": (
        "The address {address} is in the range for phones ({first} to {last}).",
        "Choose one outside of it, such as {free}.",
    ),
    "address-outside": (
        "No device in the site's network {network} can have the address {address}.",
        "Choose another one, such as {free}.",
    ),
    "address-taken": (
        "The address {address} is taken: by the server, the gateway, a device that always gets it, "
        "an extra name, or an access point set up before.",
        "Choose another one, such as {free}.",
    ),
    "no-room": (
        "Nothing is left in the site's network for the access point's address.",
        "Make the range for phones smaller on the page DNS and DHCP.",
    ),
    "busy": (
        "An earlier change of the OpenWrt device still waits for its confirmation.",
        "Wait three minutes: it then goes back by itself. Then try again.",
    ),
    "unsaved": (
        "Somebody has changed settings of the OpenWrt device and not saved them yet.",
        "Save or revert them on its own page (Unsaved Changes), then try again.",
    ),
    "refused-settings": (
        "The OpenWrt device did not take the new settings. Nothing was changed.",
        "Look at the details, or set it by hand.",
    ),
    "not-back": (
        "The OpenWrt device did not answer at {address}, so it goes back to its old settings by "
        "itself, within {seconds} seconds.",
        "Plug the cable from the server into one of its LAN sockets, and this laptop into another "
        "one or into the server's network. Wait until the time is over, then try again.",
    ),
    "not-confirmed": (
        "The OpenWrt device went back to its old settings before it could be confirmed.",
        "Check the cable, then try again.",
    ),
}


class OpenWrtError(UserError):
    """The device cannot be set up, or was not; nobody is locked out."""

    words = WORDS


# ------------------------------------------------------------------- what is changed

DHCP_OFF = "Switch off its DHCP server, DNS and router advertisements."
FIREWALL_OFF = "Switch off its firewall: there is nothing to part any more."
ADDRESS = "Give it the address {address}, outside of the range for phones."
ONE_SWITCH = "Make one switch of all sockets, the one called WAN or Internet, too."
BRIDGE = "Join its sockets and its Wi-Fi in one network."
WIFI = "Set up the Wi-Fi “{ssid}” on channel {channel} for {country}, protected with {how}."
OTHER_WIFI = "Switch off its other Wi-Fi ({count})."
"""Templates; filled in by `plan`."""
