"""What the practice clinic answers on loopback: DNS and HTTPS, made from what was pushed to it."""

from __future__ import annotations

import http.server
import json
import socket
import socketserver
import ssl
import struct
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any, ClassVar

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.reversename
import dns.rrset

CHT_VERSION = "4.21.1"


class Names:
    """Answers DNS questions from a dnsmasq configuration file, read anew for each question.

    `running` tells whether the service is up; without it there are no answers.
    """

    def __init__(self, configuration: Path, running: Callable[[], bool] = lambda: True) -> None:
        self.configuration = configuration
        self.running = running

    def answer(self, wire: bytes) -> bytes | None:
        """Answer one DNS message (RFC 1035) as dnsmasq would with that file; None: not at all."""
        if not self.running():
            return None
        try:
            query = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return None
        if not query.question:
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        records, own, upstream = self._records()
        values = records.get(name, {}).get(dns.rdatatype.to_text(question.rdtype), [])
        if values:
            response.answer.append(
                dns.rrset.from_text_list(
                    question.name, 0, "IN", dns.rdatatype.to_text(question.rdtype), values
                )
            )
        elif name not in own:
            response.set_rcode(dns.rcode.REFUSED if upstream else dns.rcode.NXDOMAIN)
        return response.to_wire()

    def _records(self) -> tuple[dict[str, dict[str, list[str]]], set[str], bool]:
        """Return the records by name and type, every name that is ours, and if others are asked."""
        records: dict[str, dict[str, list[str]]] = {}
        own: set[str] = set()
        try:
            lines = self.configuration.read_text(encoding="utf-8").splitlines()
        except OSError:
            return records, own, False
        upstream = False
        for line in lines:
            option, _, value = line.strip().partition("=")
            # The practice clinic has nobody to ask.
            upstream = upstream or (option == "server" and "/" not in value)
            if option != "host-record":
                continue
            parts = value.split(",")
            addresses = [p for p in parts if ":" in p or p.replace(".", "").isdigit()]
            names = [p.lower() for p in parts if p not in addresses]
            for address in addresses:
                kind = "AAAA" if ":" in address else "A"
                for name in names:
                    own.add(name)
                    records.setdefault(name, {}).setdefault(kind, []).append(address)
                reverse = dns.reversename.from_address(address).to_text(omit_final_dot=True)
                own.add(reverse)
                records.setdefault(reverse, {}).setdefault("PTR", []).append(f"{names[0]}.")
        return records, own, upstream


class _Udp(socketserver.ThreadingUDPServer):
    daemon_threads = True
    names: Names

    class Handler(socketserver.BaseRequestHandler):
        """One UDP question."""

        def handle(self) -> None:
            """Answer it."""
            wire, sock = self.request
            server = self.server
            assert isinstance(server, _Udp)
            answer = server.names.answer(wire)
            if answer is not None:
                sock.sendto(answer, self.client_address)


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    names: Names

    class Handler(socketserver.StreamRequestHandler):
        """One TCP connection with a question."""

        timeout = 5

        def handle(self) -> None:
            """Answer it, framed by its length (RFC 7766)."""
            head = self.rfile.read(2)
            if len(head) == 2:
                server = self.server
                assert isinstance(server, _Tcp)
                answer = server.names.answer(self.rfile.read(struct.unpack("!H", head)[0]))
                if answer is not None:
                    self.wfile.write(struct.pack("!H", len(answer)) + answer)


class _Web(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    started: ClassVar[float] = time.time()

    def do_GET(self) -> None:
        """Answer as a CHT does (see the CHT's /setup/poll and /api/v2/monitoring)."""
        bodies: dict[str, Callable[[], dict[str, Any]]] = {
            "/setup/poll": lambda: {
                "ready": True,
                "handler": "medic-api",
                "version": "0.1.0",
                "detail": "All required services are running normally",
            },
            "/api/info": lambda: {"version": "0.1.0"},
            "/api/v2/monitoring": lambda: {
                "version": {"app": CHT_VERSION, "node": "v20", "couchdb": "3.4.2"},
                "couchdb": {"medic": {"name": "medic", "doc_count": 1234}},
                "date": {"current": int(time.time() * 1000), "uptime": time.time() - self.started},
            },
        }
        make = bodies.get(self.path)
        body = json.dumps(make()).encode() if make else b'{"code":404,"error":"Not found"}'
        self.send_response(200 if make else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """RFC 9110 date."""
        return formatdate(timestamp, usegmt=True)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is given
        """Say nothing."""


class _Redirect(_Web):
    def do_GET(self) -> None:
        """Send everybody to HTTPS, as CHT's nginx does."""
        self.send_response(301)
        host = (self.headers.get("Host") or "").partition(":")[0]
        self.send_header("Location", f"https://{host}{self.path}")
        self.send_header("Content-Length", "0")
        self.end_headers()


class _Https(http.server.ThreadingHTTPServer):
    """Serves the certificate pair that was there when it was told to read it last."""

    daemon_threads = True
    pair: tuple[Path, Path]
    reloads: Callable[[], int]
    _loaded: tuple[int, ssl.SSLContext] | None = None

    def _context(self) -> ssl.SSLContext:
        reloads = self.reloads()
        if self._loaded is None or self._loaded[0] != reloads:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            try:
                context.load_cert_chain(*self.pair)
            except OSError:
                if self._loaded is None:
                    raise
                context = self._loaded[1]  # nginx goes on with what it has
            self._loaded = (reloads, context)
        return self._loaded[1]

    def get_request(self) -> tuple[socket.socket, Any]:
        """Take a connection and wrap it in TLS; the handshake happens in its own thread."""
        sock, address = super().get_request()
        sock.settimeout(10)
        return (
            self._context().wrap_socket(sock, server_side=True, do_handshake_on_connect=False),
            address,
        )

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no event."""


def _dns_servers() -> tuple[_Udp, _Tcp]:
    """Return both on one port number, which the other one may have lost to somebody else."""
    for attempt in range(20):
        udp = _Udp(("127.0.0.1", 0), _Udp.Handler)
        try:
            return udp, _Tcp(udp.server_address, _Tcp.Handler)
        except OSError:
            udp.server_close()
            if attempt == 19:
                raise
    raise AssertionError


class Lan:
    """The answering side of the practice clinic; ports are chosen by the system.

    `dns` tells whether the DNS service runs, `reloads` how often the web server was told to read
    its certificate; both are set later, when the server is there.
    """

    def __init__(self, configuration: Path, certificate: Path, key: Path) -> None:
        self.dns: Callable[[], bool] = lambda: True
        self.reloads: Callable[[], int] = lambda: 0
        names = Names(configuration, lambda: self.dns())
        self._udp, self._tcp = _dns_servers()
        self._udp.names = self._tcp.names = names
        self.dns_port = int(self._udp.server_address[1])
        self._https = _Https(("127.0.0.1", 0), _Web)
        self._https.pair = (certificate, key)
        self._https.reloads = lambda: self.reloads()
        self.https_port = int(self._https.server_address[1])
        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Redirect)
        self._http.daemon_threads = True
        self.http_port = int(self._http.server_address[1])
        self._servers = (self._udp, self._tcp, self._https, self._http)
        self._threads = [
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
            for server in self._servers
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop answering."""
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join(5)
