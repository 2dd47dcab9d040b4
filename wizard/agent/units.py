"""The systemd units that keep the promise when nobody is connected: timer, boot, detached work."""

from __future__ import annotations

import os
import sys
from typing import List

from . import disk, names
from .changes import StepError, said
from .host import Host

FOLDER = "/etc/systemd/system"

# Both stages are there only while something is unfinished, so a normal start costs nothing. The
# marker is the first thing made and the last removed: a cut in between is tidied by stage 2.
MARKER = names.STATE + "/recovery"

#
# Stage 1 has to be over before any network manager or firewall reads its files. It is pulled in
# by sysinit.target, which every start reaches, rescue mode included: network-pre.target is
# passive and on some systems nobody asks for it; Wants= makes sure that the ordering through it
# (ifupdown's ifup@.service, ufw) has something to hold on to. No D-Bus then: systemctl talks to
# process 1 over its private socket.
RECOVER_TEXT = """[Unit]
Description=CHT Offline Setup: undo an unconfirmed change before the network starts
DefaultDependencies=no
Conflicts=shutdown.target
After=local-fs.target systemd-remount-fs.service
RequiresMountsFor={state} {library}
Wants=network-pre.target
Before=sysinit.target network-pre.target shutdown.target
Before=systemd-networkd.service NetworkManager.service networking.service netplan-configure.service
Before=ufw.service firewalld.service nftables.service cloud-init-local.service {dns}
ConditionPathExists={marker}

[Service]
Type=oneshot
ExecStart={agent} recover --stage files
TimeoutStartSec=120

[Install]
WantedBy=sysinit.target
"""

# Stage 2 needs running services: units are started and stopped, packages removed, containers
# given their certificate back.
RECOVER_CONTAINERS_TEXT = """[Unit]
Description=CHT Offline Setup: undo an unconfirmed change in services and containers
After={first} network.target docker.service
ConditionPathExists={marker}

[Service]
Type=oneshot
ExecStart={agent} recover --stage containers
TimeoutStartSec=900

[Install]
WantedBy=multi-user.target
"""


# What ifup starts (a DHCP client) lives in our unit's group and has to outlive it.
OUTLIVED = "--property=KillMode=process"

# unit -> the folder of its link, in the order in which they are taken away
WANTS = {
    names.RECOVER_UNIT: FOLDER + "/sysinit.target.wants",
    names.RECOVER_CONTAINERS_UNIT: FOLDER + "/multi-user.target.wants",
}


def agent_command() -> List[str]:
    """Return the command that runs this very agent again."""
    loader = globals().get("__loader__")
    archive = getattr(loader, "archive", "")
    if archive:
        return [sys.executable, "-B", archive]
    return [sys.executable, "-B", "-m", __name__.rpartition(".")[0]]


def install_recovery(host: Host) -> None:
    """Write and enable the two boot units without starting them; raises StepError, OSError."""
    agent = " ".join(agent_command())
    disk.land(host.path(MARKER), b"", 0o600)
    for unit, text in (
        (names.RECOVER_CONTAINERS_UNIT, RECOVER_CONTAINERS_TEXT),
        (names.RECOVER_UNIT, RECOVER_TEXT),
    ):
        filled = text.format(
            state=names.STATE,
            library=names.LIBRARY,
            marker=MARKER,
            dns=names.DNSMASQ_UNIT,
            first=names.RECOVER_UNIT,
            agent=agent,
        )
        path = host.path(FOLDER + "/" + unit)
        disk.make_folder(os.path.dirname(path))
        disk.land(path, filled.encode(), 0o644)
    # Stage 2 first: it can end alone what stage 1 would only begin. One reload is enough.
    for argv in (
        ["systemctl", "--no-reload", "enable", names.RECOVER_CONTAINERS_UNIT],
        ["systemctl", "enable", names.RECOVER_UNIT],
    ):
        done = host.run(argv, timeout=60.0)
        if not done.ok:
            raise StepError("recovery-failed", said(done, argv))
    for folder in WANTS.values():  # systemctl does not make its links durable
        if os.path.isdir(host.path(folder)):
            disk.sync_folder(host.path(folder))


def remove_recovery(host: Host) -> None:
    """Take the boot units away, stage 2 last; may be repeated."""
    if not host.exists(MARKER):
        return
    for unit, folder in WANTS.items():
        if host.exists(FOLDER + "/" + unit):
            host.run(["systemctl", "--no-reload", "disable", unit], timeout=60.0)
        path = host.path(FOLDER + "/" + unit)
        disk.remove(disk.temporary_of(path))
        disk.remove(path)
        # Should systemctl not have been able to: no link may be left pointing nowhere.
        real = host.path(folder)
        disk.remove(os.path.join(real, unit))
        if os.path.isdir(real) and not os.listdir(real):
            disk.tidy_folders([real])
    host.run(["systemctl", "daemon-reload"], timeout=60.0)
    disk.remove(host.path(MARKER))


def timer_name(transaction: str, number: int) -> str:
    """Return the name of the timer armed as the `number`-th of a transaction."""
    return "%s-%s-%d" % (names.ROLLBACK_TIMER, transaction[:12], number)


def apply_unit(transaction: str) -> str:
    """Return the name of the unit in which a transaction's apply runs.

    Each has its own: the last one may still be on its way out when the next begins.
    """
    return "%s-%s" % (names.APPLY_UNIT, transaction[:12])


def arm(host: Host, unit: str, seconds: float) -> None:
    """Start a timer that rolls back after `seconds`, and see that it runs.

    It counts on the monotonic clock (OnActiveSec, systemd.timer(5)): setting the clock neither
    fires nor stops it. Raises StepError "timer-failed".
    """
    argv = [
        "systemd-run",
        "--quiet",
        "--collect",
        "--unit=" + unit,
        "--description=CHT Offline Setup: put the old state back",
        "--on-active=%d" % max(1, round(seconds)),
        "--timer-property=AccuracySec=1s",
        OUTLIVED,
        *agent_command(),
        "rollback",
        "--reason",
        "timeout",
    ]
    done = host.run(argv, timeout=30.0)
    if not done.ok:
        raise StepError("timer-failed", said(done, argv))
    if not is_armed(host, unit):
        raise StepError("timer-failed", unit)


def is_armed(host: Host, unit: str) -> bool:
    """True while that timer waits."""
    done = host.run(["systemctl", "is-active", "--", unit + ".timer"], timeout=20.0)
    return done.out.strip() == "active"


def disarm(host: Host, unit: str) -> None:
    """Stop a timer; one that is gone already is as good."""
    host.run(["systemctl", "stop", "--", unit + ".timer"], timeout=30.0)


def detach(host: Host, unit: str, verb: List[str], after: List[str]) -> None:
    """Run the agent with `verb` in a unit of its own, which the end of a session does not end.

    When it ended, however it did, the agent runs once more with `after`, if that is given.
    Raises StepError "start-failed".
    """
    agent = agent_command()
    argv = [
        "systemd-run",
        "--quiet",
        "--collect",
        "--unit=" + unit,
        "--description=CHT Offline Setup: " + verb[0],
        "--property=OOMScoreAdjust=-900",
        OUTLIVED,
        "--property=TimeoutStopSec=600",  # counts for ExecStopPost too, which may restore
    ]
    if after:
        argv.append("--property=ExecStopPost=" + " ".join([*agent, *after]))
    done = host.run([*argv, *agent, *verb], timeout=30.0)
    if not done.ok:
        raise StepError("start-failed", said(done, argv))


def stop(host: Host, unit: str) -> None:
    """End a detached unit with everything it started, without waiting for it."""
    host.run(["systemctl", "kill", "--", unit + ".service"], timeout=30.0)
    host.run(["systemctl", "stop", "--no-block", "--", unit + ".service"], timeout=30.0)


def running(host: Host) -> bool:
    """True on a machine that systemd started (sd_booted(3))."""
    return host.exists("/run/systemd/system")


def shutting_down(host: Host) -> bool:
    """True while the machine goes down: then the next start does what is left."""
    return host.run(["systemctl", "is-system-running"], timeout=10.0).out.strip() == "stopping"
