"""What the practice clinic answers on loopback: DNS and HTTPS, made from what was pushed to it."""

from __future__ import annotations

import contextlib
import http.server
import socket
import ssl
import struct
from collections.abc import Callable
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.reversename
import dns.rrset

from wizard.practice.cht import Answer, Cht
from wizard.practice.door import LOOPBACK, Door, Porter

_NTP_EPOCH = 2208988800  # seconds from 1900 to 1970
_CLIENT, _SERVER = 3, 4
_LOCAL = bytes((127, 127, 1, 1))  # the reference that chrony names for `local`
_PATIENCE = 10.0  # seconds for somebody who came in and says nothing


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


class Time:
    """Answers who asks for the time, as chrony does with the pushed drop-in (RFC 5905, 7.3).

    `now` is the server's clock, `running` tells whether its chrony is up.
    """

    def __init__(
        self, drop_in: Path, now: Callable[[], float], running: Callable[[], bool]
    ) -> None:
        self.drop_in = drop_in
        self.now = now
        self.running = running

    def answer(self, wire: bytes) -> bytes | None:
        """Answer one question; None: chrony does not run, or is not told to serve a network."""
        if not self.running() or len(wire) < 48 or wire[0] & 7 != _CLIENT:
            return None
        try:
            lines = self.drop_in.read_text(encoding="utf-8").splitlines()
        except OSError:
            return None
        if not any(line.startswith("allow ") for line in lines):
            return None
        local = next((line.split()[2] for line in lines if line.startswith("local stratum")), "")
        moment = self.now() + _NTP_EPOCH
        stamp = struct.pack("!II", int(moment) % (1 << 32), int(moment % 1 * (1 << 32)))
        # Without `local` it says that it waits for a source: leap indicator 3, stratum 0.
        head = (0 if local else 3) << 6 | 4 << 3 | _SERVER
        fixed = struct.pack("!BBbbII4s", head, int(local or 0), wire[2], -20, 0, 0, _LOCAL)
        return fixed + stamp + wire[40:48] + stamp + stamp


class Lan:
    """The answering side of the practice clinic; ports of loopback are chosen by the system.

    DNS, web and time. Nobody answers before `begin`. `https_inside` is the port on which the
    server reaches its own web server, whatever became of its cable.
    """

    def __init__(self, porter: Porter) -> None:
        self._porter = porter
        self._udp, self._dns = _dns_doors()
        self._time = _quiet_udp()
        self._https, self._inside, self._http = Door(), Door(), Door()
        self.dns_port = self._dns.port
        self.https_port, self.http_port = self._https.port, self._http.port
        self.https_inside = self._inside.port
        self.time_port = int(self._time.getsockname()[1])

    def begin(self, names: Names, cht: Cht, time: Time, reachable: Callable[[], bool]) -> None:
        """Answer from now on, to phones while the server is `reachable`."""

        def served() -> bool:
            return reachable() and cht.serving

        def secure(connection: socket.socket) -> None:
            self._serve_https(connection, cht)

        def plain(connection: socket.socket) -> None:
            connection.settimeout(_PATIENCE)
            _Web(connection, lambda asked: cht.redirect(asked.path, asked.host))

        porter = self._porter
        porter.keep(self._https, served, secure)
        porter.keep(self._inside, lambda: cht.serving, secure)
        porter.keep(self._http, served, plain)
        porter.keep(
            self._dns,
            lambda: reachable() and names.running(),
            lambda connection: _serve_dns(connection, names),
        )
        porter.start("dns", lambda: self._serve_udp(self._udp, names.answer, reachable))
        porter.start("time", lambda: self._serve_udp(self._time, time.answer, reachable))

    def close(self) -> None:
        """Give the ports back; the porter does it for the doors."""
        self._udp.close()
        self._time.close()

    def _serve_https(self, connection: socket.socket, cht: Cht) -> None:
        connection.settimeout(_PATIENCE)
        context = cht.context
        if context is None:
            return
        with context.wrap_socket(connection, server_side=True) as tls:
            _Web(tls, lambda asked: cht.answer(asked.path, asked.accept, asked.host))

    def _serve_udp(
        self,
        own: socket.socket,
        reply: Callable[[bytes], bytes | None],
        reachable: Callable[[], bool],
    ) -> None:
        while not self._porter.closing.is_set():
            # Silence is only a pause; on Windows a partner that has gone is told as an error.
            with contextlib.suppress(TimeoutError, ConnectionError):
                wire, asking = own.recvfrom(1 << 16)
                answer = reply(wire) if reachable() else None
                if answer is not None:
                    own.sendto(answer, asking)


class _Web(http.server.BaseHTTPRequestHandler):
    """Answers the requests of one connection; `host` and `accept` are those of the request."""

    protocol_version = "HTTP/1.1"

    def __init__(self, connection: socket.socket, answer: Callable[[_Web], Answer]) -> None:
        self._answer = answer
        with contextlib.suppress(OSError, ssl.SSLError):
            super().__init__(connection, ("", 0), None)  # type: ignore[arg-type]  # not asked

    @property
    def host(self) -> str:
        """The name that was asked for, without a port, as nginx's $host."""
        return (self.headers.get("Host") or "").partition(":")[0]

    @property
    def accept(self) -> str:
        """What the client wants to read."""
        return self.headers.get("Accept") or ""

    def do_GET(self) -> None:
        """Answer."""
        answer = self._answer(self)
        self.send_response(answer.status)
        if answer.location:
            self.send_header("Location", answer.location)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_HEAD = do_GET

    def version_string(self) -> str:
        return "nginx"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is given
        """Say nothing."""


def _serve_dns(connection: socket.socket, names: Names) -> None:
    """Answer one question over TCP, framed by its length (RFC 7766)."""
    connection.settimeout(_PATIENCE)
    with connection.makefile("rb") as stream:
        head = stream.read(2)
        if len(head) == 2:
            answer = names.answer(stream.read(struct.unpack("!H", head)[0]))
            if answer is not None:
                connection.sendall(struct.pack("!H", len(answer)) + answer)


def _quiet_udp() -> socket.socket:
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    own.settimeout(0.1)
    own.bind((LOOPBACK, 0))
    return own


def _dns_doors() -> tuple[socket.socket, Door]:
    """Return both on one port number, which the other one may have lost to somebody else."""
    for attempt in range(20):
        door = Door()
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.settimeout(0.1)
        try:
            udp.bind((LOOPBACK, door.port))
        except OSError:
            udp.close()
            door.close()
            if attempt == 19:
                raise
        else:
            return udp, door
    raise AssertionError
