"""What a phone does, in its namespace: `phone.py lease NAME VENDOR`, `phone.py ask NAME SERVER`."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import dns.exception
import dns.message
import dns.query
import dns.rcode

LINK = "lan0"
COOKIE = b"\x63\x82\x53\x63"


def _option(code: int, value: bytes) -> bytes:
    return bytes([code, len(value)]) + value


def _exchange(sock: socket.socket, message: bytes) -> tuple[str, bytes]:
    sock.sendto(message.ljust(300, b"\0"), ("255.255.255.255", 67))
    data = sock.recv(2048)
    return socket.inet_ntoa(data[16:20]), data


def lease(name: str, vendor: str, other: str = "") -> dict[str, Any]:
    """Get an address as Android does (RFC 2131); `other`: REQUEST it from that server instead."""
    with open(f"/sys/class/net/{LINK}/address") as stream:
        mac = bytes.fromhex(stream.read().strip().replace(":", ""))
    xid = os.urandom(4)
    head = struct.pack("!BBBB4sHH", 1, 1, 6, 0, xid, 0, 0x8000) + bytes(16) + mac
    head = head.ljust(236, b"\0") + COOKIE
    about = _option(12, name.encode()) if name else b""
    about += _option(60, vendor.encode()) if vendor else b""
    about += _option(55, bytes((1, 3, 6, 15, 26, 28, 51, 58, 59, 43)))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, LINK.encode())
        sock.bind(("", 68))
        sock.settimeout(8)
        offered, data = _exchange(sock, head + _option(53, b"\1") + about + b"\xff")
        server = socket.inet_aton(other) if other else data[data.index(b"\x36\x04", 240) + 2 :][:4]
        wanted = _option(53, b"\3") + _option(50, socket.inet_aton(offered)) + _option(54, server)
        if other:
            sock.sendto((head + wanted + about + b"\xff").ljust(300, b"\0"),
                        ("255.255.255.255", 67))  # fmt: skip
            return {}
        given, _ = _exchange(sock, head + wanted + about + b"\xff")
    for argv in (["addr", "add", f"{given}/24", "dev", LINK],
                 ["route", "replace", "default", "via", socket.inet_ntoa(server)]):  # fmt: skip
        subprocess.run(["ip", *argv], check=True)
    return {"address": given}


def ask(name: str, server: str) -> str:
    """Ask a name server, and say what it answers."""
    try:
        answer = dns.query.udp(dns.message.make_query(name, "A"), server, timeout=2)
    except (dns.exception.DNSException, OSError) as error:
        return type(error).__name__
    return dns.rcode.to_text(answer.rcode())


def knock(address: str, port: str) -> str:
    """Try to open a connection."""
    try:
        socket.create_connection((address, int(port)), 1.0).close()
    except OSError as error:
        return type(error).__name__
    return "open"


if __name__ == "__main__":
    verbs: dict[str, Callable[..., Any]] = {"lease": lease, "ask": ask, "knock": knock}
    print(json.dumps(verbs[sys.argv[1]](*sys.argv[2:])))
