"""Where nginx, Apache and Caddy on the host keep the certificate of a domain."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from typing import List, Optional, Tuple

from ..host import Host

FILES = 200
Pair = Tuple[str, str]
NGINX_PART = re.compile(
    r"#[^\n]*|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[{};]"
    r"|(?:[^\s{};\"'#\\]|\\.|\$\{\w+\})+"
)


def certificate(host: Host, server: str, domain: str) -> Pair:
    """Return (certificate path, key path): those of the domain's site, else the first found.

    ("", "") when the configuration names none (Caddy makes its own). Relative paths are relative
    to the server's configuration folder.
    """
    finders = {"nginx": _nginx, "apache2": _apache, "caddy": _caddy}
    folder, sites = finders[server](host)
    chosen = [pair for names, pair in sites if any(_matches(name, domain) for name in names)]
    if not chosen:
        chosen = [pair for _, pair in sites]
    if not chosen:
        return "", ""
    first, second = chosen[0]
    return posixpath.join(folder, first), posixpath.join(folder, second) if second else ""


Sites = Tuple[str, List[Tuple[List[str], Pair]]]


def _matches(name: str, domain: str) -> bool:
    name = name.lower().strip("\"'")
    return bool(domain) and (
        name == domain.lower()
        or (name.startswith("*.") and domain.lower().partition(".")[2] == name[2:])
    )


def _nginx(host: Host) -> Sites:
    """Read nginx.conf with all it includes; a server inherits the pair of the http block."""
    folder = "/etc/nginx"
    tokens = _tokens(host, folder, "/etc/nginx/nginx.conf", 0)
    sites: List[Tuple[List[str], Pair]] = []
    outer: List[str] = ["", ""]
    inner: List[str] = ["", ""]
    names: Optional[List[str]] = None  # of the server block we are in
    depth = server_depth = 0
    words: List[str] = []
    for part in tokens:
        if part == "{":
            depth += 1
            if words and words[0] == "server" and names is None:
                names, inner, server_depth = [], ["", ""], depth
            words = []
        elif part == "}":
            if names is not None and depth == server_depth:
                pair = (inner[0] or outer[0], inner[1] or outer[1])
                if pair[0]:
                    sites.append((names, pair))
                names = None
            depth -= 1
            words = []
        elif part == ";":
            pair_now = outer if names is None else inner
            if len(words) > 1 and words[0] == "server_name" and names is not None:
                names.extend(words[1:])
            elif len(words) > 1 and words[0] == "ssl_certificate":
                pair_now[0] = pair_now[0] or words[1]
            elif len(words) > 1 and words[0] == "ssl_certificate_key":
                pair_now[1] = pair_now[1] or words[1]
            words = []
        else:
            words.append(part)
    return folder, sites


def _tokens(host: Host, folder: str, path: str, level: int) -> List[str]:
    """Split an nginx file into words, ";", "{" and "}", with `include` filled in."""
    found: List[str] = []
    words: List[str] = []
    for part in NGINX_PART.findall(host.read(path) or ""):
        if part.startswith("#"):
            continue
        if part == ";" and len(words) == 2 and words[0] == "include" and level < 8:
            del found[-2:]
            for file in _expand(host, posixpath.join(folder, words[1]))[:FILES]:
                found += _tokens(host, folder, file, level + 1)
            words = []
            continue
        part = part[1:-1] if part[0] in "\"'" else part
        words = [] if part in ("{", "}", ";") else [*words, part]
        found.append(part)
    return found


def _apache(host: Host) -> Sites:
    folder = "/etc/apache2"
    paths = [folder + "/apache2.conf"]
    for part in ("mods-enabled", "conf-enabled", "sites-enabled"):
        paths += _expand(host, "%s/%s/*" % (folder, part))
    sites: List[Tuple[List[str], Pair]] = []
    names: List[str] = []
    pair = ["", ""]

    def close() -> None:
        if pair[0]:
            # the key may be in the same file (mod_ssl, SSLCertificateFile)
            sites.append((list(names), (pair[0], pair[1] or pair[0])))

    for path in paths:
        for line in (host.read(path) or "").splitlines():
            words = line.strip().split()
            key = words[0].lower() if words else ""
            if key in ("<virtualhost", "</virtualhost>"):
                close()
                names, pair = [], ["", ""]
            elif len(words) > 1 and key in ("servername", "serveralias"):
                names.extend(word.partition(":")[0] for word in words[1:])
            elif len(words) > 1 and key == "sslcertificatefile":
                pair[0] = words[1].strip("\"'")
            elif len(words) > 1 and key == "sslcertificatekeyfile":
                pair[1] = words[1].strip("\"'")
    close()
    return folder, sites


def _caddy(host: Host) -> Sites:
    sites: List[Tuple[List[str], Pair]] = []
    names: List[str] = []
    for line in (host.read("/etc/caddy/Caddyfile") or "").splitlines():
        if re.match(r"^\S.*\{\s*$", line):
            names = [re.sub(r"^\w+://|:\d+$", "", n) for n in re.split(r"[\s,{]+", line) if n]
        found = re.match(r"^\s*tls\s+(/\S+)\s+(/\S+)", line)
        if found:
            sites.append((names, (found.group(1), found.group(2))))
    return "/etc/caddy", sites


def _expand(host: Host, pattern: str) -> List[str]:
    """Return the files that a pattern means; wildcards in the last part only."""
    folder, name = posixpath.split(pattern)
    if not re.search(r"[*?\[]", name):
        return [pattern]
    return [folder + "/" + n for n in host.list(folder) if fnmatch.fnmatch(n, name)]
