"""What the staff take away: a sheet to print, QR codes, calendar entries, a report."""

from wizard.handover.model import Certificate, Handover, Item, Server, Wifi

__all__ = ["Certificate", "Handover", "Item", "Server", "Wifi"]
