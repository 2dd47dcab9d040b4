"""The server's login: a name or address, a port, a user, perhaps a key."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wizard.problem import Problem
from wizard.site import names
from wizard.site.addresses import ip, ipv4, ipv6
from wizard.site.model import Site
from wizard.site.words import finding

# Looser than useradd(8): directories have users such as DOMAIN\mary and mary@example.org. What
# is refused would be taken for something else: an option, a password, a second word.
_USER = re.compile(r"[^\s:/-][^\s:/]{0,255}")
_HOST_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")


def check(site: Site) -> Iterator[Problem]:
    """Yield what is wrong with the login."""
    login = site.server
    yield from _host(login.host)
    if not 1 <= login.port <= 65535:
        yield finding("port_invalid", "server.port", value=login.port)
    if not login.user.strip():
        yield finding("user_missing", "server.user")
    elif not _USER.fullmatch(login.user) or names.has_control(login.user):
        yield finding("user_invalid", "server.user")
    if login.key.endswith(".pub"):
        yield finding("key_public", "server.key", value=login.key)
    elif names.has_control(login.key) or (login.key and login.key.strip(" ")[-1:] in ("", "/")):
        yield finding("key_path", "server.key", value=login.key)


def _host(host: str) -> Iterator[Problem]:
    path = "server.host"
    if not host.strip():
        yield finding("host_missing", path)
    elif "@" in host:  # first: what stands before the @ may be a password and is not repeated
        yield finding("host_user", path)
    elif "/" in host:
        yield finding("host_url", path, value=host)
    elif ip(host) is None and ip(names.bare(host).strip("[]")) is not None and ":" in host:
        yield finding("host_port", path, value=host, host=names.bare(host).strip("[]"))
    elif _address(host) is not None:
        yield from _address_use(host)
    elif re.fullmatch(r"[^:]+:[0-9]+", host):
        yield finding("host_port", path, value=host, host=names.bare(host))
    elif not _is_name(host):
        yield finding("host_invalid", path, value=host)


def _address(host: str) -> object | None:
    address, percent, zone = host.partition("%")
    if percent and not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", zone):
        return None
    return ipv6(address) if percent else ip(host)


def _address_use(host: str) -> Iterator[Problem]:
    address = ip(host.partition("%")[0])
    if address is None:
        return
    broadcast = address == ipv4("255.255.255.255")
    if address.is_multicast or address.is_unspecified or broadcast:
        yield finding("host_invalid", "server.host", value=host)
    elif address.version == 6 and address.is_link_local and "%" not in host:
        yield finding("host_zone_missing", "server.host", value=host)


def _is_name(host: str) -> bool:
    """Names known only to the laptop (mDNS, hosts file, one word, underscore) are fine here."""
    labels = host.removesuffix(".").split(".")
    return (
        len(host) <= 253
        and all(_HOST_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )
