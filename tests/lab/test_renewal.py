"""Renewals against real Docker and nginx: the new pair is served or the old one, by handshake.

One machine boots once; each scenario begins with the pair `good` in place and served.
"""

from __future__ import annotations

import hashlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from tests.lab.ca import DOMAIN, Ca, Pair
from tests.lab.clinic import Clinic, OnLine, wait_ssh, when
from tests.lab.garage import MachineFactory
from tests.lab.network import Dnsmasq, Host, wait_for
from wizard.agent import build, names
from wizard.site.toml import load, save

PRIVATE = "/etc/nginx/private"
VOLUME = "/var/lib/docker/volumes/cht_cht-ssl/_data"
WEB = "cht-nginx-1"

pytestmark = pytest.mark.timeout(2400)


@pytest.fixture
def clinic(
    machine: MachineFactory, laptop: Host, ca: Ca, tmp_path: Path, office: Dnsmasq
) -> Clinic:
    """A server whose CHT has a good certificate, in the office's network; nothing else changed."""
    made = Clinic(machine("networkd"), laptop, ca, tmp_path)
    laptop.dhcp_client()
    made.decide(host=made.server.wait_address())
    wait_ssh(made.server, laptop)
    first = made.run("renew", "--host-key", made.fingerprint, "--no-check")
    assert first.state == "confirmed", first
    assert served(made) == ca.good.fingerprint
    return made


def served(clinic: Clinic) -> str:
    """The fingerprint that a handshake from the laptop ends with; "" when there is none."""
    address = clinic.server.wait_address()

    def inside() -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        try:
            with (
                socket.create_connection((address, 443), 20) as raw,
                context.wrap_socket(raw, server_hostname=DOMAIN) as tls,
            ):
                return hashlib.sha256(tls.getpeercert(binary_form=True) or b"").hexdigest()
        except OSError:
            return ""

    return str(clinic.laptop.call(inside))


def pair(clinic: Clinic) -> tuple[str, str]:
    """What lies in the volume."""
    read = clinic.server.read_file
    return read(f"{VOLUME}/cert.pem"), read(f"{VOLUME}/key.pem")


def stands(clinic: Clinic, wanted: Pair, before: tuple[str, str] | None = None) -> None:
    """One whole pair is in place, served, tried by nginx, and nothing lies beside it."""
    assert served(clinic) == wanted.fingerprint
    if before is not None:
        assert pair(clinic) == before
    found = clinic.server.output(f"ls -A {VOLUME}").split()
    assert [name for name in found if name.startswith(".")] == []
    clinic.server.run(f"docker exec {WEB} nginx -t", timeout=120)
    # It is also what a restart of the container would bring up.
    leaf = x509.load_pem_x509_certificates(pair(clinic)[0].encode())[0]
    assert leaf.fingerprint(hashes.SHA256()).hex() == wanted.fingerprint
    assert not clinic.unfinished


@dataclass
class Agent:
    """The agent on the server, asked past the laptop and its judgement."""

    clinic: Clinic

    def push(self, chain: bytes, key: bytes, leaf: str) -> dict[str, Any]:
        """Send the order that a laptop would send; returns the outcome."""
        change = {
            "kind": "certificate", "target": "container", "container": WEB, "web": "cht",
            "chain": chain.decode(), "key": key.decode(), "source": "",
            "certificate_path": f"{PRIVATE}/cert.pem", "key_path": f"{PRIVATE}/key.pem",
            "unit": "", "https_port": 443, "domain": DOMAIN, "leaf_sha256": leaf,
            "topic": "certificate",
        }  # fmt: skip
        order = {
            "kind": "order", "id": f"lab-{leaf[:12]}", "who": "lab", "changes": [change],
            "confirm": False, "seconds": 60, "address": "", "address6": "", "prove": False,
            "interface": "eth0",
        }  # fmt: skip
        asked = {"id": 1, "verb": "apply", "arguments": {"order": order}}
        script = ASK.format(agent=build.path(), asked=json.dumps(asked))
        told = self.clinic.server.run("python3 -", send=script, timeout=400).stdout
        result: dict[str, Any] = json.loads(told)["result"]
        return result


# The end of the input would end the session, so it stays open until the answer is there.
ASK = """
import json, subprocess, sys
argv = [sys.executable, "-I", "-B", "{agent}", "serve"]
agent = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
agent.stdin.write({asked!r}.encode() + b"\\n")
agent.stdin.flush()
for line in agent.stdout:
    if "id" in (said := json.loads(line)) and "event" not in said:
        print(line.decode())
        break
agent.stdin.close()
agent.wait()
"""

# What the office's router gives after it has lost its leases.
FORGETFUL = "10.77.0.170,10.77.0.190,255.255.255.0,1h"

# Time between the moment when both files are in place and the reload.
SLOW = """#!/bin/sh
[ "$1" = -t ] && sleep 15
exec /usr/sbin/nginx "$@"
"""


@contextmanager
def slow_test(clinic: Clinic) -> Iterator[None]:
    """Let nginx take its time for `nginx -t`."""
    server, path = clinic.server, "/usr/local/bin/nginx"
    put = f"docker exec -i {WEB} sh -c 'cat > {path} && chmod 755 {path}'"
    server.run(put, send=SLOW)
    try:
        yield
    finally:
        server.run(f"docker exec {WEB} rm -f {path}", timeout=120)


def once_in_place(clinic: Clinic, wanted: Pair, act: Callable[[], None]) -> OnLine:
    """Do something when the new key lies in the volume and nginx was not reloaded yet."""
    line = wanted.key.decode().splitlines()[1]

    def wait() -> None:
        there = f"grep -qF '{line}' {VOLUME}/key.pem"
        clinic.server.wait_until(there, timeout=120)
        act()

    return when("Changing the server", wait)


@pytest.mark.parametrize("kind", ["networkd"])
def test_renewals(kind: str, clinic: Clinic) -> None:
    """Every way in which a renewal can go, one after the other on the same server."""
    ca = clinic.ca
    for scenario in (
        refused_by_the_laptop,
        wrong_key_past_the_laptop,
        disk_full,
        nginx_refuses,
        connection_lost,
        crash_loop,
        power_cut,
        good_and_back,
        request_and_answer,
    ):
        print(f"scenario: {scenario.__name__}")
        clinic.bring(ca.good)
        back = clinic.run("renew", "--no-check")
        assert back.state in ("confirmed", "nothing"), back
        assert served(clinic) == ca.good.fingerprint
        scenario(clinic)


def refused_by_the_laptop(clinic: Clinic) -> None:
    """Wrong key, missing intermediate, expired, not yet, wrong name: nothing is even sent."""
    ca, before = clinic.ca, pair(clinic)
    for bad in (ca.wrong_key, ca.missing_intermediate, ca.expired, ca.not_yet, ca.wrong_name):
        clinic.bring(bad)
        orders = clinic.server.output(f"ls {names.STATE}/history")
        done = clinic.run("renew", "--no-check")
        assert done.code == 1, done
        assert clinic.server.output(f"ls {names.STATE}/history") == orders
        stands(clinic, ca.good, before)


def wrong_key_past_the_laptop(clinic: Clinic) -> None:
    ca, before = clinic.ca, pair(clinic)
    result = Agent(clinic).push(ca.renewed.certificates, ca.good.key, ca.renewed.fingerprint)
    assert (result["state"], result["failed"]) == ("nothing", "certificate-unfit"), result
    stands(clinic, ca.good, before)


def disk_full(clinic: Clinic) -> None:
    """The volume has no room for one more file: the old pair is never touched."""
    server, ca, before = clinic.server, clinic.ca, pair(clinic)
    clinic.bring(ca.renewed)
    # A small file system of its own over the volume, as nginx in its container sees it.
    script = f"""
    set -e
    docker stop {WEB}
    mkdir -p /root/small && cp -a {VOLUME}/. /root/small/
    mount -t tmpfs -o size=64k,mode=755 tmpfs {VOLUME}
    cp -a /root/small/. {VOLUME}/
    docker start {WEB}
    dd if=/dev/zero of={VOLUME}/film bs=4k 2>/dev/null || true
    """
    server.run("sh", send=script, timeout=300)
    try:
        wait_for("the web server", lambda: served(clinic) == ca.good.fingerprint, 180, pause=1)
        done = clinic.run("renew", "--no-check")
        assert done.state == "rolled-back", done
        assert done.answer["outcome"]["failed"] == "certificate-failed", done
        assert done.answer["outcome"]["left"] == [], done
        stands(clinic, ca.good, before)
    finally:
        script = f"docker stop {WEB}; umount {VOLUME}; docker start {WEB}; rm -rf /root/small"
        server.run(script, timeout=300)
    wait_for("the web server", lambda: served(clinic) == ca.good.fingerprint, 180, pause=1)


def nginx_refuses(clinic: Clinic) -> None:
    """`nginx -t` fails for a reason of its own, after both files are in place."""
    server, ca, before = clinic.server, clinic.ca, pair(clinic)
    clinic.bring(ca.renewed)
    broken = "echo nonsense >> /etc/nginx/nginx.conf"
    server.run(f"docker exec {WEB} sh -c 'cp /etc/nginx/nginx.conf /tmp/kept && {broken}'")
    try:
        done = clinic.run("renew", "--no-check")
        assert done.code != 0, done
        outcome = done.answer["outcome"]
        assert (outcome["failed"], outcome["left"]) == ("certificate-refused", []), done
        # nginx went on with what it had in memory all the time.
        assert served(clinic) == ca.good.fingerprint
    finally:
        server.run(f"docker exec {WEB} sh -c 'cat /tmp/kept > /etc/nginx/nginx.conf'")
    stands(clinic, ca.good, before)


def connection_lost(clinic: Clinic) -> None:
    """The laptop's cable comes out while the pair is put in place: the server ends it alone."""
    ca, laptop = clinic.ca, clinic.laptop
    clinic.bring(ca.renewed)

    cut = threading.Event()

    def act() -> None:
        laptop.cut()
        assert served_inside(clinic) == ca.good.fingerprint  # not reloaded yet
        cut.set()
        threading.Timer(60, laptop.plug).start()

    with slow_test(clinic):
        done = clinic.run(
            "renew", "--no-check", on_line=once_in_place(clinic, ca.renewed, act), timeout=900
        )
    assert cut.is_set(), done
    assert done.state == "confirmed", done
    stands(clinic, ca.renewed)


def served_inside(clinic: Clinic) -> str:
    """As `served`, asked on the server itself."""
    ask = (
        "import hashlib, ssl; "
        "print(hashlib.sha256(ssl.PEM_cert_to_DER_cert("
        "ssl.get_server_certificate(('127.0.0.1', 443)))).hexdigest())"
    )
    return clinic.server.output(f'python3 -c "{ask}"', timeout=120)


def crash_loop(clinic: Clinic) -> None:
    """Only one file of the pair is there, so nginx dies at every start (cht-core #7832)."""
    server, ca = clinic.server, clinic.ca
    clinic.bring(ca.renewed)
    server.run(f"rm {VOLUME}/key.pem && docker restart {WEB}", timeout=300)
    wait_for("no web server", lambda: served(clinic) == "", 120, pause=1)
    for _ in range(3):
        done = clinic.run("renew", "--no-check")
        if done.state in ("confirmed", "rolled-back"):
            break
        # Docker starts it again and again: an emulated server has little time for anybody else.
    assert done.state == "confirmed", done
    stands(clinic, ca.renewed)


def power_cut(clinic: Clinic) -> None:
    """The power fails while the pair is put in place: one whole pair is served afterwards.

    The router has forgotten whom it gave which address: the server is met all the same.
    """
    server, ca = clinic.server, clinic.ca
    office = next(host for host in clinic.laptop.lan.hosts if host.name == "office")
    before = server.wait_address()
    clinic.bring(ca.renewed)
    cut = threading.Event()

    def pull() -> None:
        server.power_cut(restart=False)
        office.office_router(addresses=FORGETFUL)
        server.start()
        cut.set()

    with slow_test(clinic):
        done = clinic.run(
            "renew", "--no-check", on_line=once_in_place(clinic, ca.renewed, pull), timeout=900
        )
        assert cut.is_set(), done
        server.wait_boot()
    server.wait_until(f"! test -e {names.STATE}/transaction", timeout=300)
    assert server.wait_address() != before
    clinic.decide(host=server.wait_address())
    assert done.state == "rolled-back", done
    wait_for("the web server", lambda: served(clinic) != "", 180, pause=1)
    stands(clinic, ca.good)


def good_and_back(clinic: Clinic) -> None:
    """A good one; then the one before it, whose key the server kept."""
    ca = clinic.ca
    clinic.bring(ca.renewed)
    done = clinic.run("renew", "--no-check")
    assert done.state == "confirmed", done
    stands(clinic, ca.renewed)
    back = clinic.run("renew", "--previous", "--no-check")
    assert back.state == "confirmed", back
    stands(clinic, ca.good)
    kept = clinic.server.output(f"stat -c '%a %U' {names.PAIRS} {names.PAIRS}/*/key.pem")
    rows = kept.splitlines()
    assert rows[0] == "700 root"
    assert set(rows[1:]) == {"600 root"}
    assert 2 <= len(rows[1:]) <= 3


def request_and_answer(clinic: Clinic) -> None:
    """A key made on the server, by the host's openssl or the container's, and its certificate."""
    server, ca = clinic.server, clinic.ca
    out = clinic.folder / "clinic.csr"
    hidden = server.run("command -v openssl", check=False).status == 0
    if hidden:  # the host's is out of the way: the container has to do it
        server.run("mv $(command -v openssl) /root/openssl")
    try:
        made = clinic.run("request", "--out", str(out))
    finally:
        if hidden:
            server.run("mv /root/openssl /usr/bin/openssl")
    assert made.state == "requested", made
    chain = ca.answer(out.read_bytes())
    (clinic.folder / "fullchain.pem").write_bytes(chain.certificates)
    (clinic.folder / "privkey.pem").unlink()
    site = load(clinic.site_file)
    alone = replace(site, certificate=replace(site.certificate, files=("fullchain.pem",)))
    save(alone, clinic.site_file)
    done = clinic.run("renew", "--no-check")
    assert done.state == "confirmed", done
    stands(clinic, chain)
    assert server.run(f"test -e {names.REQUEST}", check=False).status
    key = pair(clinic)[1].splitlines()[1]
    for path in clinic.folder.rglob("*"):
        assert not path.is_file() or key.encode() not in path.read_bytes(), path
