"""Which input has to be mended after a login that failed."""

from __future__ import annotations

_WHERE = ("name-", "scope-", "no-route", "connect-", "refused", "not-ssh", "server-", "ssh-")
_WHO = ("user-", "account-", "password-expired", "command-refused")
_PROOF = ("key-", "password-", "nothing-to-show", "second-step", "too-many-attempts", "agent-empty")


def input_of(code: str, *, with_key: bool) -> str:
    """Return where a RemoteError can be mended, as a path of the site file; "" for nowhere here.

    Secrets have paths too, though no site file has them: server.password, server.passphrase,
    server.sudo.
    """
    if code.startswith("key-passphrase-"):
        return "server.passphrase"
    if code.startswith("sudo-password-"):
        return "server.sudo"
    if code.startswith((*_WHO, "sudo-")):
        return "server.user"
    if code.startswith(_WHERE):
        return "server.host"
    if code.startswith(_PROOF):
        return "server.key" if with_key else "server.password"
    return ""
