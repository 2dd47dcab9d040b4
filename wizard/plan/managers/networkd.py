"""systemd-networkd: a file of our own that is found before all others of the interface."""

from __future__ import annotations

import fnmatch
import posixpath

from wizard.agent import names, wire
from wizard.plan.draft import Draft
from wizard.plan.target import Target
from wizard.plan.templates import render as fill

TOPIC = "static_ip"
WHERE = "static_ip.interface"

# In [Network]: what makes other interfaces out of this one; lost if our file replaced theirs.
STACKING = frozenset(
    ("Bond", "Bridge", "IPVLAN", "IPVTAP", "MACVLAN", "MACVTAP", "Tunnel", "VLAN", "VRF", "VXLAN")
)
OURS = (names.NETWORKD_FILE, names.NETWORKD_PORT_FILE)
# In [Match]: what the facts can answer.
KNOWN = frozenset(("Name", "MACAddress", "PermanentMACAddress", "Driver", "Type"))
TYPES = {"ethernet": "ether", "wifi": "wlan"}

Section = dict[str, list[str]]


def render(draft: Draft, target: Target) -> tuple[wire.WriteFile, ...] | None:
    """Plan our .network file; the first file that matches an interface is the only one in force.

    Source: systemd.network(5), systemd.netdev(5). [Link] of the file in force now is carried
    over; with a bridge, what the start of the server waits for goes to the bridge.
    """
    interface = target.cable or target.interface
    ours = posixpath.basename(names.NETWORKD_PORT_FILE if target.cable else names.NETWORKD_FILE)
    link: Section = {}
    for file in sorted(_files(draft.facts), key=lambda f: posixpath.basename(f.path)):
        sections = _parse(file.text)
        matched = _matches(sections.get("Match", {}), interface)
        if file.path in OURS:
            continue
        if posixpath.basename(file.path) < ours and matched is not False:
            draft.problem("networkd-earlier", WHERE, path=file.path, interface=interface.name)
            return None
        if not matched:
            continue
        stacked = sorted(STACKING & set(sections.get("Network", {})))
        if stacked:
            draft.problem(
                "networkd-stacked",
                WHERE,
                path=file.path,
                interface=interface.name,
                keys=", ".join(stacked),
            )
            return None
        link = sections.get("Link", {})
        break
    files: list[wire.WriteFile] = []
    if target.cable is not None:
        port = {k: v for k, v in link.items() if not k.startswith("Required")}
        link = {k: v for k, v in link.items() if k not in port}
        bridge = target.interface
        made = fill("networkd.netdev", bridge=bridge.name, mac=bridge.mac)
        joined = fill(
            "networkd-cable.network",
            cable=interface.name,
            link=_section("Link", port),
            bridge=bridge.name,
        )
        for path, text in (
            (names.NETWORKD_BRIDGE_FILE, made),
            (names.NETWORKD_PORT_FILE, joined),
        ):
            written = draft.write(path, text, TOPIC, 0o644)
            if written is None:
                return None
            files += written
    content = fill(
        "networkd.network",
        interface=target.interface.name,
        link=_section("Link", link),
        addresses="\n".join(f"Address={a}" for a in target.addresses),
        gateway=f"Gateway={target.gateway}" if target.gateway else "",
        dns="\n".join(f"DNS={n}" for n in target.nameservers),
        accept_ra="yes" if target.accept_ra else "no",
    )
    own = draft.write(names.NETWORKD_FILE, content, TOPIC, 0o644)
    return None if own is None else (*files, *own)


def _files(facts: wire.Facts) -> list[wire.TextFile]:
    return [f for f in facts.network.files if f.path.endswith(".network")]


def _section(name: str, entries: Section) -> str:
    lines = [f"{key}={value}" for key, values in entries.items() for value in values]
    return "\n".join([f"[{name}]", *lines, ""]) if lines else ""


def _parse(text: str) -> dict[str, Section]:
    """Read sections, keys and values; a section that comes twice is one (systemd.syntax(7))."""
    sections: dict[str, Section] = {}
    current: Section = {}
    joined = text.replace("\\\n", " ")
    for raw in joined.splitlines():
        line = raw.strip()
        if line.startswith("[") and line.endswith("]"):
            current = sections.setdefault(line[1:-1], {})
        elif line and line[0] not in "#;" and "=" in line:
            key, value = line.split("=", 1)
            current.setdefault(key.strip(), []).append(value.strip())
    return sections


def _matches(match: Section, interface: wire.Interface) -> bool | None:
    """True or False when the facts decide; None when they cannot."""
    answers: list[bool | None] = [None] if set(match) - KNOWN else []
    for key, values in match.items():
        words = " ".join(values).split()
        if key == "Name":
            answers.append(_globs(words, interface.name))
        elif key in ("MACAddress", "PermanentMACAddress"):
            macs = [w.lower().replace("-", ":") for w in words]
            answers.append(interface.mac.lower() in macs)
        elif key == "Driver":
            answers.append(_globs(words, interface.driver))
        elif key == "Type":
            answers.append(_globs(words, TYPES.get(interface.kind, interface.kind)))
    if False in answers:
        return False
    return None if None in answers else True


def _globs(words: list[str], value: str) -> bool:
    """A list of shell globs, inverted by a leading "!" (systemd.network(5), [Match])."""
    inverted = bool(words) and words[0].startswith("!")
    if inverted:
        words = [words[0][1:], *words[1:]]
    return any(fnmatch.fnmatchcase(value, word) for word in words) != inverted
