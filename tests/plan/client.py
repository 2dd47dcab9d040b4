"""What a phone asks on the LAN: runs in the client's namespace, questions and answers in JSON.

Questions: {"name", "type", "server", "tcp"} asks DNS, {"discover": MAC} asks DHCP, {"address"}
takes an address, {"advertisement": true} waits for an IPv6 router advertisement.
"""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import time
from typing import Any

import dns.flags
import dns.message
import dns.query
import dns.rcode

INTERFACE = "c0"


def main() -> None:
    """Answer all questions in order."""
    print(json.dumps([_answer(question) for question in json.loads(sys.argv[1])]))


def _answer(question: dict[str, Any]) -> Any:
    if "discover" in question:
        return _discover(question["discover"], question.get("patience", 4.0))
    if "address" in question:
        argv = ["ip", "addr", "add", question["address"], "dev", INTERFACE]
        return subprocess.run(argv + (["nodad"] if ":" in argv[3] else []), check=True).returncode
    if "advertisement" in question:
        return _advertisement()
    return _dns(question)


def _dns(question: dict[str, Any]) -> dict[str, Any]:
    message = dns.message.make_query(question["name"], question["type"])
    ask = dns.query.tcp if question.get("tcp") else dns.query.udp
    begun = time.monotonic()
    answer = ask(message, question["server"], timeout=5)
    return {
        "rcode": dns.rcode.to_text(answer.rcode()),
        "seconds": time.monotonic() - begun,
        "answers": [str(item) for rrset in answer.answer for item in rrset],
    }


def _discover(mac: str, patience: float) -> dict[str, Any] | None:
    """Send DHCPDISCOVER (RFC 2131) and return the first offer, or None when nobody answers."""
    hardware = bytes.fromhex(mac.replace(":", ""))
    transaction = struct.unpack("!I", hardware[2:])[0]
    fixed = struct.pack("!BBBBIHH", 1, 1, 6, 0, transaction, 0, 0x8000) + bytes(16)
    options = b"\x63\x82\x53\x63" + b"\x35\x01\x01" + b"\x37\x05\x01\x03\x06\x2a\x0f" + b"\xff"
    packet = fixed + hardware.ljust(16, b"\0") + bytes(192) + options
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, INTERFACE.encode())
        sock.bind(("", 68))
        sock.settimeout(patience)
        sock.sendto(packet, ("255.255.255.255", 67))
        try:
            data = sock.recv(2048)
        except TimeoutError:
            return None
    found: dict[str, Any] = {"offered": socket.inet_ntoa(data[16:20]), "options": {}}
    rest = data[240:]
    while rest and rest[0] != 255:
        if rest[0] == 0:
            rest = rest[1:]
            continue
        value = rest[2 : 2 + rest[1]]
        known = len(value) % 4 == 0 and rest[0] in (1, 3, 6, 28, 42, 54)
        found["options"][str(rest[0])] = (
            [socket.inet_ntoa(value[i : i + 4]) for i in range(0, len(value), 4)]
            if known
            else value.hex()
        )
        rest = rest[2 + rest[1] :]
    return found


def _advertisement() -> dict[str, Any]:
    """Solicit a router (RFC 4861) and return what it announces."""
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as sock:
        index = socket.if_nametoindex(INTERFACE)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, INTERFACE.encode())
        sock.settimeout(0.5)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            try:
                # Until duplicate address detection has ended there is no source address.
                sock.sendto(b"\x85" + bytes(7), ("ff02::2", 0, 0, index))
                data = sock.recv(2048)
            except OSError:
                continue
            if data[0] == 134:
                return _announced(data)
    raise SystemExit("no router advertisement")


def _announced(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {"lifetime": struct.unpack("!H", data[6:8])[0]}
    rest = data[16:]
    while len(rest) >= 8 and rest[1]:
        option, rest = rest[: rest[1] * 8], rest[rest[1] * 8 :]
        if option[0] == 3:
            found["prefix"] = f"{socket.inet_ntop(socket.AF_INET6, option[16:32])}/{option[2]}"
            found["autonomous"] = bool(option[3] & 0x40)
        elif option[0] == 25:
            found["dns"] = socket.inet_ntop(socket.AF_INET6, option[8:24])
    return found


if __name__ == "__main__":
    main()
