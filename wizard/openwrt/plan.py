"""From what an OpenWrt device is to what has to change for it to be a plain access point.

Source: OpenWrt's own guide for such devices ("dumb AP"), and the settings of 19.07 (a `lan` with
`type bridge`), and of 21.02 and later (`device` sections).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from ipaddress import IPv4Address, IPv4Interface

from wizard.openwrt import words
from wizard.openwrt.model import Plan, Router, Step, Wanted
from wizard.openwrt.uci import Section, Settings, quoted
from wizard.openwrt.words import OpenWrtError
from wizard.problem import tr
from wizard.site.addresses import ends

SERVICES = ("dnsmasq", "odhcpd", "firewall")
NEAR = 8  # addresses after the server's are tried first
OURS = "network.cht_bridge"
PLAIN = re.compile(r"[A-Za-z0-9._-]+")  # a socket; not "@lan", not a tunnel
# wifi-iface: encryption, and ieee80211w (management frame protection)
SECURITY = {"wpa2-wpa3": ("sae-mixed", "1"), "wpa2": ("psk2+ccmp", "0"), "wpa3": ("sae", "2")}
HOW = {"sae-mixed": "WPA2 and WPA3", "psk2+ccmp": "WPA2", "sae": "WPA3"}

Range = tuple[IPv4Address, IPv4Address]
"""First and last address of the range for phones."""


def plan(router: Router, wanted: Wanted) -> Plan:
    """Return the steps; pure. Raises OpenWrtError for a device that is better set by hand."""
    settings = router.settings
    lan = settings.named("network.lan")
    if router.pending:
        raise OpenWrtError("busy")
    if router.unsaved:
        raise OpenWrtError("unsaved")
    if lan is None:
        raise OpenWrtError("no-lan")
    if settings.of("network", "bridge-vlan"):
        raise OpenWrtError("vlans")
    if any(s.text("mode") == "sta" and not _off(s) for s in settings.of("wireless", "wifi-iface")):
        raise OpenWrtError("uplink-wifi")
    steps = [
        *_serving(router),
        *_sockets(settings, lan),
        *_address(lan, wanted.address),
        *_wifi(router, wanted),
    ]
    return Plan(tuple(steps), str(wanted.address.ip))


def free_address(
    own: IPv4Interface, phones: Range | None, used: Collection[IPv4Address] = ()
) -> IPv4Address:
    """Return a calm address for the access point. Raises OpenWrtError "no-room".

    `used`: what others than the server have.
    """
    for one in _candidates(own, phones):
        if one != own.ip and one not in used:
            return one
    raise OpenWrtError("no-room")


def _candidates(own: IPv4Interface, phones: Range | None) -> Iterator[IPv4Address]:
    """The addresses outside of the phones' range: near the server's, then from the top down."""
    low, high = ends(own.network)
    near = range(int(own.ip) + 1, min(int(own.ip) + NEAR, int(high)) + 1)
    for one in map(IPv4Address, near):
        if not _inside(one, phones):
            yield one
    number = int(high)
    while number >= int(low):
        one = IPv4Address(number)
        if phones is not None and _inside(one, phones):
            number = int(phones[0])
        else:
            yield one
        number -= 1


def judge_address(
    address: IPv4Address,
    own: IPv4Interface,
    phones: Range | None,
    used: Collection[IPv4Address] = (),
) -> None:
    """Raise OpenWrtError when that address would disturb the site."""
    low, high = ends(own.network)
    where = {"address": str(address), "free": str(free_address(own, phones, used))}
    if not low <= address <= high:
        raise OpenWrtError("address-outside", network=str(own.network), **where)
    if address == own.ip or address in used:
        raise OpenWrtError("address-taken", **where)
    if phones is not None and _inside(address, phones):
        raise OpenWrtError("address-in-range", first=phones[0], last=phones[1], **where)


def _inside(address: IPv4Address, phones: Range | None) -> bool:
    return phones is not None and phones[0] <= address <= phones[1]


# ------------------------------------------------------------------------- its parts


def _serving(router: Router) -> Iterator[Step]:
    lines: list[str] = []
    for pool in router.settings.of("dhcp", "dhcp"):
        wanted = {"ignore": "1", "ra": "disabled", "dhcpv6": "disabled"}
        lines += _set(pool, wanted)
    names = tuple(n for n in ("dnsmasq", "odhcpd") if n in router.services)
    if lines or names:
        yield Step(tr(words.DHCP_OFF), tuple(lines), names)
    if "firewall" in router.services:
        yield Step(tr(words.FIREWALL_OFF), stop=("firewall",))


def _sockets(settings: Settings, lan: Section) -> Iterator[Step]:
    """The WAN socket joins the others; then it does not matter where the cable goes."""
    outer = [s for s in settings.of("network", "interface") if s.name in ("wan", "wan6")]
    gone = tuple(f"delete {s.path}" for s in outer)
    sockets = [
        one
        for s in outer
        for one in (*s.words("device"), *s.words("ifname"))
        if PLAIN.fullmatch(one)
    ]
    wan = list(dict.fromkeys(sockets))
    device = lan.text("device")
    if not device:  # up to 19.07
        there = lan.words("ifname")
        new = [one for one in wan if one not in there]
        lines = _set(lan, {"type": "bridge", "ifname": " ".join((*there, *new))})
    else:
        bridge = next(
            (
                s
                for s in settings.of("network", "device")
                if s.text("name") == device and s.text("type") == "bridge"
            ),
            None,
        )
        if bridge is None:
            lines = [
                f"set {OURS}=device",
                f"set {OURS}.name='br-lan'",
                f"set {OURS}.type='bridge'",
                *(f"add_list {OURS}.ports={quoted(one)}" for one in (device, *wan)),
                f"set {lan.path}.device='br-lan'",
            ]
        else:
            new = [one for one in wan if one not in bridge.words("ports")]
            lines = [f"add_list {bridge.path}.ports={quoted(one)}" for one in new]
    if lines or gone:
        yield Step(tr(words.ONE_SWITCH if wan else words.BRIDGE), (*lines, *gone))


def _address(lan: Section, address: IPv4Interface) -> Iterator[Step]:
    lines = _set(lan, {"proto": "static"})
    own, mask = str(address.ip), str(address.netmask)
    if lan.options.get("ipaddr") != own or lan.text("netmask") != mask:
        lines += _delete(lan, ("ipaddr",))
        lines += [f"set {lan.path}.ipaddr={quoted(own)}", f"set {lan.path}.netmask={quoted(mask)}"]
    lines += _delete(lan, ("gateway", "dns", "ip6assign"))
    if lines:
        yield Step(tr(words.ADDRESS).format(address=own), tuple(lines))


def _wifi(router: Router, wanted: Wanted) -> Iterator[Step]:
    settings = router.settings
    radios = settings.of("wireless", "wifi-device")
    radio = next((r for r in radios if _near(r)), None)
    if radio is None:
        raise OpenWrtError("no-radio")
    security = wanted.security
    if not router.sae and security == "wpa3":
        raise OpenWrtError("wpa3-unable")
    encryption, mfp = SECURITY[security if router.sae else "wpa2"]
    networks = settings.of("wireless", "wifi-iface")
    mine = [n for n in networks if n.text("device") == radio.name and n.text("mode") == "ap"]
    lines = [
        *_set(
            radio,
            {
                "disabled": "0",
                "country": wanted.country,
                "channel": str(wanted.channel),
                "htmode": "HT20",
            },
        )
    ]
    given = {
        "network": "lan",
        "mode": "ap",
        "ssid": wanted.ssid,
        "encryption": encryption,
        "key": wanted.passphrase,
        "ieee80211w": mfp,
        "isolate": "0",
        "hidden": "0",
        "disabled": "0",
    }
    if mine:
        lines += _set(mine[0], given)
    else:
        path = "wireless.cht_wifi"
        lines += [f"set {path}=wifi-iface", f"set {path}.device={quoted(radio.name)}"]
        lines += [f"set {path}.{key}={quoted(value)}" for key, value in given.items()]
    if lines:
        text = tr(words.WIFI).format(
            ssid=wanted.ssid,
            channel=wanted.channel,
            country=wanted.country,
            how=HOW[encryption],
        )
        yield Step(text, tuple(lines))
    others = [n for n in networks if n not in mine[:1] and not _off(n)]
    others = [n for n in others if not _off(settings.named(f"wireless.{n.text('device')}"))]
    if others:
        off = tuple(f"set {n.path}.disabled='1'" for n in others)
        yield Step(tr(words.OTHER_WIFI).format(count=len(others)), off)


def _near(radio: Section) -> bool:
    """True for 2.4 GHz: `band` since 21.02, `hwmode` before."""
    band, mode = radio.text("band"), radio.text("hwmode")
    return band == "2g" if band else mode in ("11g", "11b", "11ng")


def _off(section: Section | None) -> bool:
    return section is not None and section.text("disabled") == "1"


def _set(section: Section, wanted: dict[str, str]) -> list[str]:
    """Lines for what is not so yet; what is not there counts as off."""
    return [
        f"set {section.path}.{key}={quoted(value)}"
        for key, value in wanted.items()
        if (section.text(key) or ("0" if key in ("disabled", "isolate", "hidden") else "")) != value
    ]


def _delete(section: Section, keys: tuple[str, ...]) -> list[str]:
    return [f"delete {section.path}.{key}" for key in keys if key in section.options]
