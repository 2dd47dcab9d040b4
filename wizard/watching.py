"""Watching phones arrive: a stream over a channel of its own, beside what else a visit does."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from wizard.agent import wire
from wizard.remote.agent import AgentError, AgentLink
from wizard.remote.words import Lost
from wizard.site.addresses import ip
from wizard.site.model import Site
from wizard.timing import passed

SILENCE = 40.0  # seconds; the agent gives a sign of life every ten
PATIENCE = 3.0  # seconds for the agent to end by itself


def question(site: Site, web: wire.WebServer | None) -> dict[str, Any]:
    """Return what the agent's verb `watch` is asked.

    The router and devices that the site has names for are no phones; names that lead to them are
    not the CHT's.
    """
    static = site.static_ip
    own = {ip(text.partition("/")[0]) for text in (static.address, static.address6)}
    elsewhere = [one for one in site.dns_dhcp.names if ip(one.address) not in own]
    devices = (static.gateway, *(one.address for one in elsewhere))
    return {
        "interface": static.interface,
        "names": [site.domain, *(n.name for n in site.dns_dhcp.names if n not in elsewhere)],
        "others": [one.name for one in elsewhere],
        "ignored": [str(address) for address in map(ip, devices) if address is not None],
        "https_port": (web.https_port or 443) if web is not None else 443,
        "http_port": (web.http_port or 80) if web is not None else 80,
    }


class Watching:
    """One watch: `run` streams in the thread that calls it, until `stop` is called in another.

    `begin` starts an agent of its own, so that no other question has to wait.
    """

    def __init__(
        self,
        begin: Callable[[], AgentLink],
        arguments: Mapping[str, Any],
        over: Callable[[], bool],
        explain: Callable[[AgentError], Exception],
    ) -> None:
        self._begin = begin
        self._arguments = arguments
        self._over = over
        self._explain = explain
        self._link: AgentLink | None = None
        self._stopping = threading.Event()
        self._ended = threading.Event()

    def run(self, tell: Callable[[wire.Watched], None]) -> None:
        """Tell every event as it comes. Raises RemoteError, VisitError, unless it was stopped."""

        def hear(plain: Mapping[str, Any]) -> None:
            event = wire.decode(wire.Watched, plain)
            if self._stopping.is_set():
                link.control("stop")
                return
            if event.kind == "beat":
                link.control("on")
            tell(event)

        try:
            if self._stopping.is_set():
                return
            link = self._link = self._begin()
            with link:
                link.call("watch", self._arguments, hear, timeout=SILENCE)
        except AgentError as error:
            raise self._explain(error) from error
        except Lost:
            if not self._stopping.is_set() and not self._over():
                raise
        finally:
            self._ended.set()

    def stop(self) -> None:
        """Let it end soon; never waits."""
        if not self._stopping.is_set():
            self._stopping.set()
            threading.Thread(target=self._end, name="watch-end", daemon=True).start()

    def _end(self) -> None:
        link = self._link
        if link is None:
            return
        with contextlib.suppress(Lost):
            link.control("stop")
        if not self._ended.wait(PATIENCE):
            link.close()


class Watcher:
    """Runs a watch in a thread of its own and keeps what it hears until somebody looks.

    `error` is why it ended by itself. All else may be called from one other thread.
    """

    def __init__(self, watching: Watching) -> None:
        self.error: BaseException | None = None
        self._watching = watching
        self._heard: deque[wire.Watched] = deque()
        self._begun = passed()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it still goes on."""
        return self._thread.is_alive()

    @property
    def now(self) -> float:
        """Seconds since the watch began, as sightings count them."""
        return passed() - self._begun

    def take(self) -> list[wire.Watched]:
        """Return what was heard since the last time."""
        found = []
        with contextlib.suppress(IndexError):
            while True:
                found.append(self._heard.popleft())
        return found

    def stop(self, wait: float = 0.0) -> None:
        """Let it end, and wait at most so many seconds for that."""
        self._watching.stop()
        self._thread.join(wait)

    def _run(self) -> None:
        def hear(event: wire.Watched) -> None:
            if event.kind == "begun":
                self._begun = passed()
            self._heard.append(event)

        try:
            self._watching.run(hear)
        except BaseException as error:  # it is told by whoever looks
            self.error = error
