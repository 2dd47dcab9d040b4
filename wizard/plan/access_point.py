"""The server's own radio as an access point: hostapd's settings, its unit, and the radio itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wizard.agent import names, wire
from wizard.plan.draft import Draft, accepted, present
from wizard.plan.target import Target
from wizard.plan.templates import render
from wizard.site import access_point as judged
from wizard.site import passphrase as phrases
from wizard.site import radio
from wizard.site.model import Site

TOPIC = "access_point"
INTERFACE = "access_point.interface"
WORD = "access_point.passphrase"
DEBIANS_UNIT = "hostapd.service"
FLAWS = {
    "characters": "a character that Wi-Fi does not know",
    "short": "fewer than 8 characters",
    "long": "more than 63 characters",
}
WAIT = "for i in $$(seq 30); do test -e /sys/class/net/{bridge} && exit 0; sleep 1; done; exit 1"
# Docker sends frames between the ports of any bridge through its packet filter (br_netfilter),
# which forwards nothing by default: the Wi-Fi would not reach the cable, nor the way out there.
_RULE = "FORWARD -i {bridge} -o {bridge} -j ACCEPT"
_EACH = "for t in iptables ip6tables; do command -v $$t >/dev/null || continue; "
LET_PASS = f"{_EACH}$$t -w 9 -C {_RULE} 2>/dev/null || $$t -w 9 -I {_RULE}; done"
NO_MORE = f"{_EACH}$$t -w 9 -D {_RULE}; done"
# hostapd.conf: how keys are agreed on, and whether management frames are protected (1: where the
# phone can, 2: always). WPA2 alone is for old phones, some of which stumble over the offer.
SECURITY = {
    "wpa2-wpa3": ("WPA-PSK SAE", 1),
    "wpa2": ("WPA-PSK", 0),
    "wpa3": ("SAE", 2),
}


@dataclass(frozen=True)
class AccessPoint:
    """The changes in the three steps in which they are safe."""

    possible: bool = True  # False: it is not there and cannot be set up
    stop: tuple[wire.SetService, ...] = ()
    files: tuple[wire.WriteFile, ...] = ()
    start: tuple[wire.Change, ...] = ()


def access_point(draft: Draft, target: Target, passphrase: str, addressed: bool) -> AccessPoint:
    """Plan the access point; or its end, when the site does not want it any more.

    `addressed`: the LAN that it belongs to has its address, or gets it in this plan.
    """
    if draft.site.access_point.kind != "server":
        return _removal(draft)
    found = _able(draft)
    if found is None or not addressed:
        return AccessPoint(possible=False)
    channel = _channel(draft)
    secret = _secret(draft, passphrase)
    if not channel or secret is None:
        return AccessPoint(possible=False)
    conf = draft.write(
        names.HOSTAPD_CONF,
        settings(draft.site, target, found, channel, ax=_knows_ax(draft.facts)),
        TOPIC,
        0o600,
        check="hostapd",
    )
    unit = draft.write(names.HOSTAPD_UNIT_FILE, unit_file(draft.site, target), TOPIC)
    # The password first: the settings are judged together with it.
    files = (*secret, *(conf or ()), *(unit or ()), *_keep_off(draft, found))
    service = draft.facts.service(names.HOSTAPD_UNIT)
    enabled = service is not None and service.enabled == "enabled"
    running = service is not None and service.active == "active"
    stop = _others(draft)
    if unit and running:
        # The unit that runs knows which address it has to take back; the new one does not.
        stop = (*stop, wire.SetService(names.HOSTAPD_UNIT, TOPIC, active="stopped"))
        running = False
    if not files and not stop and enabled and running and not found.blocked:
        return AccessPoint()
    ap = draft.site.access_point
    take = wire.SetRadio(ap.interface, ap.country, target.interface.name if ap.bridge else "")
    start = wire.SetService(
        unit=names.HOSTAPD_UNIT,
        topic=TOPIC,
        enabled=None if enabled else True,
        active="restarted" if running else "started",
        masked=False if service is not None and service.load == "masked" else None,
    )
    return AccessPoint(stop=stop, files=files, start=(take, start))


def settings(
    site: Site, target: Target, found: wire.Radio, channel: int, *, ax: bool = True
) -> str:
    """Return hostapd's settings without the passphrase. Source: hostapd.conf of hostapd 2.10.

    `ax`: this hostapd was built with 802.11ax; another one stops at such a line.
    20 MHz everywhere: what is said to a server is little, and narrow channels disturb nobody.
    Phones may talk to each other (no client isolation), because otherwise a laptop on the Wi-Fi
    could not look after the server.
    """
    ap = site.access_point
    security = ap.security if found.sae or ap.security != "wpa2-wpa3" else "wpa2"
    keys, mfp = SECURITY[security]
    if security == "wpa2" and ap.security != "wpa2" and found.mfp:
        mfp = 1
    far = channel > 14
    lines = [
        f"wpa_key_mgmt={keys}",
        f"ieee80211w={mfp}",
        *(["sae_require_mfp=1"] if security == "wpa2-wpa3" else []),
    ]
    speed = [
        *(["ieee80211n=1"] if found.ht else []),
        *(["ieee80211ac=1", "vht_oper_chwidth=0"] if found.vht and found.ht and far else []),
        *(["ieee80211ax=1"] if found.he and found.ht and ax else []),
        # 802.11n and later do not work without it
        *(["wmm_enabled=1"] if found.ht else []),
    ]
    return render(
        "hostapd.conf",
        interface=ap.interface,
        bridge=f"bridge={target.interface.name}" if ap.bridge else "",
        control=f"{names.HOSTAPD_RUN}/control",
        ssid=ap.ssid.encode("utf-8").hex(),
        shown=ap.ssid,
        country=ap.country,
        mode="a" if far else "g",
        channel=str(channel),
        speed="\n".join(speed),
        security="\n".join(lines),
    )


def _knows_ax(facts: wire.Facts) -> bool:
    """Whether the server's hostapd, or the one it would install, was built with 802.11ax.

    Since 2:2.10-12 (Debian bug 1013732).
    """
    for item in facts.packages.items:
        if item.name == "hostapd":
            version = re.match(
                r"(?:\d+:)?(\d+)\.(\d+)[^-]*-(\d+)", item.installed or item.candidate
            )
            return version is not None and tuple(map(int, version.groups())) >= (2, 10, 12)
    return False


def unit_file(site: Site, target: Target) -> str:
    """Return the systemd unit; it counts as started when the access point is up, not before."""
    ap = site.access_point
    run = names.HOSTAPD_RUN
    add, remove, wait = [], [], ""
    if ap.bridge:
        bridge = target.interface.name
        # hostapd would make one by itself where the network manager has not come to it yet
        wait = f"ExecStartPre=/bin/sh -c '{WAIT.format(bridge=bridge)}'"
        add = [f"ExecStartPost=-/bin/sh -c '{LET_PASS.format(bridge=bridge)}'"]
        remove = [f"ExecStopPost=-/bin/sh -c '{NO_MORE.format(bridge=bridge)}'"]
    else:
        for address in target.addresses:
            version = "-6" if ":" in address else "-4"
            # without duplicate address detection: dnsmasq binds to it right afterwards
            nodad = " nodad" if version == "-6" else ""
            where = f"dev {ap.interface}"
            add.append(f"ExecStartPost=/sbin/ip {version} address replace {address} {where}{nodad}")
            remove.append(f"ExecStopPost=-/sbin/ip {version} address del {address} {where}")
    return render(
        "cht-offline-wifi.service",
        conf=names.HOSTAPD_CONF,
        secret=names.HOSTAPD_SECRET,
        interface=ap.interface,
        # systemd.unit(5), "String escaping for inclusion in unit names"
        device=ap.interface.replace("-", "\\x2d"),
        run=run,
        folder=run.rpartition("/")[2],
        wait=wait,
        add="\n".join(add),
        remove="\n".join(remove),
    )


def _able(draft: Draft) -> wire.Radio | None:
    """Return the radio; None with the reason noted, here or by the site's own check."""
    site, facts = draft.site, draft.facts
    found = facts.radio(site.access_point.interface)
    if any(p.severity == "problem" for p in judged.check(site, facts)) or found is None:
        return None
    if not found.read:
        draft.problem("ap-radio-unread", INTERFACE, "note", interface=found.interface)
        return None
    interface = facts.interface(found.interface)
    manager = interface.manager if interface is not None else ""
    manager = manager or next((n for n in ("dhcpcd", "connman") if n in facts.network.found), "")
    if manager not in ("", "networkmanager", "networkd"):
        profile = interface.profile if interface is not None else ""
        draft.problem(
            "ap-radio-managed",
            INTERFACE,
            interface=found.interface,
            manager=manager,
            profile=profile or manager,
        )
        return None
    return found


def _channel(draft: Draft) -> int:
    """The channel: as written, else the one of now, else the quietest; 0 with a problem noted."""
    ap, facts = draft.site.access_point, draft.facts
    known = radio.channels(ap, facts)
    text = present(facts, names.HOSTAPD_CONF).text
    now = re.search(r"^channel=(\d+)$", text, re.M)
    if known is None:
        draft.problem("ap-country-unread", INTERFACE, interface=ap.interface, country=ap.country)
        return 0
    if ap.channel:
        return ap.channel
    # What works is left alone: another scan would hear something else, every time.
    if now and int(now.group(1)) in radio.allowed(known) and f"country_code={ap.country}" in text:
        return int(now.group(1))
    return radio.choose(ap, facts)


def _secret(draft: Draft, passphrase: str) -> tuple[wire.WriteFile, ...] | None:
    """Plan the passphrase's file; none where the one that is there stays; None: there is none."""
    if not passphrase:
        if present(draft.facts, names.HOSTAPD_SECRET).sha256:
            return ()
        draft.problem("ap-passphrase-missing", WORD)
        return None
    if flaw := phrases.flaw(passphrase):
        draft.problem("ap-passphrase-invalid", WORD, flaw=FLAWS[flaw])
        return None
    text = f"wpa_passphrase={passphrase}\n"
    planned = draft.write(names.HOSTAPD_SECRET, text, TOPIC, 0o600)
    if planned is None:
        return ()
    return tuple(
        wire.WriteFile(w.path, w.content, w.before, w.topic, w.mode, secret=True) for w in planned
    )


def _keep_off(draft: Draft, found: wire.Radio) -> tuple[wire.WriteFile, ...]:
    """The drop-ins that keep network managers off the radio, where these run."""
    facts = draft.facts
    files: list[wire.WriteFile] = []
    interface = facts.interface(found.interface)
    manager = interface.manager if interface is not None else ""
    service = facts.service("NetworkManager.service")
    networkmanager = manager == "networkmanager" or (
        service is not None and service.active == "active"
    )
    for path, template, runs in (
        (names.NETWORKMANAGER_RADIO_FILE, "networkmanager-radio.conf", networkmanager),
        (names.NETWORKD_RADIO_FILE, "networkd-radio.network", manager == "networkd"),
    ):
        if runs or present(facts, path).sha256:
            text = render(template, interface=found.interface)
            files += draft.write(path, text, TOPIC) or ()
    return tuple(files)


def _others(draft: Draft) -> tuple[wire.SetService, ...]:
    """The end of what else would drive the radio: a client, or somebody's access point."""
    stop: list[wire.SetService] = []
    client = f"wpa_supplicant@{draft.site.access_point.interface}.service"
    for unit in (client, DEBIANS_UNIT):
        service = draft.facts.service(unit)
        if service is None or not (service.active == "active" or service.enabled == "enabled"):
            continue
        # Debian's package enables it; without settings of somebody's it never starts.
        if unit == DEBIANS_UNIT and service.active == "active":
            draft.problem("ap-other-hostapd", "access_point.kind", "warning")
            if not accepted(draft.site, "ap-other-hostapd"):
                continue
        stop.append(wire.SetService(unit, TOPIC, enabled=False, active="stopped"))
    return tuple(stop)


def _removal(draft: Draft) -> AccessPoint:
    facts = draft.facts
    text = present(facts, names.HOSTAPD_CONF).text
    interface = re.search(r"^interface=(\S+)$", text, re.M)
    kept_off = [
        path
        for path in (names.NETWORKMANAGER_RADIO_FILE, names.NETWORKD_RADIO_FILE)
        if present(facts, path).sha256
    ]
    files: list[wire.WriteFile] = []
    for path in (names.HOSTAPD_UNIT_FILE, names.HOSTAPD_CONF, names.HOSTAPD_SECRET, *kept_off):
        files += draft.write(path, None, TOPIC) or ()
    files = [
        wire.WriteFile(w.path, w.content, w.before, w.topic, w.mode, secret=True)
        if w.path == names.HOSTAPD_SECRET
        else w
        for w in files
    ]
    service = facts.service(names.HOSTAPD_UNIT)
    stop: tuple[wire.SetService, ...] = ()
    if service is not None and (service.active == "active" or service.enabled == "enabled"):
        stop = (wire.SetService(names.HOSTAPD_UNIT, TOPIC, enabled=False, active="stopped"),)
    start: tuple[wire.Change, ...] = ()
    if kept_off and interface:
        start = (wire.SetRadio(interface.group(1), "", release=True),)
    return AccessPoint(stop=stop, files=tuple(files), start=start)
