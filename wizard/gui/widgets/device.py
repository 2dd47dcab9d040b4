"""How a device is named by its hardware address."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from wizard.site.makers import made_up, maker


def device(mac: str) -> str:
    """Return a hardware address with its maker: "b8:27:eb:12:34:56, made by Raspberry Pi"."""
    say = QCoreApplication.translate
    name = maker(mac)
    if name:
        text = say("Device", "{mac}, made by {maker}")
    elif made_up(mac):
        text = say("Device", "{mac}, made up by a phone or a virtual machine")
    else:
        text = say("Device", "{mac}, maker not known")
    return text.format(mac=mac, maker=name)
