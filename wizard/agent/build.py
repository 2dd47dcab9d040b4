"""Builds, on the laptop, the one file that the server gets: same sources, same bytes."""

from __future__ import annotations

import functools
import hashlib
import io
import stat
import zipfile
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable

from . import names

PACKAGE = "cht_agent"
LAPTOP_ONLY = ("wire.py", "build.py")
START = (
    b"import sys\n"
    b"from cht_agent.__main__ import main\n"
    b"if __name__ == '__main__':\n"
    b"    sys.exit(main(sys.argv[1:]))\n"
)
FIXED = (1980, 1, 1, 0, 0, 0)

# Given to the server's python3 with -c. Standard input: one line "LENGTH SHA256", that many bytes
# of zipapp, then the requests. Errors come as one JSON line, like the agent's own.
BOOTSTRAP = """
import hashlib, json, os, sys
def refuse(code):
    print(json.dumps({"id": None, "error": {"code": code, "arguments": {}, "detail": ""}}))
    sys.stdout.flush()
    os._exit(3)
stream = sys.stdin.buffer
head = stream.readline(200).split()
if len(head) != 2 or not head[0].isdigit() or int(head[0]) > 1 << 24:
    refuse("bad-delivery")
data, digest = stream.read(int(head[0])), head[1].decode("ascii", "replace")
if hashlib.sha256(data).hexdigest() != digest:
    refuse("wrong-digest")
library = LIBRARY
os.umask(0o022)
try:
    os.makedirs(library, 0o755, exist_ok=True)
    status = os.lstat(library)
    if status.st_mode & 0o170022 != 0o040000 or status.st_uid != os.geteuid():
        refuse("unsafe-library")
    raw = os.path.join(library, "fresh-%d.pyz" % os.getpid())
    if os.path.lexists(raw):
        os.unlink(raw)
    with os.fdopen(os.open(raw, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
        new.write(data)
except OSError as error:
    import errno
    codes = {errno.ENOSPC: "disk-full", errno.EROFS: "read-only", errno.EACCES: "not-root"}
    refuse(codes.get(error.errno, "disk-error"))
try:
    sys.path.insert(0, raw)
    from cht_agent.host import Host
    from cht_agent.install import install
    path = install(data, digest, Host(""))
except Exception as error:
    refuse(str(error) if str(error) in ("wrong-digest", "unsafe-library") else "install-failed")
finally:
    os.unlink(raw)
for name in [n for n in sys.modules if n.split(".")[0] == "cht_agent"]:
    del sys.modules[name]
sys.path[0] = path
from cht_agent.__main__ import main
sys.exit(main(["serve", "--connection", sys.argv[1] if len(sys.argv) > 1 else ""]))
"""


@functools.lru_cache(maxsize=1)
def zipapp_bytes() -> bytes:
    """Return the zipapp: stored, sorted, dated 1980, so that it never depends on the laptop.

    Compression is left out on purpose: its output differs between versions of zlib.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in sorted(_files()):
            entry = zipfile.ZipInfo(name, FIXED)
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, data)
    return packed.getvalue()


def digest() -> str:
    """Return the zipapp's SHA-256, in hexadecimal."""
    return hashlib.sha256(zipapp_bytes()).hexdigest()


def path() -> str:
    """Return where the agent lies on the server once it is installed."""
    return f"{names.LIBRARY}/agent-{digest()[:12]}.pyz"


def bootstrap() -> str:
    """Return the program that receives, checks, installs and runs the agent in one go.

    For `python3 -B -c BOOTSTRAP "$SSH_CONNECTION"`; it holds no single quote.
    """
    return BOOTSTRAP.replace("LIBRARY", repr(names.LIBRARY).replace("'", '"')).strip() + "\n"


def delivery() -> bytes:
    """Return what the bootstrap reads first: the line with length and SHA-256, the zipapp."""
    data = zipapp_bytes()
    return b"%d %s\n%s" % (len(data), digest().encode(), data)


def _files() -> Iterator[tuple[str, bytes]]:
    yield "__main__.py", START
    yield from _sources(resources.files(__package__), PACKAGE)


def _sources(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        name = f"{prefix}/{entry.name}"
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _sources(entry, name)
        elif entry.name.endswith(".py") and not (prefix == PACKAGE and entry.name in LAPTOP_ONLY):
            # A checkout on Windows may have other line ends.
            yield name, entry.read_bytes().replace(b"\r\n", b"\n")
