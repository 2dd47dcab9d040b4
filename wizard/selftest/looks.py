"""The parts of the self-test that look at one thing each and need no window."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
import socket
import ssl
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import wizard
from wizard.agent import build
from wizard.laptop.folders import config_folder, data_folder, log_folder
from wizard.practice.authority import Authority, write
from wizard.practice.door import Porter
from wizard.practice.ssh import Account, SshServer, new_key, new_key_text
from wizard.remote.dial import dial
from wizard.remote.login import Credentials, Greeting, Timeouts
from wizard.remote.words import RemoteError
from wizard.resource import resource
from wizard.selftest.model import SelfTestError

SUMS = "SHA256SUMS"  # of the resources, put beside them when the program is packed
HOST = "127.0.0.1"
NAME = "self-test.example.org"
PATIENCE = 20.0  # seconds for one step of a connection

# What the program needs besides its own parts, as it is imported. Some of it is found by name
# while the program runs, which is what packing easily leaves out.
LIBRARIES = (
    "PySide6.QtCore",
    "PySide6.QtGui",
    "PySide6.QtSvg",
    "PySide6.QtTest",
    "PySide6.QtWidgets",
    "bcrypt",
    "certifi",
    "cryptography.hazmat.primitives.serialization.pkcs12",
    "cryptography.x509.verification",
    "dns.rdtypes.ANY.PTR",
    "dns.rdtypes.IN.A",
    "dns.rdtypes.IN.AAAA",
    "dns.resolver",
    "icalendar",
    "idna",
    "jinja2",
    "keyring",
    "markupsafe",
    "nacl.signing",
    "netifaces",
    "paramiko",
    "publicsuffixlist",
    "pygments.lexers.diff",
    "rich.syntax",
    "segno",
    "ssl",
    "tomli_w",
    "tomllib",
)
SYSTEM = {
    "linux": ("keyring.backends.SecretService", "secretstorage", "jeepney"),
    "win32": ("keyring.backends.Windows", "win32ctypes.core"),
}


def imports() -> Mapping[str, Any]:
    """Import every module of ours and every library."""
    own = sorted(set(_own()))
    others = (*LIBRARIES, *SYSTEM.get(sys.platform, ()))
    broken = {}
    for name in (*own, *others):
        try:
            importlib.import_module(name)
        except Exception as error:
            broken[name] = f"{name}: {type(error).__name__}: {error}"
    if broken:
        raise SelfTestError("imports", "\n".join(broken.values()), names=_few(list(broken)))
    return {"own": len(own), "others": len(others)}


def _own() -> Iterator[str]:
    def unreadable(name: str) -> None:
        found.append(name)  # importing it says why

    found: list[str] = []
    for module in pkgutil.walk_packages(wizard.__path__, "wizard.", onerror=unreadable):
        yield module.name
    yield from found


def resources() -> Mapping[str, Any]:
    """Read every file that comes with the program, and what is made of it."""
    folder = resource()
    wanted = dict(_listed(folder))
    files = wanted or dict.fromkeys(_files(folder), "")
    broken = [name for name, digest in files.items() if not _whole(folder / name, digest)]
    if not broken:
        broken = [name for name, read in _readers() if not _reads(read)]
    if broken or not files:
        raise SelfTestError("resources", "\n".join(broken), names=_few(broken))
    return {"files": len(files)}


def _listed(folder: Path) -> Iterator[tuple[str, str]]:
    sums = folder / SUMS
    if sums.is_file():
        for line in sums.read_text("utf-8").splitlines():
            digest, _, name = line.partition("  ")
            yield name, digest


def _files(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != SUMS:
            yield path.relative_to(folder).as_posix()


def _whole(path: Path, digest: str) -> bool:
    try:
        data = path.read_bytes()
    except OSError:
        return False
    return hashlib.sha256(data).hexdigest() == digest if digest else bool(data)


def _readers() -> Iterator[tuple[str, Callable[[], object]]]:
    import certifi
    import publicsuffixlist

    from wizard.certificate import Roots
    from wizard.site.flow import Step

    yield "roots", Roots.bundled
    yield "certifi", lambda: Path(certifi.where()).read_bytes()
    yield "publicsuffixlist", lambda: Path(publicsuffixlist.PSLFILE).read_bytes()
    for step in Step:
        yield f"help/{step}", resource("help", f"{step}.md").read_bytes


def _reads(read: Callable[[], object]) -> bool:
    try:
        return bool(read())
    except Exception:
        return False


def agent() -> Mapping[str, Any]:
    """Make what is sent to a server, and see that every module of it is in there."""
    import io
    import zipfile

    inside = zipfile.ZipFile(io.BytesIO(build.zipapp_bytes()))
    there = set(inside.namelist())
    package = importlib.import_module("wizard.agent")
    broken = []
    for module in pkgutil.walk_packages(package.__path__, "wizard.agent."):
        path = module.name.replace(".", "/").replace("wizard/agent", build.PACKAGE, 1)
        name = f"{path}/__init__.py" if module.ispkg else f"{path}.py"
        if name.rpartition("/")[2] not in build.LAPTOP_ONLY and name not in there:
            broken.append(name)
    for name in there:
        try:
            compile(inside.read(name), name, "exec")
        except (SyntaxError, ValueError):
            broken.append(name)
    if broken or len(there) < 2:
        raise SelfTestError("agent", "\n".join(broken), names=_few(sorted(broken)))
    return {"files": len(there)}


def folders() -> Mapping[str, Any]:
    """Write and remove a file in each of the program's folders."""
    for place in (data_folder, config_folder, log_folder):
        try:
            folder = place()
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(bytes(4096))
        except OSError as error:
            path = error.filename or place.__name__
            reason = error.strerror or type(error).__name__
            raise SelfTestError("folders", str(error), path=path, reason=reason) from None
    return {}


def tls() -> Mapping[str, Any]:
    """Shake hands with a TLS server of our own: trusted when its root is, refused when not."""
    authority = Authority(datetime.now(UTC))
    issued = authority.issue(NAME)
    with tempfile.TemporaryDirectory(prefix="cht-self-test-") as folder:
        chain, key = write(Path(folder), issued.files)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(chain, key)
    trusting = ssl.create_default_context(cadata=authority.root_pem.decode("ascii"))
    try:
        with socket.create_server((HOST, 0)) as listening:
            version = _shake(listening, server, trusting)
            try:
                _shake(listening, server, ssl.create_default_context())
            except ssl.SSLCertVerificationError:
                return {"version": version}
    except OSError as error:
        raise SelfTestError("tls", repr(error), reason=_reason(error)) from None
    raise SelfTestError("tls", reason="a certificate of nobody was trusted")


def _shake(listening: socket.socket, server: ssl.SSLContext, client: ssl.SSLContext) -> str:
    """Connect, say something and hear it again; returns the version of TLS."""

    def echo() -> None:
        try:
            raw = listening.accept()[0]
            raw.settimeout(PATIENCE)
            with server.wrap_socket(raw, server_side=True) as secure:
                secure.sendall(secure.recv(100))
        except OSError:
            return  # the client knows why

    listening.settimeout(PATIENCE)
    thread = threading.Thread(target=echo, daemon=True)
    thread.start()
    try:
        with (
            socket.create_connection(listening.getsockname(), PATIENCE) as raw,
            client.wrap_socket(raw, server_hostname=NAME) as secure,
        ):
            secure.sendall(b"hello")
            if secure.recv(100) != b"hello":
                raise OSError("something else came back")
            return str(secure.version())
    finally:
        thread.join(PATIENCE)


def ssh() -> Mapping[str, Any]:
    """Log in to an SSH server of our own with a key file and a password, and with a wrong one."""
    host, mine, password = new_key(), new_key_text(), new_key().get_base64()
    porter = Porter("self-test")
    with tempfile.TemporaryDirectory(prefix="cht-self-test-") as folder:
        path = Path(folder) / "key"
        path.write_text(mine, "ascii")
        path.chmod(0o600)
        account = Account("tester", password, keys=(_public(path),))
        server = SshServer(porter, (HOST,), lambda _: True, host, account, lambda *_: 0, HOST)
        try:
            for who in (Credentials("tester", key_path=path), Credentials("tester", password)):
                _log_in(server.ports[HOST], who, host.asbytes())
            try:
                _log_in(server.ports[HOST], Credentials("tester", "wrong"), host.asbytes())
            except RemoteError as refused:
                if refused.code == "password-wrong":
                    return {}
                raise
        except (RemoteError, OSError) as error:
            raise SelfTestError("ssh", repr(error), reason=_reason(error)) from None
        finally:
            server.close()
            porter.close()
    raise SelfTestError("ssh", reason="a wrong password was taken")


def _public(path: Path) -> Any:
    from wizard.remote import keys

    return keys.load(path)


def _log_in(port: int, who: Credentials, host_key: bytes) -> None:
    greeting = Greeting(dial(HOST, port, PATIENCE), HOST, port, Timeouts())
    try:
        if greeting.key.blob != host_key:
            raise OSError("another server answered")
        greeting.log_in(who)
    finally:
        greeting.close()


def _reason(error: Exception) -> str:
    if isinstance(error, RemoteError):
        return error.message.rstrip(".")
    return str(getattr(error, "strerror", "") or error or type(error).__name__).rstrip(".")


def _few(names: list[str], most: int = 6) -> str:
    """Return the first of many names, and how many more there are."""
    more = f" (+{len(names) - most})" if len(names) > most else ""
    return ", ".join(names[:most]) + more


LOOKS: Mapping[str, Callable[[], Mapping[str, Any]]] = {
    "imports": imports,
    "resources": resources,
    "agent": agent,
    "folders": folders,
    "tls": tls,
    "ssh": ssh,
}
"""code -> a look: returns the arguments of its sentence, raises SelfTestError."""
