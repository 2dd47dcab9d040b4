"""A phone in a namespace of its own: asks for an address on wlan1, for a name, and for a page.

`phone.py DOMAIN ROOT.pem` prints one JSON object: lease, router, dns, address of the name, handler,
and the seconds until it had the lease and the page.
It runs in the guest, after wpa_supplicant has joined the Wi-Fi.

`phone.py --relay ADDRESS PORT DNS` lets a browser outside look through that Wi-Fi: HTTP CONNECT
in, the phone's network out. What goes through is the browser's own TLS.
"""

from __future__ import annotations

import asyncio
import ctypes
import http.client
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import time

LINK = "wlan1"
COOKIE = b"\x63\x82\x53\x63"


def options(data: bytes) -> dict[int, bytes]:
    found, at = {}, 0
    while at < len(data) and data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        found[data[at]] = data[at + 2 : at + 2 + data[at + 1]]
        at += 2 + data[at + 1]
    return found


def ask(
    sock: socket.socket, mac: bytes, xid: bytes, extra: bytes, kind: int
) -> tuple[str, dict[int, bytes]]:
    """Broadcast a DHCP message (RFC 2131) until it is answered with `kind`."""
    head = struct.pack("!BBBB4sHH", 1, 1, 6, 0, xid, 0, 0x8000) + bytes(16) + mac
    message = head.ljust(236, b"\0") + COOKIE + extra + b"\x37\x03\x01\x03\x06\xff"
    for _ in range(6):
        sock.sendto(message.ljust(300, b"\0"), ("255.255.255.255", 67))
        end = time.monotonic() + 5
        while time.monotonic() < end:
            try:
                data = sock.recv(2048)
            except TimeoutError:
                break
            said = options(data[240:])
            if data[4:8] == xid and said.get(53) == bytes([kind]):
                return socket.inet_ntoa(data[16:20]), said
    raise SystemExit(f"nobody answers DHCP with message {kind}")


def lease() -> dict[str, str]:
    with open(f"/sys/class/net/{LINK}/address") as stream:
        mac = bytes.fromhex(stream.read().strip().replace(":", ""))
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, LINK.encode())
    sock.bind(("", 68))
    sock.settimeout(5)
    xid = os.urandom(4)
    subprocess.run(["ip", "route", "add", "255.255.255.255", "dev", LINK], check=True)
    offered, said = ask(sock, mac, xid, b"\x35\x01\x01", 2)
    wanted = b"\x35\x01\x03\x32\x04" + socket.inet_aton(offered) + b"\x36\x04" + said[54]
    given, said = ask(sock, mac, xid, wanted, 5)
    prefix = bin(struct.unpack("!I", said[1])[0]).count("1")
    router, dns = socket.inet_ntoa(said[3][:4]), socket.inet_ntoa(said[6][:4])
    subprocess.run(["ip", "addr", "add", f"{given}/{prefix}", "dev", LINK], check=True)
    subprocess.run(["ip", "route", "add", "default", "via", router], check=True)
    return {"lease": given, "router": router, "dns": dns, "servers": str(len(said[6]) // 4)}


def resolve(name: str, dns: str) -> str:
    question = b"".join(bytes([len(p)]) + p.encode() for p in name.split(".")) + b"\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        for _ in range(3):
            sock.sendto(b"ab" + struct.pack("!HHHHH", 0x0100, 1, 0, 0, 0) + question, (dns, 53))
            try:
                answer = sock.recv(512)
            except TimeoutError:
                continue
            return socket.inet_ntoa(answer[-4:]) if answer[7] else ""
    return ""


async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Carry bytes until one side ends."""
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    except ConnectionError:
        pass
    finally:
        sink.close()


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one CONNECT (RFC 9110, 9.3.6)."""
    head = (await reader.readuntil(b"\r\n\r\n")).split(b" ")
    name, _, port = head[1].decode().rpartition(":")
    address = resolve(name, sys.argv[4]) if head[0] == b"CONNECT" else ""
    if not address:
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
        writer.close()
        return
    there, out = await asyncio.open_connection(address, int(port))
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    await asyncio.gather(pump(reader, out), pump(there, writer))


async def relay(listening: socket.socket) -> None:
    server = await asyncio.start_server(carry, sock=listening)
    await server.serve_forever()


def lend(address: str, port: int) -> None:
    """Listen where this was started; what is opened from then on is in the phone's namespace."""
    own = socket.create_server((address, port))
    libc = ctypes.CDLL(None, use_errno=True)
    namespace = os.open("/run/netns/phone", os.O_RDONLY)
    if libc.setns(namespace, 0x40000000):  # CLONE_NEWNET
        raise OSError(ctypes.get_errno(), "setns")
    asyncio.run(relay(own))


def main() -> None:
    domain, root = sys.argv[1:]
    began = time.monotonic()
    told = lease()
    told["lease_seconds"] = f"{time.monotonic() - began:.1f}"
    told["address"] = resolve(domain, told["dns"])
    context = ssl.create_default_context(cafile=root)
    connection = http.client.HTTPSConnection(told["address"], timeout=60)
    raw = socket.create_connection((told["address"], 443), 60)
    connection.sock = context.wrap_socket(raw, server_hostname=domain)
    connection.request("GET", "/setup/poll", headers={"Host": domain})
    told["handler"] = json.loads(connection.getresponse().read())["handler"]
    told["page_seconds"] = f"{time.monotonic() - began:.1f}"
    print(json.dumps(told))


if sys.argv[1] == "--relay":
    lend(sys.argv[2], int(sys.argv[3]))
else:
    main()
