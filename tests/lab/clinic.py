"""A clinic of the lab: one server, one laptop, a site file, and the program run by its user."""

from __future__ import annotations

import hashlib
import http.client
import json
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.ca import DOMAIN, Ca, Pair
from tests.lab.machine import KEY, Machine
from tests.lab.network import Host, stop_process, wait_for
from wizard.agent import names

CHECKOUT = Path(__file__).resolve().parents[2]
NEW = "10.20.0.1/24"
SITE = """\
version = 1
name = "Clinic A"
domain = "{domain}"
accept = {accept}

[server]
host = "{host}"
user = "{user}"
key = "{key}"

[static_ip]
interface = "eth0"
address = "{address}"
gateway = "{gateway}"
address6 = "{address6}"

[dns_dhcp]
first = "{first}"
last = "{last}"
lease = "1h"

[certificate]
files = ["fullchain.pem", "privkey.pem"]
"""


@dataclass(frozen=True)
class Ran:
    """How a command of the program ended."""

    code: int
    answer: dict[str, Any]
    log: str

    @property
    def state(self) -> str:
        return str(self.answer.get("state", ""))

    def __str__(self) -> str:
        return f"exit {self.code}\n{json.dumps(self.answer, indent=1)[:6000]}\n{self.log[-6000:]}"


OnLine = Callable[[str], None]


def when(words: str, action: Callable[[], None]) -> OnLine:
    """Do something once, beside the program, as soon as it says `words`."""
    done = threading.Event()

    def on_line(line: str) -> None:
        if words in line and not done.is_set():
            done.set()
            threading.Thread(target=action, daemon=True).start()

    return on_line


class Clinic:
    """What one test works with."""

    def __init__(self, server: Machine, laptop: Host, ca: Ca, folder: Path) -> None:
        self.server = server
        self.laptop = laptop
        self.ca = ca
        self.folder = folder
        self.site_file = folder / "site.toml"
        self.root = folder / "root.pem"
        self.root.write_bytes(ca.root_pem)
        self.bring(ca.good)

    def bring(self, pair: Pair) -> None:
        """Put certificate files beside the site file, as somebody who comes back from town."""
        pair.write(self.folder)

    def decide(
        self,
        host: str,
        address: str = NEW,
        gateway: str = "",
        address6: str = "",
        user: str = "deploy",
        accept: tuple[str, ...] = (),
    ) -> None:
        """Write the site file."""
        net = address.partition("/")[0].rpartition(".")[0]
        self.site_file.write_text(
            SITE.format(
                domain=DOMAIN,
                accept=json.dumps(list(accept)),
                host=host,
                user=user,
                key=KEY,
                address=address,
                gateway=gateway,
                address6=address6,
                first=f"{net}.50",
                last=f"{net}.150",
            )
        )

    @property
    def fingerprint(self) -> str:
        """What the server's own screen shows."""
        return self.server.output("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub").split()[1]

    def run(
        self,
        command: str,
        *arguments: str,
        send: str | None = None,
        on_line: OnLine | None = None,
        timeout: float = 600,
    ) -> Ran:
        """Run one command of the program on the laptop; `on_line` sees what it tells meanwhile."""
        argv = [sys.executable, "-m", "wizard", command, "--json", "--verbose", *arguments]
        if command not in ("find", "inspect"):
            argv += ["--site", str(self.site_file), "--data", str(self.folder / "data")]
        if command in ("apply", "renew"):
            argv += ["--yes"]
        if command in ("plan", "apply", "renew", "check", "inspect"):
            argv += ["--extra-roots", str(self.root)]
        code, output, log = self.listen(argv, send, on_line, timeout)
        try:
            answer = json.loads(output) if output else {}
        except ValueError:
            answer = {"unreadable": output}
        return Ran(code, answer, log)

    def listen(
        self,
        argv: list[str],
        send: str | None = None,
        on_line: OnLine | None = None,
        timeout: float = 600,
    ) -> tuple[int, str, str]:
        """Run a program on the laptop; returns its exit code, its output, and what it told."""
        process = self.laptop.popen(
            argv,
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        lines: list[str] = []
        stderr = process.stderr

        def listen() -> None:
            for raw in stderr:
                line = raw.decode(errors="replace")
                lines.append(line)
                if on_line is not None:
                    on_line(line)

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        if send is not None:
            process.stdin.write(send.encode())
        process.stdin.close()
        timer = threading.Timer(timeout, process.kill)
        timer.start()
        try:
            output = process.stdout.read().decode()
            code = process.wait()
        finally:
            timer.cancel()
            stop_process(process)
        listener.join(10)
        return code, output, "".join(lines)

    def come_along(self) -> OnLine:
        """What staff do when they are told that the laptop is not in the new network."""
        done = threading.Event()

        def on_line(line: str) -> None:
            if "no address" in line and not done.is_set():
                done.set()
                threading.Thread(target=self._renew_lease, daemon=True).start()

        return on_line

    @property
    def unfinished(self) -> bool:
        """Whether a change is under way on the server, or was left half done."""
        return self.server.run(f"test -e {names.STATE}/transaction", check=False).status == 0

    def walk_away(self) -> Ran:
        """Apply, and be out of reach from the login at the new address on, until all is back."""

        def cut() -> None:
            self.laptop.cut()
            wait_for("the end", lambda: not self.unfinished, 600, pause=1)
            self.laptop.plug()

        return self.run(
            "apply",
            "--host-key",
            self.fingerprint,
            "--wait",
            "30",
            "--patience",
            "0",
            on_line=when("Logging in at the new address", cut),
            timeout=1200,
        )

    def find(self, seconds: float = 150) -> Ran:
        """Look for servers again and again, as somebody does who has just switched one on."""
        end = time.monotonic() + seconds
        while True:
            found = self.run("find", timeout=120)
            if found.code == 0 or time.monotonic() > end:
                return found

    def _renew_lease(self) -> None:
        self.laptop.dhcp_client(timeout=240)

    def give_dnsmasq(self) -> None:
        """Install dnsmasq from files, for tests that are not about packages."""
        if not self.server.run("test -x /usr/sbin/dnsmasq", check=False).status:
            return
        for name in ("dnsmasq-base", "libnftables1", "libjansson4"):
            (deb,) = self.server.image.debs.glob(f"{name}_*.deb")
            self.server.write_file(f"/root/{name}.deb", deb.read_bytes())
        self.server.run("dpkg -i /root/*.deb && rm /root/*.deb", timeout=180)

    def etc(self) -> str:
        """A hash of every file below /etc, to compare before and after."""
        return self.server.output(
            "cd /etc && find . -type f ! -name resolv.conf ! -path './ssl/*' ! -name '.*.lock' "
            "-print0 | sort -z | xargs -0 sha256sum; find . -type l -printf '%p -> %l\\n' | sort",
            timeout=120,
        )

    def changed(self, before: str) -> list[str]:
        """What `etc` tells otherwise than `before`."""
        return sorted(set(before.splitlines()) ^ set(self.etc().splitlines()))

    def ipv4(self) -> set[str]:
        """The server's IPv4 addresses on eth0, with prefix."""
        return {str(address) for address in self.server.addresses()}

    def reboot(self) -> None:
        """An orderly restart."""
        self.server.reboot()
        self.server.wait_boot()


def poll(host: Host, ca: Ca, domain: str = DOMAIN) -> tuple[Any, str]:
    """(body, SHA-256 of the leaf) of https://DOMAIN/setup/poll, verified in full.

    The name is resolved by whatever name server the host was given.
    """
    root = ca.root_pem.decode()

    def inside() -> tuple[Any, str]:
        context = ssl.create_default_context(cadata=root)
        connection = http.client.HTTPSConnection(domain, timeout=60, context=context)
        connection.connect()  # a server that is reloading closes after its answer
        leaf = connection.sock.getpeercert(binary_form=True) or b""
        connection.request("GET", "/setup/poll", headers={"Accept": "application/json"})
        body = json.loads(connection.getresponse().read())
        connection.close()
        return body, hashlib.sha256(leaf).hexdigest()

    return host.call(inside)


def wait_ssh(server: Machine, laptop: Host) -> None:
    """Until the server answers SSH over its link-local address."""

    def answers() -> bool:
        done = server.ssh("true", laptop, user="deploy", check=False)
        return done.returncode == 0

    wait_for(f"SSH on {server.name}", answers, 120, pause=1)
