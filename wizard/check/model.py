"""What a live check is told, and what it answers: frozen values that cross threads and files."""

from __future__ import annotations

import ipaddress
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, Self, get_args

from wizard.agent import wire
from wizard.certificate.roots import Roots

State = Literal["passed", "warning", "failed", "skipped"]
STATES: tuple[State, ...] = get_args(State)

PAGES = ("static_ip", "domain", "certificate", "dns_dhcp", "access_point", "clock")


@dataclass(frozen=True)
class Result:
    """How one check ended, in words.

    `because` is the code of the failed check that made this one pointless; `page` is the topic
    that owns the cure; `variant` tells the outcomes of one check apart ("refused", "expired").
    `cause` and `cure` are empty when there is nothing to mend; `detail` is for support.
    """

    code: str
    name: str
    state: State
    message: str
    cause: str = ""
    cure: str = ""
    detail: str = ""
    seconds: float = 0.0
    because: str = ""
    page: str = ""
    variant: str = ""

    def plain(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises ValueError when it does not fit."""
        known = {f.name: f for f in fields(cls)}
        if unknown := sorted(set(data) - set(known)):
            raise ValueError(f"unknown: {', '.join(unknown)}")
        for name in known:
            value = data.get(name, 0.0 if name == "seconds" else "")
            fits = isinstance(value, int | float) if name == "seconds" else isinstance(value, str)
            if not fits or isinstance(value, bool):
                raise ValueError(f"{name}: {value!r}")
        if data.get("state") not in STATES or not data.get("code"):
            raise ValueError(f"not a result: {data.get('code')!r}, {data.get('state')!r}")
        return cls(**data)


@dataclass(frozen=True)
class Target:
    """What has to be true. All ports are those a phone uses.

    `interface` is the laptop's interface that leads to the site ("" = any). `chain` are the
    SHA-256 fingerprints (hex) of the imported certificates, leaf first; () = not known.
    `dns_dhcp`: names and addresses come from this server; `upstream`: it asks other DNS servers
    for other names. `web` is `kind` of wire.WebServer, `version` that of its CHT ("" = not
    known). `country` is that of the server's own Wi-Fi ("" = it has none to offer), `gateway` the
    LAN's way out ("" = none), `laptop` this laptop's own address in it. `own_ap` tells that phones
    join through an access point of the site's own. `connect` sends a port elsewhere (port ->
    host, port): the practice clinic lives on loopback.
    """

    domain: str
    address: str
    prefix: int = 24
    address6: str = ""
    interface: str = ""
    https_port: int = 443
    http_port: int = 80  # 0 = not published
    dns_port: int = 53
    ssh_port: int = 22
    chain: tuple[str, ...] = ()
    dns_dhcp: bool = True
    ntp: bool = False  # the server gives the time
    upstream: bool = False
    web: str = "cht"
    version: str = ""
    country: str = ""
    gateway: str = ""
    laptop: str = ""
    own_ap: bool = False
    connect: Mapping[int, tuple[str, int]] = field(default_factory=dict)

    @property
    def network(self) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
        """The site's subnet."""
        return ipaddress.ip_network(f"{self.address}/{self.prefix}", strict=False)

    @property
    def cht(self) -> bool:
        """Whether a CHT is expected behind the certificate."""
        return self.web in ("cht", "cht3")

    @property
    def host(self) -> str:
        """The domain as it stands in a URL, with the port where it is not 443."""
        return self.domain if self.https_port == 443 else f"{self.domain}:{self.https_port}"

    def where(self, port: int) -> tuple[str, int]:
        """Return host and port to connect to for one of the target's ports."""
        return self.connect.get(port, (self.address, port))


@dataclass(frozen=True)
class LocalAddress:
    """An address of the laptop itself; `address` "" tells of an interface without one."""

    interface: str
    address: str
    prefix: int
    up: bool = True


@dataclass(frozen=True)
class Lease:
    """What the laptop was given by DHCP on the interface that leads to the site."""

    address: str
    server: str = ""  # DHCP option 54, "" = unknown
    dns: tuple[str, ...] = ()
    router: tuple[str, ...] = ()
    dynamic: bool = True  # False: somebody typed the address in


def system_lookup(name: str) -> tuple[str, ...]:
    """Ask the operating system, as a browser does, for all addresses. Raises OSError."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(each[4][0]) for each in found))


def hosts_file() -> Path:
    """Where this operating system keeps names that go before every DNS."""
    if sys.platform == "win32":
        return Path(r"C:\Windows\System32\drivers\etc\hosts")
    return Path("/etc/hosts")


@dataclass(frozen=True)
class Surroundings:
    """What the caller has to provide; None means that it is not known and not to be judged.

    `ssh` logs in (or shakes hands) anew and returns the host key's fingerprint ("SHA256:...");
    it may raise wizard.problem.UserError or OSError. `health_at` is the laptop's clock at the
    moment when `health` was answered; without it the server's clock is not judged by it, because
    old health would look like a slow clock. `resolvers` are the DNS servers the laptop really uses.
    """

    roots: Roots
    ssh: Callable[[], str] | None = None
    expected_fingerprint: str = ""
    health: wire.Health | None = None
    health_at: float | None = None
    offers: tuple[wire.DhcpOffer, ...] | None = None
    company: wire.Company | None = None
    lease: Lease | None = None
    interfaces: tuple[LocalAddress, ...] | None = None
    resolvers: tuple[str, ...] = ()
    lookup: Callable[[str], tuple[str, ...]] = system_lookup
    now: Callable[[], float] = time.time
    hosts: Path = field(default_factory=hosts_file)
