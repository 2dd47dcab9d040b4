"""From what lies on the desk to the snapshot of what is taken away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from wizard import __version__, readiness
from wizard.certificate import look
from wizard.gui.desk import Desk
from wizard.handover import Certificate, Handover, Item, Server, Wifi
from wizard.handover.words import say
from wizard.problem import tr


def snapshot(desk: Desk, when: datetime | None = None) -> Handover:
    """Return what was decided, changed and proved, as it is now; without any secret."""
    site, facts = desk.site, desk.facts
    web = desk.visit.web(facts) if desk.visit is not None and facts is not None else None
    interface = site.static_ip.interface
    plan = desk.applied
    ap = site.access_point
    return Handover(
        site=site,
        when=when or datetime.now(UTC).astimezone(),
        program=__version__,
        practice=desk.practice,
        server=Server.of(facts, interface, web) if facts else Server(interface=interface),
        certificate=_certificate(desk),
        findings=desk.findings,
        clients=desk.clients,
        changes=tuple(plan.sentence(c) for c in plan.changes) if plan is not None else (),
        outcome=desk.outcome.state if desk.outcome is not None else "",
        report=desk.report,
        readiness=tuple(considerations(desk)),
        wifi=Wifi(ap.ssid, ap.security) if ap.kind != "none" and ap.ssid else None,
    )


def _certificate(desk: Desk) -> Certificate | None:
    bundle = desk.certificate_in_use
    if bundle is None:
        return None
    try:
        return Certificate.of(bundle, desk.findings, desk.roots)
    except look.READ_ERRORS:  # stranger than anything a phone would accept
        return None


def judged(desk: Desk) -> tuple[readiness.Item, ...]:
    """Return everything that is to be said about readiness, as things are now."""
    return readiness.judge(
        desk.readiness,
        desk.site,
        certificate_end=desk.certificate_end,
        now=datetime.now(UTC),
    )


def restart_proved(desk: Desk) -> bool:
    """Whether the server was restarted in this visit and everything that was checked works."""
    report = desk.report
    return (
        desk.restarted is not None
        and report is not None
        and not report.cancelled
        and report.first_broken is None
    )


def considerations(desk: Desk) -> Iterator[Item]:
    """Yield what is to be said about readiness; nothing while nobody looked at any of it."""
    answers = dict(desk.site.readiness.answers)
    if desk.readiness is None and not any(text.strip() for text in answers.values()):
        return
    titles = {topic.code: tr(topic.title) for topic in readiness.TOPICS}
    if desk.restarted is not None and restart_proved(desk):
        text = say("restarted", seconds=round(desk.restarted.down))
        proof = Item("power", titles["power"], "good", text)
    else:
        proof = None
    for item in judged(desk):
        title = titles[item.topic]
        if item.code == "answered":
            yield Item(item.topic, title, item.state, answer=answers[item.topic].strip())
        else:
            yield Item(item.topic, title, item.state, item.sentence, item.cure)
        if proof is not None and item.topic == "power":
            yield proof
            proof = None
