"""SSH servers near this laptop, found without knowing an address.

First IPv6: an echo request to all nodes (ff02::1, RFC 4291 section 2.7.1) on every link, which a
Linux server answers even on a bare cable without any DHCP; who answered stands in the neighbour
table. Then the laptop's own small IPv4 subnets. Nothing else is ever scanned.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import re
import selectors
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from wizard.remote.dial import dial
from wizard.remote.login import Greeting, Timeouts
from wizard.remote.words import RemoteError

SECONDS = 6.0  # for everything
SMALLEST_PREFIX = 22  # larger subnets are not scanned
_PING = 1.5  # seconds for the echo requests
_CONNECT = 0.8  # seconds; a machine on the same link answers in milliseconds
_AT_ONCE = 256  # open attempts; Windows' select takes 512
_GREET = 2.5  # seconds for one key exchange; a very slow machine needs two
_GREETERS = 16

_MAC = re.compile(r"\b(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}\b")
_LINK_LOCAL = re.compile(r"(?i)\bfe80:[0-9a-f:]+")


class Link(Protocol):
    """What is needed of one of this laptop's interfaces (wizard.laptop.interfaces has it)."""

    @property
    def name(self) -> str:
        """Its name as people see it."""

    @property
    def index(self) -> int:
        """Its number."""

    @property
    def scope_id(self) -> str:
        """What follows the percent sign: the name on Linux, the number on Windows."""

    @property
    def addresses4(self) -> tuple[tuple[str, int], ...]:
        """(address, prefix length) of IPv4."""

    @property
    def addresses6(self) -> tuple[tuple[str, int], ...]:
        """(address without scope, prefix length) of IPv6."""

    @property
    def up(self) -> bool:
        """Whether it can carry anything."""


@dataclass(frozen=True)
class Found:
    """An SSH server: where, what it says of itself, and the fingerprint to compare."""

    address: str  # with its scope when link-local: fe80::1%eth0
    interface: str  # the laptop's
    banner: str  # "SSH-2.0-OpenSSH_9.2p1 ..."; "" when it spoke no SSH in time
    fingerprint: str  # SHA256:..., "" likewise
    mac: str = ""


def discover(
    links: Iterable[Link],
    *,
    port: int = 22,
    seconds: float = SECONDS,
    cancelled: Callable[[], bool] = lambda: False,
    on_found: Callable[[Found], None] | None = None,
) -> tuple[Found, ...]:
    """Return the SSH servers on the laptop's own links, link-local addresses first.

    One server may be there under several addresses; the fingerprint tells. Takes at most about
    `seconds`; ends early when `cancelled` says so. `on_found` is called from other threads.
    """
    deadline = time.monotonic() + seconds
    useful = [link for link in links if link.up]
    own = {a for link in useful for a, _ in (*link.addresses4, *link.addresses6)}
    found: dict[str, Found] = {}
    lock = threading.Lock()

    def meet(address: str, link: Link, mac: str) -> None:
        if cancelled():
            return
        one = greet(address, port, link.name, mac, min(_GREET, deadline - time.monotonic()))
        if one is None:
            return
        with lock:
            new = address not in found
            found[address] = one
        if new and on_found is not None:
            on_found(one)

    with (
        ThreadPoolExecutor(_GREETERS, "greet") as greeters,
        ThreadPoolExecutor(8, "link") as seekers,
    ):

        def six(link: Link) -> None:
            for address, mac in all_nodes(link, cancelled):
                if address not in own:
                    greeters.submit(meet, f"{address}%{link.scope_id}", link, mac)

        def four() -> None:
            # Leave the time that a greeting needs at the end.
            until = deadline - 1.5
            for address, link in _open_ports(_candidates(useful, own), port, until, cancelled):
                greeters.submit(meet, address, link, "")

        work = [seekers.submit(six, link) for link in useful if _has_link_local(link)]
        work.append(seekers.submit(four))
        for each in work:
            each.result()
    macs = _neighbours4()
    whole = [
        found_one if found_one.mac else _with_mac(found_one, macs) for found_one in found.values()
    ]
    return tuple(sorted(whole, key=lambda f: (":" not in f.address, f.interface, f.address)))


# ------------------------------------------------------------------------------ IPv6


def all_nodes(
    link: Link, cancelled: Callable[[], bool] = lambda: False
) -> tuple[tuple[str, str], ...]:
    """Return (link-local address without scope, MAC or "") of all that answer on a link."""
    said = _run(ping_command(link.scope_id), _PING + 1.0, cancelled)
    table = neighbours(_run(neighbour_command(link), 2.0, cancelled))
    for address in _LINK_LOCAL.findall(said):
        table.setdefault(address.lower(), "")
    return tuple(table.items())


def ping_command(scope: str, platform: str = sys.platform) -> list[str]:
    """Return the system's ping that asks all nodes of a link; needs no privilege."""
    if platform == "win32":
        return ["ping", "-6", "-n", "2", "-w", "700", f"ff02::1%{scope}"]
    return ["ping", "-6", "-n", "-c", "3", "-i", "0.4", "-W", "1", f"ff02::1%{scope}"]


def neighbour_command(link: Link, platform: str = sys.platform) -> list[str]:
    """Return the command that shows a link's IPv6 neighbour table."""
    if platform == "win32":
        return ["netsh", "interface", "ipv6", "show", "neighbors", f"interface={link.index}"]
    return ["ip", "-6", "neigh", "show", "dev", link.name]


def neighbours(text: str) -> dict[str, str]:
    """Return {link-local address: MAC} of a neighbour table, in any language.

    Only rows with a MAC count: the others are addresses that nobody answered for.
    """
    table: dict[str, str] = {}
    for line in text.splitlines():
        address, mac = _LINK_LOCAL.search(line), _MAC.search(line)
        if address and mac and mac[0].strip("0:-"):
            table[address[0].lower()] = mac[0].lower().replace("-", ":")
    return table


def _has_link_local(link: Link) -> bool:
    return any(a.lower().startswith("fe80:") for a, _ in link.addresses6)


# ------------------------------------------------------------------------------ IPv4


def _candidates(links: list[Link], own: set[str]) -> dict[str, Link]:
    """Return every other address of the laptop's own small subnets and the link it is on."""
    result: dict[str, Link] = {}
    for link in links:
        for address, prefix in link.addresses4:
            if not SMALLEST_PREFIX <= prefix <= 30 or address.startswith("127."):
                continue
            for host in ipaddress.ip_network(f"{address}/{prefix}", strict=False).hosts():
                if str(host) not in own:
                    result.setdefault(str(host), link)
    return result


def _open_ports(
    candidates: dict[str, Link], port: int, until: float, cancelled: Callable[[], bool]
) -> Iterable[tuple[str, Link]]:
    """Yield the addresses that accept a connection, trying many at once."""
    waiting = iter(candidates.items())
    more = True
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as stack:
        while (more or selector.get_map()) and time.monotonic() < until and not cancelled():
            while more and len(selector.get_map()) < _AT_ONCE:
                try:
                    address, link = next(waiting)
                except StopIteration:
                    more = False
                    break
                sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                stack.callback(sock.close)
                sock.setblocking(False)
                if sock.connect_ex((address, port)) not in _UNDER_WAY:
                    sock.close()
                    continue
                late = time.monotonic() + _CONNECT
                selector.register(sock, selectors.EVENT_WRITE, (address, link, late))
            if not selector.get_map():
                continue  # Windows does not wait for nothing, it refuses
            for key, _ in selector.select(0.05):
                address, link, _late = key.data
                there = key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0  # type: ignore[union-attr]
                _drop(selector, key)
                if there:
                    yield address, link
            now = time.monotonic()
            for key in list(selector.get_map().values()):
                if key.data[2] < now:
                    _drop(selector, key)


_UNDER_WAY = {0, errno.EINPROGRESS, errno.EWOULDBLOCK}


def _drop(selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    selector.unregister(key.fileobj)
    key.fileobj.close()  # type: ignore[union-attr]


def _neighbours4() -> dict[str, str]:
    """Return {IPv4 address: MAC} of the laptop's own table."""
    argv = ["arp", "-a"] if sys.platform == "win32" else ["ip", "-4", "neigh", "show"]
    table: dict[str, str] = {}
    for line in _run(argv, 2.0).splitlines():
        address, mac = re.search(r"\b\d+(?:\.\d+){3}\b", line), _MAC.search(line)
        if address and mac:
            table[address[0]] = mac[0].lower().replace("-", ":")
    return table


def _with_mac(found: Found, macs: dict[str, str]) -> Found:
    return Found(
        found.address, found.interface, found.banner, found.fingerprint, macs.get(found.address, "")
    )


# ---------------------------------------------------------------------------- both


def greet(
    address: str,
    port: int,
    interface: str,
    mac: str,
    seconds: float,
    through: tuple[str, int] | None = None,
) -> Found | None:
    """Exchange keys with a candidate, without logging in; None when nothing listens there.

    `through` is where it really answers, for the practice clinic.
    """
    if seconds <= 0:
        return None
    limits = Timeouts(connect=seconds, greeting=seconds)
    try:
        sock = dial(address, port, min(seconds, _CONNECT * 2), through)
    except RemoteError:
        return None
    try:
        greeting = Greeting(sock, address, port, limits)
    except RemoteError:
        return Found(address, interface, "", "", mac)
    greeting.close()
    return Found(address, interface, greeting.banner, greeting.key.fingerprint, mac)


def _run(argv: list[str], seconds: float, cancelled: Callable[[], bool] = lambda: False) -> str:
    """Return what a command of the laptop's system prints, "" when it cannot be run."""
    surroundings = dict(os.environ, LC_ALL="C")
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=surroundings,
            creationflags=flags,
        )
    except OSError:
        return ""
    deadline = time.monotonic() + seconds
    while True:
        try:
            out, _ = process.communicate(timeout=0.1)
        except subprocess.TimeoutExpired:
            if cancelled() or time.monotonic() > deadline:
                process.kill()
                out, _ = process.communicate()
                return out.decode("utf-8", "replace")
            continue
        return out.decode("utf-8", "replace")
