"""A whole clinic on loopback: server, SSH, DNS, HTTPS, neighbours, certificates, a site file."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
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
from wizard.practice.authority import material, write
from wizard.practice.door import TICK, Porter
from wizard.practice.network import Lan, Names, Time
from wizard.practice.phones import PAUSE, Home, Settings, arrive
from wizard.practice.segment import Neighbour, Segment
from wizard.practice.server import INTERFACE, LEASE, PACE, ROUTER, Server
from wizard.practice.ssh import Account, SshServer, new_key
from wizard.practice.words import SCENARIOS
from wizard.remote.discover import Found, greet
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

WAIT = 10
"""Seconds that the server shall wait for a word before it goes back: the least it accepts."""

# The beginnings of the MACs belong to makers whose devices stand in clinics (IEEE registry).
_ROUTER = Neighbour("router", "50:c7:bf:20:31:0a", ROUTER)
_PRINTER = Neighbour("printer", "3c:d9:2b:5e:70:44", NEW)
_LEASE = "192.168.50.31"  # what the router offers to a second one who asks


class Clinic:
    """A new practice clinic; use `close`.

    In `folder`, which is emptied of an earlier one and stays afterwards; without one, in a folder
    of its own that `close` removes. It lays out: `site.toml`, `certificates/KIND/`, `root.pem` to
    be trusted, `clinic.json` (the detour) and `server/`, the pretended server's files. `scenario`
    is a key of words.SCENARIOS and may be changed at any time.
    """

    def __init__(
        self,
        folder: Path | None = None,
        scenario: str = "plain",
        *,
        account: Account | None = None,
        key: paramiko.PKey | None = None,
        timings: Timings = PACE,
    ) -> None:
        self._temporary = folder is None
        self.folder = (folder or Path(tempfile.mkdtemp(prefix="cht-practice-"))).absolute()
        self.account = account or Account(USER, PASSWORD)
        self.key = key or new_key()
        self.plugged = True
        self.scenario = scenario
        self._clear()
        made = material(DOMAIN, datetime.now(UTC))
        self._authority = made.authority
        (self.folder / "root.pem").write_bytes(made.authority.root_pem)
        self.certificates: Mapping[str, tuple[Path, ...]] = {
            kind: write(self.folder / "certificates" / kind, files)
            for kind, files in made.kinds.items()
        }
        self.porter = Porter("clinic")
        self.lan = Lan(self.porter)
        self.segment = Segment(self.neighbours)
        self.server = Server(
            self.folder / "server",
            (made.first.chain, made.first.key),
            f"{self.key.get_name()} {self.key.get_base64()} root@practice",
            {443: self.lan.https_inside},
            self.segment,
            timings,
        )
        self.ssh = SshServer(
            self.porter, (OLD, NEW), self._has, self.key, self.account, self._agent, LAPTOP
        )
        self.lan.begin(
            Names(
                Path(self.server.path(names.DNSMASQ_CONF)),
                lambda: self.server.active(names.DNSMASQ_UNIT),
            ),
            self.server.cht,
            Time(
                Path(self.server.path(names.CHRONY_FILE)),
                self.server.now,
                lambda: self.server.active(names.CHRONY_UNIT),
            ),
            lambda: self.plugged and bool(self.server.addresses()),
        )
        self.phone_pause = PAUSE
        self.server.on_watch = self._phones_come
        self.server.on_reboot = self.ssh.drop
        self.server.on_addresses = self._moved
        self.detour.save(self.folder / "clinic.json")
        self.site = self.write_site("good")

    def _clear(self) -> None:
        for name in ("server", "certificates"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        (self.folder / "server.json").unlink(missing_ok=True)
        self.folder.mkdir(parents=True, exist_ok=True)

    def _agent(self, connection: str, incoming: IO[bytes], outgoing: IO[bytes]) -> int:
        """Run the real agent on the pretended server."""
        argv = ["serve", "--connection", connection]
        return main(argv, self.server, self.server.timings, incoming, outgoing)

    def _has(self, address: str) -> bool:
        return self.plugged and address in self.server.addresses()

    @property
    def detour(self) -> Detour:
        """The way in. Of one clinic it also leads to addresses that are chosen later."""
        ports = {53: self.lan.dns_port, 80: self.lan.http_port, 443: self.lan.https_port}
        ports[123] = self.lan.time_port
        return Detour(ssh=self.ssh.ports, ports=ports, laptop=LAPTOP)

    @property
    def fingerprint(self) -> str:
        """What stands on the server's label: the fingerprint of its host key."""
        return HostKey(self.key.get_name(), self.key.asbytes()).fingerprint

    def write_site(self, certificate: str, name: str = "site.toml") -> Path:
        """Write the site file with one of the certificates; returns its path."""
        paths = self.certificates[certificate]
        files = tuple(path.relative_to(self.folder).as_posix() for path in paths)
        path = self.folder / name
        save(replace(SITE, certificate=CertificateFiles(files)), path)
        return path

    def answer(self, csr: str) -> tuple[Path, ...]:
        """Be the authority that a request is carried to; returns the files that it hands out."""
        files = {"fullchain.pem": self._authority.answer(csr.encode())}
        return write(self.folder / "certificates" / "requested", files)

    def discover(self, on_found: Callable[[Found], None] | None = None) -> tuple[Found, ...]:
        """Return what a search for servers finds here, as wizard.remote.discover does.

        It greets the pretended server at each address that it has.
        """
        found = []
        for one in self._greet():
            found.append(one)
            if on_found is not None:
                on_found(one)
        return tuple(found)

    def _greet(self) -> Iterator[Found]:
        for address in sorted(self.server.addresses()):
            through = self.detour.to(address)
            one = greet(address, 22, "practice", self.server.mac, 5.0, through)
            if one is not None:
                yield one

    # ------------------------------------------------------------------- scenarios

    @property
    def scenario(self) -> str:
        """What is different at this site."""
        return self._scenario

    @scenario.setter
    def scenario(self, code: str) -> None:
        if code not in SCENARIOS:
            raise ValueError(code)
        self._scenario = code
        self._cable = code == "cable"

    def mend(self) -> None:
        """Do what the site's staff would do about it, see words.SCENARIOS: then all is well."""
        self.scenario = "plain"
        self.plug()

    def neighbours(self) -> tuple[Neighbour, ...]:
        """Return the other devices that can be heard on the network now."""
        if not self.plugged:
            return ()
        if self.scenario == "second-dhcp":
            return (replace(_ROUTER, offers=_LEASE),)
        if self.scenario == "taken-address":
            return (_ROUTER, _PRINTER)
        return (_ROUTER,)

    def _moved(self, _before: frozenset[str], after: frozenset[str]) -> None:
        """In the scenario "cable": the new address is in force, and the old one is gone."""
        if self._cable and after and OLD not in after and self._changing():
            self._cable = False
            self.unplug()
            self.plug_when_settled()

    def _phones_come(self, interface: str) -> None:
        """Somebody watches: phones arrive, one after the other."""
        server = self.server
        conf = Path(server.path(names.DNSMASQ_CONF))
        leases = Path(server.path(names.LEASES + "/dnsmasq.leases"))

        def leased(line: str) -> None:
            mac = line.split()[1]
            leases.parent.mkdir(parents=True, exist_ok=True)
            kept = leases.read_text("ascii").splitlines() if leases.exists() else []
            rest = [row for row in kept if row.split()[1] != mac]
            leases.write_text("\n".join([*rest, line.strip(), ""]), "ascii")

        lan = Home(
            settings=lambda: Settings.read(conf) if server.active(names.DNSMASQ_UNIT) else None,
            mac=(server.read(f"/sys/class/net/{interface}/address") or "").strip(),
            cast=lambda frame: self.plugged and self.segment.mirror.say(frame),
            leased=leased,
            joined=lambda mac: server.radio.events.say(f"<3>AP-STA-CONNECTED {mac}".encode()),
            dns_port=self.lan.dns_port,
            https_port=self.lan.https_port,
            root=self.folder / "root.pem",
        )
        self.porter.start("phones", lambda: arrive(lan, self.porter.closing, self.phone_pause))

    def _changing(self) -> bool:
        pending = transaction.pending(self.server)
        return pending is not None and pending["state"] == "armed"

    def unplug(self) -> None:
        """Pull the cable: nothing comes through until `plug`."""
        self.plugged = False

    def plug(self) -> None:
        """Put the cable in again."""
        self.plugged = True

    def plug_when_settled(self) -> None:
        """Put the cable in again as soon as no change is pending on the server any more."""
        pause = threading.Event()

        def wait() -> None:
            while transaction.pending(self.server) is not None:
                pause.wait(TICK)
            self.plug()

        self.porter.start("cable", wait)

    # -------------------------------------------------------------------- the end

    def close(self) -> None:
        """Stop everything, whatever is going on; a folder that was given stays."""
        self.ssh.close()
        self.server.cut_power()
        self.porter.close()
        self.segment.close()
        self.lan.close()
        if self._temporary:
            # Windows may hold a file for a moment longer.
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Clinic:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
