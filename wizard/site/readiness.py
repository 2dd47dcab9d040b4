"""Readiness: the questions of an offline server that only its staff can answer."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.problem import Problem
from wizard.site.model import Site
from wizard.site.words import finding

TOPICS = (
    "hardware",
    "alerting",
    "power",
    "backups",
    "disaster_recovery",
    "scale",
    "updates",
    "security",
    "privacy",
    "renewals",
    "same_domain",
)
"""What can be answered; "same_domain" = different logins where several sites share a domain."""


def check(site: Site) -> Iterator[Problem]:
    """Yield answers to questions that nobody asked, and second answers."""
    seen: set[str] = set()
    for topic, _ in site.readiness.answers:
        path = f"readiness.{topic}"
        if topic in seen:
            yield finding("readiness_repeated", path, value=topic)
        elif topic not in TOPICS:
            yield finding("readiness_unknown", path, value=topic, known=", ".join(TOPICS))
        seen.add(topic)
