"""The packet filter in force and the ports it leaves open."""

from __future__ import annotations

import re
from typing import Any, Dict, List

from .. import names
from ..host import Host
from .services import Units

# what firewalld's own service names stand for (/usr/lib/firewalld/services)
FIREWALLD_SERVICES = {
    "ssh": ["22/tcp"],
    "dns": ["53/tcp", "53/udp"],
    "dhcp": ["67/udp"],
    "dhcpv6": ["547/udp"],
    "http": ["80/tcp"],
    "http3": ["443/udp"],
    "https": ["443/tcp"],
    "ntp": ["123/udp"],
    "mdns": ["5353/udp"],
}


def firewall(host: Host, units: Units, zones: str, interface: str) -> Dict[str, Any]:
    """Return wire.Firewall for the site's interface; `zones` is what `ask` returned."""
    if re.search(r"^\s*ENABLED\s*=\s*[\"']?yes", host.read("/etc/ufw/ufw.conf") or "", re.M | re.I):
        return _found("ufw", rules=ufw_rules(host))
    if units.active("firewalld.service"):
        return _firewalld(host, zones, interface)
    if units.active("nftables.service") and _drops(host, "/etc/nftables.conf"):
        return _found("nftables")
    if units.active("netfilter-persistent.service") and _drops(host, "/etc/iptables/rules.v4"):
        return _found("nftables")
    return {"kind": "none", "active": False, "zone": "", "rules": []}


def ask(host: Host, units: Units) -> str:
    """Ask firewalld for all zones, if it runs: slow, so it is one question for everything.

    Raises OSError when it does not answer: no zones would mean that every port is closed.
    """
    if not units.active("firewalld.service"):
        return ""
    done = host.run(["firewall-cmd", "--list-all-zones"], timeout=28)
    if not done.ok:
        raise OSError(done.err.strip() or "no answer")
    return done.out


def ufw_rules(host: Host) -> List[str]:
    """Return what ufw lets in from anywhere, from the rules that it keeps (ufw-framework(8)).

    A stored rule is a comment: action, protocol, port, destination, source port, source, then
    perhaps application names, then the direction with its interface. The first match wins.
    """
    policy = re.search(
        r"^DEFAULT_INPUT_POLICY=[\"']?(\w+)", host.read("/etc/default/ufw") or "", re.M
    )
    is_open: Dict[str, bool] = {}
    for line in (host.read("/etc/ufw/user.rules") or "").splitlines():
        words = line.split(" comment=")[0].split()
        if words[:3] != ["###", "tuple", "###"] or len(words) < 10:
            continue
        action, protocol, ports, to, source_port, source = words[3:9]
        direction, _, interface = words[-1].partition("_")
        anywhere = ("0.0.0.0/0", "::/0")
        if direction != "in" or source not in anywhere or to not in anywhere:
            continue
        if source_port != "any" or action.startswith("route:"):
            continue
        suffix = "@" + interface if interface else ""
        for rule in _ports(ports, ("tcp", "udp") if protocol == "any" else (protocol,)):
            if rule not in is_open:  # a rule for every interface came first
                is_open.setdefault(rule + suffix, action.split("_")[0] in ("allow", "limit"))
    if policy and policy.group(1).upper() == "ACCEPT":
        for rule in _ports("any", ("tcp", "udp")):
            is_open.setdefault(rule, True)
    return sorted(rule for rule, allowed in is_open.items() if allowed)


def _firewalld(host: Host, zones: str, interface: str) -> Dict[str, Any]:
    settings = host.read("/etc/firewalld/firewalld.conf") or ""
    found = re.search(r"^DefaultZone=(\S+)", settings, re.M)
    zone = found.group(1) if found else "public"
    parts: Dict[str, Dict[str, str]] = {}
    for part in re.split(r"\n(?=\S)", "\n" + zones):
        lines = part.strip("\n").splitlines()
        if lines:
            rows = [line.strip().partition(":") for line in lines[1:]]
            parts[lines[0].split()[0]] = {key: value.strip() for key, _, value in rows}
            if "default" in lines[0].partition("(")[2]:
                zone = lines[0].split()[0]
    for name, part_of_zone in parts.items():
        if interface and interface in part_of_zone.get("interfaces", "").split():
            zone = name
    mine = parts.get(zone, {})
    rules = set()
    if mine.get("target", "").upper() == "ACCEPT":
        rules.update(_ports("any", ("tcp", "udp")))
    for service in mine.get("services", "").split():
        rules.update(FIREWALLD_SERVICES.get(service, []))
    for port in mine.get("ports", "").split():
        number, _, protocol = port.partition("/")
        rules.update(_ports(number.replace("-", ":"), (protocol,)))
    return _found("firewalld", zone, sorted(rules))


def _ports(text: str, protocols: "tuple[str, ...]") -> List[str]:
    """Return "PORT/PROTOCOL" for "53", "80,443", "60000:61000" or "any".

    A range or "any" is told by the watched ports it covers.
    """
    numbers: List[int] = []
    for part in text.split(","):
        first, _, last = part.partition(":")
        if part == "any":
            numbers.extend(names.WATCHED_PORTS)
        elif first.isdigit() and last.isdigit():
            numbers.extend(p for p in names.WATCHED_PORTS if int(first) <= p <= int(last))
        elif part.isdigit():
            numbers.append(int(part))
    return ["%d/%s" % (number, protocol) for number in numbers for protocol in protocols]


def _drops(host: Host, path: str) -> bool:
    """True when a hand-made set refuses anything; the empty set that Debian ships does not."""
    text = host.read(path) or ""
    for included in re.findall(r"^\s*include\s+\"(/[^\"*]+/)\*", text, re.M):
        for name in host.list(included.rstrip("/")):
            text += "\n" + (host.read(included + name) or "")
    text = re.sub(r"(?m)^\s*#.*$", "", text)
    return re.search(r"\b(drop|reject)\b", text, re.I) is not None


def _found(kind: str, zone: str = "", rules: "List[str] | None" = None) -> Dict[str, Any]:
    return {"kind": kind, "active": True, "zone": zone, "rules": rules or []}
