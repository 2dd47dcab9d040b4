"""A request for a certificate (PKCS#10, RFC 2986), made here so that its key never travels.

The key lies in names.REQUEST, for root alone, until a certificate for it is installed. openssl
makes it: the host's own or, where there is none, that of the CHT's web server.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from typing import Any, List, Optional, Tuple

from . import digest, disk, names
from .changes import Plain
from .host import Host
from .transaction import Refused, Transaction, busy, prepare_state

SECONDS = 120.0  # an RSA key on a small or busy computer
MOST_NAMES = 20
COMMON_NAME = 64  # characters (RFC 5280, ub-common-name)
KINDS = {"rsa": ["rsa:2048"], "ec": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]}
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
DNS_NAME = re.compile(r"(\*\.)?(%s\.)+%s" % (LABEL, LABEL))
KEY = re.compile(r"-----BEGIN ([A-Z]+ )?PRIVATE KEY-----.*?-----END \1?PRIVATE KEY-----\n?", re.S)
CSR = re.compile(
    r"-----BEGIN CERTIFICATE REQUEST-----(.*?)-----END CERTIFICATE REQUEST-----\n?", re.S
)


def pending(host: Host) -> Optional[Plain]:
    """Return wire.KeyRequest of the key that waits for its certificate, or None."""
    try:
        about = json.loads(host.read(names.REQUEST + "/about.json") or "null")
    except ValueError:
        return None
    csr = host.read(names.REQUEST + "/request.csr")
    there = host.exists(names.REQUEST + "/key.pem")
    return dict(about, csr=csr) if isinstance(about, dict) and csr and there else None


def request(host: Host, key_kind: str, wanted: Any, replace: bool) -> Plain:
    """Make a key and a request for these names, the domain first; returns wire.KeyRequest.

    One waits at a time; with `replace` a new one takes its place, and the old key is gone. Raises
    Refused: bad-request, busy, request-waits (with `since`, `names`), no-openssl, request-failed,
    disk-full, read-only, disk-error.
    """
    if key_kind not in KINDS:
        raise Refused("bad-request", "key_kind")
    if not isinstance(wanted, list) or not 0 < len(wanted) <= MOST_NAMES:
        raise Refused("bad-request", "names")
    for name in wanted:
        if not isinstance(name, str) or len(name) > 253 or not DNS_NAME.fullmatch(name):
            raise Refused("bad-request", "names")
    if not host.root and not disk.may_chown():
        raise Refused("not-root")
    transaction = Transaction(host)
    try:
        prepare_state(host)
    except OSError as error:
        raise Refused(disk.code_of(error), names.STATE) from None
    if not transaction.start_lock.take(wait=1.0, who="request"):
        raise busy(transaction)
    try:
        if transaction.exists():  # it may be about to install the certificate of the old one
            raise busy(transaction)
        waiting = pending(host)
        if waiting is not None and not replace:
            names_ = ", ".join(waiting["names"])
            raise Refused("request-waits", since=waiting["at"], names=names_)
        key, csr = _make(host, key_kind, wanted)
        return _file(host, key, csr, key_kind, wanted)
    finally:
        transaction.start_lock.release()


def _make(host: Host, key_kind: str, wanted: List[str]) -> Tuple[str, str]:
    """Return (key, request) as PEM; both come over a pipe, so that no file has to be trusted."""
    subject = "/CN=" + wanted[0] if len(wanted[0]) <= COMMON_NAME else "/"
    argv = ["openssl", "req", "-new", "-batch", "-sha256", "-nodes", "-newkey", *KINDS[key_kind]]
    argv += ["-keyout", "/dev/stdout", "-subj", subject]
    argv += ["-addext", "subjectAltName=" + ",".join("DNS:" + name for name in wanted)]
    if host.which("openssl"):
        done = host.run(argv, timeout=SECONDS)
        text, said = done.out, done.err if done.ok else done.err or "exit code %d" % done.code
    else:
        text = said = _in_container(host, argv)
    key, csr = KEY.search(text), CSR.search(text)
    if key is None or csr is None:
        said = KEY.sub("(hidden)", said)
        raise Refused("request-failed", said.strip()[-600:])
    return key.group(0), csr.group(0)


def _in_container(host: Host, argv: List[str]) -> str:
    from .docker import Docker, DockerError
    from .look import web

    engine = Docker(host, timeout=30.0)
    try:
        listed = web.containers(host, engine, "")
        for one in listed:
            if not one["running"]:
                continue
            code, text = engine.execute(one["container"], argv, timeout=SECONDS)
            if code not in (126, 127):  # there is an openssl in it
                return text
    except DockerError as error:
        raise Refused("request-failed", error.detail or error.code) from None
    raise Refused("no-openssl")


def _file(host: Host, key: str, csr: str, key_kind: str, wanted: List[str]) -> Plain:
    about = {
        "at": time.time(),
        "key_kind": key_kind,
        "names": wanted,
        "spki_sha256": digest.sha256(_public_key(csr)),
    }
    final = host.path(names.REQUEST)
    fresh = os.path.join(host.path(names.STATE), "new-request-%d" % os.getpid())
    gone = os.path.join(host.path(names.STATE), "new-gone-%d" % os.getpid())
    try:
        for left in (fresh, gone):
            shutil.rmtree(left, ignore_errors=True)
        disk.make_folder(fresh, 0o700)
        disk.land(os.path.join(fresh, "key.pem"), key.encode(), 0o600)
        disk.land(os.path.join(fresh, "request.csr"), csr.encode(), 0o600)
        disk.land(os.path.join(fresh, "about.json"), json.dumps(about).encode(), 0o600)
        if os.path.isdir(final):
            os.rename(final, gone)
        os.rename(fresh, final)
        disk.sync_folder(os.path.dirname(final))
    except OSError as error:
        raise Refused(disk.code_of(error), names.REQUEST) from None
    finally:
        for left in (fresh, gone):
            shutil.rmtree(left, ignore_errors=True)
    return dict(about, csr=csr)


def _public_key(csr: str) -> bytes:
    """Return the SubjectPublicKeyInfo of a request: its third part (RFC 2986, section 4.1)."""
    import base64

    match = CSR.search(csr)
    try:
        body = base64.b64decode(match.group(1) if match else "")
        info = _inside(_inside(body))
        for _ in range(2):  # version, subject
            info = info[_size(info) :]
        return info[: _size(info)]
    except (ValueError, IndexError):
        raise Refused("request-failed", "not a request") from None


def _inside(der: bytes) -> bytes:
    """Return what is in the first element (X.690, 8.1.3: a length is short, or has a length)."""
    long = der[1] & 0x7F if der[1] & 0x80 else 0
    return der[2 + long : _size(der)]


def _size(der: bytes) -> int:
    if not der[1] & 0x80:
        return 2 + der[1]
    long = der[1] & 0x7F
    return 2 + long + int.from_bytes(der[2 : 2 + long], "big")
