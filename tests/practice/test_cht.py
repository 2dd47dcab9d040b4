"""The pretended CHT: its Docker engine, asked by the agent's own client, and its web server."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from pathlib import Path

import pytest

from tests.practice.test_parts import until
from wizard.agent import wire
from wizard.agent.docker import Docker, DockerError
from wizard.agent.facts import facts as look
from wizard.agent.look.web import hashes, served
from wizard.check.cht import Monitoring
from wizard.practice import cht
from wizard.practice.clinic import DOMAIN, NEW, OLD, Clinic

INSIDE = cht.INSIDE


@pytest.fixture
def docker(clinic: Clinic) -> Docker:
    return Docker(clinic.server, timeout=5)


def pair(clinic: Clinic, kind: str) -> dict[str, tuple[bytes, int]]:
    chain, key = (path.read_bytes() for path in clinic.certificates[kind])
    return {"cert.pem": (chain, 0o644), "key.pem": (key, 0o600)}


def shown(clinic: Clinic) -> str:
    return served(clinic.server, 443, DOMAIN)


def leaf(clinic: Clinic, kind: str) -> str:
    return hashes(clinic.certificates[kind][0].read_bytes())[0]


def ask(clinic: Clinic, path: str, accept: str = "application/json") -> tuple[int, str, bytes]:
    """Ask as a phone does; returns status, Location or Date, and the body."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(clinic.folder / "root.pem")
    raw = socket.create_connection(("127.0.0.1", clinic.lan.https_port), timeout=5)
    with context.wrap_socket(raw, server_hostname=DOMAIN) as connection:
        client = http.client.HTTPConnection(DOMAIN)
        client.sock = connection
        client.request("GET", path, headers={"Accept": accept, "Host": DOMAIN})
        answer = client.getresponse()
        told = answer.getheader("Location") or answer.getheader("Date") or ""
        return answer.status, told, answer.read()


# ------------------------------------------------------------------------------ engine


def test_the_parts_of_a_cht(clinic: Clinic, docker: Docker) -> None:
    assert docker.version() == "27.5.1"
    parts = {str(c["Image"]).rpartition("/")[2]: c["State"] for c in docker.containers()}
    assert parts == {
        f"cht-{name}:{cht.VERSION}": "running"
        for name in ("api", "couchdb", "haproxy", "haproxy-healthcheck", "nginx", "sentinel")
    } | {"cht-upgrade-service:latest": "running"}
    details = docker.inspect(cht.WEB)
    assert details["HostConfig"]["RestartPolicy"]["Name"] == "always"
    assert "CERTIFICATE_MODE=SELF_SIGNED" in details["Config"]["Env"]
    assert [m["Name"] for m in details["Mounts"]] == ["cht_cht-ssl"]
    with pytest.raises(DockerError, match="docker-not-found"):
        docker.inspect("nothing")
    with pytest.raises(DockerError, match="docker-not-found"):
        docker.get("/nothing")


def test_names_inside_are_found_while_the_part_runs(clinic: Clinic, docker: Docker) -> None:
    assert docker.execute(cht.WEB, ["getent", "hosts", "api"])[0] == 0
    docker.stop("cht-api-1")
    assert docker.execute(cht.WEB, ["getent", "hosts", "api"])[0] == 2
    assert docker.execute(cht.WEB, ["getent", "hosts", "example.org"])[0] == 2
    assert docker.execute(cht.WEB, ["sh"])[0] == 127
    with pytest.raises(DockerError, match="docker-conflict"):
        docker.execute("cht-api-1", ["true"])


def test_files_go_in_and_out(clinic: Clinic, docker: Docker) -> None:
    content, info = docker.get_file(cht.WEB, f"{INSIDE}/key.pem")
    assert b"PRIVATE KEY" in content
    assert info.mode == 0o600
    docker.put_files(cht.WEB, INSIDE, pair(clinic, "good"))
    assert clinic.server.read(cht.CHAIN) == clinic.certificates["good"][0].read_text()
    assert docker.execute(cht.WEB, ["rm", "-f", f"{INSIDE}/cert.pem"]) == (0, "")
    for path in (f"{INSIDE}/cert.pem", "/etc/shadow", f"{INSIDE}/../../shadow"):
        with pytest.raises(DockerError, match="docker-not-found"):
            docker.get_file(cht.WEB, path)
    with pytest.raises(DockerError, match="docker-failed"):
        docker.get_file(cht.WEB, INSIDE)
    with pytest.raises(DockerError, match="docker-not-found"):
        docker.put_files(cht.WEB, "/etc", {"passwd": (b"", 0o644)})


def test_a_new_certificate_is_served_after_a_reload_and_a_bad_one_never(
    clinic: Clinic, docker: Docker
) -> None:
    first = shown(clinic)
    docker.put_files(cht.WEB, INSIDE, pair(clinic, "newer"))
    assert shown(clinic) == first
    assert docker.execute(cht.WEB, ["nginx", "-t"])[0] == 0
    assert docker.execute(cht.WEB, ["nginx", "-s", "reload"]) == (0, "")
    assert shown(clinic) == leaf(clinic, "newer")
    docker.put_files(cht.WEB, INSIDE, pair(clinic, "wrong-key"))
    for argv in (["nginx", "-t"], ["nginx", "-s", "reload"]):
        code, text = docker.execute(cht.WEB, argv)
        assert code == 1
        assert "KEY_VALUES_MISMATCH" in text
        assert clinic.certificates["wrong-key"][1].read_text().splitlines()[1] not in text
    assert shown(clinic) == leaf(clinic, "newer")


def test_a_pair_that_does_not_fit_is_a_crash_loop_until_it_is_mended(
    clinic: Clinic, docker: Docker
) -> None:
    docker.put_files(cht.WEB, INSIDE, pair(clinic, "wrong-key"))
    docker.restart(cht.WEB)
    facts = wire.decode(wire.Facts, look(clinic.server, f"10.20.0.77 5 {OLD} 22"))
    assert (facts.web[0].running, facts.web[0].served_sha256) == (False, "")
    assert facts.web[0].status.startswith("Restarting")
    assert {x.port for x in facts.listeners} == {22}
    docker.put_files(cht.WEB, INSIDE, pair(clinic, "good"))
    docker.restart(cht.WEB)
    assert until(lambda: shown(clinic) == leaf(clinic, "good"))


def test_without_docker_nobody_answers(clinic: Clinic, docker: Docker) -> None:
    clinic.server.run(["systemctl", "stop", "docker.service"])
    with pytest.raises(DockerError, match="docker-down"):
        docker.containers()
    assert until(lambda: shown(clinic) == "")
    clinic.server.run(["systemctl", "start", "docker.service"])
    assert until(lambda: shown(clinic) != "")
    with pytest.raises(DockerError, match="docker-absent"):
        Docker(clinic.server, path="/run/podman.sock").containers()


def test_everything_comes_back_after_a_restart_and_connections_do_not(
    clinic: Clinic, docker: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clinic.server, "off_seconds", 0.3)
    docker.stop("cht-api-1")
    before, raw = shown(clinic), socket.create_connection(clinic.detour.to(OLD), timeout=10)
    with raw:
        assert raw.recv(100).startswith(b"SSH-2.0-")
        raw.sendall(b"SSH-2.0-test\r\n")
        clinic.server.reboot()
        while raw.recv(4096):
            pass  # the end comes once the server is back
    assert until(lambda: shown(clinic) == before)
    assert all(c["State"] == "running" for c in docker.containers())
    assert until(lambda: [one.address for one in clinic.discover()] == [OLD])


# -------------------------------------------------------------------------- web server


@pytest.fixture
def good(clinic: Clinic, docker: Docker) -> Clinic:
    docker.put_files(cht.WEB, INSIDE, pair(clinic, "good"))
    docker.execute(cht.WEB, ["nginx", "-s", "reload"])
    return clinic


def test_answers_of_a_cht(good: Clinic) -> None:
    status, date, body = ask(good, "/setup/poll")
    assert (status, json.loads(body)["handler"], json.loads(body)["ready"]) == (
        200, "medic-api", True,
    )  # fmt: skip
    assert date.endswith("GMT")
    monitoring = json.loads(ask(good, "/api/v2/monitoring")[2])
    assert Monitoring._judge(monitoring, "").arguments["version"] == cht.VERSION
    assert monitoring["couchdb"]["medic"]["doc_count"] > 0
    assert json.loads(ask(good, "/api/info")[2]) == {"version": "0.1.0"}
    assert ask(good, "/")[:2] == (302, f"https://{DOMAIN}/medic/login")
    status, _, body = ask(good, "/medic/login", "text/html")
    assert status == 200
    assert b"practice" in body
    assert ask(good, "/nothing")[0] == 404
    assert b"<html" in ask(good, "/nothing", "text/html")[2]


def test_without_the_database_there_is_a_bad_gateway(good: Clinic, docker: Docker) -> None:
    docker.stop("cht-couchdb-1")
    assert ask(good, "/setup/poll")[0] == 502
    docker.start("cht-couchdb-1")
    assert ask(good, "/setup/poll")[0] == 200


def test_plain_http_leads_to_https(clinic: Clinic) -> None:
    client = http.client.HTTPConnection("127.0.0.1", clinic.lan.http_port, timeout=5)
    client.request("GET", "/medic/login?a=b", headers={"Host": f"{DOMAIN}:80"})
    answer = client.getresponse()
    assert (answer.status, answer.getheader("Location")) == (
        301, f"https://{DOMAIN}/medic/login?a=b",
    )  # fmt: skip
    client.close()


def test_an_unplugged_server_still_reaches_its_own_web_server(clinic: Clinic) -> None:
    clinic.unplug()
    for port in (clinic.lan.https_port, clinic.lan.http_port, clinic.lan.dns_port):
        assert until(lambda port=port: refused(port))  # type: ignore[misc]
    assert shown(clinic)
    assert clinic.discover() == ()


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_the_server_is_found_where_it_is(clinic: Clinic) -> None:
    heard: list[str] = []
    found = clinic.discover(lambda one: heard.append(one.address))
    assert [one.address for one in found] == heard == [OLD]
    assert found[0].fingerprint == clinic.fingerprint
    assert found[0].banner.startswith("SSH-2.0-")
    assert found[0].mac == clinic.server.mac != ""
    clinic.server.run(["ip", "address", "add", f"{NEW}/24", "dev", "eth0"])
    assert until(lambda: [one.address for one in clinic.discover()] == [NEW, OLD])


def test_certificates_lie_where_people_look_for_them(clinic: Clinic) -> None:
    lie = {p.relative_to(clinic.folder).as_posix() for p in clinic.folder.glob("certificates/*/*")}
    assert {"certificates/good/fullchain.pem", "certificates/good/privkey.pem"} <= lie
    assert {
        "certificates/missing-intermediate/cert.pem", "certificates/with-password/certificate.p12",
    } <= lie  # fmt: skip
    named = {Path(name).parts[1] for name in lie}
    assert named == set(clinic.certificates)
