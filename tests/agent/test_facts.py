"""The facts of servers on paper, of broken ones, and of the machine that runs the tests."""

from __future__ import annotations

import hashlib
import json
import os
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.agent.recorded import MACHINES, ifupdown, netplan_networkd, nobody, recorded
from tests.agent.recorded.engine import Container, Engine, medic_os, nginx, other
from wizard.agent import names, wire
from wizard.agent.facts import facts
from wizard.agent.host import Done, Host

ASKING = "192.168.1.9 50122 192.168.1.50 22"


@pytest.fixture
def root() -> Iterator[Path]:
    # not tmp_path: the name of Docker's socket below it may have 107 bytes (unix(7))
    with tempfile.TemporaryDirectory(prefix="srv") as folder:
        yield Path(folder)


def look(machine: Host, connection: str = ASKING, domain: str = "clinic.example") -> wire.Facts:
    """Return the facts as the laptop gets them, through JSON."""
    return wire.decode(wire.Facts, json.loads(json.dumps(facts(machine, connection, domain))))


# ------------------------------------------------------------------- who manages it


@pytest.mark.parametrize(
    ("name", "manager", "renderer", "reason", "found", "profile", "client"),
    [
        (
            "ifupdown", "ifupdown", "", "ok", ["ifupdown"],
            "/etc/network/interfaces.d/eth0", "dhclient",
        ),
        (
            "netplan_networkd", "netplan", "networkd", "ok", ["netplan (networkd)"],
            "/run/systemd/network/10-netplan-eth0.network", "systemd-networkd",
        ),
        (
            "netplan_networkmanager", "netplan", "networkmanager", "ok",
            ["netplan (networkmanager)"], "netplan-eth0", "NetworkManager",
        ),
        (
            "networkmanager", "networkmanager", "", "ok", ["networkmanager"],
            "Wired: 1", "NetworkManager",
        ),
        (
            "networkd", "networkd", "", "ok", ["networkd"],
            "/etc/systemd/network/20-wired.network", "systemd-networkd",
        ),
        ("dhcpcd", "", "", "unsupported", ["dhcpcd"], "", ""),
        ("mixture", "", "", "several", ["networkd", "ifupdown"], "", "dhclient"),
        ("nobody", "", "", "none", [], "", ""),
    ],
)  # fmt: skip
def test_who_manages_the_network(
    root: Path,
    name: str,
    manager: str,
    renderer: str,
    reason: str,
    found: list[str],
    profile: str,
    client: str,
) -> None:
    machine = MACHINES[name](root)
    seen = look(machine)
    assert seen.problems == ()
    assert seen.network.manager == manager
    assert seen.network.renderer == renderer
    assert seen.network.reason == reason
    assert list(seen.network.found) == found
    eth0 = seen.interface("eth0")
    assert eth0 is not None
    assert (eth0.manager, eth0.profile, eth0.dhcp_client) == (manager, profile, client)
    assert seen.connection is not None
    assert seen.connection.interface == "eth0"
    assert len(machine.ran) <= 4, "as few commands as possible"


def test_the_files_of_the_managers(root: Path) -> None:
    seen = look(ifupdown(root))
    assert [f.path for f in seen.network.files] == [
        "/etc/network/interfaces",
        "/etc/network/interfaces.d/eth0",
        "/etc/network/interfaces.d/eth0.dpkg-old",
    ]
    eth0 = seen.file("/etc/network/interfaces.d/eth0")
    assert eth0 is not None
    assert eth0.text == "allow-hotplug eth0\niface eth0 inet dhcp\n"
    assert (eth0.mode, eth0.redacted) == (0o644, False)
    assert eth0.sha256 == hashlib.sha256(eth0.text.encode()).hexdigest()


def test_a_stale_netplan_profile_is_networkds(root: Path) -> None:
    machine = netplan_networkd(root)
    os.unlink(machine.path("/etc/netplan/50-cloud-init.yaml"))
    assert look(machine).network.manager == "networkd"


def test_an_ifupdown_stanza_that_is_not_up_manages_nothing(root: Path) -> None:
    machine = ifupdown(root)
    machine.file("/run/network/ifstate", "lo=lo\n")
    assert look(machine).network.reason == "none"


def test_ifupdown2_is_not_ifupdown(root: Path) -> None:
    machine = ifupdown(root)
    machine.file("/usr/share/ifupdown2/ifupdown.conf", "")
    network = look(machine).network
    assert (network.reason, list(network.found)) == ("unsupported", ["ifupdown2"])


def test_dhcpcd_beside_a_manager_is_several(root: Path) -> None:
    machine = MACHINES["networkmanager"](root)
    machine.unit("dhcpcd.service")
    network = look(machine).network
    assert (network.reason, list(network.found)) == ("several", ["networkmanager", "dhcpcd"])


def test_dhcpcd_as_ifupdowns_client_is_ifupdown(root: Path) -> None:
    """Debian 13: ifupdown starts dhcpcd itself, there is no unit of that name running."""
    machine = ifupdown(root)
    machine.file("/proc/612/comm", "dhcpcd\n")
    seen = look(machine)
    eth0 = seen.interface("eth0")
    assert eth0 is not None
    assert (seen.network.manager, eth0.dhcp_client) == ("ifupdown", "dhcpcd")


def test_only_the_asking_interface_decides(root: Path) -> None:
    machine = ifupdown(root)
    machine.link("eth2", ["10.9.0.2/24"])
    machine.file("/etc/systemd/network/eth2.network", "[Match]\nName=eth2\n")
    machine.networkd("eth2", "/etc/systemd/network/eth2.network")
    assert look(machine).network.manager == "ifupdown"
    assert look(machine, "10.9.0.1 5000 10.9.0.2 22").network.manager == "networkd"
    assert look(machine, "").network.reason == "several"


@pytest.mark.parametrize(
    ("text", "interface"),
    [
        ("192.168.1.9 50122 192.168.1.50 22", "eth0"),
        ("fe80::9%eth0 50122 fe80::5054:ff:fe00:1%eth0 22", "eth0"),
        ("fe80::9%eth0 50122 FE80:0::5054:ff:fe00:1%eth0 22", "eth0"),
        ("fe80::9 50122 fe80::5054:ff:fe00:1 22", "eth0"),
        ("::ffff:192.168.1.9 50122 ::ffff:192.168.1.50 22", "eth0"),
        ("127.0.0.1 50122 127.0.0.1 22", "lo"),
        ("192.168.1.9 50122 203.0.113.5 22", ""),
    ],
)
def test_the_asking_connection(root: Path, text: str, interface: str) -> None:
    seen = look(ifupdown(root), text)
    assert seen.connection is not None
    assert seen.connection.interface == interface
    assert seen.connection.client_port == 50122
    assert seen.network.manager == "ifupdown", "eth0 is the only one with a link"


@pytest.mark.parametrize("text", ["", "nonsense", "a b c d", "1 2 3"])
def test_no_connection(root: Path, text: str) -> None:
    assert look(ifupdown(root), text).connection is None


def test_interfaces(root: Path) -> None:
    machine = ifupdown(root)
    machine.link("wlan0", kind="wifi", carrier=False)
    machine.link("br0", ["10.1.0.1/24"], kind="bridge")
    machine.link("eth5", master="br0")
    machine.link("br-0123456789ab", kind="bridge")
    machine.link("veth1", kind="veth")
    machine.link("eth0.7", kind="vlan")
    machine.link("bond0", kind="bond")
    machine.file("/proc/sys/net/ipv6/conf/eth1/disable_ipv6", "1\n")
    (root / "proc/sys/net/ipv6/conf/wlan0/disable_ipv6").unlink()
    (root / "sys/class/net/eth0/device").mkdir()
    (root / "sys/class/net/eth0/device/driver").symlink_to("../../bus/pci/drivers/e1000e")
    seen = look(machine)
    assert {i.name: i.kind for i in seen.interfaces} == {
        "lo": "loopback", "eth0": "ethernet", "eth1": "ethernet", "wlan0": "wifi", "br0": "bridge",
        "eth5": "ethernet", "br-0123456789ab": "virtual", "veth1": "virtual", "eth0.7": "vlan",
        "bond0": "bond",
    }  # fmt: skip
    eth0, eth1, wlan0 = (seen.interface(n) for n in ("eth0", "eth1", "wlan0"))
    assert eth0 is not None
    assert eth1 is not None
    assert wlan0 is not None
    assert (eth0.driver, eth0.carrier, eth0.ipv6, eth0.mtu) == ("e1000e", True, True, 1500)
    assert (eth1.carrier, eth1.ipv6, wlan0.ipv6) == (False, False, False)
    assert [(a.address, a.prefix, a.family, a.scope, a.dynamic) for a in eth0.addresses] == [
        ("192.168.1.50", 24, 4, "global", True),
        ("fe80::5054:ff:fe00:1", 64, 6, "link", False),
    ]
    assert [i.name for i in seen.interfaces if i.master] == ["eth5"]


def test_default_routes(root: Path) -> None:
    machine = nobody(root)
    machine.file(
        "/proc/net/route",
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
        "ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n"
        "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n",
    )
    zero = "0" * 32
    machine.file(
        "/proc/net/ipv6_route",
        f"{zero} 00 {zero} 00 fe800000000000000000000000000001 00000400 00000002 0 00450003"
        "     eth0\n"
        f"{zero} 00 {zero} 00 {zero} ffffffff 00000001 00000000 00200200       lo\n",
    )
    assert [(r.gateway, r.interface, r.family, r.metric) for r in look(machine).routes] == [
        ("192.168.1.1", "eth0", 4, 100),
        ("", "ppp0", 4, 0),
        ("fe80::1", "eth0", 6, 1024),
    ]


def test_netplan_in_the_order_it_merges(root: Path) -> None:
    machine = netplan_networkd(root)
    machine.file("/lib/netplan/00-base.yaml", "network: {version: 2}\n")
    machine.file("/etc/netplan/90-a.yaml", "network: {ethernets: {eth0: {mtu: 1400}}}\n")
    machine.file("/run/netplan/90-a.yaml", "network: {ethernets: {eth0: {mtu: 1300}}}\n")
    netplan = look(machine).network.netplan
    assert list(netplan) == [
        "/lib/netplan/00-base.yaml",
        "/etc/netplan/50-cloud-init.yaml",
        "/run/netplan/90-a.yaml",
    ]
    assert netplan["/run/netplan/90-a.yaml"] == {"network": {"ethernets": {"eth0": {"mtu": 1300}}}}


def test_broken_netplan_is_a_problem_and_quotes_no_secret(root: Path) -> None:
    machine = netplan_networkd(root)
    machine.file("/etc/netplan/60.yaml", 'wifis:\n  password: "hunter2hunter2\n  x: [')
    seen = look(machine)
    assert [p for p in seen.problems if p.startswith("netplan: not YAML: line ")]
    assert "hunter2" not in json.dumps(wire.encode(seen))


# -------------------------------------------------------------------------- secrets

SECRETS = json.loads(recorded("secrets.json"))


@pytest.mark.parametrize("case", SECRETS, ids=[" ".join(c["text"])[-40:] for c in SECRETS])
def test_no_secret_leaves_the_server(root: Path, case: dict[str, Any]) -> None:
    path, text, kept = case["path"], "\n".join(case["text"]) + "\n", case["kept"]
    machine = nobody(root)
    machine.file("/etc/network/interfaces", "source interfaces.d/*\n")
    machine.file(path, text, 0o600)
    seen = look(machine)
    assert seen.problems == ()
    everything = json.dumps(wire.encode(seen))
    assert "S3CRET" not in everything
    file = seen.file(path)
    assert file is not None
    assert file.redacted
    assert "(hidden)" in file.text
    assert kept in file.text
    assert file.sha256 == hashlib.sha256(text.encode()).hexdigest()


# --------------------------------------------------------------------------- Docker


def self_signed(folder: Path, name: str) -> tuple[bytes, bytes, str]:
    """Return (certificate, key, SHA-256) made by openssl."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / (name + ".key"),
         "-out", folder / (name + ".pem"), "-subj", "/CN=" + name, "-days", "2"],
        check=True, capture_output=True,
    )  # fmt: skip
    certificate = (folder / (name + ".pem")).read_bytes()
    der = ssl.PEM_cert_to_DER_cert(certificate.decode())
    return certificate, (folder / (name + ".key")).read_bytes(), hashlib.sha256(der).hexdigest()


class Tls:
    """A TLS server on loopback that tells which name was asked for."""

    def __init__(self, folder: Path, name: str) -> None:
        import socket

        self.asked: list[str | None] = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / (name + ".pem"), folder / (name + ".key"))
        self.context.sni_callback = lambda _socket, asked, _context: self.asked.append(asked)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        while True:
            try:
                raw, _ = self.socket.accept()
            except OSError:
                return
            with raw:
                try:
                    self.context.wrap_socket(raw, server_side=True).close()
                except OSError:
                    continue

    def close(self) -> None:
        import socket

        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(10)


def with_docker(root: Path, containers: list[Container]) -> Engine:
    (root / "run").mkdir(exist_ok=True)
    return Engine(str(root / "run/docker.sock"), containers)


def test_cht_5(root: Path, tmp_path: Path) -> None:
    leaf, key, fingerprint = self_signed(tmp_path, "clinic.example")
    issuer, _, above = self_signed(tmp_path, "issuer.example")
    server = Tls(tmp_path, "clinic.example")
    machine = nobody(root)
    machine.unit("docker.service")
    volume = "/var/lib/docker/volumes/cht_cht-ssl/_data"
    machine.file(volume + "/cert.pem", b"text before\n" + leaf + issuer)
    machine.file(volume + "/key.pem", key, 0o600)
    containers = [
        Container(other("cht-api-1", "public.ecr.aws/medic/cht-api")),
        Container(nginx("5.1.0", ports=(80, server.port))),
        Container(other("my-nginx", "nginx")),
    ]
    try:
        with with_docker(root, containers) as engine:
            engine.networks = [
                {"Name": "bridge", "IPAM": {"Config": [{"Subnet": "172.17.0.0/16"}]}},
                {"Name": "cht-net", "IPAM": {"Config": [{"Subnet": "172.18.0.0/16"}]}},
                {"Name": "host", "IPAM": {"Config": None}},
            ]
            seen = look(machine)
    finally:
        server.close()
    assert seen.problems == ()
    assert len(seen.web) == 1
    assert seen.web[0] == wire.WebServer(
        kind="cht",
        container="cht-nginx-1",
        container_id=containers[1].details["Id"],
        image="public.ecr.aws/medic/cht-nginx:5.1.0",
        version="5.1.0",
        running=True,
        status="Up 3 hours",
        http_port=80,
        https_port=server.port,
        certificate_path="/etc/nginx/private/cert.pem",
        key_path="/etc/nginx/private/key.pem",
        unit="",
        certificate_sha256=fingerprint,
        chain_sha256=(fingerprint, above),
        served_sha256=fingerprint,
        networks=("cht-net",),
        restart_policy="always",
        key_kept=True,
    )
    assert server.asked == ["clinic.example"]
    docker = wire.Docker(True, True, True, "20.10.24", ("172.17.0.0/16", "172.18.0.0/16"))
    assert seen.docker == docker
    assert sum("/json" in r for r in engine.requests) == 2, "only CHT's container is inspected"
    assert "PRIVATE KEY" not in json.dumps(wire.encode(seen))


def test_cht_4_stopped_and_without_a_reachable_volume(root: Path, tmp_path: Path) -> None:
    """A volume elsewhere (rootless Docker, another driver): the engine's archive is asked."""
    leaf, key, fingerprint = self_signed(tmp_path, "old.example")
    stopped = Container(
        nginx("4.2.1", "cht_nginx_1", running=False, source="/nowhere/_data"),
        {"/etc/nginx/private/cert.pem": (leaf, 0o644), "/etc/nginx/private/key.pem": (key, 0o600)},
    )
    with with_docker(root, [stopped]):
        seen = look(nobody(root))
    (web,) = seen.web
    assert (web.kind, web.version, web.running, web.https_port) == ("cht", "4.2.1", False, 443)
    assert (web.certificate_sha256, web.served_sha256, web.key_kept) == (fingerprint, "", True)


def test_cht_3(root: Path, tmp_path: Path) -> None:
    leaf, _, fingerprint = self_signed(tmp_path, "three.example")
    machine = nobody(root)
    machine.file("/srv/settings/medic-core/nginx/private/default.crt", leaf)
    details = medic_os()
    details["State"]["Running"] = False
    with with_docker(root, [Container(details)]):
        (web,) = look(machine).web
    assert (web.kind, web.version, web.container) == ("cht3", "cht-3.9.0-rc.2", "medic-os")
    assert web.certificate_sha256 == fingerprint
    assert web.certificate_path == "/srv/settings/medic-core/nginx/private/default.crt"
    assert not web.key_kept


def test_a_container_whose_image_lost_its_name(root: Path) -> None:
    details = nginx("4.10.0")
    details["ListedImage"] = "sha256:" + "ab" * 32
    details["State"]["Running"] = False
    with with_docker(root, [Container(details)]):
        assert [w.version for w in look(nobody(root)).web] == ["4.10.0"]


def test_a_certificate_that_is_a_link_is_read_inside_the_container(root: Path) -> None:
    """Its target is meant inside: /etc/shadow of the host must not be read."""
    machine = nobody(root)
    volume = root / "var/lib/docker/volumes/cht_cht-ssl/_data"
    volume.mkdir(parents=True)
    (volume / "cert.pem").symlink_to("/etc/shadow")
    details = nginx()
    details["State"]["Running"] = False
    with with_docker(root, [Container(details)]) as engine:
        (web,) = look(machine).web
    assert web.certificate_sha256 == ""
    assert any("archive?path=%2Fetc%2Fnginx%2Fprivate%2Fcert.pem" in r for r in engine.requests)


def test_a_reverse_proxy_in_front(root: Path) -> None:
    machine = nobody(root)
    machine.unit("nginx.service")
    machine.file("/etc/nginx/nginx.conf", "http { include /etc/nginx/sites-enabled/*; }\n")
    machine.file(
        "/etc/nginx/sites-enabled/cht",
        "server { listen 443 ssl; server_name clinic.example; ssl_certificate /etc/ssl/c.pem;\n"
        "ssl_certificate_key /etc/ssl/k.pem; location / { proxy_pass https://127.0.0.1:8443; } }\n",
    )
    machine.listens(
        [
            ("tcp", "0.0.0.0", 443, 811, "nginx", "/system.slice/nginx.service"),
            ("tcp", "0.0.0.0", 22, 500, "sshd", "/system.slice/ssh.service"),
        ]
    )
    details = nginx(ports=(8080, 8443))
    details["State"]["Running"] = False
    with with_docker(root, [Container(details)]):
        seen = look(machine)
    cht, proxy = seen.web
    assert (cht.kind, cht.https_port) == ("cht", 8443)
    assert (proxy.kind, proxy.unit, proxy.https_port) == ("files", "nginx.service", 443)
    assert (proxy.certificate_path, proxy.key_path) == ("/etc/ssl/c.pem", "/etc/ssl/k.pem")
    assert [(x.port, x.process, x.unit) for x in seen.listeners if x.port == 443] == [
        (443, "nginx", "nginx.service")
    ]


def test_several_instances(root: Path) -> None:
    containers = []
    for number in (2, 1):
        details = nginx("5.0.0", f"t{number}-nginx-1", ports=(8000 + number, 8440 + number))
        details["State"]["Running"] = False
        containers.append(Container(details))
    with with_docker(root, containers):
        assert [(w.container, w.https_port) for w in look(nobody(root)).web] == [
            ("t1-nginx-1", 8441),
            ("t2-nginx-1", 8442),
        ]


def test_k3s(root: Path) -> None:
    machine = nobody(root)
    assert look(machine).kubernetes == ""
    machine.listens([("tcp", "0.0.0.0", 6443, 900, "k3s-server", "/system.slice/k3s.service")])
    assert look(machine).kubernetes == "port 6443"
    machine.unit("k3s.service")
    assert look(machine).kubernetes == "k3s"


def test_docker_that_answers_nonsense_is_a_problem(root: Path) -> None:
    machine = nobody(root)
    machine.unit("docker.service")
    with with_docker(root, []) as engine:
        engine.raw = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
        seen = look(machine)
    assert seen.docker.installed
    assert not seen.docker.running
    assert seen.docker.error.startswith("docker-failed: 500")
    assert [p for p in seen.problems if p.startswith("web: docker-failed")]


def test_docker_installed_but_stopped(root: Path) -> None:
    machine = nobody(root)
    machine.unit("docker.service", enabled="disabled", active="inactive")
    seen = look(machine)
    assert seen.docker == wire.Docker(True, False, False, "", ())
    assert seen.problems == ()


@pytest.mark.parametrize(
    ("unit", "path", "text", "pair"),
    [
        ("apache2", "/etc/apache2/sites-enabled/a.conf",
         "<VirtualHost *:443>\nServerName other.example\nSSLCertificateFile /x.pem\n"
         "</VirtualHost>\n"
         "<VirtualHost *:443>\nServerName clinic.example:443\nSSLCertificateFile \"/c.pem\"\n"
         "SSLCertificateKeyFile /k.pem\n</VirtualHost>\n", ("/c.pem", "/k.pem")),
        ("apache2", "/etc/apache2/sites-enabled/a.conf",
         "<VirtualHost *:443>\nSSLCertificateFile ssl/both.pem\n</VirtualHost>\n",
         ("/etc/apache2/ssl/both.pem", "/etc/apache2/ssl/both.pem")),
        ("nginx", "/etc/nginx/nginx.conf",
         "http { ssl_certificate all.pem; ssl_certificate_key all.key; # }\n"
         "server { server_name \"a.example\"; }\n"
         " server { server_name *.example; location ~ \\.x {}\n"
         "ssl_certificate 'c c.pem'; } }", ("/etc/nginx/c c.pem", "/etc/nginx/all.key")),
        ("nginx", "/etc/nginx/nginx.conf",
         "http { server { listen 80; } server { server_name b.example;\n"
         "ssl_certificate /b.pem; ssl_certificate_key /b.key; } }", ("/b.pem", "/b.key")),
        ("caddy", "/etc/caddy/Caddyfile",
         "https://clinic.example {\n\ttls /c.pem /k.pem\n\treverse_proxy :8080\n}\n",
         ("/c.pem", "/k.pem")),
    ],
)  # fmt: skip
def test_plain_web_servers(
    root: Path, unit: str, path: str, text: str, pair: tuple[str, str]
) -> None:
    machine = nobody(root)
    machine.unit(unit + ".service", active="failed")
    machine.file(path, text)
    (web,) = look(machine).web
    assert (web.kind, web.unit, web.running) == ("files", unit + ".service", False)
    assert (web.certificate_path, web.key_path) == pair


def test_a_web_server_without_https_is_none(root: Path) -> None:
    machine = nobody(root)
    machine.unit("nginx.service")
    machine.file("/etc/nginx/nginx.conf", "http { server { listen 80; } }")
    assert look(machine).web == ()


# ------------------------------------------------------------------ sockets, filters


def test_who_listens(root: Path) -> None:
    machine = nobody(root)
    machine.listens(
        [
            (
                "udp",
                "127.0.0.53",
                53,
                420,
                "systemd-resolve",
                "/system.slice/systemd-resolved.service",
            ),
            (
                "tcp",
                "127.0.0.53",
                53,
                420,
                "systemd-resolve",
                "/system.slice/systemd-resolved.service",
            ),
            ("udp", "192.168.122.1", 53, 1200, "dnsmasq", "/system.slice/libvirtd.service"),
            ("tcp", "0.0.0.0", 443, 1300, "docker-proxy", "/system.slice/docker.service"),
            ("tcp", "0.0.0.0", 5432, 1400, "postgres", "/system.slice/postgresql.service"),
        ]
    )
    found = look(machine).listeners
    assert [(x.port, x.protocol, x.address, x.process, x.pid, x.unit) for x in found] == [
        (53, "tcp", "127.0.0.53", "systemd-resolve", 420, "systemd-resolved.service"),
        (53, "udp", "127.0.0.53", "systemd-resolve", 420, "systemd-resolved.service"),
        (53, "udp", "192.168.122.1", "dnsmasq", 1200, "libvirtd.service"),
        (443, "tcp", "0.0.0.0", "docker-proxy", 1300, "docker.service"),
    ]  # fmt: skip


def test_ufw(root: Path) -> None:
    machine = nobody(root)
    machine.file("/etc/ufw/ufw.conf", "# /etc/ufw/ufw.conf\nENABLED=yes\nLOGLEVEL=low\n")
    machine.file("/etc/default/ufw", 'DEFAULT_INPUT_POLICY="DROP"\n')
    machine.file("/etc/ufw/user.rules", recorded("ufw-user.rules"))
    firewall = look(machine).firewall
    assert (firewall.kind, firewall.active) == ("ufw", True)
    assert firewall.rules == ("123/udp", "22/tcp", "443/tcp", "53/udp@eth0", "80/tcp")
    machine.file("/etc/default/ufw", 'DEFAULT_INPUT_POLICY="ACCEPT"\n')
    accepting = look(machine).firewall.rules
    assert "547/udp" in accepting
    assert "67/udp" not in accepting, "denied by a rule of its own"
    machine.file("/etc/ufw/ufw.conf", "#ENABLED=yes\nENABLED=no\n")
    assert look(machine).firewall.kind == "none"


def test_firewalld(root: Path) -> None:
    machine = nobody(root)
    machine.unit("firewalld.service")
    machine.file("/etc/firewalld/firewalld.conf", "# comment\nDefaultZone=public\n")
    machine.command("firewall-cmd", recorded("firewall-cmd-list-all-zones"))
    firewall = look(machine).firewall
    assert (firewall.kind, firewall.zone) == ("firewalld", "internal")
    assert firewall.rules == ("22/tcp", "53/tcp", "53/udp", "5353/udp", "67/udp")
    zones = recorded("firewall-cmd-list-all-zones").replace("interfaces: eth0", "interfaces: ")
    machine.command("firewall-cmd", zones)
    firewall = look(machine).firewall
    assert (firewall.zone, firewall.rules) == ("public", ("22/tcp", "443/tcp"))
    machine.command("firewall-cmd", zones.replace("trusted\n", "trusted (default)\n"))
    assert look(machine).firewall.zone == "trusted"
    assert "67/udp" in look(machine).firewall.rules
    del machine.answers["firewall-cmd"]  # no answer is not the same as no open port
    assert "firewalld: firewall-cmd: not found" in look(machine).problems


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("table inet f { chain i { type filter hook input priority 0; } }\n", "none"),
        ("# policy drop\n", "none"),
        ("table inet f { chain i { type filter hook input priority 0; policy drop}}\n", "nftables"),
        ('include "/etc/nftables.d/*.nft"\n', "nftables"),
    ],
)  # fmt: skip
def test_nftables(root: Path, text: str, kind: str) -> None:
    machine = nobody(root)
    machine.unit("nftables.service")
    machine.file("/etc/nftables.conf", text)
    machine.file("/etc/nftables.d/own.nft", "add rule inet f i reject\n")
    assert look(machine).firewall.kind == kind


# ------------------------------------------------------------------------- the rest


def test_packages(root: Path) -> None:
    machine = nobody(root)
    machine.command("apt-get")
    seen = look(machine).packages
    assert seen.system == "apt"
    assert not any("apt-cache" in argv for argv in machine.ran), "apt has no lists: nothing to ask"
    assert [(p.name, p.installed, p.candidate) for p in seen.items][:2] == [
        ("dnsmasq-base", "2.90-4~deb12u1", "2.90-4~deb12u1"),
        ("hostapd", "", ""),  # its configuration was left behind
    ]
    machine.file("/var/lib/apt/lists/mirror_debian_dists_bookworm_main_Packages", "")
    machine.command(
        "apt-cache",
        "hostapd:\n  Installed: (none)\n  Candidate: 2:2.10-12+deb12u3\n  Version table:\n"
        "     2:2.10-12+deb12u3 500\niw:\n  Installed: (none)\n  Candidate: (none)\n",
    )
    items = look(machine).packages.items
    assert {p.name: p.candidate for p in items if not p.installed} == {
        "hostapd": "2:2.10-12+deb12u3", "iw": "", "wireless-regdb": "", "chrony": "", "dnsmasq": "",
    }  # fmt: skip
    (asked,) = [argv for argv in machine.ran if argv[0] == "apt-cache"]
    assert asked == ["apt-cache", "policy", "hostapd", "iw", "wireless-regdb", "chrony", "dnsmasq"]


def test_who_holds_the_package_system(root: Path) -> None:
    machine = nobody(root)
    machine.file("/var/lib/dpkg/lock-frontend", "")
    inode = (root / "var/lib/dpkg/lock-frontend").stat().st_ino
    machine.file("/proc/locks", f"1: POSIX  ADVISORY  WRITE 777 08:01:{inode + 1} 0 EOF\n")
    assert look(machine).packages.lock == ""
    machine.file("/proc/locks", f"1: POSIX  ADVISORY  WRITE 777 08:01:{inode} 0 EOF\n")
    machine.file("/proc/777/comm", "unattended-upgr\n")
    assert look(machine).packages.lock == "unattended-upgr"


def test_the_ubuntu_look(root: Path) -> None:
    machine = netplan_networkd(root)
    seen = look(machine)
    assert seen.cloud_init == wire.CloudInit(
        True, False, False, ("/etc/netplan/50-cloud-init.yaml",)
    )
    assert seen.resolver.link == "../run/systemd/resolve/stub-resolv.conf"
    assert seen.resolver.nameservers == ("127.0.0.53",)
    assert seen.resolver.resolved
    assert seen.network.wait_online == ("systemd-networkd-wait-online.service",)
    assert (seen.system.id, seen.system.init, seen.system.architecture) == (
        "debian",
        "systemd",
        "arm64",
    )
    assert (seen.system.uptime, seen.memory) == (3600.25, 2014316 * 1024)
    machine.file(names.CLOUD_INIT_FILE, "# network: off\nnetwork: {config: disabled}\n")
    machine.file("/etc/cloud/cloud-init.disabled", "")
    seen = look(machine)
    assert (seen.cloud_init.disabled, seen.cloud_init.network_disabled) == (True, True)


def test_an_absolute_link_stays_below_the_root(root: Path) -> None:
    machine = nobody(root)
    machine.file("/run/NetworkManager/resolv.conf", "nameserver 192.0.2.77\n")
    os.symlink("/run/NetworkManager/resolv.conf", machine.path("/etc/resolv.conf"))
    assert look(machine).resolver.nameservers == ("192.0.2.77",)


def test_radios(root: Path) -> None:
    machine = nobody(root)
    assert look(machine).radios == ()
    machine.link("wlan0", kind="wifi")
    for number in (0, 1):
        machine.file(f"/sys/class/ieee80211/phy{number}/index", str(number))
        machine.file(f"/sys/class/rfkill/rfkill{number}/name", f"phy{number}\n")
        machine.file(f"/sys/class/rfkill/rfkill{number}/soft", "1\n")
        machine.file(f"/sys/class/rfkill/rfkill{number}/hard", f"{number}\n")
    assert look(machine).radios == (
        wire.Radio("phy0", "wlan0", False, "soft", read=False),
        wire.Radio("phy1", "", False, "hard", read=False),
    )
    machine.command("iw", recorded("iw-phy"))
    assert [r.ap for r in look(machine).radios] == [True, False], "AP/VLAN alone is no access point"


def test_owned_files(root: Path) -> None:
    machine = nobody(root)
    ours = hashlib.sha256(b"ours").hexdigest()
    machine.file(names.DNSMASQ_CONF, "edited")
    machine.file("/etc/key.pem", "PRIVATE")
    listed: dict[str, Any] = {names.DNSMASQ_CONF: {"written": ours, "secret": False}}
    listed["/etc/key.pem"] = {"written": ours, "secret": True}
    listed["/etc/gone"] = {"written": ours}
    machine.file(names.STATE + "/owned.json", json.dumps(listed))
    owned = {o.path: o for o in look(machine).owned}
    edited = owned[names.DNSMASQ_CONF]
    assert (edited.written, edited.text) == (ours, "edited")
    assert edited.present == hashlib.sha256(b"edited").hexdigest()
    assert (owned["/etc/key.pem"].text, owned["/etc/gone"].present) == ("", "")
    machine.file(names.STATE + "/owned.json", '{"broken')
    seen = look(machine)
    assert seen.owned == ()
    assert [p for p in seen.problems if p.startswith("owned: ")]


def test_fingerprints_like_ssh_keygens(root: Path) -> None:
    folder = root / "etc/ssh"
    folder.mkdir(parents=True)
    key = folder / "ssh_host_ed25519_key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    argv = ["ssh-keygen", "-l", "-f", str(key) + ".pub"]
    told = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split()[1]
    (folder / "ssh_host_bad_key.pub").write_text("ssh-rsa !!!")
    assert look(nobody(root)).ssh_host_keys == (told,)


def test_the_clock(root: Path) -> None:
    machine = nobody(root)
    machine.unit("chrony.service")
    clock = look(machine).clock
    assert (clock.services, clock.synchronised, clock.rtc) == (("chrony",), False, False)
    machine.file("/run/systemd/timesync/synchronized", "")
    machine.file("/dev/rtc0", "")
    clock = look(machine).clock
    assert (clock.synchronised, clock.rtc) == (True, True)


def test_units_by_their_second_name(root: Path) -> None:
    """Lists tell of an alias only that it is one."""
    machine = nobody(root)
    machine.unit("ssh.service", enabled="alias")
    machine.unit("nginx.service", enabled="masked-runtime", active="inactive")
    states = {s.unit: (s.load, s.enabled, s.active) for s in look(machine).services}
    assert states["ssh.service"] == ("loaded", "alias", "active")
    assert states["nginx.service"] == ("masked", "masked-runtime", "inactive")
    assert states["docker.service"] == ("not-found", "", "inactive")
    assert [argv[-1] for argv in machine.ran if argv[:2] == ["systemctl", "show"]] == [
        "ssh.service"
    ]


# ------------------------------------------------------------------- broken machines


class Silent(Host):
    """A root with nothing in it, where every command does the same."""

    def __init__(self, root: Path, act: Callable[[], Done]) -> None:
        super().__init__(str(root))
        self.act = act

    def run(
        self,
        argv: list[str],
        input: str = "",  # noqa: A002 Host calls it so
        timeout: float = 60.0,
        env: dict[str, str] | None = None,
    ) -> Done:
        return self.act()


def explode() -> Done:
    raise RuntimeError("no memory")


@pytest.mark.parametrize(
    "act",
    [
        lambda: Done(127, "", "not found"),
        lambda: Done(124, "", "no answer within 10 seconds"),
        lambda: Done(0, "", ""),
        lambda: Done(0, "\0\xff nonsense {", ""),
        lambda: Done(0, '[{"ifname": 7}, 3]', ""),
        lambda: Done(0, '[{"ifname": "eth0", "addr_info": [{"family": "inet", "local": 1}]}]', ""),
        explode,
    ],
)
def test_broken_machines_still_give_facts(root: Path, act: Callable[[], Done]) -> None:
    seen = look(Silent(root, act))
    assert [p for p in seen.problems if p.startswith("services: ")]
    assert seen.network.reason == "none"
    assert seen.disks[0].total > 0


def test_files_full_of_rubbish(root: Path) -> None:
    machine = nobody(root)
    rubbish = bytes(range(256)) * 40 + b"\n\n" + b": = [ ] { } \n" * 50
    for path in (
        "/proc/net/tcp", "/proc/net/route", "/proc/net/ipv6_route", "/etc/os-release",
        "/etc/netplan/1.yaml", "/etc/network/interfaces", "/run/network/ifstate", "/proc/locks",
        "/var/lib/dpkg/status", "/etc/resolv.conf", "/etc/ufw/ufw.conf", "/etc/nginx/nginx.conf",
        "/etc/cloud/cloud.cfg", "/proc/uptime", "/proc/meminfo", "/etc/ssh/ssh_host_x_key.pub",
    ):  # fmt: skip
        machine.file(path, rubbish)
    machine.unit("nginx.service")
    seen = look(machine)
    assert seen.interface("eth0") is not None
    assert seen.network.reason == "none"


# ------------------------------------------------------------------ the real machine


def test_this_machine() -> None:
    seen = look(Host(), "")
    assert seen.system.kernel == os.uname().release
    assert seen.interface("lo") is not None
    assert seen.disks[0].total > 0
    assert seen.memory > 1 << 26
    assert abs(seen.clock.now - time.time()) < 60
