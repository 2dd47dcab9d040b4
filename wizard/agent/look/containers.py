"""The CHT's containers: which come back by themselves, and where the database lies."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Tuple

from ..docker import Docker, DockerError
from ..host import Host
from . import storage

# cht-core: scripts/build/*.yml.template; images of 3.x: medic-os and its haproxy
PART = re.compile(r"(?:^|/)(?:cht-[\w-]+|medic-os|medicmobile/haproxy)(?::(?P<tag>[^@/]+))?(?:@|$)")
# the folder inside that holds the data, by image
DATA = (
    (re.compile(r"(?:^|/)cht-couchdb(?::|@|$)"), "/opt/couchdb/data"),
    (re.compile(r"(?:^|/)medic-os(?::|@|$)"), "/srv"),
)


def inspected(engine: Docker) -> List[Dict[str, Any]]:
    """Return what Docker knows of every container of the CHT; none without Docker.

    Raises DockerError when Docker answers, but wrongly.
    """
    try:
        listed = engine.containers()
    except DockerError as error:
        if error.code == "docker-absent":
            return []
        raise
    found = []
    for summary in listed:
        image = str(summary.get("Image", ""))
        # an image whose tag moved on is listed by its bare number: only an inspect tells its name
        if not PART.search(image) and not re.match(r"(sha256:)?[0-9a-f]{12,64}$", image):
            continue
        try:
            details = engine.inspect(str(summary.get("Id", "")))
        except DockerError as error:
            if error.code == "docker-not-found":  # gone in between
                continue
            raise
        if PART.search(_image(details)):
            found.append(details)
    return sorted(found, key=_name)


def parts(details: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """Return wire.Container of what `inspected` told."""
    found = []
    for one in details:
        image = PART.search(_image(one))
        state = one.get("State") or {}
        policy = ((one.get("HostConfig") or {}).get("RestartPolicy") or {}).get("Name")
        found.append(
            {
                "name": _name(one),
                "image": _image(one),
                "version": (image.group("tag") if image else "") or "",
                "running": bool(state.get("Running")) and not state.get("Restarting"),
                "restart_policy": policy or "no",
            }
        )
    return found


def data_folders(details: List[Dict[str, Any]]) -> List[Tuple[str, str]]:
    """Return (container, folder on the server) of every database that has one."""
    found = []
    for one in details:
        for image, inside in DATA:
            if not image.search(_image(one)):
                continue
            for mount in one.get("Mounts") or []:
                if mount.get("Destination") == inside and mount.get("Source"):
                    found.append((_name(one), str(mount["Source"])))
    return found


def databases(host: Host, folders: List[Tuple[str, str]]) -> List[Dict[str, Any]]:
    """Return wire.Database of every folder; all of them share the time for counting."""
    found = []
    for container, path in folders:
        size, complete = storage.size(host, path, storage.COUNTING / len(folders))
        found.append({"container": container, "path": path, "size": size, "complete": complete})
    return found


def _image(details: Dict[str, Any]) -> str:
    return str((details.get("Config") or {}).get("Image", ""))


def _name(details: Dict[str, Any]) -> str:
    return str(details.get("Name", "")).lstrip("/")
