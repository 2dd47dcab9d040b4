"""A server of the lab: a QEMU machine on the LAN that can be cut off, switched off hard and set
back in a moment."""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import itertools
import json
import select
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.lab.images import CACHE, Image
from tests.lab.network import Host, LabError, Lan, stop_process, wait_for

KEY = CACHE / "keys" / "id_ed25519"
KERNEL_ARGUMENTS = (
    "root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet loglevel=4 systemd.show_status=0 "
    "mitigations=off random.trust_cpu=on "
    "modprobe.blacklist=ata_piix,floppy,psmouse,pcspkr,i2c_piix4,kvm_amd"  # saves seconds of boot
)
BOOT = 400.0  # seconds; a boot takes half a minute here, but two cores may have much else to do


@dataclass(frozen=True)
class Done:
    """How a command inside the machine ended."""

    status: int
    stdout: str
    stderr: str


class Qmp:
    """QEMU's control socket; commands are answered in order, events in between are kept."""

    def __init__(self, path: Path, process: subprocess.Popen[bytes]) -> None:
        self._socket = _connect(path, process)
        self._file = self._socket.makefile("rb")
        self.events: list[dict[str, Any]] = []
        self._read(30)  # the greeting
        self.execute("qmp_capabilities")

    def execute(
        self, command: str, arguments: dict[str, Any] | None = None, timeout: float = 120
    ) -> Any:
        request = json.dumps({"execute": command, "arguments": arguments or {}})
        self._socket.sendall(request.encode() + b"\n")
        end = time.monotonic() + timeout
        while True:
            answer = self._read(max(0.1, end - time.monotonic()))
            if "event" in answer:
                self.events.append(answer)
            elif "error" in answer:
                raise LabError(f"QEMU refused {command}: {answer['error'].get('desc')}")
            else:
                return answer["return"]

    def monitor(self, line: str) -> str:
        return str(self.execute("human-monitor-command", {"command-line": line}))

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _read(self, timeout: float) -> dict[str, Any]:
        self._socket.settimeout(timeout)
        line = self._file.readline()
        if not line:
            raise LabError("QEMU closed its control socket")
        answer: dict[str, Any] = json.loads(line)
        return answer


class Shell:
    """The root shell inside, over a virtio port: works whatever the test has done to the
    network."""

    def __init__(self, path: Path, process: subprocess.Popen[bytes]) -> None:
        self._socket = _connect(path, process)
        self._numbers = itertools.count(1)
        self._waiting = b""
        self._answers: dict[int, dict[str, Any]] = {}
        self.boots: list[str] = []

    def run(self, command: str, send: bytes, timeout: float) -> dict[str, Any]:
        number = next(self._numbers)
        request = {
            "id": number,
            "command": command,
            "input": base64.b64encode(send).decode(),
            "timeout": timeout,
        }
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        end = time.monotonic() + timeout + 30
        while number not in self._answers:
            self._receive(end, command)
        return self._answers.pop(number)

    def wait_hello(self, known: int, timeout: float) -> None:
        """Until the shell has come up once more than `known` times."""
        end = time.monotonic() + timeout
        while len(self.boots) <= known:
            self._receive(end, "the shell inside")

    def forget(self) -> None:
        """After a loaded snapshot, half a line from the life before may be left."""
        while select.select([self._socket], [], [], 0)[0]:
            if not self._socket.recv(65536):
                break
        self._waiting = b""
        self._answers.clear()
        self._socket.sendall(b"\n")

    def close(self) -> None:
        self._socket.close()

    def _receive(self, end: float, what: str) -> None:
        self._socket.settimeout(max(0.05, end - time.monotonic()))
        try:
            data = self._socket.recv(65536)
        except TimeoutError:
            raise LabError(f"no answer from the machine to: {what}") from None
        if not data:
            raise LabError("the machine is gone")
        self._waiting += data
        *lines, self._waiting = self._waiting.split(b"\n")
        for line in lines:
            try:
                message = json.loads(line)
            except ValueError:
                continue  # the tail of an answer that a reset or a snapshot cut off
            if message.get("event") == "hello":
                self.boots.append(message["boot"])
            elif "id" in message:
                self._answers[message["id"]] = message


class Machine:
    """One server. Its disk is an overlay in a temporary folder; the image below is never written.

    Snapshots hold disk and memory. `loadvm` sets the clock inside to now again and tells the card
    that its cable is in; the DHCP lease inside is the one of the snapshot, which the office router
    (authoritative) renews.
    """

    def __init__(
        self,
        image: Image,
        lan: Lan,
        *,
        name: str | None = None,
        mac: str | None = None,
        memory: int = 1024,
        kernel_arguments: str = "",
        drives: Sequence[Path] = (),
        overlay: Path | None = None,
        rtc: datetime | None = None,
    ) -> None:
        self.image = image
        self.lan = lan
        self.kind = image.kind
        self.name = name or image.kind
        self.mac = mac or image.mac
        self.memory = memory
        self.kernel_arguments = kernel_arguments
        self.drives = tuple(drives)
        self.rtc = rtc
        self.folder = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=lan.folder))
        self.disk = self.folder / "disk.qcow2"
        self.tap = lan.add_tap()
        self._process: subprocess.Popen[bytes] | None = None
        self._qmp: Qmp | None = None
        self._shell: Shell | None = None
        self._hellos = 0
        self._link_local: str | None = None
        if overlay is not None:
            shutil.copy(overlay, self.disk)
        else:
            create_overlay(image.disk, self.disk)
        lan.at_close(self.close)

    # --- life ----------------------------------------------------------------------------------

    def start(self, load: str | None = None) -> None:
        """Switch on. Returns at once; `wait_boot` waits. With `load`, go on from that snapshot of
        this disk."""
        if self.running:
            raise LabError(f"{self.name} is already on")
        for name in ("qmp.sock", "shell.sock"):
            (self.folder / name).unlink(missing_ok=True)
        rtc = "base=utc"
        if self.rtc is not None:
            rtc = f"base={self.rtc.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
        # All of the CPU: with svm taken out, Debian's 6.1 kernel boots into failing system calls.
        command = [
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none",
            "-name", self.name, "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2",
            "-m", str(self.memory), "-rtc", rtc,
            "-kernel", str(self.image.kernel), "-initrd", str(self.image.initrd),
            "-append", f"{KERNEL_ARGUMENTS} {self.kernel_arguments}".strip(),
            "-chardev", f"file,id=console,path={self.folder / 'console.log'},append=on",
            "-serial", "chardev:console",
            "-qmp", f"unix:{self.folder / 'qmp.sock'},server=on,wait=off",
            # writeback: what the guest flushes is safe, as on a disk that keeps its promise. What
            # it did not flush is lost when QEMU is killed: the guest's dirty pages with its memory,
            # and blocks new in this overlay because QEMU writes their place in the table only at a
            # flush. cache=unsafe would lose flushed data too.
            "-drive", f"file={self.disk},if=virtio,format=qcow2,cache=writeback,discard=unmap",
        ]  # fmt: skip
        for drive in self.drives:
            command += ["-drive", f"file={drive},if=virtio,format=raw,snapshot=on"]
        command += [
            "-netdev", f"tap,id=cable,ifname={self.tap},script=no,downscript=no",
            "-device", f"virtio-net-pci,id=card,netdev=cable,mac={self.mac},romfile=",
            "-device", "virtio-rng-pci",
            "-device", "virtio-serial-pci",
            "-chardev", f"socket,id=shell,path={self.folder / 'shell.sock'},server=on,wait=off",
            "-device", "virtserialport,chardev=shell,name=lab.shell",
        ]  # fmt: skip
        if load:
            command += ["-S"]
        log = (self.folder / "qemu.log").open("ab")
        self._process = self.lan.popen(command, stdout=log, stderr=log)
        log.close()
        self._hellos = 0
        try:
            self._qmp = Qmp(self.folder / "qmp.sock", self._process)
            self._shell = Shell(self.folder / "shell.sock", self._process)
        except LabError as problem:
            raise LabError(f"{problem}\n{(self.folder / 'qemu.log').read_text()}") from None
        if load:
            self.loadvm(load)

    def wait_boot(self, timeout: float = BOOT) -> None:
        """Until systemd says that it has started everything, Docker and its containers included."""
        try:
            self.shell.wait_hello(self._hellos, timeout)
            self._hellos = len(self.shell.boots)
            # "degraded" is a boot too; a test that minds looks at the failed units itself.
            self.run("systemctl is-system-running --wait", timeout=timeout, check=False)
        except LabError as problem:
            raise LabError(
                f"{self.name} did not boot: {problem}\n{self.console_log[-3000:]}"
            ) from None

    def power_cut(self, restart: bool = True) -> None:
        """Pull the plug: QEMU is killed, and what the guest had not flushed to its disk is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._disconnect()
        if restart:
            self.start()

    def reset(self) -> None:
        """The reset button: memory is lost, the disk keeps what it was given."""
        self._hellos = len(self.shell.boots)
        self.qmp.execute("system_reset")

    def reboot(self) -> None:
        """An orderly restart from inside; follow with wait_boot()."""
        self._hellos = len(self.shell.boots)
        self.run("systemctl --no-block reboot", check=False)

    def shutdown(self, timeout: float = 180) -> None:
        """An orderly switch-off from inside."""
        self.run("systemctl --no-block poweroff", check=False)
        assert self._process is not None
        self._process.wait(timeout)
        self._disconnect()

    def close(self) -> None:
        if self._process is not None:
            stop_process(self._process)
        self._disconnect()
        self.lan.remove_port(self.tap)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    # --- snapshots -----------------------------------------------------------------------------

    def savevm(self, name: str = "booted") -> None:
        """Keep disk and memory under a name."""
        self._monitor(f"savevm {name}")

    def loadvm(self, name: str = "booted") -> None:
        """Go back to a snapshot, from whatever state: running, paused or switched off."""
        if not self.running:
            self._disconnect()
            self.start(load=name)
            return
        self._monitor(f"loadvm {name}")
        self.plug_cable()
        self.lan.netem(self.tap)
        self.shell.forget()
        self.resume()
        self._hellos = len(self.shell.boots)
        self.set_clock()

    def pause(self) -> None:
        """Stop the processors, so that a machine nobody looks at costs nothing."""
        self.qmp.execute("stop")

    def resume(self) -> None:
        self.qmp.execute("cont")

    # --- inside --------------------------------------------------------------------------------

    def run(
        self, command: str, send: str | bytes = b"", timeout: float = 60, check: bool = True
    ) -> Done:
        """Run a shell command as root inside, without using the network."""
        data = send.encode() if isinstance(send, str) else send
        answer = self.shell.run(command, data, timeout)
        done = Done(
            answer["status"],
            base64.b64decode(answer["stdout"]).decode(errors="replace"),
            base64.b64decode(answer["stderr"]).decode(errors="replace"),
        )
        if check and done.status:
            raise LabError(
                f"{self.name}: {command!r} ended with {done.status}:\n{done.stdout}{done.stderr}"
            )
        return done

    def output(self, command: str, timeout: float = 60) -> str:
        return self.run(command, timeout=timeout).stdout.strip()

    def read_file(self, path: str) -> str:
        return self.run(f"cat '{path}'").stdout

    def write_file(self, path: str, content: str | bytes, mode: str = "644") -> None:
        self.run(f"cat > '{path}' && chmod {mode} '{path}'", send=content)

    def wait_until(self, command: str, timeout: float = 60) -> str:
        """Until a command inside succeeds; its output."""

        def ready() -> Done | None:
            done = self.run(command, check=False)
            return None if done.status else done

        return wait_for(f"{command!r} on {self.name}", ready, timeout, pause=0.3).stdout

    def set_clock(self, when: datetime | None = None) -> None:
        """Set the clock inside to `when`, or to the real time (after a snapshot it stands where it
        was saved)."""
        seconds = when.timestamp() if when else time.time()
        self.run(f"date --utc --set @{seconds:.3f}")

    def addresses(self) -> list[ipaddress.IPv4Interface]:
        """IPv4 addresses of the network card, as they are inside."""
        found = json.loads(self.run("ip -4 -j addr show dev eth0").stdout or "[]")
        return [
            ipaddress.IPv4Interface(f"{info['local']}/{info['prefixlen']}")
            for link in found
            for info in link.get("addr_info", [])
        ]

    def wait_address(
        self,
        wanted: Callable[[ipaddress.IPv4Interface], bool] = lambda _: True,
        timeout: float = 90,
    ) -> str:
        """The first IPv4 address of the card that is as wanted, as soon as it is there."""

        def look() -> str | None:
            return next((str(address.ip) for address in self.addresses() if wanted(address)), None)

        return wait_for(f"an IPv4 address of {self.name}", look, timeout, pause=0.3)

    @property
    def link_local(self) -> str:
        if self._link_local is None:

            def look() -> str | None:
                for link in json.loads(
                    self.run("ip -6 -j addr show dev eth0 scope link").stdout or "[]"
                ):
                    for info in link.get("addr_info", []):
                        if not info.get("tentative"):
                            return str(info["local"])
                return None

            self._link_local = wait_for(f"a link-local address of {self.name}", look, 30)
        return self._link_local

    @property
    def console_log(self) -> str:
        path = self.folder / "console.log"
        return path.read_text(errors="replace") if path.exists() else ""

    # --- from outside --------------------------------------------------------------------------

    def ssh(
        self,
        command: str,
        host: Host,
        user: str = "clinic",
        address: str | None = None,
        send: str | None = None,
        timeout: float = 120,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command over plain OpenSSH from `host`; over the link-local address unless told
        otherwise."""
        target = address or f"{self.link_local}%{host.interface}"
        return host.run(
            ["ssh", "-F", "none", "-i", str(KEY), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
             "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
             "-o", "LogLevel=ERROR",
             "-o", "ConnectTimeout=60", f"{user}@{target}", command],
            send=send,
            timeout=timeout,
            check=check,
        )  # fmt: skip

    def cut_cable(self) -> None:
        """Pull the network cable: the card inside loses its carrier."""
        self.qmp.execute("set_link", {"name": "card", "up": False})

    def plug_cable(self) -> None:
        self.qmp.execute("set_link", {"name": "card", "up": True})

    # --- QEMU ----------------------------------------------------------------------------------

    @property
    def qmp(self) -> Qmp:
        if self._qmp is None:
            raise LabError(f"{self.name} is off")
        return self._qmp

    @property
    def shell(self) -> Shell:
        if self._shell is None:
            raise LabError(f"{self.name} is off")
        return self._shell

    def _monitor(self, line: str) -> None:
        if said := self.qmp.monitor(line).strip():
            raise LabError(f"{self.name}: {line}: {said}")

    def _disconnect(self) -> None:
        for connection in (self._qmp, self._shell):
            if connection is not None:
                with contextlib.suppress(OSError):
                    connection.close()
        self._qmp = self._shell = None
        self._process = None


def create_overlay(base: Path, disk: Path) -> None:
    subprocess.run(
        [
            "qemu-img",
            "create",
            "-q",
            "-f",
            "qcow2",
            "-F",
            "qcow2",
            "-b",
            str(base.resolve()),
            str(disk),
        ],
        check=True,
    )


def _connect(path: Path, process: subprocess.Popen[bytes]) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)

    def connected() -> bool:
        if process.poll() is not None:
            raise LabError("QEMU did not start")
        try:
            connection.connect(str(path))
        except OSError:
            return False
        return True

    wait_for(f"QEMU's socket {path.name}", connected, 30)
    return connection
