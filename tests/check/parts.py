"""Real servers that a phone would meet, each able to be broken in one way."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

import dns.exception
import dns.message
import dns.query
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

DNSMASQ = "/usr/sbin/dnsmasq"


def free_port() -> int:
    """A port that is free for TCP and UDP on loopback just now."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            port = int(tcp.getsockname()[1])
            with contextlib.suppress(OSError):
                udp.bind(("127.0.0.1", port))
                return port


@contextlib.contextmanager
def dnsmasq(host: str, port: int, lines: tuple[str, ...], where: Path) -> Iterator[None]:
    """A real dnsmasq with these lines of configuration, up and answering."""
    settings = where / f"dnsmasq-{port}.conf"
    usual = (f"port={port}", f"listen-address={host}", "bind-interfaces", "no-resolv", "no-hosts")
    settings.write_text("\n".join((*usual, *lines)) + "\n")
    process = subprocess.Popen(
        [
            "/usr/sbin/dnsmasq",
            "--keep-in-foreground",
            "--pid-file=",  # none: they would all share one
            "--log-facility=-",
            f"--conf-file={settings}",
        ],
        stderr=subprocess.PIPE,
    )
    try:
        _wait_for_dns(host, port, process)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _wait_for_dns(host: str, port: int, process: subprocess.Popen[bytes]) -> None:
    question = dns.message.make_query("version.bind", "TXT", "CH")
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(process.communicate()[1].decode())
        with contextlib.suppress(dns.exception.DNSException, OSError):
            dns.query.udp(question, host, 0.2, port)
            return
    raise RuntimeError("dnsmasq does not answer")


class Threads:
    """Server threads that are all ended and joined at the end of the test."""

    def __init__(self) -> None:
        self.ending = threading.Event()
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []

    def start(self, work: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def keep(self, opened: socket.socket) -> socket.socket:
        opened.settimeout(0.05)
        self._sockets.append(opened)
        return opened

    def end(self) -> None:
        self.ending.set()
        for thread in self._threads:
            thread.join(10)
        for opened in self._sockets:
            opened.close()
        assert not [t for t in self._threads if t.is_alive()]

    def listen(self, host: str, port: int, serve: Callable[[socket.socket], None]) -> int:
        """Serve each TCP connection in a thread of its own; return the port."""
        server = self.keep(socket.create_server((host, port)))

        def accept() -> None:
            while not self.ending.is_set():
                with contextlib.suppress(TimeoutError):
                    connection, _ = server.accept()
                    self.start(answer, connection)

        def answer(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                connection.settimeout(10)
                serve(connection)

        self.start(accept)
        return int(server.getsockname()[1])

    def hang(self, _connection: socket.socket) -> None:
        """Accept, then say nothing."""
        self.ending.wait(30)

    def udp(self, port: int, answer: Callable[[bytes], bytes | None]) -> int:
        """A UDP service on loopback; `answer` None says nothing."""
        server = self.keep(socket.socket(type=socket.SOCK_DGRAM))
        server.bind(("127.0.0.1", port))

        def work() -> None:
            while not self.ending.is_set():
                with contextlib.suppress(TimeoutError, ConnectionError):
                    data, peer = server.recvfrom(4096)
                    if (reply := answer(data)) is not None:
                        server.sendto(reply, peer)

        self.start(work)
        return int(server.getsockname()[1])


def udp_only(target: int) -> Callable[[bytes], bytes | None]:
    """Pass datagrams on to another port: a DNS service behind a firewall that forgot TCP."""

    def relay(data: bytes) -> bytes | None:
        with socket.socket(type=socket.SOCK_DGRAM) as asked:
            asked.settimeout(2)
            asked.sendto(data, ("127.0.0.1", target))
            return asked.recv(4096)

    return relay


def slow_no(seconds: float, ending: threading.Event) -> Callable[[bytes], bytes | None]:
    """A far DNS server that says NXDOMAIN after a while."""

    def answer(data: bytes) -> bytes | None:
        ending.wait(seconds)
        reply = dns.message.make_response(dns.message.from_wire(data), recursion_available=True)
        reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()

    return answer


MONITORING: dict[str, Any] = {
    "version": {"app": "5.1.0", "node": "v22.1.0", "couchdb": "3.5.0"},
    "couchdb": {"medic": {"name": "medic", "doc_count": 20, "doc_del_count": 1}},
    "date": {"current": 0, "uptime": 120.5},
}


def poll(**changes: Any) -> dict[str, Any]:
    """What /setup/poll says (cht-core: api/src/services/setup)."""
    return {
        "handler": "medic-api",
        "ready": True,
        "version": "0.1.0",
        "detail": "All required services are running normally",
    } | changes


START_PAGE = (200, "text/html", b"<!DOCTYPE html><html><title>CHT is starting</title></html>")
BAD_GATEWAY = (502, "application/json", b'{"code":502,"error":"502 Bad Gateway"}')


@dataclass
class Web:
    """What nginx and CHT behind it would say; a body of bytes is sent as it is."""

    paths: dict[str, tuple[int, str, Any]] = field(default_factory=dict)
    skew: float = 0.0  # seconds, of the server's clock
    location: str = ""
    raw: bytes | None = None  # instead of any HTTP answer
    drip: bool = False  # one byte of the body now and then, for ever
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    ending: threading.Event = field(default_factory=threading.Event)

    def http(self, connection: socket.socket) -> None:
        self._answer(connection, *self._redirect() if self.location else (200, "", b"hello"))

    def https(self, context: ssl.SSLContext) -> Callable[[socket.socket], None]:
        def serve(connection: socket.socket) -> None:
            with context.wrap_socket(connection, server_side=True) as secure:
                self._answer(secure)

        return serve

    def _redirect(self) -> tuple[int, str, bytes]:
        return 301, f"Location: {self.location}\r\n", b""

    def _answer(self, connection: socket.socket, *fixed: Any) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            if not (more := connection.recv(4096)):
                return
            request += more
            if not request.startswith(b"GET "):
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return
        first, *lines = request.decode().split("\r\n")
        path = first.split(" ")[1]
        pairs = (line.split(": ", 1) for line in lines if ": " in line)
        self.seen.append((path, {name.lower(): value for name, value in pairs}))
        if self.raw is not None:
            connection.sendall(self.raw)
            return
        status, extra, body = fixed or self._page(path)
        date = formatdate(time.time() + self.skew, usegmt=True)
        length = len(body) + (1_000_000 if self.drip else 0)
        head = f"HTTP/1.1 {status} X\r\nDate: {date}\r\n{extra}Content-Length: {length}\r\n\r\n"
        connection.sendall(head.encode() + body)
        while self.drip and not self.ending.wait(0.05):
            connection.sendall(b" ")

    def _page(self, path: str) -> tuple[int, str, bytes]:
        status, kind, body = self.paths.get(path, (404, "text/plain", b"not found"))
        if path == "/api/v2/monitoring" and isinstance(body, dict):
            body = body | {"date": {"current": round((time.time() + self.skew) * 1000)}}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return status, f"Content-Type: {kind}\r\n", data


def server_context(
    chain: list[Any],
    key: Any,
    where: Path,
    *,
    lowest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    highest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    ciphers: str = "",
) -> ssl.SSLContext:
    """A server that sends exactly these certificates in this order."""
    file = where / "served.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(b"".join(c.public_bytes(Encoding.PEM) for c in chain) + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if ciphers:
        context.set_ciphers(ciphers)
    context.load_cert_chain(file)
    context.minimum_version, context.maximum_version = lowest, highest
    return context
