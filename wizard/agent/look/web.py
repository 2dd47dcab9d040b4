"""What serves HTTPS: CHT instances in Docker, and plain web servers on the host.

A reverse proxy in front of CHT shows as the two of them: CHT published on another port than 443,
and somebody else (a container, or an entry of kind `files`) that listens on 443.
"""

from __future__ import annotations

import os
import posixpath
import re
import socket
from typing import Any, Dict, List, Optional, Tuple

from ..digest import sha256
from ..docker import Docker, DockerError
from ..host import Host
from . import greeting, webconf
from .services import Units

# cht-core: nginx.conf has these paths in every release 4.0 to 5.2, whatever its variables say;
# medic-os (3.x): cht-docs, "SSL certificates", 3.x
CHT = ("/etc/nginx/private/cert.pem", "/etc/nginx/private/key.pem")
CHT3 = (
    "/srv/settings/medic-core/nginx/private/default.crt",
    "/srv/settings/medic-core/nginx/private/default.key",
)
IMAGES = (
    ("cht", re.compile(r"(?:^|/)cht-nginx(?::(?P<tag>[^@]+))?(?:@|$)")),
    ("cht3", re.compile(r"(?:^|/)medic-os(?::(?P<tag>[^@]+))?(?:@|$)")),
)
HANDSHAKE = 5.0  # seconds


def docker(host: Host, units: Units, engine: Docker) -> Dict[str, Any]:
    """Return wire.Docker."""
    found: Dict[str, Any] = {
        "installed": bool(host.which("dockerd"))
        or units.get("docker.service")["LoadState"] == "loaded",
        "running": False,
        "enabled": units.enabled("docker.service"),
        "version": "",
        "networks": [],
        "error": "",
    }
    try:
        found["version"] = engine.version()
        found["running"] = found["installed"] = True
        for network in engine.networks():
            for settings in (network.get("IPAM") or {}).get("Config") or []:
                if settings.get("Subnet") and settings["Subnet"] not in found["networks"]:
                    found["networks"].append(settings["Subnet"])
    except DockerError as error:
        if error.code not in ("docker-absent", "docker-down") or units.active("docker.service"):
            found["error"] = "%s: %s" % (error.code, error.detail)
    return found


def containers(host: Host, engine: Docker, domain: str) -> List[Dict[str, Any]]:
    """Return wire.WebServer of every CHT container, running or not; none without Docker.

    Raises DockerError when Docker answers, but wrongly.
    """
    try:
        listed = engine.containers()
    except DockerError as error:
        if error.code in ("docker-absent", "docker-down"):
            return []
        raise
    found = []
    for summary in listed:
        image = str(summary.get("Image", ""))
        # an image whose tag moved on is listed by its bare number: only an inspect tells its name
        if not _cht(image) and not re.match(r"(sha256:)?[0-9a-f]{12,64}$", image):
            continue
        try:
            details = engine.inspect(str(summary.get("Id", "")))
        except DockerError as error:
            if error.code == "docker-not-found":  # gone in between
                continue
            raise
        named = str((details.get("Config") or {}).get("Image", image))
        if _cht(named):
            found.append(_container(host, engine, details, summary, named, domain))
    return sorted(found, key=lambda row: str(row["container"]))


def plain(
    host: Host, units: Units, listeners: List[Dict[str, Any]], domain: str
) -> List[Dict[str, Any]]:
    """Return wire.WebServer of nginx, Apache and Caddy on the host, if they serve HTTPS."""
    found = []
    for name in ("nginx", "apache2", "caddy"):
        unit = name + ".service"
        mine = [row for row in listeners if row["process"] == name and row["unit"] == unit]
        ports = [row["port"] for row in mine]
        state = units.get(unit)
        if 443 not in ports and not (units.enabled(unit) or units.active(unit)):
            continue
        certificate, key = webconf.certificate(host, name, domain)
        if 443 not in ports and not certificate:
            continue
        data = host.read_bytes(certificate) if certificate else None
        chain = hashes(data or b"")
        found.append(
            {
                "kind": "files",
                "container": "",
                "container_id": "",
                "image": "",
                "version": "",
                "running": bool(mine) or units.active(unit),
                "status": state["ActiveState"],
                "http_port": 80 if 80 in ports else 0,
                "https_port": 443 if 443 in ports else 0,
                "certificate_path": certificate,
                "key_path": key,
                "unit": unit,
                "certificate_sha256": chain[0] if chain else "",
                "chain_sha256": chain,
                "served_sha256": shown(host, 443, domain) if 443 in ports else "",
                "networks": [],
                "restart_policy": "",
                "key_kept": data is not None and bool(key) and host.exists(key),
            }
        )
    return found


def kubernetes(units: Units, listeners: List[Dict[str, Any]]) -> str:
    """Return what was found of Kubernetes: "k3s", "port 6443", or ""."""
    if units.active("k3s.service"):
        return "k3s"
    return "port 6443" if any(row["port"] == 6443 for row in listeners) else ""


def hashes(pem: bytes) -> List[str]:
    """Return the SHA-256 of every certificate of a PEM file (RFC 7468), in order."""
    import base64

    found = []
    pattern = rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----(.*?)-----END "
    for body in re.findall(pattern, pem, re.S):
        try:
            found.append(sha256(base64.b64decode(body)))
        except ValueError:
            continue
    return found


def shown(host: Host, port: int, domain: str) -> str:
    """Return the SHA-256 of the certificate shown on a port of this machine, or ""."""
    try:
        der = greeting.certificate(host.local(port), domain, HANDSHAKE)
    except socket.timeout:
        return ""
    except (OSError, ValueError):
        der = b""
    return sha256(der) if der else served(host, port, domain)


def served(host: Host, port: int, domain: str) -> str:
    """Return the SHA-256 of the certificate a whole handshake on a port ends with, or "".

    Nothing is verified, and old protocols and ciphers are taken (CHT 4.0 offers TLS 1.0): the
    question is only which certificate it is.
    """
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        context.set_ciphers("ALL:@SECLEVEL=0")
        # Addresses and names as they are, or Python would load its tables of international names.
        name = domain.encode() if domain.isascii() else domain
        with socket.socket() as raw:
            raw.settimeout(HANDSHAKE)
            raw.connect(host.local(port))
            with context.wrap_socket(raw, server_hostname=name or None) as tls:
                der = tls.getpeercert(binary_form=True)
    except (OSError, ValueError):
        return ""
    return sha256(der) if der else ""


# --------------------------------------------------------------------- containers


def _cht(image: str) -> Optional[Tuple[str, str]]:
    """Return (kind, version) of a CHT web server's image name."""
    for kind, pattern in IMAGES:
        found = pattern.search(image)
        if found:
            return kind, found.group("tag") or ""
    return None


def _container(
    host: Host,
    engine: Docker,
    details: Dict[str, Any],
    summary: Dict[str, Any],
    image: str,
    domain: str,
) -> Dict[str, Any]:
    kind, version = _cht(image) or ("cht", "")
    state = details.get("State") or {}
    running = bool(state.get("Running")) and not state.get("Restarting")
    https = _port(details, "443/tcp")
    paths = CHT if kind == "cht" else CHT3
    name = str(details.get("Name", "")).lstrip("/")
    identity = str(details.get("Id", ""))
    pem, key_there = _pair(host, engine, details, paths)
    chain = hashes(pem)
    networks = (details.get("NetworkSettings") or {}).get("Networks") or {}
    policy = ((details.get("HostConfig") or {}).get("RestartPolicy") or {}).get("Name") or ""
    return {
        "kind": kind,
        "container": name,
        "container_id": identity,
        "image": image,
        "version": version,
        "running": running,
        "status": str(summary.get("Status") or state.get("Status", "")),
        "http_port": _port(details, "80/tcp"),
        "https_port": https,
        "certificate_path": paths[0],
        "key_path": paths[1],
        "unit": "",
        "certificate_sha256": chain[0] if chain else "",
        "chain_sha256": chain,
        "served_sha256": shown(host, https, domain) if running and https else "",
        "networks": sorted(str(n) for n in networks),
        "restart_policy": "" if policy == "no" else str(policy),
        "key_kept": bool(pem) and key_there,
    }


def _port(details: Dict[str, Any], inside: str) -> int:
    """Return the host's port: the one in use, else the one it is going to have."""
    for part, key in (("NetworkSettings", "Ports"), ("HostConfig", "PortBindings")):
        for binding in ((details.get(part) or {}).get(key) or {}).get(inside) or []:
            number = str(binding.get("HostPort", ""))
            if number.isdigit() and int(number):
                return int(number)
    return 0


def _pair(
    host: Host, engine: Docker, details: Dict[str, Any], paths: Tuple[str, str]
) -> Tuple[bytes, bool]:
    """Return the certificate file's content and whether the key file is there.

    Through the volume's folder on the host when there is one, which works without the engine's
    help and at once; else through the engine's archive. A link is left to the engine, as its
    target is meant inside the container.
    """
    plain_paths = [_on_host(details, path) for path in paths]
    if all(plain_paths) and os.path.isdir(host.path(posixpath.dirname(plain_paths[0]))):
        real = [host.path(path) for path in plain_paths]
        if not any(os.path.islink(path) for path in real):
            return host.read_bytes(plain_paths[0]) or b"", os.path.isfile(real[1])
    contents = []
    for path in paths:
        try:
            contents.append(engine.get_file(str(details.get("Id", "")), path)[0])
        except DockerError:
            contents.append(b"")
    return contents[0], bool(contents[1])


def _on_host(details: Dict[str, Any], path: str) -> str:
    best = ""
    found = ""
    for mount in details.get("Mounts") or []:
        inside = str(mount.get("Destination", "")).rstrip("/")
        local = mount.get("Driver") in (None, "", "local")
        if local and path.startswith(inside + "/") and len(inside) >= len(best):
            best, found = inside, str(mount.get("Source", "")) + path[len(inside) :]
    return found
