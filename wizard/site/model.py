"""What the staff decide about one site: frozen values, no secrets, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field

VERSION = 1


@dataclass(frozen=True)
class Login:
    """How to reach the server over SSH. `key` is a path, or "" to be asked for a password."""

    host: str = ""  # name, IPv4, IPv6 or link-local with its interface (fe80::1%eth0)
    port: int = 22
    user: str = ""
    key: str = ""


@dataclass(frozen=True)
class StaticIp:
    """The address the server shall keep."""

    interface: str = ""
    address: str = ""  # "10.20.0.1/24"
    gateway: str = ""  # "" = no way out: an offline site needs none
    address6: str = ""  # "fd00:20::1/64", a unique local address (RFC 4193), or ""


@dataclass(frozen=True)
class Reservation:
    """An address kept for one device."""

    mac: str
    address: str
    name: str = ""


@dataclass(frozen=True)
class Name:
    """An extra name that the site's DNS answers."""

    name: str
    address: str


@dataclass(frozen=True)
class DnsDhcp:
    """What the server's DNS and DHCP hand out."""

    enabled: bool = True
    first: str = ""
    last: str = ""
    lease: str = "12h"  # "45m", "12h", "7d"
    reservations: tuple[Reservation, ...] = ()
    names: tuple[Name, ...] = ()
    upstream: tuple[str, ...] = ()  # DNS servers for all other names; none = answer at once "no"
    router_advertisements: bool = False  # IPv6 by dnsmasq, needs static_ip.address6
    ntp: bool = False


@dataclass(frozen=True)
class Clock:
    """The server's own clock. That it gives the time to the LAN is `DnsDhcp.ntp`."""

    from_laptop: bool = False  # set from the laptop that plans, and never earlier after a start


@dataclass(frozen=True)
class CertificateFiles:
    """Where the certificate lies on the laptop; relative paths start at the site file."""

    files: tuple[str, ...] = ()
    web: str = ""  # which web server gets it when there are several: container or unit name


@dataclass(frozen=True)
class Request:
    """A request for a certificate that was made, and whose key waits on the server."""

    day: str = ""  # "2026-11-22"; "" = none waits
    names: tuple[str, ...] = ()
    public_key: str = ""  # its SHA-256: tells which certificate is the answer


@dataclass(frozen=True)
class AccessPoint:
    """Wi-Fi. Its passphrase is asked for, never written down here."""

    kind: str = "none"  # none, server, own
    interface: str = ""
    ssid: str = ""
    country: str = ""
    channel: int = 0  # 0 = chosen by a scan
    security: str = "wpa2-wpa3"  # wpa2-wpa3, wpa2, wpa3
    bridge: bool = False


@dataclass(frozen=True)
class Readiness:
    """Answers to what offline means; free text by topic ("backups" -> "USB disk, Fridays")."""

    answers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Site:
    """One site: a server, its LAN, its name and its certificate."""

    name: str = ""
    domain: str = ""
    server: Login = field(default_factory=Login)
    static_ip: StaticIp = field(default_factory=StaticIp)
    dns_dhcp: DnsDhcp = field(default_factory=DnsDhcp)
    clock: Clock = field(default_factory=Clock)
    certificate: CertificateFiles = field(default_factory=CertificateFiles)
    request: Request = field(default_factory=Request)
    access_point: AccessPoint = field(default_factory=AccessPoint)
    readiness: Readiness = field(default_factory=Readiness)
    visit_every: int = 0  # days between two visits of whoever can renew; 0 = nobody said
    accept: tuple[str, ...] = ()  # codes of warnings that the staff accepted
    version: int = VERSION
