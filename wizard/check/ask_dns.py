"""Asks the target's own DNS server one question, past the laptop's resolver."""

from __future__ import annotations

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

from wizard.check.base import Look

# One lost datagram on a bad Wi-Fi is not a broken DNS service.
TRIES = 3


class NoReply(Exception):
    """The server said nothing, or nothing that is DNS."""


class Reply:
    """A DNS answer: response code in words, and the data of the answer section by type."""

    def __init__(self, message: dns.message.Message) -> None:
        self.rcode = dns.rcode.to_text(message.rcode())
        self.count = sum(len(each) for each in message.answer)
        self._message = message

    def data(self, kind: str) -> tuple[str, ...]:
        """Return the records of one type as text, sorted."""
        wanted = dns.rdatatype.from_text(kind)
        found = [str(d) for each in self._message.answer if each.rdtype == wanted for d in each]
        return tuple(sorted(found))

    def __str__(self) -> str:
        return self._message.to_text()


def ask(look: Look, name: str, kind: str, *, tcp: bool = False, tries: int = TRIES) -> Reply:
    """Ask for one record type. Raises NoReply."""
    host, port = look.target.where(look.target.dns_port)
    question = dns.message.make_query(name, kind)
    error: Exception = TimeoutError()
    for left in range(tries, 0, -1):
        wait = look.left() / left
        try:
            if tcp:
                return Reply(dns.query.tcp(question, host, wait, port))
            return Reply(dns.query.udp(question, host, wait, port, ignore_unexpected=True))
        except (dns.exception.DNSException, OSError, EOFError) as caught:
            error = caught
            if isinstance(caught, ConnectionRefusedError):
                break
    raise NoReply(f"{host} port {port}: {type(error).__name__}: {error}") from error
