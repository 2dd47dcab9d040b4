"""A pretended CHT 4.x in containers: the parts, the certificate in its nginx, what it answers.

Names, images, volumes and settings are those of cht-core's compose files
(scripts/build/cht-core.yml.template, cht-couchdb.yml.template); answers those of its API.
"""

from __future__ import annotations

import json
import posixpath
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wizard.agent import disk
from wizard.agent.changes.certificate import SWAP
from wizard.practice import openssl
from wizard.practice.engine import Container, Engine, Ran

VERSION = "4.22.0"
HOME = "/home/practice/cht"
VOLUME = "/var/lib/docker/volumes/cht_cht-ssl/_data"
INSIDE = "/etc/nginx/private"
CHAIN, KEY = f"{VOLUME}/cert.pem", f"{VOLUME}/key.pem"
DATABASE = f"{HOME}/couchdb"
WEB = "cht-nginx-1"
NETWORKS = {
    "bridge": "172.17.0.0/16",
    "cht-net": "172.18.0.0/16",
    "upgrade-service_default": "172.19.0.0/16",
    "host": "",
    "none": "",
}
_SERVICES = ("couchdb", "haproxy", "healthcheck", "api", "sentinel", "nginx")  # as they start
_NEEDED = ("couchdb", "haproxy", "api")  # without one of these nginx has nobody to ask

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1><p>{text}</p></body></html>
"""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    kind: str = "application/json; charset=utf-8"
    location: str = ""


class Cht:
    """The containers and what is behind their ports; `place` tells where a path really lies.

    `changed` is called when a container started or stopped.
    """

    def __init__(self, place: Callable[[str], str], changed: Callable[[], None]) -> None:
        self._place = place
        self._context: ssl.SSLContext | None = None
        self.engine = Engine([*map(self._part, _SERVICES), _upgrade()], NETWORKS, place, changed)

    def _part(self, service: str) -> Container:
        part = Container(
            name=f"cht-{service}-1",
            image=f"public.ecr.aws/medic/cht-{_image(service)}:{VERSION}",
            project="cht",
            service=service,
            network="cht-net",
            address=f"172.18.0.{2 + _SERVICES.index(service)}",
        )
        if service == "couchdb":
            part.mounts = {"/opt/couchdb/data": DATABASE}
        if service == "nginx":
            part.ports = {80: 80, 443: 443}
            part.mounts = {INSIDE: VOLUME}
            part.environment = {
                "API_HOST": "api",
                "API_PORT": "5988",
                "CERTIFICATE_MODE": "SELF_SIGNED",
                "SSL_CERT_FILE_PATH": f"{INSIDE}/cert.pem",
                "SSL_KEY_FILE_PATH": f"{INSIDE}/key.pem",
            }
            part.ready = self._load
            part.run = self._run
        return part

    # ----------------------------------------------------------------- certificate

    @property
    def context(self) -> ssl.SSLContext | None:
        """What nginx serves with: the pair that it read last; None while it does not run."""
        return self._context if self.serving else None

    @property
    def serving(self) -> bool:
        """Whether nginx runs."""
        return self._up("nginx")

    def _up(self, service: str) -> bool:
        return any(c.running and c.service == service for c in self.engine.containers)

    def _read(self) -> ssl.SSLContext | str:
        """Read the pair; returns what nginx would say when it does not fit."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(self._place(CHAIN), self._place(KEY), password=_no_password)
        except (ssl.SSLError, OSError, ValueError) as error:
            reason = getattr(error, "reason", "") or getattr(error, "strerror", "") or "unreadable"
            return f'cannot load certificate "{INSIDE}/cert.pem" with its key: {reason}'
        return context

    def _load(self) -> str:
        """Start nginx with what lies there; returns what keeps it from that."""
        read = self._read()
        if isinstance(read, str):
            return read
        self._context = read
        return ""

    def _run(self, argv: Sequence[str]) -> Ran | None:
        """Play the commands that the agent gives to nginx's container."""
        match list(argv):
            case ["nginx", "-t"]:
                read, conf = self._read(), "/etc/nginx/nginx.conf"
                if isinstance(read, str):
                    text = f"nginx: [emerg] {read}\nnginx: configuration file {conf} test failed\n"
                    return 1, text
                return 0, (
                    f"nginx: the configuration file {conf} syntax is ok\n"
                    f"nginx: configuration file {conf} test is successful\n"
                )
            case ["nginx", "-s", "reload"]:
                trouble = self._load()  # what ran before goes on when it does not fit
                return (1, f"nginx: [emerg] {trouble}\n") if trouble else (0, "")
            case ["sh", "-c", script, "sh", *paths] if script == SWAP:
                for one, other in zip(paths[::2], paths[1::2], strict=True):
                    disk.replace(self._real(one), self._real(other))
                return 0, ""
            case ["openssl", *words]:
                done = openssl.run(words)
                return done.code, done.out + done.err
            case ["getent", "hosts", name]:
                for part in self.engine.containers:
                    if part.service == name and part.network == "cht-net" and part.running:
                        return 0, f"{part.address:<15} {name}\n"
                return 2, ""
        return None

    def _real(self, path: str) -> str:
        return self._place(path.replace(INSIDE, VOLUME, 1))

    # --------------------------------------------------------------------- answers

    def answer(self, target: str, accept: str, host: str) -> Answer:
        """Answer a GET on port 443 as nginx does, with CHT's API behind it."""
        path = posixpath.normpath(target.partition("?")[0])
        if not all(self._up(service) for service in _NEEDED):
            return _error(502, "Bad Gateway", accept)
        bodies: dict[str, Callable[[], Mapping[str, Any]]] = {
            "/setup/poll": self._poll,
            "/api/info": lambda: {"version": "0.1.0"},
            "/api/v2/monitoring": self._monitoring,
            "/api/v1/startup-progress": lambda: {"actions": {}, "completed": True},
            "/deploy-info.json": lambda: {"version": VERSION, "cht_version": VERSION},
        }
        if path in bodies:
            return Answer(200, json.dumps(bodies[path]()).encode())
        if path == "/medic/login":
            text = "This is practice: no real CHT is here, and nobody can log in."
            page = _PAGE.format(title="Practice clinic", text=text)
            return Answer(200, page.encode(), "text/html; charset=utf-8")
        if path == "/":
            return Answer(302, location=f"https://{host}/medic/login")
        return _error(404, "Not found", accept)

    @staticmethod
    def redirect(target: str, host: str) -> Answer:
        """Answer on port 80, as CHT's nginx does: to https, with the name that was asked for."""
        return Answer(301, location=f"https://{host}{target}")

    @staticmethod
    def _poll() -> Mapping[str, Any]:
        return {
            "ready": True,
            "handler": "medic-api",
            "version": "0.1.0",  # of the API's package, in every release
            "detail": "All required services are running normally",
        }

    def _monitoring(self) -> Mapping[str, Any]:
        api = next(c for c in self.engine.containers if c.service == "api")
        now = time.time()
        counts = {"medic": 5214, "sentinel": 4870, "usersmeta": 212, "users": 38}
        none = {"due": 0, "scheduled": 0, "muted": 0, "failed": 0, "delivered": 0}
        return {
            "version": {"app": VERSION, "node": "v22.11.0", "couchdb": "3.5.0"},
            "couchdb": {
                name: {
                    "name": name if name in ("medic", "users") else f"medic-{name}",
                    "update_sequence": documents + 41,
                    "doc_count": documents,
                    "doc_del_count": 3,
                    "fragmentation": 1.2,
                    "sizes": {"active": documents * 2100, "file": documents * 2520},
                }
                for name, documents in counts.items()
            },
            "date": {"current": int(now * 1000), "uptime": now - api.began},
            "sentinel": {"backlog": 0},
            "messaging": {"outgoing": {"total": none, "seven_days": none}},
            "outbound_push": {"backlog": 0},
            "feedback": {"count": 0},
            "conflict": {"count": 0},
            "replication_limit": {"count": 0},
            "replication_failure": {"count": 0},
            "connected_users": {"count": 0},
        }


def _image(service: str) -> str:
    return "haproxy-healthcheck" if service == "healthcheck" else service


def _upgrade() -> Container:
    return Container(
        name="upgrade-service-cht-upgrade-service-1",
        image="public.ecr.aws/s5s3h4s7/cht-upgrade-service:latest",
        project="upgrade-service",
        service="cht-upgrade-service",
        network="upgrade-service_default",
        address="172.19.0.2",
    )


def _no_password() -> str:
    raise ValueError("the key is locked with a password")


def _error(status: int, text: str, accept: str) -> Answer:
    """Say what is wrong in JSON to those who ask for that, else as a page (cht-core: nginx)."""
    if "application/json" in accept:
        return Answer(status, json.dumps({"code": status, "error": text}).encode())
    page = _PAGE.format(title=f"{status} {text}", text="Practice clinic")
    return Answer(status, page.encode(), "text/html; charset=utf-8")
