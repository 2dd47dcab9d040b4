"""What a change does and what it interrupts, in words for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wizard.agent import names, wire
from wizard.problem import tr
from wizard.site.model import Site

FILES = {
    names.DNSMASQ_CONF: "the settings of the site's DNS and DHCP",
    names.DNSMASQ_UNIT_FILE: "the service that runs the site's DNS and DHCP",
    names.CHRONY_FILE: "the settings with which the server gives the time to its network",
    names.CLOCK_UNIT_FILE: "the service that keeps the last known time",
    names.NETPLAN_FILE: "the fixed address (netplan)",
    names.NETWORKMANAGER_FILE: "the fixed address (NetworkManager)",
    names.NETWORKMANAGER_PORT_FILE: "the cable as a part of the bridge (NetworkManager)",
    names.NETWORKD_FILE: "the fixed address (systemd-networkd)",
    names.NETWORKD_BRIDGE_FILE: "the bridge of cable and Wi-Fi (systemd-networkd)",
    names.NETWORKD_PORT_FILE: "the cable as a part of the bridge (systemd-networkd)",
    names.INTERFACES_FILE: "the fixed address (ifupdown)",
    names.HOSTAPD_CONF: "the settings of the Wi-Fi",
    names.HOSTAPD_SECRET: "the password of the Wi-Fi",
    names.HOSTAPD_UNIT_FILE: "the service that runs the Wi-Fi",
    names.NETWORKMANAGER_RADIO_FILE: "the switch that keeps NetworkManager off the radio",
    names.NETWORKD_RADIO_FILE: "the switch that keeps systemd-networkd off the radio",
    names.CLOUD_INIT_FILE: "the switch that keeps cloud-init off the network",
}
PORTS = {
    "22/tcp": "remote login",
    "53/udp": "DNS",
    "53/tcp": "DNS",
    "67/udp": "DHCP",
    "80/tcp": "HTTP",
    "123/udp": "time",
    "443/tcp": "HTTPS",
    "547/udp": "IPv6 settings",
}
SERVICES = {
    names.DNSMASQ_UNIT: "the site's DNS and DHCP",
    names.CHRONY_UNIT: "the time service",
    names.CLOCK_UNIT: "the service that keeps the last known time",
    names.HOSTAPD_UNIT: "the Wi-Fi",
    "hostapd.service": "the access point that somebody else set up (hostapd.service)",
}

# Seconds without the network; measured figures replace them where the lab has some.
RELOAD_SECONDS = {"netplan": 5, "networkmanager": 5, "networkd": 3, "ifupdown": 10}

INSTALL = "Install {packages} from the server's package source."
INSTALL_INSTEAD = "Install {packages} from the server's package source, in the place of {others}."
FORWARD = "Set the server's clock forward by {amount}, to what this laptop's says."
BACK = "Set the server's clock back by {amount}, to what this laptop's says."
SPANS = (
    (31557600, "{count} years"),
    (86400, "{count} days"),
    (3600, "{count} hours"),
    (60, "{count} minutes"),
)
CHANGE_OVER = "Let {interface} change over to {address}."
JOIN = "Let the cable {port} be a part of {interface}, which has the address {address}."
TAKE_RADIO = "Switch the radio {interface} on for {country} and keep other programs off it."
RELEASE_RADIO = "Give the radio {interface} back to whoever looked after it before."
PORT = "{port} ({what})"
OPEN = "Open on {interface} in {firewall}: {ports}."
CLOSE = "Close on {interface} in {firewall}: {ports}."
READY = "The server already is as you want it: {domain} is at {address}."
READY_DNS = "The server already is as you want it: {domain} is at {address}, DNS and DHCP run."
RELOAD = (
    "The server cannot be reached for about {seconds} seconds; afterwards phones and computers "
    "find it at {address} only."
)
REMOVE = "Remove {what} ({path})."
REMOVE_FOREIGN = "Remove {path}: its settings move into a file of this program."
WRITE = "Write {what} ({path})."
TAKE_OUT = "Take the interface's old settings out of {path}."
SERVICE = {
    (active, enabled): f"{verb} {{what}}{boot}."
    for active, verb in (
        ("started", "Start"),
        ("restarted", "Restart"),
        ("reloaded", "Reload"),
        ("stopped", "Stop"),
        (None, "Keep"),
    )
    for enabled, boot in (
        (True, ", also at every start of the server"),
        (False, " for good"),
        (None, ""),
    )
}


_CERTIFICATE = {
    "": "Install the certificate for {domain} in {place} and try it.",
    "request": (
        "Install the certificate for {domain} in {place}, with the key that waits on the server, "
        "and try it."
    ),
    "kept": "Put the certificate that was in {place} before back there, and try it.",
}


def sentence(change: wire.Change) -> str:
    """Return one sentence for one change."""
    match change:
        case wire.InstallPackages():
            packages = ", ".join(change.names)
            text = tr(INSTALL_INSTEAD if change.replaces else INSTALL)
            return text.format(packages=packages, others=", ".join(change.replaces))
        case wire.WriteFile():
            return _file(change)
        case wire.SetService():
            return _service(change)
        case wire.AddAddress():
            return tr(
                "Give {interface} the address {address} beside the present one, so that it can "
                "be tried."
            ).format(interface=change.interface, address=change.address)
        case wire.ReloadNetwork():
            text = tr(JOIN if change.port else CHANGE_OVER)
            return text.format(interface=change.interface, address=change.address, port=change.port)
        case wire.OpenPorts():
            ports = ", ".join(
                tr(PORT).format(port=port, what=tr(PORTS.get(port, "remote login")))
                for port in change.ports
            )
            return tr(CLOSE if change.close else OPEN).format(
                ports=ports, interface=change.interface, firewall=change.firewall
            )
        case wire.SetClock():
            text = tr(FORWARD if change.offset >= 0 else BACK)
            return text.format(amount=span(change.offset))
        case wire.InstallCertificate():
            place = change.container or change.unit or change.certificate_path
            return tr(_CERTIFICATE[change.source.partition(":")[0]]).format(
                domain=change.domain, place=place
            )
        case wire.SetRadio():
            return tr(RELEASE_RADIO if change.release else TAKE_RADIO).format(
                interface=change.interface, country=change.country
            )


def no_op(site: Site, renew: bool, hindered: bool) -> str:
    """Return the sentence for an empty plan."""
    if hindered:
        return tr("There is nothing to do apart from what is said above.")
    if renew:
        return tr("The server already has this certificate and serves it.")
    return tr(READY_DNS if site.dns_dhcp.enabled else READY).format(
        domain=site.domain, address=site.static_ip.address
    )


def interruptions(changes: Iterable[wire.Change]) -> Iterator[tuple[str, int, str]]:
    """Yield (code, seconds, sentence) for what stops working for a moment."""
    for change in changes:
        match change:
            case wire.ReloadNetwork():
                seconds = RELOAD_SECONDS[change.manager]
                address = change.address.partition("/")[0]
                text = tr(RELOAD).format(seconds=seconds, address=address)
                yield ("network", seconds, text)
            case wire.SetService(unit=names.HOSTAPD_UNIT, active="restarted" | "stopped"):
                text = tr("Phones leave the Wi-Fi and join again by themselves.")
                yield ("access_point", 5, text)
            case wire.SetService(topic="dns_dhcp", active="restarted" | "stopped"):
                yield ("dns_dhcp", 2, tr("Names and new addresses are not given for a moment."))
            case wire.InstallCertificate(web="cht3"):
                yield ("certificate", 10, tr("The CHT does not answer for about 10 seconds."))
            case wire.InstallCertificate():
                yield ("certificate", 2, tr("The CHT takes new connections again after a moment."))


def span(seconds: float) -> str:
    """Return a length of time as people say it: "3 days", "12 minutes"."""
    seconds = abs(seconds)
    for size, text in SPANS:
        if seconds >= 2 * size:
            return tr(text).format(count=f"{seconds / size:.0f}")
    return tr("{count} seconds").format(count=f"{seconds:.0f}")


def _file(change: wire.WriteFile) -> str:
    what = tr(FILES.get(change.path, ""))
    if change.content is None:
        template = REMOVE if what else REMOVE_FOREIGN
    else:
        template = WRITE if what else TAKE_OUT
    return tr(template).format(what=what, path=change.path)


def _service(change: wire.SetService) -> str:
    what = tr(SERVICES.get(change.unit, "")) or change.unit
    return tr(SERVICE[change.active, change.enabled]).format(what=what)
