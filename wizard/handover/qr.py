"""QR codes: to join the Wi-Fi, and to open the CHT."""

from __future__ import annotations

import io
import re

import segno

QUIET = 4
"""Modules of white around the code (ISO/IEC 18004, 9.1); without them scanners fail on dark."""

_ESCAPED = str.maketrans({each: f"\\{each}" for each in '\\;,":'})

# Android writes and reads T:SAE since version 10. The WPA3 specification (3.0, section 7) wants
# T:WPA;R:1 instead, which phones of before Android 14 take for WPA2 and then fail
# (openwrt/luci#6377). With both each reader finds its own.
_TYPES = {"wpa2": "T:WPA;", "wpa2-wpa3": "T:WPA;", "wpa3": "T:SAE;R:1;"}


def wifi_text(ssid: str, passphrase: str, security: str, *, hidden: bool = False) -> str:
    """Return what the QR code for joining a Wi-Fi says.

    `security` is one of site.access_point.SECURITIES. Escaping as in ZXing's description of the
    format, which phones follow: backslash before each of \\ ; , : and ". Raises ValueError
    without SSID or passphrase: phones refuse such a code.
    """
    if not ssid or not passphrase:
        raise ValueError("a Wi-Fi code needs SSID and passphrase")
    hide = "H:true;" if hidden else ""
    name = _escape(ssid)
    if re.fullmatch(r"[0-9A-Fa-f]+", ssid):
        name = f'"{name}"'  # without quotes it would be read as hexadecimal
    return f"WIFI:{_TYPES[security]}S:{name};P:{_escape(passphrase)};{hide};"


def svg(text: str) -> bytes:
    """Return a QR code of a text as SVG: black on white with its quiet zone, 10 units a module.

    Raises ValueError when the text is too long (beyond 2300 bytes) or no Unicode.
    """
    code = segno.make_qr(text, error="m", encoding="utf-8")
    out = io.BytesIO()
    code.save(out, kind="svg", scale=10, border=QUIET, dark="#000", light="#fff", xmldecl=False)
    return out.getvalue()


def _escape(value: str) -> str:
    return value.translate(_ESCAPED)
