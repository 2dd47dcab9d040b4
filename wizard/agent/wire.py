"""What crosses the border between laptop and server: facts, changes and events as plain data.

The agent builds and reads plain dictionaries (it has to start fast on a small server); the
laptop sees the frozen dataclasses of this module. `decode` and `encode` translate and refuse
what does not fit. This module is not part of the zipapp.

The protocol is one JSON object per line over the agent's standard input and output:

    agent  -> {"hello": {"agent": VERSION, "python": "3.11.2", "uid": 0}}
    laptop -> {"id": 1, "verb": "facts", "arguments": {...}}
    agent  -> {"id": 1, "event": {"kind": "step", ...}}            (any number)
    laptop -> {"id": 1, "control": "stop"}                  (apply and watch only, any time)
    agent  -> {"id": 1, "result": {...}}   or
              {"id": 1, "error": {"code": "...", "arguments": {...}, "detail": "..."}}
"""

from __future__ import annotations

import dataclasses
import typing
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Tuple, Type, TypeVar, Union

T = TypeVar("T")


class WireError(ValueError):
    """The other side said something that does not fit the wire types; names the path."""


# --------------------------------------------------------------------------- facts


@dataclass(frozen=True)
class System:
    """/etc/os-release, the kernel and the machine itself."""

    id: str  # os-release ID: debian, ubuntu, raspbian, ...
    version_id: str
    codename: str
    pretty_name: str
    like: Tuple[str, ...]  # ID_LIKE
    kernel: str
    architecture: str  # as dpkg says it (amd64, arm64), else uname -m
    hostname: str
    machine_id: str  # /etc/machine-id, identifies the server beside its host key
    python: str
    init: str  # "systemd" or the name of process 1
    boot_id: str
    uptime: float  # seconds


@dataclass(frozen=True)
class Clock:
    """The server's clock."""

    now: float  # seconds since 1970, UTC
    synchronised: bool  # the kernel's own word (adjtimex)
    rtc: bool  # a hardware clock is there
    services: Tuple[str, ...]  # active time services: systemd-timesyncd, chrony, ntpsec
    monotonic: float
    rtc_now: Optional[float] = None  # what the hardware clock shows, read as UTC
    last_known: Optional[float] = None  # the next start does not go behind it; None: unkept
    installed: Tuple[str, ...] = ()  # packages of time services, running or not
    confdir: Optional[bool] = None  # chrony reads /etc/chrony/conf.d; None: there is no chrony
    error: float = 0.0  # seconds by which `now` may be wrong: half of the round trip (RFC 5905)


@dataclass(frozen=True)
class Disk:
    """One file system that matters: "/", the state folder's, Docker's."""

    path: str
    read_only: bool
    total: int  # bytes
    free: int  # bytes available to root


@dataclass(frozen=True)
class Address:
    """One address of an interface."""

    address: str
    prefix: int
    family: int  # 4 or 6
    scope: str  # global, link, host
    dynamic: bool  # has a lifetime: DHCP or router advertisement


@dataclass(frozen=True)
class Interface:
    """One network interface as the kernel shows it."""

    name: str
    mac: str
    kind: str  # ethernet, wifi, bridge, bond, vlan, loopback, virtual (docker0, veth, tap...)
    up: bool
    carrier: bool
    driver: str
    master: str  # the bridge or bond it belongs to, or ""
    mtu: int
    addresses: Tuple[Address, ...]
    ipv6: bool  # not disabled in the kernel
    manager: str  # netplan, networkmanager, networkd, ifupdown, or "" when nobody manages it
    profile: str  # NetworkManager connection name, networkd file, ...: what configures it now
    profile_id: str = ""  # NetworkManager connection UUID
    dhcp_client: str = ""  # the process that holds its lease, when it is told apart


@dataclass(frozen=True)
class Route:
    """A default route."""

    gateway: str
    interface: str
    family: int
    metric: int


@dataclass(frozen=True)
class Connection:
    """The SSH connection that the facts were asked over."""

    client: str
    client_port: int
    server: str
    server_port: int
    interface: str  # the interface that carries it, or ""


@dataclass(frozen=True)
class TextFile:
    """A configuration file with its content; secrets in it are replaced by `(hidden)`."""

    path: str
    mode: int
    sha256: str  # of the real content
    text: str
    redacted: bool = False


@dataclass(frozen=True)
class Network:
    """Who configures the network, as the running system says."""

    manager: str  # netplan, networkmanager, networkd, ifupdown; "" = none or undecidable
    renderer: str  # behind netplan: networkd or networkmanager; else ""
    reason: str  # code: "ok", "several", "unsupported", "none"
    found: Tuple[str, ...]  # everything that was found, for the refusal: "dhcpcd", "connman", ...
    files: Tuple[TextFile, ...]  # configuration files of the managers found
    netplan: Mapping[str, Any]  # path -> parsed YAML of /etc/netplan/*.yaml (no secrets)
    wait_online: Tuple[str, ...]  # enabled *-wait-online units


@dataclass(frozen=True)
class CloudInit:
    """cloud-init and whether it (re)writes the network configuration."""

    installed: bool
    disabled: bool
    network_disabled: bool
    owns: Tuple[str, ...]  # files that it wrote


@dataclass(frozen=True)
class Listener:
    """A listening socket on a port that matters (22, 53, 67, 80, 123, 443, 547)."""

    port: int
    protocol: str  # tcp or udp
    address: str  # "0.0.0.0", "::", "127.0.0.53", ...
    process: str
    pid: int
    unit: str  # systemd unit, or ""


@dataclass(frozen=True)
class Firewall:
    """The packet filter front end in force."""

    kind: str  # ufw, firewalld, nftables (a hand-made set), none
    active: bool
    zone: str = ""  # firewalld: the zone of the site's interface
    rules: Tuple[str, ...] = ()  # canonical "PORT/PROTOCOL[@INTERFACE]" that are open


@dataclass(frozen=True)
class Package:
    """A package the program may need."""

    name: str
    installed: str  # version, or ""
    candidate: str  # version that apt could install, or "" (none known to apt's lists)


@dataclass(frozen=True)
class Packages:
    """What is installed, and whether the server could install more."""

    system: str  # apt, or "" when there is none
    items: Tuple[Package, ...]
    lock: str  # name of the process that holds the package system now, or ""
    reachable: Optional[bool] = None  # the server has its own Internet; None: not tried


@dataclass(frozen=True)
class Service:
    """A systemd unit."""

    unit: str
    load: str  # loaded, not-found, masked
    enabled: str  # UnitFileState: enabled, disabled, masked, static, ""
    active: str  # ActiveState


@dataclass(frozen=True)
class Docker:
    """The Docker engine."""

    installed: bool
    running: bool
    enabled: bool
    version: str
    networks: Tuple[str, ...]  # subnets in use, CIDR
    error: str = ""  # why it could not be asked


@dataclass(frozen=True)
class WebServer:
    """Something that serves HTTPS: a CHT instance or a plain web server."""

    kind: str  # cht (4.x, 5.x), cht3 (medic-os), files (any other web server)
    container: str  # container name, "" for files
    container_id: str
    image: str
    version: str  # CHT version = image tag, or ""
    running: bool
    status: str  # Docker's words, or the unit's state
    http_port: int  # on the host; 0 = not published
    https_port: int
    certificate_path: str  # inside the container, or on the host
    key_path: str
    unit: str  # for files: the unit to reload
    certificate_sha256: str  # of the first certificate in the file, "" if there is none
    chain_sha256: Tuple[str, ...]  # all certificates of the file, in order
    served_sha256: str  # leaf that is really served on https_port, "" if none
    networks: Tuple[str, ...] = ()  # Docker networks
    restart_policy: str = ""
    key_kept: bool = True  # both files are there


@dataclass(frozen=True)
class Channel:
    """A channel of a radio, as the kernel allows it in the country in force."""

    number: int
    mhz: int
    bar: str = ""  # why no access point may begin there: disabled, no-ir, radar


@dataclass(frozen=True)
class Radio:
    """A Wi-Fi radio, as the kernel describes it."""

    phy: str
    interface: str
    ap: bool
    blocked: str  # "", soft, hard
    driver: str = ""
    read: bool = True  # False: the program `iw` is not there, so nothing is known but the name
    country: str = ""  # in force for this radio: "KE", "00" = the whole world's common part
    self_managed: bool = False  # the driver knows its country and takes no other
    channels: Tuple[Channel, ...] = ()
    sae: bool = False  # WPA3 as an access point
    mfp: bool = False  # management frames can be protected (802.11w)
    ht: bool = False  # 802.11n
    vht: bool = False  # 802.11ac
    he: bool = False  # 802.11ax as an access point


@dataclass(frozen=True)
class Heard:
    """A Wi-Fi network in the air; its name is nobody's business."""

    mhz: int
    signal: float  # dBm


@dataclass(frozen=True)
class RadioScan:
    """What a radio may do in a country, and how busy the air is."""

    interface: str
    country: str  # that was asked for
    in_force: str  # that the kernel then had; another one where it was refused
    self_managed: bool
    channels: Tuple[Channel, ...]
    heard: Tuple[Heard, ...]
    scanned: bool
    error: str = ""  # why it could not be listened


@dataclass(frozen=True)
class Resolver:
    """How the server itself resolves names."""

    link: str  # target of /etc/resolv.conf when it is a link
    nameservers: Tuple[str, ...]
    resolved: bool  # systemd-resolved is active
    text: str


@dataclass(frozen=True)
class Owned:
    """A file that the program wrote earlier: the first two of the three hashes."""

    path: str
    written: str  # sha256 of what we wrote
    present: str  # sha256 of what is there; "" = gone
    text: str  # what is there (secrets: "")


@dataclass(frozen=True)
class Pending:
    """A transaction that is not finished, or the remains of a dead one."""

    id: str
    state: str  # prepared, armed, applied, rolling-back
    who: str  # "user on laptop"
    since: float  # server clock
    alive: bool  # its process still runs
    seconds_left: Optional[float]  # until it is rolled back by itself
    nonce: str = ""


@dataclass(frozen=True)
class KeptPair:
    """A certificate that was served here once, kept on the server together with its key."""

    name: str  # of its folder: when it was put in place, and the beginning of its fingerprint
    sha256: str  # of the leaf
    chain: str  # PEM, leaf first


@dataclass(frozen=True)
class KeyRequest:
    """A key that was made on the server, stays there, and waits for its certificate."""

    at: float  # seconds since 1970, server's clock
    key_kind: str  # rsa (2048 bits), ec (P-256)
    names: Tuple[str, ...]  # that the certificate shall be for
    spki_sha256: str  # of the public key (SubjectPublicKeyInfo, DER)
    csr: str  # PEM, to be given to the authority


@dataclass(frozen=True)
class Facts:
    """Everything that planning wants to know about a server, read in one pass."""

    agent: str  # version
    system: System
    clock: Clock
    disks: Tuple[Disk, ...]
    memory: int  # bytes
    interfaces: Tuple[Interface, ...]
    routes: Tuple[Route, ...]
    connection: Optional[Connection]
    network: Network
    cloud_init: CloudInit
    listeners: Tuple[Listener, ...]
    firewall: Firewall
    packages: Packages
    services: Tuple[Service, ...]
    docker: Docker
    web: Tuple[WebServer, ...]
    kubernetes: str  # "", or what was found (k3s, a listener on 6443)
    radios: Tuple[Radio, ...]
    resolver: Resolver
    owned: Tuple[Owned, ...]
    pending: Optional[Pending]
    ssh_host_keys: Tuple[str, ...]  # SHA256:... fingerprints
    scan: Optional[RadioScan] = None  # asked for separately, once the country is known
    problems: Tuple[str, ...] = ()  # parts that could not be read: "docker: permission denied"
    pairs: Tuple[KeptPair, ...] = ()  # the newest first
    request: Optional[KeyRequest] = None

    def radio(self, interface: str) -> Optional[Radio]:
        """Return the radio behind an interface, if there is one."""
        return next((r for r in self.radios if r.interface == interface), None)

    def interface(self, name: str) -> Optional[Interface]:
        """Return the interface of that name, if there is one."""
        return next((i for i in self.interfaces if i.name == name), None)

    def service(self, unit: str) -> Optional[Service]:
        """Return the unit of that name, if it was asked for."""
        return next((s for s in self.services if s.unit == unit), None)

    def package(self, name: str) -> Optional[Package]:
        """Return the package of that name, if it was asked for."""
        return next((p for p in self.packages.items if p.name == name), None)

    def owns(self, path: str) -> Optional[Owned]:
        """Return what is known of a file that the program wrote earlier."""
        return next((o for o in self.owned if o.path == path), None)

    def file(self, path: str) -> Optional[TextFile]:
        """Return a network configuration file that the facts carry."""
        return next((f for f in self.network.files if f.path == path), None)


# ------------------------------------------------------------------------- changes


@dataclass(frozen=True)
class InstallPackages:
    """Install packages with the server's own package system; services stay stopped."""

    names: Tuple[str, ...]
    topic: str = "dns_dhcp"
    replaces: Tuple[str, ...] = ()  # what has to go because it cannot be there beside them
    kind: str = "packages"


@dataclass(frozen=True)
class WriteFile:
    """Write, or with `content` None remove, one file.

    `before` is the SHA-256 of what must be there now ("" = nothing): a file that changed since
    the facts were read is not overwritten. `check` names a parser that must accept the new
    content before anything is changed.
    """

    path: str
    content: Optional[str] = field(repr=False)  # may be secret, and then its hash is as well
    before: str = field(repr=False)
    topic: str
    mode: int = 0o644
    owner: str = "root:root"
    secret: bool = False
    check: str = ""  # "", dnsmasq, netplan, hostapd, systemd
    kind: str = "file"


@dataclass(frozen=True)
class SetService:
    """Bring a unit into a state. None leaves that side alone."""

    unit: str
    topic: str
    enabled: Optional[bool] = None
    active: Optional[str] = None  # started, restarted, reloaded, stopped
    masked: Optional[bool] = None
    kind: str = "service"


@dataclass(frozen=True)
class AddAddress:
    """Add an address beside the present ones until the network is reloaded (make before break)."""

    interface: str
    address: str  # "10.20.0.1/24"
    topic: str = "static_ip"
    kind: str = "address"


@dataclass(frozen=True)
class ReloadNetwork:
    """Let the network manager take up the files just written: the moment of the break."""

    manager: str
    renderer: str
    interface: str
    address: str  # that must be there afterwards, "10.20.0.1/24"
    address6: str  # likewise, or ""
    profile: str  # NetworkManager: the connection to bring up; else ""
    old_profile: str  # NetworkManager: the UUID that was up before; else ""
    port: str = ""  # the cable that becomes a port of `interface`, a bridge that is made
    topic: str = "static_ip"
    kind: str = "network"


@dataclass(frozen=True)
class OpenPorts:
    """Open ports in the firewall front end, now and after a restart."""

    firewall: str  # ufw or firewalld
    ports: Tuple[str, ...]  # "443/tcp"
    interface: str
    zone: str = ""
    close: bool = False  # take the rules away instead
    topic: str = "firewall"
    kind: str = "ports"


@dataclass(frozen=True)
class InstallCertificate:
    """Put a certificate chain and its key where the web server reads them, test, reload, compare.

    `target` is "container" or "files". The old pair comes back if the test fails or if
    another certificate than `leaf_sha256` is served afterwards. `source` tells where the key is:
    "" in `key`; "request" on the server, made for a request; "kept:NAME" on the server, in that
    KeptPair. In the last two `key` is empty, and `chain` says which certificate it is for.
    """

    target: str
    container: str
    web: str  # cht, cht3, files
    chain: str  # PEM, leaf first
    key: str = field(default="", repr=False)  # PEM, unencrypted
    source: str = ""
    certificate_path: str = ""
    key_path: str = ""
    unit: str = ""
    https_port: int = 443
    domain: str = ""
    leaf_sha256: str = ""
    topic: str = "certificate"
    kind: str = "certificate"


@dataclass(frozen=True)
class SetClock:
    """Set the server's clock, and its hardware clock if it has one, `offset` seconds forward.

    `reference` is the clock minus the monotonic clock, as the offset was measured in the run
    `boot_id`: a clock that somebody has set since then is not set again.
    """

    offset: float
    reference: float
    boot_id: str
    topic: str = "clock"
    kind: str = "clock"


@dataclass(frozen=True)
class SetRadio:
    """Take a Wi-Fi radio for the access point: unblocked, in its country, nobody else's.

    `release` gives it back to whoever had it.
    """

    interface: str
    country: str
    bridge: str = ""  # that it becomes a port of
    release: bool = False
    topic: str = "access_point"
    kind: str = "radio"


Change = Union[
    InstallPackages,
    WriteFile,
    SetService,
    AddAddress,
    ReloadNetwork,
    OpenPorts,
    InstallCertificate,
    SetClock,
    SetRadio,
]

CHANGES: Dict[str, Type[Any]] = {
    "packages": InstallPackages,
    "file": WriteFile,
    "service": SetService,
    "address": AddAddress,
    "network": ReloadNetwork,
    "ports": OpenPorts,
    "certificate": InstallCertificate,
    "clock": SetClock,
    "radio": SetRadio,
}


@dataclass(frozen=True)
class Order:
    """What `apply` is given: the changes of a plan, in order, and how to keep them safe.

    With `confirm` a timer is armed and the laptop has to prove itself at `address` (or
    `address6`) within `seconds`; without it the agent's own verification ends the transaction.
    `prove` asks the laptop to log in at the new address before the old one goes.
    """

    id: str
    who: str
    changes: Tuple[Change, ...]
    confirm: bool
    seconds: int
    address: str  # new IPv4 address without prefix
    address6: str
    prove: bool
    interface: str
    kind: str = "order"


# -------------------------------------------------------------------------- events


@dataclass(frozen=True)
class Event:
    """Something that happened during apply or rollback.

    kind: "step" (index, state: begun, done, skipped, failed, undone, undo-failed; seconds),
    "armed" (seconds), "prove" (address, seconds), "log" (text), "state" (state).
    """

    kind: str
    at: float  # server's monotonic clock
    index: int = -1
    state: str = ""
    seconds: float = 0.0
    text: str = ""
    address: str = ""
    code: str = ""


@dataclass(frozen=True)
class Outcome:
    """How an apply, confirm or rollback ended."""

    state: str  # applied (waits for confirm), confirmed, rolled-back, stopped, nothing
    id: str
    failed: str = ""  # code of what failed
    detail: str = ""
    index: int = -1
    undone: Tuple[str, ...] = ()  # what was put back
    left: Tuple[str, ...] = ()  # what could not be put back
    seconds_left: Optional[float] = None


@dataclass(frozen=True)
class DhcpOffer:
    """An answer to DHCPDISCOVER (RFC 2131)."""

    server: str  # option 54
    mac: str  # who sent the frame
    offered: str
    mask: str
    router: Tuple[str, ...]
    dns: Tuple[str, ...]
    domain: str = ""
    ours: bool = False  # sent by the very server that asks


@dataclass(frozen=True)
class Sending:
    """The access point on the server's own radio, as hostapd says."""

    interface: str
    state: str  # ENABLED, DISABLED, COUNTRY_UPDATE, ...; "" = hostapd does not answer
    channel: int
    country: str
    phones: int  # that have joined


@dataclass(frozen=True)
class Advertiser:
    """A router that announces itself by IPv6 (RFC 4861)."""

    mac: str
    address: str  # link-local
    prefixes: Tuple[str, ...]
    dns: Tuple[str, ...]  # RFC 8106
    lifetime: int  # seconds as a default router; 0 = none


@dataclass(frozen=True)
class Neighbour:
    """A device on the LAN that answers ARP."""

    address: str
    mac: str


@dataclass(frozen=True)
class Company:
    """Who else serves on the LAN: what an access point that is still a router would do."""

    routers: Tuple[Advertiser, ...]
    dns: Tuple[Neighbour, ...]  # others that answer DNS questions
    strangers: Tuple[Neighbour, ...]  # in the range for phones, without a lease of ours
    leased: Tuple[Neighbour, ...] = ()  # likewise, with a lease of ours


@dataclass(frozen=True)
class Sighting:
    """Something that a device on the LAN did, as `watch` streams it.

    `what`: joined, left, wrong-password, was-there (before the watch; the server's own Wi-Fi, as
    hostapd says it); asked (for an address; detail: option 60), given, refused-address, other-dhcp
    (detail: the other server), leased, present (it uses an address: one from us, another one); of
    names domain, near (name: what was asked instead), check (whether there is Internet), provider
    (name: of a DNS provider), other (no name is told); dns-elsewhere, dot, dot-elsewhere (detail:
    asked there); http (name), knocked, hello (name: SNI), refused (detail: TLS alert, "" =
    encrypted), finished, unused, opened, refused-by-server (detail: TLS alert).
    """

    what: str
    mac: str
    at: float  # seconds since the watch began
    address: str = ""
    name: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Watched:
    """One event of `watch`: begun, beat (to be answered by the word "on"), seen."""

    kind: str
    seen: Tuple[Sighting, ...] = ()
    wifi: bool = False  # begun: joins of the server's own Wi-Fi are heard, too
    lost: int = 0  # beat: how much was too much so far


@dataclass(frozen=True)
class Lookup:
    """A name looked up inside a CHT container."""

    container: str
    name: str
    found: bool
    detail: str = ""


@dataclass(frozen=True)
class Health:
    """What only the server itself can tell the live check."""

    clock: float
    services: Tuple[Service, ...]
    lookups: Tuple[Lookup, ...]
    docker_enabled: bool
    containers: Tuple[WebServer, ...]
    pending: Optional[Pending]
    dns_listening: bool
    dhcp_listening: bool
    sending: Optional[Sending] = None  # None: no access point of ours is set up


@dataclass(frozen=True)
class Container:
    """A part of the CHT, and what Docker does with it when the server starts."""

    name: str
    image: str
    version: str  # the image's tag, or ""
    running: bool
    restart_policy: str  # always, unless-stopped, on-failure, no


@dataclass(frozen=True)
class FileSystem:
    """A file system that the system or the database lives on."""

    path: str  # what was looked for: "/", or the database's folder
    mount: str  # where it is mounted
    device: str  # /dev/mapper/vg-root
    kind: str  # ext4, xfs, btrfs, ...
    total: int  # bytes
    free: int  # bytes available to ordinary processes
    read_only: bool
    encrypted: Optional[bool]  # by the kernel (dm-crypt) all the way down; None: cannot be told
    errors: Optional[int]  # counted by ext4 since the last check; None: not counted there


@dataclass(frozen=True)
class Database:
    """A folder that CouchDB keeps its data in."""

    container: str
    path: str  # on the server
    size: Optional[int]  # bytes on the disk; None: cannot be read
    complete: bool  # False: counting was ended for want of time, it is at least `size`


@dataclass(frozen=True)
class BackupJob:
    """Something that runs by itself and looks like a backup."""

    name: str  # timer unit, or path of the cron file
    tool: str  # restic, borg, rsync, ...; "backup" when only its name tells
    runs: bool  # the timer, or cron, is active
    last: Optional[float]  # when it ran last, seconds since 1970; None: cannot be told
    never: bool = False  # the timer says that it has not run yet


@dataclass(frozen=True)
class Ups:
    """A battery behind the server, and whether anything watches it."""

    kind: str  # nut, apcupsd, usb (nobody watches it), battery (of the computer itself)
    name: str


@dataclass(frozen=True)
class Restarts:
    """How the server's earlier runs ended, as far as it remembers."""

    looked_at: int  # runs before the present one
    unplanned: int  # of these, without a shutdown: a power cut or a crash
    last_unplanned: Optional[float]  # when that run was last heard of, seconds since 1970


@dataclass(frozen=True)
class Updates:
    """How the system's own updates are installed."""

    automatic: bool  # unattended-upgrades is there and switched on
    restarts: bool  # it may restart the server by itself


@dataclass(frozen=True)
class SshAccess:
    """Who may log in over SSH, as sshd itself says."""

    passwords: bool
    root: str  # PermitRootLogin: yes, no, prohibit-password, forced-commands-only


@dataclass(frozen=True)
class Drive:
    """A disk's judgement of itself (SMART)."""

    device: str
    healthy: Optional[bool]  # None: it does not tell


@dataclass(frozen=True)
class Readiness:
    """What the server can tell of its readiness for a life without Internet.

    A part that could not be read is None, or a machine's number 0, and named in `problems`.
    """

    architecture: str
    memory: int  # bytes
    swap: Optional[int]  # bytes
    cpus: Optional[int]
    boot_id: str
    uptime: float  # seconds
    clock: Clock
    services: Optional[Tuple[Service, ...]]
    containers: Optional[Tuple[Container, ...]]  # (): Docker has none of the CHT, or is not there
    databases: Optional[Tuple[Database, ...]]
    file_systems: Optional[Tuple[FileSystem, ...]]
    drives: Optional[Tuple[Drive, ...]]  # None also where smartctl is not installed
    backups: Optional[Tuple[BackupJob, ...]]
    ups: Optional[Tuple[Ups, ...]]
    restarts: Optional[Restarts]
    updates: Optional[Updates]
    ssh: Optional[SshAccess]
    firewall: Optional[Firewall]
    problems: Tuple[str, ...] = ()

    def service(self, unit: str) -> Optional[Service]:
        """Return the unit of that name, if it was asked for and told."""
        return next((s for s in self.services or () if s.unit == unit), None)

    def file_system(self, path: str) -> Optional[FileSystem]:
        """Return the file system that holds a path that was looked for."""
        return next((f for f in self.file_systems or () if f.path == path), None)


# --------------------------------------------------------------------------- codec


def encode(value: Any) -> Any:
    """Turn a wire dataclass into plain JSON data."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, (list, tuple)):
        return [encode(v) for v in value]
    if isinstance(value, Mapping):
        return {str(k): encode(v) for k, v in value.items()}
    return value


def decode(cls: Type[T], data: Any) -> T:
    """Turn plain JSON data into a wire dataclass.

    Raises WireError naming the path of a missing, unknown or ill-typed field.
    """
    result: T = _decode(cls, data, cls.__name__.lower())
    return result


_HINTS: Dict[str, Dict[str, Any]] = {}


def _hints(cls: Type[Any]) -> Dict[str, Any]:
    if cls.__name__ not in _HINTS:
        _HINTS[cls.__name__] = typing.get_type_hints(cls)
    return _HINTS[cls.__name__]


def _decode(kind: Any, data: Any, path: str) -> Any:
    if kind is Any:
        return data
    if kind is Change:
        if not isinstance(data, dict) or data.get("kind") not in CHANGES:
            raise WireError("%s: not a change" % path)
        return _decode(CHANGES[data["kind"]], data, path)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is Union:
        if data is None:
            return None
        return _decode(next(a for a in arguments if a is not type(None)), data, path)
    if origin is tuple:
        if not isinstance(data, (list, tuple)):
            raise WireError("%s: expected a list" % path)
        return tuple(_decode(arguments[0], d, "%s[%d]" % (path, i)) for i, d in enumerate(data))
    if origin is not None and issubclass(origin, typing.cast(Any, Mapping).__origin__):
        if not isinstance(data, dict):
            raise WireError("%s: expected an object" % path)
        return data
    if dataclasses.is_dataclass(kind):
        return _decode_dataclass(typing.cast(Type[Any], kind), data, path)
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
        raise WireError("%s: expected %s, got %s" % (path, kind.__name__, type(data).__name__))
    return data


def _decode_dataclass(cls: Type[Any], data: Any, path: str) -> Any:
    if not isinstance(data, dict):
        raise WireError("%s: expected an object" % path)
    hints = _hints(cls)
    values: Dict[str, Any] = {}
    missing: List[str] = []
    for f in dataclasses.fields(cls):
        if f.name in data:
            values[f.name] = _decode(hints[f.name], data[f.name], "%s.%s" % (path, f.name))
        elif f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING:
            missing.append(f.name)
    unknown = sorted(set(data) - {f.name for f in dataclasses.fields(cls)})
    if missing or unknown:
        raise WireError("%s: missing %s, unknown %s" % (path, missing, unknown))
    return cls(**values)
