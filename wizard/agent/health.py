"""What only the server itself can tell the live check."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, TypeVar

from . import names
from .docker import Docker, DockerError
from .host import Host
from .look import radios
from .transaction import pending

# CHT's web server finds the next one by Docker's own DNS; inside 3.x everything is one container.
NEXT = {"cht": "api", "cht3": "localhost"}


T = TypeVar("T")


def health(host: Host, domain: str = "") -> Dict[str, Any]:
    """Return wire.Health as plain data; changes nothing. A part that fails is left empty."""
    from .look import services, sockets, web

    engine = Docker(host, timeout=8.0)
    units = _try(services.Units({}), lambda: services.units(host))
    containers: List[Dict[str, Any]] = _try([], lambda: web.containers(host, engine, domain))
    listeners: List[Dict[str, Any]] = _try([], lambda: sockets.listeners(host))
    return {
        "clock": host.now(),
        "services": units.wire(),
        "lookups": _lookups(engine, containers),
        "docker_enabled": units.enabled("docker.service"),
        "containers": containers,
        "pending": pending(host),
        "dns_listening": _ours(listeners, 53),
        "dhcp_listening": _ours(listeners, 67),
        "sending": _try(None, lambda: sending(host)),
    }


def sending(host: Host) -> Any:
    """Return wire.Sending as hostapd says it; None when no access point of ours is set up."""
    conf = host.read(names.HOSTAPD_CONF)
    found = re.search(r"^interface=(\S+)$", conf or "", re.M)
    if not found:
        return None
    interface = found.group(1)
    argv = ["hostapd_cli", "-p", names.HOSTAPD_RUN + "/control", "-i", interface, "status"]
    done = host.run(argv, timeout=10.0)
    pairs = (line.partition("=") for line in done.out.splitlines())
    said = {key: value for key, _, value in pairs} if done.ok else {}
    countries = radios.regulatory(host.run(["iw", "reg", "get"], timeout=10.0).out)
    phy = radios.phy_of(host, interface)
    channel, phones = said.get("channel", ""), said.get("num_sta[0]", "")
    return {
        "interface": interface,
        "state": said.get("state", ""),
        "channel": int(channel) if channel.isdigit() else 0,
        "country": countries.get(phy, countries.get("", ("", False)))[0],
        "phones": int(phones) if phones.isdigit() else 0,
    }


def _try(safe: T, look: Callable[[], T]) -> T:
    try:
        return look()
    except Exception:  # the other parts are still worth having
        return safe


def _ours(listeners: List[Dict[str, Any]], port: int) -> bool:
    """True when dnsmasq holds the UDP port; the process may be unknown in a sandbox."""
    return any(
        row["port"] == port and row["protocol"] == "udp" and row["process"] in ("dnsmasq", "")
        for row in listeners
    )


def _lookups(engine: Docker, containers: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    found = []
    for one in containers:
        name = NEXT.get(one["kind"])
        if not name or not one["running"]:
            continue
        try:
            code, text = engine.execute(one["container"], ["getent", "hosts", name], timeout=15.0)
        except DockerError as error:
            code, text = 1, error.code
        lookup = {"container": one["container"], "name": name, "found": code == 0}
        lookup["detail"] = "" if code == 0 else text.strip()[:200]
        found.append(lookup)
    return found
