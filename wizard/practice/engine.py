"""A stand-in for the Docker engine: as much of its HTTP API as a server's owner would use.

Requests come in as bytes over a pair of sockets in this process, so it needs neither Docker nor
Unix sockets. Source of paths and answers: https://docs.docker.com/reference/api/engine/
"""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import io
import json
import posixpath
import socket
import tarfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

VERSION = "27.5.1"
_PATIENCE = 30.0  # seconds for the other end to say its request
_BACK = ("always", "unless-stopped")

Ran = tuple[int, str]
"""(exit code, all it printed)."""


@dataclass
class Container:
    """One container. `mounts`: folder inside -> folder of the host; `run` plays its commands.

    `ready` is asked at a start: what it says against that ("" = nothing) makes it a crash loop.
    """

    name: str
    image: str
    project: str
    service: str
    network: str
    address: str
    environment: Mapping[str, str] = field(default_factory=dict)
    mounts: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[int, int] = field(default_factory=dict)
    policy: str = "always"
    run: Callable[[Sequence[str]], Ran | None] = lambda _argv: None
    ready: Callable[[], str] = lambda: ""
    running: bool = False
    restarting: bool = False
    began: float = 0.0
    restarts: int = 0

    @property
    def identity(self) -> str:
        """Its id."""
        return hashlib.sha256(self.name.encode()).hexdigest()

    @property
    def status(self) -> str:
        """Its state in one word."""
        return "restarting" if self.restarting else "running" if self.running else "exited"

    def on_host(self, path: str) -> str:
        """Return where a path inside lies on the host, "" when it is in the image alone."""
        for inside, outside in self.mounts.items():
            if path == inside or path.startswith(inside + "/"):
                return outside + path[len(inside) :]
        return ""


class Engine:
    """The engine with its containers; `place` tells where a path of the host really lies.

    `changed` is called when a container started or stopped. Use `close`.
    """

    def __init__(
        self,
        containers: Sequence[Container],
        networks: Mapping[str, str],
        place: Callable[[str], str],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.containers = list(containers)
        self.networks = networks
        self._place = place
        self._changed = changed
        self._guard = threading.RLock()
        self._commands: dict[str, tuple[Container, list[str], int | None]] = {}
        self._threads: set[threading.Thread] = set()

    # ------------------------------------------------------------------ containers

    def find(self, name: str) -> Container | None:
        """Return a container by its name or (the beginning of) its id."""
        for container in self.containers:
            if name == container.name or (len(name) >= 12 and container.identity.startswith(name)):
                return container
        return None

    def start(self, container: Container) -> None:
        """Start a container as its entrypoint would."""
        with self._guard:
            container.began = time.time()
            trouble = container.ready()
            container.restarting = bool(trouble)
            container.running = not trouble
        self._changed()

    def stop(self, container: Container) -> None:
        """Stop a container."""
        with self._guard:
            container.running = container.restarting = False
        self._changed()

    def begin(self) -> None:
        """Come up with the machine: what shall restart, starts."""
        for container in self.containers:
            if container.policy in _BACK and not container.running:
                self.start(container)

    def end(self) -> None:
        """Go down with the machine."""
        for container in self.containers:
            container.running = container.restarting = False

    def execute(self, container: Container, argv: Sequence[str]) -> Ran:
        """Run a command inside; one that is not pretended is not there."""
        ran = container.run(argv)
        if ran is None and argv[:2] == ["rm", "-f"]:
            for path in argv[2:]:
                if inside := container.on_host(path):
                    Path(self._place(inside)).unlink(missing_ok=True)
            return 0, ""
        if ran is None:
            return 127, (
                "OCI runtime exec failed: exec failed: unable to start container process: "
                f'exec: "{argv[0]}": executable file not found in $PATH: unknown\r\n'
            )
        return ran

    # -------------------------------------------------------------------- telling

    def summary(self, container: Container) -> dict[str, Any]:
        """Return what the list of containers says of one."""
        since = "Up 2 hours" if container.running else "Exited (0) 1 minute ago"
        return {
            "Id": container.identity,
            "Names": [f"/{container.name}"],
            "Image": container.image,
            "ImageID": f"sha256:{hashlib.sha256(container.image.encode()).hexdigest()}",
            "Command": "/docker-entrypoint.sh",
            "Created": int(container.began),
            "Labels": self._labels(container),
            "State": container.status,
            "Status": "Restarting (1) 5 seconds ago" if container.restarting else since,
            "Ports": [
                {"IP": "0.0.0.0", "PrivatePort": i, "PublicPort": o, "Type": "tcp"}  # noqa: S104
                for i, o in container.ports.items()
                if container.running
            ],
            "HostConfig": {"NetworkMode": container.network},
            "Mounts": self._mounts(container),
            "NetworkSettings": {"Networks": self._networks(container)},
        }

    def details(self, container: Container) -> dict[str, Any]:
        """Return what an inspect says."""
        began = datetime.fromtimestamp(container.began, UTC).isoformat().replace("+00:00", "Z")
        bound = {
            f"{inside}/tcp": [{"HostIp": "", "HostPort": str(outside)}]
            for inside, outside in container.ports.items()
        }
        return {
            "Id": container.identity,
            "Created": began,
            "Name": f"/{container.name}",
            "RestartCount": container.restarts,
            "State": {
                "Status": container.status,
                "Running": container.running or container.restarting,
                "Restarting": container.restarting,
                "Paused": False,
                "ExitCode": 1 if container.restarting else 0,
                "StartedAt": began,
            },
            "Config": {
                "Image": container.image,
                "Env": [f"{name}={value}" for name, value in container.environment.items()],
                "Labels": self._labels(container),
                "Hostname": container.identity[:12],
            },
            "HostConfig": {
                "NetworkMode": container.network,
                "PortBindings": bound,
                "RestartPolicy": {"Name": container.policy, "MaximumRetryCount": 0},
            },
            "NetworkSettings": {
                "Ports": bound if container.running else {},
                "Networks": self._networks(container),
            },
            "Mounts": self._mounts(container),
        }

    @staticmethod
    def _labels(container: Container) -> dict[str, str]:
        return {
            "com.docker.compose.project": container.project,
            "com.docker.compose.service": container.service,
        }

    @staticmethod
    def _networks(container: Container) -> dict[str, Any]:
        address = container.address if container.running else ""
        return {container.network: {"IPAddress": address, "Aliases": [container.service]}}

    @staticmethod
    def _mounts(container: Container) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for inside, outside in container.mounts.items():
            row: dict[str, Any] = {"Type": "bind", "Source": outside, "Destination": inside}
            if outside.startswith("/var/lib/docker/volumes/"):
                row.update(Type="volume", Name=outside.split("/")[5], Driver="local")
            rows.append({**row, "Mode": "z", "RW": True})
        return rows

    # --------------------------------------------------------------------- asking

    def connect(self) -> socket.socket:
        """Return a connection to the engine, as if to its Unix socket."""
        ours, theirs = socket.socketpair()
        ours.settimeout(_PATIENCE)

        def serve() -> None:
            with ours, contextlib.suppress(OSError):
                _Handler(ours, self)
            with self._guard:
                self._threads.discard(thread)

        thread = threading.Thread(target=serve, name="practice-docker", daemon=True)
        with self._guard:
            self._threads.add(thread)
        thread.start()
        return theirs

    def close(self) -> None:
        """Wait for the last answers."""
        with self._guard:
            threads = list(self._threads)
        for thread in threads:
            thread.join(5.0)

    def remember(self, container: Container, argv: list[str]) -> str:
        """Note a command that shall be run; returns its id."""
        with self._guard:
            identity = hashlib.sha256(f"{container.name} {len(self._commands)}".encode())
            self._commands[identity.hexdigest()] = (container, argv, None)
            return identity.hexdigest()

    def carry_out(self, identity: str) -> str | None:
        """Run a command that was noted; returns what it printed, None when there is none."""
        with self._guard:
            noted = self._commands.get(identity)
        if noted is None:
            return None
        container, argv, _ = noted
        code, text = self.execute(container, argv)
        with self._guard:
            self._commands[identity] = (container, argv, code)
        return text

    def exit_code(self, identity: str) -> int | None:
        """Return how a command ended."""
        with self._guard:
            return self._commands[identity][2] if identity in self._commands else None

    def real(self, container: Container, path: str) -> Path | None:
        """Return where a path inside really lies; None when it is in the image alone."""
        inside = container.on_host(posixpath.normpath(path))
        return Path(self._place(inside)) if inside else None


class _Handler(http.server.BaseHTTPRequestHandler):
    """One request, answered as the engine does."""

    protocol_version = "HTTP/1.1"

    def __init__(self, connection: socket.socket, engine: Engine) -> None:
        self.engine = engine
        super().__init__(connection, ("", 0), None)  # type: ignore[arg-type]  # asks it nothing

    def version_string(self) -> str:
        return f"Docker/{VERSION} (linux)"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is given
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer any request; http.server wants a method for each verb."""
        self.close_connection = True
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        engine = self.engine
        match [self.command, *(unquote(part) for part in url.path.split("/") if part)]:
            case ["GET", "_ping"]:
                self._send(b"OK", kind="text/plain")
            case ["GET", "version"]:
                self._say({"Version": VERSION, "ApiVersion": "1.47", "Os": "linux"})
            case ["GET", "info"]:
                running = sum(c.running for c in engine.containers)
                self._say({"ServerVersion": VERSION, "ContainersRunning": running})
            case ["GET", "networks"]:
                self._say(
                    [
                        {"Name": name, "IPAM": {"Config": [{"Subnet": subnet}] if subnet else []}}
                        for name, subnet in engine.networks.items()
                    ]
                )
            case ["GET", "containers", "json"]:
                everything = query.get("all") in ("1", "true")
                shown = [c for c in engine.containers if everything or c.running]
                self._say([engine.summary(c) for c in shown])
            case ["POST", "exec", identity, "start"]:
                self._stream(engine.carry_out(identity))
            case ["GET", "exec", identity, "json"]:
                code = engine.exit_code(identity)
                self._say({"ID": identity, "Running": code is None, "ExitCode": code})
            case [verb, "containers", name, act]:
                container = engine.find(name)
                if container is None:
                    self._refuse(404, f"No such container: {name}")
                else:
                    self._container(verb, container, act, query, body)
            case _:
                self._refuse(404, "page not found")

    do_POST = do_PUT = do_HEAD = do_GET

    def _container(
        self, verb: str, container: Container, act: str, query: Mapping[str, str], body: bytes
    ) -> None:
        engine = self.engine
        match verb, act:
            case "GET", "json":
                self._say(engine.details(container))
            case "GET", "archive":
                self._fetch(container, query.get("path", ""))
            case "PUT", "archive":
                self._put(container, query.get("path", ""), body)
            case "POST", "exec" if not container.running:
                self._refuse(409, f"container {container.identity} is not running")
            case "POST", "exec":
                argv = [str(word) for word in json.loads(body)["Cmd"]]
                self._say({"Id": engine.remember(container, argv)}, 201)
            case "POST", "start" if container.running:
                self._send(b"", 304)
            case "POST", "start":
                engine.start(container)
                self._send(b"", 204)
            case "POST", "stop":
                engine.stop(container)
                self._send(b"", 204)
            case "POST", "restart":
                engine.stop(container)
                engine.start(container)
                self._send(b"", 204)
            case _:
                self._refuse(404, "page not found")

    # ----------------------------------------------------------------------- files

    def _fetch(self, container: Container, path: str) -> None:
        real = self.engine.real(container, path)
        if real is None or not real.exists():
            self._refuse(404, f"Could not find the file {path} in container {container.name}")
            return
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            info = tarfile.TarInfo(posixpath.basename(path))
            status = real.stat()
            info.mode, info.mtime = status.st_mode & 0o7777, status.st_mtime
            if real.is_dir():
                info.type = tarfile.DIRTYPE
                archive.addfile(info)
            else:
                content = real.read_bytes()
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        self._send(packed.getvalue(), kind="application/x-tar")

    def _put(self, container: Container, path: str, body: bytes) -> None:
        folder = self.engine.real(container, path)
        if folder is None or not folder.is_dir():
            self._refuse(404, f"Could not find the file {path} in container {container.name}")
            return
        with tarfile.open(fileobj=io.BytesIO(body)) as archive:
            for info in archive.getmembers():
                stream = archive.extractfile(info)
                if stream is not None:
                    real = folder / posixpath.basename(info.name)
                    real.write_bytes(stream.read())
                    real.chmod(info.mode & 0o777)
        self._send(b"")

    # --------------------------------------------------------------------- answers

    def _stream(self, text: str | None) -> None:
        """Say what a command printed, in a frame (8 bytes: stream, 0, 0, 0, length)."""
        if text is None:
            self._refuse(404, "No such exec instance")
            return
        data = text.encode()
        frame = bytes([1, 0, 0, 0]) + len(data).to_bytes(4, "big") + data if data else b""
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.docker.raw-stream")
        self.end_headers()
        self.wfile.write(frame)

    def _refuse(self, status: int, message: str) -> None:
        self._say({"message": message}, status)

    def _say(self, value: Any, status: int = 200) -> None:
        self._send(json.dumps(value).encode(), status)

    def _send(self, data: bytes, status: int = 200, kind: str = "application/json") -> None:
        self.send_response(status)
        if status not in (204, 304):
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if status not in (204, 304):
            self.wfile.write(data)
