"""The DNS servers that this laptop's system asks."""

from __future__ import annotations

import ipaddress
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from wizard.laptop import windows


def resolvers(root: Path = Path("/")) -> tuple[str, ...]:
    """Return the addresses of the system's DNS servers, in its order, without repeats.

    Where systemd-resolved stands in front (127.0.0.53), the servers behind it.
    """
    if sys.platform == "win32":
        return from_windows(windows.adapters())
    try:
        text = (root / "etc/resolv.conf").read_text(errors="replace")
    except OSError:
        text = ""
    servers = from_resolv_conf(text)
    if servers and all(s in ("127.0.0.53", "127.0.0.54") for s in servers):
        return from_resolvectl(_resolvectl()) or servers
    return servers


def from_windows(adapters: tuple[windows.Adapter, ...]) -> tuple[str, ...]:
    """Read the servers of the adapters that are up."""
    return _valid(s for one in adapters if one.up for s in one.dns)


def from_resolv_conf(text: str) -> tuple[str, ...]:
    """Read the nameserver lines (resolv.conf(5))."""
    return _valid(re.findall(r"(?m)^\s*nameserver\s+(\S+)", text))


def from_resolvectl(text: str) -> tuple[str, ...]:
    """Read `resolvectl dns`: lines like "Link 2 (eth0): 10.20.0.1 fe80::1%2#dns.example"."""
    words = (word for line in text.splitlines() for word in line.partition("):")[2].split())
    globals_ = (
        word
        for line in text.splitlines()
        if line.startswith("Global:")
        for word in line.split()[1:]
    )
    return _valid([w.partition("#")[0] for w in (*globals_, *words)])


def _resolvectl() -> str:
    try:
        done = subprocess.run(
            ["resolvectl", "dns"],
            capture_output=True,
            timeout=4,
            check=False,
            env=dict(os.environ, LC_ALL="C"),
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")


def _valid(words: Iterable[str]) -> tuple[str, ...]:
    result = []
    for word in words:
        try:
            ipaddress.ip_address(word.partition("%")[0])
        except ValueError:
            continue
        result.append(word)
    return tuple(dict.fromkeys(result))
