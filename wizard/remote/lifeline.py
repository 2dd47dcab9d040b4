"""The lifeline: a second session over IPv6 link-local, which an IPv4 change does not cut.

A server keeps its link-local address whatever happens to IPv4, and a laptop on the same cable or
Wi-Fi reaches it without any configuration (RFC 4291, section 2.5.6). That there is none is
information, not an error.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from wizard.agent import wire
from wizard.remote.discover import Link
from wizard.remote.hosts import KnownHosts
from wizard.remote.login import Credentials, Timeouts
from wizard.remote.session import Session
from wizard.remote.words import RemoteError

SECONDS = 6.0
_AT_ONCE = 12


@dataclass(frozen=True)
class NoLifeline:
    """Why there is none: server-has-none, laptop-has-none, no-answer, other-server, or the
    code of the RemoteError that ended the most promising attempt.
    """

    reason: str
    detail: str = ""


@dataclass
class Lifeline:
    """A second session, over `address` (with its scope) through the laptop's `interface`."""

    session: Session
    address: str
    interface: str

    @classmethod
    def open(
        cls,
        session: Session,
        server: Iterable[wire.Interface],
        interface: str,
        laptop: Iterable[Link],
        credentials: Credentials,
        known_hosts: KnownHosts,
        *,
        server_id: str | None = None,
        seconds: float = SECONDS,
    ) -> Lifeline | NoLifeline:
        """Try every link-local address of the site's interface over every link of the laptop.

        `server` and `interface` are from the facts, `laptop` are this laptop's interfaces. The
        first that shows the same host key as `session` is kept. Takes at most about `seconds`.
        """
        addresses = link_local(tuple(server), interface)
        if not addresses:
            return NoLifeline("server-has-none")
        links = _ordered(laptop, session.laptop_address)
        if not links:
            return NoLifeline("laptop-has-none")
        pairs = [(a, link) for link in links for a in addresses][:_AT_ONCE]
        found: queue.SimpleQueue[Lifeline | RemoteError] = queue.SimpleQueue()
        gate, over = threading.Lock(), threading.Event()

        def attempt(address: str, link: Link) -> None:
            target = f"{address}%{link.scope_id}"
            limits = Timeouts(seconds / 2, seconds / 2, seconds / 2, seconds / 2)
            try:
                second = Session.open(
                    target,
                    session.port,
                    credentials,
                    known_hosts,
                    accept=session.fingerprint,
                    server_id=server_id,
                    timeouts=limits,
                )
            except RemoteError as error:
                found.put(error)
                return
            with gate:
                if not over.is_set():
                    found.put(cls(second, target, link.name))
                    return
            second.close()

        for pair in pairs:
            threading.Thread(target=attempt, args=pair, name="lifeline", daemon=True).start()
        deadline = time.monotonic() + seconds
        errors: list[RemoteError] = []
        kept: Lifeline | None = None
        while kept is None and len(errors) < len(pairs):
            try:
                one = found.get(timeout=max(deadline - time.monotonic(), 0.0))
            except queue.Empty:
                break
            if isinstance(one, RemoteError):
                errors.append(one)
            else:
                kept = one
        with gate:
            over.set()
        with contextlib.suppress(queue.Empty):
            while True:
                late = found.get_nowait()
                if isinstance(late, Lifeline):
                    late.close()
        return kept or _reason(errors)

    def close(self) -> None:
        """End the second session."""
        self.session.close()


def link_local(interfaces: tuple[wire.Interface, ...], interface: str) -> tuple[str, ...]:
    """Return the link-local addresses under which a server's interface may be reached.

    Its own first; then its bridge's or bond's, and its ports': a new bridge has another
    address than its port, and the plan may make or remove one.
    """
    chosen = next((i for i in interfaces if i.name == interface), None)
    if chosen is None:
        return ()
    family = [chosen]
    family += [i for i in interfaces if i.name == chosen.master]
    family += [i for i in interfaces if i.master == interface]
    return tuple(
        dict.fromkeys(
            a.address
            for i in family
            if i.up
            for a in i.addresses
            if a.family == 6 and a.scope == "link"
        )
    )


def refuge(
    server: Iterable[wire.Interface], interface: str, laptop: Iterable[Link], laptop_address: str
) -> str:
    """Return where a server is found again that got another address than before; "" if nowhere.

    That is the link-local address of the interface that carries the session, with the scope of
    the laptop's link that does. A router may give a server another address after a power cut or
    a rollback.
    """
    addresses = link_local(tuple(server), interface)
    ways = [link for link in _ordered(laptop, laptop_address) if _carries(link, laptop_address)]
    return f"{addresses[0]}%{ways[0].scope_id}" if addresses and ways else ""


def _ordered(laptop: Iterable[Link], laptop_address: str) -> list[Link]:
    """Return the links that can carry one, the one that carries the session first."""
    usable = [
        link
        for link in laptop
        if link.up and any(a.lower().startswith("fe80:") for a, _ in link.addresses6)
    ]
    return sorted(usable, key=lambda link: not _carries(link, laptop_address))


def _carries(link: Link, laptop_address: str) -> bool:
    here = laptop_address.partition("%")[0]
    return here in [a for a, _ in (*link.addresses4, *link.addresses6)]


def _reason(errors: list[RemoteError]) -> NoLifeline:
    far = {"connect-timeout", "no-route", "refused", "connect-failed", "scope-unknown"}
    told = [e for e in errors if e.code not in far]
    if not told:
        return NoLifeline("no-answer", "; ".join(sorted({e.code for e in errors})))
    if told[0].code in ("host-key-changed", "host-key-differs"):
        return NoLifeline("other-server", told[0].message)
    return NoLifeline(told[0].code, told[0].message)
