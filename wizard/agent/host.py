"""The machine the agent works on: its files below a root, and its commands.

On a server the root is "" and commands really run. Tests and the practice clinic give a folder
as root and a subclass that pretends the commands.
"""

from __future__ import annotations

import errno
import os
import struct
import subprocess
import time
from typing import TYPE_CHECKING, Dict, List, NamedTuple, Optional, Tuple

if TYPE_CHECKING:
    import socket

RTC_SET_TIME = 0x4024700A  # linux/rtc.h, _IOW('p', 0x0a, struct rtc_time)
ETH_ALL = 0x0003  # linux/if_ether.h
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Done(NamedTuple):
    """A finished command. `code` is 127 when it is not there, 124 when time ran out."""

    code: int
    out: str
    err: str

    @property
    def ok(self) -> bool:
        """True when it ended with 0."""
        return self.code == 0


class Host:
    """Files and commands of one machine."""

    def __init__(self, root: str = "") -> None:
        self.root = root.rstrip("/")

    def path(self, path: str) -> str:
        """Return where a path of the machine really lies."""
        return self.root + path

    def read(self, path: str, limit: int = 1 << 20) -> Optional[str]:
        """Return a text file's content, or None when it cannot be read."""
        data = self.read_bytes(path, limit)
        return None if data is None else data.decode("utf-8", "replace")

    def read_bytes(self, path: str, limit: int = 1 << 20) -> Optional[bytes]:
        """Return at most `limit` bytes of a file, or None when it cannot be read."""
        try:
            with open(self.path(path), "rb") as stream:
                return stream.read(limit)
        except OSError:
            return None

    def exists(self, path: str) -> bool:
        """True when there is anything at a path, a dangling link included."""
        return os.path.lexists(self.path(path))

    def modified(self, path: str) -> Optional[float]:
        """Return a file's date in seconds since 1970; None when it cannot be read."""
        try:
            return os.stat(self.path(path)).st_mtime
        except OSError:
            return None

    def list(self, path: str) -> List[str]:
        """Return the sorted names in a folder; none when it cannot be read."""
        try:
            return sorted(os.listdir(self.path(path)))
        except OSError:
            return []

    def link_target(self, path: str) -> str:
        """Return where a symbolic link points, or "" when it is none."""
        try:
            return os.readlink(self.path(path))
        except OSError:
            return ""

    def local(self, port: int) -> Tuple[str, int]:
        """Return where a TCP port of this machine is reached from within."""
        return "127.0.0.1", port

    def neighbour(self, address: str, port: int) -> Tuple[str, int]:
        """Return where a port of another device on the LAN is reached."""
        return address, port

    def dial(self, path: str, seconds: float) -> "socket.socket":
        """Return a connection to a Unix socket of this machine. Raises OSError."""
        import socket

        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(seconds)
            connection.connect(self.path(path))
        except OSError:
            connection.close()
            raise
        return connection

    def wire(self, interface: str, kind: int) -> "socket.socket":
        """Return a raw socket for one kind of Ethernet frame (packet(7)). Raises OSError."""
        import socket

        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(kind))
        try:
            wire.bind((interface, kind))
        except OSError:
            wire.close()
            raise
        return wire

    def tap(self, interface: str, https: int, http: int) -> "socket.socket":
        """Return a socket that hears what `watch` wants to know, both ways. Raises OSError.

        Only sockets for every kind of frame hear what this machine sends (packet(7)); nothing is
        heard before the filter is in place.
        """
        import socket

        from .watching import filter as wanted

        tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        try:
            wanted.attach(tap, wanted.program(https, http))
            tap.setsockopt(socket.SOL_SOCKET, wanted.SO_RCVBUFFORCE, wanted.BUFFER)
            tap.bind((interface, ETH_ALL))
        except OSError:
            tap.close()
            raise
        return tap

    def control(self, path: str) -> "socket.socket":
        """Return a datagram connection to a Unix socket, which can answer. Raises OSError."""
        import socket

        connection = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            connection.settimeout(1.0)
            connection.bind("")  # an abstract address, unix(7): nothing is left in a folder
            connection.connect(self.path(path))
        except OSError:
            connection.close()
            raise
        return connection

    def now(self) -> float:
        """Return this machine's clock, seconds since 1970."""
        return time.time()

    def set_clock(self, seconds: float) -> None:
        """Set this machine's clock. Raises OSError, always below another root."""
        if self.root:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        time.clock_settime(time.CLOCK_REALTIME, seconds)

    def hardware_clock(self) -> Optional[float]:
        """Return what the battery's clock shows, read as UTC, or None without one (rtc(4))."""
        text = (self.read("/sys/class/rtc/rtc0/since_epoch") or "").strip()
        return float(text) if text.isdigit() else None

    def set_hardware_clock(self, seconds: float) -> None:
        """Set the battery's clock to a time written as UTC. Raises OSError.

        By ioctl, as Debian 13 has no hwclock any more unless somebody installs it.
        """
        if self.root:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        import fcntl

        moment = time.gmtime(round(seconds))
        fields = (
            moment.tm_sec, moment.tm_min, moment.tm_hour, moment.tm_mday, moment.tm_mon - 1,
            moment.tm_year - 1900, 0, 0, 0,
        )  # fmt: skip
        device = os.open("/dev/rtc0", os.O_RDONLY)
        try:
            fcntl.ioctl(device, RTC_SET_TIME, struct.pack("9i", *fields))
        finally:
            os.close(device)

    def which(self, name: str) -> str:
        """Return the full path of a command, or ""."""
        for folder in PATH.split(":"):
            full = folder + "/" + name
            if os.access(self.path(full), os.X_OK):
                return full
        return ""

    def run(
        self,
        argv: List[str],
        input: str = "",  # noqa: A002  # as subprocess.run calls it
        timeout: float = 60.0,
        env: Optional[Dict[str, str]] = None,
    ) -> Done:
        """Run a command without a shell, in the C locale, and wait at most `timeout` seconds."""
        surroundings = {"PATH": PATH, "LC_ALL": "C", "HOME": "/root"}
        surroundings.update(env or {})
        try:
            done = subprocess.run(
                argv,
                input=input.encode(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                timeout=timeout,
                env=surroundings,
                check=False,
            )
        except FileNotFoundError:
            return Done(127, "", "%s: not found" % argv[0])
        except subprocess.TimeoutExpired:
            return Done(124, "", "%s: no answer within %g seconds" % (argv[0], timeout))
        except OSError as error:
            return Done(126, "", "%s: %s" % (argv[0], error))
        out, err = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
        return Done(done.returncode, out, err)
