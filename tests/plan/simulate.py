"""What the facts would be after a plan: a server that does exactly what it is told."""

from __future__ import annotations

import dataclasses
import hashlib
import ipaddress
import json
import posixpath
import re
import subprocess
from typing import Any

from tests.plan.pair import sha256_of_chain
from wizard.agent import names, wire
from wizard.plan import Plan
from wizard.site.model import Site

FOLDERS = ("/etc/netplan/", "/etc/network/", "/etc/systemd/network/", "/etc/NetworkManager/")
SYSTEM_PYTHON = "/usr/bin/python3"  # has python3-yaml, which netplan.io needs


def facts_after(site: Site, facts: wire.Facts, plan: Plan) -> wire.Facts:
    """Return the facts of the same server once the plan's changes are all done."""
    for change in plan.changes:
        facts = _done(site, facts, change)
    return facts


def parse_yaml(text: str) -> Any:
    """Parse YAML with the parser that netplan itself comes with."""
    script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))"
    done = subprocess.run(
        [SYSTEM_PYTHON, "-c", script], input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"python3-yaml is needed, and has to accept this: {done.stderr}"
    return json.loads(done.stdout)


def _done(site: Site, facts: wire.Facts, change: wire.Change) -> wire.Facts:
    replace = dataclasses.replace
    match change:
        case wire.InstallPackages():
            items = tuple(
                replace(p, installed=p.candidate) if p.name in change.names else p
                for p in facts.packages.items
            )
            there = tuple(n for n in facts.clock.installed if n not in change.replaces)
            clock = facts.clock
            if "chrony" in change.names:  # Debian's own settings name the folder
                clock = replace(clock, installed=(*there, "chrony"), confdir=True)
            return replace(facts, packages=replace(facts.packages, items=items), clock=clock)
        case wire.SetClock():
            now = facts.clock.now + change.offset
            return replace(facts, clock=replace(facts.clock, now=now))
        case wire.WriteFile():
            return _written(facts, change)
        case wire.SetService():
            return _service(site, facts, change)
        case wire.AddAddress():
            return _addresses(facts, change.interface, (_address(change.address),), False)
        case wire.ReloadNetwork():
            return _reloaded(site, facts, change)
        case wire.OpenPorts():
            where = f"@{change.interface}" if change.firewall == "ufw" else ""
            rules = (*facts.firewall.rules, *(f"{port}{where}" for port in change.ports))
            return replace(facts, firewall=replace(facts.firewall, rules=rules))
        case wire.InstallCertificate():
            web = tuple(
                replace(
                    w,
                    running=True,
                    certificate_sha256=change.leaf_sha256,
                    chain_sha256=sha256_of_chain(change.chain),
                    served_sha256=change.leaf_sha256,
                    key_kept=True,
                )
                if (w.container, w.unit) == (change.container, change.unit)
                else w
                for w in facts.web
            )
            return replace(facts, web=web)
        case wire.SetRadio():
            radios = tuple(
                replace(r, blocked="") if r.interface == change.interface else r
                for r in facts.radios
            )
            interfaces = tuple(
                replace(i, manager="") if i.name == change.interface else i
                for i in facts.interfaces
            )
            scan = facts.scan and replace(facts.scan, in_force=change.country)
            return replace(facts, radios=radios, interfaces=interfaces, scan=scan)


def _written(facts: wire.Facts, change: wire.WriteFile) -> wire.Facts:
    replace = dataclasses.replace
    text = change.content or ""
    sha = "" if change.content is None else hashlib.sha256(text.encode()).hexdigest()
    others = tuple(o for o in facts.owned if o.path != change.path)
    facts = replace(
        facts, owned=(*others, wire.Owned(change.path, sha, sha, "" if change.secret else text))
    )
    if change.path == names.CLOUD_INIT_FILE:
        facts = replace(facts, cloud_init=replace(facts.cloud_init, network_disabled=True))
    if not change.path.startswith(FOLDERS):
        return facts
    files = [f for f in facts.network.files if f.path != change.path]
    netplan = {k: v for k, v in facts.network.netplan.items() if k != change.path}
    if change.content is not None:
        files.append(wire.TextFile(change.path, change.mode, sha, text))
        if change.path.startswith("/etc/netplan/"):
            netplan[change.path] = parse_yaml(text)
    netplan = {k: netplan[k] for k in sorted(netplan, key=posixpath.basename)}
    return replace(facts, network=replace(facts.network, files=tuple(files), netplan=netplan))


def _service(site: Site, facts: wire.Facts, change: wire.SetService) -> wire.Facts:
    replace = dataclasses.replace
    there = facts.service(change.unit) or wire.Service(change.unit, "not-found", "", "inactive")
    if change.enabled is not None:
        there = replace(there, enabled="enabled" if change.enabled else "disabled")
    if change.active is not None:
        there = replace(there, active="inactive" if change.active == "stopped" else "active")
    there = replace(there, load="loaded")
    if change.unit == names.HOSTAPD_UNIT and change.active is not None:
        facts = _radio(facts, change.active)
    services = tuple(s for s in facts.services if s.unit != change.unit)
    listeners = tuple(item for item in facts.listeners if item.unit != change.unit)
    if there.active == "active" and change.unit == names.CHRONY_UNIT:
        time = wire.Listener(123, "udp", "0.0.0.0", "chronyd", 4001, change.unit)
        listeners += (time,)
    if there.active == "active" and change.unit == names.DNSMASQ_UNIT:
        address = site.static_ip.address.partition("/")[0]
        listeners += tuple(
            wire.Listener(port, protocol, where, "dnsmasq", 4000, change.unit)
            for port, protocol, where in (
                (53, "udp", address),
                (53, "tcp", address),
                (67, "udp", f"0.0.0.0%{site.static_ip.interface}"),
            )
        )
    return replace(facts, services=(*services, there), listeners=listeners)


def _radio(facts: wire.Facts, active: str) -> wire.Facts:
    """What the unit that systemd knows takes back at its end, and gives at its start.

    systemd reads changed files before it restarts a unit: the end is that of the new one, too.
    """
    unit = facts.owns(names.HOSTAPD_UNIT_FILE)
    text = unit.text if unit is not None else ""
    if active in ("stopped", "restarted"):
        for address, name in re.findall(r"(?m)^ExecStopPost=.* address del (\S+) dev (\S+)$", text):
            gone = _address(address)
            interface = facts.interface(name)
            assert interface is not None
            stay = tuple(a for a in interface.addresses if a.address != gone.address)
            facts = _addresses(facts, name, stay, True)
    if active in ("started", "restarted"):
        for address, name in re.findall(
            r"(?m)^ExecStartPost=.* replace (\S+) dev (\S+?)(?: nodad)?$", text
        ):
            facts = _addresses(facts, name, (_address(address),), False)
    return facts


def _reloaded(site: Site, facts: wire.Facts, change: wire.ReloadNetwork) -> wire.Facts:
    if change.port:
        facts = _bridged(facts, change)
    interface = facts.interface(change.interface)
    assert interface is not None
    if not interface.carrier:
        return facts
    local = tuple(a for a in interface.addresses if a.scope == "link")
    wanted = tuple(_address(a) for a in (change.address, change.address6) if a)
    facts = _addresses(facts, change.interface, (*wanted, *local), True)
    gone = tuple(r for r in facts.routes if r.interface != change.interface)
    gateway = _gateway(facts, change)
    assert gateway == site.static_ip.gateway, "the files written lead another way out"
    own = (wire.Route(gateway, change.interface, 4, 0),) if gateway else ()
    return dataclasses.replace(facts, routes=(*gone, *own))


def _bridged(facts: wire.Facts, change: wire.ReloadNetwork) -> wire.Facts:
    """The cable becomes a port of the bridge, which has its MAC and its manager."""
    replace = dataclasses.replace
    cable = facts.interface(change.port)
    assert cable is not None
    made = replace(cable, name=change.interface, kind="bridge", driver="bridge", addresses=())
    made = facts.interface(change.interface) or replace(made, master="")
    local = tuple(a for a in cable.addresses if a.scope == "link")
    made = replace(made, addresses=(*made.addresses, *local))
    port = replace(cable, master=change.interface, addresses=())
    others = tuple(i for i in facts.interfaces if i.name not in (cable.name, made.name))
    routes = tuple(r for r in facts.routes if r.interface != cable.name)
    return replace(facts, interfaces=(*others, port, made), routes=routes)


def _gateway(facts: wire.Facts, change: wire.ReloadNetwork) -> str:
    """The default route that the manager's own file has, read in the file's own words."""
    path = {
        "netplan": names.NETPLAN_FILE,
        "networkmanager": names.NETWORKMANAGER_FILE,
        "networkd": names.NETWORKD_FILE,
        "ifupdown": names.INTERFACES_FILE,
    }[change.manager]
    file = facts.file(path) or facts.file("/etc/network/interfaces")
    assert file is not None
    words = r"via: \"|address1=[0-9./]+,|Gateway=|\n +gateway "
    found = re.search(rf"(?:{words})([0-9.]+)", file.text)
    return found.group(1) if found else ""


def _address(text: str) -> wire.Address:
    ip = ipaddress.ip_interface(text)
    return wire.Address(str(ip.ip), ip.network.prefixlen, ip.version, "global", False)


def _addresses(
    facts: wire.Facts, name: str, addresses: tuple[wire.Address, ...], instead: bool
) -> wire.Facts:
    interfaces = tuple(
        dataclasses.replace(i, addresses=addresses if instead else (*i.addresses, *addresses))
        if i.name == name
        else i
        for i in facts.interfaces
    )
    return dataclasses.replace(facts, interfaces=interfaces)
