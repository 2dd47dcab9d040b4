"""The parts of the practice clinic that pretend a network: doors, names, the web server."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import dns.message
import dns.rcode
import paramiko
import pytest

from wizard.agent import wire
from wizard.agent.facts import facts as look
from wizard.agent.probe import find_address
from wizard.detour import NOWHERE
from wizard.practice.clinic import NEW, OLD, PASSWORD, USER, Clinic
from wizard.practice.network import Names

CONF = """# a comment
host-record=cht.example.org,10.20.0.1,fd00:20::1
host-record=printer.example.org,10.20.0.9
local=/cht.example.org/
local=/#/
"""


def until(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def takes(clinic: Clinic, address: str) -> bool:
    try:
        socket.create_connection(clinic.detour.to(address), timeout=5).close()
    except (ConnectionRefusedError, ConnectionResetError):  # reset: taken as the door shut
        return False
    return True


# ------------------------------------------------------------------------------- doors


def test_an_address_answers_only_while_the_server_has_it(clinic: Clinic) -> None:
    assert (takes(clinic, OLD), takes(clinic, NEW), takes(clinic, "10.9.9.9")) == (
        True, False, False,
    )  # fmt: skip
    clinic.server.run(["ip", "address", "add", "10.20.0.1/24", "dev", "eth0"])
    assert until(lambda: takes(clinic, NEW))
    assert takes(clinic, OLD)
    clinic.server.run(["ip", "address", "del", "192.168.50.23/24", "dev", "eth0"])
    assert until(lambda: not takes(clinic, OLD))
    assert takes(clinic, NEW)
    clinic.unplug()
    assert until(lambda: not takes(clinic, NEW))
    clinic.plug()
    assert until(lambda: takes(clinic, NEW))


def test_a_connection_falls_silent_and_goes_on_when_the_address_is_back(clinic: Clinic) -> None:
    with socket.create_connection(clinic.detour.to(OLD), timeout=5) as sock:
        transport = paramiko.Transport(sock)
        transport.connect(username=USER, password=PASSWORD)
        clinic.unplug()
        assert until(lambda: not takes(clinic, OLD))
        transport.send_ignore()
        assert transport.is_active()
        with pytest.raises(paramiko.SSHException):
            transport.open_session(timeout=0.3)
        clinic.plug()
        channel = transport.open_session(timeout=10)
        with pytest.raises(paramiko.SSHException):
            channel.exec_command("cat /etc/shadow")  # nothing but the agent is there
        transport.close()
    assert clinic.ssh.started == 0


def test_the_agent_sees_the_address_that_was_dialled(clinic: Clinic) -> None:
    assert clinic.detour.connect(NEW, 22)[22] == clinic.detour.to(NEW)
    assert set(clinic.detour.connect(NEW, 22)) == {22, 53, 80, 123, 443}


def test_any_address_may_be_chosen(clinic: Clinic) -> None:
    """Also one that nobody thought of when the clinic was made, but no name."""
    chosen, detour = "172.31.7.9", clinic.detour
    assert not takes(clinic, chosen)
    clinic.server.run(["ip", "address", "add", f"{chosen}/24", "dev", "eth0"])
    assert until(lambda: takes(clinic, chosen))
    assert detour.to(chosen) == clinic.detour.to(chosen) != detour.to(OLD)
    assert detour.to("example.org") == ("127.0.0.1", NOWHERE)


def test_where_links_cannot_be_made_the_facts_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows: no right to make symbolic links, no uname, no Unix or packet sockets."""

    def refuse(*_arguments: object, **_more: object) -> None:
        raise OSError(1314, "A required privilege is not held by the client")

    monkeypatch.setattr(os, "symlink", refuse)

    def socketpair() -> tuple[socket.socket, socket.socket]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            one = socket.create_connection(server.getsockname())
            return one, server.accept()[0]

    monkeypatch.delattr(os, "uname")
    monkeypatch.setattr(socket, "socketpair", socketpair)
    for family in ("AF_UNIX", "AF_PACKET"):
        monkeypatch.delattr(socket, family)
    with Clinic(tmp_path / "clinic") as clinic:
        facts = wire.decode(wire.Facts, look(clinic.server, f"10.20.0.77 5 {OLD} 22"))
        router = find_address(clinic.server, "eth0", "192.168.50.1", 2)
        assert [one.address for one in clinic.discover()] == [OLD]
    assert facts.problems == ()
    assert [web.container for web in facts.web] == ["cht-nginx-1"]
    assert router["mac"]
    assert {(x.port, x.process, x.unit) for x in facts.listeners} == {
        (22, "sshd", "ssh.service"),
        (80, "docker-proxy", "docker.service"),
        (443, "docker-proxy", "docker.service"),
    }
    assert all(disk.free > 0 for disk in facts.disks)
    assert facts.service("docker.service") == wire.Service(
        "docker.service", "loaded", "enabled", "active"
    )


# ------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("name", "kind", "rcode", "data"),
    [
        ("cht.example.org", "A", "NOERROR", ["10.20.0.1"]),
        ("CHT.Example.ORG", "A", "NOERROR", ["10.20.0.1"]),
        ("cht.example.org", "AAAA", "NOERROR", ["fd00:20::1"]),
        ("cht.example.org", "HTTPS", "NOERROR", []),
        ("printer.example.org", "AAAA", "NOERROR", []),
        ("1.0.20.10.in-addr.arpa", "PTR", "NOERROR", ["cht.example.org."]),
        ("example.org", "A", "NXDOMAIN", []),
        ("elsewhere.example.com", "A", "NXDOMAIN", []),
    ],
)
def test_names(tmp_path: Path, name: str, kind: str, rcode: str, data: list[str]) -> None:
    conf = tmp_path / "dnsmasq.conf"
    conf.write_text(CONF)
    answer = Names(conf).answer(dns.message.make_query(name, kind).to_wire())
    assert answer is not None
    message = dns.message.from_wire(answer)
    assert dns.rcode.to_text(message.rcode()) == rcode
    assert [str(one) for rows in message.answer for one in rows] == data


def test_no_service_no_answer(tmp_path: Path) -> None:
    question = dns.message.make_query("cht.example.org", "A").to_wire()
    conf = tmp_path / "dnsmasq.conf"
    conf.write_text(CONF)
    assert Names(conf, lambda: False).answer(question) is None
    assert Names(conf).answer(b"\0nonsense") is None
    conf.write_text(CONF.replace("local=/#/", "server=9.9.9.9"))
    other = Names(conf).answer(dns.message.make_query("example.com", "A").to_wire())
    assert other is not None
    assert dns.message.from_wire(other).rcode() == dns.rcode.REFUSED
