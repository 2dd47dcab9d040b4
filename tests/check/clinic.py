"""A clinic in which everything works, and in which one thing at a time can be broken."""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.certificate import authority
from tests.check.parts import (
    MONITORING,
    Threads,
    Web,
    dnsmasq,
    free_port,
    poll,
    server_context,
    slow_no,
    udp_only,
)
from wizard.agent import names, wire
from wizard.certificate.roots import Roots
from wizard.check import Lease, LocalAddress, Surroundings, Target

DOMAIN = "cht.clinic-a.example.org"
ADDRESS = "10.20.0.1"
KEY = "SHA256:" + "a" * 43
NOW = datetime.now(UTC)
BEGIN = NOW - timedelta(days=20)

MIDDLE = authority.INTERMEDIATE
LOWER = MIDDLE.intermediate("Test CA 2")


def leaf(issuer: authority.Authority = MIDDLE, **options: Any) -> x509.Certificate:
    """A certificate for the clinic, half of whose life is left, unless asked otherwise."""
    return issuer.leaf(**{"names": (DOMAIN,), "begin": BEGIN, "days": 90, **options})


GOOD = leaf()

GOOD_DNS = (f"local=/{DOMAIN}/", f"host-record={DOMAIN},{ADDRESS}", "local=/#/")

UNIT = wire.Service(names.DNSMASQ_UNIT, "loaded", "enabled", "active")
NGINX = wire.WebServer(
    kind="cht",
    container="cht-nginx-1",
    container_id="1",
    image="cht-nginx:5.1.0",
    version="5.1.0",
    running=True,
    status="Up",
    http_port=80,
    https_port=443,
    certificate_path="",
    key_path="",
    unit="",
    certificate_sha256="",
    chain_sha256=(),
    served_sha256="",
    restart_policy="always",
)
HEALTH = wire.Health(
    clock=0.0,
    services=(UNIT,),
    lookups=(wire.Lookup("cht-nginx-1", "api", True),),
    docker_enabled=True,
    containers=(NGINX,),
    pending=None,
    dns_listening=True,
    dhcp_listening=True,
)


@dataclass(frozen=True)
class Clinic:
    """What is to be started, and how; the defaults are all well."""

    dns: tuple[str, ...] | None = GOOD_DNS  # None: nobody answers
    dns_tcp: bool = True
    upstream: float | None = None  # seconds that the far DNS server takes; inf = silence
    chain: tuple[x509.Certificate, ...] = (GOOD, MIDDLE.certificate)
    imported: tuple[x509.Certificate, ...] | None = None  # None: what is served
    key: Any = None
    lowest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    highest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    ciphers: str = ""
    https: str = "tls"  # tls, hang, plain, cut, closed
    http: str = "open"  # open, closed
    location: str = f"https://{DOMAIN}/"
    paths: dict[str, tuple[int, str, Any]] = field(default_factory=dict)
    raw: bytes | None = None
    drip: bool = False
    skew: float = 0.0  # of the server's clock
    laptop: float = 0.0  # of the laptop's clock
    health: wire.Health | None = HEALTH
    target: dict[str, Any] = field(default_factory=dict)
    around: dict[str, Any] = field(default_factory=dict)

    @contextlib.contextmanager
    def open(self, where: Path, real: bool = False) -> Iterator[tuple[Target, Surroundings, Web]]:
        """Start everything; `real` on the real address and ports, else on loopback."""
        threads = Threads()
        with contextlib.ExitStack() as stack:
            stack.callback(threads.end)
            web = self._web(threads)
            host = ADDRESS if real else "127.0.0.1"
            connect = {
                name: (host, self._start(name, host, port if real else 0, threads, web, where))
                for name, port in (("ssh", 22), ("https", 443), ("http", 80))
            }
            port = self._dns(host, 53 if real else 0, threads, stack, where)
            yield self._target(connect, port, real), self._around(), web

    def _web(self, threads: Threads) -> Web:
        usual: dict[str, tuple[int, str, Any]] = {
            "/setup/poll": (200, "application/json", poll()),
            "/api/v2/monitoring": (200, "application/json", MONITORING),
        }
        return Web(
            usual | self.paths,
            skew=self.skew,
            location=self.location,
            raw=self.raw,
            drip=self.drip,
            ending=threads.ending,
        )

    def _start(
        self, name: str, host: str, port: int, threads: Threads, web: Web, where: Path
    ) -> int:
        how = {"ssh": "hang", "https": self.https, "http": self.http}[name]
        if how == "closed":
            return free_port()
        serve = {
            "hang": threads.hang,
            "open": web.http,
            "plain": web.http,
            "cut": lambda connection: connection.close(),
        }.get(how)
        if serve is None:
            context = server_context(
                list(self.chain),
                self.key or authority.key(),
                where,
                lowest=self.lowest,
                highest=self.highest,
                ciphers=self.ciphers,
            )
            serve = web.https(context)
        return threads.listen(host, port, serve)

    def _dns(
        self, host: str, port: int, threads: Threads, stack: contextlib.ExitStack, where: Path
    ) -> int:
        port = port or free_port()
        if self.dns is None:
            return threads.udp(port, lambda _: None)
        lines = self.dns
        if self.upstream is not None:
            silent = self.upstream == float("inf")
            far = threads.udp(
                0, (lambda _: None) if silent else slow_no(self.upstream, threads.ending)
            )
            lines = (*lines, f"server=127.0.0.1#{far}")
        stack.enter_context(dnsmasq(host, port, lines, where))
        return port if self.dns_tcp else threads.udp(free_port(), udp_only(port))

    def _target(self, connect: dict[str, tuple[str, int]], dns: int, real: bool) -> Target:
        imported = self.chain if self.imported is None else self.imported
        target = Target(
            domain=DOMAIN,
            address=ADDRESS,
            chain=tuple(sha256(c.public_bytes(Encoding.DER)).hexdigest() for c in imported),
        )
        target = replace(target, **self.target)
        if real:
            return target
        lead = {
            target.ssh_port: connect["ssh"],
            target.https_port: connect["https"],
            target.http_port: connect["http"],
            target.dns_port: ("127.0.0.1", dns),
        }
        return replace(target, connect=lead)

    def _around(self) -> Surroundings:
        now = time.time()
        health = self.health and replace(self.health, clock=self.health.clock or now + self.skew)
        around = Surroundings(
            roots=Roots(public=(authority.ROOT.certificate,)),
            ssh=lambda: KEY,
            expected_fingerprint=KEY,
            health=health,
            health_at=now + self.laptop,
            offers=(),
            company=wire.Company((), (), ()),
            lease=Lease("10.20.0.57", ADDRESS, (ADDRESS,), (ADDRESS,)),
            interfaces=(LocalAddress("lan1", "10.20.0.57", 24),),
            resolvers=(ADDRESS,),
            now=lambda: time.time() + self.laptop,
        )
        return replace(around, **self.around)
