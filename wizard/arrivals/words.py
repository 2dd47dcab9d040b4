"""Every sentence about phones that arrive; the one file a translator needs."""

from __future__ import annotations

from wizard.problem import Words

STEPS: dict[str, str] = {
    "joined": "joined the Wi-Fi",
    "address": "has an address from the server",
    "name": "asked for the CHT",
    "opened": "opened the CHT",
}

TITLES: dict[str, str] = {
    "android": "A phone with Android {version}",
    "device": "A device without a name",
}

STRANGER = "hides its maker"

COUNTS: dict[str, str] = {
    "devices": "{count} devices were seen",
    "device": "One device was seen",
    "passed": "{count} opened the CHT",
    "running": "{count} on the way",
    "failed": "{count} stopped",
}

_AUTOMATIC = (
    "On the phone, open the settings of this Wi-Fi and set “IP settings” to “DHCP” (automatic). "
    "Then switch its Wi-Fi off and on."
)
_STAY = (
    "Open the CHT on it. If it is open already: switch mobile data off, answer “Stay connected” "
    "when Android says that there is no Internet, and close apps for VPN or against advertising."
)
_TYPE = "Type the address once more, letter by letter: https://{domain}"
_DATE = "Look at date, time and time zone of the phone first."

WORDS: Words = {
    # on the way
    "came": ("It has just come.", ""),
    "was-there": ("It was in the Wi-Fi before, and has asked for nothing since.", ""),
    "asks-address": ("It asks for an address.", ""),
    "has-address": ("It has its address. Now open the CHT on it.", ""),
    "asked-name": ("It has found the CHT's address.", ""),
    "opening": ("It is opening the CHT.", ""),
    # there
    "opened": ("It opened the CHT.", ""),
    "uses": ("It uses the CHT.", ""),
    # stopped: the Wi-Fi and the address
    "wrong-password": (
        "It tried to join the Wi-Fi with a wrong password.",
        "Let the phone forget this Wi-Fi. Then join again with the code, or type the password "
        "letter by letter.",
    ),
    "left": ("It has left the Wi-Fi.", "If you did not want that, go nearer and join again."),
    "joined-only": ("It joined the Wi-Fi, but asks for no address.", _AUTOMATIC),
    "no-address": (
        "It asked for an address and got none.",
        "Run the live check: perhaps all addresses are taken, or DNS and DHCP do not run. Then "
        "switch the Wi-Fi of the phone off and on.",
    ),
    "other-dhcp": (
        "It takes its address from another device ({detail}) and not from the server.",
        "Switch DHCP off in that device; it is often the access point or an Internet router. Then "
        "switch the Wi-Fi of the phone off and on.",
    ),
    "own-address": (
        "It uses the address {address}, which the server did not give to it.",
        f"{_AUTOMATIC} A printer or an access point may keep it.",
    ),
    # stopped: the name
    "silent": ("It has its address, but asks for nothing.", _STAY),
    "no-question": ("It asks whether there is Internet, but not for the CHT.", _STAY),
    "private-dns": (
        "It wants to ask the DNS provider {name}, which only works with Internet.",
        "In Settings, “Network and Internet”, set “Private DNS” to “Off” or “Automatic”. If only "
        "Chrome fails, switch “Use secure DNS” off in its settings.",
    ),
    "other-dns": (
        "It asks another DNS server ({detail}), which does not know the CHT.",
        "On the phone, open the settings of this Wi-Fi and set “IP settings” to “DHCP”. Set "
        "“Private DNS” to “Off” or “Automatic”, and close apps for VPN.",
    ),
    "mistyped": ("It asked for {name}, but the CHT is called {domain}.", _TYPE),
    # stopped: the server
    "not-come": (
        "It found the CHT's address, but does not come to the server.",
        "Switch mobile data off and close apps for VPN. Then open the CHT once more.",
    ),
    "no-handshake": (
        "It came to the server, but made no secure connection.",
        "Go nearer to the access point, close the app and open it again. If it stays so on all "
        "phones, run the live check.",
    ),
    "certificate": (
        "It does not trust the certificate.",
        f"{_DATE} If they are right, run the live check and look at the page Certificate: an old "
        "phone may not know who issued it.",
    ),
    "certificate-time": (
        "By its clock the certificate has ended or has not begun.",
        f"{_DATE} If they are right, the certificate has ended: renew it.",
    ),
    "wrong-name": (
        "It called the server {name}, but the certificate is for {domain}.",
        _TYPE,
    ),
    "by-number": (
        "It called the server by its number instead of its name.",
        _TYPE,
    ),
    "unused": (
        "It made a secure connection and closed it without a question.",
        f"{_DATE} Then open the CHT once more. If it stays so, run the live check: the certificate "
        "may lack a part.",
    ),
    "too-old": (
        "The phone knows no encryption that the server uses.",
        "While there is Internet, update Android System WebView and Chrome on it. If that is not "
        "possible, the phone is too old for this CHT.",
    ),
}  # fmt: skip
