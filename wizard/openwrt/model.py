"""What an OpenWrt device told of itself, what it shall become, and what has to be done."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Interface

from wizard.openwrt.uci import Settings


@dataclass(frozen=True)
class Router:
    """An OpenWrt device."""

    release: str  # "OpenWrt 23.05.3"
    board: str  # "TP-Link Archer C7 v5", or ""
    settings: Settings = field(repr=False)
    services: tuple[str, ...] = ()  # of dnsmasq, odhcpd, firewall: those that are enabled
    sae: bool = False  # its hostapd knows WPA3
    pending: bool = False  # an earlier change waits for its confirmation
    unsaved: bool = False  # somebody has settings open that are not saved


@dataclass(frozen=True)
class Wanted:
    """The access point that it shall be."""

    address: IPv4Interface  # in the site's network, outside of the phones' range
    ssid: str
    passphrase: str = field(repr=False)
    country: str  # ISO 3166-1
    channel: int = 1  # 1, 6 or 11
    security: str = "wpa2-wpa3"  # wpa2-wpa3, wpa2, wpa3


@dataclass(frozen=True)
class Step:
    """One thing that is changed: a sentence for people, and lines for `uci batch`."""

    sentence: str
    lines: tuple[str, ...] = field(default=(), repr=False)  # one of them holds the passphrase
    stop: tuple[str, ...] = ()  # services that end, also after a restart


@dataclass(frozen=True)
class Plan:
    """All steps; none when the device is as wanted already."""

    steps: tuple[Step, ...]
    address: str  # where it will be found, without prefix

    @property
    def batch(self) -> str:
        """What `uci batch` is given; holds the passphrase."""
        return "".join(f"{line}\n" for step in self.steps for line in step.lines)

    @property
    def stop(self) -> tuple[str, ...]:
        """The services that end."""
        return tuple(name for step in self.steps for name in step.stop)
