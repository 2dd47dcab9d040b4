"""How the server itself resolves names."""

from __future__ import annotations

import os
import posixpath
from typing import Any, Dict

from ..host import Host
from .services import Units

PATH = "/etc/resolv.conf"


def resolver(host: Host, units: Units) -> Dict[str, Any]:
    """Return wire.Resolver."""
    link = ""
    path = PATH
    # links are followed by hand: an absolute one must stay below the host's root
    for _ in range(8):
        try:
            target = os.readlink(host.path(path))
        except OSError:
            break
        link = link or target
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    text = host.read(path, 1 << 16) or ""
    servers = []
    for line in text.splitlines():
        words = line.split()
        if len(words) > 1 and words[0] == "nameserver":
            servers.append(words[1])
    return {
        "link": link,
        "nameservers": servers,
        "resolved": units.active("systemd-resolved.service"),
        "text": text,
    }
