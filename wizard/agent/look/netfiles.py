"""The network managers' configuration files as text, with the secrets taken out."""

from __future__ import annotations

import os
import posixpath
import re
import stat
import sys
from typing import Any, Dict, List, Tuple

from ..digest import sha256
from ..host import Host

HIDDEN = "(hidden)"
SIZE = 1 << 18
COUNT = 100
NETPLAN_FOLDERS = ("/lib/netplan", "/etc/netplan", "/run/netplan")  # later ones shadow earlier

# Names of settings that hold a secret, in netplan, NetworkManager keyfiles, networkd, interfaces(5)
# with wpa_supplicant's and wireless-tools' names, and dhcpcd. Better one hidden too many.
_SECRET = re.compile(
    r"(psk|passw(or)?d|passphrase|secret|private|preshared|presharedkey|shared|token|\bcak\b"
    r"|wep[-_]?key|wireless[-_]key|^keys?\d*$|^pin$|^key-?\d$)",
    re.I,
)
_NOT_SECRET = re.compile(r"(-flags|-type|key[-_]?mgmt|key-management)$", re.I)
_YAML_PAIR = re.compile(
    r"(?P<name>\"[^\"\n]+\"|'[^'\n]+'|[\w.-]+)(?P<sep>\s*:\s+)"
    r"(?P<value>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\n]|'')*'|[^\s#{\[][^,}\n]*)"
)


def files(host: Host) -> List[Dict[str, Any]]:
    """Return wire.TextFile of every configuration file of every manager."""
    found = []
    for path in paths(host)[:COUNT]:
        data = host.read_bytes(path)
        if data is None:
            continue
        text = data.decode("utf-8", "replace")
        clean = redact(path, text)
        try:
            mode = stat.S_IMODE(os.stat(host.path(path)).st_mode)
        except OSError:
            mode = 0
        if os.name == "nt":  # files have no mode there; only the practice clinic runs there
            mode = 0o644
        found.append(
            {
                "path": path,
                "mode": mode,
                "sha256": sha256(data),
                "text": clean[:SIZE],
                "redacted": clean != text,
            }
        )
    return found


def paths(host: Host) -> List[str]:
    """Return the paths of all configuration files, each once."""
    found = [path for folder in NETPLAN_FOLDERS for path in _in(host, folder, (".yaml",))]
    found += interfaces_files(host)
    for path in _in(host, "/etc/systemd/network", (".network", ".netdev", ".link", ".d")):
        found += _in(host, path, (".conf",)) if path.endswith(".d") else [path]
    for folder in ("/etc", "/run"):
        found += _in(host, folder + "/NetworkManager/system-connections", ("",))
    found += _in(host, "/etc/NetworkManager", (".conf",))
    found += _in(host, "/etc/NetworkManager/conf.d", (".conf",))
    found += [p for p in ("/etc/dhcpcd.conf", "/etc/connman/main.conf") if host.exists(p)]
    return list(dict.fromkeys(found))


def interfaces_files(host: Host) -> List[str]:
    """Return /etc/network/interfaces and all it sources, in order (interfaces(5))."""
    import fnmatch

    found: List[str] = []

    def follow(path: str) -> None:
        if path in found or len(found) >= COUNT or not host.exists(path):
            return
        found.append(path)
        for line in (host.read(path) or "").splitlines():
            words = line.split()
            if len(words) < 2 or words[0] not in ("source", "source-directory"):
                continue
            for pattern in words[1:]:
                pattern = posixpath.normpath(posixpath.join("/etc/network", pattern))
                folder, name = posixpath.split(pattern)
                if words[0] == "source-directory":
                    folder, name = pattern, "*"
                for entry in host.list(folder):
                    strict = words[0] == "source" or re.match(r"^[\w-]+$", entry)
                    full = folder + "/" + entry
                    if strict and fnmatch.fnmatch(entry, name) and os.path.isfile(host.path(full)):
                        follow(full)

    follow("/etc/network/interfaces")
    return found


def netplan(host: Host) -> Dict[str, Any]:
    """Return {path: parsed YAML} of netplan's files in the order in which netplan merges them.

    A file shadowed by one of the same name in /etc or /run is left out; secrets are `(hidden)`.
    Raises ImportError when files are there but Python's yaml is not, ValueError for broken ones.
    """
    by_name: Dict[str, str] = {}
    for folder in NETPLAN_FOLDERS:
        for path in _in(host, folder, (".yaml",)):
            by_name[posixpath.basename(path)] = path
    if not by_name:
        return {}
    return {by_name[n]: _plain(_parse(host.read(by_name[n]) or "")) for n in sorted(by_name)}


def _parse(text: str) -> Any:
    try:
        import yaml
    except ImportError:
        if not sys.flags.no_site:
            raise
        import site  # the agent was started without the folders where packages are

        site.main()
        import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        # the message quotes the text, which may hold a secret: only the place is told
        mark = getattr(error, "problem_mark", None)
        place = "line %d" % (mark.line + 1) if mark else "somewhere"
        raise ValueError("not YAML: %s" % place) from None


def _plain(value: Any, hide: bool = False) -> Any:
    """Make parsed YAML fit for JSON and hide what is below a secret's name."""
    if isinstance(value, dict):
        return {str(k): _plain(v, hide or _is_secret(str(k))) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v, hide) for v in value]
    if hide and value is not None:
        return HIDDEN
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def redact(path: str, text: str) -> str:
    """Return a configuration file's text with every secret replaced by `(hidden)`."""
    if path.endswith(".yaml"):
        return _redact_yaml(text)
    rows = []
    section = ""
    for line in text.splitlines(True):
        match = re.match(r"^(\s*\[)([^\]]*)\]", line)
        if match:
            section = match.group(2).strip().lower()
        match = re.match(r"^([\s#;]*)([\w.-]+)(\s*=\s*|\s+)(.*?)(\s*)$", line, re.S)
        # [vpn-secrets] and the like: whatever the names are
        if match and match.group(4) and (_is_secret(match.group(2)) or "secret" in section):
            line = match.group(1) + match.group(2) + match.group(3) + HIDDEN + match.group(5)
        rows.append(line)
    return "".join(rows)


def _redact_yaml(text: str) -> str:
    rows = []
    depth = -1  # indentation of a secret whose value is on the following lines
    for line in text.splitlines(True):
        indent = len(line) - len(line.lstrip(" "))
        if depth >= 0 and (indent > depth or not line.strip()):
            rows.append(line if not line.strip() else " " * indent + HIDDEN + "\n")
            continue
        depth = -1
        match = re.match(r"^[\s#-]*[\"']?([\w.-]+)[\"']?\s*:\s*([|>][-+\d]*)?\s*(#.*)?$", line)
        if match and _is_secret(match.group(1)):
            depth = indent
        rows.append(_YAML_PAIR.sub(_hide_pair, line))
    clean = "".join(rows)
    # Forms that lines do not show (anchors, values folded over lines): whatever the parser takes
    # for a secret must not be in the text either.
    try:
        secrets = _secrets(_parse(text), False)
    except (ImportError, ValueError):
        return clean
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= 4:
            clean = clean.replace(secret, HIDDEN)
    words = {word for secret in secrets for word in secret.split() if len(word) >= 8}
    for word in sorted(words, key=len, reverse=True):
        clean = clean.replace(word, HIDDEN)
    return clean


def _hide_pair(match: "re.Match[str]") -> str:
    if not _is_secret(match.group("name").strip("\"'")):
        return match.group(0)
    return match.group("name") + match.group("sep") + HIDDEN


def _secrets(value: Any, hide: bool) -> List[str]:
    if isinstance(value, dict):
        return [s for k, v in value.items() for s in _secrets(v, hide or _is_secret(str(k)))]
    if isinstance(value, (list, tuple)):
        return [s for v in value for s in _secrets(v, hide)]
    return [str(value)] if hide and isinstance(value, str) else []


def _is_secret(name: str) -> bool:
    return bool(_SECRET.search(name)) and not _NOT_SECRET.search(name)


def _in(host: Host, folder: str, ends: Tuple[str, ...]) -> List[str]:
    """Return the paths of a folder's visible entries with one of these endings."""
    return [
        folder + "/" + name
        for name in host.list(folder)
        if name.endswith(ends) and not name.startswith(".")
    ]
