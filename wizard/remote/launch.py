"""The one command that becomes the agent: a small fixed shell program, and no secret in it.

It runs as the user who logged in, becomes root (directly, or through sudo, whose prompt is made
for this start), and either starts the agent that is there already or takes it from its standard
input. What it has to say to the laptop are single lines that begin with CHT-.
"""

from __future__ import annotations

import base64
import shlex

from wizard.agent import names

WANTED = "CHT-AGENT-WANTED"
FAILED = "CHT-FAILED"  # followed by a code and a detail

# As the user. $1: the program for root, $2: the Python program that takes a delivery.
# Who may call / his own is root; that costs no process, as id would, but not every shell knows -O.
# sudo -S asks on standard error and reads standard input a byte at a time, so what follows the
# password is left for the agent. It asks only when it needs to: NOPASSWD needs no second try.
_USER = (
    'root() {{ exec /bin/sh -c "$1" cht "$SSH_CONNECTION" "$2"; }}; '
    'if [ -O / ] 2>/dev/null; then root "$@"; fi; '
    "command -v sudo >/dev/null 2>&1 || {{ "
    'if [ "$(id -u)" = 0 ]; then root "$@"; fi; echo {failed} sudo-missing; exit 41; }}; '
    "export LC_ALL=C; "
    'exec sudo -S -p {prompt} -- /bin/sh -c "$1" cht "$SSH_CONNECTION" "$2"'
)

# As root. $1: what SSH_CONNECTION was (sudo drops it), $2: the Python program.
# -I: nothing of anybody's surroundings or folders becomes code that root runs.
# -S: folders of packages are not looked through, which takes a tenth of Python's start.
_ROOT = (
    "export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; cd /; "
    "command -v python3 >/dev/null 2>&1 || {{ echo {failed} python-missing; exit 42; }}; "
    'if [ -f {path} ]; then exec python3 -I -S -B {path} serve --connection "$1"; fi; '
    'exec python3 -I -S -B -c "$2" "$1"'
)

# Before the bootstrap: any Python 3 understands this much, and an old one has to say that it is.
_TAKE = (
    "import base64, os, sys; new = sys.version_info >= (3, 8); "
    'os.write(1, ("{wanted}\\n" if new else "{failed} python-old %d.%d\\n" % '
    "sys.version_info[:2]).encode()); "
    'exec(base64.b64decode("{bootstrap}") if new else "")'
)


def agent_path(digest: str) -> str:
    """Return where the agent with this SHA-256 lies on a server."""
    return f"{names.LIBRARY}/agent-{digest[:12]}.pyz"


def command(digest: str, bootstrap: str, prompt: str) -> str:
    """Return the command line that starts the agent.

    `bootstrap` is the Python program that takes a delivery, checks it, installs it and becomes
    the agent; `prompt` is what sudo shall ask with.
    """
    path = shlex.quote(agent_path(digest))
    user = _USER.format(failed=FAILED, prompt=shlex.quote(prompt))
    root = _ROOT.format(failed=FAILED, path=path)
    # One line, and no quotes in quotes: the login shell may be a csh or a fish.
    packed = base64.b64encode(bootstrap.encode()).decode()
    take = _TAKE.format(wanted=WANTED, failed=FAILED, bootstrap=packed)
    return "exec /bin/sh -c " + " ".join(shlex.quote(t) for t in (user, "cht", root, take))
