"""What servers on paper tell of their readiness, and what a broken one still tells."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.agent.recorded import Machine
from tests.agent.recorded.engine import Container, Engine, nginx, other
from wizard.agent import names, wire
from wizard.agent.host import Done
from wizard.agent.look import jobs, packages, power, storage, system
from wizard.agent.look.services import Units
from wizard.agent.readiness import readiness

COUCHDB = "/home/ubuntu/cht/couchdb"
# /proc/self/mountinfo of Debian 12 on LVM, with the data on a disk of its own
MOUNTS = """22 27 0:21 / /sys rw,nosuid - sysfs sysfs rw
27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/mapper/vg-root rw,errors=remount-ro
98 27 8:17 / /home/ubuntu/cht rw,relatime shared:50 - xfs /dev/sdb1 rw
99 27 8:33 / /mnt/usb\\040disk ro,relatime - vfat /dev/sdc1 ro
"""
# `sshd -T` of OpenSSH 9.2
SSHD = """port 22
usepam yes
permitrootlogin without-password
passwordauthentication no
kbdinteractiveauthentication no
"""
# `smartctl -H` of smartmontools 7.3: SATA, NVMe, SCSI
SMART = (
    "\n=== START OF READ SMART DATA SECTION ===\nSMART overall-health self-assessment test result: "
)
SCSI = "=== START OF READ SMART DATA SECTION ===\nSMART Health Status: OK\n"

CLEAN = (
    "1795300000.1 clinic systemd[1]: Reached target shutdown.target - System Shutdown.\n"
    "1795300001.2 clinic systemd-journald[260]: Received SIGTERM from PID 1 (systemd-shutdow).\n"
    "1795300001.3 clinic systemd-journald[260]: Journal stopped\n"
)
CUT = "1795200000.5 clinic dockerd[700]: level=info msg=ok\n1795200123.75 clinic kernel: usb 1-1\n"


class Server(Machine):
    """A machine whose commands answer by their first words."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.said: dict[str, Done] = {}

    def run(self, argv: list[str], *rest: Any, **more: Any) -> Done:
        line = " ".join([argv[0].rpartition("/")[2], *argv[1:]])
        for start in sorted(self.said, key=len, reverse=True):
            if line.startswith(start):
                self.ran.append(argv)
                return self.said[start]
        return super().run(argv, *rest, **more)

    def says(self, start: str, text: str, code: int = 0) -> None:
        """Have a command that says so when its words begin like this."""
        self.command(start.split()[0])
        self.said[start] = Done(code, text if code == 0 else "", "" if code == 0 else text)

    def block(self, name: str, number: str, **files: str) -> None:
        """Have a block device."""
        folder = "/sys/class/block/" + name
        self.file(folder + "/dev", number + "\n")
        for path, text in files.items():
            self.file(f"{folder}/{path.replace('__', '/')}", text)


@pytest.fixture
def root() -> Iterator[Path]:
    # not tmp_path: the name of Docker's socket below it may have 107 bytes (unix(7))
    with tempfile.TemporaryDirectory(prefix="srv") as folder:
        yield Path(folder)


def look(machine: Machine) -> wire.Readiness:
    """Return it as the laptop gets it, through JSON."""
    return wire.decode(wire.Readiness, json.loads(json.dumps(readiness(machine))))


def ready(root: Path) -> Server:
    """A server that has everything, encrypted and watched."""
    server = Server(root)
    server.file("/proc/meminfo", "MemTotal:       8014316 kB\nSwapTotal:      999420 kB\n")
    server.file("/sys/devices/system/cpu/online", "0-3\n")
    server.file("/sys/class/rtc/rtc0/name", "rtc_cmos\n")
    server.file("/proc/self/mountinfo", MOUNTS)
    server.block("dm-1", "254:1", dm__uuid="LVM-abc", slaves__dm_0="")
    os.rename(
        server.path("/sys/class/block/dm-1/slaves/dm_0"),
        server.path("/sys/class/block/dm-1/slaves/dm-0"),
    )
    server.block("dm-0", "254:0", dm__uuid="CRYPT-LUKS2-0123-sda3_crypt")
    server.block("sdb", "8:16")
    server.block("sdb1", "8:17", partition="1")
    server.file("/sys/fs/ext4/dm-1/errors_count", "0\n")
    for unit in ("docker.service", names.DNSMASQ_UNIT, "nut-monitor.service", "cron.service"):
        server.unit(unit)
    server.unit("systemd-timesyncd.service")
    server.says("upsc -l", "eaton\n")
    server.says("sshd -T", SSHD)
    server.says("journalctl --list-boots", f" -1 {'a' * 32} Fri\n  0 {'b' * 32} Sat\n")
    server.says("journalctl -q", CLEAN)
    server.file("/etc/cron.d/cht", f"0 2 * * * root restic backup {COUCHDB}\n")
    server.file("/etc/ufw/ufw.conf", "ENABLED=yes\n")
    server.file("/etc/apt/apt.conf.d/20auto-upgrades", 'APT::Periodic::Unattended-Upgrade "1";\n')
    return server


def couchdb(**more: Any) -> dict[str, Any]:
    details = other("cht-couchdb-1", "public.ecr.aws/medic/cht-couchdb")
    details["Mounts"] = [{"Type": "bind", "Source": COUCHDB, "Destination": "/opt/couchdb/data"}]
    return {**details, **more}


# ------------------------------------------------------------------------ all of it


def test_a_server_that_has_everything(root: Path) -> None:
    server = ready(root)
    data = b"x" * 200_000
    for shard in range(3):
        server.file(f"{COUCHDB}/shards/0000-7fff/medic.{shard}.couch", data)
    (root / "run").mkdir()
    containers = [Container(nginx("4.20.0")), Container(couchdb()),
                  Container(other("grafana", "grafana/grafana"))]  # fmt: skip
    with Engine(str(root / "run/docker.sock"), containers):
        seen = look(server)
    assert seen.problems == ()
    assert (seen.memory, seen.swap, seen.cpus) == (8014316 * 1024, 999420 * 1024, 4)
    assert (seen.architecture, seen.boot_id, seen.uptime) == ("arm64", "6f0c", 3600.25)
    assert seen.clock.rtc
    assert seen.clock.services == ("systemd-timesyncd",)
    assert seen.service("docker.service") == wire.Service(
        "docker.service", "loaded", "enabled", "active"
    )
    assert seen.containers is not None
    assert [(c.name, c.version, c.running, c.restart_policy) for c in seen.containers] == [
        ("cht-couchdb-1", "1", True, "always"),
        ("cht-nginx-1", "4.20.0", True, "always"),
    ]
    assert seen.databases is not None
    [database] = seen.databases
    assert (database.path, database.complete) == (COUCHDB, True)
    assert database.size is not None
    assert 600_000 <= database.size < 700_000
    system_disk, data_disk = seen.file_system("/"), seen.file_system(COUCHDB)
    assert system_disk is not None
    assert data_disk is not None
    assert (system_disk.device, system_disk.encrypted, system_disk.errors) == (
        "/dev/mapper/vg-root", True, 0,
    )  # fmt: skip
    assert (data_disk.mount, data_disk.kind, data_disk.encrypted, data_disk.errors) == (
        "/home/ubuntu/cht", "xfs", False, None,
    )  # fmt: skip
    state = os.statvfs(root)
    assert data_disk.total == state.f_blocks * state.f_frsize
    assert abs(data_disk.free - state.f_bavail * state.f_frsize) < 1 << 30
    assert seen.backups == (wire.BackupJob("/etc/cron.d/cht", "restic", True, None),)
    assert seen.ups == (wire.Ups("nut", "eaton"),)
    assert seen.restarts == wire.Restarts(1, 0, None)
    assert seen.ssh == wire.SshAccess(False, "prohibit-password")
    assert seen.firewall is not None
    assert seen.firewall.kind == "ufw"
    assert seen.updates == wire.Updates(False, False)  # the package itself is missing
    assert seen.drives is None  # no smartctl


def test_an_empty_root_is_answered_in_full(root: Path) -> None:
    """Nothing can be read: every part is None and has its reason, and nothing looks good."""
    server = Server(root)
    for path in ("/var/lib/dpkg/status", "/proc/meminfo", "/proc/uptime"):
        os.unlink(server.path(path))
    server.says("systemctl", "System has not been booted with systemd", 1)
    seen = look(server)
    nothing = ("services", "file_systems", "backups", "ups", "restarts", "updates", "ssh")
    for part in (*nothing, "firewall", "swap", "cpus", "drives"):
        assert getattr(seen, part) is None, part
    assert (seen.memory, seen.containers, seen.databases) == (0, (), ())
    for part in ("services", "disks", "backups", "ups", "restarts", "updates", "ssh", "firewall"):
        assert any(p.startswith(part + ": ") for p in seen.problems), part


def test_docker_that_does_not_answer_is_not_no_docker(root: Path) -> None:
    server = ready(root)
    (root / "run").mkdir()
    with Engine(str(root / "run/docker.sock"), []) as engine:
        engine.raw = b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n{}"
        seen = look(server)
    assert seen.containers is None
    assert seen.databases is None
    assert [p for p in seen.problems if p.startswith("containers: docker-failed")]


def test_a_command_that_hangs_costs_its_part_only(root: Path) -> None:
    server = ready(root)
    server.said["sshd -T"] = Done(124, "", "sshd: no answer within 10 seconds")
    seen = look(server)
    assert seen.ssh is None
    assert seen.ups == (wire.Ups("nut", "eaton"),)
    assert seen.problems == ("ssh: sshd -T: sshd: no answer within 10 seconds",)


def test_it_changes_nothing_and_says_no_secret(root: Path) -> None:
    server = ready(root)
    server.file(
        "/var/spool/cron/crontabs/root",
        "0 */4 * * * BORG_PASSPHRASE=hunter2 borg create borg@nas:cht::x /home\n",
        0o600,
    )
    before = {p: p.stat().st_mtime_ns for p in root.rglob("*")}
    told = json.dumps(readiness(server))
    assert "borg" in told
    assert "hunter2" not in told
    assert {p: p.stat().st_mtime_ns for p in root.rglob("*")} == before
    writing = {"enable", "disable", "start", "stop", "restart", "reboot", "mask"}
    assert not [argv for argv in server.ran if writing & set(argv)]


# -------------------------------------------------------------------------- storage


@pytest.mark.parametrize(
    ("path", "device"),
    [
        ("/", "/dev/mapper/vg-root"),
        ("/home/ubuntu", "/dev/mapper/vg-root"),
        ("/home/ubuntu/cht", "/dev/sdb1"),
        ("/home/ubuntu/cht-old", "/dev/mapper/vg-root"),
        (COUCHDB, "/dev/sdb1"),
        ("/mnt/usb disk/x", "/dev/sdc1"),
    ],
)
def test_which_mount_holds_a_path(root: Path, path: str, device: str) -> None:
    mounted = storage.mounts(ready(root))
    assert storage.mount_of(mounted, path).device == device


def test_of_two_mounts_at_one_place_the_later_one_counts(root: Path) -> None:
    server = ready(root)
    more = "120 27 8:49 / /home/ubuntu/cht ro - ext4 /dev/sdd1 ro\n"
    server.file("/proc/self/mountinfo", MOUNTS + more)
    (root / "home/ubuntu/cht").mkdir(parents=True)
    [found] = storage.file_systems(server, ["/home/ubuntu/cht"])
    assert (found["device"], found["read_only"], found["encrypted"]) == ("/dev/sdd1", True, None)


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        ({"sda1": {"partition": "1"}, "sda": {}}, False),
        ({"sda1": {"dm__uuid": "CRYPT-PLAIN-x"}}, True),
        ({"sda1": {"slaves": "sdb sdc"}, "sdb": {"dm__uuid": "CRYPT-LUKS1-x"}, "sdc": {}}, False),
        (
            {
                "sda1": {"slaves": "sdb sdc"},
                "sdb": {"dm__uuid": "CRYPT-LUKS1-x"},
                "sdc": {"dm__uuid": "CRYPT-LUKS2-y"},
            },
            True,
        ),
        # a partition of an encrypted RAID
        ({"md0p1": {"partition": "1"}, "md0": {"slaves": "dm-0"},
          "dm-0": {"dm__uuid": "CRYPT-LUKS2-z"}}, True),
        ({"loop0": {}}, None),
        ({"sda1": {"slaves": "loop3"}, "loop3": {}}, None),
        ({"sda1": {"slaves": "sda1"}}, None),  # a loop that no kernel makes
    ],
)  # fmt: skip
def test_encryption_below_a_file_system(
    root: Path, devices: dict[str, dict[str, str]], expected: bool | None
) -> None:
    server = Server(root)
    for name, files in devices.items():
        slaves = files.pop("slaves", "").split()
        server.block(name, "1:1", **files)
        for slave in slaves:
            server.file(f"/sys/class/block/{name}/slaves/{slave}", "")
    assert storage.encrypted(server, next(iter(devices))) is expected


def test_a_btrfs_has_no_numbers_of_its_device(root: Path) -> None:
    server = Server(root)
    server.block("dm-0", "254:0", dm__uuid="CRYPT-LUKS2-x")
    Path(server.path("/dev/mapper")).mkdir(parents=True)
    os.symlink("../dm-0", server.path("/dev/mapper/root"))
    server.file("/proc/self/mountinfo", "27 1 0:25 /@ / rw - btrfs /dev/mapper/root rw\n")
    [found] = storage.file_systems(server, ["/"])
    assert found["encrypted"] is True


def test_links_of_the_kernel_lead_to_the_whole_disk(root: Path) -> None:
    server = Server(root)
    disk = "/sys/devices/pci0/ata1/block/nvme0n1"
    server.file(disk + "/nvme0n1p2/partition", "2\n")
    Path(server.path("/sys/class/block")).mkdir(parents=True)
    for name, target in (("nvme0n1", disk), ("nvme0n1p2", disk + "/nvme0n1p2")):
        link = "../../.." + target
        os.symlink(link, server.path("/sys/class/block/" + name))
    assert storage._whole(server, "nvme0n1p2") == "nvme0n1"
    assert storage.encrypted(server, "nvme0n1p2") is False


def test_counting_ends_in_time_and_says_so(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(root)
    for number in range(50):
        server.file(f"/data/shard{number}/a.couch", b"x" * 8192)
    Path(server.path("/data/link")).symlink_to("/")
    size, complete = storage.size(server, "/data")
    assert complete
    assert size is not None
    assert 50 * 8192 <= size < 60 * 8192
    assert storage.size(server, "/nowhere") == (None, False)
    ticks = iter(range(1000))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(ticks)))
    less, complete = storage.size(server, "/data", seconds=20.0)
    assert not complete
    assert less is not None
    assert less < size


def test_drives(root: Path) -> None:
    server = Server(root)
    assert storage.drives(server) is None
    for name in ("sda", "sdb", "nvme0n1", "sdd", "loop0", "dm-0", "mmcblk0"):
        server.file(f"/sys/block/{name}/size", "1\n")
    server.says("smartctl", "/dev/sdd: Unknown USB bridge", 1)
    server.says("smartctl -H -n standby /dev/sda", SMART + "PASSED\n")
    server.says("smartctl -H -n standby /dev/nvme0n1", SMART + "FAILED!\n- media is read only\n")
    server.says("smartctl -H -n standby /dev/sdb", SCSI)
    assert storage.drives(server) == [
        {"device": "/dev/nvme0n1", "healthy": False},
        {"device": "/dev/sda", "healthy": True},
        {"device": "/dev/sdb", "healthy": True},
        {"device": "/dev/sdd", "healthy": None},
    ]


# ---------------------------------------------------------------------------- power


def active(*units: str) -> Units:
    state = {"LoadState": "loaded", "UnitFileState": "enabled", "ActiveState": "active"}
    return Units(dict.fromkeys(units, state))


def test_ups_and_batteries(root: Path) -> None:
    server = Server(root)
    assert power.ups(server, active()) == []
    hid = "/sys/bus/hid/devices/0003:0463:FFFF.0001"
    server.file(hid + "/report_descriptor", b"\x05\x84\x09\x04\xa1\x01")
    server.file(hid + "/uevent", "DRIVER=hid-generic\nHID_NAME=EATON Ellipse PRO\nHID_PHYS=x\n")
    keyboard = "/sys/bus/hid/devices/0003:046D:C31C.0002"
    server.file(keyboard + "/report_descriptor", b"\x05\x01\x09\x06\xa1\x01")
    for name, kind, scope in (("BAT0", "Battery", "System"), ("hidpp_0", "Battery", "Device"),
                              ("AC", "Mains", "System")):  # fmt: skip
        server.file(f"/sys/class/power_supply/{name}/type", kind + "\n")
        server.file(f"/sys/class/power_supply/{name}/scope", scope + "\n")
    battery = {"kind": "battery", "name": "BAT0"}
    unwatched = {"kind": "usb", "name": "EATON Ellipse PRO"}
    assert power.ups(server, active()) == [unwatched, battery]
    assert power.ups(server, active("apcupsd.service")) == [
        {"kind": "apcupsd", "name": ""}, battery,
    ]  # fmt: skip
    # upsc is not there, or its server does not answer
    assert power.ups(server, active("nut-client.service"))[0] == {"kind": "nut", "name": ""}


def test_how_earlier_runs_ended(root: Path) -> None:
    server = Server(root)
    boots = [f"{i}" * 32 for i in range(7)]
    rows = [f"{n:3d} {b} Sat 2026-11-21 08:00:01 UTC—Sat" for n, b in zip(range(-6, 1), boots,
                                                                        strict=True)]  # fmt: skip
    head = "IDX BOOT ID                          FIRST ENTRY                 LAST ENTRY\n"
    server.says("journalctl --list-boots", head + "\n".join(rows) + "\n")
    server.says("journalctl -q", CLEAN)
    for boot in (boots[0], boots[3]):  # the first is too long ago to count
        server.says(f"journalctl -q --no-pager -o short-unix -n 20 -b {boot}", CUT)
    assert power.restarts(server) == {
        "looked_at": 5, "unplanned": 1, "last_unplanned": 1795200123.75,
    }  # fmt: skip
    # one whose journal is gone tells nothing
    server.says(f"journalctl -q --no-pager -o short-unix -n 20 -b {boots[3]}", "")
    assert power.restarts(server)["looked_at"] == 4


@pytest.mark.parametrize(
    ("rows", "looked_at", "unplanned"),
    [
        ("reboot   system boot  6.1.0 Sat Nov 21 08:00   still running\n", 0, 0),
        (
            "reboot   system boot  6.1.0\nshutdown system down  6.1.0\nreboot   system boot  6.1.0"
            "\nreboot   system boot  6.1.0\n\nwtmp begins Mon Nov  2 07:00:00 2026\n",
            2,
            1,
        ),
    ],
)
def test_without_a_kept_journal_wtmp_tells(
    root: Path, rows: str, looked_at: int, unplanned: int
) -> None:
    server = Server(root)
    server.says("journalctl --list-boots", f"  0 {'b' * 32} Sat\n")
    server.says("last", rows)
    assert power.restarts(server) == {
        "looked_at": looked_at, "unplanned": unplanned, "last_unplanned": None,
    }  # fmt: skip


def test_no_memory_of_starts_at_all(root: Path) -> None:
    with pytest.raises(OSError, match="no start"):
        power.restarts(Server(root))


# -------------------------------------------------------------------------- backups


@pytest.mark.parametrize(
    ("path", "text", "tool"),
    [
        ("/etc/crontab", "17 * * * * root cd / && run-parts --report /etc/cron.hourly\n", ""),
        ("/etc/crontab", "5 1 * * * root rsync -a /home/ubuntu/cht nas:\n", "rsync"),
        ("/etc/crontab", "# 5 1 * * * root rsync -a /home/ubuntu/cht nas:\n", ""),
        ("/etc/crontab", "MAILTO=backup@example.org\n", ""),
        ("/etc/cron.d/x", f"0 3 * * * root cp --archive {COUCHDB} /mnt/usb\n", "cp"),
        ("/etc/cron.d/x", "0 3 * * * root /usr/local/bin/backup-cht.sh\n", "backup"),
        ("/var/spool/cron/crontabs/ubuntu", "0 3 * * * borgmatic -v 1\n", "borgmatic"),
        ("/etc/cron.daily/cht", "#!/bin/sh\nRESTIC_REPOSITORY=x restic backup /\n", "restic"),
        ("/etc/cron.weekly/backup_clinic", "#!/bin/sh\ncp -a /a /b\n", "backup"),
        # what Debian brings along
        ("/etc/cron.daily/dpkg", "#!/bin/sh\ncp /var/lib/dpkg/status /var/backups/dpkg\n", ""),
        ("/etc/cron.daily/samba", "#!/bin/sh\ncp /etc/samba/smb.conf /var/backups/smb\n", ""),
        ("/etc/cron.daily/man-db", "#!/bin/sh\n# rsync is not used\nmandb\n", ""),
        ("/etc/cron.d/e2scrub_all", "30 3 * * 0 root test -e /run/systemd/system\n", ""),
    ],
)  # fmt: skip
def test_cron(root: Path, path: str, text: str, tool: str) -> None:
    server = Server(root)
    server.file(path, text)
    found = jobs.backups(server, active("cron.service"))
    assert [(job["name"], job["tool"], job["runs"]) for job in found] == (
        [(path, tool, True)] if tool else []
    )


def test_cron_that_is_switched_off(root: Path) -> None:
    server = Server(root)
    server.file("/etc/cron.d/x", "0 3 * * * root restic backup /\n")
    assert jobs.backups(server, active())[0]["runs"] is False


def test_timers(root: Path) -> None:
    server = Server(root)
    left = "Sun 2026-11-22 02:00:00 UTC 7h left Sat 2026-11-21 02:00:04 UTC 16h ago "
    server.says(
        "systemctl list-timers",
        left + "apt-daily.timer apt-daily.service\n"
        + left + "dpkg-db-backup.timer dpkg-db-backup.service\n"
        + left + "nightly.timer nightly@cht.service\n"
        + left + "save-cht.timer save-cht.service\n"
        + "- - - - backup-usb.timer backup-usb.service\n"
        + left + "logrotate.timer logrotate.service\n",
    )  # fmt: skip
    server.file(
        "/etc/systemd/system/nightly@.service",
        "[Service]\nEnvironment=BORG_KEY=hunter2\nExecStart=/usr/bin/borg create \\\n  x y\n",
    )
    server.file(
        "/etc/systemd/system/save-cht.service",
        f"[Service]\nExecStartPre=/bin/true\nExecStart=/bin/sh -c 'tar czf /mnt/x.tgz {COUCHDB}'\n",
    )
    show = "systemctl show --timestamp=unix -p LastTriggerUSec -- "
    server.says(show, "Unknown option", 1)
    server.says(show + "nightly.timer", "LastTriggerUSec=@1795312804\n")
    server.says(show + "backup-usb.timer", "LastTriggerUSec=\n")
    found = jobs.backups(server, active())
    assert [(j["name"], j["tool"], j["last"], j["never"]) for j in found] == [
        ("nightly.timer", "borg", 1795312804.0, False),
        ("save-cht.timer", "tar", None, False),
        ("backup-usb.timer", "backup", None, True),
    ]
    assert "hunter2" not in json.dumps(found)


# ---------------------------------------------------------------- updates, processors

UNATTENDED = (
    b"Package: unattended-upgrades\nStatus: install ok installed\nArchitecture: all\n"
    b"Version: 2.9.1+nmu3\n\n"
)


@pytest.mark.parametrize(
    ("files", "automatic", "restarts"),
    [
        ({}, False, False),
        ({"20auto-upgrades": 'APT::Periodic::Unattended-Upgrade "1";'}, True, False),
        ({"20auto-upgrades": 'APT::Periodic::Unattended-Upgrade "0";'}, False, False),
        (
            {
                "20auto-upgrades": 'APT::Periodic::Unattended-Upgrade "1";',
                "50unattended-upgrades": '//Unattended-Upgrade::Automatic-Reboot "true";\n'
                '/* Unattended-Upgrade::Automatic-Reboot "true"; */',
            },
            True,
            False,
        ),
        (
            {
                "20auto-upgrades": 'APT::Periodic::Unattended-Upgrade "1";',
                "50unattended-upgrades": 'Unattended-Upgrade::Automatic-Reboot "false";',
                "52local": 'Unattended-Upgrade::Automatic-Reboot "true";',
                "60off.dpkg-old": 'APT::Periodic::Enable "0";',
            },
            True,
            True,
        ),
        (
            {
                "20auto-upgrades": 'APT::Periodic::Unattended-Upgrade "1";',
                "99off": 'APT::Periodic::Enable "0";',
            },
            False,
            False,
        ),
    ],
)
def test_unattended_upgrades(
    root: Path, files: dict[str, str], automatic: bool, restarts: bool
) -> None:
    server = Server(root)
    for name, text in files.items():
        server.file("/etc/apt/apt.conf.d/" + name, text + "\n")
    found = packages.updates(server, UNATTENDED)
    assert found == {"automatic": automatic, "restarts": restarts}


@pytest.mark.parametrize(
    ("online", "count"), [("0\n", 1), ("0-3\n", 4), ("0-1,4,6-7\n", 5), ("", None), ("?\n", None)]
)
def test_processors(root: Path, online: str, count: int | None) -> None:
    server = Server(root)
    server.file("/sys/devices/system/cpu/online", online)
    assert system.cpus(server) == count


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (SSHD, wire.SshAccess(False, "prohibit-password")),
        (
            SSHD.replace("kbdinteractiveauthentication no", "challengeresponseauthentication yes"),
            wire.SshAccess(True, "prohibit-password"),
        ),
        ("permitrootlogin yes\npasswordauthentication yes\n", wire.SshAccess(True, "yes")),
        ("something else\n", None),
    ],
)
def test_ssh(root: Path, told: str, expected: wire.SshAccess | None) -> None:
    server = ready(root)
    server.says("sshd -T", told)
    assert look(server).ssh == expected


# ---------------------------------------------------------------------- the border


def test_what_does_not_fit_is_refused(root: Path) -> None:
    plain = readiness(ready(root))
    for path, value in (("cpus", "4"), ("backups", {}), ("clock", None), ("ssh", {"root": "no"})):
        with pytest.raises(wire.WireError, match=f"readiness.{path}"):
            wire.decode(wire.Readiness, {**plain, path: value})
    with pytest.raises(wire.WireError, match="unknown"):
        wire.decode(wire.Readiness, {**plain, "temperature": 40})
    plain["clock"]["error"] = 0.0  # the laptop's own
    assert wire.encode(wire.decode(wire.Readiness, plain)) == json.loads(json.dumps(plain))
