"""Interfaces, routes, the asking SSH connection, and who configures the network.

Who manages an interface is taken from the state that the managers keep at run time, not from
which files lie about: networkd's and NetworkManager's word per interface, ifupdown's ifstate.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
import socket
import struct
import sys
from typing import Any, Dict, List, Optional, Tuple

from ..host import Host
from . import netfiles
from .services import Units

FOREVER = 4294967295  # valid_life_time of an address that does not expire
NETWORKMANAGER_FIELDS = "GENERAL.DEVICE,GENERAL.STATE,GENERAL.CONNECTION,GENERAL.CON-UUID"
# managers that the program does not drive: unit -> name in `found`
OTHERS = (
    ("dhcpcd.service", "dhcpcd"),
    ("connman.service", "connman"),
    ("wicked.service", "wicked"),
    ("wickedd.service", "wicked"),
)
DHCP_CLIENTS = ("dhclient", "dhcpcd", "udhcpc")
# bridges that container and virtual machine software makes: no LAN of the site
INNER_BRIDGE = re.compile(r"docker\d|br-[0-9a-f]{12}$|virbr|lxdbr|lxcbr|cni|podman")


def ip_addr(host: Host) -> List[Dict[str, Any]]:
    """Return what `ip -j -d addr` says. Raises OSError when it says nothing."""
    done = host.run(["ip", "-j", "-d", "addr"], timeout=10)
    try:
        found: List[Dict[str, Any]] = [e for e in json.loads(done.out) if e.get("ifname")]
    except ValueError:
        raise OSError("ip addr: %s" % (done.err.strip() or "unexpected answer")) from None
    return found


def ask_networkmanager(host: Host) -> Dict[str, Dict[str, str]]:
    """Return {device: {state, connection, con-uuid}} as NetworkManager says; {} if not running."""
    if not host.exists("/run/NetworkManager") or not host.which("nmcli"):
        return {}
    done = host.run(["nmcli", "-t", "-f", NETWORKMANAGER_FIELDS, "device", "show"], timeout=10)
    devices: Dict[str, Dict[str, str]] = {}
    current: Dict[str, str] = {}
    for line in done.out.splitlines():
        key, _, value = line.partition(":")
        value = re.sub(r"\\(.)", r"\1", value)  # terse mode escapes ":" and "\"
        if key == "GENERAL.DEVICE":
            current = devices.setdefault(value, {})
        current[key.replace("GENERAL.", "").lower()] = value
    return devices


def interfaces(
    host: Host, entries: List[Dict[str, Any]], devices: Dict[str, Dict[str, str]], units: Units
) -> Tuple[List[Dict[str, Any]], Dict[str, List[Tuple[str, str, str, str]]]]:
    """Return wire.Interface of all, and {name: [(manager, renderer, profile, profile id)]}."""
    netplan = any(_yaml(host, folder) for folder in netfiles.NETPLAN_FOLDERS)
    ifup = {n: f for n, f in _ifupdown(host).items() if n in _ifstate(host)}
    claims = {e["ifname"]: _claims(host, e, devices, units, netplan, ifup) for e in entries}
    clients = _dhcp_clients(host)
    found = []
    for entry in entries:
        name = entry["ifname"]
        flags = entry.get("flags", [])
        mine = claims[name]
        one = mine[0] if len(mine) == 1 else ("", "", "", "")
        client = clients.get(name, "")
        if not client and one[0] and any(a["dynamic"] for a in _addresses(entry)):
            behind = one[1] or one[0]
            daemons = {"networkd": "systemd-networkd", "networkmanager": "NetworkManager"}
            client = daemons.get(behind, "")
        found.append(
            {
                "name": name,
                "mac": str(entry.get("address", "")),
                "kind": _kind(host, entry),
                "up": "UP" in flags,
                "carrier": "LOWER_UP" in flags,
                "driver": _driver(host, name),
                "master": str(entry.get("master", "")),
                "mtu": int(entry.get("mtu", 0)),
                "addresses": _addresses(entry),
                "ipv6": _ipv6(host, name),
                "manager": one[0],
                "profile": one[2],
                "profile_id": one[3],
                "dhcp_client": client,
            }
        )
    return found, claims


def connection(text: str, interfaces: List[Dict[str, Any]]) -> Optional[Dict[str, Any]]:
    """Return wire.Connection from SSH_CONNECTION ("client port server port"), else None."""
    words = text.split()
    if len(words) != 4 or not words[1].isdigit() or not words[3].isdigit():
        return None
    server, _, scope = words[2].partition("%")
    carrier = ""
    for interface in interfaces:
        for address in interface["addresses"]:
            if _same(address["address"], server) and scope in ("", interface["name"]):
                carrier = carrier or interface["name"]
    if not carrier and any(i["name"] == scope for i in interfaces):
        carrier = scope
    return {
        "client": words[0],
        "client_port": int(words[1]),
        "server": words[2],
        "server_port": int(words[3]),
        "interface": carrier,
    }


def routes(host: Host) -> List[Dict[str, Any]]:
    """Return wire.Route of every default route (/proc/net/route, /proc/net/ipv6_route)."""
    found = []
    for line in (host.read("/proc/net/route") or "").splitlines()[1:]:
        w = line.split()
        if len(w) > 7 and w[1] == w[7] == "00000000" and int(w[3], 16) & 1:
            order = "<I" if sys.byteorder == "little" else ">I"
            straight = int(w[2], 16) == 0  # to the link, by no gateway
            gateway = "" if straight else socket.inet_ntoa(struct.pack(order, int(w[2], 16)))
            row = {"gateway": gateway, "interface": w[0], "family": 4, "metric": int(w[6])}
            found.append(row)
    for line in (host.read("/proc/net/ipv6_route") or "").splitlines():
        w = line.split()
        # the kernel keeps an unreachable default route on lo as a backstop
        if len(w) < 10 or w[0] != "0" * 32 or w[1] != "00" or w[9] == "lo":
            continue
        straight = int(w[4], 16) == 0
        gateway = "" if straight else socket.inet_ntop(socket.AF_INET6, bytes.fromhex(w[4]))
        row = {"gateway": gateway, "interface": w[9], "family": 6, "metric": int(w[5], 16)}
        found.append(row)
    return found


def deciding(interfaces: List[Dict[str, Any]], carrier: str) -> List[str]:
    """Return the interfaces whose manager counts: the asking connection's, else all with a link."""
    by_name = {i["name"]: i for i in interfaces}
    if carrier and by_name[carrier]["kind"] not in ("loopback", "virtual"):
        return [carrier]
    real = [i for i in interfaces if i["kind"] not in ("loopback", "virtual") and not i["master"]]
    linked = [i["name"] for i in real if i["carrier"]]
    with_address = [n for n in linked if any(a["scope"] != "link" for a in by_name[n]["addresses"])]
    return with_address or linked or [i["name"] for i in real]


def network(
    host: Host,
    units: Units,
    deciders: List[str],
    claims: Dict[str, List[Tuple[str, str, str, str]]],
) -> Dict[str, Any]:
    """Return wire.Network, but `files` and `netplan` still empty."""
    managers: List[Tuple[str, str]] = []
    for name in deciders:
        for manager, renderer, _, _ in claims.get(name, []):
            if (manager, renderer) not in managers:
                managers.append((manager, renderer))
    others = []
    for unit, name in OTHERS:
        if units.active(unit) and name not in others:
            others.append(name)
    if any(m == "ifupdown" for m, _ in managers) and host.exists("/usr/share/ifupdown2"):
        managers = [m for m in managers if m[0] != "ifupdown"]
        others.append("ifupdown2")
    found = [m if not r else "%s (%s)" % (m, r) for m, r in managers] + others
    manager, renderer, reason = "", "", "none"
    if len(managers) == 1 and not others:
        (manager, renderer), reason = managers[0], "ok"
    elif managers:
        reason = "several"
    elif others:
        reason = "unsupported"
    return {
        "manager": manager,
        "renderer": renderer,
        "reason": reason,
        "found": found,
        "files": [],
        "netplan": {},
        "wait_online": _wait_online(host),
    }


# ------------------------------------------------------------------ who manages it


def _claims(
    host: Host,
    entry: Dict[str, Any],
    devices: Dict[str, Dict[str, str]],
    units: Units,
    netplan: bool,
    ifup: Dict[str, str],
) -> List[Tuple[str, str, str, str]]:
    """Return every manager that holds an interface as (manager, renderer, profile, profile id)."""
    name = entry["ifname"]
    if "LOOPBACK" in entry.get("flags", []):
        return []
    found = []
    if units.active("systemd-networkd.service"):
        state = _assignments(host, "/run/systemd/netif/links/%s" % entry.get("ifindex", 0))
        file = state.get("NETWORK_FILE", "")
        if file and state.get("ADMIN_STATE") not in ("unmanaged", ""):
            generated = file.startswith("/run/systemd/network/10-netplan-")
            if generated and netplan:
                found.append(("netplan", "networkd", file, ""))
            else:
                found.append(("networkd", "", file, ""))
    device = devices.get(name, {})
    # "10 (unmanaged)"; "100 (connected (externally))": somebody else configured it
    number = device.get("state", "10").split()[0]
    if number.isdigit() and int(number) > 10 and "externally" not in device.get("state", ""):
        profile, uuid = device.get("connection", ""), device.get("con-uuid", "")
        # a device that is merely available (30: no cable, nothing activated) is still NM's
        if netplan and _from_netplan(host, profile):
            found.append(("netplan", "networkmanager", profile, uuid))
        else:
            found.append(("networkmanager", "", profile, uuid))
    if name in ifup:
        found.append(("ifupdown", "", ifup[name], ""))
    return found


def _yaml(host: Host, folder: str) -> bool:
    return any(name.endswith(".yaml") for name in host.list(folder))


def _from_netplan(host: Host, profile: str) -> bool:
    """True when netplan generated the profile, which it keeps in /run and never in /etc."""
    file = "/run/NetworkManager/system-connections/%s.nmconnection" % profile
    return profile.startswith("netplan-") and host.exists(file)


def _assignments(host: Host, path: str) -> Dict[str, str]:
    found = {}
    for line in (host.read(path) or "").splitlines():
        name, equals, value = line.partition("=")
        if equals and not name.startswith("#"):
            found[name] = value
    return found


def _ifupdown(host: Host) -> Dict[str, str]:
    """Return {interface: file} of every `iface` stanza (interfaces(5))."""
    found: Dict[str, str] = {}
    for path in netfiles.interfaces_files(host):
        for line in (host.read(path) or "").splitlines():
            words = line.split()
            if len(words) >= 2 and words[0] == "iface":
                found.setdefault(words[1], path)
    return found


def _ifstate(host: Host) -> List[str]:
    """Return the interfaces that ifup has brought up."""
    found = []
    for line in (host.read("/run/network/ifstate") or "").splitlines():
        found.append(line.split("=")[0].strip())
    return found


def _dhcp_clients(host: Host) -> Dict[str, str]:
    """Return {interface: process} of DHCP clients that run as a process per interface."""
    found = {}
    for pid in host.list("/proc"):
        if pid.isdigit():
            comm = (host.read("/proc/%s/comm" % pid, 64) or "").strip()
            if comm in DHCP_CLIENTS:
                words = (host.read("/proc/%s/cmdline" % pid, 4096) or "").split("\0")
                for word in words[1:]:
                    if host.exists("/sys/class/net/" + word) and "/" not in word and word:
                        found[word] = comm
    return found


def _wait_online(host: Host) -> List[str]:
    """Return the *-wait-online units that network-online.target pulls in."""
    found = []
    for folder in ("/etc/systemd/system", "/run/systemd/system", "/run/systemd/generator"):
        for kind in (".wants", ".requires"):
            for name in host.list(folder + "/network-online.target" + kind):
                if re.search(r"-wait-online(@.*)?\.service$", name) and name not in found:
                    found.append(name)
    return sorted(found)


# ------------------------------------------------------------------ one interface


def _addresses(entry: Dict[str, Any]) -> List[Dict[str, Any]]:
    found = []
    for info in entry.get("addr_info", []):
        if info.get("family") not in ("inet", "inet6") or not info.get("local"):
            continue
        lifetime = info.get("valid_life_time", FOREVER)
        found.append(
            {
                "address": str(info["local"]),
                "prefix": int(info.get("prefixlen", 32)),
                "family": 4 if info["family"] == "inet" else 6,
                "scope": str(info.get("scope", "global")),
                "dynamic": bool(info.get("dynamic")) or lifetime != FOREVER,
            }
        )
    return found


def _kind(host: Host, entry: Dict[str, Any]) -> str:
    name = entry["ifname"]
    folder = "/sys/class/net/%s/" % name
    if entry.get("link_type") == "loopback":
        return "loopback"
    if host.exists(folder + "phy80211") or host.exists(folder + "wireless"):
        return "wifi"
    kind = entry.get("linkinfo", {}).get("info_kind", "")
    if kind == "bridge":
        return "virtual" if INNER_BRIDGE.match(name) else "bridge"
    if kind in ("bond", "vlan"):
        return str(kind)
    if kind or entry.get("link_type") != "ether":
        return "virtual"
    return "ethernet"


def _driver(host: Host, name: str) -> str:
    try:
        link = os.readlink(host.path("/sys/class/net/%s/device/driver" % name))
    except OSError:
        return ""
    return posixpath.basename(link)


def _ipv6(host: Host, name: str) -> bool:
    return (host.read("/proc/sys/net/ipv6/conf/%s/disable_ipv6" % name) or "1").strip() == "0"


def _same(one: str, other: str) -> bool:
    return _packed(one) == _packed(other) != b""


def _packed(address: str) -> bytes:
    try:
        if ":" not in address:
            return socket.inet_aton(address)
        packed = socket.inet_pton(socket.AF_INET6, address)
    except OSError:
        return b""
    # sshd on a dual-stack socket may say ::ffff:10.0.0.1
    return packed[12:] if packed.startswith(bytes(10) + b"\xff\xff") else packed
