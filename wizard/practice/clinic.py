"""A whole clinic on loopback: server, SSH, DNS, HTTPS, certificates, and the site file for it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO

import paramiko

from wizard.agent import names, transaction
from wizard.agent.__main__ import main
from wizard.agent.changes import Timings
from wizard.detour import Detour
from wizard.practice.authority import Material, material, write
from wizard.practice.network import Lan
from wizard.practice.segment import Segment
from wizard.practice.server import CHAIN, INTERFACE, KEY, LEASE, PACE, WEB, Server
from wizard.practice.ssh import Account, SshServer, new_key
from wizard.remote.hosts import HostKey
from wizard.site.model import CertificateFiles, DnsDhcp, Login, Site, StaticIp
from wizard.site.toml import save

DOMAIN = "cht.practice-clinic.org"
ADDRESS = "10.20.0.1/24"
LAPTOP = "10.20.0.77"
OLD, NEW = LEASE.partition("/")[0], ADDRESS.partition("/")[0]
USER = "practice"
PASSWORD = "let-me-practise"  # noqa: S105 - it opens nothing but this clinic

SITE = Site(
    name="Practice clinic",
    domain=DOMAIN,
    server=Login(host=OLD, user=USER),
    static_ip=StaticIp(interface=INTERFACE, address=ADDRESS),
    dns_dhcp=DnsDhcp(first="10.20.0.100", last="10.20.0.200"),
)


class Clinic:
    """A new practice clinic in `folder`, which is emptied of an earlier one; use `close`.

    It lays out: `site.toml`, `certificates/KIND.pem` and `.key`, `root.pem` to be trusted,
    `clinic.json` (the detour) and `server/`, the pretended server's files.
    """

    def __init__(
        self,
        folder: Path,
        *,
        account: Account | None = None,
        key: paramiko.PKey | None = None,
        timings: Timings = PACE,
        certificates: Material | None = None,
    ) -> None:
        self.folder = folder.absolute()
        self.account = account or Account(USER, PASSWORD)
        self.key = key or new_key()
        self._clear()
        made = certificates or material(DOMAIN, datetime.now(UTC))
        (self.folder / "root.pem").write_bytes(made.root_pem)
        self.certificates: Mapping[str, tuple[Path, Path]] = {
            kind: write(self.folder / "certificates", kind, issued)
            for kind, issued in made.kinds.items()
        }
        root = self.folder / "server"
        self.lan = Lan(_below(root, names.DNSMASQ_CONF), _below(root, CHAIN), _below(root, KEY))
        self.segment = Segment(lambda: ())
        self.server = Server(
            root,
            DOMAIN,
            (made.first.chain, made.first.key),
            f"{self.key.get_name()} {self.key.get_base64()} root@practice",
            {443: self.lan.https_port, 80: self.lan.http_port},
            self.segment,
            timings,
        )
        self.lan.dns = lambda: self.server.active(names.DNSMASQ_UNIT)
        self.lan.reloads = lambda: self.server.restarts(WEB)
        self.ssh = SshServer(
            (OLD, NEW), self.server.addresses, self.key, self.account, self._agent, LAPTOP
        )
        self.server.on_reboot = self.ssh.drop
        self.detour.save(self.folder / "clinic.json")
        self.site = self.write_site("good")

    def _clear(self) -> None:
        for name in ("server", "certificates"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        (self.folder / "server.json").unlink(missing_ok=True)
        (self.folder / "certificates").mkdir(parents=True)

    def _agent(self, connection: str, incoming: IO[bytes], outgoing: IO[bytes]) -> int:
        """Run the real agent on the pretended server."""
        argv = ["serve", "--connection", connection]
        return main(argv, self.server, self.server.timings, incoming, outgoing)

    @property
    def detour(self) -> Detour:
        """The way in."""
        ports = {53: self.lan.dns_port, 80: self.lan.http_port, 443: self.lan.https_port}
        return Detour(ssh=self.ssh.ports, ports=ports, laptop=LAPTOP)

    @property
    def fingerprint(self) -> str:
        """What stands on the server's label: the fingerprint of its host key."""
        return HostKey(self.key.get_name(), self.key.asbytes()).fingerprint

    def write_site(self, certificate: str, name: str = "site.toml") -> Path:
        """Write the site file with one of the certificates; returns its path."""
        files = tuple(f"certificates/{p.name}" for p in self.certificates[certificate])
        path = self.folder / name
        save(replace(SITE, certificate=CertificateFiles(files)), path)
        return path

    # ------------------------------------------------------------------ mishaps

    def unplug(self) -> None:
        """Pull the cable: nothing comes through until `plug`."""
        self.ssh.plugged = False

    def plug(self) -> None:
        """Put the cable in again."""
        self.ssh.plugged = True

    def plug_when_settled(self) -> None:
        """Put the cable in again as soon as no change is pending on the server any more."""

        def wait() -> None:
            pause = threading.Event()
            while transaction.pending(self.server) is not None:
                pause.wait(0.05)
            self.plug()

        self.ssh.start_thread("practice-cable", wait)

    def close(self) -> None:
        """Stop everything; the folder stays."""
        self.ssh.close()
        self.server.power_off()
        self.server.join()
        self.segment.close()
        self.lan.close()

    def __enter__(self) -> Clinic:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _below(root: Path, path: str) -> Path:
    return root / path.lstrip("/")
