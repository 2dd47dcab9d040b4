"""The Docker engine over its unix socket: just enough HTTP/1.1, no command line, no libraries.

Source: Docker Engine API, https://docs.docker.com/reference/api/engine/ (paths without a version
prefix mean the daemon's newest, so no version has to be negotiated).
"""

from __future__ import annotations

import json
import socket
import time
from typing import Any, Dict, List, Optional, Tuple

from .host import Host

SOCKET = "/run/docker.sock"
LIMIT = 32 << 20  # bytes of one answer: an inspect is some 10 kB, a certificate archive less


class DockerError(Exception):
    """Docker could not be asked, or refused.

    Codes: docker-absent (no socket), docker-denied (socket not ours to use), docker-down (nobody
    listens), docker-timeout, docker-protocol (not an HTTP answer, or too much of it),
    docker-not-found (404), docker-conflict (409), docker-failed (any other refusal).
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__("%s: %s" % (code, detail))
        self.code = code
        self.detail = detail


class Docker:
    """A host's Docker engine; every request is its own connection, bounded in time and size."""

    def __init__(self, host: Host, timeout: float = 10.0, path: str = SOCKET) -> None:
        self.host = host
        self.timeout = timeout
        self.path = path
        self._server = ""  # what the engine called itself in its last answer

    # ------------------------------------------------------------------ questions

    def get(self, path: str) -> Any:
        """Return the JSON answer to a GET."""
        return _json(self._request("GET", path))

    def version(self) -> str:
        """Return the engine's version.

        Every answer's head tells it; /version runs other programs first to ask for theirs.
        """
        self._request("GET", "/_ping")
        name, _, version = self._server.partition(" ")[0].partition("/")
        if name == "Docker" and version:
            return version
        return str(self.get("/version").get("Version", ""))

    def containers(self) -> List[Dict[str, Any]]:
        """Return the summaries of all containers, running or not."""
        found: List[Dict[str, Any]] = self.get("/containers/json?all=1")
        return found

    def inspect(self, container: str) -> Dict[str, Any]:
        """Return everything about one container, by name or id."""
        found: Dict[str, Any] = self.get("/containers/%s/json" % _quote(container))
        return found

    def networks(self) -> List[Dict[str, Any]]:
        """Return all networks."""
        found: List[Dict[str, Any]] = self.get("/networks")
        return found

    # ---------------------------------------------------------------------- files

    def get_file(self, container: str, path: str) -> Tuple[bytes, Any]:
        """Return one file's content and its tarfile.TarInfo; works on a stopped container too.

        A symbolic link is followed inside the container. Raises DockerError docker-not-found
        when there is none, docker-failed when the path is not a file.
        """
        import io
        import posixpath
        import tarfile

        for _ in range(8):
            data = self._request("GET", _archive(container, path))
            try:
                with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                    info = archive.next()
                    stream = archive.extractfile(info) if info and info.isfile() else None
                    if info is not None and stream is not None:
                        return stream.read(), info
            except tarfile.TarError as error:
                raise DockerError("docker-protocol", "archive: %s" % error) from None
            if info is None or not info.issym():
                break
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), info.linkname))
        raise DockerError("docker-failed", "%s is not a file" % path)

    def put_files(self, container: str, folder: str, files: Dict[str, Tuple[bytes, int]]) -> None:
        """Write files {name: (content, mode)}, owned by root, into a folder of a container.

        All arrive with one request; works on a stopped container too.
        """
        import io
        import tarfile

        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for name in sorted(files):
                content, mode = files[name]
                info = tarfile.TarInfo(name)
                info.size = len(content)
                info.mode = mode
                info.mtime = int(time.time())
                archive.addfile(info, io.BytesIO(content))
        self._request(
            "PUT", _archive(container, folder), packed.getvalue(), content_type="application/x-tar"
        )

    # ----------------------------------------------------------------------- acts

    def execute(self, container: str, argv: List[str], timeout: float = 30.0) -> Tuple[int, str]:
        """Run a command in a running container; return its exit code and all it printed.

        Raises DockerError docker-timeout when it takes longer: the command itself goes on, as
        Docker has no way to end it.
        """
        create = {"AttachStdout": True, "AttachStderr": True, "Tty": False, "Cmd": argv}
        created = _json(self._post("/containers/%s/exec" % _quote(container), create))
        path = "/exec/%s" % _quote(str(created.get("Id", "")))
        stream = self._post(path + "/start", {"Detach": False, "Tty": False}, timeout)
        state = self.get(path + "/json")
        code = state.get("ExitCode")
        if state.get("Running") or code is None:
            raise DockerError("docker-protocol", "the command's end was not told")
        return int(code), _demultiplex(stream).decode("utf-8", "replace")

    def start(self, container: str) -> None:
        """Start a container; one that runs already is left alone."""
        self._post("/containers/%s/start" % _quote(container))

    def stop(self, container: str, grace: int = 10) -> None:
        """Stop a container, killing it after `grace` seconds."""
        path = "/containers/%s/stop?t=%d" % (_quote(container), grace)
        self._post(path, timeout=self.timeout + grace)

    def restart(self, container: str, grace: int = 10) -> None:
        """Restart a container, or start it when it is stopped."""
        path = "/containers/%s/restart?t=%d" % (_quote(container), grace)
        self._post(path, timeout=self.timeout + grace)

    # ----------------------------------------------------------------------- HTTP

    def _post(self, path: str, body: Any = None, timeout: Optional[float] = None) -> bytes:
        data = b"" if body is None else json.dumps(body).encode()
        return self._request("POST", path, data, timeout=timeout)

    def _request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        content_type: str = "application/json",
        timeout: Optional[float] = None,
    ) -> bytes:
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        head = "%s %s HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n" % (method, path)
        if body or method != "GET":
            head += "Content-Type: %s\r\nContent-Length: %d\r\n" % (content_type, len(body))
        try:
            with self.host.dial(self.path, _left(deadline)) as connection:
                connection.settimeout(_left(deadline))
                connection.sendall(head.encode("ascii") + b"\r\n" + body)
                reader = _Answer(connection, deadline)
                status, answer = reader.read()
                self._server = reader.server
        except socket.timeout:
            raise DockerError("docker-timeout", "%s %s" % (method, path)) from None
        except FileNotFoundError:
            raise DockerError("docker-absent", self.path) from None
        except PermissionError:
            raise DockerError("docker-denied", self.path) from None
        except ConnectionRefusedError:
            raise DockerError("docker-down", self.path) from None
        except OSError as error:
            raise DockerError("docker-protocol", "%s %s: %s" % (method, path, error)) from None
        if status >= 400:
            codes = {404: "docker-not-found", 409: "docker-conflict"}
            raise DockerError(codes.get(status, "docker-failed"), _refusal(status, answer))
        return answer


class _Answer:
    """Reads one HTTP answer from a socket, with a deadline and a limit."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self.connection = connection
        self.deadline = deadline
        self.buffer = b""
        self.server = ""

    def read(self) -> Tuple[int, bytes]:
        """Return status and body."""
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        first = lines[0].split(None, 2)
        if len(first) < 2 or not first[0].startswith("HTTP/1.") or not first[1].isdigit():
            raise DockerError("docker-protocol", "not an HTTP answer")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        self.server = headers.get("server", "")
        status = int(first[1])
        if status in (204, 304):
            return status, b""
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return status, self._chunks()
        if "content-length" in headers:
            return status, self._exactly(_number(headers["content-length"], 10))
        return status, self._rest()

    def _more(self) -> bool:
        if len(self.buffer) > LIMIT:
            raise DockerError("docker-protocol", "answer too long")
        self.connection.settimeout(_left(self.deadline))
        data = self.connection.recv(1 << 16)
        self.buffer += data
        return bool(data)

    def _until(self, mark: bytes) -> bytes:
        while mark not in self.buffer:
            if not self._more():
                raise DockerError("docker-protocol", "answer ended too early")
        part, _, self.buffer = self.buffer.partition(mark)
        return part

    def _exactly(self, size: int) -> bytes:
        if size > LIMIT:
            raise DockerError("docker-protocol", "answer too long")
        while len(self.buffer) < size:
            if not self._more():
                raise DockerError("docker-protocol", "answer ended too early")
        part, self.buffer = self.buffer[:size], self.buffer[size:]
        return part

    def _rest(self) -> bytes:
        while self._more():
            pass
        return self.buffer

    def _chunks(self) -> bytes:
        # RFC 9112 section 7.1; trailers after the last chunk are not wanted
        body = bytearray()
        while True:
            size = _number(self._until(b"\r\n").split(b";")[0].decode("latin-1"), 16)
            if size == 0:
                return bytes(body)
            if len(body) + size > LIMIT:
                raise DockerError("docker-protocol", "answer too long")
            body += self._exactly(size)
            self._until(b"\r\n")


def _quote(text: str) -> str:
    """Percent-encode for a URL (RFC 3986); urllib.parse would cost milliseconds of start-up."""
    plain = b"-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    return "".join(chr(b) if b in plain else "%%%02X" % b for b in text.encode())


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout()
    return left


def _number(text: str, base: int) -> int:
    try:
        number = int(text.strip(), base)
    except ValueError:
        number = -1
    if number < 0:
        raise DockerError("docker-protocol", "bad length in the answer")
    return number


def _json(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8"))
    except ValueError:
        raise DockerError("docker-protocol", "the answer is not JSON") from None


def _refusal(status: int, answer: bytes) -> str:
    try:
        detail = str(json.loads(answer.decode("utf-8"))["message"])
    except (ValueError, KeyError, TypeError):
        detail = answer[:200].decode("utf-8", "replace")
    return "%d %s" % (status, detail)


def _archive(container: str, path: str) -> str:
    return "/containers/%s/archive?path=%s" % (_quote(container), _quote(path))


def _demultiplex(stream: bytes) -> bytes:
    """Take the 8-byte frame headers (stream, 0, 0, 0, big-endian length) out of an exec stream."""
    text = bytearray()
    at = 0
    while at + 8 <= len(stream):
        size = int.from_bytes(stream[at + 4 : at + 8], "big")
        text += stream[at + 8 : at + 8 + size]
        at += 8 + size
    return bytes(text)
