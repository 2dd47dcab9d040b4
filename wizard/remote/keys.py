"""Private key files: what kind of file it is, whether it opens, and the key in it."""

from __future__ import annotations

import base64
import binascii
import io
import os
import re
import struct
from pathlib import Path

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from wizard.remote.words import RemoteError

LARGEST = 256 * 1024  # bytes; the longest RSA keys have some 12 KB
_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----(.*?)-----END", re.DOTALL)
_PUBLIC = (
    b"ssh-",
    b"ecdsa-sha2-",
    b"sk-ssh-",
    b"sk-ecdsa-",
    b"---- BEGIN SSH2 PUBLIC KEY",
    b"-----BEGIN PUBLIC KEY",
    b"-----BEGIN RSA PUBLIC KEY",
)


def load(path: str | Path, passphrase: str | None = None) -> paramiko.PKey:
    """Return the private key in a file: Ed25519, RSA or ECDSA, in OpenSSH or PEM form.

    A passphrase that the file does not need is ignored. Raises RemoteError with a code that
    begins with `key-`.
    """
    name = str(path)
    data = _read(name)
    found = _PEM.search(data)
    if data.startswith(b"PuTTY-User-Key-File-"):
        raise RemoteError("key-ppk", path=name)
    if found is None:
        raise RemoteError("key-public" if data.startswith(_PUBLIC) else "key-unknown", path=name)
    locked = _locked(found[1], found[2])
    if locked and not passphrase:
        raise RemoteError("key-passphrase-needed", path=name)
    secret = passphrase.encode() if locked and passphrase else None
    parse = (
        serialization.load_ssh_private_key
        if found[1].strip() == b"OPENSSH"
        else serialization.load_pem_private_key
    )
    try:
        key = parse(data, secret)
    except UnsupportedAlgorithm as error:
        raise RemoteError("key-kind", str(error), path=name, kind=_kind(found[2])) from None
    except (ValueError, TypeError) as error:
        code = "key-passphrase-wrong" if locked else "key-damaged"
        raise RemoteError(code, str(error), path=name) from None
    if isinstance(key, rsa.RSAPrivateKey):
        return paramiko.RSAKey(key=key)
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(
        key.curve, (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
    ):
        return paramiko.ECDSAKey(vals=(key, key.public_key()))
    if isinstance(key, ed25519.Ed25519PrivateKey):
        # paramiko takes an Ed25519 key only as a file; this one never touches the disk.
        text = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        )
        return paramiko.Ed25519Key(file_obj=io.StringIO(text.decode()))
    kind = type(key).__name__.removesuffix("PrivateKey").lstrip("_")
    raise RemoteError("key-kind", path=name, kind=kind)


def _read(name: str) -> bytes:
    try:
        if os.path.isdir(name):
            raise RemoteError("key-directory", path=name)
        with open(name, "rb") as stream:
            data = stream.read(LARGEST + 1)
    except FileNotFoundError:
        raise RemoteError("key-missing", path=name) from None
    except PermissionError as error:
        raise RemoteError("key-permission", str(error), path=name) from None
    except (OSError, ValueError) as error:
        raise RemoteError("key-unreadable", str(error), path=name) from None
    if len(data) > LARGEST:
        raise RemoteError("key-unknown", path=name)
    return data.lstrip(b"\xef\xbb\xbf \t\r\n")


def _locked(label: bytes, body: bytes) -> bool:
    """True when a key needs a passphrase (PROTOCOL.key of OpenSSH; RFC 1421, section 4.6)."""
    if label.strip() != b"OPENSSH":
        return b"ENCRYPTED" in label or b"Proc-Type: 4,ENCRYPTED" in body
    return _field(body, 0) not in (b"none", b"")


def _kind(body: bytes) -> str:
    public = _field(body, 3)
    (length,) = struct.unpack(">I", public[:4]) if len(public) >= 4 else (0,)
    return public[4 : 4 + length].decode("ascii", "replace") or "?"


def _field(body: bytes, index: int) -> bytes:
    """Return a field of an OpenSSH key: cipher, kdf, kdf options, public key; b"" when cut."""
    try:
        data = base64.b64decode(b"".join(body.split()))
    except binascii.Error:
        return b""
    at = len(b"openssh-key-v1\0")
    for step in range(index + 1):
        if len(data) < at + 4:
            return b""
        (length,) = struct.unpack(">I", data[at : at + 4])
        if step == index:
            return data[at + 4 : at + 4 + length]
        at += 4 + length
        if step == 2:
            at += 4  # number of keys
    return b""
