"""What runs by itself and looks like a backup: systemd's timers and cron."""

from __future__ import annotations

import os
import re
from typing import Any, Dict, List, Optional

from ..host import Host
from .services import Units

CRON_UNITS = ("cron.service", "crond.service", "cronie.service")
TOOLS = (
    "restic", "resticprofile", "borgmatic", "borg", "rsnapshot", "rdiff-backup", "rsync", "rclone",
    "duplicity", "duply", "couchbackup", "kopia", "bacula", "bareos", "burp", "urbackup",
    "backupninja", "duplicati", "tarsnap", "bup",
)  # fmt: skip
TOOL = re.compile(r"(?<![A-Za-z0-9])(%s)(?![A-Za-z0-9])" % "|".join(TOOLS))
NAMED = re.compile("back-?up", re.I)
COPIED = re.compile(r"(?<![\w-])(cp|tar|zip|scp)\s.*couchdb")  # as CHT's page on backups does it
# The distribution's own copies of its package lists are no backup of anybody's data.
NOT_MEANT = re.compile("dpkg|passwd|apt|shadow|aptitude")
UNIT_FOLDERS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
LIMIT = 1 << 16  # bytes of one cron file or unit


def backups(host: Host, units: Units) -> List[Dict[str, Any]]:
    """Return wire.BackupJob of everything found; never a command line, which may hold secrets."""
    cron = any(units.active(unit) for unit in CRON_UNITS)
    return _timers(host) + [
        {"name": path, "tool": tool, "runs": cron, "last": None, "never": False}
        for path, tool in _cron(host)
    ]


def tool_of(name: str, commands: str) -> str:
    """Return the tool that a job with this name and these commands backs up with, or ""."""
    found = TOOL.search(name) or TOOL.search(commands) or COPIED.search(commands)
    if found:
        return found.group(1)
    return "backup" if NAMED.search(name) else ""


def _calls_one(commands: str) -> bool:
    """True when a command's own name tells: `/usr/local/bin/backup-cht.sh`."""
    words = (os.path.basename(word) for word in commands.split() if "=" not in word)
    return any(NAMED.search(word) and not NOT_MEANT.search(word) for word in words)


# ---------------------------------------------------------------------------- timers


def _timers(host: Host) -> List[Dict[str, Any]]:
    flags = ["--full", "--plain", "--no-legend", "--no-pager"]
    done = host.run(["systemctl", "list-timers", *flags], timeout=10.0)
    if not done.ok:
        raise OSError((done.err.strip() or "systemctl: unexpected answer").splitlines()[0])
    found = []
    for line in done.out.splitlines():
        words = line.split()  # NEXT LEFT LAST PASSED UNIT ACTIVATES
        if len(words) < 2 or not words[-2].endswith(".timer") or NOT_MEANT.search(words[-2]):
            continue
        timer, service = words[-2:]
        commands = _commands(host, service)
        tool = tool_of(timer, commands) or ("backup" if _calls_one(commands) else "")
        if tool:
            found.append({"name": timer, "tool": tool, "runs": True, "last": None, "never": False})
    for job in found:
        job.update(_last_run(host, str(job["name"])))
    return found


def _commands(host: Host, service: str) -> str:
    """Return what a service runs, with its drop-ins left aside: a timer's own is written whole."""
    template = re.sub(r"@.*\.", "@.", service)
    for folder in UNIT_FOLDERS:
        for name in (service, template):
            text = host.read(folder + "/" + name, LIMIT)
            if text is not None:
                return "\n".join(re.findall(r"^Exec\w+=(.*(?:\\\n.*)*)", text, re.M))
    return ""


def _last_run(host: Host, timer: str) -> Dict[str, Any]:
    """Return when a timer fired last; --timestamp came with systemd 247 (its NEWS)."""
    argv = ["systemctl", "show", "--timestamp=unix", "-p", "LastTriggerUSec", "--", timer]
    done = host.run(argv, timeout=5.0)
    told = done.out.strip().partition("=")
    if not done.ok or told[0] != "LastTriggerUSec":
        return {}
    moment = re.match(r"@(\d+)$", told[2])
    last: Optional[float] = float(moment.group(1)) if moment else None
    return {"last": last or None, "never": told[2] in ("", "n/a", "@0")}


# ------------------------------------------------------------------------------ cron


def _cron(host: Host) -> List["tuple[str, str]"]:
    """Return (file, tool) of tables and of the scripts in cron's folders (crontab(5))."""
    tables = ["/etc/crontab"]
    for folder in ("/etc/cron.d", "/var/spool/cron/crontabs", "/var/spool/cron"):
        tables += [folder + "/" + name for name in host.list(folder)]
    found = []
    for path in tables:
        # MAILTO=backup@example.org runs nothing
        commands = re.sub(r"(?m)^\s*\w+\s*=.*$", "", _uncommented(host, path))
        found.append((path, tool_of("", commands) or ("backup" if _calls_one(commands) else "")))
    for period in ("hourly", "daily", "weekly", "monthly"):
        folder = "/etc/cron.%s/" % period
        for name in host.list(folder):
            if not NOT_MEANT.search(name):
                found.append((folder + name, tool_of(name, _uncommented(host, folder + name))))
    return [(path, tool) for path, tool in found if tool]


def _uncommented(host: Host, path: str) -> str:
    return re.sub(r"(?m)^\s*#.*$", "", host.read(path, LIMIT) or "")
