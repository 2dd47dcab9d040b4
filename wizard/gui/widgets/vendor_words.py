"""Where common makers have the switch that makes a plain access point of a Wi-Fi router."""

from __future__ import annotations

from wizard.gui.widgets.fold import Fold
from wizard.gui.widgets.points import Points

# As the menus are called in the makers' own words; they differ from one device to the next.
MENUS = (
    ("TP-Link", "Advanced > System > Operation Mode > Access Point"),
    ("ASUS", "Administration > Operation Mode > Access Point (AP) mode"),
    ("Netgear", "Advanced > Advanced Setup > Router / AP / Bridge Mode > AP Mode"),
    ("D-Link", "Settings > Operation Mode > Bridge Mode"),
    ("Linksys", "Connectivity > Internet Settings > Bridge Mode"),
    ("Tenda", "Advanced > Operating Mode > AP Mode"),
    ("Huawei", "More Functions > Network Settings > Wi-Fi Access Point, or Bridge (AP)"),
    ("MikroTik", "Quick Set > Bridge"),
)


class VendorWords(Fold):
    """A fold with one line for each maker."""

    def __init__(self) -> None:
        super().__init__(self.tr("Where makers have it"))
        points = Points()
        line = self.tr("{maker}: {menu}")
        told = [line.format(maker=maker, menu=menu) for maker, menu in MENUS]
        told.append(
            self.tr(
                "UniFi, Omada, Aruba Instant On and other pure access points have no router: only "
                "the name, the password and an address of their own are to be set."
            )
        )
        told.append(
            self.tr(
                "Where there is no such mode: switch off DHCP (menu LAN or DHCP server) and IPv6, "
                "and use the LAN sockets only."
            )
        )
        points.tell(told)
        self.body.addWidget(points)
