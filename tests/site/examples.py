"""A site and a server with nothing wrong, and ways to change one thing about them."""

from __future__ import annotations

import dataclasses
from typing import Any

from wizard.agent import wire
from wizard.site import model


def site(**changes: Any) -> model.Site:
    """A complete site without any finding; `static_ip__address="..."` changes one field."""
    whole = model.Site(
        name="Kibera clinic",
        domain="clinic.example.org",
        server=model.Login("192.168.1.20", 22, "medic", "~/.ssh/id_ed25519"),
        static_ip=model.StaticIp("eth0", "10.20.0.1/24"),
        dns_dhcp=model.DnsDhcp(first="10.20.0.100", last="10.20.0.199"),
        certificate=model.CertificateFiles(("fullchain.pem", "privkey.pem")),
    )
    found: model.Site = changed(whole, **changes)
    return found


def changed(whole: Any, **changes: Any) -> Any:
    for path, value in changes.items():
        name, _, rest = path.partition("__")
        inner = changed(getattr(whole, name), **{rest: value}) if rest else value
        whole = dataclasses.replace(whole, **{name: inner})
    return whole


def interface(name: str, *addresses: str, **changes: Any) -> wire.Interface:
    return dataclasses.replace(
        wire.Interface(
            name=name,
            mac="52:54:00:00:00:01",
            kind="ethernet",
            up=True,
            carrier=True,
            driver="e1000",
            master="",
            mtu=1500,
            addresses=tuple(map(_address, addresses)),
            ipv6=True,
            manager="netplan",
            profile="",
        ),
        **changes,
    )


def _address(text: str) -> wire.Address:
    address, _, prefix = text.partition("/")
    family = 6 if ":" in text else 4
    return wire.Address(address, int(prefix or 0), family, "global", dynamic=True)


def web(container: str, kind: str = "cht", unit: str = "") -> wire.WebServer:
    return wire.WebServer(
        kind=kind,
        container=container,
        container_id="",
        image="",
        version="4.21.0",
        running=True,
        status="",
        http_port=80,
        https_port=443,
        certificate_path="",
        key_path="",
        unit=unit,
        certificate_sha256="",
        chain_sha256=(),
        served_sha256="",
    )


def facts(**changes: Any) -> wire.Facts:
    """A server that gives no reason for a finding: eth0 at 192.168.1.20, Docker beside it."""
    docker0 = interface("docker0", "172.17.0.1/16", kind="virtual", manager="")
    whole = wire.Facts(
        agent="1",
        system=wire.System(
            id="debian",
            version_id="12",
            codename="bookworm",
            pretty_name="Debian 12",
            like=(),
            kernel="6.1",
            architecture="amd64",
            hostname="server",
            machine_id="0" * 32,
            python="3.11.2",
            init="systemd",
            boot_id="",
            uptime=1.0,
        ),
        clock=wire.Clock(0.0, True, True, (), 0.0),
        disks=(),
        memory=2**33,
        interfaces=(
            interface("lo", "127.0.0.1/8", kind="loopback", manager=""),
            interface("eth0", "192.168.1.20/24"),
            docker0,
        ),
        routes=(),
        connection=None,
        network=wire.Network("netplan", "networkd", "ok", ("netplan",), (), {}, ()),
        cloud_init=wire.CloudInit(False, False, False, ()),
        listeners=(),
        firewall=wire.Firewall("none", False),
        packages=wire.Packages("apt", (), ""),
        services=(),
        docker=wire.Docker(True, True, True, "24", ("172.17.0.0/16", "172.18.0.0/16")),
        web=(web("cht-nginx-1"),),
        kubernetes="",
        radios=(),
        resolver=wire.Resolver("", (), False, ""),
        owned=(),
        pending=None,
        ssh_host_keys=(),
    )
    found: wire.Facts = changed(whole, **changes)
    return found
