"""Who may log in over SSH."""

from __future__ import annotations

from typing import Any, Dict

from ..host import Host


def ssh(host: Host) -> Dict[str, Any]:
    """Return wire.SshAccess as sshd itself understands its settings (`sshd -T`, sshd(8)).

    Exceptions for single users or addresses (Match) are left out. Raises OSError.
    """
    sshd = host.which("sshd")  # it runs only by its full path
    if not sshd:
        raise OSError("sshd is not there")
    done = host.run([sshd, "-T"], timeout=10.0)
    told = dict(line.lower().partition(" ")[::2] for line in done.out.splitlines())
    if not done.ok or "permitrootlogin" not in told:
        raise OSError("sshd -T: %s" % (done.err.strip() or "unexpected answer").splitlines()[-1])
    # challengeresponseauthentication is its name before OpenSSH 8.7
    asked = ("kbdinteractiveauthentication", "challengeresponseauthentication")
    interactive = any(told.get(name) == "yes" for name in asked)
    root = told["permitrootlogin"]
    return {
        "passwords": told.get("passwordauthentication") == "yes"
        or (interactive and told.get("usepam") == "yes"),
        "root": {"without-password": "prohibit-password"}.get(root, root),
    }
