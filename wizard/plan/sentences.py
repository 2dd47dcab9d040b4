"""What a change does and what it interrupts, in words for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wizard.agent import names, wire
from wizard.site.model import Site

FILES = {
    names.DNSMASQ_CONF: "the settings of the site's DNS and DHCP",
    names.DNSMASQ_UNIT_FILE: "the service that runs the site's DNS and DHCP",
    names.NETPLAN_FILE: "the fixed address (netplan)",
    names.NETWORKMANAGER_FILE: "the fixed address (NetworkManager)",
    names.NETWORKD_FILE: "the fixed address (systemd-networkd)",
    names.INTERFACES_FILE: "the fixed address (ifupdown)",
    names.CLOUD_INIT_FILE: "the switch that keeps cloud-init off the network",
}
PORTS = {
    (22, "tcp"): "remote login",
    (53, "udp"): "DNS",
    (53, "tcp"): "DNS",
    (67, "udp"): "DHCP",
    (80, "tcp"): "HTTP",
    (123, "udp"): "time",
    (443, "tcp"): "HTTPS",
    (547, "udp"): "IPv6 settings",
}
SERVICES = {names.DNSMASQ_UNIT: "the site's DNS and DHCP"}

# Seconds without the network; measured figures replace them where the lab has some.
RELOAD_SECONDS = {"netplan": 5, "networkmanager": 5, "networkd": 3, "ifupdown": 10}


def sentence(change: wire.Change) -> str:
    """Return one sentence for one change."""
    match change:
        case wire.InstallPackages():
            return f"Install {', '.join(change.names)} from the server's package source."
        case wire.WriteFile():
            return _file(change)
        case wire.SetService():
            return _service(change)
        case wire.AddAddress():
            return (
                f"Give {change.interface} the address {change.address} beside the present one, so"
                " that it can be tried."
            )
        case wire.ReloadNetwork():
            return f"Let {change.interface} change over to {change.address}."
        case wire.OpenPort():
            verb = "Close" if change.close else "Open"
            what = PORTS.get((change.port, change.protocol), "remote login")
            return (
                f"{verb} port {change.port}/{change.protocol} ({what}) on {change.interface} in"
                f" {change.firewall}."
            )
        case wire.InstallCertificate():
            place = change.container or change.unit or change.certificate_path
            return f"Install the certificate for {change.domain} in {place} and try it."


def no_op(site: Site, renew: bool, hindered: bool) -> str:
    """Return the sentence for an empty plan."""
    if hindered:
        return "There is nothing to do apart from what is said above."
    if renew:
        return "The server already has this certificate and serves it."
    parts = [f"{site.domain} is at {site.static_ip.address}"]
    if site.dns_dhcp.enabled:
        parts.append("DNS and DHCP run")
    return f"The server already is as you want it: {', '.join(parts)}."


def interruptions(changes: Iterable[wire.Change]) -> Iterator[tuple[str, int, str]]:
    """Yield (code, seconds, sentence) for what stops working for a moment."""
    for change in changes:
        match change:
            case wire.ReloadNetwork():
                seconds = RELOAD_SECONDS[change.manager]
                yield (
                    "network",
                    seconds,
                    f"The server cannot be reached for about {seconds} seconds; afterwards phones"
                    f" and computers find it at {change.address.partition('/')[0]} only.",
                )
            case wire.SetService(active="restarted" | "stopped"):
                yield ("dns_dhcp", 2, "Names and new addresses are not given for a moment.")
            case wire.InstallCertificate(web="cht3"):
                yield ("certificate", 10, "The CHT does not answer for about 10 seconds.")
            case wire.InstallCertificate():
                yield ("certificate", 2, "The CHT takes new connections again after a moment.")


def _file(change: wire.WriteFile) -> str:
    if change.content is None:
        if change.path in FILES:
            return f"Remove {FILES[change.path]} ({change.path})."
        return f"Remove {change.path}: its settings move into a file of this program."
    if change.path in FILES:
        return f"Write {FILES[change.path]} ({change.path})."
    return f"Take the interface's old settings out of {change.path}."


def _service(change: wire.SetService) -> str:
    what = SERVICES.get(change.unit, change.unit)
    verb = {
        "started": "Start",
        "restarted": "Restart",
        "reloaded": "Reload",
        "stopped": "Stop",
        None: "Keep",
    }[change.active]
    boot = {True: ", also at every start of the server", False: " for good", None: ""}
    return f"{verb} {what}{boot[change.enabled]}."
