"""Reads one chosen file whole, or says in plain words why not."""

import os
import stat
from pathlib import Path

from wizard.certificate.problems import CertificateError

# The largest real bundle (all of Mozilla's roots) is about 230 kB.
LIMIT = 1024 * 1024
MOST = 1000  # files in a folder or a zip file that are looked at; more are no certificates


def contents(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a regular file of at most `LIMIT` bytes.

    Raises CertificateError. Reads at most LIMIT + 1 bytes, whatever size the file claims.
    """
    name = Path(path).name or str(path)
    try:
        # Asked before opening: a named pipe would block, and Windows answers "permission denied"
        # for a folder.
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            raise CertificateError("file-unreadable", file=name)
        with open(path, "rb") as file:
            raw = file.read(LIMIT + 1)
    except FileNotFoundError as error:
        # A link: copied from certbot's folder "live" without the folder "archive".
        code = "link-broken" if os.path.islink(path) else "file-missing"
        raise CertificateError(code, file=name) from error
    except PermissionError as error:
        raise CertificateError("file-no-permission", file=name) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise CertificateError("file-unreadable", file=name) from error
    if len(raw) > LIMIT:
        raise CertificateError("file-too-large", file=name)
    # A stick pulled out too early leaves the right size, filled with zeros.
    if not raw.strip(b"\0 \t\r\n"):
        raise CertificateError("file-empty", file=name)
    return raw
