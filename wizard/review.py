"""What was decided and what will be changed, side by side and by topic: to be read before Apply."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from wizard.agent import wire
from wizard.certificate import Bundle, look
from wizard.plan import Plan
from wizard.problem import tr
from wizard.site.flow import DECISIONS, Step, page_of
from wizard.site.model import AccessPoint, DnsDhcp, Site, StaticIp
from wizard.wording import TOPICS

UNDECIDED = "Not decided yet."
WAY_BACK = (
    "If this laptop does not reach the server afterwards, the server goes back to how it was, by "
    "itself."
)


@dataclass(frozen=True)
class Section:
    """One topic. `step` is where it is decided (None: follows from the others).

    `decided` are sentences about the answers, `changes` those about the server; the latter are
    None while no plan was made.
    """

    topic: str
    title: str
    step: Step | None
    decided: tuple[str, ...]
    changes: tuple[str, ...] | None


def sections(
    site: Site, plan: Plan | None, bundle: Bundle | None, *, renew: bool
) -> tuple[Section, ...]:
    """Return the topics in the order of the steps; a renewal has the certificate alone.

    Topics that nobody decides about (firewall, packages) come last, if they change at all.
    """
    by_topic: dict[str, list[str]] = {}
    for change in plan.changes if plan is not None else ():
        by_topic.setdefault(change.topic, []).append(plan.sentence(change) if plan else "")
    steps = (Step.CERTIFICATE,) if renew else DECISIONS
    found = [
        Section(
            step.value,
            tr(TOPICS[step.value]),
            step,
            tuple(decided(site, step, bundle)),
            None if plan is None else tuple(by_topic.pop(step.value, ())),
        )
        for step in steps
    ]
    for topic, sentences in by_topic.items():
        step = page_of(topic)
        owner = step if step in DECISIONS and not renew else None
        found.append(Section(topic, tr(TOPICS.get(topic, topic)), owner, (), tuple(sentences)))
    return tuple(found)


def decided(site: Site, step: Step, bundle: Bundle | None) -> Iterator[str]:
    """Yield sentences about the answers of one step."""
    match step:
        case Step.STATIC_IP:
            yield from _static_ip(site.static_ip)
        case Step.DOMAIN:
            yield site.domain or tr(UNDECIDED)
        case Step.CERTIFICATE:
            yield from _certificate(site, bundle)
        case Step.DNS_DHCP:
            yield from _dns_dhcp(site.dns_dhcp)
            yield from _clock(site)
        case Step.ACCESS_POINT:
            yield _access_point(site.access_point)


def _static_ip(wanted: StaticIp) -> Iterator[str]:
    if not wanted.address or not wanted.interface:
        yield tr(UNDECIDED)
        return
    yield tr("{address} on {interface}.").format(address=wanted.address, interface=wanted.interface)
    if wanted.address6:
        yield tr("Besides, the IPv6 address {address}.").format(address=wanted.address6)
    if wanted.gateway:
        yield tr("The way to other networks is {gateway}.").format(gateway=wanted.gateway)
    else:
        yield tr("There is no way to other networks, as the site has no Internet.")


def _certificate(site: Site, bundle: Bundle | None) -> Iterator[str]:
    count = len(site.certificate.files)
    if bundle is not None:
        nothing: tuple[str, ...] = ()
        names = look.or_else(lambda: look.names(bundle.leaf), nothing)
        yield tr("For {names}, until {end}.").format(
            names=", ".join(names) or "-", end=f"{bundle.leaf.not_valid_after_utc:%Y-%m-%d}"
        )
    elif count:
        yield tr("Files that were chosen: {count}. They are not read yet.").format(count=count)
    else:
        yield tr("None is chosen yet. The one that is on the server stays.")
    if site.certificate.web:
        yield tr("It goes to {web}.").format(web=site.certificate.web)


def _dns_dhcp(wanted: DnsDhcp) -> Iterator[str]:
    if not wanted.enabled:
        yield tr("Another device gives out addresses and names.")
        return
    if not wanted.first or not wanted.last:
        yield tr(UNDECIDED)
        return
    yield tr("Phones get addresses from {first} to {last}, for {lease} at a time.").format(
        first=wanted.first, last=wanted.last, lease=wanted.lease
    )
    if wanted.reservations:
        yield tr("Devices that always get the same address: {count}.").format(
            count=len(wanted.reservations)
        )
    if wanted.names:
        yield tr("Names besides the domain: {count}.").format(count=len(wanted.names))
    if wanted.upstream:
        yield tr("All other names are asked from {servers}.").format(
            servers=", ".join(wanted.upstream)
        )


def _clock(site: Site) -> Iterator[str]:
    if site.clock.from_laptop:
        yield tr("The server's clock is set from this laptop.")
    if site.dns_dhcp.enabled and site.dns_dhcp.ntp:
        yield tr("The server gives the time to devices on its network.")


def _access_point(wanted: AccessPoint) -> str:
    if wanted.kind == "server":
        return tr("The server's own radio, called {ssid}.").format(ssid=wanted.ssid or "-")
    if wanted.kind == "own":
        return tr("Your own access point, called {ssid}.").format(ssid=wanted.ssid or "-")
    return tr("No Wi-Fi is set up.")


@dataclass(frozen=True)
class FileChange:
    """A file and its unified diff; secrets in it are hidden already."""

    path: str
    state: str  # new, changed, removed
    diff: str


def files(plan: Plan) -> tuple[FileChange, ...]:
    """Return every file that a plan writes or removes."""
    found = []
    for change in plan.changes:
        if isinstance(change, wire.WriteFile):
            state = "removed" if change.content is None else "changed" if change.before else "new"
            found.append(FileChange(change.path, state, plan.diff(change)))
    return tuple(found)


def interrupted(plan: Plan) -> str:
    """Say what does not work for a moment, and that there is a way back; "" for neither."""
    told = dict.fromkeys(each.sentence for each in plan.interruptions)
    return " ".join((*told, tr(WAY_BACK)) if plan.confirm else told)


def sheet(site: Site, parts: Sequence[Section], plan: Plan | None) -> str:
    """Return the review as HTML, to be printed."""
    lines = [f"<h1>{escape(tr('Review: {site}').format(site=site.name or site.domain))}</h1>"]
    if plan is not None and (text := interrupted(plan)):
        lines.append(f"<p>{escape(text)}</p>")
    for part in parts:
        lines.append(f"<h2>{escape(part.title)}</h2>")
        lines += [f"<p>{escape(text)}</p>" for text in part.decided]
        if part.changes:
            lines.append("<ul>")
            lines += [f"<li>{escape(text)}</li>" for text in part.changes]
            lines.append("</ul>")
    for file in files(plan) if plan is not None else ():
        lines.append(f"<h3>{escape(file.path)}</h3><pre>{escape(file.diff)}</pre>")
    return "\n".join(lines)
