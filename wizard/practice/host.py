"""A pretended server in a folder: its files are real, its commands keep their state in a file.

Everything that the agent does to a server it can do to this one, from timers to a restart, so
that whole visits can be practised and tested without root. Nothing outside the folder is touched.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wizard.agent import disk, names, units
from wizard.agent.__main__ import main
from wizard.agent.changes import Timings
from wizard.agent.host import Done, Host
from wizard.practice import openssl

Memory = dict[str, Any]

UNIT_FOLDERS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
MANAGERS = {
    "netplan": (names.NETPLAN_FILE, "systemd-networkd.service"),
    "networkmanager": (names.NETWORKMANAGER_FILE, "NetworkManager.service"),
    "networkd": (names.NETWORKD_FILE, "systemd-networkd.service"),
    "ifupdown": (names.INTERFACES_FILE, "networking.service"),
}
COMMANDS = {
    "netplan": ("netplan",),
    "networkmanager": ("nmcli",),
    "networkd": ("networkctl",),
    "ifupdown": ("ifup", "ifdown"),
}
ALWAYS = (
    "systemctl", "systemd-run", "ip", "apt-get", "dpkg-query", "dpkg", "journalctl", "sshd", "ufw",
)  # fmt: skip


CHRONY_UNIT_TEXT = "[Service]\nExecStart=/usr/sbin/chronyd\n[Install]\nWantedBy=multi-user.target\n"
CHRONY_CONF = "/etc/chrony/chrony.conf"
CHRONY_CONF_TEXT = "confdir /etc/chrony/conf.d\npool 2.debian.pool.ntp.org iburst\n"


class PowerCut(BaseException):
    """Ends what worked on a server that has no power any more."""


class PracticeHost(Host):
    """A server below `root`; `memory` (default: ROOT.json) keeps what is not a file of it.

    `lease` is the address that the pretended DHCP server gives to `interface`. With `clockwork`
    timers fire by themselves; without, `fire_timers` does it.
    """

    has_openssl = True
    off_seconds = 0.0  # how long a restart leaves it without addresses and services

    def __init__(
        self,
        root: str | Path,
        *,
        manager: str = "ifupdown",
        interface: str = "eth0",
        lease: str = "192.168.50.23/24",
        memory: str | Path = "",
        timings: Timings | None = None,
        clockwork: bool = False,
    ) -> None:
        super().__init__(str(root))
        self.manager = manager
        self.interface = interface
        self.lease = lease
        self.timings = timings or Timings()
        self.clockwork = clockwork
        self._memory = Path(memory or f"{self.root}.json")
        self._guard = threading.RLock()
        self._paper = threading.Lock()  # held for one reading or one writing of the memory
        self._threads: list[threading.Thread] = []
        self._alarms: dict[str, threading.Timer] = {}
        self.on_reboot: Callable[[], None] = lambda: None  # what runs elsewhere ends with it
        self._commands: dict[str, Callable[[list[str], dict[str, str]], Done]] = {
            "systemctl": self._systemctl,
            "systemd-run": self._systemd_run,
            "ip": self._ip,
            "apt-get": self._apt_get,
            "dpkg-query": self._dpkg_query,
            "dpkg": self._dpkg,
            "journalctl": self._journalctl,
            "sshd": self._sshd,
            "ufw": self._ufw,
            "firewall-cmd": self._firewall_cmd,
            "netplan": self._netplan,
            "networkctl": self._take_up,
            "nmcli": self._take_up,
            "ifup": self._take_up,
            "ifdown": self._ifdown,
            "dnsmasq": self._dnsmasq,
            "openssl": self._openssl,
        }
        if not self._memory.exists():
            self._found()

    # -------------------------------------------------------------------- memory

    def _found(self) -> None:
        """Make the folders and the state of a server that was just installed."""
        for folder in ("run/systemd/system", "etc/systemd/system", "usr/sbin", "proc/sys/kernel"):
            os.makedirs(f"{self.root}/{folder}", exist_ok=True)
        if self.manager == "ifupdown":
            os.makedirs(f"{self.root}/run/network", exist_ok=True)
            Path(self.path("/run/network/ifstate")).write_text(
                f"lo=lo\n{self.interface}={self.interface}\n", encoding="ascii"
            )
        self._save(
            {
                "addresses": {self.interface: [address_told(self.lease, dynamic=True)], "lo": []},
                "active": [MANAGERS[self.manager][1], "ssh.service"],
                "restarts": {},
                "timers": {},
                "packages": ["base-files", "openssh-server"],
                "repository": ["dnsmasq-base", "hostapd", "iw", "chrony"],
                "internet": True,
                "clock": 0.0,  # seconds by which its clock is ahead of this computer's
                "rtc": 0.0,  # likewise its hardware clock; None: there is none
                "broken": [],  # units that fail, and commands by their name
                "carried": [],  # every command, for those who want to know
            }
        )
        self._new_boot()

    def _new_boot(self) -> None:
        place = Path(self.path("/proc/sys/kernel/random/boot_id"))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{uuid.uuid4()}\n", encoding="ascii")

    def _save(self, memory: Memory) -> None:
        fresh = self._memory.with_suffix(".new")
        with self._paper:
            fresh.write_text(json.dumps(memory), encoding="utf-8")
            disk.replace(str(fresh), str(self._memory))

    def memory(self) -> Memory:
        """Return what the machine is like now, apart from its files."""
        with self._paper:
            text = self._memory.read_text(encoding="utf-8")
        loaded: Memory = json.loads(text)
        return loaded

    @contextmanager
    def remember(self) -> Iterator[Memory]:
        """Change what the machine is like."""
        with self._guard:
            memory = self.memory()
            yield memory
            self._save(memory)

    # --------------------------------------------------------------------- boots

    def reboot(self) -> None:
        """Start the machine anew as systemd would: timers forgotten, boot units run in order."""
        self.power_off()
        self._new_boot()
        with self.remember() as memory:
            memory["timers"] = {}
            memory["active"] = []
            kept = [name for name in memory["addresses"] if name != names.BRIDGE]
            memory["addresses"] = {name: [] for name in kept}
        self.on_reboot()
        self._start_clock()
        threading.Event().wait(self.off_seconds)
        self._boot_unit(names.RECOVER_UNIT, "files")
        enabled = [u for u in self._known_units() if self._file_state(u) == "enabled"]
        with self.remember() as memory:
            memory["active"] = [MANAGERS[self.manager][1], "ssh.service"]
        self._bring_up()
        for unit in enabled:
            if unit not in (names.RECOVER_UNIT, names.RECOVER_CONTAINERS_UNIT):
                self._start(unit)
        self._boot_unit(names.RECOVER_CONTAINERS_UNIT, "containers")

    def _start_clock(self) -> None:
        """Read the hardware clock, as the kernel does; without one, time begins in 1970."""
        with self.remember() as memory:
            kept = memory["rtc"]
            memory["clock"] = -time.time() if kept is None else kept
        floor = self._file_state(names.CLOCK_UNIT) == "enabled"
        if floor and os.path.exists(self.path(names.CLOCK_STAMP)):
            known = os.stat(self.path(names.CLOCK_STAMP)).st_mtime
            if known > self.now():
                self.set_clock(known)

    def now(self) -> float:
        """Return this server's clock, seconds since 1970."""
        return float(time.time() + self.memory()["clock"])

    def set_clock(self, seconds: float) -> None:
        """Set this server's clock; that of the computer it is practised on stays."""
        with self.remember() as memory:
            memory["clock"] = seconds - time.time()

    def hardware_clock(self) -> float | None:
        """Return what its hardware clock shows, if it has one."""
        kept = self.memory()["rtc"]
        return None if kept is None else float(round(time.time() + kept))

    def set_hardware_clock(self, seconds: float) -> None:
        """Set its hardware clock. Raises OSError when there is none."""
        with self.remember() as memory:
            if memory["rtc"] is None:
                raise FileNotFoundError("/dev/rtc0")
            memory["rtc"] = seconds - time.time()

    def power_off(self) -> None:
        """Forget timers and detached work, as a power cut does."""
        with self._guard:
            for alarm in self._alarms.values():
                alarm.cancel()
            self._alarms.clear()

    def _boot_unit(self, unit: str, stage: str) -> None:
        text = self.read(self._unit_file(unit)) or ""
        conditions = re.findall(r"^ConditionPathExists=(.*)$", text, re.MULTILINE)
        if self._file_state(unit) == "enabled" and all(self.exists(c) for c in conditions):
            main(["recover", "--stage", stage], self, self.timings)

    def fire_timers(self) -> int:
        """Let every armed timer fire now; returns how many there were."""
        with self.remember() as memory:
            due = memory["timers"]
            memory["timers"] = {}
        for timer in due.values():
            self._fire(timer)
        return len(due)

    def _fire(self, timer: dict[str, Any]) -> None:
        if timer["agent"]:
            main(timer["argv"], self, self.timings)
        else:
            self.run(timer["argv"])

    def join(self, seconds: float = 60.0) -> None:
        """Wait for detached work to end."""
        for thread in list(self._threads):
            thread.join(seconds)
            if thread.is_alive():
                raise TimeoutError(thread.name)
        self._threads.clear()

    # ------------------------------------------------------------------ commands

    def which(self, name: str) -> str:
        """Return where a pretended command lies, or ""."""
        there = name in ALWAYS or name in COMMANDS[self.manager]
        there = there or (name == "openssl" and self.has_openssl)
        there = there or (name == "dnsmasq" and "dnsmasq-base" in self.memory()["packages"])
        return "/usr/sbin/" + name if there else ""

    def run(
        self,
        argv: list[str],
        input: str = "",  # noqa: A002, ARG002 - as Host has it
        timeout: float = 60.0,  # noqa: ARG002
        env: dict[str, str] | None = None,
    ) -> Done:
        """Pretend a command; one that is not pretended is not there."""
        name = argv[0].rpartition("/")[2]
        with self.remember() as memory:
            memory["carried"].append(" ".join(argv))
            broken = name in memory["broken"] or " ".join(argv[:2]) in memory["broken"]
        if broken:
            return Done(1, "", f"{name}: broken for practice")
        command = self._commands.get(name)
        if command is None:
            return Done(127, "", f"{argv[0]}: not found")
        return command(argv[1:], env or {})

    def _journalctl(self, words: list[str], _env: dict[str, str]) -> Done:
        """Tell of one start, the present one: this server's journal is not kept."""
        if "--list-boots" not in words:
            return Done(0, "", "")
        boot = (self.read("/proc/sys/kernel/random/boot_id") or "").strip().replace("-", "")
        return Done(0, f" 0 {boot} the present one\n", "")

    def _sshd(self, words: list[str], _env: dict[str, str]) -> Done:
        """Tell what this clinic's SSH server does: it takes passwords, and never root's."""
        if words != ["-T"]:
            return Done(1, "", "sshd: only -T is pretended")
        told = "permitrootlogin no\npasswordauthentication yes\nkbdinteractiveauthentication no\n"
        return Done(0, told, "")

    def _dnsmasq(self, words: list[str], _env: dict[str, str]) -> Done:
        real = shutil.which("dnsmasq") or ("/usr/sbin/dnsmasq" if os.name == "posix" else "")
        if real and os.path.exists(real):
            return super().run([real, *words])
        return Done(0, "", "dnsmasq: syntax check OK.")

    def _openssl(self, words: list[str], _env: dict[str, str]) -> Done:
        return openssl.run(words) if self.has_openssl else Done(127, "", "openssl: not found")

    # ------------------------------------------------------------------- systemd

    def _unit_file(self, unit: str) -> str:
        for folder in UNIT_FOLDERS:
            path = f"{folder}/{unit}"
            if os.path.isfile(self.path(path)):
                return path
        return ""

    def _known_units(self) -> list[str]:
        return sorted({u for folder in UNIT_FOLDERS for u in self.list(folder) if "." in u})

    def _file_state(self, unit: str) -> str:
        real = self.path(f"{UNIT_FOLDERS[0]}/{unit}")
        if _leads_nowhere(real):
            return "masked"
        if not self._unit_file(unit):
            return ""
        return "enabled" if any(os.path.lexists(p) for p in self._links(unit)) else "disabled"

    def _links(self, unit: str) -> list[str]:
        text = self.read(self._unit_file(unit)) or ""
        targets = re.findall(r"^WantedBy=(.*)$", text, re.MULTILINE)
        wants = [t for line in targets for t in line.split()]
        return [self.path(f"{UNIT_FOLDERS[0]}/{target}.wants/{unit}") for target in wants]

    def _systemctl(self, words: list[str], _env: dict[str, str]) -> Done:
        flags = [w for w in words if w.startswith("-")]
        verb, *subjects = [w for w in words if not w.startswith("-")]
        if verb == "show":
            subjects = [unit for unit in subjects if "." in unit]  # not the list of properties
            return Done(0, "\n".join(self._show(u, self._file_state(u)) for u in subjects), "")
        if verb in ("list-units", "list-unit-files"):
            return Done(0, "".join(self._row(verb, unit) for unit in subjects), "")
        if verb in ("daemon-reload", "reset-failed"):
            return Done(0, "", "")
        if verb == "is-system-running":
            return Done(0, "running\n", "")
        if verb == "reboot":
            self.reboot()
            return Done(0, "", "")
        for unit in subjects:
            done = self._systemctl_one(verb, unit)
            if not done.ok or done.out:
                return done
        if verb == "disable" and "--now" in flags:
            return self._systemctl(["stop", *subjects], {})
        return Done(0, "", "")

    def _systemctl_one(self, verb: str, unit: str) -> Done:
        state = self._file_state(unit)
        if verb == "is-enabled":
            return Done(0 if state == "enabled" else 1, f"{state}\n" if state else "", "")
        if verb == "is-active":
            active = self._is_active(unit)
            return Done(0 if active else 3, "active\n" if active else "inactive\n", "")
        if verb == "try-restart" and not self._is_active(unit):
            return Done(0, "", "")
        if verb in ("start", "restart", "try-restart", "reload-or-restart"):
            return self._start(unit, again=verb != "start")
        if verb == "stop":
            self._stop(unit)
            return Done(0, "", "")
        if verb in ("enable", "disable"):
            if not self._unit_file(unit):
                return Done(1, "", f"Failed to {verb} unit: Unit file {unit} does not exist.")
            self._link(unit, verb == "enable")
            return Done(0, "", "")
        if verb in ("mask", "unmask"):
            real = self.path(f"{UNIT_FOLDERS[0]}/{unit}")
            if verb == "mask":
                if os.path.isfile(real):
                    return Done(1, "", f"Failed to mask unit: File {real} already exists.")
                make_link("/dev/null", real)
            elif state == "masked":
                os.unlink(real)
            return Done(0, "", "")
        return Done(1, "", f"systemctl: {verb} is not pretended")

    def _row(self, verb: str, unit: str) -> str:
        state = self._file_state(unit)
        if verb == "list-unit-files":
            return f"{unit} {state} enabled\n" if state else ""
        words = dict(line.split("=", 1) for line in self._show(unit, state).splitlines())
        if words["LoadState"] == "not-found":
            return ""
        return f"{unit} {words['LoadState']} {words['ActiveState']} {words['SubState']} {unit}\n"

    def _show(self, unit: str, state: str) -> str:
        memory = self.memory()
        known = bool(state) or unit in memory["active"]
        active = "active" if self._is_active(unit) else "inactive"
        if unit in memory["broken"] and unit in memory["restarts"]:
            active = "failed"
        values = {
            "Id": unit,
            "LoadState": "masked" if state == "masked" else "loaded" if known else "not-found",
            "UnitFileState": state,
            "ActiveState": active,
            "SubState": "running" if active == "active" else "dead",
            "Type": "simple",
            "Result": "exit-code" if active == "failed" else "success",
            "NRestarts": "0",
        }
        return "".join(f"{key}={value}\n" for key, value in values.items())

    def _is_active(self, unit: str) -> bool:
        memory = self.memory()
        if unit.endswith(".timer"):
            return unit[:-6] in memory["timers"]
        return unit in memory["active"]

    def _start(self, unit: str, again: bool = False) -> Done:
        if self._file_state(unit) == "masked":
            return Done(1, "", f"Failed to start {unit}: Unit {unit} is masked.")
        manager = MANAGERS[self.manager][1]
        if not self._unit_file(unit) and unit not in (manager, *self.memory()["active"]):
            return Done(5, "", f"Failed to start {unit}: Unit {unit} not found.")
        with self.remember() as memory:
            memory["restarts"][unit] = memory["restarts"].get(unit, 0) + 1
            if unit in memory["broken"]:
                return Done(1, "", f"Job for {unit} failed.")
            if unit not in memory["active"]:
                memory["active"].append(unit)
        if unit == names.CLOCK_UNIT:
            self._note_time()
        if unit == manager and again:
            self._bring_up()
        return Done(0, "", "")

    def _note_time(self) -> None:
        """Do what the service that keeps the last known time does."""
        stamp = Path(self.path(names.CLOCK_STAMP))
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()
        os.utime(stamp, (self.now(), self.now()))

    def _stop(self, unit: str) -> None:
        if unit == names.CLOCK_UNIT and self._is_active(unit):
            self._note_time()
        with self.remember() as memory:
            if unit.endswith(".timer"):
                memory["timers"].pop(unit[:-6], None)
                alarm = self._alarms.pop(unit[:-6], None)
                if alarm is not None:
                    alarm.cancel()
            elif unit in memory["active"]:
                memory["active"].remove(unit)

    def _link(self, unit: str, wanted: bool) -> None:
        for link in self._links(unit):
            folder = os.path.dirname(link)
            if wanted and not os.path.lexists(link):
                os.makedirs(folder, exist_ok=True)
                make_link(self._unit_file(unit), link)
            elif not wanted and os.path.lexists(link):
                os.unlink(link)
                if not os.listdir(folder):
                    os.rmdir(folder)

    def _systemd_run(self, words: list[str], _env: dict[str, str]) -> Done:
        flags = [w.partition("=") for w in words if w.startswith("--")]
        options = {name: value for name, _, value in flags}
        agent = units.agent_command()
        ours = [i for i in range(len(words)) if words[i : i + len(agent)] == agent]
        verb = words[ours[0] + len(agent) :] if ours else words[len(flags) :]
        unit = options["--unit"]
        with self.remember() as memory:
            if unit in memory["timers"]:
                return Done(1, "", f"Unit {unit}.timer was already loaded.")
            if "--on-active" in options:
                seconds = float(options["--on-active"])
                due = time.monotonic() + seconds
                memory["timers"][unit] = {"argv": verb, "agent": bool(ours), "due": due}
        if "--on-active" in options:
            if self.clockwork:
                self._alarms[unit] = threading.Timer(seconds, self._alarm, [unit])
                self._alarms[unit].daemon = True
                self._threads.append(self._alarms[unit])
                self._alarms[unit].start()
            return Done(0, "", "")
        after = next(
            (w.split("=", 2)[2] for w in words if w.startswith("--property=ExecStopPost=")), ""
        )
        thread = threading.Thread(
            target=self._detached,
            args=(verb, after.removeprefix(" ".join(agent)).split()),  # its path may have spaces
            name=unit,
            daemon=True,
        )
        self._threads.append(thread)
        thread.start()
        return Done(0, "", "")

    def _detached(self, verb: list[str], after: list[str]) -> None:
        with contextlib.suppress(PowerCut):
            try:
                main(verb, self, self.timings)
            finally:
                if after:
                    main(after, self, self.timings)

    def _alarm(self, unit: str) -> None:
        with self.remember() as memory:
            timer = memory["timers"].pop(unit, None)
            self._alarms.pop(unit, None)
        if timer is not None:
            with contextlib.suppress(PowerCut):
                self._fire(timer)

    # ------------------------------------------------------------------- network

    def _ip(self, words: list[str], _env: dict[str, str]) -> Done:
        if words == ["-j", "-d", "addr"]:
            return Done(0, json.dumps(self._links_told()), "")
        if words[:2] == ["-j", "address"]:
            name = words[-1]
            found = self.memory()["addresses"].get(name)
            if found is None:
                return Done(1, "", f'Device "{name}" does not exist.')
            one = {"ifname": name, "addr_info": found, **self._master(name)}
            return Done(0, json.dumps([one]), "")
        if words[:2] == ["link", "delete"]:
            with self.remember() as memory:
                memory["addresses"].pop(names.BRIDGE, None)
        if words[:2] in (["address", "add"], ["address", "del"]):
            one, name = address_told(words[2]), words[4]
            with self.remember() as memory:
                there = memory["addresses"][name]
                same = [a for a in there if a["local"] == one["local"]]
                if words[1] == "add":
                    if same:
                        return Done(2, "", "RTNETLINK answers: File exists")
                    there.append(one)
                else:
                    if not same:
                        return Done(2, "", "RTNETLINK answers: Cannot assign requested address")
                    there.remove(same[0])
        return Done(0, "", "")

    def _links_told(self) -> list[dict[str, Any]]:
        """Return all interfaces as `ip -j -d addr` tells them."""
        told: list[dict[str, Any]] = []
        for number, (name, addresses) in enumerate(self.memory()["addresses"].items(), 1):
            one: dict[str, Any] = {"ifindex": number, "ifname": name, "addr_info": addresses}
            one.update(flags=["UP", "LOWER_UP"], mtu=1500, operstate="UP", link_type="ether")
            one["address"] = f"52:54:00:12:34:{number:02x}"
            one.update(self._master(name))
            if name == names.BRIDGE:
                one["address"] = next(t["address"] for t in told if t["ifname"] == self.interface)
                one["linkinfo"] = {"info_kind": "bridge"}
            if name == "lo":
                one.update(flags=["LOOPBACK", "UP", "LOWER_UP"], mtu=65536, link_type="loopback")
            told.append(one)
        return told

    def _netplan(self, words: list[str], env: dict[str, str]) -> Done:
        if words[0] == "generate":
            folder = words[2] if len(words) > 2 else self.root
            for place in sorted(Path(folder, "etc/netplan").glob("*.yaml")):
                if "\t" in place.read_text(encoding="utf-8"):
                    return Done(78, "", f"{place}:1:1: Invalid YAML: tabs are not allowed")
            return Done(0, "", "")
        return self._take_up(words, env)

    def _take_up(self, words: list[str], _env: dict[str, str]) -> Done:
        if words[:1] == ["--get-values"]:
            return Done(0, "5c5a7c7e-0000-4000-8000-000000000001\n", "")
        if words[:1] != ["reload"] and words[:2] not in (
            ["connection", "load"],
            ["connection", "reload"],
        ):
            self._bring_up()
        return Done(0, "", "")

    def _master(self, name: str) -> dict[str, str]:
        """Return that the cable is a port, while there is a bridge."""
        joined = name == self.interface and names.BRIDGE in self.memory()["addresses"]
        return {"master": names.BRIDGE} if joined else {}

    def _ifdown(self, words: list[str], _env: dict[str, str]) -> Done:
        with self.remember() as memory:
            if words[-1] in memory["addresses"]:
                memory["addresses"][words[-1]] = []
        return Done(0, "", "")

    def _bring_up(self) -> None:
        """Give the interface, or the bridge, what the manager's file says, or else a lease."""
        text = self.read(MANAGERS[self.manager][0])
        if text is None:
            wanted = [address_told(self.lease, dynamic=True)]
        else:
            texts = re.findall(r"(?<![\w.:])((?:\d+\.){3}\d+/\d+|[0-9a-f:]*::[0-9a-f:]*/\d+)", text)
            wanted = [address_told(t) for t in dict.fromkeys(texts)]
        joined = text is not None and names.BRIDGE in text
        with self.remember() as memory:
            memory["addresses"][self.interface] = [] if joined else wanted
            if joined:
                memory["addresses"][names.BRIDGE] = wanted
        if self.manager == "ifupdown":
            up = ["lo", self.interface, *([names.BRIDGE] if joined else [])]
            text = "".join(f"{name}={name}\n" for name in up)
            Path(self.path("/run/network/ifstate")).write_text(text, encoding="ascii")

    # ------------------------------------------------------- packages, firewall

    def _dpkg_query(self, _words: list[str], _env: dict[str, str]) -> Done:
        packages = self.memory()["packages"]
        return Done(0, "".join(f"ii  {name}\n" for name in sorted(packages)), "")

    def _apt_get(self, words: list[str], _env: dict[str, str]) -> Done:
        verb = next(w for w in words if w in ("install", "purge", "update"))
        named = [w for w in words[words.index(verb) + 1 :] if not w.startswith("-")]
        wanted = [w for w in named if not w.endswith("-")]
        gone = [w[:-1] for w in named if w.endswith("-")]
        with self.remember() as memory:
            if verb == "install":
                if not memory["internet"]:
                    return Done(100, "", "E: Failed to fetch http://... Could not resolve 'deb'")
                if not set(wanted) <= set(memory["repository"]):
                    return Done(100, "", "E: Unable to locate package " + " ".join(wanted))
                if "--simulate" in words:
                    return Done(0, "".join(f"Remv {name} [1.0]\n" for name in gone), "")
                if "--download-only" in words:
                    return Done(0, "", "")
                there = {*memory["packages"]} - {*gone}
                memory["packages"] = sorted({*there, *wanted, "lib" + wanted[0]})
                self._unpack(wanted)
            elif verb == "purge" and "--simulate" in words:
                return Done(0, "".join(f"Purg {name} [1.0]\n" for name in wanted), "")
            elif verb == "purge":
                memory["packages"] = [p for p in memory["packages"] if p not in wanted]
                if "chrony" in wanted:
                    self._link(names.CHRONY_UNIT, wanted=False)
                    for path in (f"/lib/systemd/system/{names.CHRONY_UNIT}", CHRONY_CONF):
                        Path(self.path(path)).unlink(missing_ok=True)
                    with contextlib.suppress(OSError):  # there, and empty
                        Path(self.path(CHRONY_CONF)).parent.rmdir()
            elif not memory["internet"]:
                return Done(100, "", "E: Could not resolve 'deb'")
        return Done(0, "", "")

    def _unpack(self, wanted: list[str]) -> None:
        """Lay out what of a package the agent looks at; its service starts at the next start."""
        if "chrony" not in wanted:
            return
        unit = f"/lib/systemd/system/{names.CHRONY_UNIT}"
        for path, text in ((unit, CHRONY_UNIT_TEXT), (CHRONY_CONF, CHRONY_CONF_TEXT)):
            place = Path(self.path(path))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="ascii")
        self._link(names.CHRONY_UNIT, wanted=True)

    def _dpkg(self, words: list[str], _env: dict[str, str]) -> Done:
        if "--install" in words:
            with self.remember() as memory:
                memory["packages"] = sorted({*memory["packages"], Path(words[-1]).stem})
        return Done(0, "", "")

    def _ufw(self, words: list[str], _env: dict[str, str]) -> Done:
        place = Path(self.path("/etc/ufw/user.rules"))
        rules = place.read_text(encoding="utf-8").splitlines() if place.exists() else []
        if words[:2] == ["show", "added"]:
            return Done(0, "Added user rules:\n" + "".join(f"ufw {r}\n" for r in rules), "")
        if words[0] == "delete":
            rules.remove(" ".join(words[1:]))
        else:
            rules.append(" ".join(words))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("".join(f"{r}\n" for r in rules), encoding="utf-8")
        return Done(0, "", "")

    def _firewall_cmd(self, words: list[str], _env: dict[str, str]) -> Done:
        if words[0].startswith("--get-"):
            return Done(0, "public\n", "")
        zone = next(w.partition("=")[2] for w in words if w.startswith("--zone="))
        place = Path(self.path(f"/etc/firewalld/zones/{zone}.xml"))
        ports = place.read_text(encoding="utf-8").split() if place.exists() else []
        if "--list-ports" in words:
            return Done(0, " ".join(ports) + "\n", "")
        if "--permanent" in words:
            for action, _, port in (w.partition("-port=") for w in words if "-port=" in w):
                if action == "--add":
                    ports.append(port)
                elif port in ports:
                    ports.remove(port)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text("".join(f"{p}\n" for p in ports), encoding="utf-8")
        return Done(0, "", "")


def make_link(target: str, path: str) -> None:
    """Make a symbolic link; where that cannot be, as for most users of Windows, a file with it."""
    with contextlib.suppress(OSError):
        os.symlink(target, path)
    if not os.path.lexists(path):
        Path(path).write_text(target, encoding="utf-8")


def _leads_nowhere(path: str) -> bool:
    if os.path.islink(path):
        return os.readlink(path) == "/dev/null"
    return os.path.isfile(path) and Path(path).read_bytes() == b"/dev/null"


def address_told(text: str, dynamic: bool = False) -> dict[str, Any]:
    """Return an address as `ip -j` tells it."""
    local, _, prefix = text.partition("/")
    family = "inet6" if ":" in local else "inet"
    found = {"family": family, "local": local, "prefixlen": int(prefix), "scope": "global"}
    if dynamic:
        found["dynamic"] = True
    return found
