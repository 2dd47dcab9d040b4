"""Takes the program's own parts off the server, and says what stays."""

from __future__ import annotations

import json
import os
import re
import shutil
from typing import List

from . import disk, names, pairs, request, units
from .changes import Plain, Step, StepError, Timings, packages, ports
from .host import Host
from .journal import Journal
from .transaction import Refused, Transaction, busy

OURS = (
    names.DNSMASQ_UNIT_FILE,
    names.CLOCK_UNIT_FILE,
    names.CHRONY_FILE,
    names.HOSTAPD_UNIT_FILE,
    names.NETWORKMANAGER_RADIO_FILE,
    names.NETWORKD_RADIO_FILE,
)
SSH_PORT = "22/tcp"
ADDRESS = re.compile(r"^ExecStopPost=\S+ -[46] address del ([^/\s]+)/\d+ dev (\S+)", re.MULTILINE)


def ours(path: str) -> bool:
    """True for what only this program uses; other files that it wrote belong to the network."""
    return path in OURS or path.startswith(names.SETTINGS + "/")


def uninstall(host: Host, remove_packages: bool, session: str = "") -> Plain:
    """Remove DNS service, access point, firewall rules, boot units, state and the agent itself.

    The fixed address and the certificate stay: without them the server would not be where it
    is expected; the copies of earlier certificates go, and a key that waits for its certificate.
    Where the Wi-Fi is the LAN itself its address goes with it, so that a `session`
    (SSH_CONNECTION) to that address would be the last one.
    Returns {"removed": [...], "kept": [...], "left": [...]}; raises Refused "busy" while a
    transaction is pending, "uninstall-over-wifi" when the session would cut itself off.
    """
    if _by_own_radio(host, session):
        raise Refused("uninstall-over-wifi")
    transaction = Transaction(host)
    if not transaction.start_lock.take(wait=1.0, who="uninstall"):
        raise busy(transaction)
    if transaction.exists():
        transaction.start_lock.release()
        raise busy(transaction)
    if not transaction.lock.take(wait=1.0, who="uninstall"):
        transaction.start_lock.release()
        raise Refused("busy")
    removed: List[str] = []
    left: List[str] = []
    owned = _table(host, "owned.json")
    made = _table(host, "made.json")
    for unit in (names.DNSMASQ_UNIT, names.HOSTAPD_UNIT, names.CLOCK_UNIT):
        if host.exists("/etc/systemd/system/" + unit):
            host.run(["systemctl", "disable", "--now", unit], timeout=90.0)
    serving = host.exists(names.CHRONY_FILE)
    # Network files stay, foreign ones that were only edited (/etc/network/interfaces) as well.
    kept = [path for path in sorted(owned) if not ours(path) and host.exists(path)]
    for path in sorted({*filter(ours, owned), *OURS, names.DNSMASQ_CONF}):
        if disk.remove(host.path(path)):
            removed.append(path)
    if names.NETWORKMANAGER_RADIO_FILE in removed:
        host.run(["nmcli", "general", "reload", "conf"], timeout=30.0)
    units.remove_recovery(host)
    host.run(["systemctl", "daemon-reload"], timeout=60.0)
    if serving:  # it goes on as an ordinary client
        host.run(["systemctl", "try-restart", names.CHRONY_UNIT], timeout=90.0)
    step = Step(host, Journal(transaction.folder), 0, Timings(), print, {})
    for rule in made.get("ports", ()):
        text = "port " + " ".join(rule["ports"])
        if rule["ports"] == [SSH_PORT]:
            kept.append(text)  # the way in, at the address that stays
            continue
        try:
            ports.switch(step, rule, ports.opened(step, rule), opening=False)
            removed.append(text)
        except StepError as error:
            left.append("%s: %s" % (text, error.detail))
    installed = list(made.get("packages", ()))
    if remove_packages and installed:
        try:
            packages.purge(step, [p for p in installed if p in packages.installed(host)])
            removed.extend("package " + p for p in installed)
        except StepError as error:
            left.append("packages: %s" % error.detail)
    else:
        kept.extend("package " + p for p in installed)
    kept.extend("package " + p for p in made.get("staying", ()))
    if _table(host, "last.json") and pairs.names_of(host):
        kept.append("certificate of the web server")
    removed.extend("kept certificate " + name for name in pairs.names_of(host))
    waiting = request.pending(host)
    if waiting is not None:
        removed.append("key that waits for a certificate for " + ", ".join(waiting["names"]))
    transaction.start_lock.release()
    transaction.lock.release()
    for folder in (names.LEASES, names.CLOCK, names.SETTINGS, names.STATE, names.LIBRARY):
        if host.exists(folder):
            # Our own code may lie there: all that is needed is in memory by now.
            shutil.rmtree(host.path(folder), ignore_errors=True)
            removed.append(folder)
    if os.path.isdir(host.path(names.LIBRARY)):
        left.append(names.LIBRARY)
    return {"removed": removed, "kept": kept, "left": left}


def _by_own_radio(host: Host, session: str) -> bool:
    """True if the access point's unit takes away the address that the session goes to."""
    words = session.split()
    if len(words) != 4:
        return False
    server, _, scope = words[2].partition("%")
    removed = ADDRESS.findall(host.read(names.HOSTAPD_UNIT_FILE) or "")
    return any(address == server or scope == device for address, device in removed)


def _table(host: Host, name: str) -> Plain:
    try:
        value = json.loads(host.read("%s/%s" % (names.STATE, name)) or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
