"""The certificate that a server shows in the clear, against OpenSSL's own servers."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.agent.test_facts import self_signed
from wizard.agent.host import Host
from wizard.agent.look import greeting, web

NAME = "clinic.example"
HERE = "127.0.0.1"


@contextlib.contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server on loopback, and its port."""
    with socket.create_server((HERE, 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    raw, _ = listening.accept()
                except OSError:
                    return
                with raw, contextlib.suppress(OSError):
                    answer(raw)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def tls(folder: Path, name: str, asked: list[str | None]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    context.sni_callback = lambda _socket, wanted, _context: asked.append(wanted)
    return context


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.MAXIMUM_SUPPORTED])
@pytest.mark.parametrize("name", [NAME, ""])
def test_the_certificate_of_a_real_server(
    tmp_path: Path, newest: ssl.TLSVersion, name: str
) -> None:
    _, _, fingerprint = self_signed(tmp_path, NAME)
    asked: list[str | None] = []
    context = tls(tmp_path, NAME, asked)
    context.maximum_version = newest
    with answering(lambda raw: context.wrap_socket(raw, server_side=True).close()) as port:
        der = greeting.certificate((HERE, port), name, 10)
    assert hashlib.sha256(der).hexdigest() == fingerprint
    assert asked == [name or None]


def test_a_server_of_tls_1_3_only_is_met_in_full(tmp_path: Path) -> None:
    _, _, fingerprint = self_signed(tmp_path, NAME)
    context = tls(tmp_path, NAME, [])
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    with answering(lambda raw: context.wrap_socket(raw, server_side=True).close()) as port:
        assert greeting.certificate((HERE, port), NAME, 10) == b""
        assert web.shown(Host(""), port, NAME) == fingerprint


RECORD = b"\x16\x03\x03"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x15\x03\x03\x00\x02\x02\x28",  # alert: handshake failure
        RECORD + b"\x00\x00",
        RECORD + b"\xff\xff" + bytes(100),
        RECORD + b"\x00\x04\x0b\xff\xff\xff",
        RECORD + b"\x00\x0a\x0b\x00\x00\x06\x00\x00\x03\x00\x00\x00",  # no certificate in it
        RECORD + b"\x00\x0a\x0b\x00\x00\x06\x00\x00\x03\x00\x00\x09",  # longer than its message
        (RECORD + b"\x40\x00" + b"\x02\x00\x00\x00" * 4096) * 20,  # hellos without end
    ],
)
def test_other_answers_are_no_certificate(said: bytes) -> None:
    def say(raw: socket.socket) -> None:
        raw.recv(4096)
        raw.sendall(said)

    with answering(say) as port:
        assert greeting.certificate((HERE, port), NAME, 5) == b""


def test_a_certificate_in_many_pieces() -> None:
    body = b"\x00\x00\x08" + b"\x00\x00\x05" + b"LEAF!"
    message = b"\x0b" + len(body).to_bytes(3, "big") + body

    def say(raw: socket.socket) -> None:
        raw.recv(4096)
        for byte in message:
            raw.sendall(RECORD + b"\x00\x01" + bytes([byte]))

    with answering(say) as port:
        assert greeting.certificate((HERE, port), NAME, 5) == b"LEAF!"


def test_a_server_that_says_nothing() -> None:
    done = threading.Event()

    def wait(_raw: socket.socket) -> None:
        done.wait(10)

    with answering(wait) as port:
        try:
            with pytest.raises(TimeoutError):
                greeting.certificate((HERE, port), NAME, 0.2)
        finally:
            done.set()
