"""A tiny server that speaks like the Docker engine over a unix socket: enough for the client."""

from __future__ import annotations

import io
import json
import posixpath
import socketserver
import tarfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

File = tuple[bytes, int]


class Container:
    """One container: what inspect says, its files, and what its commands print."""

    def __init__(self, details: dict[str, Any], files: dict[str, File] | None = None) -> None:
        self.details = details
        self.files = files or {}
        self.links: dict[str, str] = {}
        self.commands: dict[str, tuple[int, list[tuple[int, bytes]]]] = {}
        self.acts: list[str] = []


class Engine:
    """The server; use as a context manager."""

    def __init__(self, path: str, containers: list[Container]) -> None:
        self.path = path
        self.containers = containers
        self.networks: list[dict[str, Any]] = []
        self.execs: dict[str, tuple[Container, list[str]]] = {}
        self.requests: list[str] = []
        self.raw: bytes | None = None  # say this instead of an answer
        self.name = "Docker/20.10.24 (linux)"
        self.delay = 0.0  # seconds between the bytes of `raw`

    def __enter__(self) -> Engine:
        engine = self

        class Handler(_Handler):
            served = engine

        self.server = socketserver.ThreadingUnixStreamServer(self.path, Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def find(self, name: str) -> Container | None:
        """Return the container of that id or name."""
        for container in self.containers:
            if name in (container.details["Id"], container.details["Name"].lstrip("/")):
                return container
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Engine

    def log_message(self, *_: Any) -> None:
        pass

    def version_string(self) -> str:
        return self.served.name

    def address_string(self) -> str:
        return "unix"

    def do_GET(self) -> None:
        self.handle_one()

    do_POST = do_PUT = do_GET

    def handle_one(self) -> None:
        engine = self.served
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        engine.requests.append(f"{self.command} {self.path}")
        self.close_connection = True
        if engine.raw is not None:
            self.say_slowly(engine.raw, engine.delay)
            return
        url = urlsplit(self.path)
        parts = [unquote(p) for p in url.path.split("/") if p]
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        if parts == ["_ping"]:
            self.say("OK")
        elif parts == ["version"]:
            self.say({"Version": "20.10.24"})
        elif parts == ["networks"]:
            self.say(engine.networks)
        elif parts == ["containers", "json"]:
            self.chunked([self.summary(c) for c in engine.containers])
        elif parts[:1] == ["exec"]:
            self.exec(parts[1], parts[2])
        else:
            container = engine.find(parts[1])
            if container is None:
                self.say({"message": f"No such container: {parts[1]}"}, 404)
            elif parts[2] == "json":
                self.chunked(container.details)
            elif parts[2] == "archive":
                self.archive(container, query["path"], body)
            elif parts[2] == "exec":
                if not container.details["State"]["Running"]:
                    self.say({"message": f"container {parts[1]} is not running"}, 409)
                    return
                identity = f"exec{len(engine.execs)}"
                engine.execs[identity] = (container, json.loads(body)["Cmd"])
                self.say({"Id": identity}, 201)
            else:
                container.acts.append(parts[2] + "?" + url.query if url.query else parts[2])
                self.send_response(304 if container.acts.count("start") > 1 else 204)
                self.end_headers()

    def summary(self, container: Container) -> dict[str, Any]:
        details = container.details
        return {
            "Id": details["Id"],
            "Names": [details["Name"]],
            "Image": details.get("ListedImage", details["Config"]["Image"]),
            "State": "running" if details["State"]["Running"] else "exited",
            "Status": "Up 3 hours" if details["State"]["Running"] else "Exited (1) 2 minutes ago",
        }

    def archive(self, container: Container, path: str, body: bytes) -> None:
        if self.command == "PUT":
            with tarfile.open(fileobj=io.BytesIO(body)) as archive:
                for info in archive.getmembers():
                    stream = archive.extractfile(info)
                    assert stream is not None
                    assert (info.uid, info.gid) == (0, 0)
                    container.files[posixpath.join(path, info.name)] = (stream.read(), info.mode)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            info = tarfile.TarInfo(posixpath.basename(path))
            if path in container.links:
                info.type = tarfile.SYMTYPE
                info.linkname = container.links[path]
                archive.addfile(info)
            elif path in container.files:
                content, info.mode = container.files[path]
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            elif any(name.startswith(path + "/") for name in container.files):
                info.type = tarfile.DIRTYPE
                archive.addfile(info)
            else:
                self.say({"message": f"Could not find the file {path}"}, 404)
                return
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.chunks(packed.getvalue())

    def exec(self, identity: str, act: str) -> None:
        container, argv = self.served.execs[identity]
        code, frames = container.commands.get(
            " ".join(argv), (126, [(1, b"OCI runtime exec failed\r\n")])
        )
        if act == "json":
            self.say({"ID": identity, "Running": False, "ExitCode": code})
            return
        # the connection becomes the stream: no length, the end is its close
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.docker.raw-stream")
        self.end_headers()
        for stream, data in frames:
            frame = bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data
            for at in range(0, len(frame), 5):  # frames do not come in one piece
                self.wfile.write(frame[at : at + 5])
                self.wfile.flush()

    def say(self, value: Any, status: int = 200) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def chunked(self, value: Any) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.chunks(json.dumps(value).encode())

    def chunks(self, data: bytes) -> None:
        for at in range(0, len(data), 7 if len(data) < 20000 else 4096):
            part = data[at : at + (7 if len(data) < 20000 else 4096)]
            self.wfile.write(b"%x;x=y\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")

    def say_slowly(self, raw: bytes, delay: float) -> None:
        write: Callable[[bytes], Any] = self.wfile.write
        if not delay:
            write(raw)
            return
        try:
            for byte in raw:
                write(bytes([byte]))
                time.sleep(delay)
        except OSError:
            pass  # the client gave up, as it should


def nginx(
    version: str = "5.1.0",
    name: str = "cht-nginx-1",
    image: str = "public.ecr.aws/medic/cht-nginx",
    ports: tuple[int, int] = (80, 443),
    running: bool = True,
    source: str = "/var/lib/docker/volumes/cht_cht-ssl/_data",
) -> dict[str, Any]:
    """Return what inspect says of CHT's web server."""
    bound = {
        "80/tcp": [{"HostIp": "", "HostPort": str(ports[0])}],
        "443/tcp": [{"HostIp": "", "HostPort": str(ports[1])}],
    }
    return {
        "Id": (name.encode().hex() + "0" * 64)[:64],
        "Name": "/" + name,
        "Config": {"Image": f"{image}:{version}"},
        "State": {"Running": running, "Status": "running" if running else "exited"},
        "HostConfig": {"PortBindings": bound, "RestartPolicy": {"Name": "always"}},
        "NetworkSettings": {"Ports": bound if running else {}, "Networks": {"cht-net": {}}},
        "Mounts": [
            {
                "Type": "volume",
                "Name": "cht_cht-ssl",
                "Source": source,
                "Destination": "/etc/nginx/private",
                "Driver": "local",
            }
        ],
    }


def medic_os(version: str = "cht-3.9.0-rc.2") -> dict[str, Any]:
    """Return what inspect says of CHT 3.x."""
    details = nginx(version, "medic-os", "medicmobile/medic-os")
    details["Mounts"] = [
        {"Type": "bind", "Source": "/srv", "Destination": "/srv", "Driver": ""},
    ]
    return details


def other(name: str, image: str) -> dict[str, Any]:
    """Return what inspect says of a container that is none of CHT's web servers."""
    details = nginx("1", name, image)
    details["Mounts"] = []
    return details
