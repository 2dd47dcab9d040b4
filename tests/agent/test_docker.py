"""The Docker client against a real server on a real unix socket."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator

import pytest

from tests.agent.recorded.engine import Container, Engine, medic_os, nginx
from wizard.agent import docker as module
from wizard.agent.docker import Docker, DockerError
from wizard.agent.host import Host


@pytest.fixture
def engine() -> Iterator[Engine]:
    with tempfile.TemporaryDirectory(prefix="engine") as folder:
        web = Container(nginx(), {"/etc/nginx/private/cert.pem": (b"PEM" * 9000, 0o644)})
        stopped = Container(nginx(name="old one", running=False))
        with Engine(folder + "/docker.sock", [web, stopped, Container(medic_os())]) as engine:
            yield engine


@pytest.fixture
def docker(engine: Engine) -> Docker:
    return Docker(Host(), timeout=5, path=engine.path)


def test_questions_with_chunked_answers(engine: Engine, docker: Docker) -> None:
    assert docker.version() == "20.10.24"
    assert [c["Names"] for c in docker.containers()] == [
        ["/cht-nginx-1"],
        ["/old one"],
        ["/medic-os"],
    ]
    assert docker.inspect("cht-nginx-1") == engine.containers[0].details
    assert docker.networks() == []
    assert "GET /version" not in engine.requests


def test_an_engine_of_another_name_is_asked_for_its_version(engine: Engine, docker: Docker) -> None:
    engine.name = "Libpod/4.3.1 (linux)"
    assert docker.version() == "20.10.24"
    assert engine.requests == ["GET /_ping", "GET /version"]


def test_names_are_encoded(engine: Engine, docker: Docker) -> None:
    assert docker.inspect("old one") == engine.containers[1].details
    assert engine.requests[-1] == "GET /containers/old%20one/json"


def test_a_file_out_of_a_container(engine: Engine, docker: Docker) -> None:
    content, info = docker.get_file("cht-nginx-1", "/etc/nginx/private/cert.pem")
    assert content == b"PEM" * 9000
    assert info.mode == 0o644
    engine.containers[0].links["/srv/link.pem"] = "../etc/nginx/private/cert.pem"
    assert docker.get_file("cht-nginx-1", "/srv/link.pem")[0] == content


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/etc/nginx/private/none.pem", "docker-not-found"),
        ("/etc/nginx/private", "docker-failed"),
        ("/loop", "docker-failed"),
    ],
)
def test_what_is_no_file(engine: Engine, docker: Docker, path: str, code: str) -> None:
    engine.containers[0].links["/loop"] = "loop"
    with pytest.raises(DockerError) as error:
        docker.get_file("cht-nginx-1", path)
    assert error.value.code == code


def test_files_into_a_stopped_container(engine: Engine, docker: Docker) -> None:
    docker.put_files("old one", "/etc/nginx/private", {"key.pem": (b"k", 0o600), "c": (b"", 0o644)})
    assert engine.containers[1].files == {
        "/etc/nginx/private/key.pem": (b"k", 0o600),
        "/etc/nginx/private/c": (b"", 0o644),
    }
    assert docker.get_file("old one", "/etc/nginx/private/key.pem")[1].mode == 0o600


def test_a_command_prints_on_both_streams_and_fails(engine: Engine, docker: Docker) -> None:
    frames = [(2, b"nginx: [emerg] "), (1, b"out"), (2, "fält\n".encode())]
    engine.containers[0].commands["nginx -t"] = (1, frames)
    assert docker.execute("cht-nginx-1", ["nginx", "-t"]) == (1, "nginx: [emerg] outfält\n")
    engine.containers[0].commands["true"] = (0, [])
    assert docker.execute("cht-nginx-1", ["true"]) == (0, "")


def test_no_command_in_a_stopped_container(engine: Engine, docker: Docker) -> None:
    with pytest.raises(DockerError) as error:
        docker.execute("old one", ["true"])
    assert (error.value.code, "not running" in error.value.detail) == ("docker-conflict", True)


def test_start_stop_restart(engine: Engine, docker: Docker) -> None:
    docker.start("medic-os")
    docker.start("medic-os")  # 304: it runs already
    docker.stop("medic-os", grace=3)
    docker.restart("medic-os")
    assert engine.containers[2].acts == ["start", "start", "stop?t=3", "restart?t=10"]


def test_an_unknown_container(engine: Engine, docker: Docker) -> None:
    with pytest.raises(DockerError) as error:
        docker.inspect("nothing")
    assert error.value.code == "docker-not-found"
    assert error.value.detail == "404 No such container: nothing"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nnot json",
    ],
)
def test_answers_that_are_none(engine: Engine, docker: Docker, raw: bytes) -> None:
    engine.raw = raw
    with pytest.raises(DockerError) as error:
        docker.containers()
    assert error.value.code == "docker-protocol"


def test_an_endless_answer_is_cut(
    engine: Engine, docker: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LIMIT", 1 << 16)
    engine.raw = b"HTTP/1.1 200 OK\r\n\r\n" + b" " * (1 << 20)
    with pytest.raises(DockerError) as error:
        docker.containers()
    assert error.value.code == "docker-protocol"


def test_a_trickle_does_not_stretch_the_time(engine: Engine) -> None:
    engine.raw, engine.delay = b"HTTP/1.1 200 OK\r\nX: " + b"x" * 10000, 0.05
    begun = time.monotonic()
    with pytest.raises(DockerError) as error:
        Docker(Host(), timeout=0.5, path=engine.path).containers()
    assert error.value.code == "docker-timeout"
    assert time.monotonic() - begun < 3


def test_no_engine() -> None:
    with tempfile.TemporaryDirectory(prefix="engine") as folder:
        with pytest.raises(DockerError) as error:
            Docker(Host(), path=folder + "/none.sock").version()
        assert error.value.code == "docker-absent"
        with Engine(folder + "/dead.sock", []):
            pass
        assert os.path.exists(folder + "/dead.sock")
        with pytest.raises(DockerError) as error:
            Docker(Host(), path=folder + "/dead.sock").version()
        assert error.value.code == "docker-down"
