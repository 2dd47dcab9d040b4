"""A server of its own for tests: real OpenSSH, sudo and users in private namespaces.

Each machine is a holder process with its own mount (and, when asked, network) namespace. /etc,
/usr/bin and the rest are overlaid with scratch memory, so users, sudoers and whatever lands in
/usr/local/lib vanish with the holder and nothing outside is touched.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import shutil
import socket
import subprocess
import time
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from wizard.agent import build
from wizard.remote.agent import Package

CLONE_NEWNET = 0x40000000
PASSWORD = "Kisumu-2026"

SETUP = """
set -e
mount -t tmpfs -o mode=755 scratch "$1"
for place in /etc /usr/bin /usr/local/lib /run /var/log /var/lib /root; do
    name=$(echo "$place" | tr / _)
    mkdir -p "$1/upper$name" "$1/work$name"
    mount -t overlay "$name" \
        -o "lowerdir=$place,upperdir=$1/upper$name,workdir=$1/work$name" "$place"
done
mkdir -p "$1/home" /run/sshd /run/sudo /root/.ssh
chmod 755 "$1"
mount --bind "$1/home" /home
[ "$2" = net ] && ip link set lo up
echo 'Defaults !lecture' > /etc/sudoers.d/cht-test
echo ready
exec cat
"""


def demand_tools() -> None:
    """Fail with one sentence where these tests cannot run."""
    missing = [t for t in ("unshare", "nsenter", "ip", "ping", "sudo") if not shutil.which(t)]
    if not Path("/usr/sbin/sshd").exists():
        missing.append("sshd")
    if os.geteuid() != 0 or missing:
        pytest.fail(
            "These tests start real SSH servers in namespaces: run them as root, with "
            "openssh-server, sudo, iproute2, iputils-ping and util-linux installed"
            + (f" (missing: {', '.join(missing)})." if missing else "."),
            pytrace=False,
        )


class Machine:
    """A machine; `close` ends all that runs on it."""

    folder = "/mnt"  # scratch memory; everybody's home and keys

    def __init__(self, net: bool = False) -> None:
        demand_tools()
        argv = ["unshare", "--mount", "--propagation", "private", *(["--net"] if net else [])]
        self.net = net
        self.holder = subprocess.Popen(
            [*argv, "sh", "-c", SETUP, "setup", self.folder, "net" if net else ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.holder.stdout is not None
        if self.holder.stdout.readline() != b"ready\n":
            _, err = self.holder.communicate()
            pytest.fail(f"No namespaces here: {err.decode()}", pytrace=False)
        self.children: list[subprocess.Popen[bytes]] = []

    def argv(self, *command: str) -> list[str]:
        inside = ["-m", *(["-n"] if self.net else [])]
        return ["nsenter", "-t", str(self.holder.pid), *inside, "--wd=/", *command]

    def run(self, *command: str, data: str = "") -> str:
        """Run a command on the machine; it has to succeed."""
        done = subprocess.run(
            self.argv(*command), input=data, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def write(self, path: str, text: str, mode: str = "644") -> None:
        self.run("sh", "-c", 'cat > "$1" && chmod "$2" "$1"', "write", path, mode, data=text)

    def user(self, name: str, password: str | None = PASSWORD, shell: str = "/bin/bash") -> str:
        self.run("useradd", "-m", "-s", shell, name)
        if password:
            self.run("chpasswd", data=f"{name}:{password}\n")
        return name

    def allow(self, name: str, line: str) -> None:
        """Write a line of sudoers for a user."""
        self.write(f"/etc/sudoers.d/cht-{name}", line + "\n", "440")

    def authorize(self, name: str, *public: str) -> None:
        self.run("mkdir", "-p", f"{self.folder}/keys")
        self.write(f"{self.folder}/keys/{name}", "\n".join(public) + "\n")

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            self.argv(*command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.children.append(child)
        return child

    def host_key(self, kind: str = "ed25519") -> str:
        """Make a host key and return its fingerprint."""
        path = f"{self.folder}/host_{kind}"
        self.run("sh", "-c", f"rm -f {path} {path}.pub && ssh-keygen -q -N '' -t {kind} -f {path}")
        return self.run("ssh-keygen", "-lf", path + ".pub").split()[1]

    def sshd(
        self,
        port: int,
        *options: str,
        kinds: tuple[str, ...] = ("ed25519",),
        listen: tuple[str, ...] = ("127.0.0.1", "::1"),
    ) -> subprocess.Popen[bytes]:
        """Start an SSH server and wait until it greets."""
        lines = [
            f"Port {port}",
            *(f"ListenAddress {a}" for a in listen),
            *(f"HostKey {self.folder}/host_{k}" for k in kinds),
            "PidFile none",
            "UsePAM yes",
            "StrictModes no",
            "UseDNS no",
            "LogLevel DEBUG1",
            f"AuthorizedKeysFile {self.folder}/keys/%u",
            *options,
        ]
        config = f"{self.folder}/sshd-{port}.conf"
        # The first value of an option counts.
        self.write(config, "\n".join([*options, *lines]) + "\n")
        server = self.start("/usr/sbin/sshd", "-D", "-f", config, "-E", f"{self.folder}/sshd.log")
        where = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listen[0], listen[0])
        until = time.monotonic() + 20
        while not self._greets(where, port):
            assert server.poll() is None, self.run("cat", f"{self.folder}/sshd.log")
            assert time.monotonic() < until, "sshd does not greet"
            time.sleep(0.02)
        return server

    def _greets(self, address: str, port: int) -> bool:
        with inside(self) if self.net else contextlib.nullcontext():
            try:
                with socket.create_connection((address, port), 1) as sock:
                    return sock.recv(4) == b"SSH-"
            except OSError:
                return False

    def stop(self, child: subprocess.Popen[bytes]) -> None:
        child.terminate()
        child.wait(10)
        self.children.remove(child)

    def close(self) -> None:
        for child in list(self.children):
            self.stop(child)
        self.holder.communicate(timeout=10)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def inside(machine: Machine) -> Iterator[None]:
    """Put this thread, and those it starts, into a machine's network."""
    libc = ctypes.CDLL(None, use_errno=True)

    def enter(handle: int) -> None:
        if libc.setns(handle, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/proc/{machine.holder.pid}/ns/net", os.O_RDONLY)
    try:
        enter(there)
        try:
            yield
        finally:
            enter(home)
    finally:
        os.close(home)
        os.close(there)


def cable(one: Machine, name: str, other: Machine, other_name: str) -> None:
    """Connect two machines with a cable; both ends get their link-local address at once."""
    for machine in (one, other):
        machine.run("sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0")
    argv = ["ip", "link", "add", name, "netns", str(one.holder.pid), "type", "veth"]
    peer = ["peer", "name", other_name, "netns", str(other.holder.pid)]
    subprocess.run([*argv, *peer], check=True, timeout=20)
    one.run("ip", "link", "set", name, "up")
    other.run("ip", "link", "set", other_name, "up")


def link_local(machine: Machine, name: str) -> str:
    """Return an interface's link-local address, once it has one."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        words = machine.run("ip", "-6", "-o", "addr", "show", "dev", name, "scope", "link").split()
        if words and "tentative" not in words:
            return words[words.index("inet6") + 1].split("/")[0]
    raise AssertionError(f"{name} got no link-local address")


AGENT = """
import json, os, sys, time
def say(**what):
    os.write(1, json.dumps(what).encode() + b"\\n")
def main(argv):
    say(hello={"agent": "test", "python": sys.version.split()[0], "uid": os.getuid(),
               "argv": argv})
    for line in sys.stdin:
        asked = json.loads(line)
        number, verb, given = asked["id"], asked.get("verb"), asked.get("arguments", {})
        if verb == "echo":
            say(id=number, result=given)
        elif verb == "count":
            for i in range(given["to"]):
                say(id=number, event={"kind": "step", "index": i})
            say(id=number, result={"done": True})
        elif verb == "until-stopped":
            say(id=number, event={"kind": "step", "index": 0})
            word = json.loads(sys.stdin.readline())
            say(id=number, result={"control": word["control"], "id": word["id"]})
        elif verb == "refuse":
            say(id=number, error={"code": "locked", "arguments": {"who": "Asha"}, "detail": "d"})
        elif verb == "complain":
            os.write(2, b"x" * given["size"])
            say(id=number, result={})
        elif verb == "big":
            say(id=number, result={"text": "y" * given["size"]})
        elif verb == "mute":
            pass
        elif verb == "die":
            os.write(2, b"Traceback: out of luck")
            os._exit(3)
"""


def package(source: str = AGENT) -> Package:
    """Return the agent with another conversation in it, delivered by the real bootstrap."""
    buffer = io.BytesIO()
    real = zipfile.ZipFile(io.BytesIO(build.zipapp_bytes()))
    with real, zipfile.ZipFile(buffer, "w") as archive:
        for name in real.namelist():
            ours = name == "cht_agent/__main__.py"
            archive.writestr(zipfile.ZipInfo(name), source if ours else real.read(name))
    data = buffer.getvalue()
    return Package(sha256(data).hexdigest(), lambda: data, build.bootstrap())
