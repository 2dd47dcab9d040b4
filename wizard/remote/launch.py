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
# sudo -S asks on standard error and reads standard input a byte at a time, so what follows the
# password is left for the agent. It asks only when it needs to: NOPASSWD needs no second try.
_USER = (
    'if [ "$(id -u)" = 0 ]; then exec /bin/sh -c "$1" cht "$SSH_CONNECTION" "$2"; fi; '
    "command -v sudo >/dev/null 2>&1 || {{ echo {failed} sudo-missing; exit 41; }}; "
    "export LC_ALL=C; "
    'exec sudo -S -p {prompt} -- /bin/sh -c "$1" cht "$SSH_CONNECTION" "$2"'
)

# As root. $1: what SSH_CONNECTION was (sudo drops it), $2: the Python program.
_ROOT = (
    "export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; cd /; "
    "command -v python3 >/dev/null 2>&1 || {{ echo {failed} python-missing; exit 42; }}; "
    'if [ -f {path} ]; then exec python3 -I {path} serve --connection "$1"; fi; '
    'exec python3 -I -c "$2" {path} "$1"'
)

# Takes the delivery. Python 2 and 3.0 must still be able to parse it, to say that they are old.
_TAKE = r"""
import os, sys
path, connection = sys.argv[1:3]
def say(text):
    os.write(1, (text + "\n").encode())
def fail(code, detail=""):
    say("CHT-FAILED " + code + " " + detail)
    sys.exit(43)
if sys.version_info < (3, 8):
    fail("python-old", "%d.%d" % sys.version_info[:2])
import hashlib
folder, temporary = os.path.dirname(path), path + ".new"
def take():
    os.makedirs(folder, 0o700, True)
    os.chmod(folder, 0o700)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    say("CHT-AGENT-WANTED")
    head = b""
    while not head.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte or len(head) > 200:
            fail("agent-damaged", "header")
        head += byte
    length, digest = head.decode().split()
    left, seen = int(length), hashlib.sha256()
    while left:
        data = os.read(0, min(left, 65536))
        if not data:
            fail("agent-damaged", "cut short")
        seen.update(data)
        while data:
            done = os.write(handle, data)
            data, left = data[done:], left - done
    if seen.hexdigest() != digest:
        fail("agent-damaged", "checksum")
    os.fsync(handle)
    os.close(handle)
    os.rename(temporary, path)
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)
try:
    take()
except OSError as error:
    codes = {30: "read-only", 28: "disk-full", 122: "disk-full"}
    fail(codes.get(error.errno, "agent-start"), str(error))
finally:
    try:
        os.unlink(temporary)
    except OSError:
        pass
os.execv(sys.executable, [sys.executable, "-I", path, "serve", "--connection", connection])
"""


def agent_path(digest: str) -> str:
    """Return where the agent with this SHA-256 lies on a server."""
    return f"{names.LIBRARY}/agent-{digest[:12]}.pyz"


def command(digest: str, prompt: str) -> str:
    """Return the command line that starts the agent; `prompt` is what sudo shall ask with."""
    path = shlex.quote(agent_path(digest))
    user = _USER.format(failed=FAILED, prompt=shlex.quote(prompt))
    root = _ROOT.format(failed=FAILED, path=path)
    # One line without quotes in it: the login shell may be a csh or a fish.
    packed = base64.b64encode(_TAKE.strip().encode()).decode()
    take = f"import base64; exec(base64.b64decode({packed!r}))".replace("'", '"')
    return "exec /bin/sh -c " + " ".join(shlex.quote(t) for t in (user, "cht", root, take))
