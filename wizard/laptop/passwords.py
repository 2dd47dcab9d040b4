"""The system's own store of passwords, where it has one. Nothing is kept unless somebody asks."""

from __future__ import annotations

import contextlib
import importlib
import sys
from functools import cache
from typing import Any

SERVICE = "cht-offline-setup"

# Named one by one: stores that write plain files do not count, and an installed program must
# know what to bring along.
BACKENDS = {
    "win32": (("keyring.backends.Windows", "WinVaultKeyring"),),
    "linux": (
        ("keyring.backends.SecretService", "Keyring"),
        ("keyring.backends.kwallet", "DBusKeyring"),
    ),
}


class PasswordStore:
    """Keeps a password under a name. A store that fails, or is locked, has nothing; no errors.

    Every call may wait for the user, whom the system asks to unlock the store.
    """

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def recall(self, name: str) -> str:
        """Return the password kept under a name, "" when there is none."""
        with contextlib.suppress(Exception):  # whatever the desktop's service raises
            return self._backend.get_password(SERVICE, name) or ""
        return ""

    def keep(self, name: str, password: str) -> bool:
        """Keep a password; return whether the store took it."""
        with contextlib.suppress(Exception):
            self._backend.set_password(SERVICE, name, password)
            return True
        return False

    def forget(self, name: str) -> None:
        """Remove what is kept under a name, if anything is."""
        with contextlib.suppress(Exception):
            self._backend.delete_password(SERVICE, name)


@cache
def password_store() -> PasswordStore | None:
    """Return the store of this session; None where there is none, as without a desktop."""
    for module, name in BACKENDS.get(sys.platform, ()):
        with contextlib.suppress(Exception):  # a backend's parts may be missing or broken
            backend = getattr(importlib.import_module(module), name)
            if backend.viable:
                return PasswordStore(backend())
    return None
